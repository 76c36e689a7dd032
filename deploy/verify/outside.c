#include "deploy/verify/outside.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "deploy/out/shared.h"
#include "deploy/verify/door.h"
#include "deploy/verify/talk.h"
#include "lib/err.h"

enum { PLAIN_PORT = 873, SILENCE_MS = 2000 };

/* Does the firewall's list hold the address that we would come from?  No packet is sent for it. */
static bool
is_listed(const struct ask *a, const struct addr *to)
{
	int fd = socket(to->ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct addr ours = { .len = sizeof ours.ss };
	bool listed = a->m->firewall.anyone.v != 0 || a->m->firewall.kind.v == M_NO_FIREWALL;

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&to->ss, to->len) == 0 && getsockname(fd, (struct sockaddr *)&ours.ss, &ours.len) == 0)
		for (size_t i = 0; i < a->m->firewall.clients.n; i++)
			listed |= addr_in(&ours, a->m->firewall.clients.v[i].v) == 1;
	if (fd >= 0)
		close(fd);
	return listed;
}

static void
judge_plain(const struct ask *a, struct addr to, uint16_t port)
{
	struct stream *s = NULL;
	char at[ADDR_TEXT_SIZE];
	int r;

	addr_set_port(&to, port);
	r = stream_open(&to, SILENCE_MS, (uid_t)-1, 0, &s);
	point_add(a->points, r != 0, "outside.plain", addr_text(&to, at, sizeof at), r == 0 ? "it answers" : err_text(r), "silence, or refused",
	    "load the firewall, and bind the daemon to loopback");
	stream_close(s);
}

static void
judge_door(const struct ask *a, struct addr to)
{
	const struct tls_wish w = door_wish(a, TLS_ANY);
	struct stream *s = NULL;
	bool listed = is_listed(a, &to);
	char at[ADDR_TEXT_SIZE], why[200] = "";
	int r, tls = 0;

	addr_set_port(&to, out_door_port(a->m));
	addr_text(&to, at, sizeof at);
	if ((r = stream_open(&to, SILENCE_MS, (uid_t)-1, 0, &s)) == 0)
		tls = stream_tls(s, &w, why, sizeof why);
	if (!listed)
		point_add(a->points, r != 0, "outside.unlisted", at, r == 0 ? "it answers who is not listed" : err_text(r), "silence",
		    "load the firewall of the deployment file");
	else
		point_add(a->points, r == 0 && tls == 0, "outside.door", at, r != 0 ? err_text(r) : tls != 0 ? why : stream_version(s),
		    "TLS with a certificate for the deployment's host", "open it for this source, start the door, or say client.ca");
	stream_close(s);
}

void
outside_judge(const struct ask *a)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *all;
	int r = getaddrinfo(a->from, NULL, &hints, &all);

	if (r != 0) {
		point_fail(a->points, "outside.name", a->from, gai_strerror(r), "an address", "say another name, or an address");
		return;
	}
	for (const struct addrinfo *i = all; i != NULL; i = i->ai_next) {
		struct addr to;

		addr_from(i->ai_addr, i->ai_addrlen, &to);
		judge_plain(a, to, PLAIN_PORT);
		if (a->m->door.kind.v != M_SSH)
			judge_door(a, to);
	}
	freeaddrinfo(all);
}
