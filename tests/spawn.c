/* SPDX-License-Identifier: MIT */
/* Starting processes: process/spawn.c. */
#include <baton/spawn.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "base/fd.h"
#include "support/directory.h"
#include "support/process.h"
#include "support/suite.h"

static char output[4096];

static void write_file(const char *name, const char *text, mode_t mode)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	fd_close(fd);
}

/* The output of a shell command started with these options. */
static const char *shell(const char *command, struct baton_spawn_options options)
{
	char *argv[] = { "sh", "-c", (char *)(uintptr_t)command, NULL };

	options.size = sizeof(options);
	options.argv = argv;
	ck_assert_int_eq(process_capture(&options, output, sizeof(output)), 0);
	return output;
}

static int start(char *const *argv, struct baton_error *error)
{
	struct baton_spawn_options options = { .size = sizeof(options), .argv = argv };
	int pidfd;
	int r = baton_spawn(&options, NULL, &pidfd, error);

	return r < 0 ? r : process_wait(pidfd);
}

START_TEST(status_of_the_program_arrives)
{
	char *argv[] = { "/bin/sh", "-c", "exit 7", NULL };

	ck_assert_int_eq(start(argv, NULL), 7);
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

START_TEST(missing_program_is_named)
{
	char *argv[] = { "/nonexistent/program", NULL };
	struct baton_error error;

	/* The user's may have directories that this process may not search: that is -EACCES. */
	ck_assert_int_eq(setenv("PATH", "/bin:/usr/bin", 1), 0);
	ck_assert_int_eq(start(argv, &error), -ENOENT);
	ck_assert_str_eq(
		error.text, "cannot execute \"/nonexistent/program\": No such file or directory");
	argv[0] = "no-such-program-anywhere";
	ck_assert_int_eq(start(argv, &error), -ENOENT);
	ck_assert_str_eq(
		error.text, "cannot execute \"no-such-program-anywhere\": not found in PATH");
	argv[0] = "";
	ck_assert_int_eq(start(argv, &error), -ENOENT);
}
END_TEST

START_TEST(file_that_is_not_executable_is_refused)
{
	char path[128];
	char *argv[] = { path, NULL };
	struct baton_error error;

	write_file("plain", "#!/bin/sh\n", 0644);
	(void)snprintf(path, sizeof(path), "%s/plain", directory);
	ck_assert_int_eq(start(argv, &error), -EACCES);
	ck_assert_ptr_nonnull(strstr(error.text, path));
	ck_assert_ptr_nonnull(strstr(error.text, "Permission denied"));
}
END_TEST

START_TEST(missing_interpreter_is_told_apart)
{
	char path[128];
	char *argv[] = { path, NULL };
	struct baton_error error;

	write_file("script", "#!/nonexistent/interpreter\n", 0755);
	(void)snprintf(path, sizeof(path), "%s/script", directory);
	ck_assert_int_eq(start(argv, &error), -ENOENT);
	ck_assert_ptr_nonnull(strstr(error.text, "interpreter"));
}
END_TEST

START_TEST(script_without_interpreter_line_runs_in_the_shell)
{
	char path[128];
	char *argv[] = { path, "4", NULL };

	write_file("script", "exit $1\n", 0755);
	(void)snprintf(path, sizeof(path), "%s/script", directory);
	ck_assert_int_eq(start(argv, NULL), 4);
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

	write_file("a", "", 0755);
	(void)snprintf(path, sizeof(path), "%s/a", directory);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	write_file("a/tool", "exit 1\n", 0644);
	(void)snprintf(path, sizeof(path), "PATH=/nonexistent:%s/a", directory);
	ck_assert_int_eq(baton_spawn(&options, NULL, &pidfd, &error), -EACCES);
	ck_assert_ptr_nonnull(strstr(error.text, "/a/tool"));
	write_file("tool", "exit 9\n", 0755);
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
		write_file(name, command, 0755);
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
	(void)shell(command, (struct baton_spawn_options){ .fds = fds, .fd_count = count });
	for (int fd = 23; fd <= 27; fd++)
		fd_close(fd);
	return output;
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
	shell("for n in 0 1 2; do test -e /proc/self/fd/$n || exit 1; done; echo kept",
		(struct baton_spawn_options){ 0 });
	ck_assert_str_eq(output, "kept\n");
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

START_TEST(signals_are_default_and_unblocked_in_the_child)
{
	sigset_t some;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGRTMIN + 1, SIG_IGN);
	(void)sigemptyset(&some);
	(void)sigaddset(&some, SIGTERM);
	(void)sigaddset(&some, SIGRTMIN + 2);
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, &some, NULL), 0);
	ck_assert_str_eq(shell("grep -E 'Sig(Blk|Ign)' /proc/self/status",
				 (struct baton_spawn_options){ 0 }),
		"SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
	/* and the parent's mask is as it was */
	sigset_t after;

	ck_assert_int_eq(sigprocmask(SIG_BLOCK, NULL, &after), 0);
	ck_assert_int_eq(sigismember(&after, SIGTERM), 1);
	ck_assert_int_eq(sigismember(&after, SIGINT), 0);
}
END_TEST

static volatile sig_atomic_t handled;

static void on_signal(int signal)
{
	(void)signal;
	handled = handled + 1;
}

START_TEST(signal_handler_of_the_parent_never_runs_in_the_child)
{
	/* The whole group is signalled while children are between creation and exec. */
	char *argv[] = { "true", NULL };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct baton_spawn_options options = {
		.size = sizeof(options),
		.argv = argv,
		.new_session = true,
	};
	int pidfd;

	ck_assert_int_eq(sigaction(SIGWINCH, &action, NULL), 0);
	for (int i = 1; i <= 20; i++) {
		ck_assert_int_eq(raise(SIGWINCH), 0);
		ck_assert_int_eq(baton_spawn(&options, NULL, &pidfd, NULL), 0);
		ck_assert_int_eq(process_wait(pidfd), 0);
		ck_assert_int_eq(handled, i);
	}
}
END_TEST

START_TEST(pid_is_written_into_the_environment)
{
	char pid_entry[] = "LISTEN_PID=           ";
	char pidfdid_entry[] = "LISTEN_PIDFDID=                     ";
	char path[] = "PATH=/bin:/usr/bin";
	char *envp[] = { pid_entry, pidfdid_entry, path, NULL };

	(void)shell("test $LISTEN_PID = $$ && echo same $LISTEN_PIDFDID",
		(struct baton_spawn_options){
			.envp = envp,
			.pid_text = pid_entry + strlen("LISTEN_PID="),
			.pidfdid_text = pidfdid_entry + strlen("LISTEN_PIDFDID="),
		});
	ck_assert_int_eq(strncmp(output, "same ", 5), 0);
	ck_assert_int_gt(atoll(output + 5), 0);
	ck_assert_int_ge(baton_spawn_has_pidfdid(), 0);
}
END_TEST

START_TEST(session_and_process_group_are_its_own)
{
	const char *ids = "cut -d' ' -f5,6 /proc/$$/stat | tr '\\n' ' '; echo $$";
	int group, session, pid;

	(void)shell(ids, (struct baton_spawn_options){ .new_process_group = true });
	ck_assert_int_eq(sscanf(output, "%d %d %d", &group, &session, &pid), 3);
	ck_assert_int_eq(group, pid);
	ck_assert_int_eq(session, getsid(0));
	(void)shell(ids, (struct baton_spawn_options){ .new_session = true });
	ck_assert_int_eq(sscanf(output, "%d %d %d", &group, &session, &pid), 3);
	ck_assert_int_eq(group, pid);
	ck_assert_int_eq(session, pid);
}
END_TEST

START_TEST(user_brings_its_groups)
{
	if (geteuid() != 0) {
		fprintf(stderr, "skipped: only root may become another user\n");
		return;
	}
	ck_assert_str_eq(
		shell("id -un; id -gn; id -Gn", (struct baton_spawn_options){ .user = "nobody" }),
		"nobody\nnogroup\nnogroup\n");
	ck_assert_str_eq(shell("id -u; id -g; id -G",
				 (struct baton_spawn_options){ .user = "12345", .group = "54321" }),
		"12345\n54321\n54321\n");
	ck_assert_str_eq(
		shell("id -un; id -gn",
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

START_TEST(child_dies_with_its_parent_if_asked)
{
	int ends[2], pidfd;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid_t parent = fork();

	if (parent == 0) {
		char *argv[] = { "sleep", "1000", NULL };
		const struct baton_spawn_fd fds[] = { { ends[1], 3 } };
		struct baton_spawn_options options = {
			.size = sizeof(options),
			.argv = argv,
			.fds = fds,
			.fd_count = 1,
			.parent_death_signal = SIGKILL,
		};

		_exit(baton_spawn(&options, NULL, &pidfd, NULL) == 0 ? 0 : 1);
	}
	int status;

	fd_close(ends[1]);
	ck_assert_int_eq(waitpid(parent, &status, 0), parent);
	ck_assert_int_eq(status, 0);
	process_read_all(ends[0], output, sizeof(output)); /* its end: the sleep is gone */
	fd_close(ends[0]);
}
END_TEST

/* Makes clone(2) and close_range(2) answer ENOSYS, as some containers do, from here on. */
static void refuse_system_calls(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = array_length(filter), .filter = filter };

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

/* 0, or the number of what failed. The filter cannot be taken back: to be run in a child. */
static int spawn_under_the_filter(int fd)
{
	char *argv[] = { "sh", "-c", "test -e /proc/self/fd/5 && test ! -e /proc/self/fd/50",
		NULL };
	/* Lower than the descriptor that is not to be seen. */
	const struct rlimit limit = { .rlim_cur = 40, .rlim_max = 40 };
	char *missing[] = { "/nonexistent/program", NULL };
	const struct baton_spawn_fd fds[] = { { fd, 5 } };
	struct baton_spawn_options options = {
		.size = sizeof(options),
		.argv = argv,
		.fds = fds,
		.fd_count = 1,
	};
	int pidfd;

	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		return 4;
	refuse_system_calls();
	if (baton_spawn(&options, NULL, &pidfd, NULL) < 0)
		return 1;
	if (process_wait(pidfd) != 0)
		return 2;
	return start(missing, NULL) == -ENOENT ? 0 : 3;
}

START_TEST(refused_system_calls_are_replaced)
{
	int fd = fcntl(0, F_DUPFD, 50); /* without close-on-exec */
	int status;

	ck_assert_int_eq(fd, 50);
	pid_t pid = fork();

	if (pid == 0)
		_exit(spawn_under_the_filter(fd));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	fd_close(fd);
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
	ck_assert_int_eq(start(argv, &error), -EMFILE);
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		status_of_the_program_arrives,
		pid_and_pidfd_name_the_same_child,
		missing_program_is_named,
		file_that_is_not_executable_is_refused,
		missing_interpreter_is_told_apart,
		script_without_interpreter_line_runs_in_the_shell,
		path_search_goes_on_after_a_file_it_may_not_run,
		symlink_and_workdir_are_resolved_at_each_start,
		swapped_and_cyclic_maps_are_exact,
		child_has_exactly_the_descriptors_of_the_map,
		standard_streams_are_kept_even_if_close_on_exec,
		bad_maps_are_refused,
		signals_are_default_and_unblocked_in_the_child,
		signal_handler_of_the_parent_never_runs_in_the_child,
		pid_is_written_into_the_environment,
		session_and_process_group_are_its_own,
		user_brings_its_groups,
		unknown_user_and_group_are_refused,
		unprivileged_may_name_itself_and_nobody_else,
		child_dies_with_its_parent_if_asked,
		refused_system_calls_are_replaced,
		no_free_descriptor_is_an_error,
	};

	return suite_run(&(struct suite){
		.name = "spawn",
		.cases = cases,
		.count = array_length(cases),
		.setup = directory_make,
		.teardown = directory_remove_all,
	});
}
