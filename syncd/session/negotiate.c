/* The binary set-up (rsync-wire section 2): compat flags, lists of names, the seed; then
 * framing starts, and what was refused is said. */
#include "syncd/session/session.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "lib/err.h"
#include "syncd/wire/compat.h"
#include "syncd/wire/int.h"

static unsigned
wanted_flags(const struct session *s)
{
	unsigned want = CF_SYMLINK_TIMES | CF_SAFE_FLIST | CF_AVOID_XATTR_OPTIM | CF_CHKSUM_SEED_FIX |
	    CF_INPLACE_PARTIAL_DIR | CF_VARINT_FLIST_FLAGS | CF_ID0_NAMES;

	/* with -R the complete list is simpler, and small where it matters */
	if (s->opt.sender && s->opt.recurse && !s->opt.relative && !s->opt.inc_refused)
		want |= CF_INC_RECURSE;
	return want;
}

static int32_t
pick_seed(const struct session *s)
{
	int32_t seed = (int32_t)s->opt.checksum_seed;

	while (seed == 0)
		if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
			seed = 0x5a11;		/* it only has to differ from call to call */
	return seed;
}

static bool
negotiates(const struct session *s)
{
	return s->proto.version >= 30 && (s->proto.compat & CF_VARINT_FLIST_FLAGS) != 0 && s->opt.checksum_choice == NULL;
}

static void
put_setup(struct session *s)
{
	struct buf *b = peer_out(&s->peer);

	if (s->proto.version >= 30) {
		s->proto.compat = compat_flags(s->opt.letters, wanted_flags(s));
		put_varint(b, (int32_t)s->proto.compat);
	}
	if (negotiates(s))
		put_vstring(b, strong_names(), strlen(strong_names()));
	s->proto.seed = pick_seed(s);
	buf_le32(b, (uint32_t)s->proto.seed);
}

/* "A[,B]": the transfer checksum and, if given, another for -c. */
static int
explicit_choice(struct session *s)
{
	char name[64];
	const char *comma = strchr(s->opt.checksum_choice, ',');
	size_t n = comma == NULL ? strlen(s->opt.checksum_choice) : (size_t)(comma - s->opt.checksum_choice);
	int xfer, list;

	if (n >= sizeof name)
		return E_UNSUPPORTED;
	memcpy(name, s->opt.checksum_choice, n);
	name[n] = '\0';
	xfer = strong_by_name(name);
	list = comma == NULL ? xfer : strong_by_name(comma + 1);
	if (xfer < 0 || list < 0)
		return E_UNSUPPORTED;
	s->proto.xfer_sum = (enum sum_alg)xfer;
	s->proto.list_sum = (enum sum_alg)list;
	return 0;
}

/* 0, E_SHORT, or E_UNSUPPORTED when the two sides share no checksum. */
static int
choose_sums(struct session *s)
{
	char list[NEGOTIATE_LIST_MAX + 1], name[16];
	struct cursor c = peer_unread(&s->peer);
	const char *text;
	size_t n;

	if (s->opt.checksum_choice != NULL)
		return explicit_choice(s);
	s->proto.xfer_sum = s->proto.list_sum = s->proto.version >= 30 ? SUM_MD5 : SUM_MD4_OLD;
	if (s->proto.version < 30)
		s->proto.list_sum = SUM_MD4;
	if (!negotiates(s))
		return 0;
	if ((text = get_vstring(&c, NEGOTIATE_LIST_MAX, &n)) == NULL)
		return c.err;
	memcpy(list, text, n);
	list[n] = '\0';
	peer_consume(&s->peer, &c);
	if (!negotiate_name(list, strong_names(), name, sizeof name))
		return E_UNSUPPORTED;
	s->proto.xfer_sum = s->proto.list_sum = (enum sum_alg)strong_by_name(name);
	return 0;
}

/* Messages that a client puts between its data. */
static int
take_message(void *arg, unsigned code, const uint8_t *bytes, size_t n)
{
	struct session *s = arg;

	if (code == MSG_IO_ERROR)
		s->io_error |= bytes[0] & IOERR_KNOWN;
	if (code != MSG_ERROR_EXIT)
		return 0;		/* texts are for the client's own screen; a no-op is one */
	if (n == 4)
		s->exit_code = bytes[0];
	if (n == 4 && !s->peer_told)	/* never answer an empty one */
		peer_put_message(&s->peer, MSG_ERROR_EXIT, NULL, 0);
	s->peer_told = true;
	return E_PEER;
}

/* From here on both sides speak in frames. */
static int
start_frames(struct session *s)
{
	int32_t seconds = s->grant.timeout;
	uint8_t le[4] = { (uint8_t)seconds, (uint8_t)(seconds >> 8), (uint8_t)(seconds >> 16), (uint8_t)(seconds >> 24) };

	peer_frame_output(&s->peer);
	if (s->proto.version >= 31 && seconds > 0)
		peer_put_message(&s->peer, MSG_IO_TIMEOUT, le, sizeof le);
	if (s->proto.version >= 30)
		return peer_frame_input(&s->peer, s->opt.sender ? MUX_PEER_RECEIVER : MUX_PEER_SENDER, take_message, s);
	return 0;
}

enum step
negotiate_run(struct session *s)
{
	char text[OPTIONS_MESSAGE_MAX];
	int r;

	if (!s->names_sent) {
		put_setup(s);
		s->names_sent = true;
	}
	r = choose_sums(s);
	if (r == E_SHORT)
		return session_short(s, r);
	if (r != 0 && r != E_UNSUPPORTED)
		return session_broken(s, r);
	if (r == E_UNSUPPORTED && s->opt.checksum_choice == NULL)
		return session_broken(s, E_FORMAT);
	if (r == E_UNSUPPORTED) {
		snprintf(text, sizeof text, "Your --checksum-choice value (%.64s) was refused by the server.",
		    s->opt.checksum_choice);
		session_refuse(s, RERR_UNSUPPORTED, text);
	}
	if ((r = start_frames(s)) != 0)
		return session_broken(s, r);
	if (s->refused != 0)
		return session_fail(s, s->refused, "%s", s->refusal);
	if ((r = strong_new(s->proto.xfer_sum, s->proto.seed, (s->proto.compat & CF_CHKSUM_SEED_FIX) != 0, &s->sum)) != 0)
		return session_broken(s, r);
	s->phase = PH_FILTERS;
	return STEP_NEXT;
}
