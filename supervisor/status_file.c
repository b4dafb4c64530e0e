/* SPDX-License-Identifier: MIT */
/* See status_file.h. */
#include "status_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/replace_file.h"
#include "base/strbuf.h"
#include "log.h"

enum { LINE_SIZE = 32 };

int status_file_init(struct status_file *file, const char *path)
{
	*file = (struct status_file){ 0 };
	if (!path)
		return 0;
	file->path = strdup(path);
	return file->path ? 0 : -ENOMEM;
}

static void format_entry(const struct status_entry *entry, char line[LINE_SIZE])
{
	(void)snprintf(line, LINE_SIZE, "%u:%d\n", entry->generation, (int)entry->pid); /* fits */
}

static int compare(const void *a, const void *b)
{
	char first[LINE_SIZE], second[LINE_SIZE];

	format_entry(a, first);
	format_entry(b, second);
	return strcmp(first, second);
}

void status_file_write(struct status_file *file, struct status_entry *entries, size_t count)
{
	struct strbuf buf = STRBUF_INIT;
	char line[LINE_SIZE];

	if (!file->path)
		return;
	if (count > 0)
		qsort(entries, count, sizeof(*entries), compare);
	for (size_t i = 0; i < count; i++) {
		format_entry(&entries[i], line);
		strbuf_append(&buf, line);
	}
	cleanup_free char *text = strbuf_take(&buf);
	int r = text ? replace_file(file->path, text) : -ENOMEM;

	if (r < 0 && !file->is_failing)
		log_warning(NULL, "cannot write status file \"%s\": %s", file->path,
			strerrordesc_np(-r));
	if (r == 0 && file->is_failing)
		log_notice(NULL, "status file \"%s\" is written again", file->path);
	file->is_failing = r < 0;
	file->is_written |= r == 0;
}

void status_file_finish(struct status_file *file)
{
	if (file->path && file->is_written)
		(void)unlink(file->path); /* best effort: it may be gone already */
	free(file->path);
	*file = (struct status_file){ 0 };
}
