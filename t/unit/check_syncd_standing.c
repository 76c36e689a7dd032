/* Who was let in is asked again, by another configuration. */
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "syncd/monitor.h"
#include "t/unit/scratch.h"
#include "t/unit/unit.h"

static struct addr peer;
static struct standing jane;

static void
setup(void)
{
	scratch_make();
	scratch_file("groups", "staff: cn:jane\nothers: cn:joe\n");
	ck_assert_int_eq(fchmodat(scratch_fd, "groups", 0644, 0), 0);
	ck_assert_int_eq(addr_parse("192.0.2.7", 1, &peer), 0);
	jane = (struct standing){ .module = "m", .host = "jane.example", .id = { .tls = true, .verified = true, .common_name = "jane" } };
}

/* What is said of her by a configuration whose module has these lines; NULL: she may stay. */
static const char *
said(const char *lines, bool by_host)
{
	static struct admit_verdict v;
	struct monitor_job job = { .spawner_fd = -1, .report_fd = -1, .count_fd = -1 };
	struct syncd_conf *conf;
	struct conf_err e;
	char text[1024];
	int r;

	snprintf(text, sizeof text, "forward lookup = no\ntls groups file = %s/groups\n%s\n", scratch, lines);
	ck_assert_int_eq(conf_load_text("f", text, strlen(text), NULL, NULL, &conf, &e), 0);
	job.conf = conf;
	r = by_host ? monitor_recheck_hosts(&job, &jane, &peer, &v) : monitor_recheck_rules(&job, &jane, &peer, &v);
	conf_free(conf);
	ck_assert(r == 0 || r == E_DENIED);
	return r == 0 ? NULL : v.why[0] != '\0' ? v.why : v.param;
}

static const struct { bool by_host, writes; const char *user, *lines, *why; } rows[] = {
	{ false, true, "", "[m]", NULL }, { false, true, "", "[x]", "no such module" }, { false, true, "", "[M]", "no such module" },
	{ false, true, "", "[m]\ncomment = other\nread only = yes", NULL },
	{ false, true, "", "[m]\nrequire tls = yes", NULL },
	{ false, true, "", "[m]\ntls users = cn:jane", NULL }, { false, true, "", "[m]\ntls users = @staff:rw", NULL },
	{ false, true, "", "[m]\ntls users = cn:joe", "no rule names" }, { false, true, "", "[m]\ntls users = cn:jane:deny cn:*", "is denied" },
	{ false, true, "", "[m]\ntls users = @others", "no rule names" }, { false, true, "", "[m]\ntls users = @absent cn:*", "no such group" },
	{ false, true, "", "[m]\ntls users = jane", "cannot be read" },
	{ false, true, "", "[m]\ntls users = cn:jane:ro", "may only read" }, { false, false, "", "[m]\ntls users = cn:jane:ro", NULL },
	{ false, true, "", "[m]\nauth users = me", "not logged in" }, { false, true, "me", "[m]\nauth users = me", NULL },
	{ false, true, "me", "[m]\nauth users = you", "no rule lets me" }, { false, true, "me", "[m]\nauth users = me:deny", "denies me" },
	{ false, true, "me", "[m]\nauth users = m*:ro", "me may only read" }, { false, false, "me", "[m]\nauth users = m*:ro", NULL },
	{ false, true, "me", "[m]", NULL }, { false, true, "me", "[m]\nauth users = me\ntls users = cn:joe", "no rule names" },
	{ false, true, "", "[m]\nhosts allow = 198.51.100.1", NULL },		/* the other question */
	{ true, true, "", "[m]\nhosts allow = 198.51.100.1", "hosts allow" }, { true, true, "", "[m]\nhosts allow = 192.0.2.0/24", NULL },
	{ true, true, "", "[m]\nhosts allow = *.example", NULL }, { true, true, "", "[m]\nhosts deny = jane.*", "hosts deny" },
	{ true, true, "", "[m]\nhosts deny = 198.51.100.1", NULL }, { true, true, "", "[m]\nhosts allow = 192.0.2.0/99", "malformed" },
	{ true, true, "", "[m]\ntls users = cn:joe", NULL }, { true, true, "", "[x]", NULL },
};

START_TEST(who_would_be_refused_now_is)
{
	const char *why;

	jane.writes = rows[_i].writes;
	snprintf(jane.user, sizeof jane.user, "%s", rows[_i].user);
	why = said(rows[_i].lines, rows[_i].by_host);
	ck_assert_msg((why == NULL) == (rows[_i].why == NULL), "%s: %s", rows[_i].lines, why == NULL ? "stays" : why);
	if (why != NULL)
		ck_assert_msg(strstr(why, rows[_i].why) != NULL, "%s: %s", rows[_i].lines, why);
}
END_TEST

START_TEST(what_came_without_tls_is_refused_by_rules_of_it)
{
	jane.id = (struct identity){ .tls = false };
	ck_assert_ptr_null(said("[m]", false));
	ck_assert_ptr_nonnull(said("[m]\nrequire tls = yes", false));
	ck_assert_ptr_nonnull(said("[m]\ntls users = cn:jane", false));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/standing");
	TCase *t = tcase_create("standing");

	tcase_add_checked_fixture(t, setup, scratch_remove);
	tcase_add_loop_test(t, who_would_be_refused_now_is, 0, (int)ARRAY_LEN(rows));
	tcase_add_test(t, what_came_without_tls_is_refused_by_rules_of_it);
	suite_add_tcase(s, t);
	return unit_main(s);
}
