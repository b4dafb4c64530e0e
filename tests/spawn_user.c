/* SPDX-License-Identifier: MIT */
/* The user and the groups of a started process: process/spawn_user.c. */
#include <baton/spawn.h>

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/directory.h"
#include "support/process.h"
#include "support/spawning.h"
#include "support/suite.h"

START_TEST(user_brings_its_groups)
{
	if (geteuid() != 0) {
		fprintf(stderr, "skipped: only root may become another user\n");
		return;
	}
	ck_assert_str_eq(spawning_shell("id -un; id -gn; id -Gn",
				 (struct baton_spawn_options){ .user = "nobody" }),
		"nobody\nnogroup\nnogroup\n");
	ck_assert_str_eq(spawning_shell("id -u; id -g; id -G",
				 (struct baton_spawn_options){ .user = "12345", .group = "54321" }),
		"12345\n54321\n54321\n");
	ck_assert_str_eq(
		spawning_shell("id -un; id -gn",
			(struct baton_spawn_options){ .user = "65534", .group = "daemon" }),
		"nobody\ndaemon\n");
	ck_assert_int_eq(geteuid(), 0);
}
END_TEST

START_TEST(unknown_user_and_group_are_refused)
{
	char *argv[] = { "true", NULL };
	struct baton_spawn_options options = {
		.size = sizeof(options),
		.argv = argv,
		.user = "no-such-user-here",
	};
	struct baton_error error;

	ck_assert_int_eq(baton_spawn(&options, NULL, NULL, &error), -ESRCH);
	ck_assert_str_eq(error.text, "there is no user \"no-such-user-here\"");
	options.user = "12345";
	ck_assert_int_eq(baton_spawn(&options, NULL, NULL, &error), -ESRCH);
	options.user = NULL;
	options.group = "no-such-group-here";
	ck_assert_int_eq(baton_spawn(&options, NULL, NULL, &error), -ESRCH);
	ck_assert_str_eq(error.text, "there is no group \"no-such-group-here\"");
}
END_TEST

START_TEST(unprivileged_may_name_itself_and_nobody_else)
{
	char *argv[] = { "true", NULL };
	struct baton_spawn_options options = {
		.size = sizeof(options),
		.argv = argv,
		.user = "nobody",
	};
	struct baton_error error;
	int pidfd;

	if (geteuid() != 0) {
		fprintf(stderr, "skipped: only root may become another user\n");
		return;
	}
	ck_assert_int_eq(chown(directory, 65534, 65534), 0); /* to be removed after */
	gid_t none[] = { 65534 };
	ck_assert_int_eq(setgroups(1, none), 0);
	ck_assert_int_eq(setresgid(65534, 65534, 65534), 0);
	ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
	ck_assert_int_eq(baton_spawn(&options, NULL, &pidfd, &error), 0);
	ck_assert_int_eq(process_wait(pidfd), 0);
	options.user = "root";
	ck_assert_int_eq(baton_spawn(&options, NULL, &pidfd, &error), -EPERM);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		user_brings_its_groups,
		unknown_user_and_group_are_refused,
		unprivileged_may_name_itself_and_nobody_else,
	};

	return suite_run(&(struct suite){
		.name = "spawn_user",
		.cases = cases,
		.count = array_length(cases),
		.setup = directory_make,
		.teardown = directory_remove_all,
	});
}
