/* SPDX-License-Identifier: MIT */
/*
 * Calls that remove and rename files. The file of a held socket stays until
 * nobody wants the socket any more: a server that ends removes it when its successor is
 * already reached by it, and one that starts does so before it binds.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "adopt/adopt.h"
#include "adopt/broker.h"
#include "adopt/filter.h"
#include "adopt/notification.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/parse.h"
#include "family.h"
#include "procfs.h"
#include "task.h"

/* Of a file with a pid and a line end; what is longer is none. */
enum { PID_FILE_SIZE = 16, FD_DIGITS = 11, NAME_ROOM = 8 };

/* Where a call has its paths: the index of each argument; -1: there is none. */
struct places {
	int directory, path;
};

/* Opens what one of the paths names. 0 or -errno; the descriptor is the caller's. */
static int open_path(
	const struct notification *notification, struct places places, struct binding_path *ret)
{
	char path[PATH_MAX];
	int directory =
		places.directory < 0 ? AT_FDCWD : (int)notification->arguments[places.directory];
	int r = task_read_string(
		notification->tid, notification->arguments[places.path], path, sizeof(path));
	return r < 0 ? r : binding_path_open(notification->tid, directory, path, ret);
}

static bool is_same_name(const struct binding_path *a, const struct binding_path *b)
{
	struct stat first, second;

	return strcmp(a->name, b->name) == 0 && fstat(a->directory, &first) == 0 &&
		fstat(b->directory, &second) == 0 && first.st_dev == second.st_dev &&
		first.st_ino == second.st_ino;
}

/* A second name of a held socket may go: clients do not use it. */
static bool is_second_name(const struct held *held, const struct binding_path *path)
{
	struct stat status;

	return binding_path_stat(path, &status) && status.st_nlink > 1 &&
		!is_same_name(&held->binding.path, path);
}

static bool is_kept(const struct broker *broker, const struct binding_path *path)
{
	const struct adopt *adopt = broker->options.adopt;
	char *const *keep = adopt->keep_files;
	struct stat status, kept;

	if (!broker->claimant.is_retired || adopt->is_over || !keep ||
		!binding_path_stat(path, &status))
		return false;
	for (; *keep; keep++)
		if (lstat(*keep, &kept) == 0 && kept.st_dev == status.st_dev &&
			kept.st_ino == status.st_ino)
			return true;
	return false;
}

/* The living process that the file names, if that is all there is in it; 0 otherwise. */
static pid_t read_pid_file(const struct binding_path *path)
{
	char text[PID_FILE_SIZE];
	struct procfs_stat status;
	struct stat file;
	int pid;

	/* To open anything else may do something to it. */
	if (!binding_path_stat(path, &file) || !S_ISREG(file.st_mode))
		return 0;
	cleanup_fd int fd = openat(path->directory, path->name,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	ssize_t length = fd == -1 ? -1 : pread(fd, text, sizeof(text) - 1, 0);

	if (length <= 0)
		return 0;
	text[length] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	return parse_int(text, 1, INT_MAX, &pid) == 0 && procfs_stat(pid, &status) == 0 ? pid : 0;
}

/* Whether the process is another worker's, or nobody's. */
static bool is_stranger(const struct broker *broker, pid_t pid)
{
	struct family *family = broker->options.family;

	return !family || (family_scan(family) == 0 && !process_list_find(&family->members, pid));
}

/* The full name of the path, which may have been given relative to anything. */
static void write_name(const struct binding_path *path, char *ret, size_t size)
{
	char link[sizeof("/proc/self/fd/") + FD_DIGITS], directory[PATH_MAX];

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", path->directory);
	ssize_t length = readlink(link, directory, sizeof(directory) - 1);

	directory[length > 0 ? length : 0] = '\0';
	(void)snprintf(ret, size, "%s%s%s", directory, length == 1 ? "" : "/", path->name);
}

/* It is let pass; but if the file is the successor's by now, whoever looks for that is lost. */
static void warn_of_pid_file(const struct broker *broker, const struct binding_path *path)
{
	struct log_where where = broker->options.where;
	char name[PATH_MAX + sizeof(path->name)];

	if (!broker->claimant.is_retired || broker->options.adopt->is_over)
		return;
	pid_t pid = read_pid_file(path);

	if (!pid || !is_stranger(broker, pid))
		return;
	write_name(path, name, sizeof(name));
	where.event = "pid-file";
	where.subject = name;
	log_warning(&where, "removes \"%s\", its successor's pid file: see --keep-file", name);
}

static int let_remove(const struct broker *broker, const struct notification *notification,
	const struct binding_path *path)
{
	warn_of_pid_file(broker, path);
	return notification_let_pass(notification);
}

int broker_on_unlink(struct broker *broker, const struct notification *notification)
{
	bool is_at = filter_call(notification->arch, notification->number) == FILTER_CALL_UNLINKAT;
	struct binding_path path;

	if (is_at && notification->arguments[2] & AT_REMOVEDIR)
		return notification_let_pass(notification);
	held_settle(&broker->options.adopt->held, notification->tid);
	/* What cannot be read is the kernel's to refuse. */
	if (open_path(notification, is_at ? (struct places){ 0, 1 } : (struct places){ -1, 0 },
		    &path) < 0)
		return notification_let_pass(notification);
	cleanup_fd int directory = path.directory;
	const struct held *held = held_find_file(&broker->options.adopt->held, &path);
	bool is_ours = held && !is_second_name(held, &path);

	(void)directory;
	if (!is_ours && !is_kept(broker, &path))
		return let_remove(broker, notification, &path);
	struct log_where where = broker->options.where;

	if (is_ours && broker->claimant.is_retired) {
		where.event = "unlink";
		where.subject = path.name;
	}
	log_info(&where, "removes \"%s\", which is %s: left as it is", path.name,
		is_ours ? "a held socket" : "to be kept");
	return notification_answer(notification, 0);
}

struct renaming {
	struct binding_path from, to;
	bool is_exchange; /* both are there afterwards (RENAME_EXCHANGE) */
	bool is_new;      /* nothing may be there before (RENAME_NOREPLACE) */
};

/* A socket was bound beside a held one, to take its place: it is the held one that gets the place
 * of the fresh one instead, and the fresh one's file goes, unless it is to be there. */
static int substitute(struct broker *broker, const struct notification *notification,
	const struct renaming *renaming, struct held *fresh, struct held *held)
{
	const struct binding_path *path = &renaming->from;
	char from[BINDING_TEXT_SIZE], text[BINDING_TEXT_SIZE];
	struct log_where where = broker->options.where;
	int r = broker_replace(broker, notification, fresh->binding.socket, held);

	if (r == -ENOENT)
		return r;
	if (r < 0)
		return notification_let_pass(notification);
	where.event = "rename";
	where.subject = binding_text(&fresh->binding, from, sizeof(from));
	log_info(&where, "renames a socket to %s, and gets the one that is held",
		binding_text(&held->binding, text, sizeof(text)));
	/* Looked at once more: the server may be anybody, and baton root. */
	if (!renaming->is_exchange && held_find_file(&broker->options.adopt->held, path) == fresh)
		(void)unlinkat(path->directory, path->name, 0); /* no right to: it stays */
	held_destroy(fresh);
	return notification_answer(notification, 0);
}

static void tell_rename(
	const struct broker *broker, const struct held *held, const struct binding_path *to)
{
	char text[BINDING_TEXT_SIZE], name[PATH_MAX + sizeof(to->name)];
	struct log_where where = broker->options.where;

	write_name(to, name, sizeof(name));
	where.event = "rename";
	where.subject = binding_text(&held->binding, text, sizeof(text));
	log_info(&where, "renames %s to \"%s\"", where.subject, name);
	(void)snprintf(text, sizeof(text), "unix:%.*s", BINDING_TEXT_SIZE - NAME_ROOM, name);
	where.event = "bind";
	log_info(&where, "is found at %s from now on", where.subject);
}

/* What is fresh is the first path: of an exchange it may be either. */
static void sort(const struct broker *broker, struct renaming *renaming)
{
	const struct held_table *table = &broker->options.adopt->held;
	unsigned generation = broker->claimant.generation;
	const struct held *from = held_find_file(table, &renaming->from);
	const struct held *to = held_find_file(table, &renaming->to);
	struct binding_path first = renaming->from;

	if (!to || (from && (held_is_of(from, generation) || !held_is_of(to, generation))))
		return;
	renaming->from = renaming->to;
	renaming->to = first;
}

static int rename_file(
	struct broker *broker, const struct notification *notification, struct renaming *renaming)
{
	struct held_table *table = &broker->options.adopt->held;

	if (renaming->is_exchange)
		sort(broker, renaming);
	struct held *fresh = held_find_file(table, &renaming->from);
	struct held *held = held_find_file(table, &renaming->to);

	/* The kernel says that there is something. */
	if (!fresh || (held && held != fresh && renaming->is_new))
		return notification_let_pass(notification);
	if (held && held != fresh)
		return substitute(broker, notification, renaming, fresh, held);
	/* The successor is reached by it. */
	if (broker->claimant.is_retired && !broker->options.adopt->is_over)
		return notification_answer(notification, 0);
	tell_rename(broker, fresh, &renaming->to);
	held_expect_path(fresh, &renaming->to);
	renaming->to.directory = -1;
	return notification_let_pass(notification);
}

int broker_on_rename(struct broker *broker, const struct notification *notification)
{
	bool is_at = filter_call(notification->arch, notification->number) == FILTER_CALL_RENAMEAT;
	uint64_t flags = notification->number == SYS_renameat2 ? notification->arguments[4] : 0;
	struct renaming renaming = {
		.from.directory = -1,
		.to.directory = -1,
		.is_exchange = flags & RENAME_EXCHANGE,
		.is_new = flags & RENAME_NOREPLACE,
	};
	int r;

	held_settle(&broker->options.adopt->held, notification->tid);
	/* What cannot be read is the kernel's to refuse. */
	if (open_path(notification, is_at ? (struct places){ 0, 1 } : (struct places){ -1, 0 },
		    &renaming.from) < 0 ||
		open_path(notification, is_at ? (struct places){ 2, 3 } : (struct places){ -1, 1 },
			&renaming.to) < 0)
		r = notification_let_pass(notification);
	else
		r = rename_file(broker, notification, &renaming);
	fd_close(renaming.from.directory);
	fd_close(renaming.to.directory);
	return r;
}
