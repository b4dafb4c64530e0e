/* SPDX-License-Identifier: MIT */
/* See report.h. */
#include "doctor/report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/signal_name.h"
#include "doctor/doctor_options.h"
#include "doctor/shell_line.h"

enum { LABEL_WIDTH = 14, CLIENT_ERROR = 400 /* the first status of HTTP that says so */ };

/* Writes a line with its label, or under the one before if that is "". */
__attribute__((format(printf, 3, 4))) static void line(
	FILE *out, const char *label, const char *format, ...)
{
	va_list args;

	(void)fprintf(out, "%-*s", LABEL_WIDTH, label);
	va_start(args, format);
	(void)vfprintf(out, format, args);
	va_end(args);
	(void)fputc('\n', out);
}

static void put_words(FILE *out, const char *label, struct strbuf *words)
{
	char *text = strbuf_take(words);

	line(out, label, "%s", text ? text : "(out of memory)");
	free(text);
}

void report_line(struct strbuf *text, const struct diagnosis *diagnosis, const struct rung *rung)
{
	char *const *run_options = diagnosis->options->run_options;

	strbuf_append(text, "baton run");
	if (run_options)
		shell_line_append(text, run_options);
	shell_line_append_rung(text, rung, &diagnosis->findings);
	strbuf_append(text, " --");
	shell_line_append(text, diagnosis->options->command);
}

const char *report_outcome(const struct diagnosis *diagnosis, const struct attempt *attempt)
{
	switch (attempt->end) {
	case ATTEMPT_NOT_EXECUTED:
		return "cannot be executed";
	case ATTEMPT_NOT_STARTED:
		return "did not start";
	case ATTEMPT_NOT_READY:
		return "was not ready in time";
	case ATTEMPT_ROLLED_BACK:
		return "a second one does not start beside the first";
	case ATTEMPT_STUCK:
		return "it ended by itself, or took too long";
	case ATTEMPT_OUT_OF_TIME:
		return attempt->fresh.failed + attempt->begun.failed > 0
			? "requests were lost, and the time limit was reached"
			: "undecided: the time limit was reached";
	case ATTEMPT_DONE:
		break;
	}
	if (attempt->idle.failed > 0)
		return "requests fail before anything is restarted";
	if (attempt_loss(attempt) > 0)
		return "requests were lost";
	if (attempt->had_to_kill)
		return "the old one did not end by itself";
	return attempt_lost_nothing(attempt, diagnosis->options->restarts) ? "nothing was lost"
									   : "not finished";
}

const char *report_ending(const struct attempt *attempt)
{
	if (attempt->had_to_kill)
		return "does not end";
	if (attempt->begun.failed > 0)
		return "ends, and cuts short what is under way";
	if (attempt->begun.requests == 0)
		return "ends";
	return attempt->fresh.failed > 0 ? "finishes what is under way, but loses new connections"
					 : "finishes what is under way, and ends";
}

static void put_sockets(FILE *out, const struct diagnosis *diagnosis)
{
	const struct findings *findings = &diagnosis->findings;
	const char *label = "binds";

	for (size_t i = 0; i < findings->socket_count; i++, label = "") {
		const struct peer *peer = NULL;

		for (size_t j = 0; j < diagnosis->peer_count; j++)
			if (strcmp(diagnosis->peers[j].name, findings->sockets[i]) == 0)
				peer = &diagnosis->peers[j];
		if (peer && peer->status >= CLIENT_ERROR)
			line(out, label, "%s (%s, answers %d)", findings->sockets[i],
				peer_speech_name(peer), peer->status);
		else if (peer)
			line(out, label, "%s (%s)", findings->sockets[i], peer_speech_name(peer));
		else
			line(out, label, "%s", findings->sockets[i]);
	}
	if (findings->binds_any_port) {
		line(out, label, "a port that the system chooses: no successor can have it");
		label = "";
	}
	if (findings->is_opaque)
		line(out, label, "what baton may not see: it is lost at a restart");
	else if (*label)
		line(out, label, "nothing that was seen");
}

/* The words are those of the log. */
static const char *describe_readiness(const char *how)
{
	if (strcmp(how, "accept") == 0)
		return "it was seen to accept";
	if (strcmp(how, "notify") == 0)
		return "it said READY=1";
	return how;
}

static void put_habits(FILE *out, const struct diagnosis *diagnosis)
{
	const struct findings *findings = &diagnosis->findings;

	if (findings->ready_ms >= 0)
		line(out, "ready", "after %d ms: %s", findings->ready_ms,
			describe_readiness(findings->ready_how));
	line(out, "background", "%s", findings->is_daemon ? "goes there; baton follows it" : "no");
	if (diagnosis->look.has_user)
		line(out, "user", "some of its processes become %s", diagnosis->look.user_name);
	else
		line(out, "user", "stays the same");
	line(out, "unix paths", "%s",
		findings->removes_paths ? "are removed as it ends; baton keeps them"
					: "none was seen to be removed as it ends");
	line(out, "listeners", "%s",
		findings->shuts_down ? "are shut down as it ends; baton keeps them open"
				     : "none was seen to be shut down as it ends");
	for (size_t i = 0; i < findings->pid_file_count; i++)
		line(out, i ? "" : "pid file", "%s, removed as it ends: --keep-file",
			findings->pid_files[i]);
	if (findings->pid_file_count == 0)
		line(out, "pid file", "none was seen to be removed as it ends");
}

static void put_endings(FILE *out, const struct ladder *ladder)
{
	const char *label = "told to stop";
	char name[SIGNAL_NAME_SIZE];

	for (size_t i = 0; i < ladder->count; i++) {
		const struct attempt *attempt = &ladder->attempts[i];
		const struct rung *rung = &attempt->rung;

		if (rung->is_steered || attempt->restarts == 0)
			continue;
		(void)signal_name(rung->signal, name, sizeof(name));
		line(out, label, "by %s it %s (%d ms)", name + strlen("SIG"),
			report_ending(attempt), attempt->gone_ms > 0 ? attempt->gone_ms : 0);
		label = "";
	}
}

static void put_tally(FILE *out, const char *what, const struct tally *tally)
{
	if (tally->requests == 0)
		return;
	line(out, "", "  %-16s%6lu, %lu failed%s%s%s", what, tally->requests, tally->failed,
		tally->reason ? " (the first: " : "", tally->reason ? tally->reason : "",
		tally->reason ? ")" : "");
}

static void put_attempt(FILE *out, const char *label, const struct diagnosis *diagnosis,
	const struct attempt *attempt)
{
	struct strbuf words = STRBUF_INIT;

	shell_line_append_rung(&words, &attempt->rung, &diagnosis->findings);
	strbuf_appendf(&words, ": %s", report_outcome(diagnosis, attempt));
	if (*attempt->reason)
		strbuf_appendf(&words, ": %s", attempt->reason);
	put_words(out, label, &words);
	line(out, "", "  %-16s%6d of %d", "restarts", attempt->restarts,
		diagnosis->options->restarts);
	put_tally(out, "new connections", &attempt->fresh);
	put_tally(out, "under way", &attempt->begun);
	put_tally(out, "kept connections", &attempt->kept);
}

static void put_tail(FILE *out, const struct diagnosis *diagnosis)
{
	for (size_t i = 0; i < diagnosis->tail_count; i++)
		line(out, i ? "" : "it said last", "%s", diagnosis->tail[i]);
}

static void put_where(FILE *out, const struct diagnosis *diagnosis)
{
	struct strbuf words = STRBUF_INIT;

	shell_line_append(&words, diagnosis->options->command);
	put_words(out, "command", &words);
	if (diagnosis->is_scratch)
		line(out, "tried in", "a network of its own, with nobody else");
	else if (*diagnosis->scratch_reason)
		line(out, "tried in", "this machine's network: %s", diagnosis->scratch_reason);
	else
		line(out, "tried in", "this machine's network");
}

static bool is_transport_only(const struct diagnosis *diagnosis)
{
	for (size_t i = 0; i < diagnosis->peer_count; i++)
		if (peer_can_be_visited(&diagnosis->peers[i]) &&
			diagnosis->peers[i].speech == PEER_MUTE)
			return true;
	return false;
}

/* A path that there is not tells little of the server. */
static void put_errors(FILE *out, const struct diagnosis *diagnosis)
{
	for (size_t i = 0; i < diagnosis->peer_count; i++)
		if (diagnosis->peers[i].status >= CLIENT_ERROR) {
			line(out, "mind",
				"the answer %d counted as right, as it came before any restart; "
				"say\n"
				"%*swhat to ask for with --http",
				diagnosis->peers[i].status, LABEL_WIDTH, "");
			return;
		}
}

static void put_verdict(FILE *out, const struct diagnosis *diagnosis)
{
	const struct ladder *ladder = &diagnosis->ladder;
	const struct attempt *best = ladder_best(ladder);
	struct strbuf words = STRBUF_INIT;

	if (!best) {
		line(out, "verdict", "%s",
			ladder_is_undecided(ladder) ? "undecided: the --time-limit was reached "
						      "before a restart was over"
						    : "it could not be restarted");
		return;
	}
	if (attempt_lost_nothing(best, ladder->restarts))
		line(out, "verdict", "nothing was lost in %d restarts with the line below",
			best->restarts);
	else if (ladder_is_undecided(ladder))
		line(out, "verdict",
			"undecided: the --time-limit was reached; the line below lost %s in %d "
			"restart%s",
			attempt_loss(best) == 0 ? "nothing" : "least", best->restarts,
			best->restarts == 1 ? "" : "s");
	else
		line(out, "verdict", "no way lost nothing; the line below lost least");
	if (is_transport_only(diagnosis))
		line(out, "mind",
			"of \"connections only\" it was seen that they are accepted and not cut;\n"
			"%*ssay what can be asked there with --send",
			LABEL_WIDTH, "");
	put_errors(out, diagnosis);
	report_line(&words, diagnosis, &best->rung);
	char *text = strbuf_take(&words);

	(void)fprintf(out, "\n%s\n", text ? text : "(out of memory)");
	free(text);
}

static const char *without(const char *text, const char *start)
{
	size_t length = strlen(start);

	return strncmp(text, start, length) == 0 ? text + length : text;
}

static void put_why_not(FILE *out, const struct diagnosis *diagnosis, enum examination_end end)
{
	switch (end) {
	case EXAMINATION_DONE:
		break;
	case EXAMINATION_NOT_EXECUTED:
		line(out, "verdict", "the command cannot be executed: %s",
			without(diagnosis->ladder.attempts[0].reason, "cannot execute "));
		break;
	case EXAMINATION_NOT_STARTED:
		line(out, "verdict", "it does not start: %s", diagnosis->ladder.attempts[0].reason);
		break;
	case EXAMINATION_NO_SOCKETS:
		if (diagnosis->ladder.attempts[0].end == ATTEMPT_NOT_READY)
			line(out, "verdict",
				"it binds nothing that could be passed to a successor: that was "
				"waited for\n%*sfor %g s (--ready-timeout)",
				LABEL_WIDTH, "", diagnosis->options->ready_timeout_ms / 1e3);
		else
			line(out, "verdict",
				"it binds nothing that could be passed to a successor");
		break;
	case EXAMINATION_NO_CLIENTS:
		line(out, "verdict",
			"none of what it binds can be tried; if it answers datagrams, say which: "
			"--send");
		break;
	}
	if (diagnosis->is_scratch && end == EXAMINATION_NOT_STARTED)
		line(out, "mind",
			"what it needs may be out of reach in a network of its own: try "
			"--host-network");
}

void report_write(FILE *out, const struct diagnosis *diagnosis, enum examination_end end)
{
	const struct ladder *ladder = &diagnosis->ladder;

	put_where(out, diagnosis);
	put_sockets(out, diagnosis);
	if (end != EXAMINATION_DONE) {
		put_tail(out, diagnosis);
		put_why_not(out, diagnosis, end);
		return;
	}
	put_habits(out, diagnosis);
	put_endings(out, ladder);
	for (size_t i = 0; i < ladder->count; i++)
		put_attempt(out, i ? "" : "tried", diagnosis, &ladder->attempts[i]);
	put_tail(out, diagnosis);
	put_verdict(out, diagnosis);
}
