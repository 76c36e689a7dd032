#include "tunnel/tls/ocsp.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"

enum { CLOCKS_DIFFER = 60, NO_END = 3600 };	/* seconds; NO_END: how long one without an end is sent on */

struct ocsp_query {
	OCSP_CERTID *id;
	OCSP_REQUEST *request;
	int nonce;
};

void
ocsp_query_free(struct ocsp_query *q)
{
	if (q == NULL)
		return;
	OCSP_REQUEST_free(q->request);
	OCSP_CERTID_free(q->id);
	free(q);
}

int
ocsp_query_new(X509 *cert, X509 *issuer, int nonce, struct ocsp_query **ret)
{
	struct ocsp_query *q = calloc(1, sizeof *q);
	OCSP_CERTID *own;

	if (q == NULL)
		return -ENOMEM;
	q->nonce = nonce;
	q->request = OCSP_REQUEST_new();
	if (q->request == NULL || (q->id = OCSP_cert_to_id(NULL, cert, issuer)) == NULL ||
	    (own = OCSP_CERTID_dup(q->id)) == NULL || OCSP_request_add0_id(q->request, own) == NULL ||
	    (nonce && !OCSP_request_add1_nonce(q->request, NULL, -1))) {
		ocsp_query_free(q);
		return -ENOMEM;
	}
	*ret = q;
	return 0;
}

size_t
ocsp_query_put(const struct ocsp_query *q, uint8_t *dst, size_t size)
{
	int n = i2d_OCSP_REQUEST(q->request, NULL);

	if (n <= 0 || (size_t)n > size)
		return 0;
	return (size_t)i2d_OCSP_REQUEST(q->request, &dst);
}

/* The part that is signed, or NULL and why. */
static OCSP_BASICRESP *
open_answer(const uint8_t *bytes, size_t n, const char **why)
{
	OCSP_RESPONSE *r = d2i_OCSP_RESPONSE(NULL, &bytes, (long)n);
	OCSP_BASICRESP *basic = NULL;

	if (r == NULL)
		*why = "it is no OCSP response";
	else if (OCSP_response_status(r) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
		*why = OCSP_response_status_str(OCSP_response_status(r));
	else if ((basic = OCSP_response_get1_basic(r)) == NULL)
		*why = "it holds no basic response";
	OCSP_RESPONSE_free(r);
	return basic;
}

static int
status_of(const struct ocsp_query *q, OCSP_BASICRESP *basic, ASN1_GENERALIZEDTIME **next, const char **why)
{
	ASN1_GENERALIZEDTIME *revoked, *this;
	int status, reason;

	if (!OCSP_resp_find_status(basic, q->id, &status, &reason, &revoked, &this, next))
		*why = "it is about another certificate";
	else if (!OCSP_check_validity(this, *next, CLOCKS_DIFFER, *next == NULL ? OCSP_AGE_MAX : -1))
		*why = "it is not valid now";
	else if (status == V_OCSP_CERTSTATUS_UNKNOWN)
		*why = "the certificate is not known there";
	else
		return status;
	return V_OCSP_CERTSTATUS_UNKNOWN;
}

enum ocsp_verdict
ocsp_judge(const struct ocsp_query *q, const uint8_t *bytes, size_t n, X509_STORE *store, STACK_OF(X509) *chain,
    unsigned long flags, int stapled, const char **why)
{
	OCSP_BASICRESP *basic = open_answer(bytes, n, why);
	ASN1_GENERALIZEDTIME *next;
	int status = V_OCSP_CERTSTATUS_UNKNOWN;

	if (basic != NULL && q->nonce && !stapled && OCSP_check_nonce(q->request, basic) <= 0)
		*why = "its nonce is not ours";
	else if (basic != NULL && OCSP_basic_verify(basic, chain, store, flags) != 1)
		*why = "its signature is not good";
	else if (basic != NULL)
		status = status_of(q, basic, &next, why);
	OCSP_BASICRESP_free(basic);
	ERR_clear_error();
	return status == V_OCSP_CERTSTATUS_GOOD ? OCSP_GOOD : status == V_OCSP_CERTSTATUS_REVOKED ? OCSP_REVOKED : OCSP_NOTHING;
}

long
ocsp_good_for(const struct ocsp_query *q, const uint8_t *bytes, size_t n)
{
	const char *why;
	OCSP_BASICRESP *basic = open_answer(bytes, n, &why);
	ASN1_GENERALIZEDTIME *next = NULL;
	int days, seconds;
	long left = 0;

	if (basic != NULL && status_of(q, basic, &next, &why) != V_OCSP_CERTSTATUS_UNKNOWN) {
		left = NO_END;
		if (next != NULL)
			left = ASN1_TIME_diff(&days, &seconds, NULL, next) ? days * 86400L + seconds : 0;
	}
	OCSP_BASICRESP_free(basic);
	ERR_clear_error();
	return left < 0 ? 0 : left;
}

static const struct {
	const char *name;
	unsigned long bit;
} flags[] = {
	{ "NOCERTS", OCSP_NOCERTS }, { "NOINTERN", OCSP_NOINTERN }, { "NOSIGS", OCSP_NOSIGS }, { "NOCHAIN", OCSP_NOCHAIN },
	{ "NOVERIFY", OCSP_NOVERIFY }, { "NOEXPLICIT", OCSP_NOEXPLICIT }, { "NOCASIGN", OCSP_NOCASIGN },
	{ "NODELEGATED", OCSP_NODELEGATED }, { "NOCHECKS", OCSP_NOCHECKS }, { "TRUSTOTHER", OCSP_TRUSTOTHER },
	{ "RESPID_KEY", OCSP_RESPID_KEY }, { "NOTIME", OCSP_NOTIME },
};

const char *
ocsp_flag_at(size_t i)
{
	return i < ARRAY_LEN(flags) ? flags[i].name : NULL;
}

int
ocsp_flag(const char *name, unsigned long *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (strcasecmp(flags[i].name, name) == 0) {
			*ret = flags[i].bit;
			return 0;
		}
	return E_FORMAT;
}
