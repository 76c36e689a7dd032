/* An item and what travels behind it (rsync-wire 5.15, 7.1). */
#include "syncd/push/item.h"

#include "syncd/push/report.h"
#include "syncd/push/xattr_recv.h"

void
item_report(struct session *s, const struct push_job *j, unsigned flags, const char *xname)
{
	if (report_item(s, j->ndx, j->file, flags, xname))
		xattr_ask(s, j, flags);
}
