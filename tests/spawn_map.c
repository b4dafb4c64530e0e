/* SPDX-License-Identifier: MIT */
/* The descriptors of a started process: process/spawn_child.c. */
#include <baton/spawn.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/directory.h"
#include "support/process.h"
#include "support/spawning.h"
#include "support/suite.h"

/* Opens a file that holds its own number, so that it can be told where it went. */
static int numbered_file(int number)
{
	char text[16];
	int fd = memfd_create("numbered", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	(void)snprintf(text, sizeof(text), "%d\n", number);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	int placed = fcntl(fd, F_DUPFD_CLOEXEC, number);

	ck_assert_int_eq(placed, number);
	fd_close(fd);
	return placed;
}

/* Starts with this map over open descriptors 23 to 27 and says what is found at each target. */
static const char *map(const struct baton_spawn_fd *fds, size_t count)
{
	char command[256] = "";

	for (int fd = 23; fd <= 27; fd++)
		ck_assert_int_eq(numbered_file(fd), fd);
	for (size_t i = 0; i < count; i++) {
		char part[64];

		(void)snprintf(part, sizeof(part), "cat /proc/self/fd/%d;", fds[i].to);
		(void)strncat(command, part, sizeof(command) - strlen(command) - 1);
	}
	(void)spawning_shell(
		command, (struct baton_spawn_options){ .fds = fds, .fd_count = count });
	for (int fd = 23; fd <= 27; fd++)
		fd_close(fd);
	return spawning_output;
}

START_TEST(swapped_and_cyclic_maps_are_exact)
{
	const struct baton_spawn_fd swap[] = { { 23, 24 }, { 24, 23 } };
	const struct baton_spawn_fd cycle[] = { { 25, 23 }, { 23, 24 }, { 24, 25 } };
	const struct baton_spawn_fd shift[] = { { 23, 24 }, { 24, 25 }, { 25, 26 }, { 26, 27 } };
	const struct baton_spawn_fd spread[] = { { 23, 25 }, { 23, 23 }, { 23, 24 }, { 25, 26 } };

	ck_assert_str_eq(map(swap, 2), "23\n24\n");
	ck_assert_str_eq(map(cycle, 3), "25\n23\n24\n");
	ck_assert_str_eq(map(shift, 4), "23\n24\n25\n26\n");
	ck_assert_str_eq(map(spread, 4), "23\n23\n23\n25\n");
}
END_TEST

START_TEST(child_has_exactly_the_descriptors_of_the_map)
{
	char *argv[] = { PROCESS_PROGRAM("fd-checker"), "0", "1", "2", "5", "700", NULL };
	int low = open("/dev/null", O_RDONLY); /* without close-on-exec, like a careless host's */
	int high = fcntl(low, F_DUPFD, 900);
	const struct baton_spawn_fd fds[] = { { low, 700 }, { high, 5 } };
	struct baton_spawn_options options = {
		.size = sizeof(options),
		.argv = argv,
		.fds = fds,
		.fd_count = 2,
	};
	int pidfd;

	ck_assert_int_eq(baton_spawn(&options, NULL, &pidfd, NULL), 0);
	ck_assert_int_eq(process_wait(pidfd), 0);
	options.fd_count = 0;
	argv[4] = NULL;
	ck_assert_int_eq(baton_spawn(&options, NULL, &pidfd, NULL), 0);
	ck_assert_int_eq(process_wait(pidfd), 0);
	fd_close(low);
	fd_close(high);
}
END_TEST

START_TEST(standard_streams_are_kept_even_if_close_on_exec)
{
	for (int fd = 0; fd < 3; fd++)
		ck_assert_int_eq(fd_set_cloexec(fd, true), 0);
	spawning_shell("for n in 0 1 2; do test -e /proc/self/fd/$n || exit 1; done; echo kept",
		(struct baton_spawn_options){ 0 });
	ck_assert_str_eq(spawning_output, "kept\n");
	for (int fd = 0; fd < 3; fd++)
		ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC); /* here it is as it was */
}
END_TEST

START_TEST(bad_maps_are_refused)
{
	char *argv[] = { "true", NULL };
	struct baton_spawn_fd fds[] = { { 0, 5 }, { 1, 5 } };
	struct baton_spawn_options options = {
		.size = sizeof(options),
		.argv = argv,
		.fds = fds,
		.fd_count = 2,
	};
	struct baton_error error;

	ck_assert_int_eq(baton_spawn(&options, NULL, NULL, &error), -EINVAL);
	ck_assert_str_eq(error.text, "descriptor 5 is mapped to twice");
	fds[1].to = -1;
	ck_assert_int_eq(baton_spawn(&options, NULL, NULL, &error), -EINVAL);
	fds[1] = (struct baton_spawn_fd){ 555, 6 };
	ck_assert_int_eq(baton_spawn(&options, NULL, NULL, &error), -EBADF);
	ck_assert_str_eq(error.text, "cannot pass descriptor 555: Bad file descriptor");
	options.argv = NULL;
	ck_assert_int_eq(baton_spawn(&options, NULL, NULL, &error), -EINVAL);
	ck_assert_int_eq(baton_spawn(NULL, NULL, NULL, &error), -EINVAL);
	options.argv = argv;
	options.fd_count = 0;
	options.size = offsetof(struct baton_spawn_options, pidfdid_text) + 1; /* within a member */
	ck_assert_int_eq(baton_spawn(&options, NULL, NULL, &error), -EINVAL);
	ck_assert_str_eq(error.text, "bad size of spawn options");
}
END_TEST

START_TEST(no_free_descriptor_is_an_error)
{
	char *argv[] = { "true", NULL };
	struct baton_error error;
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 4;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(spawning_start(argv, &error), -EMFILE);
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		swapped_and_cyclic_maps_are_exact,
		child_has_exactly_the_descriptors_of_the_map,
		standard_streams_are_kept_even_if_close_on_exec,
		bad_maps_are_refused,
		no_free_descriptor_is_an_error,
	};

	return suite_run(&(struct suite){
		.name = "spawn_map",
		.cases = cases,
		.count = array_length(cases),
		.setup = directory_make,
		.teardown = directory_remove_all,
	});
}
