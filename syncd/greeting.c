/* The greeting line "@RSYNCD: VERSION DIGESTS" and the message of the day (rsync-wire 1.1). */
#include "syncd/greeting.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/ini.h"
#include "lib/slurp.h"
#include "syncd/policy/login.h"
#include "syncd/spawn.h"
#include "syncd/types.h"
#include "syncd/wire/hello.h"

/* A file that cannot be read is an empty message all the same, as from rsync. */
static void
motd_put(struct buf *b, const char *path)
{
	struct buf text = BUF_INIT;

	if (slurp_trusted(path, INI_FILE_MAX, &text) == 0)
		buf_put(b, buf_head(&text), strnlen((const char *)buf_head(&text), buf_len(&text)));
	buf_done(&text);
	buf_text(b, "\n");
}

int
greeting_update(struct greeting *g, const struct syncd_conf *c)
{
	const char *motd = c->global.motd_file;
	struct buf now = BUF_INIT;
	int fd;

	hello_put(&now, login_digests);
	if (motd != NULL && motd[0] != '\0')
		motd_put(&now, motd);
	if (now.err == 0 && g->boot >= 0 && buf_len(&now) == buf_len(&g->text) &&
	    memcmp(buf_head(&now), buf_head(&g->text), buf_len(&now)) == 0) {
		buf_done(&now);
		return 0;
	}
	fd = now.err != 0 ? now.err : spawn_boot(buf_head(&now), buf_len(&now));
	if (fd < 0) {
		buf_done(&now);
		return fd;
	}
	greeting_done(g);
	*g = (struct greeting){ now, fd };
	return 0;
}

void
greeting_done(struct greeting *g)
{
	buf_done(&g->text);
	if (g->boot >= 0)
		close(g->boot);
	*g = (struct greeting)GREETING_INIT;
}

uint64_t
greeting_ms(const struct syncd_conf *conf)
{
	int64_t seconds = conf->defaults.timeout;

	return (uint64_t)(seconds > 0 && seconds < HANDSHAKE_SECONDS ? seconds : HANDSHAKE_SECONDS) * 1000;
}
