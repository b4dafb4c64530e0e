/* SPDX-License-Identifier: MIT */
/* Where control sockets are, and how they are found: supervisor/control/place.c, find.c. */
#include "control/place.h"

#include <baton/listener.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "control/find.h"
#include "settings.h"
#include "support/directory.h"
#include "support/suite.h"

static struct settings settings;
static struct baton_listener *listener, *other;
static struct baton_error error;

static void setup(void)
{
	directory_make();
	setenv("BATON_RUNTIME_DIR", directory, 1);
	settings_init(&settings);
	settings.name = strdup("app");
	listener = other = NULL;
}

static void teardown(void)
{
	baton_listener_close(listener);
	baton_listener_close(other);
	settings_finish(&settings);
	directory_remove();
}

START_TEST(socket_has_the_name_and_is_the_users_alone)
{
	char path[64];
	struct stat st;

	ck_assert_int_eq(place_open(&settings, &listener, &error), 0);
	(void)snprintf(path, sizeof(path), "%s/app.sock", directory);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	int fd = find_connect(path);

	ck_assert_int_ge(fd, 0);
	fd_close(fd);
}
END_TEST

START_TEST(name_that_was_given_and_is_taken_is_refused)
{
	ck_assert_int_eq(place_open(&settings, &listener, &error), 0);
	settings.is_named = true;
	ck_assert_int_eq(place_open(&settings, &other, &error), -EADDRINUSE);
	ck_assert_ptr_nonnull(strstr(error.text, "called \"app\" runs already"));
	ck_assert_ptr_null(other);
}
END_TEST

START_TEST(default_name_that_is_taken_gives_way)
{
	char expected[64];

	ck_assert_int_eq(place_open(&settings, &listener, &error), 0);
	ck_assert_int_eq(place_open(&settings, &other, &error), 0);
	(void)snprintf(expected, sizeof(expected), "app-%d", (int)getpid());
	ck_assert_str_eq(settings.name, expected);
	ck_assert_ptr_nonnull(other);
}
END_TEST

START_TEST(what_is_left_behind_is_replaced)
{
	ck_assert_int_eq(place_open(&settings, &listener, &error), 0);
	baton_listener_keep_path(listener); /* as if it had been killed */
	baton_listener_close(listener);
	settings.is_named = true;
	ck_assert_int_eq(place_open(&settings, &listener, &error), 0);
	ck_assert_ptr_nonnull(listener);
}
END_TEST

START_TEST(there_can_be_none)
{
	settings.control = strdup(PLACE_NONE);
	ck_assert_int_eq(place_open(&settings, &listener, &error), 0);
	ck_assert_ptr_null(listener);
}
END_TEST

START_TEST(without_a_directory_it_goes_on_without)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/none/services", directory);
	setenv("BATON_RUNTIME_DIR", path, 1);
	settings.is_named = true;
	ck_assert_int_eq(place_open(&settings, &listener, &error), 0);
	ck_assert_ptr_null(listener);
	ck_assert_ptr_nonnull(strstr(error.text, path));
}
END_TEST

START_TEST(path_that_was_asked_for_has_to_work)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/none/x.sock", directory);
	settings.control = strdup(path);
	ck_assert_int_eq(place_open(&settings, &listener, &error), -ENOENT);
	free(settings.control);
	(void)snprintf(path, sizeof(path), "%s/x?.sock", directory);
	settings.control = strdup(path);
	ck_assert_int_eq(place_open(&settings, &listener, &error), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error.text, "question mark"));
	free(settings.control);
	(void)snprintf(path, sizeof(path), "%s/x.sock", directory);
	settings.control = strdup(path);
	ck_assert_int_eq(place_open(&settings, &listener, &error), 0);
	ck_assert_int_eq(place_open(&settings, &other, &error), -EADDRINUSE);
}
END_TEST

START_TEST(relative_path_is_from_here)
{
	char expected[64];
	char *path;

	ck_assert_int_eq(chdir(directory), 0);
	ck_assert_int_eq(place_absolute("a/b", &path, &error), 0);
	(void)snprintf(expected, sizeof(expected), "%s/a/b", directory);
	ck_assert_str_eq(path, expected);
	free(path);
	ck_assert_int_eq(place_absolute("/a/b", &path, &error), 0);
	ck_assert_str_eq(path, "/a/b");
	free(path);
}
END_TEST

START_TEST(only_service_is_found)
{
	char path[64];
	char *name;

	ck_assert_int_eq(find_only(&name, &error), -ENOENT);
	ck_assert_ptr_nonnull(strstr(error.text, directory));
	ck_assert_int_eq(place_open(&settings, &listener, &error), 0);
	/* Neither a file of that name is one, nor a socket that was left behind. */
	(void)snprintf(path, sizeof(path), "%s/file.sock", directory);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	free(settings.name);
	settings.name = strdup("dead");
	ck_assert_int_eq(place_open(&settings, &other, &error), 0);
	baton_listener_keep_path(other);
	baton_listener_close(other);
	other = NULL;
	ck_assert_int_eq(find_only(&name, &error), 0);
	ck_assert_str_eq(name, "app");
	free(name);
	ck_assert_int_eq(rmdir(path), 0);

	free(settings.name);
	settings.name = strdup("dead");
	ck_assert_int_eq(place_open(&settings, &other, &error), 0);
	ck_assert_int_eq(find_only(&name, &error), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error.text, "app"));
	ck_assert_ptr_nonnull(strstr(error.text, "dead"));
}
END_TEST

START_TEST(without_a_directory_nothing_is_found)
{
	char *name;

	setenv("BATON_RUNTIME_DIR", "/nowhere/at/all", 1);
	ck_assert_int_eq(find_only(&name, &error), -ENOENT);
	ck_assert_int_eq(find_connect("/nowhere/at/all/app.sock"), -ENOENT);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		socket_has_the_name_and_is_the_users_alone,
		name_that_was_given_and_is_taken_is_refused,
		default_name_that_is_taken_gives_way,
		what_is_left_behind_is_replaced,
		there_can_be_none,
		without_a_directory_it_goes_on_without,
		path_that_was_asked_for_has_to_work,
		relative_path_is_from_here,
		only_service_is_found,
		without_a_directory_nothing_is_found,
	};
	const struct suite suite = {
		.name = "place",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
