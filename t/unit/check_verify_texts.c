/* What verify takes from texts of the kernel, the service manager and nft, and its verdicts about units and rules. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deploy/verify/identity.h"
#include "deploy/verify/kernel.h"
#include "deploy/verify/ruleset.h"
#include "deploy/verify/unit_text.h"
#include "lib/err.h"
#include "t/unit/unit.h"

static const char TCP[] = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:0369 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0\n"
    "   1: 00000000:036A 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 100 0 0 10 0\n"
    "   2: 0100007F:0369 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000000000000000 20 4 30 10 -1\n";
static const char TCP6[] = "  sl  local_address                         remote_address                        st ...\n"
    "   0: 00000000000000000000000000000000:036A 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 99 1 0 100\n"
    "   1: 00000000000000000000000001000000:0369 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 98 1 0 100\n";
static const char UNIX[] = "Num       RefCount Protocol Flags    Type St Inode Path\n"
    "00000000e6711ed9: 00000002 00000000 00010000 0001 01 25629386 /run/sallyport/syncd.sock\n"
    "00000000e6711eda: 00000003 00000000 00000000 0001 03 25629387 /run/sallyport/syncd.sock\n"
    "00000000e6711edb: 00000003 00000000 00000000 0001 03 25629388\n";

START_TEST(listeners_are_taken_from_the_kernels_tables)
{
	static const struct { const char *at; uint64_t inode; } wanted[] = { { "127.0.0.1:873", 4711 }, { "0.0.0.0:874", 4712 },
	    { ":::874", 99 }, { "::1:873", 98 } };
	struct kernel_sockets l = KERNEL_SOCKETS_INIT;
	char text[ADDR_TEXT_SIZE];

	ck_assert_int_eq(kernel_tcp(TCP, false, &l), 0);
	ck_assert_int_eq(kernel_tcp(TCP6, true, &l), 0);
	ck_assert_int_eq(kernel_unix(UNIX, &l), 0);
	ck_assert_uint_eq(l.n, 5);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		ck_assert_str_eq(addr_text(&l.v[i].address, text, sizeof text), wanted[i].at);
		ck_assert_uint_eq(l.v[i].inode, wanted[i].inode);
	}
	ck_assert(l.v[4].local);
	ck_assert_str_eq(l.v[4].path, "/run/sallyport/syncd.sock");
	ck_assert_uint_eq(l.v[4].inode, 25629386);
	kernel_sockets_done(&l);
}
END_TEST

START_TEST(lines_of_another_shape_are_left_out)
{
	static const char *const texts[] = { "", "\n", "nonsense\n", "0: 1:2\n", "  0: zz:0369 00:0000 0A\n", "0: 0100007F:0369 00000000:0000 0A" };
	struct kernel_sockets l = KERNEL_SOCKETS_INIT;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		ck_assert_int_eq(kernel_tcp(texts[i], false, &l), 0);
		ck_assert_int_eq(kernel_tcp(texts[i], true, &l), 0);
		ck_assert_int_eq(kernel_unix(texts[i], &l), 0);
	}
	ck_assert_uint_eq(l.n, 0);
	kernel_sockets_done(&l);
}
END_TEST

START_TEST(the_rights_of_a_process_are_read)
{
	static const char text[] = "Name:\tx\nUid:\t1\t2\t3\t4\nCapInh:\t0\nCapEff:\t00000000000400e0\nCapBnd:\t00000000000400e1\nCapAmb:\t1\n"
	    "NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t36\n";
	struct kernel_status s;
	char names[256];

	ck_assert_int_eq(kernel_status(text, &s), 0);
	ck_assert_uint_eq(s.uid, 2);
	ck_assert_str_eq(kernel_caps_text(s.cap_eff, names, sizeof names), "cap_kill cap_setgid cap_setuid cap_sys_chroot");
	ck_assert_uint_eq(s.cap_bnd ^ s.cap_eff, 1);
	ck_assert_uint_eq(s.cap_amb, 1);
	ck_assert_int_eq(s.no_new_privs, 1);
	ck_assert_int_eq(s.seccomp, 2);
	ck_assert_int_eq(s.filters, 36);
	ck_assert_int_eq(kernel_status("Uid:\t0\t0\n", &s), E_FORMAT);
	ck_assert_int_eq(kernel_status("", &s), E_FORMAT);
}
END_TEST

START_TEST(capabilities_have_names_in_either_case)
{
	char names[256];

	ck_assert_uint_eq(kernel_caps("CAP_KILL cap_chown"), 1 << 5 | 1);
	ck_assert_uint_eq(kernel_caps("CAP_NONSENSE kill "), 0);
	ck_assert_uint_eq(kernel_caps(""), 0);
	ck_assert_uint_eq(kernel_caps("CAP_CHECKPOINT_RESTORE"), UINT64_C(1) << 40);
	ck_assert_str_eq(kernel_caps_text(0, names, sizeof names), "none");
	ck_assert_str_eq(kernel_caps_text(UINT64_C(1) << 63 | 1, names, sizeof names), "cap_chown 63");
}
END_TEST

static const struct { const char *text, *unit; } groups[] = {
	{ "0::/system.slice/sallyport-syncd.service\n", "sallyport-syncd.service" },
	{ "9:name=systemd:/system.slice/system-stunnel.slice/stunnel@sallyport.service\n0::/\n", "stunnel@sallyport.service" },
	{ "9:name=systemd:/\n8:pids:/x.service\n0::/system.slice/a.service/worker\n", "a.service" },
	{ "0::/user.slice/user-0.slice/session-1.scope\n", "session-1.scope" },
	{ "0::/init.scope\n", "init.scope" }, { "0::/\n", "" }, { "", "" }, { "8:pids:/x.service\n", "" }, { "0::/.service\n", "" },
};

START_TEST(the_unit_of_a_process_is_in_its_group)
{
	char unit[128];

	kernel_unit(groups[_i].text, unit, sizeof unit);
	ck_assert_str_eq(unit, groups[_i].unit);
}
END_TEST

/* --- units ----------------------------------------------------------------------------------------- */

START_TEST(assignments_add_up_or_replace)
{
	static const char text[] = "[Service]\n# UMask=0\nUMask=0077\nUMask=0022\nIPAddressAllow=1.2.3.4\nIPAddressAllow=\nIPAddressAllow=a\n"
	    "IPAddressAllow=b\nUser=\n";
	char value[64];

	ck_assert(unit_value(text, "UMask", value, sizeof value));
	ck_assert_str_eq(value, "0022");
	ck_assert(unit_value(text, "IPAddressAllow", value, sizeof value));
	ck_assert_str_eq(value, "a b");
	ck_assert(unit_value(text, "User", value, sizeof value));
	ck_assert_str_eq(value, "");
	ck_assert(!unit_value(text, "Group", value, sizeof value));
	ck_assert(unit_value(text, "IPAddressAllow", value, 2));	/* cut, and ended */
	ck_assert_str_eq(value, "a");
}
END_TEST

START_TEST(each_unit_has_its_block)
{
	static const char shown[] = "Type=notify\nId=a.service\nUser=x\n\nListen=1 (Stream)\nListen=2 (Stream)\nId=a.socket\n";
	char value[64];

	ck_assert_ptr_eq(unit_block(shown, "a.service"), shown);
	ck_assert_ptr_null(unit_block(shown, "b.service"));
	ck_assert_ptr_null(unit_block(shown, "a"));
	ck_assert(unit_shown(unit_block(shown, "a.socket"), "Listen", value, sizeof value));
	ck_assert_str_eq(value, "1 (Stream) 2 (Stream)");
	ck_assert(!unit_shown(unit_block(shown, "a.service"), "Listen", value, sizeof value));
	ck_assert(!unit_shown(unit_block(shown, "a.socket"), "User", value, sizeof value));
}
END_TEST

/* One directive: as it is generated, as systemd 252 shows it, and whether that is the same. */
static const struct { const char *wanted, *shown; bool same; } rows[] = {
	{ "UMask=0077", "UMask=0077", true }, { "UMask=0077", "UMask=0022", false }, { "UMask=0077", "", false },
	{ "NoNewPrivileges=yes", "NoNewPrivileges=yes", true }, { "NoNewPrivileges=yes", "NoNewPrivileges=no", false },
	{ "CapabilityBoundingSet=CAP_KILL CAP_CHOWN", "CapabilityBoundingSet=cap_chown cap_kill", true },
	{ "CapabilityBoundingSet=CAP_KILL", "CapabilityBoundingSet=cap_chown cap_kill", false },
	{ "CapabilityBoundingSet=", "", true }, { "CapabilityBoundingSet=", "CapabilityBoundingSet=cap_kill", false },
	{ "WatchdogSec=30", "WatchdogUSec=30s\nActiveState=active", true }, { "WatchdogSec=30", "WatchdogUSec=3s\nActiveState=active", false },
	{ "WatchdogSec=30", "WatchdogUSec=infinity\nActiveState=active", false },
	{ "IPAddressDeny=any", "IPAddressDeny=0.0.0.0/0 ::/0", true }, { "IPAddressDeny=any", "IPAddressDeny=::/0", false },
	{ "IPAddressDeny=any", "", false },
	{ "IPAddressAllow=localhost\nIPAddressAllow=192.0.2.0/24", "IPAddressAllow=192.0.2.0/24 127.0.0.0/8 ::1/128", true },
	{ "IPAddressAllow=localhost", "IPAddressAllow=192.0.2.0/24 127.0.0.0/8 ::1/128", false },
	{ "RestrictAddressFamilies=AF_UNIX AF_INET", "RestrictAddressFamilies=AF_INET AF_UNIX", true },
	{ "RestrictAddressFamilies=AF_UNIX", "RestrictAddressFamilies=AF_INET AF_UNIX", false },
	{ "RestrictAddressFamilies=AF_UNIX", "RestrictAddressFamilies=", false },
	{ "SystemCallErrorNumber=EPERM", "SystemCallErrorNumber=1", true }, { "SystemCallErrorNumber=EPERM", "SystemCallErrorNumber=13", false },
	{ "SystemCallFilter=@system-service", "SystemCallFilter=accept bind", true }, { "SystemCallFilter=@system-service", "SystemCallFilter=", false },
	{ "SystemCallFilter=@system-service", "SystemCallFilter=~bind", false }, { "SystemCallFilter=@system-service", "SystemCallFilter=accept ptrace", false },
	{ "SystemCallFilter=@system-service\nSystemCallFilter=chroot", "SystemCallFilter=accept chroot", true },
	{ "SystemCallFilter=@system-service", "SystemCallFilter=accept chroot", false },
	{ "ExecStart=/bin/a b", "ExecStart={ path=/bin/a ; argv[]=/bin/a b ; ignore_errors=no ; pid=0 }", true },
	{ "ExecStart=/bin/a b", "ExecStart={ path=/bin/a ; argv[]=/bin/a b c ; ignore_errors=no ; pid=0 }", false },
	{ "ExecStart=/bin/a", "ExecStart={ path=/bin/a ; argv[]=/bin/a ; x }\nExecStart={ path=/bin/c ; argv[]=/bin/c ; x }", false },
	{ "ListenStream=0.0.0.0:874\nListenStream=[::]:874", "Listen=0.0.0.0:874 (Stream)\nListen=[::]:874 (Stream)", true },
	{ "ListenStream=0.0.0.0:874", "Listen=0.0.0.0:874 (Stream)\nListen=[::]:874 (Stream)", false },
};

START_TEST(effective_values_are_compared_as_what_they_mean)
{
	struct points l = POINTS_INIT;
	char text[256], shown[256];

	snprintf(text, sizeof text, "[Service]\n%s\n", rows[_i].wanted);
	snprintf(shown, sizeof shown, "Id=a.service\n%s\n", rows[_i].shown);
	unit_judge(&l, "a.service", "a", text, shown);
	ck_assert_uint_eq(l.n, 1);
	ck_assert_int_eq(l.v[0].result, rows[_i].same ? POINT_PASS : POINT_FAIL);
	points_done(&l);
}
END_TEST

static const struct { const char *shown, *own; bool enabled; const char *failed; } states[] = {
	{ "ActiveState=active\nDropInPaths=\nNeedDaemonReload=no\nUnitFileState=enabled\nFragmentPath=/etc/systemd/system/a.service\n", "", true, "" },
	{ "ActiveState=active\nNeedDaemonReload=no\nUnitFileState=enabled-runtime\n", "/etc/own.conf", true, "unit.a.dropins" },
	{ "ActiveState=active\nDropInPaths=/etc/own.conf\nNeedDaemonReload=no\nUnitFileState=enabled\n", "/etc/own.conf", true, "" },
	{ "ActiveState=active\nDropInPaths=/etc/own.conf /etc/b.conf\nNeedDaemonReload=no\nUnitFileState=enabled\n", "/etc/own.conf", true, "unit.a.dropins" },
	{ "ActiveState=failed\nDropInPaths=/o\nNeedDaemonReload=no\n", "/o", false, "unit.a.state" },
	{ "ActiveState=inactive\nDropInPaths=/o\nNeedDaemonReload=no\n", "/o", false, "" },
	{ "ActiveState=inactive\nDropInPaths=/o\nNeedDaemonReload=no\nUnitFileState=enabled\n", "/o", true, "unit.a.state" },
	{ "ActiveState=active\nDropInPaths=/o\nNeedDaemonReload=yes\n", "/o", false, "unit.a.reload" },
	{ "ActiveState=active\nDropInPaths=/o\nNeedDaemonReload=no\nUnitFileState=disabled\n", "/o", true, "unit.a.enabled" },
	{ "ActiveState=active\nNeedDaemonReload=no\nFragmentPath=/run/systemd/system/a.service\n", "", false, "unit.a.file" },
};

START_TEST(the_state_of_a_unit_is_judged)
{
	struct points l = POINTS_INIT;
	const char *failed = "";

	unit_judge_state(&l, "a.service", "a", states[_i].shown, states[_i].own, states[_i].enabled);
	for (size_t i = 0; i < l.n; i++)
		if (l.v[i].result == POINT_FAIL) {
			ck_assert_str_eq(failed, "");
			failed = l.v[i].id;
		}
	ck_assert_str_eq(failed, states[_i].failed);
	points_done(&l);
}
END_TEST

START_TEST(exposure_is_a_number_of_tenths)
{
	ck_assert_int_eq(unit_exposure("x\n→ Overall exposure level for a.service: 1.5 OK :-)\n"), 15);
	ck_assert_int_eq(unit_exposure("Overall exposure level for a.service: 10.0 DANGEROUS\n"), 100);
	ck_assert_int_eq(unit_exposure("Unit a.service not found."), -1);
}
END_TEST

/* --- rules -------------------------------------------------------------------------------------------- */

#define SET "\tset conn4 {\n\t\ttype ipv4_addr\n\t\tflags dynamic\n"
#define OURS(elements, rule) "table inet sallyport {\n" SET elements "\t}\n\n\tchain in {\n\t\ttype filter hook input priority 0; policy accept;\n" rule "\t}\n}\n"

START_TEST(a_table_is_found_without_what_its_rules_put_into_sets)
{
	static const char *const listed[] = { OURS("", "\t\ttcp dport 874 accept\n"),
	    OURS("\t\telements = { 192.0.2.1 ct count over 4,\n\t\t\t     192.0.2.2 ct count over 4 }\n", "\t\ttcp dport 874 accept\n"),
	    "table ip a {\n}\n" OURS("\t\telements = { 192.0.2.1 }\n", "\t\ttcp dport 874 accept\n") "table ip b {\n}\n" };
	struct buf first = BUF_INIT;
	char missing[256], extra[256];

	ck_assert(ruleset_table(listed[0], "sallyport", &first));
	for (size_t i = 1; i < ARRAY_LEN(listed); i++) {
		struct buf seen = BUF_INIT;

		ck_assert(ruleset_table(listed[i], "sallyport", &seen));
		ck_assert(!ruleset_differs(buf_cstr(&first), buf_cstr(&seen), missing, extra));
		buf_done(&seen);
	}
	ck_assert(!ruleset_table("table ip sallyport {\n}\ntable inet sallyport2 {\n}\n", "sallyport", &first));
	buf_done(&first);
}
END_TEST

START_TEST(the_first_difference_is_told)
{
	char missing[256], extra[256];

	ck_assert(!ruleset_differs("a\nb\n", "a\n  b\n", missing, extra));
	ck_assert(ruleset_differs("a\nb\n", "a\nc\n", missing, extra));
	ck_assert_str_eq(missing, "b");
	ck_assert_str_eq(extra, "c");
	ck_assert(ruleset_differs("a\nb\n", "a\n", missing, extra));
	ck_assert_str_eq(extra, "");
	ck_assert(ruleset_differs("", "a\n", missing, extra));
	ck_assert_str_eq(missing, "");
}
END_TEST

static const struct { const char *listed; bool other873, other874, closes; } rules[] = {
	{ OURS("", "\t\ttcp dport { 873, 874 } accept\n"), false, false, false },
	{ "table ip x {\n\tchain i {\n\t\ttcp dport 873 accept\n\t}\n}\n", true, false, false },
	{ "table ip x {\n\tchain i {\n\t\ttcp dport { 22, 874 } accept\n\t}\n}\n", false, true, false },
	{ "table ip x {\n\tchain i {\n\t\ttcp dport 8730 accept\n\t\ttcp dport 873 drop\n\t}\n}\n", false, false, false },
	{ "table ip6 nat {\n\tchain p {\n\t\ttcp dport 874 redirect to :873\n\t}\n}\n", true, true, false },
	{ "table ip nat {\n\tchain p {\n\t\tmeta l4proto tcp tcp dport 873 counter packets 0 bytes 0 dnat to 10.0.0.1:873\n\t}\n}\n", true, false, false },
	{ "table inet f {\n\tchain i {\n\t\ttype filter hook input priority filter; policy drop;\n\t\ttcp dport 22 accept\n\t}\n}\n", false, false, true },
	{ "table inet f {\n\tchain i {\n\t\ttype filter hook input priority filter; policy drop;\n\t\ttcp dport 874 accept\n\t}\n}\n", false, true, false },
	{ "table inet f {\n\tchain i {\n\t\ttype filter hook output priority filter; policy drop;\n\t}\n}\n", false, false, false },
	{ "", false, false, false },
};

START_TEST(other_tables_are_looked_through)
{
	char seen[256];

	ck_assert_int_eq(ruleset_other(rules[_i].listed, "sallyport", 873, seen), rules[_i].other873);
	ck_assert_int_eq(ruleset_other(rules[_i].listed, "sallyport", 874, seen), rules[_i].other874);
	ck_assert_int_eq(ruleset_closes(rules[_i].listed, "sallyport", 874, seen), rules[_i].closes);
}
END_TEST

START_TEST(of_iptables_our_chains_are_taken)
{
	static const char saved[] = "# Generated\n*filter\n:INPUT ACCEPT [3:180]\n:SALLYPORT-IN - [0:0]\n-A INPUT -j SALLYPORT-IN\n-A SALLYPORT-IN -i lo -j RETURN\nCOMMIT\n";
	struct buf b = BUF_INIT;

	ruleset_iptables(saved, &b);
	ck_assert_str_eq(buf_cstr(&b), ":SALLYPORT-IN - \n-A SALLYPORT-IN -i lo -j RETURN\n");
	buf_done(&b);
}
END_TEST

static const struct { const char *rule, *example; } examples[] = {
	{ "cn:alice", "alice" }, { "cn:web-*", "web-x" }, { "cn:*", "x" }, { "cn:", NULL }, { "dns:a", NULL }, { "192.0.2.0/24", NULL }, { "", NULL },
	{ "cn:12345678", NULL },
};

START_TEST(a_name_that_a_rule_lets_in)
{
	char dst[8];

	ck_assert_msg(identity_example(examples[_i].rule, dst, sizeof dst) == (examples[_i].example != NULL), "%s", examples[_i].rule);
	if (examples[_i].example != NULL)
		ck_assert_str_eq(dst, examples[_i].example);
}
END_TEST

/* The PROXY protocol, section 2.2: signature, version, family, length, addresses; then the TLV of TLS. */
START_TEST(a_header_says_who_a_certificate_is)
{
	static const uint8_t with[] = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x23\x7f\0\0\1\x7f\0\0\1\x9c\x40\x03\x6a\x20\0\x14\7\0\0\0\0\x21\0\7TLSv1.3\x22\0\2ab",
	    without[] = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x1e\x7f\0\0\1\x7f\0\0\1\x9c\x40\x03\x6a\x20\0\x0f\1\1\0\0\0\x21\0\7TLSv1.3";
	struct buf b = BUF_INIT;

	identity_header("ab", &b);
	ck_assert(buf_len(&b) == sizeof with - 1 && memcmp(buf_head(&b), with, sizeof with - 1) == 0);
	buf_clear(&b);
	identity_header(NULL, &b);
	ck_assert(buf_len(&b) == sizeof without - 1 && memcmp(buf_head(&b), without, sizeof without - 1) == 0);
	buf_done(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("deploy/verify: texts");
	TCase *t = tcase_create("texts");

	tcase_add_loop_test(t, a_name_that_a_rule_lets_in, 0, (int)ARRAY_LEN(examples));
	tcase_add_test(t, a_header_says_who_a_certificate_is);
	tcase_add_test(t, listeners_are_taken_from_the_kernels_tables);
	tcase_add_test(t, lines_of_another_shape_are_left_out);
	tcase_add_test(t, the_rights_of_a_process_are_read);
	tcase_add_test(t, capabilities_have_names_in_either_case);
	tcase_add_loop_test(t, the_unit_of_a_process_is_in_its_group, 0, ARRAY_LEN(groups));
	tcase_add_test(t, assignments_add_up_or_replace);
	tcase_add_test(t, each_unit_has_its_block);
	tcase_add_loop_test(t, effective_values_are_compared_as_what_they_mean, 0, ARRAY_LEN(rows));
	tcase_add_loop_test(t, the_state_of_a_unit_is_judged, 0, ARRAY_LEN(states));
	tcase_add_test(t, exposure_is_a_number_of_tenths);
	tcase_add_test(t, a_table_is_found_without_what_its_rules_put_into_sets);
	tcase_add_test(t, the_first_difference_is_told);
	tcase_add_loop_test(t, other_tables_are_looked_through, 0, ARRAY_LEN(rules));
	tcase_add_test(t, of_iptables_our_chains_are_taken);
	suite_add_tcase(s, t);
	return unit_main(s);
}
