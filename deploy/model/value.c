#include "deploy/model/value.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#include "deploy/model/model.h"
#include "lib/addr.h"
#include "lib/err.h"
#include "lib/num.h"
#include "lib/utf8.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

enum { IDENTITY_LENGTH = 255, KEY_DIGITS = 64, NAME_LENGTH = 32, MODULE_LENGTH = 63, COMMENT_LENGTH = 200, SECRET_SHORTEST = 12, SECRET_LENGTH = 200,
    KEY_LENGTH = 4000 };

static int
made_of(const char *text, const char *characters)
{
	return text[strspn(text, characters)] == '\0';
}

/* U+2028 to U+202E and U+2066 to U+2069: ends of lines for some readers (YAML), and what turns the order of a terminal's line. */
static int
is_format(const unsigned char *p)
{
	return p[0] == 0xe2 && ((p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae) || (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));
}

/* U+FEFF, U+FFFE and U+FFFF: UTF-8 all the same. */
static int
is_none_of_yaml(const unsigned char *p)
{
	return p[0] == 0xef && ((p[1] == 0xbb && p[2] == 0xbf) || (p[1] == 0xbf && p[2] >= 0xbe));
}

int
value_is_unicode(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	for (size_t n; *p != '\0'; p += n)
		if ((n = utf8_length(p, SIZE_MAX)) == 0 || is_none_of_yaml(p))
			return 0;
	return 1;
}

static int
has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f || is_format((const unsigned char *)text) ||
		    (text[0] == '\xc2' && (unsigned char)text[1] >= 0x80 &&
		    (unsigned char)text[1] < 0xa0))	/* terminals obey these, too */
			return 1;
	return 0;
}

/* What neither rsyncd.conf(5) nor stunnel(8) could carry: neither has quotes. */
static const char *
line_fault(const char *text)
{
	size_t n = strlen(text);

	if (has_control(text))
		return "holds a control character; take it out";
	if (n > 0 && (text[0] == ' ' || text[n - 1] == ' '))
		return "has a blank at an end; take it out";
	if (n > 0 && text[n - 1] == '\\')
		return "ends in a backslash, which would join it to the next line; take it out";
	return NULL;
}

const char *
value_name(const char *text)
{
	if (strlen(text) > NAME_LENGTH)
		return "is longer than 32 characters; shorten it";
	if (!made_of(text, LETTERS DIGITS "-") || text[0] < 'a' || text[0] > 'z')
		return "may hold small letters, digits and \"-\" only, a letter first";
	return NULL;
}

static int
is_numeric(const char *text)
{
	struct in6_addr six;
	struct in_addr four;

	return inet_pton(AF_INET, text, &four) == 1 || inet_pton(AF_INET6, text, &six) == 1;
}

const char *
value_address(const char *text)
{
	return is_numeric(text) ? NULL : "is no numeric address; write one such as 192.0.2.1 or 2001:db8::1";
}

const char *
value_host(const char *text)
{
	size_t label = 0;

	if (is_numeric(text))
		return NULL;
	if (strlen(text) > 253 || !made_of(text, LETTERS CAPITALS DIGITS "-."))
		return "is neither a DNS name nor an address; write one such as files.example.org";
	for (const char *p = text; ; p++) {
		if (*p != '.' && *p != '\0') {
			label++;
			continue;
		}
		if (label == 0 || label > 63 || p[-1] == '-' || p[-(ptrdiff_t)label] == '-')
			return "is no DNS name: between the dots are 1 to 63 letters, digits and inner \"-\"";
		label = 0;
		if (*p == '\0')
			break;
	}
	if (made_of(text, DIGITS "."))
		return "looks like an address, but is none; write four numbers from 0 to 255";
	return NULL;
}

int64_t
model_endpoint(const char *text, char host[64])
{
	const char *colon = strrchr(text, ':');
	size_t n = colon == NULL ? 0 : (size_t)(colon - text);
	int64_t port;
	int brackets = n > 2 && text[0] == '[' && text[n - 1] == ']';

	n -= brackets ? 2 : 0;
	if (colon == NULL || n >= 64 || !made_of(colon + 1, DIGITS) || num_parse(colon + 1, 1, 65535, &port) != 0)
		return -1;
	memcpy(host, text + (brackets ? 1 : 0), n);
	host[n] = '\0';
	return is_numeric(host) && brackets == (strchr(host, ':') != NULL) ? port : -1;
}

const char *
value_endpoint(const char *text)
{
	char host[64];

	return model_endpoint(text, host) < 0 ? "is no address with a port; write 0.0.0.0:874 or [::]:874" : NULL;
}

static const char *
absolute_fault(const char *text)
{
	size_t n = strlen(text);

	if (text[0] != '/')
		return "is not absolute; write the whole path, from /";
	if (n >= PATH_MAX - 64)
		return "is too long for a path; shorten it";
	for (const char *p = text; p != NULL; p = strchr(p + 1, '/')) {
		size_t part = strcspn(p + 1, "/");

		if (part == 2 && strncmp(p + 1, "..", 2) == 0)
			return "has \"..\" in it; write the path that it leads to";
		if (part == 1 && p[1] == '.')
			return "has \".\" in it; take it out";
		if (part == 0 && n > 1)
			return "has a slash too many, at its end or two in a row; take it out";
	}
	return NULL;
}

const char *
value_path(const char *text)
{
	const char *fault = absolute_fault(text);

	if (fault == NULL && !made_of(text, LETTERS CAPITALS DIGITS "/._+@:-"))
		return "holds a character that some configuration would read as its own; use letters, digits and . _ + "
		    "@ : -";
	if (fault == NULL && text[1] == '\0')
		return "is the root directory; name a file";
	return fault;
}

const char *
value_home_path(const char *text)
{
	return value_path(strncmp(text, "~/", 2) == 0 ? text + 1 : text);
}

/* rsyncd.conf(5) takes %NAME% for an environment variable and has no way to write it otherwise. */
int
value_expands(const char *text)
{
	const char *p = text;

	while ((p = strchr(p, '%')) != NULL) {
		p++;
		if (*p >= 'A' && *p <= 'Z' && strchr(p, '%') != NULL)
			return 1;
	}
	return 0;
}

const char *
value_module_path(const char *text)
{
	const char *fault = absolute_fault(text);

	if (fault == NULL)
		fault = line_fault(text);
	if (fault == NULL && value_expands(text))
		return "has %NAME% in it, which rsyncd.conf replaces; serve it by another name";
	if (fault == NULL && strchr(text, ':') != NULL)
		return "has a colon, at which units and containers end a path; serve it by another name";
	if (fault == NULL && text[1] == '\0')
		return "is the whole machine; name a directory";
	return fault;
}

const char *
value_module_name(const char *text)
{
	if (strlen(text) > MODULE_LENGTH)
		return "is longer than 63 characters; shorten it";
	if (!made_of(text, LETTERS CAPITALS DIGITS "._+-") || strchr("._+-", text[0]) != NULL)
		return "may hold letters, digits and . _ + - only, a letter or digit first";
	return strcasecmp(text, "global") == 0 ? "is the word for rsyncd.conf's global part; choose another" : NULL;
}

const char *
value_user_name(const char *text)
{
	if (strlen(text) > MODULE_LENGTH)
		return "is longer than 63 characters; shorten it";
	if (!made_of(text, LETTERS CAPITALS DIGITS "._-") || strchr("._-", text[0]) != NULL)
		return "may hold letters, digits and . _ - only, a letter or digit first";
	return NULL;
}

const char *
value_account(const char *text)
{
	if (strlen(text) > NAME_LENGTH || text[0] == '-' || !made_of(text, LETTERS CAPITALS DIGITS "_-"))
		return "is no name of a user or group; write one such as nobody, or a number";
	return NULL;
}

const char *
value_label(const char *text)
{
	size_t n = strlen(text);

	if (n > 63 || text[0] == '-' || text[n - 1] == '-' || !made_of(text, LETTERS DIGITS "-"))
		return "is no name in Kubernetes; write small letters, digits and -, 63 at most";
	return NULL;
}

const char *
value_image(const char *text)
{
	if (strlen(text) > 255 || strchr("-./:@", text[0]) != NULL || !made_of(text, LETTERS CAPITALS DIGITS "/._:@-"))
		return "is no name of an image; write one such as registry.example.org/sallyport:1";
	return NULL;
}

const char *
value_comment(const char *text)
{
	if (strlen(text) > COMMENT_LENGTH)
		return "is longer than 200 characters; shorten it";
	return value_expands(text) ? "has %NAME% in it, which rsyncd.conf replaces; word it otherwise" : line_fault(text);
}

const char *
value_command(const char *text)
{
	if (text[0] != '/')
		return "does not begin with a program's absolute path; write it, as /usr/local/sbin/before";
	if (strlen(text) > 1000)
		return "is longer than 1000 characters; have it in a script";
	if (text[strlen(text) - 1] == '\\')
		return "ends with a backslash, which joins lines in rsyncd.conf; have it in a script";
	return value_expands(text) ? "has %NAME% in it, which rsyncd.conf replaces; write $NAME" : line_fault(text);
}

const char *
value_pattern(const char *text)
{
	if (strpbrk(text, " \t") != NULL)
		return "has a blank in it, which begins a new pattern; write ? for it";
	if (strcmp(text, "!") == 0 || strcmp(text, "+") == 0 || strcmp(text, "-") == 0)
		return "is no pattern but a word of the filter: \"!\" forgets all patterns, and \"+\" shows the next; write [!] for a "
		    "file of that name";
	if (strlen(text) > COMMENT_LENGTH)
		return "is longer than 200 characters; shorten it";
	if (value_expands(text))
		return "has %NAME% in it, which rsyncd.conf replaces; write ? for one of the marks";
	return line_fault(text);
}

int
value_is_placeholder(const char *secret)
{
	static const char *const inside[] = { "changeme", "replaceme", "placeholder", "longrandom", "yourpassword",
	    "yoursecret",
		"example", "fixme", "todo", "insert", "putsecret", "secrethere", "passwordhere" };
	static const char *const whole[] = { "password", "passwort", "secret", "geheim", "letmein", "qwertyuiop",
	    "rsync",
		"backup", "admin" };
	char plain[SECRET_LENGTH + 1];
	size_t n = 0, same = 0;

	for (const char *p = secret; *p != '\0' && n < sizeof plain - 1; p++)
		if (strchr(LETTERS CAPITALS, *p) != NULL)
			plain[n++] = (char)(*p | 0x20);
	plain[n] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(inside); i++)
		if (strstr(plain, inside[i]) != NULL)
			return 1;
	for (size_t i = 0; i < ARRAY_LEN(whole); i++)
		if (strcmp(plain, whole[i]) == 0)
			return 1;
	while (secret[same] != '\0' && secret[same] == secret[0])
		same++;
	return secret[same] == '\0';	/* xxxxxxxx, and nothing at all */
}

const char *
value_secret(const char *text)
{
	if (strcmp(text, "make") == 0)
		return NULL;
	if (value_is_placeholder(text))
		return "is a placeholder or a word that everybody tries; write \"make\" and have one made";
	if (strlen(text) < SECRET_SHORTEST)
		return "has fewer than 12 characters; write \"make\" and have one made";
	return strlen(text) > SECRET_LENGTH ? "is longer than 200 characters; shorten it" : line_fault(text);
}

const char *
value_log(const char *text)
{
	return strcmp(text, "journal") == 0 ? NULL : value_path(text);
}

const char *
value_ssh_key(const char *text)
{
	static const char *const types[] = { "ssh-ed25519 ", "ssh-rsa ", "ecdsa-sha2-nistp256 ", "ecdsa-sha2-nistp384 ",
		"ecdsa-sha2-nistp521 ", "sk-ssh-ed25519@openssh.com ", "sk-ecdsa-sha2-nistp256@openssh.com " };

	if (line_fault(text) != NULL)
		return line_fault(text);
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		size_t n = strlen(types[i]), key;

		if (strncmp(text, types[i], n) != 0)
			continue;
		key = strspn(text + n, LETTERS CAPITALS DIGITS "+/=");
		if (key < 40 || strlen(text) > KEY_LENGTH || (text[n + key] != '\0' && text[n + key] != ' '))
			break;
		return NULL;
	}
	return "is no public key; copy the line of the client's id_ed25519.pub";
}

/* A UNIX socket's path has little room in the kernel. */
static const char *
socket_fault(const char *text)
{
	if (value_path(text) != NULL)
		return value_path(text);
	if (strlen(text) >= sizeof ((struct sockaddr_un *)NULL)->sun_path)
		return "is too long for a socket, which has 107 characters; shorten it";
	return NULL;
}

const char *
value_listen(const char *text)
{
	struct addr a;
	char host[64];
	int64_t port;

	if (text[0] == '/')
		return socket_fault(text);
	if ((port = model_endpoint(text, host)) < 0)
		return "is neither a socket's path nor a loopback address with a port; write /run/sallyport/syncd.sock "
		    "or 127.0.0.1:873";
	if (addr_parse(host, (uint16_t)port, &a) != 0 || !addr_is_loopback(&a))
		return "is plain text on an address that others reach; write /run/sallyport/syncd.sock or "
		    "127.0.0.1:873, and let the door have the public address";
	return NULL;
}

const char *
value_client_listen(const char *text)
{
	return value_listen(text);
}

static int
has_host_bits(const unsigned char *bytes, size_t n, int64_t bits)
{
	for (size_t i = 0; i < n; i++) {
		int64_t kept = bits - (int64_t)i * 8;
		unsigned mask = kept >= 8 ? 0 : kept <= 0 ? 0xff : 0xffu >> kept;

		if ((bytes[i] & mask) != 0)
			return 1;
	}
	return 0;
}

const char *
value_cidr(const char *text)
{
	static const char form[] = "is no network; write one such as 192.0.2.0/24 or 2001:db8::/32 (names are not "
	    "looked up)";
	const char *slash = strchr(text, '/');
	unsigned char bytes[16];
	char host[64];
	int64_t bits;
	size_t n;

	if (slash == NULL || (n = (size_t)(slash - text)) >= sizeof host || !made_of(slash + 1, DIGITS))
		return slash == NULL && is_numeric(text) ? "has no prefix length; add /32 (IPv4) or /128 (IPv6) for "
		    "one address" : form;
	memcpy(host, text, n);
	host[n] = '\0';
	n = strchr(host, ':') == NULL ? 4 : 16;
	if (inet_pton(n == 4 ? AF_INET : AF_INET6, host, bytes) != 1)
		return form;
	if (num_parse(slash + 1, 0, (int64_t)n * 8, &bits) != 0)
		return n == 4 ? "has a prefix length beyond 32" : "has a prefix length beyond 128";
	return has_host_bits(bytes, n, bits) ? "has bits set behind its prefix; write the network's own address, or a "
	    "longer prefix" : NULL;
}

int
value_is_group(const char *text)
{
	return text[0] == '@';
}

static int
is_certificate(const char *text)
{
	static const char *const kinds[] = { "cn:", "dns:", "email:", "uri:", "key:" };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strncmp(text, kinds[i], strlen(kinds[i])) == 0)
			return 1;
	return 0;
}

int
value_is_identity(const char *text)
{
	return is_certificate(text) || value_is_group(text);
}

/* What sallyport-syncd.conf(5) would read as the end of a rule. */
static int
has_right(const char *text)
{
	const char *colon = strrchr(text, ':');

	return strcmp(colon, ":ro") == 0 || strcmp(colon, ":rw") == 0 || strcmp(colon, ":deny") == 0;
}

static const char *
certificate_fault(const char *text)
{
	const char *name = strchr(text, ':') + 1, *at;

	if (strlen(text) > IDENTITY_LENGTH)
		return "is longer than 255 characters; name the key instead (key:SHA256)";
	if (name[0] == '\0' || !made_of(name, LETTERS CAPITALS DIGITS "._@:/+*=-"))
		return "is no name that can be written here; it may hold letters, digits and . _ @ : / + * = -, others have a key (key:SHA256)";
	if (has_right(text))
		return "ends like a right; what a client may do, the module's access says";
	if (strncmp(text, "key:", 4) == 0 && (strlen(name) != KEY_DIGITS || !made_of(name, DIGITS "abcdefABCDEF")))
		return "is no key; write the SHA-256 of the public key in 64 hexadecimal digits";
	if (strncmp(text, "email:", 6) == 0 && ((at = strchr(name, '@')) == NULL || at == name || at[1] == '\0'))
		return "is no address of mail; write email:NAME@DOMAIN";
	return NULL;
}

const char *
value_client(const char *text)
{
	if (value_is_group(text))
		return value_user_name(text + 1);
	return is_certificate(text) ? certificate_fault(text) : value_cidr(text);
}

const char *
value_member(const char *text)
{
	if (value_is_group(text))
		return "is a group, and a group has none in it; name its members here";
	return is_certificate(text) ? certificate_fault(text) : "is no name of a certificate; write cn:NAME, dns:NAME, email:ADDRESS, uri:URI or "
	    "key:SHA256";
}

int
value_is_everybody(const char *cidr)
{
	const char *slash = strchr(cidr, '/');

	return slash != NULL && made_of(slash + 1, "0");
}
