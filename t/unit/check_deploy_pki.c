#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deploy/pki.h"
#include "t/unit/unit.h"

static char top[] = "/tmp/check_deploy_pki.XXXXXX";
static char dir[64];
static struct names names;
static struct pki pki;
static struct conf_err e;

static void
set_up(void)
{
	strcpy(top + strlen(top) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	snprintf(dir, sizeof dir, "%s/a/b", top);
	names.n = 0;
	ck_assert_int_eq(names_add(&names, "localhost") | names_add(&names, "127.0.0.1") | names_add(&names, "::1"), 0);
}

static void
tear_down(void)
{
	char command[128];

	buf_done(&pki.ca_pem);
	snprintf(command, sizeof command, "rm -rf %s", top);
	ck_assert_int_eq(system(command), 0);
}

static int
ready(void)
{
	buf_done(&pki.ca_pem);
	memset(&pki, 0, sizeof pki);
	return pki_ready(dir, &names, &pki, &e);
}

static const char *
file(const char *name)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static char *
held(const char *name)
{
	char *text = calloc(1, 8192);
	FILE *f = fopen(file(name), "r");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_gt(fread(text, 1, 8191, f), 0);
	fclose(f);
	return text;
}

static void
put(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(file(name), "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_int_eq(chmod(file(name), mode), 0);
}

START_TEST(the_first_run_makes_everything_privately)
{
	umask(0);	/* the user's umask is not what keeps the keys */
	ck_assert_int_eq(ready(), 0);
	ck_assert(pki.ca_made && pki.cert_made);
	ck_assert_uint_eq(mode_of(dir), 0700);
	ck_assert_uint_eq(mode_of(file("ca.key")), 0600);
	ck_assert_uint_eq(mode_of(pki.key), 0600);
	ck_assert_uint_eq(strlen(pki.pin), 64);
	ck_assert(strncmp((const char *)buf_head(&pki.ca_pem), "-----BEGIN CERTIFICATE-----\n", 28) == 0);
}
END_TEST

START_TEST(a_later_run_changes_nothing)
{
	static const char *const files[] = { "ca.key", "ca.crt", "server.key", "server.crt" };
	char *before[ARRAY_LEN(files)], pin[PKI_PIN_SIZE];

	ck_assert_int_eq(ready(), 0);
	strcpy(pin, pki.pin);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		before[i] = held(files[i]);
	ck_assert_int_eq(ready(), 0);
	ck_assert(!pki.ca_made && !pki.cert_made);
	ck_assert_str_eq(pki.pin, pin);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		char *after = held(files[i]);

		ck_assert_str_eq(before[i], after);
		free(before[i]);
		free(after);
	}
}
END_TEST

static const char *const new_names[] = { "other.example", "192.0.2.7", "2001:db8::7" };

START_TEST(a_new_name_renews_the_certificate_and_nothing_else)
{
	char pin[PKI_PIN_SIZE], *ca;

	ck_assert_int_eq(ready(), 0);
	strcpy(pin, pki.pin);
	ca = held("ca.crt");
	ck_assert_int_eq(names_add(&names, new_names[_i]), 0);
	ck_assert_int_eq(ready(), 0);
	ck_assert(!pki.ca_made && pki.cert_made);
	ck_assert_str_eq(pki.pin, pin);
	ck_assert_str_eq((const char *)buf_head(&pki.ca_pem), ca);
	ck_assert_int_eq(ready(), 0);
	ck_assert(!pki.cert_made);
	free(ca);
}
END_TEST

/* A certificate with that many days left, made by the same CA for the same names. */
static void
age_certificate(int days)
{
	char command[1024];

	snprintf(command, sizeof command, "cd %s && openssl req -new -key server.key -subj /CN=x -out %s/r && printf "
	    "'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1' > %s/x && openssl x509 -req -in %s/r -CA ca.crt -CAkey ca.key "
	    "-set_serial 5 -days %d -extfile %s/x -out server.crt 2>/dev/null", dir, top, top, top, days, top);
	ck_assert_int_eq(system(command), 0);
}

static const struct {
	int days, renewed;
} ages[] = { { 31, 0 }, { 29, 1 }, { 1, 1 } };

START_TEST(a_certificate_is_renewed_in_its_last_month)
{
	char pin[PKI_PIN_SIZE];

	ck_assert_int_eq(ready(), 0);
	strcpy(pin, pki.pin);
	age_certificate(ages[_i].days);
	ck_assert_int_eq(ready(), 0);
	ck_assert_msg(pki.cert_made == ages[_i].renewed, "%d days", ages[_i].days);
	ck_assert_int_eq(pki.ca_made, 0);
	ck_assert_str_eq(pki.pin, pin);
}
END_TEST

/* A file of the folder made again by that shell text, run there. */
static void
remake(const char *text)
{
	char command[2048];

	snprintf(command, sizeof command, "cd %s && { %s; } > /dev/null 2>&1", dir, text);
	ck_assert_msg(system(command) == 0, "%s", text);
}

#define ASK(key) "openssl req -new -key " key " -subj /CN=x -out r && printf " \
    "'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1' > x && openssl x509 -req -in r -extfile x -set_serial 5 -out server.crt "

static const struct {
	const char *how;
} unusable[] = {
	{ ASK("server.key") "-CA ca.crt -CAkey ca.key -days 365 && openssl req -x509 -key ca.key -subj '/CN=moved' -days 3650 -out ca.crt" },
	{ "openssl ecparam -genkey -name prime256v1 -out k && openssl req -x509 -key k -subj /CN=x -out o && "
	  ASK("server.key") "-CA o -CAkey k -days 365" },
	{ "touch i; echo 01 > s; printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=i\\nserial=s\\ndefault_md=sha256\\npolicy=p\\nnew_certs_dir=.\\n"
	  "[p]\\ncommonName=supplied\\n' > c; printf 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1' > x; "
	  "openssl req -new -key server.key -subj /CN=x -out r && openssl ca -batch -config c -in r -keyfile ca.key "
	  "-cert ca.crt -extfile x -startdate 20990101000000Z -enddate 20991231000000Z -out server.crt -notext" },
};

START_TEST(a_certificate_that_nobody_would_take_is_made_again)
{
	ck_assert_int_eq(ready(), 0);
	remake(unusable[_i].how);
	ck_assert_msg(ready() == 0 && pki.cert_made && !pki.ca_made, "row %d: %s", _i, e.text);
	remake("openssl verify -CAfile ca.crt -purpose sslserver server.crt");
	ck_assert(ready() == 0 && !pki.cert_made);
}
END_TEST

START_TEST(an_authority_of_the_future_is_told)
{
	ck_assert_int_eq(ready(), 0);
	remake("touch i; echo 01 > s; printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=i\\nserial=s\\ndefault_md=sha256\\npolicy=p\\nnew_certs_dir=.\\n"
	    "[p]\\ncommonName=supplied\\n' > c; openssl req -new -key ca.key -subj /CN=x -out r && openssl ca -batch -config c "
	    "-in r -keyfile ca.key -selfsign -startdate 20990101000000Z -enddate 21091231000000Z -out ca.crt -notext");
	ck_assert_int_eq(ready(), E_CONF);
	ck_assert_msg(strstr(e.text, "set the clock") != NULL, "%s", e.text);
}
END_TEST

START_TEST(the_certificate_ends_with_its_authority)
{
	ck_assert_int_eq(ready(), 0);
	remake("openssl req -x509 -key ca.key -subj '/CN=short' -days 40 -out ca.crt; rm server.crt");
	ck_assert_int_eq(ready(), 0);
	remake("test \"$(openssl x509 -in ca.crt -noout -enddate)\" = \"$(openssl x509 -in server.crt -noout -enddate)\"");
	ck_assert_msg(pki.due > 9 * 86400 && pki.due <= 10 * 86400, "%lld", (long long)pki.due);
}
END_TEST

START_TEST(a_folder_that_others_could_replace_is_refused)
{
	char link[128];

	snprintf(dir, sizeof dir, "%s/open/mine", top);
	snprintf(link, sizeof link, "%s/open", top);
	ck_assert_int_eq(mkdir(link, 0777) | chmod(link, 0777), 0);
	ck_assert_int_eq(ready(), E_CONF);
	ck_assert_msg(strstr(e.text, "could put another folder") != NULL, "%s", e.text);
	ck_assert_int_eq(chmod(link, 01777), 0);
	ck_assert_int_eq(ready(), 0);
	if (geteuid() != 0)
		return;
	snprintf(link, sizeof link, "%s/link", top);
	ck_assert_int_eq(symlink(dir, link) | lchown(link, 65534, 65534), 0);
	strcpy(dir, link);
	ck_assert_int_eq(ready(), E_CONF);
	ck_assert_int_eq(lchown(link, 0, 0), 0);
	ck_assert_int_eq(ready(), 0);
}
END_TEST

static int
client(const char *name, struct pki_client *ret)
{
	memset(ret, 0, sizeof *ret);
	return pki_client_ready(dir, name, ret, &e);
}

START_TEST(a_client_has_the_same_certificate_until_it_runs_out)
{
	struct pki_client a, b, c;

	ck_assert_int_eq(ready(), 0);
	ck_assert_int_eq(client("laptop", &a) | client("laptop", &b) | client("Other.1", &c), 0);
	ck_assert_uint_eq(mode_of(file("client-laptop.key")), 0600);
	ck_assert(buf_len(&a.cert) == buf_len(&b.cert) && memcmp(buf_head(&a.cert), buf_head(&b.cert), buf_len(&a.cert)) == 0);
	ck_assert(buf_len(&a.key) > 0 && memcmp(buf_head(&a.key), buf_head(&c.key), buf_len(&a.key)) != 0);
	remake("openssl verify -CAfile ca.crt -purpose sslclient client-laptop.crt && ! openssl verify -CAfile ca.crt -purpose "
	    "sslserver client-laptop.crt && ! openssl verify -CAfile ca.crt -purpose sslclient server.crt");
	pki_client_done(&b);
	remake("openssl req -new -key client-laptop.key -subj /CN=laptop -out r && openssl x509 -req -in r -CA ca.crt -CAkey ca.key "
	    "-days 29 -out client-laptop.crt");
	ck_assert_int_eq(client("laptop", &b), 0);
	ck_assert(b.renewed && !a.renewed);
	pki_client_done(&a);
	pki_client_done(&b);
	pki_client_done(&c);
}
END_TEST

static const char *const no_clients[] = { "", ".a", "-a", "a/b", "a b", "\xc3\xa9", "a\n", "123456789012345678901234567890123" };

START_TEST(no_client_is_called_that)
{
	struct pki_client c;

	ck_assert_int_eq(client(no_clients[_i], &c), E_CONF);
}
END_TEST

START_TEST(a_run_that_was_cut_short_is_completed)
{
	ck_assert_int_eq(ready(), 0);
	ck_assert_int_eq(unlink(file("ca.crt")) | unlink(file("server.crt")), 0);
	put(".server.crt.new", "half", 0600);
	ck_assert_int_eq(ready(), 0);
	ck_assert(pki.ca_made && pki.cert_made);
	ck_assert_int_ne(access(file(".server.crt.new"), F_OK), 0);
}
END_TEST

static const struct {
	const char *name, *text;	/* NULL: the file is gone */
	mode_t mode;
	const char *complaint;
} faults[] = {
	{ "ca.crt", "junk", 0644, "not a certificate" }, { "ca.key", "junk", 0600, "not a private key" },
	{ "server.crt", "junk", 0644, "not a certificate" }, { "server.key", "junk", 0600, "not a private key" },
	{ "server.key", "", 0600, "not a private key" }, { "ca.key", NULL, 0, "missing" }, { "server.key", NULL, 0, "missing" },
	{ "server.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n", 0600, "without a password" },
	{ "server.key", "x", 0644, "others may read this key" }, { "ca.key", "x", 0640, "others may read this key" },
};

START_TEST(what_is_broken_is_named_and_left_alone)
{
	char *after;

	ck_assert_int_eq(ready(), 0);
	if (faults[_i].text == NULL)
		ck_assert_int_eq(unlink(file(faults[_i].name)), 0);
	else
		put(faults[_i].name, faults[_i].text, faults[_i].mode);
	ck_assert_int_eq(ready(), E_CONF);
	ck_assert_msg(strstr(e.text, faults[_i].complaint) != NULL, "row %d: %s", _i, e.text);
	ck_assert_str_eq(e.path, file(faults[_i].name));
	if (faults[_i].text != NULL && faults[_i].text[0] != '\0') {
		after = held(faults[_i].name);
		ck_assert_str_eq(after, faults[_i].text);
		free(after);
	}
}
END_TEST

START_TEST(another_cas_key_is_noticed)
{
	char *key;

	ck_assert_int_eq(ready(), 0);
	key = held("server.key");
	put("ca.key", key, 0600);
	free(key);
	ck_assert_int_eq(ready(), E_CONF);
	ck_assert_str_eq(e.text, "does not belong to ca.crt");
}
END_TEST

START_TEST(a_folder_others_may_write_is_refused)
{
	ck_assert_int_eq(ready(), 0);
	ck_assert_int_eq(chmod(dir, 0770), 0);
	ck_assert_int_eq(ready(), E_CONF);
	ck_assert_int_eq(chmod(dir, 0700), 0);
	ck_assert_int_eq(ready(), 0);
}
END_TEST

START_TEST(a_key_is_not_read_through_a_link)
{
	ck_assert_int_eq(ready(), 0);
	ck_assert_int_eq(rename(file("server.key"), "/tmp/check_deploy_pki.moved"), 0);
	ck_assert_int_eq(symlink("/tmp/check_deploy_pki.moved", file("server.key")), 0);
	ck_assert_int_eq(ready(), E_CONF);
	unlink("/tmp/check_deploy_pki.moved");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("deploy/pki");
	TCase *t = tcase_create("pki");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, the_first_run_makes_everything_privately);
	tcase_add_test(t, a_later_run_changes_nothing);
	tcase_add_loop_test(t, a_new_name_renews_the_certificate_and_nothing_else, 0, ARRAY_LEN(new_names));
	tcase_add_loop_test(t, a_certificate_is_renewed_in_its_last_month, 0, ARRAY_LEN(ages));
	tcase_add_loop_test(t, a_certificate_that_nobody_would_take_is_made_again, 0, ARRAY_LEN(unusable));
	tcase_add_test(t, an_authority_of_the_future_is_told);
	tcase_add_test(t, the_certificate_ends_with_its_authority);
	tcase_add_test(t, a_folder_that_others_could_replace_is_refused);
	tcase_add_test(t, a_client_has_the_same_certificate_until_it_runs_out);
	tcase_add_loop_test(t, no_client_is_called_that, 0, ARRAY_LEN(no_clients));
	tcase_add_test(t, a_run_that_was_cut_short_is_completed);
	tcase_add_loop_test(t, what_is_broken_is_named_and_left_alone, 0, ARRAY_LEN(faults));
	tcase_add_test(t, another_cas_key_is_noticed);
	tcase_add_test(t, a_folder_others_may_write_is_refused);
	tcase_add_test(t, a_key_is_not_read_through_a_link);
	suite_add_tcase(s, t);
	return unit_main(s);
}
