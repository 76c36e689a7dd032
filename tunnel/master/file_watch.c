#include "tunnel/master/file_watch.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"

/* Quiet for that long, but looked at after that long at the latest; and now and then whatever is told, since a network's
 * file system tells nothing. */
enum { QUIET_MS = 300, LATEST_MS = 3000, SLOW_MS = 30000 };

enum { SEEN = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR };

struct watched {
	char **v;
	size_t n;
	uint64_t state;
};

struct watcher {
	struct loop *loop;
	struct watch watch;
	struct timer timer;
	void (*changed)(void *arg);
	void *arg;
	struct watched *files;
	uint64_t last;			/* the state at the last look */
	uint64_t since;			/* of the first event not looked at yet; 0: there is none */
};

/* --- the files -------------------------------------------------------------------------------- */

/* An URI of a provider is no file. */
static int
add(struct watched *w, const char *path)
{
	char **all;

	if (path == NULL || path[0] == '\0' || (path[0] != '/' && strchr(path, ':') != NULL))
		return 0;
	if ((all = realloc(w->v, (w->n + 1) * sizeof *all)) == NULL)
		return -ENOMEM;
	w->v = all;
	if ((w->v[w->n] = strdup(path)) == NULL)
		return -ENOMEM;
	w->n++;
	return 0;
}

static int
add_service(struct watched *w, const struct tls_conf *t)
{
	const char *const all[] = { t->cert, t->key, t->ca_file, t->ca_path, t->crl_file, t->crl_path, t->psk_secrets };
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(all) && r == 0; i++)
		r = add(w, all[i]);
	return r;
}

/* FNV-1a. */
static void
mix(uint64_t *state, const void *bytes, size_t n)
{
	const uint8_t *at = bytes;

	while (n-- > 0)
		*state = (*state ^ *at++) * UINT64_C(0x100000001b3);
}

static void
mix_file(uint64_t *state, const char *path)
{
	struct stat st;
	uint64_t facts[7] = { 0 };

	if (stat(path, &st) == 0) {
		memcpy(facts, (uint64_t[]){ st.st_dev, st.st_ino, st.st_mode, (uint64_t)st.st_size, (uint64_t)st.st_mtim.tv_sec,
		    (uint64_t)st.st_mtim.tv_nsec, st.st_uid }, sizeof facts);
		if (S_ISDIR(st.st_mode))
			facts[3] = facts[4] = facts[5] = 0;	/* what is in it is looked at, not that something was */
	}
	mix(state, facts, sizeof facts);
}

/* The sum does not depend on the order in which a directory is read. */
static uint64_t
entries(const char *dir)
{
	char path[PATH_MAX];
	struct dirent *d;
	uint64_t sum = 0;
	DIR *dp = opendir(dir);

	while (dp != NULL && (d = readdir(dp)) != NULL) {
		uint64_t one = 0;

		if (d->d_name[0] == '.' || (size_t)snprintf(path, sizeof path, "%s/%s", dir, d->d_name) >= sizeof path)
			continue;
		mix(&one, d->d_name, strlen(d->d_name));
		mix_file(&one, path);
		sum += one;
	}
	if (dp != NULL)
		closedir(dp);
	return sum;
}

static uint64_t
look(const struct watched *w)
{
	uint64_t state = UINT64_C(0xcbf29ce484222325), sum;

	for (size_t i = 0; i < w->n; i++) {
		mix_file(&state, w->v[i]);
		sum = entries(w->v[i]);
		mix(&state, &sum, sizeof sum);
	}
	return state;
}

int
watched_new(const char *path, const struct tun_conf *conf, struct watched **ret)
{
	struct watched *w = calloc(1, sizeof *w);
	int r = w == NULL ? -ENOMEM : add(w, path);

	for (size_t i = 0; i < conf->included.n && r == 0; i++)
		r = add(w, conf->included.v[i]);
	for (size_t i = 0; i < conf->n_services && r == 0; i++)
		r = add_service(w, &conf->services[i].tls);
	if (r != 0) {
		watched_free(w);
		return r;
	}
	w->state = look(w);
	*ret = w;
	return 0;
}

void
watched_free(struct watched *w)
{
	if (w == NULL)
		return;
	for (size_t i = 0; i < w->n; i++)
		free(w->v[i]);
	free(w->v);
	free(w);
}

/* --- the watcher ------------------------------------------------------------------------------ */

/* The directory of a path, and the path where it is one itself. */
static void
watch_path(struct watcher *w, const char *path)
{
	char dir[PATH_MAX];
	char *slash;

	inotify_add_watch(w->watch.fd, path, SEEN);
	snprintf(dir, sizeof dir, "%s", path);
	if ((slash = strrchr(dir, '/')) == NULL)
		snprintf(dir, sizeof dir, ".");
	else
		slash[slash == dir] = '\0';
	inotify_add_watch(w->watch.fd, dir, SEEN);
}

/* Directories come and go: each look watches anew, which changes nothing for those that are watched already. */
static void
watch_all(struct watcher *w)
{
	char real[PATH_MAX];

	for (size_t i = 0; w->files != NULL && i < w->files->n; i++) {
		watch_path(w, w->files->v[i]);
		if (realpath(w->files->v[i], real) != NULL && strcmp(real, w->files->v[i]) != 0)
			watch_path(w, real);
	}
}

/* A change counts when a second look finds the same: files are replaced one after the other. */
static void
look_again(void *arg)
{
	struct watcher *w = arg;
	uint64_t state = look(w->files);

	watch_all(w);
	if (state != w->last && (w->since == 0 || loop_clock() - w->since < LATEST_MS)) {
		w->since = w->since == 0 ? loop_clock() : w->since;
		w->last = state;
		loop_timer(w->loop, &w->timer, QUIET_MS);
		return;
	}
	w->last = state;
	w->since = 0;
	loop_timer(w->loop, &w->timer, SLOW_MS);
	if (state != w->files->state) {
		w->files->state = state;	/* once for each change, whatever comes of it */
		w->changed(w->arg);
	}
}

static void
events_ready(void *arg, uint32_t events)
{
	struct watcher *w = arg;
	_Alignas(struct inotify_event) char bytes[4096];

	(void)events;
	while (read(w->watch.fd, bytes, sizeof bytes) > 0)
		;
	if (w->files == NULL || (w->since != 0 && loop_clock() - w->since >= LATEST_MS - QUIET_MS))
		return;
	w->since = w->since == 0 ? loop_clock() : w->since;
	loop_timer(w->loop, &w->timer, QUIET_MS);
}

int
watcher_new(struct loop *l, void (*changed)(void *arg), void *arg, struct watcher **ret)
{
	struct watcher *w = calloc(1, sizeof *w);
	int r;

	if (w == NULL)
		return -ENOMEM;
	*w = (struct watcher){ .loop = l, .changed = changed, .arg = arg };
	w->timer = (struct timer){ .expired = look_again, .arg = w };
	w->watch = (struct watch){ .fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), .ready = events_ready, .arg = w };
	if (w->watch.fd < 0 || (r = loop_watch(l, &w->watch, EPOLLIN)) != 0) {
		r = w->watch.fd < 0 ? -errno : r;
		if (w->watch.fd >= 0)
			close(w->watch.fd);
		free(w);
		return r;
	}
	*ret = w;
	return 0;
}

void
watcher_free(struct watcher *w)
{
	if (w == NULL)
		return;
	watcher_set(w, NULL);
	loop_unwatch(w->loop, &w->watch);
	close(w->watch.fd);
	free(w);
}

void
watcher_set(struct watcher *w, struct watched *files)
{
	watched_free(w->files);
	w->files = files;
	w->since = 0;
	loop_timer_clear(w->loop, &w->timer);
	if (files == NULL)
		return;
	w->last = files->state;
	watch_all(w);
	loop_timer(w->loop, &w->timer, QUIET_MS);	/* what changed since the state was taken */
}

int
watcher_fd(const struct watcher *w)
{
	return w == NULL ? -1 : w->watch.fd;
}
