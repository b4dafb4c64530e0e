/* SPDX-License-Identifier: MIT */
/* See findings.h; baton(1) lists the events. */
#include "doctor/findings.h"

#include <stdio.h>
#include <string.h>

#include "base/container.h"
#include "log_entry.h"

void findings_init(struct findings *findings)
{
	*findings = (struct findings){ .ready_ms = -1 };
}

static void take_bind(struct findings *findings, const struct log_entry *entry)
{
	for (size_t i = 0; i < findings->socket_count; i++)
		if (strcmp(findings->sockets[i], entry->subject) == 0)
			return;
	if (findings->socket_count < FINDINGS_SOCKETS_MAX)
		(void)snprintf(findings->sockets[findings->socket_count++], BINDING_TEXT_SIZE,
			"%.*s", BINDING_TEXT_SIZE - 1, entry->subject);
}

static void take_rename(struct findings *findings, const struct log_entry *entry)
{
	for (size_t i = 0; i < findings->socket_count; i++)
		if (strcmp(findings->sockets[i], entry->subject) == 0)
			memmove(findings->sockets[i], findings->sockets[i + 1],
				(--findings->socket_count - i) * sizeof(findings->sockets[0]));
}

static void take_bind_passed(struct findings *findings, const struct log_entry *entry)
{
	findings->binds_any_port |=
		strcmp(entry->subject, "at a port that the system chooses") == 0;
}

static void take_bind_unseen(struct findings *findings, const struct log_entry *entry)
{
	(void)entry;
	findings->is_opaque = true;
}

static void take_unlink(struct findings *findings, const struct log_entry *entry)
{
	(void)entry;
	findings->removes_paths = true;
}

static void take_shutdown(struct findings *findings, const struct log_entry *entry)
{
	(void)entry;
	findings->shuts_down = true;
}

static void take_main(struct findings *findings, const struct log_entry *entry)
{
	(void)entry;
	findings->is_daemon = true;
}

static void take_pid_file(struct findings *findings, const struct log_entry *entry)
{
	for (size_t i = 0; i < findings->pid_file_count; i++)
		if (strcmp(findings->pid_files[i], entry->subject) == 0)
			return;
	if (*entry->subject && findings->pid_file_count < FINDINGS_FILES_MAX)
		(void)snprintf(findings->pid_files[findings->pid_file_count++], FINDINGS_FILE_SIZE,
			"%s", entry->subject); /* fits */
}

static void take_ready(struct findings *findings, const struct log_entry *entry)
{
	if (findings->ready_ms >= 0)
		return;
	findings->ready_ms = entry->ms;
	(void)snprintf(findings->ready_how, sizeof(findings->ready_how), "%.*s",
		(int)sizeof(findings->ready_how) - 1, entry->subject);
}

static const struct {
	const char *event;
	void (*take)(struct findings *findings, const struct log_entry *entry);
} takers[] = {
	{ "bind", take_bind },
	{ "bind-passed", take_bind_passed },
	{ "bind-unseen", take_bind_unseen },
	{ "main", take_main },
	{ "pid-file", take_pid_file },
	{ "ready", take_ready },
	{ "rename", take_rename },
	{ "shutdown", take_shutdown },
	{ "unlink", take_unlink },
};

void findings_take(struct findings *findings, const struct log_entry *entry)
{
	for (size_t i = 0; i < array_length(takers); i++)
		if (strcmp(takers[i].event, entry->event) == 0)
			takers[i].take(findings, entry);
}
