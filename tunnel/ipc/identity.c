#include "tunnel/ipc/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/ids.h"
#include "lib/log.h"

enum { NOBODY = 65534 };

/* A user of its own in root's group would be half a user. */
static gid_t
group_of(uid_t uid)
{
	const struct passwd *pw = getpwuid(uid);

	return pw != NULL ? pw->pw_gid : (gid_t)uid;
}

int
identity_init(struct identity *id, const struct tun_conf *conf, struct conf_err *e)
{
	*id = (struct identity)IDENTITY_INIT;
	id->uid = geteuid();
	id->gid = getegid();
	snprintf(id->log_ident, sizeof id->log_ident, "%s", conf->service);
	if (ids_group(conf->setgid, &id->gid) != 0)
		return conf_err_set(e, NULL, 0, "Illegal GID: %.100s", conf->setgid);
	if (ids_user(conf->setuid, &id->uid) != 0)
		return conf_err_set(e, NULL, 0, "Illegal UID: %.100s", conf->setuid);
	if (id->uid != geteuid() && (conf->setgid == NULL || conf->setgid[0] == '\0')) {
		id->gid = group_of(id->uid);
		log_warn("\"setuid\" without \"setgid\": the group is the user's own, %u", (unsigned)id->gid);
	}
	id->changes_ids = id->uid != geteuid() || id->gid != getegid();
	if (id->changes_ids && geteuid() != 0)
		return conf_err_set(e, NULL, 0, "setuid: %s (%d)", strerror(EPERM), EPERM);
	if (conf->chroot == NULL)
		return 0;
	if ((id->jail_fd = open(conf->chroot, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return conf_err_set(e, NULL, 0, "Failed to chroot to %.200s: %s (%d)", conf->chroot, strerror(errno), errno);
	if (geteuid() != 0)
		return conf_err_set(e, NULL, 0, "Failed to chroot to %.200s: %s (%d)", conf->chroot, strerror(EPERM), EPERM);
	return 0;
}

int
identity_vault(const struct identity *id, const struct tun_conf *conf, uid_t *ret_uid, gid_t *ret_gid, struct conf_err *e)
{
	int chosen = conf->vault_user != NULL && conf->vault_user[0] != '\0';
	uid_t uid = id->uid == 0 ? NOBODY : id->uid;

	if (ids_user(conf->vault_user, &uid) != 0)
		return conf_err_set(e, NULL, 0, "Illegal vaultUser: %.100s", conf->vault_user);
	if (geteuid() != 0 && chosen && uid != geteuid())
		return conf_err_set(e, NULL, 0, "vaultUser: %s (%d)", strerror(EPERM), EPERM);
	*ret_uid = uid;
	*ret_gid = uid == id->uid ? id->gid : group_of(uid);
	return 0;
}

void
identity_done(struct identity *id)
{
	if (id->jail_fd >= 0)
		close(id->jail_fd);
	id->jail_fd = -1;
}

static int
enter_jail(struct identity *id)
{
	if (id->jail_fd < 0)
		return 0;
	if ((id->root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return -errno;
	if ((id->cwd_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return -errno;
	return fchdir(id->jail_fd) < 0 || chroot(".") < 0 ? -errno : 0;
}

static int
leave_jail(struct identity *id)
{
	int r = 0;

	if (id->root_fd >= 0 && (fchdir(id->root_fd) < 0 || chroot(".") < 0))
		r = -errno;
	if (id->cwd_fd >= 0 && fchdir(id->cwd_fd) < 0)
		r = -errno;
	if (id->root_fd >= 0)
		close(id->root_fd);
	if (id->cwd_fd >= 0)
		close(id->cwd_fd);
	id->root_fd = id->cwd_fd = -1;
	return r;
}

int
identity_borrow(struct identity *id)
{
	int r;

	if ((r = enter_jail(id)) != 0 || !id->changes_ids)
		return r;
	if ((id->n_groups = getgroups((int)ARRAY_LEN(id->groups), id->groups)) < 0)
		return -errno;
	if (setgroups(1, &id->gid) < 0 || setegid(id->gid) < 0 || seteuid(id->uid) < 0)
		return -errno;
	return 0;
}

int
identity_return(struct identity *id)
{
	if (id->changes_ids && (seteuid(getuid()) < 0 || setegid(getgid()) < 0 ||
	    setgroups((size_t)id->n_groups, id->groups) < 0))
		return -errno;
	return leave_jail(id);
}

int
identity_assume(const struct identity *id)
{
	if (id->jail_fd >= 0 && (fchdir(id->jail_fd) < 0 || chroot(".") < 0))
		return -errno;
	if (id->changes_ids && (setgroups(1, &id->gid) < 0 || setresgid(id->gid, id->gid, id->gid) < 0 ||
	    setresuid(id->uid, id->uid, id->uid) < 0))
		return -errno;
	return 0;
}
