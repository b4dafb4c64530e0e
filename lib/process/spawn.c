/* SPDX-License-Identifier: MIT */
/*
 * See <baton/spawn.h>. The child is made by clone(2), whose wrapper libc
 * exports, rather than by clone3(2), for which every architecture would need
 * assembly of its own and which the usual container profiles refuse: the flags
 * and the cost are the same.
 */
#include <baton/spawn.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/close_range.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/message.h"
#include "base/options.h"
#include "base/pidfd.h"
#include "process/spawn_child.h"
#include "process/spawn_explain.h"
#include "process/spawn_filter.h"
#include "process/spawn_program.h"

_Static_assert(BATON_SPAWN_PID_SIZE == PIDFD_PID_SIZE, "what is left blank for a pid");
_Static_assert(BATON_SPAWN_PIDFDID_SIZE == PIDFD_IDENTITY_SIZE, "and for an identity");

enum {
	STACK_BYTES = 64 * 1024,
	KERNEL_SIGSET_BYTES = _NSIG / 8,
	FIRST_OPTIONS_BYTES = options_bytes(struct baton_spawn_options, pidfdid_text),
};

/* What a spawn owns until it is over. */
struct spawn {
	struct spawn_plan plan;
	char **candidates;
	char **shell_argv;
	struct baton_spawn_fd *fds;
	char *stack;   /* lowest address, a guard page; MAP_FAILED: none */
	int report_fd; /* the read end */
	int filter_fd; /* our end; -1: none */
	pid_t pid;
	int pidfd;
	int notifications; /* of the filter; -1: none */
};

static int by_target(const void *a, const void *b)
{
	const struct baton_spawn_fd *left = a, *right = b;

	return (left->to > right->to) - (left->to < right->to);
}

static int prepare_fds(
	struct spawn *spawn, const struct baton_spawn_options *options, struct baton_error *error)
{
	size_t count = options->fd_count;

	spawn->fds = calloc(count ? count : 1, sizeof(*spawn->fds));
	if (!spawn->fds)
		return error_set_errno(error, -ENOMEM, "cannot prepare descriptors");
	for (size_t i = 0; i < count; i++) {
		spawn->fds[i] = options->fds[i];
		if (spawn->fds[i].from < 0 || spawn->fds[i].to < 0 || spawn->fds[i].to == INT32_MAX)
			return error_set(error, -EINVAL, "bad descriptor in map: %d to %d",
				spawn->fds[i].from, spawn->fds[i].to);
	}
	qsort(spawn->fds, count, sizeof(*spawn->fds), by_target);
	for (size_t i = 1; i < count; i++)
		if (spawn->fds[i].to == spawn->fds[i - 1].to)
			return error_set(error, -EINVAL, "descriptor %d is mapped to twice",
				spawn->fds[i].to);
	spawn->plan.fds = spawn->fds;
	spawn->plan.fd_count = count;
	spawn->plan.fd_floor = count && spawn->fds[count - 1].to >= FD_FIRST
		? spawn->fds[count - 1].to + 1
		: FD_FIRST;
	return 0;
}

/* The PATH of the environment that the child gets, as env(1) and the shell search. */
static const char *search_path(char *const *envp)
{
	const char *entry = env_find(envp, "PATH");

	return entry ? env_value(entry) : NULL;
}

/* Takes the child's end of something and gives it a number that no target of the map has. */
static int take_above_floor(const struct spawn *spawn, int end, int *ret, struct baton_error *error)
{
	cleanup_fd int owned = end;

	*ret = fcntl(owned, F_DUPFD_CLOEXEC, spawn->plan.fd_floor);
	if (*ret == -1)
		/* EINVAL: the map reaches up to the limit itself. */
		return error_set_errno(error, errno == EINVAL ? -EMFILE : -errno,
			"cannot open a descriptor above %d", spawn->plan.fd_floor - 1);
	return 0;
}

static int prepare_report(struct spawn *spawn, struct baton_error *error)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) == -1)
		return error_set_errno(error, -errno, "cannot create a pipe");
	spawn->report_fd = ends[0];
	return take_above_floor(spawn, ends[1], &spawn->plan.report_fd, error);
}

static int prepare_filter(
	struct spawn *spawn, const struct sock_fprog *filter, struct baton_error *error)
{
	int ends[2];

	if (!filter)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1)
		return error_set_errno(error, -errno, "cannot create a pair of sockets");
	spawn->plan.filter = filter;
	spawn->filter_fd = ends[0];
	return take_above_floor(spawn, ends[1], &spawn->plan.filter_fd, error);
}

/*
 * The highest descriptor that the child must look at. Where close_range(2)
 * hides them all it looks at none, and a start costs no walk through /proc.
 */
static int find_highest_fd(void)
{
	enum { WITHOUT_PROC = 1 << 20 }; /* fs.nr_open, unless raised */
	struct rlimit limit;

	if (syscall(SYS_close_range, UINT_MAX, UINT_MAX, CLOSE_RANGE_CLOEXEC) == 0)
		return 0;
	int highest = fd_highest();
	if (highest >= 0)
		return highest;
	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 || limit.rlim_max > WITHOUT_PROC)
		return WITHOUT_PROC;
	return (int)limit.rlim_max;
}

static int prepare_stack(struct spawn *spawn, struct baton_error *error)
{
	spawn->stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	/* The lowest page guards: the stack grows downwards wherever Linux and libev run. */
	if (spawn->stack == MAP_FAILED ||
		mprotect(spawn->stack, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE) == -1)
		return error_set_errno(error, -ENOMEM, "cannot allocate a stack");
	return 0;
}

static int prepare(
	struct spawn *spawn, const struct baton_spawn_options *options, struct baton_error *error)
{
	struct spawn_plan *plan = &spawn->plan;
	int r = prepare_fds(spawn, options, error);
	if (r < 0)
		return r;
	r = spawn_user_init(&plan->user, options->user, options->group, error);
	if (r < 0)
		return r;
	plan->program = options->program ? options->program : options->argv[0];
	plan->argv = options->argv;
	plan->envp = options->envp ? options->envp : environ;
	spawn->candidates = spawn_program_candidates(plan->program, search_path(plan->envp));
	spawn->shell_argv = spawn_program_shell_argv(plan->argv);
	if (!spawn->candidates || !spawn->shell_argv)
		return error_set_errno(error, -ENOMEM, "cannot prepare the program's paths");
	plan->candidates = spawn->candidates;
	plan->shell_argv = spawn->shell_argv;
	plan->workdir = options->workdir;
	plan->new_process_group = options->new_process_group;
	plan->new_session = options->new_session;
	plan->parent_death_signal = options->parent_death_signal;
	plan->parent = getpid();
	plan->pid_text = options->pid_text;
	plan->pidfdid_text = options->pidfdid_text;

	plan->fd_highest = find_highest_fd();
	r = prepare_report(spawn, error);
	return r < 0 ? r : prepare_stack(spawn, error);
}

/*
 * Where clone is refused or does not know CLONE_VM. The child's frames lie
 * below this one, which stays as long as the parent waits.
 */
__attribute__((noinline)) static pid_t vfork_child(struct spawn_plan *plan)
{
	pid_t pid = vfork();

	if (pid == 0)
		(void)spawn_child_main(plan);
	return pid == -1 ? -errno : pid;
}

/* Makes the child; returns once it has executed the program or ended. */
static int create_child(struct spawn *spawn)
{
	int pidfd = -1; /* stays so before Linux 5.2 */
	int r = clone(spawn_child_main, spawn->stack + STACK_BYTES,
		CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &spawn->plan, &pidfd);
	if (r == -1)
		r = errno == EAGAIN || errno == ENOMEM ? -errno : vfork_child(&spawn->plan);
	if (r < 0)
		return r;
	spawn->pid = r;
	spawn->pidfd = pidfd;
	return 0;
}

/*
 * Between creation and exec no signal handler may run in the child and no
 * thread cancellation in the parent. The set is raw, as libc's wrappers leave
 * out the two signals that it uses for itself.
 */
static int create_child_undisturbed(struct spawn *spawn)
{
	uint64_t all[(_NSIG + 63) / 64], before[(_NSIG + 63) / 64];
	int cancel_state;

	memset(all, 0xff, sizeof(all));
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, all, before, KERNEL_SIGSET_BYTES);
	int r = create_child(spawn);

	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, before, NULL, KERNEL_SIGSET_BYTES);
	(void)pthread_setcancelstate(cancel_state, NULL); /* both only fail for bad arguments */
	return r;
}

/*
 * Fetches the report. With memory shared it is in the plan: the child wrote it
 * before clone returned here, or has executed the program. Where the memory was
 * copied (valgrind, qemu-user) the pipe brings it, or ends with the exec.
 */
static void fetch_report(struct spawn *spawn)
{
	struct spawn_report report;
	ssize_t length;

	fd_close(take_fd(&spawn->plan.report_fd));
	if (spawn->plan.is_shared)
		return;
	do
		length = read(spawn->report_fd, &report, sizeof(report));
	while (length == -1 && errno == EINTR);
	if (length == (ssize_t)sizeof(report))
		spawn->plan.report = report;
}

/* The host may have reaped it before us (ECHILD), with a SIGCHLD handler of its own. */
static void reap(pid_t pid)
{
	siginfo_t info;

	while (waitid(P_PID, (id_t)pid, &info, WEXITED) == -1 && errno == EINTR)
		;
}

/* Sent before the child executed the program. 0 or -errno. */
static int receive_notifications(struct spawn *spawn)
{
	struct message_extras extras;
	char byte;

	if (spawn->filter_fd == -1)
		return 0;
	ssize_t r = message_receive(spawn->filter_fd, &byte, sizeof(byte), &extras);
	if (r < 0)
		return (int)r;
	if (extras.fd_count != 1) {
		message_close_fds(&extras);
		return -EPROTO;
	}
	spawn->notifications = extras.fds[0];
	return 0;
}

/* What we need to know of the child that runs now. The pid cannot have been reused: nobody but the
 * caller reaps it. 0 or -errno. */
static int get_hold(struct spawn *spawn)
{
	if (spawn->pidfd == -1)
		spawn->pidfd = pidfd_open_pid(spawn->pid);
	return spawn->pidfd < 0 ? spawn->pidfd : receive_notifications(spawn);
}

static int start(
	struct spawn *spawn, const struct baton_spawn_options *options, struct baton_error *error)
{
	int r = create_child_undisturbed(spawn);
	if (r < 0)
		return error_set_errno(error, r, "cannot create a process");
	fetch_report(spawn);
	if (spawn->plan.report.step != SPAWN_STEP_NONE) {
		reap(spawn->pid);
		(void)spawn_explain(&spawn->plan, options, error);
		return -spawn->plan.report.code;
	}
	r = get_hold(spawn);
	if (r < 0) {
		(void)kill(spawn->pid, SIGKILL);
		reap(spawn->pid);
		return pidfd_error(error, r, "cannot get hold of the child");
	}
	return 0;
}

static void finish(struct spawn *spawn)
{
	fd_close(spawn->report_fd);
	fd_close(spawn->plan.report_fd);
	fd_close(spawn->filter_fd);
	fd_close(spawn->plan.filter_fd);
	fd_close(spawn->pidfd);
	fd_close(spawn->notifications);
	if (spawn->stack != MAP_FAILED)
		(void)munmap(spawn->stack, STACK_BYTES); /* it is a mapping of ours: cannot fail */
	spawn_user_finish(&spawn->plan.user);
	free(spawn->fds);
	free(spawn->candidates);
	free(spawn->shell_argv);
}

int spawn_filtered(const struct baton_spawn_options *options, const struct sock_fprog *filter,
	struct spawned *ret, struct baton_error *error)
{
	struct baton_spawn_options known;
	struct spawn spawn = {
		.plan = { .report_fd = -1, .filter_fd = -1 },
		.stack = MAP_FAILED,
		.report_fd = -1,
		.filter_fd = -1,
		.pidfd = -1,
		.notifications = -1,
	};

	if (options_copy(&known, sizeof(known), options, FIRST_OPTIONS_BYTES) < 0)
		return error_set(error, -EINVAL, "bad size of spawn options");
	if (!known.argv || !known.argv[0] || (known.fd_count && !known.fds))
		return error_set(error, -EINVAL, "no program to start");

	int r = prepare(&spawn, &known, error);
	if (r == 0)
		r = prepare_filter(&spawn, filter, error);
	if (r == 0)
		r = start(&spawn, &known, error);
	if (r == 0)
		*ret = (struct spawned){
			.pid = spawn.pid,
			.pidfd = take_fd(&spawn.pidfd),
			.notifications = take_fd(&spawn.notifications),
		};
	finish(&spawn);
	return r;
}

int baton_spawn(const struct baton_spawn_options *options, pid_t *ret_pid, int *ret_pidfd,
	struct baton_error *error)
{
	struct spawned spawned;
	int r = spawn_filtered(options, NULL, &spawned, error);
	if (r < 0)
		return r;
	if (ret_pid)
		*ret_pid = spawned.pid;
	if (ret_pidfd)
		*ret_pidfd = spawned.pidfd;
	else
		fd_close(spawned.pidfd);
	return 0;
}

int baton_spawn_has_pidfdid(void)
{
	uint64_t identity;

	return pidfd_own_identity(&identity) == 0;
}
