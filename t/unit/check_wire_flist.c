#include <sys/stat.h>

#include "syncd/wire/flist.h"
#include "t/unit/hex.h"
#include "t/unit/unit.h"

static const struct flist_form new32 = { .version = 32, .compat = CF_VARINT_FLIST_FLAGS | CF_ID0_NAMES };

static struct entry
file(const char *name)
{
	return (struct entry){ .dir = "", .name = name, .size = 20, .mtime = 1704164645, .nsec = 123456789, .mode = 0100644 };
}

/* Encode e, compare; decode, encode again, compare; cut at every byte. */
static void
both_ways(const struct flist_form *form, const struct flist_state *before, const struct entry *e, int32_t first,
    const char *hex)
{
	struct flist_state out = *before, in = *before, kept;
	static struct flist_entry back;
	struct buf b = BUF_INIT;
	enum flist_item item;
	struct cursor c;
	uint8_t *copy;
	int32_t io;

	ck_assert_int_eq(flist_put(&b, form, &out, e, NULL), 0);
	hex_same(&b, hex, hex);
	for (size_t n = 0; n < buf_len(&b); n++) {
		kept = in;
		c = hex_part(&b, n, &copy);
		ck_assert_msg(flist_get(&c, form, &in, &back, first, &item, &io) == E_SHORT, "%s cut to %zu", hex, n);
		ck_assert(memcmp(&kept, &in, sizeof in) == 0);
		free(copy);
	}
	c = cur_of(buf_head(&b), buf_len(&b));
	ck_assert_int_eq(flist_get(&c, form, &in, &back, first, &item, &io), 0);
	ck_assert(item == FLIST_ENTRY && cur_left(&c) == 0);
	if (back.e.abbreviated)
		flist_follow(form, &in, e);
	ck_assert_int_eq(strcmp(in.path, out.path), 0);
	ck_assert(in.mode == out.mode && in.mtime == out.mtime && in.uid == out.uid && in.gid == out.gid);
	buf_done(&b);
}

START_TEST(the_worked_examples_go_both_ways)
{
	static const struct flist_state fresh;
	struct flist_form form = new32;
	struct flist_state st = fresh;
	struct entry e = file("hello.txt");

	both_ways(&form, &st, &e, 0, "a018 09 \"hello.txt\" 001400 65257d93 e715cd5b a4810000");
	form = (struct flist_form){ .version = 29 };
	e.nsec = 0;
	both_ways(&form, &st, &e, 0, "18 09 \"hello.txt\" 14000000 257d9365 a4810000");

	form = (struct flist_form){ .version = 32, .compat = CF_VARINT_FLIST_FLAGS, .uid = true, .gid = true };
	st = (struct flist_state){ .any = true, .mode = 040755, .mtime = 5 };
	e = (struct entry){ .dir = "", .name = "d2", .size = 4096, .mtime = 5, .mode = 040755, .uid = 1234, .gid = 1,
	    .group = "daemon" };
	both_ways(&form, &st, &e, 0, "8882 02 \"d2\" 000010 84d2 01 06 \"daemon\"");

	e = (struct entry){ .dir = "", .name = "d1", .size = 4096, .mtime = 1704164645, .mode = 040755, .top_dir = true,
	    .no_content = true };
	both_ways(&new32, &fresh, &e, 0, "8119 02 \"d1\" 000010 65257d93 ed410000");
}
END_TEST

START_TEST(device_numbers_have_the_form_of_their_version)
{
	static const struct flist_state fresh;
	struct flist_form form = new32;
	struct entry e = { .dir = "", .name = "blk", .mode = 060644, .rdev_major = 259, .rdev_minor = 300 };

	form.devices = form.specials = true;
	both_ways(&form, &fresh, &e, 0, "8098 03 \"blk\" 000000 a4610000 8103 812c");
	form = (struct flist_form){ .version = 29, .devices = true, .specials = true };
	e = (struct entry){ .dir = "", .name = "chr", .mode = 020644, .rdev_major = 1, .rdev_minor = 3 };
	both_ways(&form, &fresh, &e, 0, "9c08 03 \"chr\" 00000000 a4210000 01000000 03");
	e = (struct entry){ .dir = "", .name = "sock", .mode = 0140755 };
	both_ways(&form, &fresh, &e, 0, "9c09 04 \"sock\" 00000000 edc10000 00");
	form.version = 27;
	e = (struct entry){ .dir = "", .name = "blk", .mode = 060644, .rdev_major = 259, .rdev_minor = 300 };
	both_ways(&form, &fresh, &e, 0, "98 03 \"blk\" 00000000 a4610000 2c031100");
}
END_TEST

START_TEST(hard_links_are_abbreviated_in_their_own_segment)
{
	struct flist_form form = new32;
	struct flist_state st = { .any = true, .mode = 0100644, .mtime = 1704164645 };
	struct entry e = file("hard0");

	form.hard_links = true;
	e.linked = e.abbreviated = true;
	e.link_ndx = 7;
	both_ways(&form, &st, &e, 7, "a29a 05 \"hard0\" 07");
}
END_TEST

START_TEST(the_first_file_of_all_may_have_more_names)
{
	struct flist_form form = new32;
	struct flist_state st = { .any = true, .mode = 0100644, .mtime = 1704164645 };
	struct entry e = file("hard0");

	form.hard_links = true;
	e.linked = e.abbreviated = true;
	e.link_ndx = 0;
	both_ways(&form, &st, &e, 0, "a29a 05 \"hard0\" 00");
}
END_TEST

START_TEST(hard_links_to_earlier_segments_are_whole)
{
	struct flist_form form = new32;
	struct flist_state st = { .any = true, .mtime = 1704164645, .path = "d1/x", .path_len = 4 };
	struct entry e = file("hard");

	form.hard_links = true;
	e.dir = "d2";
	e.nsec = 0;
	e.linked = true;
	e.link_ndx = 7;
	/* HLINKED SAME_TIME SAME_NAME SAME_GID SAME_UID */
	both_ways(&form, &st, &e, 12, "82b8 01 06 \"2/hard\" 07 001400 a4810000");
}
END_TEST

START_TEST(a_flag_word_of_zero_is_told_from_the_end)
{
	struct flist_form form = { .version = 29, .uid = true, .gid = true };
	struct flist_state fresh = { .any = true };
	struct entry e = { .dir = "", .name = "d2", .size = 4096, .mtime = 1704164645, .mode = 040755, .uid = 1234, .gid = 1 };

	both_ways(&form, &fresh, &e, 0, "0400 02 \"d2\" 00100000 257d9365 ed410000 d2040000 01000000");
	e.mode = 0100755;
	both_ways(&form, &fresh, &e, 0, "01 02 \"d2\" 00100000 257d9365 ed810000 d2040000 01000000");
	form.version = 27;
	both_ways(&form, &fresh, &e, 0, "01 02 \"d2\" 00100000 257d9365 ed810000 d2040000 01000000");
	e.mode = 040755;
	both_ways(&form, &fresh, &e, 0, "40 02000000 \"d2\" 00100000 257d9365 ed410000 d2040000 01000000");
	form.version = 32;
	form.compat = CF_VARINT_FLIST_FLAGS;
	both_ways(&form, &fresh, &e, 0, "04 02 \"d2\" 000010 65257d93 ed410000 84d2 01");
}
END_TEST

START_TEST(openrsyncs_form_is_read)
{
	struct flist_form form = { .version = 29 };
	struct flist_state st = { 0 };
	static struct flist_entry back;
	struct buf b = BUF_INIT;
	enum flist_item item;
	struct cursor c;
	int32_t io = 7;

	hex_put(&b, "41 01000000 \".\" 00100000 fe26026b ed410000  40 07000000 \"./b.bin\" 50c30000 fe26026b a4810000 00");
	c = cur_of(buf_head(&b), buf_len(&b));
	ck_assert_int_eq(flist_get(&c, &form, &st, &back, 0, &item, &io), 0);
	ck_assert_str_eq(back.path, ".");
	ck_assert(S_ISDIR(back.e.mode) && back.e.top_dir);
	ck_assert_int_eq(flist_get(&c, &form, &st, &back, 0, &item, &io), 0);
	ck_assert_str_eq(back.path, "./b.bin");
	ck_assert_int_eq(back.e.size, 50000);
	ck_assert_int_eq(flist_get(&c, &form, &st, &back, 0, &item, &io), 0);
	ck_assert(item == FLIST_END && io == 0 && cur_left(&c) == 0);
	buf_done(&b);
}
END_TEST

static const struct {
	int version;
	unsigned compat;
	int io;
	const char *hex;
} ends[] = {
	{ 32, CF_VARINT_FLIST_FLAGS, 0, "0000" }, { 32, CF_VARINT_FLIST_FLAGS, 3, "0003" },
	{ 31, 0, 0, "00" }, { 31, 0, 1, "0410 01" }, { 30, CF_SAFE_FLIST, 2, "0410 02" }, { 30, 0, 2, "00" },
	{ 29, 0, 1, "00" }, { 27, 0, 1, "00" },
};

START_TEST(the_end_of_a_list_carries_its_error_where_it_may)
{
	struct flist_form form = { .version = ends[_i].version, .compat = ends[_i].compat };
	static struct flist_entry back;
	struct flist_state st = { 0 };
	struct buf b = BUF_INIT;
	enum flist_item item;
	struct cursor c;
	int32_t io = 0;

	flist_end_put(&b, &form, ends[_i].io);
	hex_same(&b, ends[_i].hex, "end");
	for (size_t n = 0; n < buf_len(&b); n++) {
		c = cur_of(buf_head(&b), n);
		ck_assert_int_eq(flist_get(&c, &form, &st, &back, 0, &item, &io), E_SHORT);
	}
	c = cur_of(buf_head(&b), buf_len(&b));
	ck_assert_int_eq(flist_get(&c, &form, &st, &back, 0, &item, &io), 0);
	ck_assert_int_eq(item, FLIST_END);
	if (strlen(ends[_i].hex) > 2)
		ck_assert_int_eq(io, ends[_i].io);
	buf_done(&b);
}
END_TEST

static const struct {
	const char *hex, *why;
	int r;
} lies[] = {	/* version 32, varint flags, -l */
	{ "18 00 000000 00000000 a4810000", "an empty name", E_LIMIT },
	{ "8038 05 01 \"x\" 000000 00000000 a4810000", "a prefix longer than the name before", E_LIMIT },
	{ "8058 f0ffffff7f", "a name of 2 GB", E_LIMIT },
	{ "8058 f0ffffffff", "a name of -1", E_LIMIT },
	{ "8058 9000", "a name of 4096", E_LIMIT },
	{ "8098 02 7800", "a NUL in a name", E_FORMAT },
	{ "8098 01 \"x\" fcffffffffffffffff a4810000", "a negative size", E_FORMAT },
	{ "a098 01 \"x\" 000000 f0ffffff7f a4810000", "a second of 2 s", E_FORMAT },
	{ "8098 01 \"x\" 000000 a4f10000", "an unknown type", E_FORMAT },
	{ "8098 01 \"x\" 000000 a4810100", "a mode beyond 16 bits", E_FORMAT },
	{ "8098 01 \"x\" 000000 00000000", "a mode of 0", E_FORMAT },
	{ "8298 01 \"x\"", "a hard link without -H", E_FORMAT },
	{ "c04098 01 \"x\"", "an access time without -U", E_FORMAT },
	{ "e0980002 01 \"x\"", "a create time without -N", E_FORMAT },
	{ "f800000000", "flags of more than 32 bits", E_FORMAT },
	{ "f000000080", "an unknown flag", E_FORMAT },
	{ "8098 01 \"l\" 000000 ffa10000 00", "a link to nowhere", E_LIMIT },
	{ "8098 01 \"l\" 000000 ffa10000 9000", "a link of 4096 bytes", E_LIMIT },
	{ "8098 01 \"l\" 000000 ffa10000 02 6100", "a NUL in a link", E_FORMAT },
	{ "8098 01 \"l\" 000000 ffa10000 f0ffffffff", "a link of -1 bytes", E_LIMIT },
};

START_TEST(a_lie_is_found_and_changes_nothing)
{
	struct flist_form form = new32;
	struct flist_state st = { 0 }, before;
	static struct flist_entry back;
	struct buf b = BUF_INIT;
	enum flist_item item;
	struct cursor c;
	int32_t io;
	int r;

	form.links = true;
	before = st;
	hex_put(&b, lies[_i].hex);
	c = cur_of(buf_head(&b), buf_len(&b));
	r = flist_get(&c, &form, &st, &back, 0, &item, &io);
	ck_assert_msg(r == lies[_i].r, "%s: %d", lies[_i].why, r);
	ck_assert(memcmp(&st, &before, sizeof st) == 0);
	buf_done(&b);
}
END_TEST

START_TEST(a_path_beyond_4095_bytes_is_not_written)
{
	char dir[4096];
	struct flist_state st = { 0 };
	struct buf b = BUF_INIT;
	struct entry e = file("name");

	memset(dir, 'd', sizeof dir);
	dir[4091] = '\0';
	e.dir = dir;
	ck_assert_int_eq(flist_put(&b, &new32, &st, &e, NULL), E_LIMIT);
	ck_assert_uint_eq(buf_len(&b), 0);
	dir[4090] = '\0';
	ck_assert_int_eq(flist_put(&b, &new32, &st, &e, NULL), 0);
	buf_done(&b);
}
END_TEST

START_TEST(a_digest_follows_regular_files_and_at_27_everything)
{
	static const uint8_t sum[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	struct entry e = file("f"), d = { .dir = "", .name = "d", .mode = 040755 };
	struct flist_form form = { .version = 30, .sum_len = 16 };
	struct flist_state st = { 0 };
	struct buf b = BUF_INIT;
	size_t without;

	for (form.version = 27; form.version <= 32; form.version++) {
		struct flist_form plain = form;

		plain.sum_len = 0;
		buf_clear(&b);
		memset(&st, 0, sizeof st);
		flist_put(&b, &plain, &st, &e, NULL);
		without = buf_len(&b);
		buf_clear(&b);
		memset(&st, 0, sizeof st);
		flist_put(&b, &form, &st, &e, sum);
		ck_assert_uint_eq(buf_len(&b), without + 16);
		ck_assert(memcmp(buf_head(&b) + without, sum, 16) == 0);
		buf_clear(&b);
		memset(&st, 0, sizeof st);
		flist_put(&b, &plain, &st, &d, NULL);
		without = buf_len(&b);
		buf_clear(&b);
		memset(&st, 0, sizeof st);
		flist_put(&b, &form, &st, &d, NULL);
		ck_assert_uint_eq(buf_len(&b), without + (form.version < 28 ? 16 : 0));
	}
	buf_done(&b);
}
END_TEST

START_TEST(a_name_may_be_the_beginning_of_the_one_before)
{
	static const struct flist_state fresh;
	struct flist_state st = fresh;
	struct entry e = file("foobar");
	struct buf b = BUF_INIT;

	e.nsec = 0;
	flist_put(&b, &new32, &st, &e, NULL);
	e.name = "foo";
	both_ways(&new32, &st, &e, 0, "80ba 03 00 001400");
	both_ways(&new32, &st, &(struct entry){ .dir = "", .name = "foobar", .size = 20, .mtime = e.mtime, .mode = e.mode }, 0,
	    "80ba 06 00 001400");		/* the same name again: two arguments may name one file */
	buf_done(&b);
}
END_TEST

/* A random tree of names and kinds in every form must come back as it was. */
static void
random_entry(struct entry *e, char name[300], int i)
{
	static const uint32_t modes[] = { 0100644, 0100755, 040755, 0120777, 060600, 020600, 010600, 0140700 };
	size_t n = (size_t)(1 + random() % (random() % 10 == 0 ? 290 : 12));

	for (size_t k = 0; k < n; k++)
		name[k] = (char)(1 + random() % 255);
	if (random() % 2)
		memset(name, 'p', n);
	name[n] = '\0';
	*e = (struct entry){ .dir = i % 3 == 0 ? "" : "some/dir", .name = name, .size = random() % 3 ? random() : 1ll << 40,
	    .mtime = random() % 2 ? 5 : (int64_t)random() * 2, .mode = modes[random() % 8], .uid = (uint32_t)random() % 3,
	    .gid = (uint32_t)random() % 2, .rdev_major = (uint32_t)random() % 3, .rdev_minor = (uint32_t)random() % 600,
	    .nsec = random() % 2 ? 0 : (uint32_t)random() % 1000000000, .atime = random() % 3, .crtime = random() % 3,
	    .dev = (uint64_t)random() % 2, .ino = (uint64_t)random(), .linked = random() % 3 == 0 };
	if (S_ISLNK(e->mode))
		e->link = "../target";
	e->top_dir = S_ISDIR(e->mode) && random() % 2;
	e->no_content = S_ISDIR(e->mode) && random() % 2;
	e->linked = e->linked && !S_ISDIR(e->mode);
	e->link_first = e->linked && random() % 2;
	e->link_ndx = 3;
	e->user = random() % 2 ? "user" : NULL;
	e->group = random() % 2 ? "group" : NULL;
}

START_TEST(random_entries_come_back_in_every_form)
{
	static struct flist_entry back;
	struct flist_state out = { 0 }, in = { 0 };
	struct buf b = BUF_INIT;
	enum flist_item item;
	char name[300];
	struct entry e;
	int32_t io;

	srandom((unsigned)_i);
	struct flist_form form = { .version = 27 + _i % 6, .compat = _i & 8 ? CF_VARINT_FLIST_FLAGS : 0, .uid = random() % 2,
	    .gid = random() % 2, .links = random() % 2, .devices = random() % 2, .specials = random() % 2,
	    .hard_links = random() % 2, .sum_len = random() % 2 ? 16 : 0 };
	if (form.version >= 30 && form.compat)
		form.atimes = random() % 2, form.crtimes = random() % 2;
	for (int i = 0; i < 500; i++) {
		random_entry(&e, name, i);
		if (form.version < 30)
			e.mtime = (uint32_t)e.mtime;
		buf_clear(&b);
		ck_assert_int_eq(flist_put(&b, &form, &out, &e, NULL), 0);
		struct cursor c = cur_of(buf_head(&b), buf_len(&b));
		ck_assert_int_eq(flist_get(&c, &form, &in, &back, 100, &item, &io), 0);
		ck_assert(item == FLIST_ENTRY && cur_left(&c) == 0);
		ck_assert(back.e.size == e.size && back.e.mtime == e.mtime && back.e.mode == e.mode);
		ck_assert(!form.uid || back.e.uid == e.uid);
		ck_assert(!form.gid || back.e.gid == e.gid);
		ck_assert(form.version < 31 || back.e.nsec == e.nsec);
		ck_assert(!form.links || !S_ISLNK(e.mode) || strcmp(back.e.link, e.link) == 0);
		ck_assert(!form.crtimes || back.e.crtime == e.crtime);
		ck_assert(!form.atimes || S_ISDIR(e.mode) || back.e.atime == e.atime);
		if (form.devices && (S_ISCHR(e.mode) || S_ISBLK(e.mode)))
			ck_assert(back.e.rdev_major == e.rdev_major && back.e.rdev_minor == e.rdev_minor);
		if (form.hard_links && form.version >= 28)
			ck_assert_int_eq(back.e.linked, e.linked);
		if (form.hard_links && form.version < 30 && (form.version < 28 ? S_ISREG(e.mode) : e.linked))
			ck_assert(back.e.dev == e.dev && back.e.ino == e.ino);
		ck_assert(strcmp(in.path, out.path) == 0);
	}
	buf_done(&b);
}
END_TEST

START_TEST(id_lists_are_written_as_captured)
{
	struct flist_form form = { .version = 29 };
	struct buf b = BUF_INIT;

	idlist_end_put(&b, &form, NULL);
	hex_same(&b, "00000000", "29, no names");
	buf_clear(&b);
	form = (struct flist_form){ .version = 32, .compat = CF_ID0_NAMES };
	idlist_end_put(&b, &form, "root");
	idlist_end_put(&b, &form, NULL);
	hex_same(&b, "00 04 \"root\" 00 00", "id 0 and its name");
	buf_clear(&b);
	form.compat = 0;
	idlist_put(&b, &form, 1234, "daemon");
	idlist_end_put(&b, &form, "root");
	hex_same(&b, "84d2 06 \"daemon\" 00", "without the flag");
	buf_done(&b);
}
END_TEST

/* Two ids and the end, in every version; cut anywhere it is short. */
START_TEST(id_lists_are_read_as_written)
{
	const struct flist_form form = { .version = 27 + _i / 2, .compat = _i % 2 ? CF_ID0_NAMES : 0 };
	static const struct { uint32_t id; const char *name; } ids[] = { { 7, "anna" }, { UINT32_MAX - 1, "" } };
	bool zero = form.version >= 30 && form.compat != 0, end;
	struct buf b = BUF_INIT;
	struct cursor c;
	char name[256];
	uint8_t *copy;
	uint32_t id;

	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		idlist_put(&b, &form, ids[i].id, ids[i].name);
	idlist_end_put(&b, &form, "root");
	for (size_t n = 0; n <= buf_len(&b); n++) {
		c = hex_part(&b, n, &copy);
		for (size_t i = 0; i < ARRAY_LEN(ids) && c.err == 0; i++)
			if (idlist_get(&c, &form, &id, name, &end) == 0)
				ck_assert(id == ids[i].id && strcmp(name, ids[i].name) == 0 && !end);
		if (c.err == 0 && idlist_get(&c, &form, &id, name, &end) == 0)
			ck_assert(end && strcmp(name, zero ? "root" : "") == 0 && cur_left(&c) == 0);
		ck_assert_int_eq(c.err, n < buf_len(&b) ? E_SHORT : 0);
		free(copy);
	}
	buf_clear(&b);
	hex_put(&b, form.version < 30 ? "07000000 03 61 00 62" : "07 03 61 00 62");
	c = cur_of(buf_head(&b), buf_len(&b));
	ck_assert_int_eq(idlist_get(&c, &form, &id, name, &end), E_FORMAT);
	buf_done(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/wire/flist");
	TCase *t = tcase_create("flist");

	tcase_add_test(t, the_worked_examples_go_both_ways);
	tcase_add_test(t, device_numbers_have_the_form_of_their_version);
	tcase_add_test(t, hard_links_are_abbreviated_in_their_own_segment);
	tcase_add_test(t, the_first_file_of_all_may_have_more_names);
	tcase_add_test(t, hard_links_to_earlier_segments_are_whole);
	tcase_add_test(t, a_flag_word_of_zero_is_told_from_the_end);
	tcase_add_test(t, openrsyncs_form_is_read);
	tcase_add_loop_test(t, the_end_of_a_list_carries_its_error_where_it_may, 0, ARRAY_LEN(ends));
	tcase_add_loop_test(t, a_lie_is_found_and_changes_nothing, 0, ARRAY_LEN(lies));
	tcase_add_test(t, a_path_beyond_4095_bytes_is_not_written);
	tcase_add_test(t, a_digest_follows_regular_files_and_at_27_everything);
	tcase_add_test(t, a_name_may_be_the_beginning_of_the_one_before);
	tcase_add_loop_test(t, random_entries_come_back_in_every_form, 0, 48);
	tcase_add_test(t, id_lists_are_written_as_captured);
	tcase_add_loop_test(t, id_lists_are_read_as_written, 0, 12);
	suite_add_tcase(s, t);
	return unit_main(s);
}
