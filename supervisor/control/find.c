/* SPDX-License-Identifier: MIT */
/* See find.h. */
#include "control/find.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "base/unix_connect.h"
#include "control/place.h"
#include "run_directory.h"

#define SUFFIX ".sock"

/* Where everybody may make directories somebody else may have made ours, and listen there. Root
 * may speak to any. */
static int check_peer(int fd)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == -1)
		return -errno;
	return geteuid() == 0 || peer.uid == 0 || peer.uid == geteuid() ? 0 : -EPERM;
}

int find_connect(const char *path)
{
	cleanup_fd int fd = unix_connect(path, SOCK_STREAM);
	int r = fd < 0 ? fd : check_peer(fd);

	return r < 0 ? r : take_fd(&fd);
}

/* The name in a file's; NULL if it is none of a control socket. The caller's. */
static char *name_of(const char *file)
{
	size_t length = strlen(file), suffix = strlen(SUFFIX);

	if (*file == '.' || length <= suffix || strcmp(file + length - suffix, SUFFIX) != 0)
		return NULL;
	return strndup(file, length - suffix);
}

static bool runs(const char *name)
{
	cleanup_free char *path = NULL;

	if (place_path(name, &path) < 0)
		return false;
	cleanup_fd int fd = find_connect(path);

	return fd >= 0 || fd == -EAGAIN;
}

/* What find_only has found so far. */
struct found {
	char *name;          /* the first */
	struct strbuf names; /* all */
	int count;
};

static void take(struct found *found, char *take_name)
{
	found->count++;
	strbuf_appendf(&found->names, "%s%s", found->count > 1 ? ", " : "", take_name);
	if (found->name)
		free(take_name);
	else
		found->name = take_name;
}

static void search(DIR *directory, struct found *found)
{
	const struct dirent *entry;

	while ((entry = readdir(directory))) {
		char *name = name_of(entry->d_name);

		if (name && runs(name))
			take(found, name);
		else
			free(name);
	}
}

static int judge(struct found *found, const char *path, char **ret, struct baton_error *error)
{
	if (found->names.is_broken)
		return error_set(error, -ENOMEM, "out of memory");
	if (found->count == 0)
		return error_set(error, -ENOENT,
			"no service runs whose control socket is in \"%s\"; of another user, "
			"perhaps, or with --control",
			path);
	if (found->count > 1)
		return error_set(error, -EINVAL, "several services run, say which with --name: %s",
			found->names.text);
	*ret = take_ptr(&found->name);
	return 0;
}

int find_only(char **ret, struct baton_error *error)
{
	struct found found = { .names = STRBUF_INIT };
	cleanup_free char *path = NULL;

	if (run_directory_path(&path) < 0)
		return error_set(error, -ENOMEM, "out of memory");
	DIR *directory = opendir(path);

	if (!directory && errno != ENOENT)
		return error_set_errno(error, -errno, "cannot look into \"%s\"", path);
	if (directory) {
		search(directory, &found);
		(void)closedir(directory); /* it was only read */
	}
	int r = judge(&found, path, ret, error);

	free(found.name);
	strbuf_finish(&found.names);
	return r;
}
