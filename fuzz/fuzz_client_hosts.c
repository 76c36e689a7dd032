/* The file of hosts, and, as text, every operand: whatever is taken has a host that is no option. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "client-wrap/hosts.h"
#include "client-wrap/operand.h"
#include "fuzz/target.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct host_entry h = { .port = 0 };
	struct conf_err e = { "", 0, "" };
	struct operand o;
	char text[512];

	if (size > HOSTS_FILE_MAX)
		return 0;
	if (hosts_parse((const char *)data, size, "/d/hosts", "h", &h, &e) == 0)
		must(h.port >= 0 && h.port <= 65535 && (h.host != NULL || h.ca == NULL));
	else
		must(e.text[0] != '\0' && h.host == NULL);
	host_entry_done(&h);
	snprintf(text, sizeof text, "%.*s", (int)(size < sizeof text ? size : sizeof text - 1), (const char *)data);
	if (operand_parse(text, &o) == 0)
		must(o.host[0] != '-' && (o.is_url ? o.host[0] != '\0' : o.port == 0));
	return 0;
}
