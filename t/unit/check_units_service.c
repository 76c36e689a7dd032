#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "t/unit/golden.h"
#include "t/unit/unit.h"
#include "units/service.h"

#define LIST(v) v, ARRAY_LEN(v)
#define SYNCD .program = "/usr/sbin/sallyport-syncd", .config = "/etc/sallyport/rsyncd.conf"
#define TUNNEL .program = "/usr/bin/sallyport-tunnel", .config = "/etc/sallyport/tunnel.conf", .port = 874, .listen = doors, \
	.n_listen = ARRAY_LEN(doors), .secrets = key, .n_secrets = ARRAY_LEN(key)

static const struct unit_path backups[] = { { "/srv/backups", 1 }, { "/srv/pub", 0 } };
static const struct unit_path homes[] = { { "/home/public_rsync", 0 }, { "/home/in coming/100%", 1 }, { "/var/log/sallyport", 1 } };
static const char *const doors[] = { "[::]:874" }, *const two_doors[] = { "0.0.0.0:874", "[::]:874" }, *const nets[] = { "198.51.100.0/24", "2001:db8::/32" };
static const struct unit_secret key[] = { { "tls.key", "/etc/sallyport/tls.key" } }, logins[] = { { "syncd.secrets", "/etc/sallyport/syncd.secrets" } },
    pem[] = { { "host.pem", "/etc/sallyport/host.pem" } };

static const struct unit_daemon root_tcp = { SYNCD, .paths = backups, .n_paths = 2, .port = 873, .activated = 1 },
    root_unix = { SYNCD, .paths = backups, .n_paths = 2, .socket = "/run/sallyport/rsync.sock", .socket_group = "sallyport-tunnel", .activated = 1 },
    root_own = { SYNCD, .paths = backups, .n_paths = 2, .port = 873 },
    mirror = { SYNCD, .paths = backups, .n_paths = 2, .port = 873, .activated = 1, .mirrors = 1 },
    reads_all = { SYNCD, .paths = backups, .n_paths = 2, .port = 873, .activated = 1, .reads_all = 1 },
    user = { SYNCD, .user = "sallyport", .group = "sallyport", .paths = backups, .n_paths = 2, .port = 873, .activated = 1 },
    user_own = { SYNCD, .user = "sallyport", .paths = backups, .n_paths = 2, .port = 873 },
    home = { SYNCD, .paths = homes, .n_paths = 3, .hooks = 1, .looks_up = 1, .socket = "/run/sallyport/rsync.sock" },
    lent = { SYNCD, .user = "sallyport-syncd", .group = "sallyport-syncd", .paths = backups, .n_paths = 2, .port = 873, .address = "127.0.0.1",
	.activated = 1, .secrets = logins, .n_secrets = 1 },
    stock = { .config = "/etc/rsyncd.conf", .paths = backups, .n_paths = 2, .port = 873 };

static const struct unit_tunnel to_unix = { TUNNEL, .groups = "sallyport-tunnel", .activated = 1, .unix_backend = 1, .after = "sallyport-syncd-unix.socket" },
    shipped = { TUNNEL, .user = "sallyport-tunnel", .group = "sallyport-tunnel", .activated = 1, .unix_backend = 1, .after = "sallyport-syncd-unix.socket" },
    to_tcp = { TUNNEL, .user = "sallyport-tunnel", .activated = 1, .sources = nets, .n_sources = 2, .after = "sallyport-syncd.socket" },
    own_port = { TUNNEL }, outward = { .program = "/usr/bin/sallyport-tunnel", .config = "/etc/sallyport/tunnel.conf", .listen = two_doors, .n_listen = 2, .activated = 1,
	.outward = 1, .runs_programs = 1 },
    stunnel = { .port = 874, .listen = doors, .n_listen = 1, .secrets = key, .n_secrets = 1, .activated = 1, .after = "rsync.service" },
    haproxy = { .secrets = pem, .n_secrets = 1, .port = 874, .after = "rsync.service" };

static const struct unit_firewall nft = { "/etc/sallyport/firewall.nft", .remove = "/etc/sallyport/firewall-remove.nft",
    .guards = "sallyport-tunnel.socket" },
    iptables = { "/etc/sallyport/rules.4", "/etc/sallyport/rules.6", "/etc/sallyport/firewall.sh", "/etc/sallyport/firewall-remove.sh", NULL };
static const struct unit_ssh ssh = { "backup-host", "127.0.0.1:1873", "127.0.0.1:873" };
static const struct unit_user users[] = { { "sallyport", "Sallyport rsync daemon", NULL }, { "sallyport-tunnel", "Sallyport TLS tunnel", NULL } };
static const struct unit_file files[] = {
	{ 'd', "/run/sallyport", 0755, "root", "root" }, { 'd', "/etc/sallyport", 0755, "root", "root" },
	{ 'z', "/etc/sallyport/tls.key", 0600, "root", "root" }, { 'z', "/etc/sallyport/rsyncd.secrets", 0600, "root", "root" },
};

static int
tunnel_socket(const struct unit_tunnel *f, struct buf *out)
{
	return unit_put_tunnel_socket(f, "sallyport-tunnel.service", out);
}

static int
stunnel_socket(const struct unit_tunnel *f, struct buf *out)
{
	return unit_put_tunnel_socket(f, "stunnel@rsync.service", out);
}

static int
sysusers(const struct unit_user *v, struct buf *out)
{
	return unit_put_sysusers(v, ARRAY_LEN(users), out);
}

static int
tmpfiles(const struct unit_file *v, struct buf *out)
{
	return unit_put_tmpfiles(v, ARRAY_LEN(files), out);
}

/* Of one union member facts and put belong together. */
static const struct {
	const char *file;
	const struct unit_daemon *daemon;
	int (*put_daemon)(const struct unit_daemon *, struct buf *);
	const struct unit_tunnel *tunnel;
	int (*put_tunnel)(const struct unit_tunnel *, struct buf *);
	const struct unit_firewall *firewall;
	int (*put_firewall)(const struct unit_firewall *, struct buf *);
} texts[] = {
#define D(name, f, fn) { .file = name, .daemon = &f, .put_daemon = fn }
#define T(name, f, fn) { .file = name, .tunnel = &f, .put_tunnel = fn }
#define F(name, f, fn) { .file = name, .firewall = &f, .put_firewall = fn }
	D("t/golden/units/root-tcp/sallyport-syncd.service", root_tcp, unit_put_daemon),
	D("t/golden/units/root-tcp/sallyport-syncd.socket", root_tcp, unit_put_daemon_socket),
	D("t/golden/units/root-own/sallyport-syncd.service", root_own, unit_put_daemon),
	D("t/golden/units/mirror/sallyport-syncd.service", mirror, unit_put_daemon),
	D("t/golden/units/mirror/sallyport-syncd.socket", mirror, unit_put_daemon_socket),
	D("t/golden/units/reads-all/sallyport-syncd.service", reads_all, unit_put_daemon),
	D("t/golden/units/reads-all/sallyport-syncd.socket", reads_all, unit_put_daemon_socket),
	D("t/golden/units/user/sallyport-syncd.service", user, unit_put_daemon),
	D("t/golden/units/user/sallyport-syncd.socket", user, unit_put_daemon_socket),
	D("t/golden/units/user-own/sallyport-syncd.service", user_own, unit_put_daemon),
	D("t/golden/units/home/sallyport-syncd.service", home, unit_put_daemon),
	D("t/golden/units/lent/sallyport-syncd.service", lent, unit_put_daemon),
	D("t/golden/units/lent/sallyport-syncd.socket", lent, unit_put_daemon_socket),
	D("t/golden/units/rsync/rsync.service.d/50-sallyport.conf", stock, unit_put_rsync_dropin),
	T("t/golden/units/to-unix/sallyport-tunnel.service", to_unix, unit_put_tunnel),
	T("t/golden/units/to-unix/sallyport-tunnel.socket", to_unix, tunnel_socket),
	T("t/golden/units/to-tcp/sallyport-tunnel.service", to_tcp, unit_put_tunnel),
	T("t/golden/units/to-tcp/sallyport-tunnel.socket", to_tcp, tunnel_socket),
	T("t/golden/units/own-port/sallyport-tunnel.service", own_port, unit_put_tunnel),
	T("t/golden/units/outward/sallyport-tunnel.service", outward, unit_put_tunnel),
	T("t/golden/units/outward/sallyport-tunnel.socket", outward, tunnel_socket),
	T("t/golden/units/stunnel/stunnel@rsync.service.d/50-sallyport.conf", stunnel, unit_put_stunnel_dropin),
	T("t/golden/units/stunnel/sallyport-stunnel.socket", stunnel, stunnel_socket),
	T("t/golden/units/haproxy/haproxy.service.d/50-sallyport.conf", haproxy, unit_put_haproxy_dropin),
	F("t/golden/units/iptables/sallyport-firewall.service", iptables, unit_put_firewall),
	/* what is shipped to be read: the daemon behind a UNIX socket, the tunnel, the firewall */
	D("units/samples/sallyport-syncd.service", root_unix, unit_put_daemon),
	D("units/samples/sallyport-syncd-unix.socket", root_unix, unit_put_daemon_unix_socket),
	T("units/samples/sallyport-tunnel.service", shipped, unit_put_tunnel),
	T("units/samples/sallyport-tunnel.socket", shipped, tunnel_socket),
	F("units/samples/sallyport-firewall.service", nft, unit_put_firewall),
	F("units/samples/nftables.service.d/50-sallyport.conf", nft, unit_put_nftables_dropin),
};

START_TEST(the_text_is_the_one_on_file)
{
	struct buf out = BUF_INIT;
	int r = texts[_i].put_daemon != NULL ? texts[_i].put_daemon(texts[_i].daemon, &out) :
	    texts[_i].put_tunnel != NULL ? texts[_i].put_tunnel(texts[_i].tunnel, &out) :
	    texts[_i].put_firewall(texts[_i].firewall, &out);

	ck_assert_msg(r == 0, "%s: %d", texts[_i].file, r);
	golden_is(texts[_i].file, &out);
	buf_done(&out);
}
END_TEST

START_TEST(so_are_those_beside_services)
{
	struct buf out = BUF_INIT;

	ck_assert_int_eq(unit_put_ssh(&ssh, &out), 0);
	golden_is("units/samples/user/sallyport-ssh.service", &out);
	buf_clear(&out);
	ck_assert_int_eq(sysusers(users, &out), 0);
	golden_is("units/samples/sysusers.d/sallyport.conf", &out);
	buf_clear(&out);
	ck_assert_int_eq(tmpfiles(files, &out), 0);
	golden_is("units/samples/tmpfiles.d/sallyport.conf", &out);
	buf_done(&out);
}
END_TEST

static const struct unit_path relative[] = { { "srv", 1 } }, colon[] = { { "/a:b", 1 } }, line[] = { { "/a\nExecStart=/bin/sh", 1 } };
static const struct unit_daemon bad_daemons[] = {
	{ SYNCD, .user = "a b" }, { SYNCD, .user = "-a" }, { SYNCD, .user = "" }, { SYNCD, .user = "a\nUser=root" },
	{ SYNCD, .paths = relative, .n_paths = 1 }, { SYNCD, .paths = colon, .n_paths = 1 }, { SYNCD, .paths = line, .n_paths = 1 },
	{ .program = "syncd", .config = "/c" }, { .program = "/syncd", .config = "c" }, { .program = "/a\n", .config = "/c" },
};

START_TEST(a_daemon_that_cannot_be_said_is_refused)
{
	struct buf out = BUF_INIT;

	ck_assert_int_eq(unit_put_daemon(&bad_daemons[_i], &out), E_FORMAT);
	buf_done(&out);
}
END_TEST

static const struct unit_secret bad_keys[] = { { "a/b", "/k" }, { "a:b", "/k" }, { "a", "k" }, { "a", "/k:l" }, { "a", "/k\n" } };

START_TEST(a_key_that_cannot_be_said_is_refused)
{
	struct unit_tunnel f = own_port;
	struct buf out = BUF_INIT;

	f.secrets = &bad_keys[_i];
	f.n_secrets = 1;
	ck_assert_int_eq(unit_put_tunnel(&f, &out), E_FORMAT);
	buf_done(&out);
}
END_TEST

START_TEST(a_socket_that_nobody_wants_is_not_made)
{
	struct unit_tunnel own = own_port;
	struct buf out = BUF_INIT;

	ck_assert_int_eq(unit_put_daemon_socket(&root_own, &out), E_UNSUPPORTED);
	ck_assert_int_eq(unit_put_daemon_socket(&root_unix, &out), E_UNSUPPORTED);
	ck_assert_int_eq(unit_put_daemon_unix_socket(&root_tcp, &out), E_UNSUPPORTED);
	ck_assert_int_eq(tunnel_socket(&own, &out), E_UNSUPPORTED);
	ck_assert_int_eq(unit_put_nftables_dropin(&iptables, &out), E_UNSUPPORTED);
	ck_assert_uint_eq(buf_len(&out), 0);
	buf_done(&out);
}
END_TEST

START_TEST(users_and_files_are_words)
{
	const struct unit_user bad_users[] = { { "a b", "c", NULL }, { "a", "\"c", NULL }, { "a", "c", "d e" }, { "a", "c\n", NULL } };
	const struct unit_file bad_files[] = {
		{ 'L', "/a", 0600, "root", "root" }, { 'd', "a", 0600, "root", "root" }, { 'd', "/a", 010000, "root", "root" },
		{ 'd', "/a", 0600, "ro ot", "root" }, { 'd', "/a\n", 0600, "root", "root" },
	};
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < ARRAY_LEN(bad_users); i++)
		ck_assert_int_eq(unit_put_sysusers(&bad_users[i], 1, &out), E_FORMAT);
	for (size_t i = 0; i < ARRAY_LEN(bad_files); i++)
		ck_assert_int_eq(unit_put_tmpfiles(&bad_files[i], 1, &out), E_FORMAT);
	buf_done(&out);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("units/service");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, the_text_is_the_one_on_file, 0, ARRAY_LEN(texts));
	tcase_add_test(t, so_are_those_beside_services);
	tcase_add_loop_test(t, a_daemon_that_cannot_be_said_is_refused, 0, ARRAY_LEN(bad_daemons));
	tcase_add_loop_test(t, a_key_that_cannot_be_said_is_refused, 0, ARRAY_LEN(bad_keys));
	tcase_add_test(t, a_socket_that_nobody_wants_is_not_made);
	tcase_add_test(t, users_and_files_are_words);
	suite_add_tcase(s, t);
	return unit_main(s);
}
