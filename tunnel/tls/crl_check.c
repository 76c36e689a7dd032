#include "tunnel/tls/crl_check.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

struct finding {
	int revoked, forged;
	int orphaned;			/* who signed the certificate is not known, so nor is who may revoke it */
};

STACK_OF(X509_CRL) *
crl_check_lists(X509_STORE *store)
{
	STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(store);
	STACK_OF(X509_CRL) *lists = sk_X509_CRL_new_null();

	for (int i = 0; i < sk_X509_OBJECT_num(all) && lists != NULL; i++) {
		X509_CRL *crl = X509_OBJECT_get0_X509_CRL(sk_X509_OBJECT_value(all, i));

		if (crl != NULL && X509_CRL_up_ref(crl) && sk_X509_CRL_push(lists, crl) == 0)
			X509_CRL_free(crl);
	}
	if (sk_X509_CRL_num(lists) > 0)
		return lists;
	sk_X509_CRL_free(lists);
	return NULL;
}

/* By issuer and number only, which is cheap: hardly anybody gets any further. */
static int
is_named(STACK_OF(X509_CRL) *lists, X509 *cert)
{
	X509_REVOKED *entry;

	for (int i = 0; i < sk_X509_CRL_num(lists); i++)
		if (X509_CRL_get0_by_cert(sk_X509_CRL_value(lists, i), &entry, cert) == 1)
			return 1;
	return 0;
}

/* Whatever else is wrong was wrong before, or is for the next handshake to find. */
static int
note(int ok, X509_STORE_CTX *x)
{
	struct finding *f = X509_STORE_CTX_get_app_data(x);
	int error = X509_STORE_CTX_get_error(x);

	(void)ok;
	f->revoked |= error == X509_V_ERR_CERT_REVOKED;
	f->forged |= error == X509_V_ERR_CRL_SIGNATURE_FAILURE;
	f->orphaned |= X509_STORE_CTX_get_error_depth(x) == 0 &&
	    (error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY || error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT);
	return 1;
}

/* By a list alone, so that one that somebody else signed in the same name hides no other. */
static int
is_revoked_by(X509_STORE *store, STACK_OF(X509_CRL) *list, X509 *cert, STACK_OF(X509) *chain)
{
	struct finding f = { 0, 0, 0 };
	X509_STORE_CTX *x;

	if ((x = X509_STORE_CTX_new()) == NULL || X509_STORE_CTX_init(x, store, cert, chain) != 1) {
		X509_STORE_CTX_free(x);
		return 1;		/* it is on the list, and nobody can say that the list is wrong */
	}
	X509_STORE_CTX_set0_crls(x, list);
	X509_STORE_CTX_set_flags(x, X509_V_FLAG_CRL_CHECK);
	X509_STORE_CTX_set_app_data(x, &f);
	X509_STORE_CTX_set_verify_cb(x, note);
	X509_verify_cert(x);
	X509_STORE_CTX_free(x);
	ERR_clear_error();
	return f.orphaned || (f.revoked && !f.forged);
}

int
crl_check(X509_STORE *store, STACK_OF(X509_CRL) *lists, X509 *cert, STACK_OF(X509) *chain)
{
	STACK_OF(X509_CRL) *one;
	int r = 0;

	if (lists == NULL || !is_named(lists, cert))
		return 0;
	if ((one = sk_X509_CRL_new_reserve(NULL, 1)) == NULL)
		return 1;
	for (int i = 0; i < sk_X509_CRL_num(lists) && !r; i++) {
		sk_X509_CRL_zero(one);
		sk_X509_CRL_push(one, sk_X509_CRL_value(lists, i));
		r = is_named(one, cert) && is_revoked_by(store, one, cert, chain);
	}
	sk_X509_CRL_free(one);
	return r;
}
