/* SPDX-License-Identifier: MIT */
/* See place.h. */
#include "control/place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <baton/address.h>
#include <baton/listener.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "log.h"
#include "run_directory.h"
#include "settings.h"

int place_path(const char *name, char **ret)
{
	cleanup_free char *directory = NULL;
	char *path;
	int r = run_directory_path(&directory);

	if (r < 0)
		return r;
	if (asprintf(&path, "%s/%s.sock", directory, name) == -1)
		return -ENOMEM;
	*ret = path;
	return 0;
}

int place_absolute(const char *path, char **ret, struct baton_error *error)
{
	cleanup_free char *directory = *path == '/' ? strdup("") : getcwd(NULL, 0);
	char *absolute;

	if (!directory)
		return error_set_errno(error, -errno, "cannot tell the working directory");
	if (asprintf(&absolute, "%s%s%s", directory, *directory ? "/" : "", path) == -1)
		return error_set(error, -ENOMEM, "out of memory");
	*ret = absolute;
	return 0;
}

/* Only the user may connect: the mode is right before anybody can. */
static int open_path(const char *path, struct baton_listener **ret, struct baton_error *error)
{
	cleanup_free char *text = NULL;
	struct baton_address *address;
	struct baton_error reason;

	if (strchr(path, '?'))
		return error_set(error, -EINVAL,
			"cannot have a control socket at \"%s\": the path has a question mark",
			path);
	if (asprintf(&text, "unix:%s?mode=0600", path) == -1) {
		text = NULL; /* what asprintf left there means nothing */
		return error_set(error, -ENOMEM, "out of memory");
	}
	int r = baton_address_parse(text, &address, &reason);
	if (r == 0) {
		r = baton_listener_open("control", address, ret, &reason);
		baton_address_destroy(address);
	}
	return r < 0 ? error_set(error, r, "cannot open the control socket: %s", reason.text) : 0;
}

static int open_name(const char *name, struct baton_listener **ret, struct baton_error *error)
{
	cleanup_free char *directory = NULL;
	cleanup_free char *path = NULL;
	int r = run_directory_make(&directory, error);
	if (r < 0)
		return r;
	if (place_path(name, &path) < 0)
		return error_set(error, -ENOMEM, "out of memory");
	return open_path(path, ret, error);
}

/* Another service of the same command runs: this one has its pid for a surname. */
static int open_other_name(
	struct settings *settings, struct baton_listener **ret, struct baton_error *error)
{
	char *name;

	if (asprintf(&name, "%.30s-%d", settings->name, (int)getpid()) == -1)
		return error_set(error, -ENOMEM, "out of memory");
	log_notice(NULL, "a service called \"%s\" runs already: this one is called \"%s\"",
		settings->name, name);
	free(settings->name);
	settings->name = name;
	return open_name(settings->name, ret, error);
}

static int open_any_name(
	struct settings *settings, struct baton_listener **ret, struct baton_error *error)
{
	int r = open_name(settings->name, ret, error);

	if (r == -EADDRINUSE && settings->is_named)
		return error_set(error, r,
			"a service called \"%s\" runs already: give this one another --name, or "
			"stop that",
			settings->name);
	if (r == -EADDRINUSE)
		r = open_other_name(settings, ret, error);
	if (r < 0) {
		log_warning(NULL, "%s; going on without one", error->text);
		*ret = NULL;
	}
	return 0;
}

int place_open(struct settings *settings, struct baton_listener **ret, struct baton_error *error)
{
	cleanup_free char *path = NULL;

	*ret = NULL;
	if (!settings->control)
		return open_any_name(settings, ret, error);
	if (strcmp(settings->control, PLACE_NONE) == 0)
		return 0;
	int r = place_absolute(settings->control, &path, error);

	return r < 0 ? r : open_path(path, ret, error);
}
