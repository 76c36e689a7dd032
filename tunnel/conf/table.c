#include "config.h"

#include "tunnel/conf/table.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>

#include "lib/num.h"
#include "tunnel/tls/ocsp.h"
#include "tunnel/conf/tlsname.h"

static const char *const yes_no[] = { "no", "yes", NULL };
static const char *const foregrounds[] = { "no", "yes", "quiet", NULL };
static const char *const log_modes[] = { "append", "overwrite", NULL };
static const char *const log_formats[] = { "text", "json", NULL };
static const char *const log_ids[] = { "sequential", "unique", "thread", "process", NULL };
static const char *const failovers[] = { "prio", "rr", NULL };
static const char *const logins[] = { "plain", "login", "basic", "ntlm", NULL };

#define GLOBAL(kind, f) .type = OPT_##kind, .at = offsetof(struct tun_conf, f)
#define GLOBAL_YN(f) GLOBAL(WORD, f), .words = yes_no

const struct opt global_opts[] = {
	{ "chroot",     GLOBAL(STR, chroot) },
	{ "fips",       GLOBAL_YN(fips), .def = "no" },
	{ "connectionRate", GLOBAL(INT, rate), .def = "0", .min = 0, .max = 1000000 },
	{ "connectionRateAddress", GLOBAL(INT, rate_address), .def = "0", .min = 0, .max = 1000000 },
	{ "connectionsMax", GLOBAL(INT, connections_max), .def = "0", .min = 0, .max = 100000000 },
	{ "drainTimeout", GLOBAL(INT, drain_timeout), .def = "3600", .min = 1, .max = INT32_MAX },
	{ "foreground", GLOBAL(WORD, foreground), .words = foregrounds, .def = "no" },
	{ "handshakeRate", GLOBAL(INT, shake_rate), .def = "0", .min = 0, .max = 1000000 },
	{ "handshakeRateAddress", GLOBAL(INT, shake_rate_address), .def = "0", .min = 0, .max = 1000000 },
	{ "handshakesMax", GLOBAL(INT, handshakes_max), .def = "0", .min = 0, .max = 1000000 },
	{ "log",        GLOBAL(WORD, log_overwrite), .words = log_modes, .def = "append" },
	{ "logFormat",  GLOBAL(WORD, log_json), .words = log_formats, .def = "text" },
#ifdef HAVE_MICROHTTPD
	{ "metrics",    GLOBAL(STR, metrics) },
	{ "metricsPublic", GLOBAL_YN(metrics_public), .def = "no" },
#endif
	{ "output",     GLOBAL(STR, output) },
	{ "pid",        GLOBAL(STR, pid) },
	{ "provider",   GLOBAL(LIST, providers) },
	{ "providerParameter", GLOBAL(LIST, provider_parameters) },
	{ "service",    GLOBAL(STR, service), .def = "stunnel" },
	{ "setEnv",     GLOBAL(LIST, environment) },
	{ "setgid",     GLOBAL(STR, setgid) },
	{ "setuid",     GLOBAL(STR, setuid) },
	{ "syslog",     GLOBAL_YN(use_syslog), .def = "yes" },
	{ "vaultRate",  GLOBAL(INT, vault_rate), .def = "5000", .min = 1, .max = 1000000 },
	{ "vaultTimeout", GLOBAL(INT, vault_timeout), .def = "5", .min = 1, .max = 300 },
	{ "vaultUser",  GLOBAL(STR, vault_user) },
	{ "watch",      GLOBAL_YN(watch), .def = "no" },
	{ "workers",    GLOBAL(INT, workers), .def = "0", .min = 0, .max = 256 },
};
const size_t n_global_opts = ARRAY_LEN(global_opts);

#define FIELD(kind, f) .type = OPT_##kind, .at = offsetof(struct tun_service, f)
#define FIELD_YN(f) FIELD(WORD, f), .words = yes_no
#define SECONDS .min = 0, .max = INT32_MAX

const struct opt service_opts[] = {
	{ "accept",              FIELD(LIST, accept) },
	{ "CAfile",              FIELD(STR, tls.ca_file) },
	{ "CApath",              FIELD(STR, tls.ca_path) },
	{ "CAstore",             FIELD(STR, tls.ca_store) },
	{ "cert",                FIELD(STR, tls.cert) },
	{ "checkEmail",          FIELD(LIST, tls.emails) },
	{ "checkHost",           FIELD(LIST, tls.hosts) },
	{ "checkIP",             FIELD(LIST, tls.ips) },
	{ "ciphers",             FIELD(STR, tls.ciphers), .def = "HIGH:!aNULL:!SSLv2:!DH:!kDHEPSK" },
	{ "ciphersuites",        FIELD(STR, tls.suites),
	    .def = "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256" },
	{ "client",              FIELD_YN(tls.client), .def = "no" },
	{ "config",              FIELD(LIST, tls.commands) },
	{ "connect",             FIELD(LIST, connect) },
	{ "CRLfile",             FIELD(STR, tls.crl_file) },
	{ "CRLpath",             FIELD(STR, tls.crl_path) },
	{ "curves",              FIELD(STR, tls.curves), .def = TLS_GROUPS },
	{ "delay",               FIELD_YN(delay), .def = "no" },
	{ "exec",                FIELD(STR, exec) },
	{ "execArgs",            FIELD(STR, exec_args) },
	{ "failover",            FIELD(WORD, failover), .words = failovers, .def = "prio" },
	{ "ident",               FIELD(STR, ident) },
	{ "key",                 FIELD(STR, tls.key) },
	{ "libwrap",             FIELD_YN(libwrap), .def = "no" },
	{ "local",               FIELD(STR, local) },
	{ "logId",               FIELD(WORD, log_id), .words = log_ids, .def = "sequential" },
	{ "OCSP",                FIELD(STR, tls.ocsp) },
	{ "OCSPaia",             FIELD_YN(tls.ocsp_aia), .def = "no" },
	{ "OCSPnonce",           FIELD_YN(tls.ocsp_nonce), .def = "no" },
	{ "OCSPrequire",         FIELD_YN(tls.ocsp_require), .def = "yes" },
	{ "OCSPstaple",          FIELD_YN(tls.ocsp_staple), .def = "yes" },
	{ "protocol",            FIELD(WORD, protocol), .words = starttls_names, .def = "none" },
	{ "protocolAuthentication", FIELD(WORD, starttls.auth), .words = logins, .def = "plain" },
	{ "protocolDomain",      FIELD(STR, starttls.domain) },
	{ "protocolHeader",      FIELD(LIST, starttls.headers) },
	{ "protocolHost",        FIELD(STR, starttls.host) },
	{ "protocolPassword",    FIELD(STR, starttls.password) },
	{ "protocolUsername",    FIELD(STR, starttls.user) },
	{ "proxyTLV",            FIELD_YN(proxy_tlv), .def = "no" },
	{ "proxyVersion",        FIELD(INT, proxy_version), .def = "1", .min = 1, .max = 2 },
	{ "PSKidentity",         FIELD(STR, tls.psk_identity) },
	{ "PSKsecrets",          FIELD(STR, tls.psk_secrets) },
	{ "pty",                 FIELD_YN(pty), .def = "no" },
	{ "redirect",            FIELD(LIST, redirect) },
	{ "renegotiation",       FIELD_YN(tls.renegotiation), .def = "yes" },
	{ "reset",               FIELD_YN(reset), .def = "yes" },
	{ "revokeLive",          FIELD_YN(tls.revoke_live), .def = "no" },
	{ "securityLevel",       FIELD(INT, tls.level), .def = "-1", .min = -1, .max = 5 },
	{ "sessionCacheSize",    FIELD(INT, tls.cache_size), .def = "1000", SECONDS },
	{ "sessionCacheTimeout", FIELD(INT, tls.cache_seconds), .def = "300", SECONDS },
	{ "sessionResume",       FIELD_YN(tls.resume), .def = "yes" },
	{ "setgid",              FIELD(STR, group) },
	{ "setuid",              FIELD(STR, owner) },
	{ "sni",                 FIELD(STR, sni) },
	{ "strictEnd",           FIELD_YN(strict_end), .def = "no" },
	{ "ticketKeySecret",     FIELD(STR, tls.ticket_key) },
	{ "ticketMacSecret",     FIELD(STR, tls.ticket_mac) },
	{ "TIMEOUTbusy",         FIELD(INT, t_busy), .def = "300", SECONDS },
	{ "TIMEOUTclose",        FIELD(INT, t_close), .def = "60", SECONDS },
	{ "TIMEOUTconnect",      FIELD(INT, t_connect), .def = "10", SECONDS },
	{ "TIMEOUTidle",         FIELD(INT, t_idle), .def = "43200", SECONDS },
	{ "TIMEOUTocsp",         FIELD(INT, t_ocsp), .def = "5", SECONDS },
	{ "vault",               FIELD_YN(tls.vault), .def = "yes" },
};
const size_t n_service_opts = ARRAY_LEN(service_opts);

static int
set_level(struct tun_service *s, const char *value)
{
	int64_t level;

	if (num_parse(value, 0, 4, &level) != 0)
		return E_FORMAT;
	verify_set_level(&s->tls.plain.verify, (int)level);
	return 0;
}

static int
set_switch(struct tun_service *s, const char *value, void (*set)(struct verify_mode *, int))
{
	if (strcasecmp(value, "yes") != 0 && strcasecmp(value, "no") != 0)
		return E_FORMAT;
	set(&s->tls.plain.verify, strcasecmp(value, "yes") == 0);
	return 0;
}

static int
set_chain(struct tun_service *s, const char *value)
{
	return set_switch(s, value, verify_set_chain);
}

static int
set_peer(struct tun_service *s, const char *value)
{
	return set_switch(s, value, verify_set_peer);
}

static int
set_require(struct tun_service *s, const char *value)
{
	return set_switch(s, value, verify_set_require);
}

/* Written so that reading it again gives the same four switches. */
static void
dump_verify(const struct tun_service *s, struct buf *out)
{
	const struct verify_mode *m = &s->tls.plain.verify;

	if (!m->request)
		return;
	buf_printf(out, "verify = 0\n");
	if (m->chain)
		buf_printf(out, "verifyChain = yes\n");
	if (m->peer)
		buf_printf(out, "verifyPeer = yes\n");
	buf_printf(out, "requireCert = %s\n", m->require ? "yes" : "no");
}

static int
set_version(struct tun_service *s, const char *value)
{
	int v;

	if (tlsname_version(value, &v) != 0)
		return E_FORMAT;
	s->tls.plain.version_min = s->tls.plain.version_max = v;
	return 0;
}

static int
set_version_min(struct tun_service *s, const char *value)
{
	return tlsname_version(value, &s->tls.plain.version_min);
}

static int
set_version_max(struct tun_service *s, const char *value)
{
	return tlsname_version(value, &s->tls.plain.version_max);
}

static void
dump_versions(const struct tun_service *s, struct buf *out)
{
	buf_printf(out, "sslVersionMin = %s\n", tlsname_version_word(s->tls.plain.version_min));
	buf_printf(out, "sslVersionMax = %s\n", tlsname_version_word(s->tls.plain.version_max));
}

static int
set_option(struct tun_service *s, const char *value)
{
	int off = value[0] == '-';
	uint64_t bit;

	if (tlsname_option(value + off, &bit) != 0)
		return E_FORMAT;
	*(off ? &s->tls.plain.clear : &s->tls.plain.set) |= bit;
	return 0;
}

static void
dump_options(const struct tun_service *s, struct buf *out)
{
	const char *name;
	uint64_t bit;

	for (size_t i = 0; (name = tlsname_option_at(i)) != NULL; i++) {
		tlsname_option(name, &bit);
		if (bit != 0 && (s->tls.plain.set & bit) == bit)
			buf_printf(out, "options = %s\n", name);
		if (bit != 0 && (s->tls.plain.clear & bit) == bit)
			buf_printf(out, "options = -%s\n", name);
	}
}

static int
set_ocsp_flag(struct tun_service *s, const char *value)
{
	unsigned long bit;

	if (ocsp_flag(value, &bit) != 0)
		return E_FORMAT;
	s->tls.plain.ocsp_flags |= bit;
	return 0;
}

static void
dump_ocsp_flags(const struct tun_service *s, struct buf *out)
{
	const char *name;
	unsigned long bit;

	for (size_t i = 0; (name = ocsp_flag_at(i)) != NULL; i++)
		if (ocsp_flag(name, &bit) == 0 && (s->tls.plain.ocsp_flags & bit) != 0)
			buf_printf(out, "OCSPflag = %s\n", name);
}

static int
set_debug(struct tun_service *s, const char *value)
{
	return debug_parse(value, NULL, &s->plain.debug) == NULL ? 0 : E_FORMAT;
}

static void
dump_debug(const struct tun_service *s, struct buf *out)
{
	buf_printf(out, "debug = %d\n", s->plain.debug);
}

static int
set_socket(struct tun_service *s, const char *value)
{
	return sockopt_add(&s->plain.sockets, value);
}

static void
dump_sockets(const struct tun_service *s, struct buf *out)
{
	sockopt_dump(&s->plain.sockets, out);
}

static int
set_retry(struct tun_service *s, const char *value)
{
	int64_t ms = -1;

	if (strcasecmp(value, "yes") == 0)
		ms = 1000;
	else if (strcasecmp(value, "no") != 0 && num_parse(value, 0, INT32_MAX, &ms) != 0)
		return E_FORMAT;
	s->plain.retry = (int)ms;
	return 0;
}

static void
dump_retry(const struct tun_service *s, struct buf *out)
{
	if (s->plain.retry < 0)
		buf_printf(out, "retry = no\n");
	else
		buf_printf(out, "retry = %d\n", s->plain.retry);
}

static const struct {
	const char *word;
	int bits;
} transparents[] = {
	{ "none", 0 }, { "source", TRANSPARENT_SOURCE }, { "destination", TRANSPARENT_DESTINATION },
	{ "both", TRANSPARENT_SOURCE | TRANSPARENT_DESTINATION }, { "no", 0 }, { "yes", TRANSPARENT_SOURCE },
};

static int
set_transparent(struct tun_service *s, const char *value)
{
	for (size_t i = 0; i < ARRAY_LEN(transparents); i++)
		if (strcasecmp(transparents[i].word, value) == 0) {
			s->plain.transparent = transparents[i].bits;
			return 0;
		}
	return E_FORMAT;
}

static void
dump_transparent(const struct tun_service *s, struct buf *out)
{
	buf_printf(out, "transparent = %s\n", transparents[s->plain.transparent].word);
}

#define YES_NO "The argument needs to be either 'yes' or 'no'"
#define VERSION_WORDS "Invalid protocol version"

const struct act service_acts[] = {
	{ "debug", set_debug, "Illegal debug level", "level", dump_debug },
	{ "OCSPflag", set_ocsp_flag, "Illegal OCSP flag", "NAME", dump_ocsp_flags },
	{ "options", set_option, "Illegal TLS option", "[-]NAME", dump_options },
	{ "requireCert", set_require, YES_NO, "yes or no", NULL },
	{ "retry", set_retry, "Illegal retry delay", "yes, no or milliseconds", dump_retry },
	{ "socket", set_socket, "Illegal socket option", "a|l|r:option=value[:value]", dump_sockets },
	{ "sslVersion", set_version, VERSION_WORDS, "all, TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3", NULL },
	{ "sslVersionMax", set_version_max, VERSION_WORDS, "as sslVersion", NULL },
	{ "sslVersionMin", set_version_min, VERSION_WORDS, "as sslVersion", dump_versions },
	{ "transparent", set_transparent, "Selected transparent proxy mode is not available", "none, source, destination or both",
	    dump_transparent },
	{ "verify", set_level, "Bad verify level", "a level from 0 to 4", dump_verify },
	{ "verifyChain", set_chain, YES_NO, "yes or no", NULL },
	{ "verifyPeer", set_peer, YES_NO, "yes or no", NULL },
};
const size_t n_service_acts = ARRAY_LEN(service_acts);

static int
is_compression(const char *value)
{
	return strcasecmp(value, "deflate") == 0 || strcasecmp(value, "zlib") == 0;
}

static int
is_number(const char *value)
{
	int64_t n;

	return num_parse(value, 0, INT32_MAX, &n) == 0;
}

static int
is_yes_no(const char *value)
{
	return strcasecmp(value, "yes") == 0 || strcasecmp(value, "no") == 0;
}

#define REFUSED NULL, NULL

const struct other others[] = {
	{ "CAengine", 0, REFUSED }, { "compression", 1, "Specified compression type is not available", is_compression },
	{ "EGD", 1, "", NULL }, { "engine", 1, REFUSED }, { "engineCtrl", 1, REFUSED }, { "engineDefault", 1, REFUSED },
	{ "engineId", 0, REFUSED }, { "engineNum", 0, REFUSED },
#ifndef HAVE_MICROHTTPD
	{ "metrics", 1, REFUSED },
#endif
	{ "RNDbytes", 1, "Illegal number", is_number }, { "RNDfile", 1, "", NULL },
	{ "RNDoverwrite", 1, YES_NO, is_yes_no }, { "sessiond", 0, REFUSED },
	{ "stack", 0, "Illegal thread stack size", is_number },
};
const size_t n_others = ARRAY_LEN(others);

const char *
option_canonical(const char *name)
{
	if (strcasecmp(name, "curve") == 0)
		return "curves";
	return strcasecmp(name, "session") == 0 ? "sessionCacheTimeout" : name;
}

const struct act *
act_find(const char *name)
{
	for (size_t i = 0; i < n_service_acts; i++)
		if (strcasecmp(service_acts[i].name, name) == 0)
			return &service_acts[i];
	return NULL;
}

const struct other *
other_find(const char *name)
{
	for (size_t i = 0; i < n_others; i++)
		if (strcasecmp(others[i].name, name) == 0)
			return &others[i];
	return NULL;
}

static const struct {
	const char *name;
	int number;
} facilities[] = {
	{ "auth", LOG_AUTH }, { "authpriv", LOG_AUTHPRIV }, { "cron", LOG_CRON }, { "daemon", LOG_DAEMON },
	{ "ftp", LOG_FTP }, { "kern", LOG_KERN }, { "lpr", LOG_LPR }, { "mail", LOG_MAIL }, { "news", LOG_NEWS },
	{ "ntp", 12 << 3 }, { "syslog", LOG_SYSLOG }, { "user", LOG_USER }, { "uucp", LOG_UUCP },
	{ "local0", LOG_LOCAL0 }, { "local1", LOG_LOCAL1 }, { "local2", LOG_LOCAL2 }, { "local3", LOG_LOCAL3 },
	{ "local4", LOG_LOCAL4 }, { "local5", LOG_LOCAL5 }, { "local6", LOG_LOCAL6 }, { "local7", LOG_LOCAL7 },
};

static const char *
facility_parse(const char *name, size_t n, int *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(facilities); i++)
		if (strlen(facilities[i].name) == n && strncasecmp(facilities[i].name, name, n) == 0) {
			*ret = facilities[i].number;
			return NULL;
		}
	return "Illegal syslog facility";
}

const char *
debug_parse(const char *value, int *ret_facility, int *ret_level)
{
	static const char *const levels[] = { "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug" };
	const char *dot = strchr(value, '.'), *wrong;

	if (dot != NULL && ret_facility != NULL) {
		if ((wrong = facility_parse(value, (size_t)(dot - value), ret_facility)) != NULL)
			return wrong;
		value = dot + 1;
	}
	for (int i = 0; i < (int)ARRAY_LEN(levels); i++)
		if (strcasecmp(levels[i], value) == 0 || (value[0] == '0' + i && value[1] == '\0')) {
			*ret_level = i;
			return NULL;
		}
	return "Illegal debug level";
}

const char *
debug_print(int facility, int level, char *dst, size_t size)
{
	for (size_t i = 0; i < ARRAY_LEN(facilities); i++)
		if (facilities[i].number == facility)
			snprintf(dst, size, "%s.%d", facilities[i].name, level);
	return dst;
}

const char *
opt_complaint(const struct opt *o)
{
	static const struct {
		const char *name, *complaint;
	} own[] = {
		{ "securityLevel", "Illegal security level" }, { "logId", "Invalid connection identifier type" },
		{ "foreground", "The argument needs to be either 'yes', 'quiet' or 'no'" },
		{ "log", "The argument needs to be either 'append' or 'overwrite'" },
		{ "logFormat", "The argument needs to be either 'text' or 'json'" },
		{ "protocol", "Protocol not supported" },
		{ "protocolAuthentication", "Unsupported authentication type" },
		{ "failover", "The argument needs to be either 'rr' or 'prio'" },
		{ "sessionCacheSize", "Illegal session cache size" }, { "sessionCacheTimeout", "Illegal session cache timeout" },
		{ "TIMEOUTbusy", "Illegal busy timeout" }, { "TIMEOUTclose", "Illegal close timeout" },
		{ "TIMEOUTconnect", "Illegal connect timeout" }, { "TIMEOUTidle", "Illegal idle timeout" },
	};

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (strcmp(own[i].name, o->name) == 0)
			return own[i].complaint;
	return o->type == OPT_WORD ? YES_NO : "Illegal number";
}
