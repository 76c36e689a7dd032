/* The rows of rsyncd.conf(5)'s parameters, for those who load, check and hand on their values. */
#ifndef SALLYPORT_SYNCD_POLICY_PARAMS_H
#define SALLYPORT_SYNCD_POLICY_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/opt.h"

enum {	/* opt.flags */
	PARAM_NO_EFFECT = 1,	/* accepted; a line says that it has none here */
	PARAM_SECRET = 2,	/* its value may hold a secret, or lead to one: no log shows it */
	PARAM_AT_START = 4,	/* counts when the daemon starts: a reload leaves it as it is */
};

/* What has to be true of a value, beyond its form. */
enum param_check {
	CHECK_NOTHING,
	CHECK_HOSTS,	/* a list of hosts without a malformed address or mask */
	CHECK_MODES,	/* changes of modes, as chmod(1) spells them */
	CHECK_OPTIONS,	/* options that there are */
	CHECK_CHARSET,	/* a character set that iconv(3) knows */
	CHECK_READ,	/* a file that can be read */
	CHECK_MADE,	/* a file that can be written, or made */
	CHECK_DIR,	/* a directory that files can be made in */
	CHECK_LOCK,	/* the same, where connections are counted */
	CHECK_TLS_USERS,	/* names of certificates, and a file that can be read where they need one */
};

/* How a parameter's value becomes a field of struct module_grant. */
enum grant_kind {
	GRANT_NOTHING,
	GRANT_FLAG,	/* bool, of a yes or no */
	GRANT_NUMBER,	/* int, of a number or of a yes, no or unset (1, 0, -1) */
	GRANT_TEXT,	/* const char *, NULL when unset */
	GRANT_STAR,	/* bool: is "*" among the patterns? */
};

/* The fields that rows name. */
struct module_grant {
	bool read_only, write_only;
	bool ignore_nonreadable;
	bool ignore_errors;	/* deletion goes on after an I/O error, as with the client's option */
	bool fake_super;	/* owners, modes and types are kept in attributes */
	bool transfer_logging;
	const char *log_format;	/* of a line for each file, where they are logged */
	bool dont_compress;	/* at level 0, where the method has one */
	int max_verbosity;
	int timeout;		/* seconds, 0: none */
	int idle;		/* seconds without a byte either way after which a session without timeout ends; 0: never */
	int bwlimit;		/* KiB a second, each way; 0: none */
	int open_noatime;	/* 1: times of access stay, 0: they do not, -1: as the client says */
	const char *temp_dir;	/* for --temp-dir; NULL: beside the file */
	const char *charset;	/* of the names below the directory; NULL or empty: --iconv is refused */
	const char *refuse_options;	/* that a client may not give; NULL or empty: none */
	const char *incoming_chmod, *outgoing_chmod;	/* what is done to modes; NULL or empty: nothing */
};

/* opt.more of a row; NULL: neither. */
struct param_use {
	enum param_check check;
	enum grant_kind grant;
	size_t at;	/* offsetof(struct module_grant, field) */
};

/* Global parameters (struct global_conf) and those of modules (struct module_conf). */
extern const struct opt conf_globals[], conf_params[];
extern const size_t conf_n_globals, conf_n_params;

/* The row's use; all zeros where it has none. */
static inline struct param_use
param_use(const struct opt *row)
{
	return row->more == NULL ? (struct param_use){ CHECK_NOTHING, GRANT_NOTHING, 0 } : *(const struct param_use *)row->more;
}

/* The row's value in conf, a string. */
static inline const char *
param_text(const struct opt *row, const void *conf)
{
	return *(char *const *)((const char *)conf + row->at);
}

#endif
