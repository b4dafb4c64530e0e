/* SPDX-License-Identifier: MIT */
/*
 * The family of a worker: the worker, what it started, what those started,
 * also after they called setsid or lost their parents. Needed to kill the
 * whole tree at the hammer, to know whose a notify message is, and to see who
 * waits on an inherited socket.
 *
 * The supervisor is a subreaper, so whoever loses its parent becomes its
 * child. Such an orphan belongs to the worker
 *   - whose process group or session it is in (each worker leads a group), or
 *   - in whose family it was seen by an earlier scan, or
 *   - whose marker it carries: an environment entry that only this worker was
 *     started with ("BATON_FAMILY=4711.12").
 * Not attributable is only a process that left group and session, was executed
 * with a new environment or wrote over it, and lost its parent, all between two
 * scans. It is nobody's; process_tree_kill_below(getpid()) gets it at the end.
 */
#ifndef SUPERVISOR_FAMILY_H
#define SUPERVISOR_FAMILY_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/list.h"
#include "process_tree.h"

/* All families of the supervisor. */
struct family_registry {
	struct list families;
};

/* Embedded in a worker_family; families of workers that have exited may stay as long as they
 * have members. */
struct family {
	struct list link; /* family_registry.families */
	struct family_registry *registry;
	struct process leader;       /* the worker's own process */
	const char *marker;          /* "KEY=VALUE", borrowed; NULL: none */
	struct process_list members; /* as of the last scan */
	struct process_list scratch; /* memory of the scan, kept for the next */
};

void family_registry_init(struct family_registry *registry);

/*
 * Enters the family of the worker pid: a child of ours that leads a process
 * group of its own and has not been reaped. The marker must outlive the
 * family. 0; -ESRCH; -ECHILD if it is no child of ours, as no stranger's family may be killed.
 */
int family_init(
	struct family *family, struct family_registry *registry, pid_t pid, const char *marker);

/* Enters a family that this process knew in another program (execve(2)), whatever has become of its
 * leader; its members are added by the caller. */
void family_resume(struct family *family, struct family_registry *registry, struct process leader,
	const char *marker);

/* Leaves the registry and frees the lists. Harmless on a zeroed family and a second time. */
void family_finish(struct family *family);

/*
 * Looks who belongs to the family now and writes it to family->members, the
 * leader first if it is still there; zombies count. 0 or -errno.
 */
int family_scan(struct family *family);

/* The same, and adds them to the list. 0 or -errno. */
int family_list(struct family *family, struct process_list *list);

/*
 * Takes our children that nobody can be seen to have started: for a family that is known to
 * have members left when a scan finds none. They stay in it. 0 or -errno.
 */
int family_take_orphans(struct family *family);

/* Whether anybody of the family is alive (zombies are not); scans. */
bool family_is_alive(struct family *family);

/*
 * The family of pid, or NULL for a stranger: borrowed. Also for zombies, but
 * a process that is gone altogether is known only if a scan has seen it.
 */
struct family *family_of(struct family_registry *registry, pid_t pid);

/*
 * Sends SIGKILL to the leader's process group and to every member, in rounds
 * until a scan finds nobody new. Returns how many processes were hit; a process
 * that forks faster than we look can escape one call, so call again (on a
 * timer of some milliseconds) until it returns 0. Or -errno.
 */
int family_kill(struct family *family);

#endif
