#include "deploy/verify/names.h"

#include <string.h>

#include "deploy/out/outputs.h"
#include "lib/err.h"

#define UNITS "etc/systemd/system/"

static const struct verify_unit known[] = {
	{ "sallyport-syncd.service", "syncd", UNITS "sallyport-syncd.service", false, true, false },
	{ "sallyport-syncd.socket", "syncd-socket", UNITS "sallyport-syncd.socket", false, false, true },
	{ "sallyport-syncd-unix.socket", "syncd-unix-socket", UNITS "sallyport-syncd-unix.socket", false, false, true },
	{ "rsync.service", "rsync", UNITS "rsync.service.d/50-sallyport.conf", true, true, true },
	{ "sallyport-tunnel.service", "tunnel", UNITS "sallyport-tunnel.service", false, true, false },
	{ "sallyport-tunnel.socket", "tunnel-socket", UNITS "sallyport-tunnel.socket", false, false, true },
	{ "stunnel@sallyport.service", "stunnel", UNITS "stunnel@sallyport.service.d/50-sallyport.conf", true, true, false },
	{ "sallyport-stunnel.socket", "stunnel-socket", UNITS "sallyport-stunnel.socket", false, false, true },
	{ "haproxy.service", "haproxy", UNITS "haproxy.service.d/50-sallyport.conf", true, true, true },
	{ "sallyport-ca.service", "ca", UNITS "sallyport-ca.service", false, false, false },
	{ "sallyport-ca.timer", "ca-timer", UNITS "sallyport-ca.timer", false, false, true },
	{ "sallyport-renew.socket", "renew-socket", UNITS "sallyport-renew.socket", false, false, true },
	{ "sallyport-firewall.service", "firewall", UNITS "sallyport-firewall.service", false, false, true },
};

_Static_assert(ARRAY_LEN(known) <= VERIFY_UNITS_MAX, "none is left out");

size_t
verify_units(const struct ask *a, struct verify_unit ret[VERIFY_UNITS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (ask_text(a, known[i].path) != NULL)
			ret[n++] = known[i];
	return n;
}

static bool
is_wanted(const struct model *m, const char *path)
{
	for (size_t i = 0; i < outputs_n; i++)
		if (strcmp(outputs[i].path, path) == 0)
			return outputs[i].wanted(m);
	return false;
}

size_t
verify_units_of(const struct model *m, struct verify_unit ret[VERIFY_UNITS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (is_wanted(m, known[i].path))
			ret[n++] = known[i];
	return n;
}

const char *
verify_daemon_service(const struct model *m)
{
	if (!model_has_daemon(m) || model_in_containers(m))
		return NULL;
	return m->daemon.program.v == M_SALLYPORT ? "sallyport-syncd.service" : "rsync.service";
}
