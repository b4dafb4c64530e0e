/* SPDX-License-Identifier: MIT */
/*
 * Starts a process with exactly the descriptors, environment, directory, user
 * and signal state asked for, at a cost that does not grow with the starter's
 * memory: clone(2) with CLONE_VM | CLONE_VFORK | CLONE_PIDFD, vfork(2) with
 * pidfd_open(2) where that is refused.
 */
#ifndef BATON_SPAWN_H
#define BATON_SPAWN_H

#include <baton/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

BATON_BEGIN

/* The child's descriptor `to` is a duplicate of the caller's `from`. */
struct baton_spawn_fd {
	int from;
	int to;
};

struct baton_spawn_options {
	size_t size; /* sizeof(struct baton_spawn_options) */
	/* argv[0] is looked up anew in the PATH of envp, as execvp(3) does, unless it has a '/'; a
	 * relative path is then taken from workdir. */
	char *const *argv;
	char *const *envp;                /* NULL: the caller's environ */
	const struct baton_spawn_fd *fds; /* in any order; 0 to 2 are the caller's unless mapped,
	                                   * close-on-exec or not; nothing else is open */
	size_t fd_count;
	const char *workdir;    /* resolved anew; NULL: the caller's */
	const char *user;       /* name or number; NULL: the caller's. With its groups */
	const char *group;      /* name or number; NULL: the user's. A user that is a number without
	                          * an entry in passwd(5) needs it */
	bool new_process_group; /* the child leads a process group of its own */
	bool new_session;       /* the child leads a session, and a process group, of its own */
	int parent_death_signal; /* PR_SET_PDEATHSIG: sent when the calling *thread* ends; 0: none */
	/*
	 * Set after the fork to the child's own pid, in decimal: points into a
	 * string of envp (the digits of "LISTEN_PID=..."), with room for
	 * BATON_SPAWN_PID_SIZE bytes. NULL: none. Likewise the inode of its pidfd.
	 */
	char *pid_text;
	char *pidfdid_text;
	/* What is executed, found as argv[0] is, whatever that says; NULL: argv[0]. */
	const char *program;
};

#define BATON_SPAWN_PID_SIZE     12 /* with the NUL */
#define BATON_SPAWN_PIDFDID_SIZE 21 /* with the NUL */

/*
 * Starts argv. All signals have their default action and none is blocked in
 * the child. The pid must be reaped and the pidfd (close-on-exec) closed by the caller; either
 * ret may be NULL, the child must be reaped all the same. May block as long as
 * the file system takes to open the program, not longer.
 *
 * Returns 0 once exec succeeded. Otherwise no child is left and the result is
 * -errno of the step that failed: -ENOENT, -EACCES, ... from the exec of the
 * program or the change of directory, -EPERM from the change of user,
 * -EINVAL for bad options, -ESRCH for an unknown user or group. error names
 * the step and the path.
 */
BATON_API int baton_spawn(const struct baton_spawn_options *options, pid_t *ret_pid, int *ret_pidfd,
	struct baton_error *error);

/*
 * Whether this kernel identifies processes by the inode of their pidfd
 * (pidfs, Linux 6.9), which LISTEN_PIDFDID needs: 1 or 0.
 */
BATON_API int baton_spawn_has_pidfdid(void);

BATON_END

#endif
