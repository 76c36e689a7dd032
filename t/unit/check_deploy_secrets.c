#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deploy/crypt.h"
#include "deploy/manifest.h"
#include "deploy/secrets.h"
#include "deploy/tree.h"
#include "lib/err.h"
#include "t/unit/unit.h"

static struct m_user users[] = { { .name = { .v = "al" }, .secret = { .v = "make" } }, { .name = { .v = "b" },
    .secret = { .v = "s3cr:t#;= x" } } };
static const struct model model = { .users = { users, 2 } };

static const struct {
	const char *old, *kept;		/* the line of al; NULL: a new one */
} kept[] = {
	{ "", NULL }, { "al:old-secret-1\n", "al:old-secret-1\n" }, { "x:1\nal:old-secret-1", "al:old-secret-1\n" },
	  { "al:\n", NULL },
	{ "ala:old-secret-1\n", NULL }, { "xal:old-secret-1\n", NULL }, { "al:a\r\n", "al:a\n" },
	  { "al: b :c\nal:second\n", "al: b :c\n" },
};

START_TEST(a_secret_that_is_there_stays_and_one_that_is_not_is_made)
{
	struct faults l = FAULTS_INIT;
	struct buf ret = BUF_INIT;
	const char *text;

	ck_assert_int_eq(secrets_write(&model, kept[_i].old, &ret, &l), 0);
	text = buf_cstr(&ret);
	if (kept[_i].kept != NULL && strcmp(kept[_i].kept, "al:a\n") == 0) {
		ck_assert_uint_eq(l.n, 1);	/* one letter again and again is a placeholder */
	} else if (kept[_i].kept != NULL) {
		ck_assert_int_eq(strncmp(text, kept[_i].kept, strlen(kept[_i].kept)), 0);
	} else {
		ck_assert_uint_eq(strcspn(text, "\n"), 3 + CRYPT_SECRET_SIZE - 1);
		ck_assert_uint_eq(strspn(text + 3, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
		    CRYPT_SECRET_SIZE - 1);
	}
	ck_assert_ptr_nonnull(strstr(text, "b:s3cr:t#;= x\n"));
	faults_done(&l);
	buf_wipe(&ret);
}
END_TEST

/* A file as it would have to be, or not. */
static const struct {
	const char *text, *fault;
	unsigned mode;
} files[] = {
	{ "4xV9mKq2pLs7Wd\nmore\n", NULL, 0600 }, { "4xV9mKq2pLs7Wd", NULL, 0400 }, { "4xV9mKq2pLs7Wd\n",
	  "can be read by others; chmod 600 it", 0640 },
	{ "4xV9mKq2pLs7Wd\n", "can be read by others", 0604 }, { "CHANGE-ME-PLEASE\n", "is a placeholder", 0600 },
	  { "short\n", "fewer than 12", 0600 },
	{ "", "is a placeholder", 0600 }, { "make\n", "is a word for none", 0600 }, { NULL, "No such file", 0 },
};

START_TEST(a_secret_file_is_its_owners_alone_and_holds_a_secret)
{
	char path[] = "/tmp/check_deploy_secrets.XXXXXX";
	struct m_user u = { .name = { .v = "al" }, .secret_file = { .v = path, .at = { "file", 7 } } };
	const struct model m = { .users = { &u, 1 } };
	struct faults l = FAULTS_INIT;
	struct buf ret = BUF_INIT;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	if (files[_i].text == NULL)
		unlink(path);
	else
		ck_assert_int_eq(write(fd, files[_i].text, strlen(files[_i].text)), (ssize_t)strlen(files[_i].text));
	fchmod(fd, files[_i].mode);
	ck_assert_int_eq(secrets_write(&m, "", &ret, &l), 0);
	ck_assert_uint_eq(l.n, files[_i].fault != NULL);
	ck_assert_msg(l.n == 0 || (l.v[0].line == 7 && strstr(l.v[0].text, files[_i].fault) != NULL), "%s", l.n == 0 ?
	    "" : l.v[0].text);
	ck_assert_str_eq(buf_cstr(&ret), files[_i].fault == NULL ? "al:4xV9mKq2pLs7Wd\n" : "");
	unlink(path);
	close(fd);
	faults_done(&l);
	buf_wipe(&ret);
}
END_TEST

START_TEST(no_two_secrets_are_the_same)
{
	char a[CRYPT_SECRET_SIZE], b[CRYPT_SECRET_SIZE];

	ck_assert_int_eq(crypt_secret(a), 0);
	ck_assert_int_eq(crypt_secret(b), 0);
	ck_assert_str_ne(a, b);
}
END_TEST

/* What somebody wrote into the list must not lead to other files. */
#define DIGEST "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
static const struct {
	const char *text;
	int result;
} lists[] = {
	{ "", 0 }, { "# x\n", 0 }, { "d etc\nf " DIGEST " etc/a\n", 0 }, { "f " DIGEST " /etc/passwd\n", E_FORMAT },
	{ "f " DIGEST " ../etc/passwd\n", E_FORMAT }, { "f " DIGEST " etc/../../passwd\n", E_FORMAT }, { "d /\n",
	  E_FORMAT }, { "d \n", E_FORMAT },
	{ "f abc etc/a\n", E_FORMAT }, { "f " DIGEST "\n", E_FORMAT }, { "f " DIGEST " \n", E_FORMAT }, { "x\n",
	  E_FORMAT },
};

START_TEST(a_list_names_files_below_the_root_only)
{
	char dir[] = "/tmp/check_deploy_secrets.XXXXXX";
	struct manifest l = MANIFEST_INIT;
	struct emit o = EMIT_INIT;
	int root;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	root = tree_open(dir, false);
	ck_assert_int_eq(tree_dirs(root, MANIFEST_PATH), 0);
	buf_text(&o.text, lists[_i].text);
	ck_assert_int_eq(tree_stage(root, MANIFEST_PATH, &o, 0600, false), 0);
	ck_assert_int_eq(tree_commit(root, MANIFEST_PATH, false), 0);
	ck_assert_msg(manifest_read(root, &l) == lists[_i].result, "%s", lists[_i].text);
	manifest_done(&l);
	tree_remove(root, MANIFEST_PATH);
	tree_rmdir(root, MANIFEST_DIR);
	tree_rmdir(root, "var/lib");
	tree_rmdir(root, "var");
	close(root);
	ck_assert_int_eq(rmdir(dir), 0);
	emit_done(&o);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("deploy/secrets");
	TCase *t = tcase_create("secrets");

	tcase_add_loop_test(t, a_secret_that_is_there_stays_and_one_that_is_not_is_made, 0, ARRAY_LEN(kept));
	tcase_add_loop_test(t, a_secret_file_is_its_owners_alone_and_holds_a_secret, 0, ARRAY_LEN(files));
	tcase_add_test(t, no_two_secrets_are_the_same);
	tcase_add_loop_test(t, a_list_names_files_below_the_root_only, 0, ARRAY_LEN(lists));
	suite_add_tcase(s, t);
	return unit_main(s);
}
