#include "syncd/daemon_user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/ids.h"
#include "lib/is_set.h"
#include "lib/log.h"
#include "lib/trusted.h"

struct wanted {
	uid_t uid;	/* -1: as it is */
	gid_t gid;
	int root;	/* the directory, -1: as it is */
};

static gid_t
own_group(uid_t uid)
{
	const struct passwd *pw = getpwuid(uid);

	return pw != NULL ? pw->pw_gid : (gid_t)uid;
}

/* All is looked up before anything is given up.  0, or the parameter at fault. */
static const char *
find(const struct global_conf *g, struct wanted *w, char *message, size_t size)
{
	*w = (struct wanted){ (uid_t)-1, (gid_t)-1, -1 };
	if (ids_user(g->daemon_uid, &w->uid) != 0) {
		snprintf(message, size, "daemon uid = %s: there is no such user", g->daemon_uid);
		return "daemon uid";
	}
	if (w->uid != (uid_t)-1 && !is_set(g->daemon_gid))
		w->gid = own_group(w->uid);	/* rsync leaves it root's */
	if (ids_group(g->daemon_gid, &w->gid) != 0) {
		snprintf(message, size, "daemon gid = %s: there is no such group", g->daemon_gid);
		return "daemon gid";
	}
	if (is_set(g->daemon_chroot) && (w->root = trusted_dir(g->daemon_chroot)) < 0) {
		snprintf(message, size, "daemon chroot = %s: %s", g->daemon_chroot, err_text(w->root));
		return "daemon chroot";
	}
	return NULL;
}

static bool
failed(const char *what)
{
	log_error("%s failed: %s", what, strerror(errno));
	return true;
}

int
daemon_user_enter(const struct global_conf *g, bool *ret_left)
{
	bool was_root = geteuid() == 0, stays;
	char message[512];
	struct wanted w;

	*ret_left = false;
	if (find(g, &w, message, sizeof message) != NULL) {
		log_error("%s", message);
		return E_DENIED;
	}
	stays = (w.root >= 0 && (fchdir(w.root) < 0 || chroot(".") < 0) && failed("daemon chroot")) ||
	    ((w.gid != (gid_t)-1 || w.uid != (uid_t)-1) && was_root && setgroups(0, NULL) < 0 && failed("setgroups")) ||
	    (w.gid != (gid_t)-1 && setgid(w.gid) < 0 && failed("daemon gid")) ||
	    (w.uid != (uid_t)-1 && setuid(w.uid) < 0 && failed("daemon uid"));
	if (w.root >= 0)
		close(w.root);
	*ret_left = was_root && geteuid() != 0;
	return stays ? E_DENIED : 0;
}

const char *
daemon_user_fault(const struct global_conf *g, char *message, size_t size)
{
	struct wanted w;
	const char *param = find(g, &w, message, size);

	if (w.root >= 0)
		close(w.root);
	return param;
}
