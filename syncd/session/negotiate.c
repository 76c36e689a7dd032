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

	if (!s->opt.sender && s->opt.recurse && s->opt.inc_refused == 0 && s->opt.prune_empty == 0 &&
	    s->opt.delay_updates == 0 && s->opt.del_before == 0 && s->opt.del_after == 0)
		want |= CF_INC_RECURSE;
	if (s->converts)
		want |= CF_SYMLINK_ICONV;
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

/* Is compression on, and its method open?  Both sides must see this alike, or the stream is lost. */
static bool
compresses(const struct session *s)
{
	return s->opt.compress > 0 || s->opt.level_given;
}

static const char *
explicit_method(const struct session *s)
{
	return s->opt.compress_choice != NULL ? s->opt.compress_choice : s->opt.new_compress > 0 ? "zlibx" :
	    s->opt.old_compress > 0 ? "zlib" : NULL;
}

static bool
negotiates_method(const struct session *s)
{
	return s->proto.version >= 30 && (s->proto.compat & CF_VARINT_FLIST_FLAGS) != 0 && compresses(s) &&
	    explicit_method(s) == NULL;
}

static void
put_setup(struct session *s)
{
	struct buf *b = peer_out(&s->peer);

	s->proto.compat = CF_CHKSUM_SEED_FIX;	/* old clients send no flags, but have the seed before an MD5 block too */
	if (s->proto.version >= 30) {
		s->proto.compat = compat_flags(s->opt.letters, wanted_flags(s));
		put_varint(b, (int32_t)s->proto.compat);
	}
	if (negotiates(s))
		put_vstring(b, strong_names(), strlen(strong_names()));
	if (negotiates_method(s))
		put_vstring(b, compress_names(), strlen(compress_names()));
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

/* The next list of names from the client, and what both agree on.  0, E_SHORT or E_FORMAT. */
static int
agree(struct cursor *c, const char *ours, char *name, size_t size)
{
	char list[NEGOTIATE_LIST_MAX + 1];
	const char *text;
	size_t n;

	if ((text = get_vstring(c, NEGOTIATE_LIST_MAX, &n)) == NULL)
		return c->err;
	memcpy(list, text, n);
	list[n] = '\0';
	return negotiate_name(list, ours, name, size) ? 0 : E_FORMAT;
}

/* 0, E_SHORT, or E_UNSUPPORTED when the checksum asked for is none of ours. */
static int
choose_sums(struct session *s, struct cursor *c)
{
	char name[16];
	int r;

	if (s->opt.checksum_choice != NULL)
		return explicit_choice(s);
	s->proto.xfer_sum = s->proto.list_sum = s->proto.version >= 30 ? SUM_MD5 : SUM_MD4_OLD;
	if (s->proto.version < 30)
		s->proto.list_sum = SUM_MD4;
	if (!negotiates(s))
		return 0;
	if ((r = agree(c, strong_names(), name, sizeof name)) == 0)
		s->proto.xfer_sum = s->proto.list_sum = (enum sum_alg)strong_by_name(name);
	return r;
}

static bool
is_zlib(int method)
{
	return method == COMPRESS_ZLIB || method == COMPRESS_ZLIBX;
}

static int
choose_method(struct session *s, struct cursor *c, enum compress_method *ret)
{
	char name[16];
	const char *choice = explicit_method(s);
	int r, method;

	*ret = COMPRESS_NONE;
	if (!compresses(s) && choice == NULL)
		return 0;
	if (choice == NULL)
		choice = "zlib";		/* where nothing is negotiated */
	if (negotiates_method(s)) {
		if ((r = agree(c, compress_names(), name, sizeof name)) != 0)
			return r;
		choice = name;
	}
	if ((method = compress_by_name(choice)) < 0)
		return E_UNSUPPORTED;
	*ret = (enum compress_method)method;
	if (is_zlib(method) && s->opt.level_given && s->opt.compress_level == 0)
		*ret = COMPRESS_NONE;		/* level 0 of these is none at all */
	return 0;
}

static void
refuse_choice(struct session *s, const char *option, const char *value)
{
	char text[OPTIONS_MESSAGE_MAX];

	snprintf(text, sizeof text, "Your --%s value (%.64s) was refused by the server.", option, value);
	session_refuse(s, RERR_UNSUPPORTED, text);
}

/* Both lists are read before anything is taken from the input.  0, E_SHORT or E_FORMAT. */
static int
choose(struct session *s, enum compress_method *ret_method)
{
	struct cursor c = peer_unread(&s->peer);
	int r = choose_sums(s, &c);

	if (r == E_UNSUPPORTED)
		refuse_choice(s, "checksum-choice", s->opt.checksum_choice);
	else if (r != 0)
		return r;
	if (s->opt.checksum > 0 && s->proto.list_sum == SUM_NONE)
		session_refuse(s, RERR_UNSUPPORTED, "Invalid checksum-choice for --checksum: none (0)");
	if ((r = choose_method(s, &c, ret_method)) == E_UNSUPPORTED)
		refuse_choice(s, "compress-choice", explicit_method(s));
	else if (r != 0)
		return r;
	peer_consume(&s->peer, &c);
	return 0;
}

static int32_t
index_in(const uint8_t bytes[4])
{
	return (int32_t)((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24);
}

/* Messages that a client puts between its data. */
static int
take_message(void *arg, unsigned code, const uint8_t *bytes, size_t n)
{
	struct session *s = arg;

	if (s->phase == PH_DRAIN && code != MSG_ERROR_EXIT)
		return 0;
	if (code == MSG_IO_ERROR)
		s->io_error |= bytes[0] & IOERR_KNOWN;
	if (code == MSG_SUCCESS && s->opt.remove_source > 0)
		return s->table->succeeded(s, index_in(bytes));
	if (code == MSG_NO_SEND)
		s->table->no_send(s, index_in(bytes));
	if (code != MSG_ERROR_EXIT)
		return 0;		/* texts are for the client's own screen; a no-op is one */
	if (n == 4 && s->phase != PH_DRAIN)	/* it knows no better why we end */
		s->exit_code = bytes[0];
	if (n == 4 && !s->peer_told)	/* never answer an empty one */
		peer_put_message(&s->peer, MSG_ERROR_EXIT, NULL, 0);
	s->peer_told = true;
	return E_PEER;
}

int
session_frames(struct session *s)
{
	return peer_frame_input(&s->peer, s->opt.sender ? MUX_PEER_RECEIVER : MUX_PEER_SENDER, take_message, s);
}

/* From here on both sides speak in frames; old clients only when they will report successes. */
static int
start_frames(struct session *s)
{
	bool names = !s->opt.sender && s->opt.files_from != NULL;

	peer_transfer_begins(&s->peer);
	if (names && s->proto.version < 31)	/* they come unframed, in front of everything (rsync-wire 5.12) */
		names_file_put(s);
	peer_frame_output(&s->peer);
	if (names && s->proto.version >= 31)
		names_file_put(s);
	if (s->proto.version >= 31 && s->grant.conf.timeout > 0)
		peer_put_number(&s->peer, MSG_IO_TIMEOUT, s->grant.conf.timeout);
	session_pace(s);
	/* at 30 the names of --files-from come unframed, behind the frames of the filter */
	s->peer.lazy = s->proto.version == 30 && s->opt.files_from != NULL && strcmp(s->opt.files_from, "-") == 0;
	return s->proto.version >= 30 || (s->opt.sender && s->opt.remove_source > 0) ? session_frames(s) : 0;
}

/* On a push the client sends its rules only where they will be used (rsync-wire 6.2). */
static bool
sends_filters(const struct session *s)
{
	return s->opt.prune_empty || (options_deletes(&s->opt) && (s->opt.del_excluded == 0 || s->proto.version >= 29));
}

static int
level_of(const struct session *s, enum compress_method method)
{
	if (s->grant.conf.dont_compress && is_zlib(method))
		return 0;
	return s->opt.level_given ? (int)s->opt.compress_level : COMPRESS_LEVEL_DEFAULT;
}

/* A client shows a message as one line. */
static enum step
tell_hook(struct session *s)
{
	const char *line = s->hook_refusal, *end;

	for (; *(end = strchrnul(line, '\n')) != '\0'; line = end + 1)
		session_tell(s, MSG_ERROR, "%.*s\n", (int)(end - line), line);
	return session_fail(s, RERR_UNSUPPORTED, "%s", line);
}

enum step
negotiate_run(struct session *s)
{
	enum compress_method method;
	int r;

	if (!s->names_sent) {
		put_setup(s);
		s->names_sent = true;
	}
	if ((r = choose(s, &method)) != 0)
		return session_need_input(s, r);
	if ((r = start_frames(s)) != 0)
		return session_error(s, r);
	if (s->hook_refusal != NULL)
		return tell_hook(s);
	if (s->refused != 0)
		return session_fail(s, s->refused, "%s", s->refusal);
	r = strong_new(s->proto.xfer_sum, s->proto.seed, (s->proto.compat & CF_CHKSUM_SEED_FIX) != 0, &s->sum);
	s->method = method;
	s->level = level_of(s, method);
	if (r != 0)
		return session_error(s, r);
	s->phase = s->opt.sender || sends_filters(s) ? PH_FILTERS : PH_FLIST_RECV;
	return STEP_NEXT;
}
