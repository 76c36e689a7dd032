/* Where pulls and pushes meet: session/ knows neither, and they do not know each other. */
#include "syncd/phases.h"

#include "syncd/pull/pull.h"
#include "syncd/push/parts.h"
#include "syncd/push/phases.h"
#include "syncd/session/session.h"

static void
done(struct session *s)
{
	push_free(s);
	pull_free(s);
}

const struct session_table phases = {
	.phases = {
		[PH_PROXY] = { proxy_run, false },
		[PH_HELLO] = { hello_run, false },
		[PH_SELECT] = { select_run, false },
		[PH_LOGIN] = { login_run, false },
		[PH_LIST] = { list_run, false },
		[PH_ARGS] = { args_run, false },
		[PH_NEGOTIATE] = { negotiate_run, false },
		[PH_FILTERS] = { filters_run, true },
		[PH_NAMES] = { names_run, true },
		[PH_FLIST] = { flist_run, true },
		[PH_SENDER] = { sender_run, true },
		[PH_GOODBYE] = { goodbye_run, false },
		[PH_FLIST_RECV] = { push_list_run, false },	/* what a push has sent is stored, whether its client is there or not */
		[PH_RECEIVE] = { push_receive_run, false },
		[PH_DRAIN] = { drain_run, false },
	},
	.succeeded = sender_succeeded,
	.no_send = push_no_send,
	.ending = push_abort,
	.done = done,
};
