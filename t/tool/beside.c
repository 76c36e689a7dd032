/* One rsync command to our daemon and to rsync's own, side by side: same words, same exit status, same tree, or what differs.
 *   beside pull DIR PORT RPORT BEFORE "" ARGUMENT...	into DIR/ours/d and DIR/stock/d, copies of BEFORE
 *   beside push DIR PORT RPORT BEFORE FRESH ARGUMENT...	into DIR/up.ours/d and DIR/up.stock/d, what the modules "up" of the daemons at
 *		PORT and RPORT hold, copies of BEFORE; in DIR, or where there is a copy of FRESH as "src", then compared too
 * BEFORE, FRESH: "" for none.  RPORT "": to our daemon alone, and nothing is compared; it has to be reachable.  In an ARGUMENT a leading @ stands for rsync://127.0.0.1:PORT.
 * What each said stays in DIR/ours.out and DIR/stock.out, and in DIR/ours.said and DIR/stock.said what is compared of it.
 * Exit 0: the same.  1: not, and why on standard output, as comments of TAP.
 * One process where a script's cp, rm, timeout, grep, sed, sort and cmp were twenty. */
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "t/tool/tree.h"

enum { RUN_SECONDS = 60, SHOWN_LINES = 100, ARGS_MAX = 200 };

struct lines { char **line; size_t n; };

struct side {
	const char *name, *port;
	char base[256], cwd[512], tree[512];	/* the tree that is compared is tree/d */
	struct lines said, facts;
	int status;
	pid_t pid;
};

/* What differs from run to run, or between two versions of rsync: in a line that holds IF (NULL: any), MATCH becomes INTO; NULL drops
 * the line.  In this order. */
static struct rewrite {
	bool push_only;
	const char *only_with, *match, *into;
	regex_t re;
} rewrites[] = {
	{ .match = "^(sent|received|total size|File list (generation|transfer|size)|Total bytes|Number of regular files transferred)" },
	{ .match = "rsync://127.0.0.1:[0-9]*", .into = "URL" },
	{ .match = "/(ours|stock)/d/", .into = "/d/" },
	{ .match = "^rsync\\[[0-9]*\\]", .into = "rsync[PID]" },
	{ .match = "pid=[0-9]*$", .into = "pid=N" },
	{ .only_with = "renaming .", .match = "\\.[A-Za-z0-9]{6} to", .into = ".X to" },
	{ .match = " port [0-9]*$", .into = "" },
	{ .match = " \\(in [a-z]*\\)", .into = "" },
	{ .match = " at [a-z]*\\.c\\([0-9]*\\)", .into = "" },
	{ .match = "^$" },
	{ .only_with = "--(null) (-D)", .match = "--.*", .into = "-D" },	/* rsync has no name for it */
	{ .match = "^rsync error: .*\\[(sender|Receiver|receiver|generator)=" },
	{ .match = "closed \\([0-9]* bytes", .into = "closed (N bytes" },
	{ .match = "read error: Connection reset by peer" },
	/* whether an early end is read or a reset cuts it is a matter of timing */
	{ .push_only = true, .match = "^exit 1[02]$", .into = "exit 10 or 12" },
	{ .push_only = true, .match = "connection unexpectedly closed" },
	{ .push_only = true, .only_with = "mkstemp", .match = "/\\.", .into = "/" },
	{ .push_only = true, .only_with = "mkstemp", .match = "\\.(sp~)?[A-Za-z0-9]{6}\"", .into = ".X\"" },
};
enum { REWRITES = sizeof rewrites / sizeof rewrites[0] };

static void
die(const char *what)
{
	printf("# beside: %s: %s\n", what, strerror(errno));
	exit(1);
}

static char *
join(const char *a, const char *b)
{
	char *s;

	if (asprintf(&s, "%s%s", a, b) < 0)
		die("memory");
	return s;
}

static pid_t
start(char **argv, const char *cwd, const char *out)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t none;
	pid_t pid;

	sigemptyset(&none);
	if (posix_spawn_file_actions_init(&fa) != 0 || posix_spawnattr_init(&attr) != 0)
		die("posix_spawn");
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
	if (cwd != NULL)
		posix_spawn_file_actions_addchdir_np(&fa, cwd);
	if (out != NULL) {
		posix_spawn_file_actions_addopen(&fa, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0666);
		posix_spawn_file_actions_adddup2(&fa, 1, 2);
	}
	if ((errno = posix_spawnp(&pid, argv[0], &fa, &attr, argv, environ)) != 0)
		die(argv[0]);
	posix_spawn_file_actions_destroy(&fa);
	posix_spawnattr_destroy(&attr);
	return pid;
}

static pid_t
copy_of(const char *from, const char *to)
{
	char cp[] = "cp", a[] = "-a", *argv[] = { cp, a, (char *)from, (char *)to, NULL };

	return start(argv, NULL, NULL);
}

/* Waits for two processes; after RUN_SECONDS they are ended, which counts as 124, as timeout(1) has it. */
static void
wait_for(const pid_t *pids, int *status)
{
	const struct timespec limit = { .tv_sec = RUN_SECONDS };
	bool late = false;
	sigset_t chld;
	int st, left = 0;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	for (int i = 0; i < 2; i++)
		if (pids[i] > 0)
			left++, status[i] = -1;
	while (left > 0) {
		for (int i = 0; i < 2; i++)
			if (pids[i] > 0 && status[i] < 0 && waitpid(pids[i], &st, WNOHANG) == pids[i]) {
				status[i] = late ? 124 : WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
				left--;
			}
		if (left == 0 || sigtimedwait(&chld, NULL, &limit) >= 0 || errno == EINTR)
			continue;
		for (int i = 0; i < 2; i++)
			if (pids[i] > 0 && status[i] < 0)
				kill(-pids[i], late ? SIGKILL : SIGTERM);
		late = true;
	}
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
add(struct lines *l, const char *line)
{
	if ((l->line = realloc(l->line, (l->n + 1) * sizeof *l->line)) == NULL || (l->line[l->n++] = strdup(line)) == NULL)
		die("memory");
}

static void
split(struct lines *l, FILE *f, bool (*edit)(char *, bool), bool push)
{
	static char line[1 << 16];

	rewind(f);
	while (fgets(line, sizeof line - 64, f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (edit == NULL || edit(line, push))
			add(l, line);
	}
	fclose(f);
	qsort(l->line, l->n, sizeof *l->line, by_text);
}

/* Applies the table to a line, which has room for its longest word; false: it is dropped. */
static bool
rewritten(char *line, bool push)
{
	regmatch_t m;

	for (size_t i = 0; i < REWRITES; i++) {
		struct rewrite *r = &rewrites[i];

		if ((r->push_only && !push) || (r->only_with != NULL && strstr(line, r->only_with) == NULL) ||
		    regexec(&r->re, line, 1, &m, 0) != 0)
			continue;
		if (r->into == NULL)
			return false;
		memmove(line + m.rm_so + strlen(r->into), line + m.rm_eo, strlen(line + m.rm_eo) + 1);
		memcpy(line + m.rm_so, r->into, strlen(r->into));
	}
	return true;
}

static void
prepare(struct side *s, const char *dir, bool push, const char *before, const char *fresh, pid_t *copies)
{
	snprintf(s->base, sizeof s->base, "%s/%s", dir, s->name);
	snprintf(s->tree, sizeof s->tree, push ? "%s/up.%s" : "%s/%s", dir, s->name);
	snprintf(s->cwd, sizeof s->cwd, !push ? "%s/%s" : *fresh != '\0' ? "%s/cwd.%s" : "%s", dir, s->name);
	if (push) {
		tree_remove(join(s->tree, "/d"), false);
	} else {
		tree_remove(s->tree, true);
		mkdir(s->tree, 0777);
	}
	if (*before != '\0')
		copies[0] = copy_of(push ? join(before, "/.") : before, join(s->tree, push ? "/d/" : "/d"));
	if (push && *fresh != '\0') {
		tree_remove(s->cwd, true);
		mkdir(s->cwd, 0777);
		copies[1] = copy_of(fresh, join(s->cwd, "/src"));
	}
}

static void
run(struct side *s, bool push, int argc, char **argv)
{
	char rsync[] = "rsync", seed[] = "--checksum-seed=20011", d[] = "d/", *words[ARGS_MAX + 4] = { rsync, seed };
	int n = 2;

	if (argc > ARGS_MAX)
		errno = E2BIG, die("arguments");
	for (int i = 0; i < argc; i++)
		words[n++] = argv[i][0] == '@' ? join(join("rsync://127.0.0.1:", s->port), argv[i] + 1) : argv[i];
	if (!push)
		words[n++] = d;
	s->pid = start(words, s->cwd, join(s->base, ".out"));
}

/* What was said, in .said for who wants to look closer, and what is there now. */
static void
gather(struct side *s, bool push, const char *fresh)
{
	FILE *f = fopen(join(s->base, ".out"), "a+"), *facts = tmpfile(), *said = fopen(join(s->base, ".said"), "w");
	char *d = join(s->tree, "/d");

	if (f == NULL || facts == NULL || said == NULL)
		die(s->base);
	fprintf(f, "exit %d\n", s->status);
	split(&s->said, f, rewritten, push);
	for (size_t i = 0; i < s->said.n; i++)
		fprintf(said, "%s\n", s->said.line[i]);
	fclose(said);
	if (tree_facts(d, push, facts) < 0 || (push && *fresh != '\0' && tree_names(join(s->cwd, "/src"), facts) < 0))
		die(d);
	split(&s->facts, facts, NULL, push);
}

/* The number of lines that only one has; as many are shown as fit. */
static size_t
differing(const struct lines *stock, const struct lines *ours, size_t shown)
{
	size_t i = 0, j = 0, n = 0;
	int c;

	while (i < stock->n || j < ours->n) {
		c = i == stock->n ? 1 : j == ours->n ? -1 : strcmp(stock->line[i], ours->line[j]);
		if (c != 0 && ++n + shown <= SHOWN_LINES)
			printf("# %c %s\n", c < 0 ? '<' : '>', c < 0 ? stock->line[i] : ours->line[j]);
		i += c <= 0, j += c >= 0;
	}
	return n;
}

/* Two unreachable servers agree on everything. */
static bool
unreachable(const struct side *side, bool push)
{
	for (size_t i = 0; i < side->said.n; i++)
		if (strstr(side->said.line[i], "Connection refused") != NULL || (!push && (side->status == 10 || side->status == 35))) {
			printf("# %s: %s\n", side->name, side->said.line[i]);
			return true;
		}
	return false;
}

int
main(int argc, char **argv)
{
	struct side sides[2] = { { .name = "stock" }, { .name = "ours" } };
	pid_t copies[2][2] = { { 0 } }, runs[2] = { 0 };
	int status[2] = { 0 };
	sigset_t chld;
	bool push;
	int first;
	size_t n;

	if (argc < 8 || (strcmp(argv[1], "pull") != 0 && strcmp(argv[1], "push") != 0)) {
		puts("# usage: beside pull|push DIR PORT RPORT BEFORE FRESH ARGUMENT...");
		return 1;
	}
	push = strcmp(argv[1], "push") == 0;
	first = argv[4][0] == '\0';
	sides[0].port = argv[4];
	sides[1].port = argv[3];
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	for (size_t i = 0; i < REWRITES; i++)
		if (regcomp(&rewrites[i].re, rewrites[i].match, REG_EXTENDED) != 0)
			die(rewrites[i].match);
	for (int i = first; i < 2; i++)
		prepare(&sides[i], argv[2], push, argv[5], argv[6], copies[i]);
	for (int i = first; i < 2; i++)
		wait_for(copies[i], status);
	for (int i = first; i < 2; i++) {
		run(&sides[i], push, argc - 7, argv + 7);
		runs[i] = sides[i].pid;
	}
	wait_for(runs, status);
	for (int i = first; i < 2; i++) {
		sides[i].status = status[i];
		gather(&sides[i], push, argv[6]);
	}
	if (first > 0)
		return unreachable(&sides[1], push);
	if (unreachable(&sides[0], push))
		return 1;
	n = differing(&sides[0].said, &sides[1].said, 0);
	n += differing(&sides[0].facts, &sides[1].facts, n);
	return n > 0;
}
