/* SPDX-License-Identifier: MIT */
/* See report.h; baton-doctor(1) has the members. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/signal_name.h"
#include "base/utf8.h"
#include "doctor/doctor_options.h"
#include "doctor/report.h"

static void put_text(struct strbuf *json, const char *text)
{
	size_t size = strlen(text);

	strbuf_append(json, "\"");
	while (size > 0) {
		uint32_t point;
		size_t length = utf8_decode(text, size, &point);

		if (length == 0) /* the replacement character, for what is no UTF-8 */
			strbuf_append(json, "\\ufffd");
		else if (point < ' ' || point == '"' || point == '\\')
			strbuf_appendf(json, "\\u%04x", (unsigned)point);
		else
			strbuf_append_bytes(json, text, length);
		text += length ? length : 1;
		size -= length ? length : 1;
	}
	strbuf_append(json, "\"");
}

/* Names are ours, so they need no escapes. A comma comes before all but the first. */
static void put_name(struct strbuf *json, const char *name)
{
	if (json->length > 0 && !strchr("{[", json->text[json->length - 1]))
		strbuf_append(json, ",");
	if (name)
		strbuf_appendf(json, "\"%s\":", name);
}

static void put_string(struct strbuf *json, const char *name, const char *text)
{
	put_name(json, name);
	put_text(json, text);
}

static void put_bool(struct strbuf *json, const char *name, bool is)
{
	put_name(json, name);
	strbuf_append(json, is ? "true" : "false");
}

static void put_number(struct strbuf *json, const char *name, unsigned long number)
{
	put_name(json, name);
	strbuf_appendf(json, "%lu", number);
}

static void put_open(struct strbuf *json, const char *name, const char *bracket)
{
	put_name(json, name);
	strbuf_append(json, bracket);
}

static void put_line(struct strbuf *json, const char *name, const struct diagnosis *diagnosis,
	const struct rung *rung)
{
	struct strbuf line = STRBUF_INIT;

	report_line(&line, diagnosis, rung);
	cleanup_free char *text = strbuf_take(&line);

	put_string(json, name, text ? text : "");
}

static void put_peer(struct strbuf *json, const struct peer *peer)
{
	put_string(json, "tried_as", peer_speech_name(peer));
	if (peer->status > 0)
		put_number(json, "status", (unsigned long)peer->status);
}

static void put_sockets(struct strbuf *json, const struct diagnosis *diagnosis)
{
	const struct findings *findings = &diagnosis->findings;

	put_open(json, "sockets", "[");
	for (size_t i = 0; i < findings->socket_count; i++) {
		put_open(json, NULL, "{");
		put_string(json, "address", findings->sockets[i]);
		for (size_t j = 0; j < diagnosis->peer_count; j++)
			if (strcmp(diagnosis->peers[j].name, findings->sockets[i]) == 0)
				put_peer(json, &diagnosis->peers[j]);
		strbuf_append(json, "}");
	}
	strbuf_append(json, "]");
}

static void put_findings(struct strbuf *json, const struct diagnosis *diagnosis)
{
	const struct findings *findings = &diagnosis->findings;

	put_sockets(json, diagnosis);
	put_bool(json, "binds_any_port", findings->binds_any_port);
	put_bool(json, "binds_unseen", findings->is_opaque);
	if (findings->ready_ms >= 0) {
		put_number(json, "ready_ms", (unsigned long)findings->ready_ms);
		put_string(json, "ready_by", findings->ready_how);
	}
	put_bool(json, "goes_to_background", findings->is_daemon);
	if (diagnosis->look.has_user)
		put_string(json, "becomes_user", diagnosis->look.user_name);
	put_bool(json, "removes_unix_paths", findings->removes_paths);
	put_bool(json, "shuts_listeners_down", findings->shuts_down);
	put_open(json, "pid_files_removed", "[");
	for (size_t i = 0; i < findings->pid_file_count; i++)
		put_string(json, NULL, findings->pid_files[i]);
	strbuf_append(json, "]");
}

static void put_tally(struct strbuf *json, const char *name, const struct tally *tally)
{
	put_open(json, name, "{");
	put_number(json, "requests", tally->requests);
	put_number(json, "failed", tally->failed);
	if (tally->reason)
		put_string(json, "first_failure", tally->reason);
	strbuf_append(json, "}");
}

static void put_attempt(
	struct strbuf *json, const struct diagnosis *diagnosis, const struct attempt *attempt)
{
	char name[SIGNAL_NAME_SIZE];

	put_open(json, NULL, "{");
	put_line(json, "line", diagnosis, &attempt->rung);
	put_bool(json, "steer", attempt->rung.is_steered);
	put_string(json, "stop_signal", signal_name(attempt->rung.signal, name, sizeof(name)));
	put_string(json, "outcome", report_outcome(diagnosis, attempt));
	put_bool(json, "lost_nothing", attempt_lost_nothing(attempt, diagnosis->options->restarts));
	if (*attempt->reason)
		put_string(json, "reason", attempt->reason);
	put_number(json, "restarts", (unsigned long)attempt->restarts);
	if (!attempt->rung.is_steered && attempt->restarts > 0)
		put_string(json, "told_to_stop", report_ending(attempt));
	if (attempt->gone_ms >= 0)
		put_number(json, "gone_ms", (unsigned long)attempt->gone_ms);
	put_tally(json, "new", &attempt->fresh);
	put_tally(json, "under_way", &attempt->begun);
	put_tally(json, "kept", &attempt->kept);
	strbuf_append(json, "}");
}

static void put_ends(struct strbuf *json, enum examination_end end)
{
	static const char *const names[] = {
		[EXAMINATION_DONE] = "tried",
		[EXAMINATION_NOT_EXECUTED] = "not executed",
		[EXAMINATION_NOT_STARTED] = "not started",
		[EXAMINATION_NO_SOCKETS] = "no sockets",
		[EXAMINATION_NO_CLIENTS] = "no clients",
	};

	put_string(json, "end", names[end]);
}

int report_write_json(FILE *out, const struct diagnosis *diagnosis, enum examination_end end)
{
	const struct ladder *ladder = &diagnosis->ladder;
	const struct attempt *best = ladder_best(ladder);
	struct strbuf json = STRBUF_INIT;

	strbuf_append(&json, "{");
	put_ends(&json, end);
	put_string(&json, "network", diagnosis->is_scratch ? "scratch" : "host");
	put_findings(&json, diagnosis);
	put_open(&json, "tried", "[");
	for (size_t i = 0; i < ladder->count; i++)
		put_attempt(&json, diagnosis, &ladder->attempts[i]);
	strbuf_append(&json, "]");
	put_open(&json, "said_last", "[");
	for (size_t i = 0; i < diagnosis->tail_count; i++)
		put_string(&json, NULL, diagnosis->tail[i]);
	strbuf_append(&json, "]");
	put_bool(&json, "lost_nothing", best && attempt_lost_nothing(best, ladder->restarts));
	put_bool(&json, "undecided", ladder_is_undecided(ladder));
	if (best)
		put_line(&json, "line", diagnosis, &best->rung);
	strbuf_append(&json, "}\n");
	cleanup_free char *text = strbuf_take(&json);

	if (!text)
		return -ENOMEM;
	(void)fputs(text, out); /* fflush tells of errors */
	return 0;
}
