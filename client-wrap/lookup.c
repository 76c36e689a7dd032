#include "client-wrap/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"

/* The thread's, until it is joined. */
struct question {
	char *host, *port;
	struct addrinfo hints, *answer;
	int result;
	int ends[2];			/* the thread closes the second one when it has an answer */
};

static void *
ask(void *arg)
{
	struct question *q = arg;

	q->result = getaddrinfo(q->host, q->port, &q->hints, &q->answer);
	if (q->result == EAI_NONAME) {		/* a family may be there without an address yet */
		q->hints.ai_flags = 0;
		q->result = getaddrinfo(q->host, q->port, &q->hints, &q->answer);
	}
	close(q->ends[1]);
	return NULL;
}

static void
question_free(struct question *q)
{
	if (q == NULL)
		return;
	if (q->result == 0 && q->answer != NULL)
		freeaddrinfo(q->answer);
	free(q->host);
	free(q->port);
	free(q);
}

static struct question *
question_new(const char *host, const char *port, int family)
{
	struct question *q = calloc(1, sizeof *q);

	if (q == NULL)
		return NULL;
	q->hints = (struct addrinfo){ .ai_family = family, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
	q->host = strdup(host);
	q->port = strdup(port);
	if (q->host != NULL && q->port != NULL && pipe2(q->ends, O_CLOEXEC) == 0)
		return q;
	question_free(q);
	return NULL;
}

static size_t
copy_answer(const struct question *q, struct addr *ret, size_t max)
{
	size_t n = 0;

	for (const struct addrinfo *ai = q->answer; ai != NULL && n < max; ai = ai->ai_next)
		addr_from(ai->ai_addr, ai->ai_addrlen, &ret[n++]);
	return n;
}

int
lookup_host(const char *host, const char *port, int family, const struct deadline *d, struct addr *ret, size_t max, size_t *ret_n,
    const char **ret_why)
{
	struct question *q = question_new(host, port, family);
	pthread_t thread;
	int r;

	if (q == NULL)
		return -ENOMEM;
	if ((r = -pthread_create(&thread, NULL, ask, q)) != 0) {
		close(q->ends[0]);
		close(q->ends[1]);
		question_free(q);
		return r;
	}
	r = deadline_wait(d, q->ends[0], POLLIN);
	if (r != 0)
		return r;		/* what the thread still uses stays its own */
	pthread_join(thread, NULL);
	close(q->ends[0]);
	if (q->result != 0) {
		*ret_why = gai_strerror(q->result);
		r = E_FORMAT;
	} else {
		*ret_n = copy_answer(q, ret, max);
	}
	question_free(q);
	return r;
}
