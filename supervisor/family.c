/* SPDX-License-Identifier: MIT */
/* See family.h. */
#include "family.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "procfs.h"

/* As in process_tree.c: past that, the caller calls again. */
#define DEPTH_MAX  65536
#define ROUNDS_MAX 64

void family_registry_init(struct family_registry *registry)
{
	list_init(&registry->families);
}

void family_resume(struct family *family, struct family_registry *registry, struct process leader,
	const char *marker)
{
	*family = (struct family){ .registry = registry, .leader = leader, .marker = marker };
	list_append(&registry->families, &family->link);
}

int family_init(
	struct family *family, struct family_registry *registry, pid_t pid, const char *marker)
{
	struct procfs_stat stat;
	int r = procfs_stat(pid, &stat);
	if (r < 0)
		return r;
	/* Everything below it will be killed one day: it had better be ours. */
	if (stat.parent != getpid())
		return -ECHILD;
	family_resume(family, registry, (struct process){ pid, stat.start_time }, marker);
	return 0;
}

void family_finish(struct family *family)
{
	if (!family->registry)
		return;
	list_remove(&family->link);
	process_list_finish(&family->members);
	process_list_finish(&family->scratch);
	family->leader = (struct process){ 0 };
	family->registry = NULL;
}

static bool is_leader(const struct family_registry *registry, struct process process)
{
	list_for_each (link, &registry->families) {
		const struct process *leader = &container_of(link, struct family, link)->leader;

		if (leader->pid == process.pid && leader->start_time == process.start_time)
			return true;
	}
	return false;
}

/*
 * Whether the leader's pid still stands for its process group: the kernel
 * does not give a pid away while a group or a session has its number, so if
 * another process has it by now, the group was empty in between.
 */
static bool has_own_number(const struct family *family)
{
	struct procfs_stat stat;

	return procfs_stat(family->leader.pid, &stat) < 0 ||
		stat.start_time == family->leader.start_time;
}

/* Whether a process that lost its parent comes from this family. */
static bool is_orphan_of(const struct family *family, pid_t pid, const struct procfs_stat *stat)
{
	pid_t number = family->leader.pid;

	if ((stat->group == number || stat->session == number) && has_own_number(family))
		return true;
	if (process_list_has(&family->members, (struct process){ pid, stat->start_time }))
		return true;
	return family->marker && procfs_has_env(pid, family->marker) == 1;
}

/* Adds our children that are no worker but come from this family. */
static int add_orphans(struct family *family, struct process_list *list)
{
	struct process_list children = { 0 };
	struct procfs_stat stat;
	int r = process_tree_children(getpid(), &children);

	for (size_t i = 0; i < children.count && r >= 0; i++) {
		struct process child = children.items[i];

		if (is_leader(family->registry, child) || process_list_has(list, child) ||
			procfs_stat(child.pid, &stat) < 0)
			continue;
		if (is_orphan_of(family, child.pid, &stat))
			r = process_list_add(list, child);
	}
	process_list_finish(&children);
	return r < 0 ? r : 0;
}

int family_scan(struct family *family)
{
	struct process_list *list = &family->scratch;
	int r = 0;

	if (!family->registry)
		return -EINVAL;

	process_list_clear(list);
	if (process_is_alive(family->leader))
		r = process_list_add(list, family->leader);
	/* Whoever was once of the family stays so, whatever became of its parents. */
	for (size_t i = 0; i < family->members.count && r >= 0; i++) {
		struct process member = family->members.items[i];

		if (!process_list_has(list, member) && process_is_alive(member))
			r = process_list_add(list, member);
	}
	if (r >= 0)
		r = add_orphans(family, list);
	if (r >= 0)
		r = process_tree_close(list, 0);
	if (r < 0)
		return r;
	struct process_list members = *list;

	family->scratch = family->members;
	family->members = members;
	return 0;
}

int family_list(struct family *family, struct process_list *list)
{
	int r = family_scan(family);

	for (size_t i = 0; r >= 0 && i < family->members.count; i++)
		r = process_list_add(list, family->members.items[i]);
	return r < 0 ? r : 0;
}

int family_take_orphans(struct family *family)
{
	struct process_list children = { 0 };
	int r = process_tree_children(getpid(), &children);

	for (size_t i = 0; i < children.count && r >= 0; i++)
		if (!family_of(family->registry, children.items[i].pid))
			r = process_list_add(&family->members, children.items[i]);
	process_list_finish(&children);
	return r < 0 ? r : 0;
}

bool family_is_alive(struct family *family)
{
	/* Where the scan fails, for want of memory, what was known before has to do. */
	(void)family_scan(family);
	for (size_t i = 0; i < family->members.count; i++) {
		if (process_is_running(family->members.items[i]))
			return true;
	}
	return false;
}

/* The family whose leader or known member this is; whatever has the pid, if start_time is 0. */
static struct family *find_known(struct family_registry *registry, pid_t pid, uint64_t start_time)
{
	list_for_each (link, &registry->families) {
		struct family *family = container_of(link, struct family, link);
		const struct process *member = process_list_find(&family->members, pid);

		if (!member && family->leader.pid == pid)
			member = &family->leader;
		if (member && (start_time == 0 || member->start_time == start_time))
			return family;
	}
	return NULL;
}

static struct family *find_orphan(
	struct family_registry *registry, pid_t pid, const struct procfs_stat *stat)
{
	list_for_each (link, &registry->families) {
		struct family *family = container_of(link, struct family, link);

		if (is_orphan_of(family, pid, stat))
			return family;
	}
	return NULL;
}

struct family *family_of(struct family_registry *registry, pid_t pid)
{
	struct procfs_stat stat;
	pid_t self = getpid();

	for (int depth = 0; depth < DEPTH_MAX && pid > 1 && pid != self; depth++) {
		/* A sender that has ended and was reaped has left nothing but what we knew of
		 * it. */
		if (procfs_stat(pid, &stat) < 0)
			return depth == 0 ? find_known(registry, pid, 0) : NULL;
		struct family *family = find_known(registry, pid, stat.start_time);
		if (family)
			return family;
		if (stat.parent == self)
			return find_orphan(registry, pid, &stat);
		pid = stat.parent;
	}
	return NULL;
}

/*
 * The whole group at once, which no fork in it escapes. Only while the leader
 * has not been reaped is it certain that the number is no other group's.
 */
static void kill_group(const struct family *family)
{
	if (family->leader.pid > 1 && process_is_alive(family->leader))
		(void)kill(-family->leader.pid, SIGKILL); /* each member gets its own below */
}

/* One look: hits whoever is not in hit yet. 1 if there was anybody, 0, or -errno. */
static int kill_round(struct family *family, struct process_list *hit)
{
	size_t before = hit->count;
	int r = family_scan(family);

	for (size_t i = 0; i < family->members.count && r >= 0; i++) {
		struct process member = family->members.items[i];

		if (!process_list_has(hit, member) && process_is_running(member))
			r = process_list_add(hit, member);
	}
	if (r < 0 || hit->count == before)
		return r < 0 ? r : 0;
	kill_group(family);
	for (size_t i = before; i < hit->count; i++)
		(void)process_signal(hit->items[i], SIGKILL); /* gone meanwhile: as good */
	return 1;
}

int family_kill(struct family *family)
{
	struct process_list hit = { 0 };
	int r = family->registry ? 1 : 0;

	for (int round = 0; round < ROUNDS_MAX && r > 0; round++)
		r = kill_round(family, &hit);
	int count = (int)hit.count;

	process_list_finish(&hit);
	return r < 0 ? r : count;
}
