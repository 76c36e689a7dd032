#include <string.h>

#include "t/unit/unit.h"
#include "tunnel/conf/load.h"

static int
load(const char *text, struct tun_conf **ret, struct conf_err *e)
{
	return load_text("f", text, strlen(text), ret, e);
}

static void
wants(const char *text, const char *complaint)
{
	struct tun_conf *conf = NULL;
	struct conf_err e;
	char got[1024];

	ck_assert_msg(load(text, &conf, &e) == E_CONF, "loaded: %s", text);
	ck_assert_str_eq(conf_err_print(&e, got, sizeof got), complaint);
}

#define ENDS "accept = 1\nconnect = 2\ncert = c\n"

static const struct {
	const char *text, *complaint;
} bad[] = {
	{ "frob = 1\n", "f:1: \"frob = 1\": Specified option name is not valid here" },
	{ "[a]\n\n  client=maybe \n", "f:3: \"client=maybe\": The argument needs to be either 'yes' or 'no'" },
	{ "[a]\nnonsense\n", "f:2: \"nonsense\": No '=' found" },
	{ "[a]\n" ENDS "pid = /x\n", "f:5: \"pid = /x\": Specified option name is not valid here" },
	{ "[a]\n" ENDS "verify = default\n", "f:5: \"verify = default\": Bad verify level" },
	{ "[a]\nverify = 2 # comment\n", "f:2: \"verify = 2 # comment\": Bad verify level" },
	{ "[a]\n" ENDS "exec = /bin/sh\n", "Service [a]: Each service must define two endpoints" },
	{ "[a]\naccept = 1\nexec = sh\ncert = c\n", "Service [a]: \"exec\" needs a full path name" },
	{ "[a]\nprotocol = gopher\n", "f:2: \"protocol = gopher\": Protocol not supported" },
	{ "[a]\nclient = yes\naccept = 1\nconnect = 2\nprotocol = proxy\n",
	    "Service [a]: The configured protocol is not supported in the client mode" },
	{ "[a]\nretry = maybe\n", "f:2: \"retry = maybe\": Illegal retry delay" },
	{ "[a]\nsessiond = x:1\n", "f:2: \"sessiond = x:1\": \"sessiond\" is not supported by this version" },
	{ "[a]\noptions = NO_TLSv1.1\n", "f:2: \"options = NO_TLSv1.1\": Illegal TLS option" },
	{ "[a]\nsslVersion = SSLv2\n", "f:2: \"sslVersion = SSLv2\": Invalid protocol version" },
	{ "[a]\nsocket = l:nope=1\n", "f:2: \"socket = l:nope=1\": Illegal socket option" },
	{ "[a]\nTIMEOUTidle = 1s\n", "f:2: \"TIMEOUTidle = 1s\": Illegal idle timeout" },
	{ "[a]\nTIMEOUTidle = -1\n", "f:2: \"TIMEOUTidle = -1\": Illegal idle timeout" },
	{ "[a]\naccept = 1\n", "Service [a]: Each service must define two endpoints" },
	{ "[a]\naccept = 1\nconnect = 2\n", "Service [a]: TLS server needs a certificate" },
	{ "[a]\n" ENDS "verify = 2\n[b]\n", "Service [a]: Either \"CAfile\", \"CApath\" or \"CAstore\" has to be configured" },
	{ "[a]\n" ENDS "checkHost = x\n", "Service [a]: Either \"verifyChain\" or \"verifyPeer\" has to be enabled" },
	{ "[a]\n" ENDS "sslVersionMin = TLSv1.3\nsslVersionMax = TLSv1.2\n", "Service [a]: Invalid protocol version range" },
	{ "[a]\n" ENDS "sni = p:*\n", "Service [a]: Each service must define two endpoints" },
	{ "[a]\n" ENDS "[b]\n" ENDS "[a]\n", "f:9: \"[a]\": Another section has this name" },
	{ "[a]\nprotocolPasswort = hush\n", "f:2: \"protocolPasswort = ...\": Specified option name is not valid here" },
	{ "ticketkeysecrets=hush\n", "f:1: \"ticketkeysecrets = ...\": Specified option name is not valid here" },
	{ "", "Inetd mode: Inetd mode must define one endpoint" },
	{ "accept = 1\nconnect = 2\n", "Inetd mode: 'accept' option is only allowed in a [section]" },
	{ "pid = x\n[a]\n" ENDS, "Global options: Pid file must include full path name" },
	{ "output = x\n[a]\n" ENDS, "Global options: Log file must include full path name" },
	{ "include = /\n", "f:1: \"include = /\": Failed to include directory" },
	{ "providerParameter = x\n", "f:1: \"providerParameter = x\": Malformed parameter" },
	{ "providerParameter = a:=v\n", "f:1: \"providerParameter = a:=v\": Malformed parameter" },
	{ "providerParameter = :n=v\n", "f:1: \"providerParameter = :n=v\": Malformed parameter" },
	{ "compression = rle\n", "f:1: \"compression = rle\": Specified compression type is not available" },
	{ "RNDbytes = x\n", "f:1: \"RNDbytes = x\": Illegal number" },
	{ "[a]\nstack = big\n", "f:2: \"stack = big\": Illegal thread stack size" },
	{ "[a]\ncompression = zlib\n", "f:2: \"compression = zlib\": Specified option name is not valid here" },
	{ "debug = loud\n", "f:1: \"debug = loud\": Illegal debug level" },
	{ "debug = cellar.7\n", "f:1: \"debug = cellar.7\": Illegal syslog facility" },
	{ "[a]\nlogId = name\n", "f:2: \"logId = name\": Invalid connection identifier type" },
	{ "[a]\nsecurityLevel = 6\n", "f:2: \"securityLevel = 6\": Illegal security level" },
	{ "[a]\nfailover = none\n", "f:2: \"failover = none\": The argument needs to be either 'rr' or 'prio'" },
	{ "[a]\nsocket = l:tcp_nodelay=1\n", "f:2: \"socket = l:tcp_nodelay=1\": Illegal socket option" },
	{ "[a]\nverify = 5\n", "f:2: \"verify = 5\": Bad verify level" },
	{ "[a]\nOCSPflag = NONCE\n", "f:2: \"OCSPflag = NONCE\": Illegal OCSP flag" },
	{ "[a]\ntransparent = up\n", "f:2: \"transparent = up\": Selected transparent proxy mode is not available" },
	{ "[a]\nprotocolAuthentication = kerberos\n", "f:2: \"protocolAuthentication = kerberos\": Unsupported authentication type" },
	{ "[a]\nforeground = yes\n", "f:2: \"foreground = yes\": Specified option name is not valid here" },
	{ "foreground = perhaps\n", "f:1: \"foreground = perhaps\": The argument needs to be either 'yes', 'quiet' or 'no'" },
	{ "taskbar = no\n", "f:1: \"taskbar = no\": Specified option name is not valid here" },
	{ "[a]\nclient = yes\naccept = 1\nconnect = 2\nprotocol = connect\n", "Service [a]: protocolHost not specified" },
	{ "[a]\n" ENDS "protocol = nntp\n", "Service [a]: The configured protocol is not supported in the server mode" },
	{ "[a]\n" ENDS "OCSPaia = yes\n", "Service [a]: \"verifyChain\" has to be enabled for OCSP support" },
	{ "[a]\n" ENDS "redirect = 3\n",
	    "Service [a]: Either \"verifyChain\" or \"verifyPeer\" has to be enabled for \"redirect\" to work" },
	{ "[a]\n" ENDS "protocol = smtp\nverify = 2\nCAfile = x\nredirect = 3\n",
	    "Service [a]: \"redirect\" is incompatible with the specified protocol negotiation" },
	{ "[a]\nclient = yes\naccept = 1\nconnect = 2\nprotocol = smtp\nprotocolAuthentication = basic\n",
	    "Service [a]: \"protocolAuthentication\" is not one of this protocol's" },
	{ "engine = auto\n", "f:1: \"engine = auto\": \"engine\" is not supported by this version" },
};

START_TEST(a_bad_line_is_named_with_its_reason)
{
	wants(bad[_i].text, bad[_i].complaint);
}
END_TEST

START_TEST(sections_inherit_scalars_and_append_to_lists)
{
	struct tun_conf *conf;
	struct conf_err e;

	ck_assert_int_eq(load("cert = c\naccept = 1\nverify = 1\nCAfile = x\n[a]\naccept = 2\nconnect = 3\nCAfile =\nverify = 0\n"
	    "[b]\nconnect = 4\ncert = d\n", &conf, &e), 0);
	ck_assert_uint_eq(conf->n_services, 2);
	ck_assert_uint_eq(conf->services[0].accept.n, 2);
	ck_assert_str_eq(conf->services[0].accept.v[1], "2");
	ck_assert_str_eq(conf->services[0].tls.cert, "c");
	ck_assert_str_eq(conf->services[0].tls.ca_file, "");
	ck_assert_int_eq(conf->services[0].tls.plain.verify.chain, 0);
	ck_assert_uint_eq(conf->services[1].accept.n, 1);
	ck_assert_str_eq(conf->services[1].tls.cert, "d");
	ck_assert_int_eq(conf->services[1].tls.plain.verify.chain, 1);
	tun_conf_free(conf);
}
END_TEST

START_TEST(verify_lines_act_in_file_order)
{
	struct tun_conf *conf;
	struct conf_err e;

	ck_assert_int_eq(load("CAfile = x\n[a]\n" ENDS "verifyChain = yes\nrequireCert = no\n"
	    "[b]\n" ENDS "requireCert = no\nverifyChain = yes\n", &conf, &e), 0);
	ck_assert_int_eq(conf->services[0].tls.plain.verify.require, 0);
	ck_assert_int_eq(conf->services[1].tls.plain.verify.require, 1);
	tun_conf_free(conf);
}
END_TEST

START_TEST(without_sections_it_is_inetd_mode)
{
	struct tun_conf *conf;
	struct conf_err e;

	/* what rsync-ssl writes, its bug included */
	ck_assert_int_eq(load("foreground = yes\ndebug = crit\nconnect = h:874\nclient = yes\nTIMEOUTclose = 0\n"
	    "verifyChain = yes\ncheckHost = h\n-cert = me.crt\nCAfile = ca\n", &conf, &e), 0);
	ck_assert_int_eq(conf->inetd, 1);
	ck_assert_uint_eq(conf->n_services, 1);
	ck_assert_str_eq(conf->services[0].tls.cert, "me.crt");
	ck_assert_int_eq(conf->services[0].t_close, 0);
	tun_conf_free(conf);
}
END_TEST

static const char all[] = "\xef\xbb\xbf; comment\r\npid =\r\noutput = /dev/stdout\nsetuid = root\ndebug = local0.info\n"
    "compression = zlib\n  [ a b ]  \n" ENDS "socket = l:SO_LINGER=1:60\noptions = NO_TLSv1\noptions = -NO_TICKET\n"
    "retry = 250\nCAfile = x\nverify = 3\ncheckIP = 127.0.0.1\nsslVersionMin = TLSv1.2\ncurve = P-256\nsession = 7\n[c]\n" ENDS
    "client = yes\nsni =\ndelay = yes\nOCSPaia = no\nlogId = unique\n";

START_TEST(a_dump_reads_back_to_the_same_dump)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	struct tun_conf *conf;
	struct conf_err e;

	ck_assert_int_eq(load(all, &conf, &e), 0);
	ck_assert_str_eq(conf->services[0].name, " a b ");
	tun_conf_dump(conf, &one);
	tun_conf_free(conf);
	ck_assert_msg(load(buf_cstr(&one), &conf, &e) == 0, "%s in\n%s", e.text, buf_cstr(&one));
	tun_conf_dump(conf, &two);
	tun_conf_free(conf);
	ck_assert_str_eq(buf_cstr(&one), buf_cstr(&two));
	buf_done(&one);
	buf_done(&two);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tunnel/load");
	TCase *t = tcase_create("load");

	tcase_add_loop_test(t, a_bad_line_is_named_with_its_reason, 0, (int)ARRAY_LEN(bad));
	tcase_add_test(t, sections_inherit_scalars_and_append_to_lists);
	tcase_add_test(t, verify_lines_act_in_file_order);
	tcase_add_test(t, without_sections_it_is_inetd_mode);
	tcase_add_test(t, a_dump_reads_back_to_the_same_dump);
	suite_add_tcase(s, t);
	return unit_main(s);
}
