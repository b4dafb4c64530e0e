/* SPDX-License-Identifier: MIT */
/* Starting processes, finding the program: process/spawn.c, process/spawn_program.c. */
#include <baton/spawn.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/directory.h"
#include "support/process.h"
#include "support/spawning.h"
#include "support/suite.h"

START_TEST(status_of_the_program_arrives)
{
	char *argv[] = { "/bin/sh", "-c", "exit 7", NULL };

	ck_assert_int_eq(spawning_start(argv, NULL), 7);
}
END_TEST

START_TEST(pid_and_pidfd_name_the_same_child)
{
	char *argv[] = { "true", NULL };
	struct baton_spawn_options options = { .size = sizeof(options), .argv = argv };
	siginfo_t info = { 0 };
	pid_t pid;
	int pidfd;

	ck_assert_int_eq(baton_spawn(&options, &pid, &pidfd, NULL), 0);
	ck_assert_int_eq(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED), 0);
	ck_assert_int_eq(info.si_pid, pid);
	fd_close(pidfd);
}
END_TEST

START_TEST(program_may_be_another_than_it_is_told)
{
	char *argv[] = { "/nonexistent/name", "-c", "test \"$0\" = /nonexistent/name", NULL };
	struct baton_spawn_options options = { .size = sizeof(options), .argv = argv };
	struct baton_error error;
	int pidfd;
	siginfo_t info = { 0 };

	options.program = "sh";
	ck_assert_int_eq(baton_spawn(&options, NULL, &pidfd, NULL), 0);
	ck_assert_int_eq(waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED), 0);
	ck_assert_int_eq(info.si_status, 0);
	fd_close(pidfd);
	options.program = "/nonexistent/program";
	ck_assert_int_eq(baton_spawn(&options, NULL, NULL, &error), -ENOENT);
	ck_assert_ptr_nonnull(strstr(error.text, "\"/nonexistent/program\""));
	/* Who was built before there was this. */
	options.size = offsetof(struct baton_spawn_options, program);
	ck_assert_int_eq(baton_spawn(&options, NULL, NULL, &error), -ENOENT);
	ck_assert_ptr_nonnull(strstr(error.text, "\"/nonexistent/name\""));
}
END_TEST

START_TEST(missing_program_is_named)
{
	char *argv[] = { "/nonexistent/program", NULL };
	struct baton_error error;

	/* The user's may have directories that this process may not search: that is -EACCES. */
	ck_assert_int_eq(setenv("PATH", "/bin:/usr/bin", 1), 0);
	ck_assert_int_eq(spawning_start(argv, &error), -ENOENT);
	ck_assert_str_eq(
		error.text, "cannot execute \"/nonexistent/program\": No such file or directory");
	argv[0] = "no-such-program-anywhere";
	ck_assert_int_eq(spawning_start(argv, &error), -ENOENT);
	ck_assert_str_eq(
		error.text, "cannot execute \"no-such-program-anywhere\": not found in PATH");
	argv[0] = "";
	ck_assert_int_eq(spawning_start(argv, &error), -ENOENT);
}
END_TEST

START_TEST(file_that_is_not_executable_is_refused)
{
	char path[128];
	char *argv[] = { path, NULL };
	struct baton_error error;

	spawning_write_file("plain", "#!/bin/sh\n", 0644);
	(void)snprintf(path, sizeof(path), "%s/plain", directory);
	ck_assert_int_eq(spawning_start(argv, &error), -EACCES);
	ck_assert_ptr_nonnull(strstr(error.text, path));
	ck_assert_ptr_nonnull(strstr(error.text, "Permission denied"));
}
END_TEST

START_TEST(missing_interpreter_is_told_apart)
{
	char path[128];
	char *argv[] = { path, NULL };
	struct baton_error error;

	spawning_write_file("script", "#!/nonexistent/interpreter\n", 0755);
	(void)snprintf(path, sizeof(path), "%s/script", directory);
	ck_assert_int_eq(spawning_start(argv, &error), -ENOENT);
	ck_assert_ptr_nonnull(strstr(error.text, "interpreter"));
}
END_TEST

START_TEST(script_without_interpreter_line_runs_in_the_shell)
{
	char path[128];
	char *argv[] = { path, "4", NULL };

	spawning_write_file("script", "exit $1\n", 0755);
	(void)snprintf(path, sizeof(path), "%s/script", directory);
	ck_assert_int_eq(spawning_start(argv, NULL), 4);
}
END_TEST

START_TEST(path_search_goes_on_after_a_file_it_may_not_run)
{
	char path[256];
	char *argv[] = { "tool", NULL };
	char *envp[] = { path, NULL };
	struct baton_spawn_options options = {
		.size = sizeof(options),
		.argv = argv,
		.envp = envp,
	};
	struct baton_error error;
	int pidfd;

	spawning_write_file("a", "", 0755);
	(void)snprintf(path, sizeof(path), "%s/a", directory);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	spawning_write_file("a/tool", "exit 1\n", 0644);
	(void)snprintf(path, sizeof(path), "PATH=/nonexistent:%s/a", directory);
	ck_assert_int_eq(baton_spawn(&options, NULL, &pidfd, &error), -EACCES);
	ck_assert_ptr_nonnull(strstr(error.text, "/a/tool"));
	spawning_write_file("tool", "exit 9\n", 0755);
	(void)snprintf(path, sizeof(path), "PATH=/nonexistent:%s/a:%s", directory, directory);
	ck_assert_int_eq(baton_spawn(&options, NULL, &pidfd, &error), 0);
	ck_assert_int_eq(process_wait(pidfd), 9);
}
END_TEST

START_TEST(symlink_and_workdir_are_resolved_at_each_start)
{
	char link[128], command[64];
	struct baton_error error;
	char *argv[] = { "./current/program", NULL };
	struct baton_spawn_options options = {
		.size = sizeof(options),
		.argv = argv,
		.workdir = directory,
	};
	int pidfd;

	(void)snprintf(link, sizeof(link), "%s/current", directory);
	for (int release = 1; release <= 2; release++) {
		char name[128];

		(void)snprintf(name, sizeof(name), "%s/release%d", directory, release);
		ck_assert_int_eq(mkdir(name, 0755), 0);
		(void)snprintf(name, sizeof(name), "release%d/program", release);
		(void)snprintf(command, sizeof(command), "#!/bin/sh\nexit %d\n", 10 + release);
		spawning_write_file(name, command, 0755);
		(void)unlink(link);
		(void)snprintf(name, sizeof(name), "release%d", release);
		ck_assert_int_eq(symlink(name, link), 0);
		ck_assert_int_eq(baton_spawn(&options, NULL, &pidfd, &error), 0);
		ck_assert_int_eq(process_wait(pidfd), 10 + release);
	}
	ck_assert_int_eq(unlink(link), 0);
	ck_assert_int_eq(baton_spawn(&options, NULL, &pidfd, &error), -ENOENT);
	ck_assert_ptr_nonnull(strstr(error.text, directory));
	options.workdir = "/nonexistent/directory";
	ck_assert_int_eq(baton_spawn(&options, NULL, &pidfd, &error), -ENOENT);
	ck_assert_str_eq(error.text,
		"cannot change directory to \"/nonexistent/directory\": No such file or directory");
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		status_of_the_program_arrives,
		pid_and_pidfd_name_the_same_child,
		program_may_be_another_than_it_is_told,
		missing_program_is_named,
		file_that_is_not_executable_is_refused,
		missing_interpreter_is_told_apart,
		script_without_interpreter_line_runs_in_the_shell,
		path_search_goes_on_after_a_file_it_may_not_run,
		symlink_and_workdir_are_resolved_at_each_start,
	};

	return suite_run(&(struct suite){
		.name = "spawn",
		.cases = cases,
		.count = array_length(cases),
		.setup = directory_make,
		.teardown = directory_remove_all,
	});
}
