#include "tunnel/service/staple.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "tunnel/ipc/async_job.h"
#include "tunnel/tls/ocsp.h"
#include "tunnel/tls/tlsctx.h"

enum { AGAIN = 60, AGAIN_AT_MOST = 3600 };	/* seconds */

struct item {
	struct stapler *all;
	size_t service;
	struct ocsp_query *query;
	struct async_job *job;
	struct timer again;
	int settled;
};

struct stapler {
	const struct service_set *set;
	struct spawn_client *asks;
	void (*settled)(void *arg);
	void *arg;
	size_t n, unsettled;
	struct item v[];
};

static void
finish(struct item *it)
{
	if (it->settled)
		return;
	it->settled = 1;
	if (--it->all->unsettled == 0)
		it->all->settled(it->all->arg);
}

static void
fetched(void *arg, const uint8_t *bytes, size_t n)
{
	struct item *it = arg;
	const struct service *sv = &it->all->set->v[it->service];
	long good = n == 0 ? 0 : ocsp_good_for(it->query, bytes, n), wait = good / 2;

	it->job = NULL;
	if (good == 0)
		log_notice("Service [%s]: OCSP: no response to staple from \"%s\"", sv->conf->name, sv->staple_url);
	else
		log_debug("Service [%s]: OCSP: a response to staple is good for %ld seconds", sv->conf->name, good);
	if (good > 0)
		tlsctx_set_staple(sv->tls, bytes, n);
	wait = wait < AGAIN ? AGAIN : wait > AGAIN_AT_MOST ? AGAIN_AT_MOST : wait;
	loop_timer(it->all->asks->loop, &it->again, (uint64_t)wait * 1000);
	finish(it);
}

static void
fetch(void *arg)
{
	struct item *it = arg;
	struct spawn_request req = { .kind = SPAWN_FETCH, .service = (uint32_t)it->service };

	snprintf(req.url, sizeof req.url, "%s", it->all->set->v[it->service].staple_url);
	req.n_body = (uint32_t)ocsp_query_put(it->query, req.body, sizeof req.body);
	if (async_job_start(it->all->asks, &req, SPAWN_FETCHED_MAX, fetched, it, &it->job) != 0)
		finish(it);
}

void
stapler_free(struct stapler *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++) {
		async_job_forget(s->v[i].job);
		loop_timer_clear(s->asks->loop, &s->v[i].again);
		ocsp_query_free(s->v[i].query);
	}
	free(s);
}

static int
add(struct stapler *s, size_t service)
{
	struct item *it = &s->v[s->n];
	X509 *cert, *issuer;

	tlsctx_own(s->set->v[service].tls, &cert, &issuer);
	*it = (struct item){ .all = s, .service = service, .again = { .expired = fetch, .arg = it } };
	s->n++;
	s->unsettled++;
	return ocsp_query_new(cert, issuer, 0, &it->query);
}

int
stapler_new(const struct service_set *set, struct spawn_client *asks, void (*settled)(void *arg), void *arg,
    struct stapler **ret)
{
	struct stapler *s = calloc(1, sizeof *s + set->n * sizeof s->v[0]);
	int r = s == NULL ? -ENOMEM : 0;

	if (r == 0)
		*s = (struct stapler){ .set = set, .asks = asks, .settled = settled, .arg = arg };
	for (size_t i = 0; r == 0 && i < set->n; i++)
		if (set->v[i].staple_url != NULL)
			r = add(s, i);
	if (r != 0 || s->n == 0) {
		stapler_free(s);
		s = NULL;
	}
	*ret = s;
	for (size_t i = 0; s != NULL && i < s->n; i++)
		fetch(&s->v[i]);
	return r;
}
