/* SPDX-License-Identifier: MIT */
/* See look.h; proc_pid_status(5). */
#include "doctor/look.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/user.h"
#include "process_tree.h"
#include "procfs.h"

enum { DECIMAL = 10, HEXADECIMAL = 16, STATUS_SIZE = 8192, PATH_SIZE = 32, NUMBER_SIZE = 16 };

int look_find(const char *status, const char *name, int base, uint64_t *ret)
{
	size_t length = strlen(name);

	for (const char *line = status; line; line = strchr(line, '\n')) {
		char *end;

		line += *line == '\n';
		if (strncmp(line, name, length) != 0 || strncmp(line + length, ":\t", 2) != 0)
			continue;
		const char *digits = line + length + 2;
		uint64_t value = strtoull(digits, &end, base);

		if (end == digits)
			return -EINVAL;
		*ret = value;
		return 0;
	}
	return -EINVAL;
}

static int read_value(pid_t pid, const char *name, int base, uint64_t *ret)
{
	char path[PATH_SIZE], text[STATUS_SIZE];

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	ssize_t length = procfs_read(path, text, sizeof(text));

	return length < 0 ? (int)length : look_find(text, name, base, ret);
}

static void name_user(struct look *look)
{
	char number[NUMBER_SIZE];
	struct user user;

	(void)snprintf(number, sizeof(number), "%u", (unsigned)look->user);
	bool is_known = user_find(number, &user) == 0;

	(void)snprintf(look->user_name, sizeof(look->user_name), "%s",
		is_known && user.name ? user.name : number);
	if (is_known)
		user_finish(&user);
}

int look_at(pid_t root, pid_t main, struct look *ret)
{
	struct process_list list = { 0 };
	struct look look = { 0 };
	uint64_t user;
	int r = process_tree_collect(root, &list);

	/* Processes that end meanwhile are of no interest. */
	for (size_t i = 0; r == 0 && i < list.count && !look.has_user; i++) {
		if (read_value(list.items[i].pid, "Uid", DECIMAL, &user) < 0)
			continue;
		look.has_user = (uid_t)user != getuid();
		look.user = (uid_t)user;
	}
	if (look.has_user)
		name_user(&look);
	process_list_finish(&list);
	if (r < 0)
		return r;
	if (main && read_value(main, "SigCgt", HEXADECIMAL, &look.caught) < 0)
		look.caught = 0;
	*ret = look;
	return 0;
}
