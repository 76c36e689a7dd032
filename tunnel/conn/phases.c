/* What each phase of a connection does: the only place that knows them all. */
#include "tunnel/conn/conn_internal.h"

#include <errno.h>
#include <string.h>
#include <syslog.h>

/* Who got this far is said to be accepted, before TLS: port scans appear, too. */
static enum step
welcome_run(struct conn *c)
{
	if (c->gone) {
		conn_log(c, LOG_ERR, "getpeerbyname (local_rfd): %s (%d)", strerror(ENOTCONN), ENOTCONN);
		return conn_reset(c);
	}
	conn_log(c, LOG_NOTICE, "Service [%s] accepted connection from %s", conn_conf(c)->name, c->peer);
	return conn_advance(c);
}

static enum step
busy_expired(struct conn *c)
{
	conn_log(c, LOG_INFO, "s_poll_wait: TIMEOUTbusy exceeded: sending reset");
	return conn_reset(c);
}

static enum step
starttls_expired(struct conn *c)
{
	return conn_starttls_is_quiet(c) ? STEP_NEXT : busy_expired(c);
}

const struct phase_work conn_phases[PHASES] = {
	[PH_EARLY] = { conn_starttls_run, starttls_expired, conn_starttls_free },
	[PH_MIDDLE] = { conn_starttls_run, starttls_expired, NULL },
	[PH_INSIDE] = { conn_starttls_run, starttls_expired, NULL },
	[PH_LATE] = { conn_proxy_header_run, starttls_expired, NULL },
	[PH_LIBWRAP] = { conn_libwrap_run, busy_expired, NULL },
	[PH_IDENT] = { conn_ident_run, busy_expired, NULL },
	[PH_WELCOME] = { welcome_run, busy_expired, NULL },
	[PH_TLS] = { conn_tls_run, conn_tls_expired, NULL },
	[PH_OCSP] = { conn_ocsp_run, busy_expired, conn_ocsp_free },
	[PH_TARGET] = { conn_target_run, busy_expired, NULL },
	[PH_LOOKUP] = { conn_lookup_run, busy_expired, NULL },
	[PH_CONNECT] = { conn_connect_run, conn_connect_expired, NULL },
	[PH_EXEC] = { conn_exec_run, conn_exec_expired, NULL },
	[PH_RELAY] = { conn_relay_run, conn_idle_expired, NULL },
	[PH_LINGER] = { conn_linger_run, conn_linger_expired, NULL },
};
