#include "client-wrap/rsync_options.h"

#include <string.h>

#include "lib/err.h"

/* Long options of rsync 3.5.0 that have a value, without the dashes: behind "=", or else in the next argument.  A unit asks
 * the installed rsync for each. */
static const char *const with_value[] = {
	"address", "backup-dir", "block-size", "bwlimit", "cc", "checksum-choice", "checksum-seed", "chmod", "chown", "compare-dest",
	"compress-choice", "compress-level", "compress-threads", "config", "confine-root", "contimeout", "copy-as", "copy-dest",
	"debug", "dparam", "early-input", "exclude", "exclude-from", "files-from", "filter", "groupmap", "iconv", "include",
	"include-from", "info", "link-dest", "log-file", "log-file-format", "log-format", "max-alloc", "max-delete", "max-size",
	"min-size", "modify-window", "only-write-batch", "out-format", "outbuf", "partial-dir", "password-file", "port", "protocol",
	"read-batch", "remote-option", "rsh", "rsync-path", "skip-compress", "sockopts", "stderr", "stop-after", "stop-at", "suffix",
	"temp-dir", "time-limit", "timeout", "usermap", "write-batch", "zc", "zl", "zt",
};

/* Letters that have one: the rest of the argument, or else the next. */
static const char letters[] = "BMTef@";

/* Where in a bundle of letters ("-avze") the first one with a value stands; NULL: in none, or arg is no bundle. */
static const char *
value_letter(const char *arg)
{
	return arg[0] != '-' || arg[1] == '-' ? NULL : strpbrk(arg + 1, letters);
}

int
rsync_option_takes_next(const char *arg)
{
	const char *letter = value_letter(arg);

	if (letter != NULL)
		return letter[1] == '\0';
	for (size_t i = 0; strncmp(arg, "--", 2) == 0 && i < ARRAY_LEN(with_value); i++)
		if (strcmp(arg + 2, with_value[i]) == 0)
			return 1;
	return 0;
}

int
rsync_option_sets_rsh(const char *arg)
{
	const char *letter = value_letter(arg);

	return strcmp(arg, "--rsh") == 0 || strncmp(arg, "--rsh=", 6) == 0 || (letter != NULL && *letter == 'e');
}

int
rsync_option_family(const char *arg)
{
	const char *letter = value_letter(arg), *at;

	if (strcmp(arg, "--ipv4") == 0 || strcmp(arg, "--ipv6") == 0)
		return arg[5];
	if (arg[0] != '-' || arg[1] == '-' || (at = strpbrk(arg + 1, "46")) == NULL || (letter != NULL && letter < at))
		return 0;
	return *at;
}
