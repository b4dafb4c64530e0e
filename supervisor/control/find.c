/* SPDX-License-Identifier: MIT */
/* See find.h. */
#include "control/find.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "base/unix_connect.h"
#include "control/place.h"
#include "control/remains.h"
#include "run_directory.h"

#define CONTROL_SUFFIX ".sock"
#define HOLDER_SUFFIX  ".holder"

int find_check_peer(int fd, pid_t *ret)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == -1)
		return -errno;
	if (geteuid() != 0 && peer.uid != 0 && peer.uid != geteuid())
		return -EPERM;
	*ret = peer.pid;
	return 0;
}

int find_connect(const char *path)
{
	cleanup_fd int fd = unix_connect(path, SOCK_STREAM);
	pid_t pid;
	int r = fd < 0 ? fd : find_check_peer(fd, &pid);

	return r < 0 ? r : take_fd(&fd);
}

/* The name in a file's; NULL if it ends otherwise. The caller's. */
static char *name_of(const char *file, const char *suffix)
{
	size_t length = strlen(file), suffix_length = strlen(suffix);

	if (*file == '.' || length <= suffix_length ||
		strcmp(file + length - suffix_length, suffix) != 0)
		return NULL;
	return strndup(file, length - suffix_length);
}

static bool runs(const char *name)
{
	cleanup_free char *path = NULL;

	if (place_path(name, &path) < 0)
		return false;
	cleanup_fd int fd = find_connect(path);

	return fd >= 0 || fd == -EAGAIN;
}

/* 0 or -ENOMEM; the name is taken in either case. */
static int add(struct find_services *services, char *take_name, bool is_running)
{
	struct find_service *items =
		reallocarray(services->items, services->count + 1, sizeof(*items));

	if (!items) {
		free(take_name);
		return -ENOMEM;
	}
	services->items = items;
	items[services->count++] = (struct find_service){
		.name = take_name, .runs = is_running, .has_holder = !is_running
	};
	return 0;
}

/* What the file says of a service; a holder of one that runs has nothing to say. */
static int look_at(struct find_services *services, const char *file)
{
	struct remains remains;
	char *name = name_of(file, CONTROL_SUFFIX);

	if (name && runs(name))
		return add(services, name, true);
	free(name);
	name = name_of(file, HOLDER_SUFFIX);
	if (name && !runs(name) && remains_look(name, &remains) == 0)
		return add(services, name, false);
	free(name);
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct find_service *left = a, *right = b;

	return strcmp(left->name, right->name);
}

int find_services(struct find_services *ret, struct baton_error *error)
{
	cleanup_free char *path = NULL;
	const struct dirent *entry;
	int r = 0;

	*ret = (struct find_services){ 0 };
	if (run_directory_path(&path) < 0)
		return error_set(error, -ENOMEM, "out of memory");
	DIR *directory = opendir(path);

	if (!directory)
		return errno == ENOENT
			? 0
			: error_set_errno(error, -errno, "cannot look into \"%s\"", path);
	while (r == 0 && (entry = readdir(directory)))
		r = look_at(ret, entry->d_name);
	(void)closedir(directory); /* it was only read */
	if (ret->count > 0)
		qsort(ret->items, ret->count, sizeof(*ret->items), compare);
	return r < 0 ? error_set(error, r, "out of memory") : 0;
}

void find_services_finish(struct find_services *services)
{
	for (size_t i = 0; i < services->count; i++)
		free(services->items[i].name);
	free(services->items);
	*services = (struct find_services){ 0 };
}

static int none_runs(const struct find_services *services, struct baton_error *error)
{
	cleanup_free char *path = NULL;
	struct remains remains;

	/* The first will do: baton list has them all. */
	for (size_t i = 0; i < services->count; i++)
		if (remains_look(services->items[i].name, &remains) == 0)
			return remains_error(services->items[i].name, &remains, error);
	return error_set(error, -ENOENT,
		"no service runs whose control socket is in \"%s\"; of another user, "
		"perhaps, or with --control",
		run_directory_path(&path) == 0 ? path : "?");
}

static int judge(struct find_services *services, char **ret, struct baton_error *error)
{
	struct strbuf names = STRBUF_INIT;
	struct find_service *only = NULL;
	int count = 0;

	for (size_t i = 0; i < services->count; i++) {
		if (!services->items[i].runs)
			continue;
		only = &services->items[i];
		strbuf_appendf(&names, "%s%s", count++ > 0 ? ", " : "", only->name);
	}
	cleanup_free char *text = strbuf_take(&names);

	if (!only)
		return none_runs(services, error);
	if (count > 1)
		return error_set(error, -EINVAL, "several services run, say which with --name: %s",
			text ? text : "");
	*ret = take_ptr(&only->name);
	return 0;
}

int find_only(char **ret, struct baton_error *error)
{
	struct find_services services;
	int r = find_services(&services, error);

	if (r == 0)
		r = judge(&services, ret, error);
	find_services_finish(&services);
	return r;
}
