/* SPDX-License-Identifier: MIT */
/* Signals, environment, session and limits of a started process: process/spawn_child.c. */
#include <baton/spawn.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
#include "support/spawning.h"
#include "support/suite.h"

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
	ck_assert_str_eq(spawning_shell("grep -E 'Sig(Blk|Ign)' /proc/self/status",
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

	(void)spawning_shell("test $LISTEN_PID = $$ && echo same $LISTEN_PIDFDID",
		(struct baton_spawn_options){
			.envp = envp,
			.pid_text = pid_entry + strlen("LISTEN_PID="),
			.pidfdid_text = pidfdid_entry + strlen("LISTEN_PIDFDID="),
		});
	ck_assert_int_eq(strncmp(spawning_output, "same ", 5), 0);
	ck_assert_int_gt(atoll(spawning_output + 5), 0);
	ck_assert_int_ge(baton_spawn_has_pidfdid(), 0);
}
END_TEST

START_TEST(session_and_process_group_are_its_own)
{
	const char *ids = "cut -d' ' -f5,6 /proc/$$/stat | tr '\\n' ' '; echo $$";
	int group, session, pid;

	(void)spawning_shell(ids, (struct baton_spawn_options){ .new_process_group = true });
	ck_assert_int_eq(sscanf(spawning_output, "%d %d %d", &group, &session, &pid), 3);
	ck_assert_int_eq(group, pid);
	ck_assert_int_eq(session, getsid(0));
	(void)spawning_shell(ids, (struct baton_spawn_options){ .new_session = true });
	ck_assert_int_eq(sscanf(spawning_output, "%d %d %d", &group, &session, &pid), 3);
	ck_assert_int_eq(group, pid);
	ck_assert_int_eq(session, pid);
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
	process_read_all(
		ends[0], spawning_output, sizeof(spawning_output)); /* its end: the sleep is gone */
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
	return spawning_start(missing, NULL) == -ENOENT ? 0 : 3;
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

int main(void)
{
	const TTest *cases[] = {
		signals_are_default_and_unblocked_in_the_child,
		signal_handler_of_the_parent_never_runs_in_the_child,
		pid_is_written_into_the_environment,
		session_and_process_group_are_its_own,
		child_dies_with_its_parent_if_asked,
		refused_system_calls_are_replaced,
	};

	return suite_run(&(struct suite){
		.name = "spawn_state",
		.cases = cases,
		.count = array_length(cases),
		.setup = directory_make,
		.teardown = directory_remove_all,
	});
}
