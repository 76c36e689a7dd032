#include "syncd/client_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/trusted.h"

/* The only entry of the directory that is called so, whatever its case?  dir is taken. */
static int
look_through(int dir, const char *leaf, char twin[NAME_MAX + 1])
{
	DIR *d = fdopendir(dir);
	bool exact = false, other = false;
	struct dirent *e;
	struct stat st;

	if (d == NULL) {
		close(dir);
		return -errno;
	}
	while (!other && (e = readdir(d)) != NULL) {
		exact = exact || strcmp(e->d_name, leaf) == 0;
		other = strcasecmp(e->d_name, leaf) == 0 && strcmp(e->d_name, leaf) != 0;
		if (other)
			snprintf(twin, NAME_MAX + 1, "%s", e->d_name);
	}
	if (!other && !exact && fstatat(dirfd(d), leaf, &st, AT_SYMLINK_NOFOLLOW) == 0) {	/* by another name, that only the file system knows */
		snprintf(twin, NAME_MAX + 1, "?");
		other = true;
	}
	closedir(d);
	return other ? E_DENIED : 0;
}

/* The component of path that ends before END. */
static int
check_component(const char *path, size_t end, char twin[NAME_MAX + 1])
{
	char upto[MODULE_PATH_SIZE], leaf[NAME_MAX + 1];
	int parent, dir;

	if (end >= sizeof upto)
		return -ENAMETOOLONG;
	memcpy(upto, path, end);
	upto[end] = '\0';
	if ((parent = trusted_parent(upto, leaf)) < 0)
		return parent == -ENOENT ? 0 : parent;
	dir = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(parent);
	return dir < 0 ? -errno : look_through(dir, leaf, twin);
}

int
client_folder_check(const char *path, const char *name, char twin[NAME_MAX + 1])
{
	int r = 0;

	for (const char *at = path, *end; r == 0 && *(at += strspn(at, "/")) != '\0'; at = end) {
		const char *found = strstr(at, name);

		end = strchrnul(at, '/');
		if (found != NULL && found < end)
			r = check_component(path, (size_t)(end - path), twin);
	}
	return r;
}

/* Nobody else may have put another one in its place before it is given away. */
static int
give_away(int dir, const struct module_plan *p)
{
	struct stat st;

	if (fstat(dir, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid() || (st.st_mode & 0777) != 0700)
		return -EEXIST;
	return p->set_ids && fchown(dir, p->uid, p->gid) < 0 ? -errno : 0;
}

int
client_folder_make(const struct module_plan *p)
{
	char leaf[NAME_MAX + 1];
	int parent = trusted_parent(p->path, leaf), dir, r = 0;

	if (parent < 0)
		return parent;
	if (mkdirat(parent, leaf, 0700) < 0)
		r = errno == EEXIST ? 0 : -errno;	/* it has come meanwhile */
	else if ((dir = openat(parent, leaf, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		r = -errno;
	else {
		r = give_away(dir, p);
		close(dir);
	}
	close(parent);
	return r;
}
