/* SPDX-License-Identifier: MIT */
/*
 * Processes below a process. The kernel keeps no other record of descent than
 * each process' present parent: when a parent ends, its children become those
 * of the nearest subreaper (the supervisor), and who had started them is lost.
 * What can be known all the same is family.h's business.
 */
#ifndef SUPERVISOR_PROCESS_TREE_H
#define SUPERVISOR_PROCESS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct process {
	pid_t pid;
	uint64_t start_time; /* tells it from a later process of the same pid */
};

/* A list of processes; { 0 } is an empty one. */
struct process_list {
	struct process *items; /* owned */
	size_t count;
	size_t capacity;
};

/* Forgets the processes and keeps the memory for the next scan. */
void process_list_clear(struct process_list *list);

/* Frees the memory; the list is empty again. */
void process_list_finish(struct process_list *list);

/* The process with that pid in the list, or NULL; borrowed until the list changes. */
const struct process *process_list_find(const struct process_list *list, pid_t pid);

/* Whether that very process is in the list. */
bool process_list_has(const struct process_list *list, struct process process);

/* Adds the process unless it is there; an earlier one of its pid gives way to it. 1 if it was
 * added, 0 if not, or -ENOMEM. */
int process_list_add(struct process_list *list, struct process process);

/* Adds the process that has the pid now. As process_list_add, or -ESRCH. */
int process_list_add_pid(struct process_list *list, pid_t pid);

/* Whether the process, and not a later one of its pid, is still there (as a zombie, too). */
bool process_is_alive(struct process process);

/* Whether it is still there and has not ended: a zombie holds nothing any more. */
bool process_is_running(struct process process);

/* Whether the process is this one or below it. */
bool process_is_below_us(pid_t pid);

/* Adds the children of pid, those of all its threads. 0, -ESRCH or -errno. */
int process_tree_children(pid_t pid, struct process_list *list);

/* The same for kernels without CONFIG_PROC_CHILDREN, through the parent of every process there is;
 * process_tree_children falls back to it by itself. */
int process_tree_children_by_scan(pid_t pid, struct process_list *list);

/* Adds every descendant of the processes that are in the list from index first on. 0 or -errno. */
int process_tree_close(struct process_list *list, size_t first);

/* Writes root and all its descendants; what was in *ret is forgotten. 0, -ESRCH or -errno. */
int process_tree_collect(pid_t root, struct process_list *ret);

/*
 * Finds the nearest ancestor of pid (pid itself included) for which is_root
 * says yes. 0 and *ret, or -ESRCH if there is none.
 */
int process_tree_find(pid_t pid, bool (*is_root)(pid_t pid, void *data), void *data, pid_t *ret);

/*
 * Sends the signal to exactly this process: through a pidfd that is checked
 * against the start time, so that a stranger with a recycled pid is not hit.
 * 0, -ESRCH if it is gone or a zombie, or -errno.
 */
int process_signal(struct process process, int signal);

/*
 * Sends SIGKILL to everything below root, root itself and spared (NULL: none)
 * excluded, again and again until a look finds nobody alive who has not been sent
 * it. Returns how many processes were hit (0: nobody was left), or -errno; -EPERM
 * if root is neither ourselves nor below us. For the end of the supervisor
 * (root = getpid()): what could not be attributed to a worker dies here.
 */
int process_tree_kill_below(pid_t root, const struct process *spared);

#endif
