#include "syncd/pull/flist.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>

#include "lib/err.h"
#include "t/unit/scratch.h"
#include "t/unit/unit.h"

static struct flist_conf conf;
static struct root root;
static struct rules *none;
static char said[4096];

static void
tell(void *arg, unsigned code, const char *text)
{
	(void)arg, (void)code;
	if (strlen(said) + strlen(text) < sizeof said)
		strcat(said, text);
}

static void
setup(void)
{
	scratch_make();
	root.fd = scratch_fd;
	said[0] = '\0';
	ck_assert_int_eq(rules_new(&none), 0);
	conf = (struct flist_conf){ .root = &root, .module = "m", .rules = none, .hidden = none, .version = 32, .recurse = true, .tell = tell };
}

static void
teardown(void)
{
	rules_free(none);
	scratch_remove();
}

static struct flist *
built(const char *arg)
{
	struct flist *s;
	int r;

	ck_assert_int_eq(flist_new(&conf, &s), 0);
	ck_assert_int_eq(flist_arg(s, arg), 0);
	while ((r = flist_build(s)) == 1)
		;
	ck_assert_int_eq(r, 0);
	return s;
}

/* The names of the newest segment, directories with a slash. */
static const char *
names(const struct flist *s)
{
	const struct segment *seg = flist_newest(s);
	static char out[8192];

	out[0] = '\0';
	for (uint32_t i = 0; i < seg->n; i++) {
		const struct file *f = &seg->files[i];
		const char *dir = flist_dir_of(s, f)->path;

		sprintf(out + strlen(out), "%s%s%s%s%s", i == 0 ? "" : "  ", dir, dir[0] == '\0' ? "" : "/", f->name,
		    S_ISDIR(f->mode) && strcmp(f->name, ".") != 0 ? "/" : "");
	}
	return out;
}

static void
example_tree(void)
{
	static const char *const dirs[] = { "a-b", "a.d", "a", "a/s", "a0" }, *const files[] = { "Z", "a.txt", "b", "a-b/x", "a/f", "a/s/q" };

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		scratch_dir(dirs[i]);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		scratch_file(files[i], "x");
}

START_TEST(the_example_of_the_protocol_is_in_its_order)
{
	example_tree();
	struct flist *s = built("");
	ck_assert_str_eq(names(s), ".  Z  a.txt  b  a-b/  a-b/x  a.d/  a/  a/f  a/s/  a/s/q  a0/");
	ck_assert_int_eq(flist_newest(s)->first, 0);
	ck_assert_int_eq(flist_total_size(s), 6);
	flist_free(s);
}
END_TEST

START_TEST(below_29_the_order_is_that_of_the_bytes)
{
	conf.version = 28;
	example_tree();
	struct flist *s = built("");
	ck_assert_str_eq(names(s), ".  Z  a/  a-b/  a-b/x  a.d/  a.txt  a/f  a/s/  a/s/q  a0/  b");
	flist_free(s);
}
END_TEST

/* Bytes as they are compared on the wire: a directory's name ends in a slash, and comes last from protocol 29 on. */
static int
by_spec(const struct file *a, const struct file *b)
{
	char x[NAME_MAX + 2], y[NAME_MAX + 2];
	int dirs = conf.version < 29 ? 0 : S_ISDIR(a->mode) - S_ISDIR(b->mode);

	sprintf(x, "%s%s", a->name, conf.version >= 29 && S_ISDIR(a->mode) ? "/" : "");
	sprintf(y, "%s%s", b->name, conf.version >= 29 && S_ISDIR(b->mode) ? "/" : "");
	return dirs != 0 ? dirs : strcmp(x, y);
}

/* Long common beginnings, names that others begin with, bytes on both sides of '/' and above 127. */
START_TEST(names_that_begin_alike_are_in_order)
{
	static const char bytes[] = "!-.0aZ~\xc3\xff";
	unsigned seed = 7;

	conf.version = _i;
	conf.incremental = _i >= 30;
	for (int i = 0; i < 400; i++) {
		char name[64] = "d/IMG_2026_common_";
		size_t n = strlen(name), more = (unsigned)(seed = seed * 1103515245 + 12345) >> 16 & 15;

		for (size_t k = 0; k < more; k++)
			name[n++] = bytes[(seed = seed * 1103515245 + 12345) >> 16 & 1 ? 0 : (seed >> 20) % (sizeof bytes - 1)];
		name[n] = '\0';
		if (i == 0)
			scratch_dir("d");
		if (i % 3 == 0)
			mkdirat(scratch_fd, name, 0755);
		else
			close(openat(scratch_fd, name, O_CREAT | O_WRONLY, 0644));
	}
	struct flist *s = built("");
	uint32_t dir, first = 2;		/* behind ".", and "d" in which the others lie */
	if (conf.incremental) {
		ck_assert_int_eq(flist_next(s, &dir), 0);
		first = 0;
	}
	const struct segment *seg = flist_newest(s);
	ck_assert_uint_gt(seg->n, 150);
	for (uint32_t i = first + 1; i < seg->n; i++)
		ck_assert_msg(by_spec(&seg->files[i - 1], &seg->files[i]) < 0, "%s, %s", seg->files[i - 1].name, seg->files[i].name);
	flist_free(s);
}
END_TEST

START_TEST(segments_have_gaps_and_directories_their_numbers)
{
	struct flist *s;
	uint32_t dir = 99;
	bool gap;

	conf.incremental = true;
	scratch_file("f", "1");
	scratch_dir("d1");
	scratch_file("d1/x", "22");
	scratch_dir("d1/sub");
	scratch_file("d1/sub/y", "333");
	scratch_dir("d2");
	s = built("");
	ck_assert_str_eq(names(s), ".  f  d1/  d2/");
	ck_assert_int_eq(flist_newest(s)->first, 1);		/* 0 is "." itself */
	ck_assert_str_eq(flist_find(s, 1, &gap)->name, ".");
	ck_assert_ptr_null(flist_find(s, 0, &gap));
	ck_assert(gap);
	ck_assert_ptr_null(flist_find(s, 5, &gap));
	ck_assert(!gap);
	ck_assert_int_eq(flist_next(s, &dir), 0);
	ck_assert_uint_eq(dir, 1);				/* "." is 0, d1 is 1, d2 is 2 */
	ck_assert_str_eq(names(s), "d1/x  d1/sub/");
	ck_assert_int_eq(flist_newest(s)->first, 6);		/* 1 + 4 entries, and a gap */
	ck_assert_ptr_null(flist_find(s, 5, &gap));
	ck_assert(gap);
	ck_assert_str_eq(flist_find(s, 6, &gap)->name, "x");
	ck_assert_int_eq(flist_next(s, &dir), 0);
	ck_assert_uint_eq(dir, 3);				/* what was found in d1 comes before d2 */
	ck_assert_str_eq(names(s), "d1/sub/y");
	ck_assert_int_eq(flist_newest(s)->first, 9);
	ck_assert_int_eq(flist_next(s, &dir), 0);
	ck_assert_uint_eq(dir, 2);
	ck_assert_str_eq(names(s), "");
	ck_assert_int_eq(flist_next(s, &dir), E_EOF);
	ck_assert_int_eq(flist_total_size(s), 6);
	ck_assert_ptr_null(flist_find(s, -1, &gap));
	ck_assert_ptr_null(flist_find(s, INT32_MAX, &gap));
	ck_assert_ptr_null(flist_find(s, INT32_MIN, &gap));
	ck_assert(!flist_release(s));
	ck_assert_ptr_null(flist_find(s, 2, &gap));		/* a finished list is gone */
	ck_assert(!flist_release(s));
	ck_assert(!flist_release(s));
	ck_assert(flist_release(s));
	ck_assert(flist_wants_more(s, 0));		/* with two lists out, or fewer, another is always due */
	ck_assert(flist_release(s));
	flist_free(s);
}
END_TEST

START_TEST(links_that_lead_out_are_not_walked)
{
	scratch_dir("in");
	scratch_file("secret", "x");
	scratch_link("..", "in/up");
	scratch_link("/etc", "in/etc");
	root.fd = openat(scratch_fd, "in", O_PATH | O_DIRECTORY);
	conf.copy_links = true;
	struct flist *s = built("");
	ck_assert_str_eq(names(s), ".");
	ck_assert(strstr(said, "no referent") != NULL && flist_io_error(s) == IOERR_GENERAL);
	flist_free(s);
	s = built("up/secret");
	ck_assert_uint_eq(flist_newest(s)->n, 0);
	flist_free(s);
	s = built("../secret");
	ck_assert_uint_eq(flist_newest(s)->n, 0);
	flist_free(s);
	close(root.fd);
}
END_TEST

START_TEST(a_missing_argument_is_complained_of)
{
	struct flist *s = built("nothing");

	ck_assert_uint_eq(flist_newest(s)->n, 0);
	ck_assert(strstr(said, "nothing") != NULL);
	flist_free(s);
}
END_TEST

START_TEST(hard_links_lead_to_the_first_name)
{
	struct flist *s;
	int32_t first;
	bool gap;

	conf.hard_links = true;
	scratch_file("a", "x");
	scratch_file("c", "x");
	ck_assert_int_eq(linkat(scratch_fd, "a", scratch_fd, "b", 0), 0);
	s = built("");
	const struct file *a = flist_find(s, 1, &gap);
	ck_assert(a->linked);
	ck_assert(!flist_find(s, 3, &gap)->linked);	/* c has one name */
	ck_assert_int_eq(flist_link(s, &file_more(a)->inode, 1, &first), 0);
	ck_assert_int_eq(first, -1);
	ck_assert_int_eq(flist_link(s, &file_more(flist_find(s, 2, &gap))->inode, 2, &first), 0);
	ck_assert_int_eq(first, 1);
	flist_free(s);
}
END_TEST

START_TEST(a_hidden_name_does_not_exist)
{
	struct rules *hidden;

	rules_new(&hidden);
	rules_add_config(hidden, RULES_EXCLUDE_LIST, "secret/ *.key");
	conf.hidden = hidden;
	scratch_dir("secret");
	scratch_file("secret/x", "");
	scratch_file("a.key", "");
	scratch_file("b", "");
	struct flist *s = built("");
	ck_assert_str_eq(names(s), ".  b");
	flist_free(s);
	s = built("secret/x");
	ck_assert_uint_eq(flist_newest(s)->n, 0);
	flist_free(s);
	rules_free(hidden);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/pull/flist");
	TCase *t = tcase_create("tree");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_example_of_the_protocol_is_in_its_order);
	tcase_add_test(t, below_29_the_order_is_that_of_the_bytes);
	tcase_add_loop_test(t, names_that_begin_alike_are_in_order, 28, 31);
	tcase_add_test(t, segments_have_gaps_and_directories_their_numbers);
	tcase_add_test(t, links_that_lead_out_are_not_walked);
	tcase_add_test(t, a_missing_argument_is_complained_of);
	tcase_add_test(t, hard_links_lead_to_the_first_name);
	tcase_add_test(t, a_hidden_name_does_not_exist);
	suite_add_tcase(s, t);
	return unit_main(s);
}
