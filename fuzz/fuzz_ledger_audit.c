/* Files of a ledger, which somebody may have changed: they are read to their end, and what is told of them has its bounds. */
#include <string.h>

#include "deploy/ledger/audit.h"
#include "fuzz/target.h"

static void
tell(void *arg, bool fault, const char *file, uint64_t line, const char *text)
{
	(void)arg, (void)fault, (void)file;
	must(line > 0 && strlen(text) < 256);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const struct ledger_chain none;
	static struct audit a;
	size_t half = n / 2;

	audit_init(&a, NULL, &none, tell, NULL);
	audit_file(&a, "f");
	audit_bytes(&a, bytes, half);
	audit_bytes(&a, bytes + half, n - half);
	audit_file_end(&a);
	must(audit_done(&a) == 0);
	must(a.unsigned_ones.n <= a.all.n && a.heads <= a.all.n);
	return 0;
}
