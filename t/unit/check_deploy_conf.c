#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "deploy/conf.h"
#include "lib/ini.h"
#include "t/unit/unit.h"

static const struct plan plain = {
	.path = "/srv/data", .module = "data", .port = 8740, .daemon_port = 40001, .run_dir = "/run/x", .cert = "/s/server.crt",
	.key = "/s/server.key",
};

START_TEST(the_daemons_text_is_this)
{
	struct plan p = plain;
	struct emit o = EMIT_INIT;

	p.as_root = 1;
	conf_syncd(&p, &o);
	ck_assert_int_eq(o.err, 0);
	ck_assert_str_eq(buf_cstr(&o.text), "address = 127.0.0.1\nport = 40001\npid file = /run/x/syncd.pid\nuse chroot = no\n"
	    "[data]\npath = /srv/data/\nread only = yes\nuid = 0\ngid = 0\n");
	emit_done(&o);
}
END_TEST

START_TEST(our_own_are_joined_by_a_socket)
{
	struct plan p = plain;
	struct emit daemon = EMIT_INIT, tunnel = EMIT_INIT;
	char want[256];

	strcpy(p.socket, "/run/x/daemon");
	conf_syncd(&p, &daemon);
	snprintf(want, sizeof want, "socket = /run/x/daemon\nsocket mode = 0600\nsocket peers = %u\nsocket proxy protocol = yes\n"
	    "reverse lookup = no\npid file = ", (unsigned)geteuid());
	ck_assert_int_eq(strncmp(buf_cstr(&daemon.text), want, strlen(want)), 0);
	ck_assert_ptr_null(strstr(buf_cstr(&daemon.text), "port"));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&daemon.text), "use chroot = no\n"));
	emit_done(&daemon);
	p.as_root = p.calm = p.own_tunnel = p.has_six = 1;
	strcpy(p.clients, "/run/x/clients.pem");
	conf_syncd(&p, &daemon);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&daemon.text), "log style = json\n"));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&daemon.text), "use chroot = yes\nnumeric ids = no\n"));
	conf_tunnel(&p, &tunnel);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&tunnel.text), "connect = /run/x/daemon\nprotocol = proxy\nproxyVersion = 2\nproxyTLV = yes\n"));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&tunnel.text), "accept = :::8740\n"));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&tunnel.text), "CAfile = /run/x/clients.pem\nverifyPeer = yes\n"));
	emit_done(&daemon);
	emit_done(&tunnel);
}
END_TEST

START_TEST(a_user_who_is_not_root_names_no_ids_and_may_allow_writes)
{
	struct plan p = plain;
	struct emit o = EMIT_INIT;

	p.writable = 1;
	conf_syncd(&p, &o);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&o.text), "read only = no\n"));
	ck_assert_ptr_null(strstr(buf_cstr(&o.text), "uid"));
	emit_done(&o);
}
END_TEST

START_TEST(the_tunnels_text_is_this)
{
	struct emit o = EMIT_INIT;

	conf_tunnel(&plain, &o);
	ck_assert_int_eq(o.err, 0);
	ck_assert_str_eq(buf_cstr(&o.text), "foreground = yes\nsyslog = no\ndebug = 6\nsslVersionMin = TLSv1.2\n[serve]\n"
	    "accept = 8740\nconnect = 127.0.0.1:40001\ncert = /s/server.crt\nkey = /s/server.key\n");
	emit_done(&o);
}
END_TEST

static const struct {
	const char *path;
	int result;
} paths[] = {
	{ "/", 0 }, { "/a", 0 }, { "/a b", 0 }, { "/ a ", 0 }, { "/a\\", 0 }, { "/a \\", 0 }, { "/#a", 0 }, { "/a # b ; c", 0 },
	{ "/a = b", 0 }, { "/100%", 0 }, { "/%home%", 0 }, { "/%HOME", 0 }, { "/a]b[c", 0 }, { "/\xc3\xa9\xff", 0 }, { "/a\x1b", 0 },
	{ "/\t", 0 }, { "/&include x", 0 },
	{ "/%HOME%", E_FORMAT }, { "/a%B b%", E_FORMAT }, { "/%%A%", E_FORMAT }, { "/a\nb", E_FORMAT }, { "/a\r", E_FORMAT },
};

/* What a reader of rsyncd.conf(5) makes of it, the slashes at its end cut. */
START_TEST(a_path_is_read_back_as_it_was_or_refused)
{
	struct plan p = plain;
	struct emit o = EMIT_INIT;
	struct ini_item it = { 0 };
	struct conf_err e;
	struct ini in;
	size_t n;

	strcpy(p.path, paths[_i].path);
	conf_syncd(&p, &o);
	ck_assert_msg(o.err == paths[_i].result, "\"%s\": %d", p.path, o.err);
	ini_init(&in, INI_RSYNCD, "f", (const char *)buf_head(&o.text), buf_len(&o.text));
	while (o.err == 0 && !(it.kind == INI_SETTING && strcmp(it.name, "path") == 0)) {
		ck_assert_int_eq(ini_next(&in, &it, &e), 0);
		ck_assert_int_ne(it.kind, INI_END);
	}
	if (o.err == 0) {
		for (n = strlen(it.value); n > 1 && it.value[n - 1] == '/'; n--)
			;
		ck_assert_uint_eq(n, strlen(p.path));
		ck_assert_mem_eq(it.value, p.path, n);
	}
	ini_done(&in);
	emit_done(&o);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("deploy/conf");
	TCase *t = tcase_create("conf");

	tcase_add_test(t, the_daemons_text_is_this);
	tcase_add_test(t, our_own_are_joined_by_a_socket);
	tcase_add_test(t, a_user_who_is_not_root_names_no_ids_and_may_allow_writes);
	tcase_add_test(t, the_tunnels_text_is_this);
	tcase_add_loop_test(t, a_path_is_read_back_as_it_was_or_refused, 0, ARRAY_LEN(paths));
	suite_add_tcase(s, t);
	return unit_main(s);
}
