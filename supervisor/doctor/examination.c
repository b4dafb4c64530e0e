/* SPDX-License-Identifier: MIT */
/* See examination.h. */
#include "doctor/examination.h"

#include <errno.h>
#include <ev.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "doctor/doctor_options.h"
#include "doctor/lesson.h"
#include "doctor/load.h"
#include "doctor/pace.h"
#include "doctor/report.h"
#include "doctor/restarts.h"
#include "doctor/shell_line.h"
#include "doctor/words.h"
#include "log.h"
#include "process_tree.h"

enum {
	ANSWER_MS = 20000, /* a request may take: a server of one thread may be busy with another */
	LEARN_MS = 12000,  /* at each peer */
	IDLE_MS = 300,     /* of load before anything is restarted */
	TELL_MS = 3000,    /* between two words of what is waited for */
	END_MS = 5000,     /* for killed processes to end */
};

struct examination {
	struct diagnosis *diagnosis;
	const struct doctor_options *options;
	struct pace pace;
	struct words words;
	struct load load;
	struct lesson lesson;
	struct trial trial;
};

static bool is_up(void *data)
{
	const struct trial *trial = data;

	return trial->serving || trial->has_ended;
}

static bool has_ended(void *data)
{
	return ((const struct trial *)data)->has_ended;
}

static bool has_ebbed(void *data)
{
	return load_has_ebbed(data);
}

static bool has_learnt(void *data)
{
	return lesson_is_done(data);
}

/* Ours; those that are left of a server, too, since orphans come to us. */
static bool has_no_children(void *data)
{
	struct process_list list = { 0 };
	int r = process_tree_children(getpid(), &list);
	bool is_none = r == 0 && list.count == 0;

	(void)data;
	process_list_finish(&list);
	return is_none;
}

/* Who looks on is told now and then what is waited for. */
static int await_up(struct examination *examination, int timeout_ms)
{
	const struct findings *findings = &examination->diagnosis->findings;
	int64_t since_ms = clock_ms();
	int r = -ETIMEDOUT;

	while (r == -ETIMEDOUT && clock_ms_since(since_ms) < timeout_ms) {
		int left_ms = timeout_ms - clock_ms_since(since_ms);

		r = pace_await(&examination->pace, is_up, &examination->trial,
			left_ms < TELL_MS ? left_ms : TELL_MS);
		if (r == -ETIMEDOUT && isatty(STDERR_FILENO))
			log_notice(NULL, "waits for it to %s: %d s of %g s",
				findings->socket_count > 0 ? "accept" : "bind a socket",
				clock_ms_since(since_ms) / 1000,
				examination->options->ready_timeout_ms / 1e3);
	}
	return r;
}

static int start(
	struct examination *examination, struct attempt *attempt, struct baton_error *error)
{
	const struct doctor_options *options = examination->options;
	struct trial *trial = &examination->trial;
	int r = trial_start(trial,
		&(struct trial_options){
			.loop = examination->pace.loop,
			.rung = &attempt->rung,
			.run_options = options->run_options,
			.command = options->command,
			.ready_timeout_ms = options->ready_timeout_ms,
			.drain_timeout_ms = RESTARTS_DRAIN_MS,
			.is_verbose = options->is_verbose,
			.findings = &examination->diagnosis->findings,
		},
		error);
	if (r < 0)
		return r;
	r = await_up(examination, options->ready_timeout_ms + RESTARTS_MARGIN_MS);
	/* It has ended: of the same reason, which is told once. */
	if (r == 0 && !trial->serving) {
		attempt->end = trial->was_late ? ATTEMPT_NOT_READY
			: trial->was_missing   ? ATTEMPT_NOT_EXECUTED
					       : ATTEMPT_NOT_STARTED;
		(void)pace_await(&examination->pace, has_ended, trial, RESTARTS_MARGIN_MS);
	}
	return r;
}

/* Asks baton to stop, with less and less patience, and kills what is left. */
static void stop(struct examination *examination)
{
	struct trial *trial = &examination->trial;
	struct pace *pace = &examination->pace;

	load_stop(&examination->load);
	lesson_stop(&examination->lesson);
	if (trial->log < 0)
		return;
	trial_signal(trial, SIGTERM);
	if (pace_await_anyway(pace, has_ended, trial,
		    pace->signal ? RESTARTS_MARGIN_MS : RESTARTS_DRAIN_MS) < 0) {
		trial_signal(trial, SIGQUIT);
		(void)pace_await_anyway(pace, has_ended, trial, RESTARTS_MARGIN_MS);
	}
	(void)process_tree_kill_below(getpid(), NULL); /* nobody is left, as a rule */
	if (pace_await_anyway(pace, has_no_children, NULL, END_MS) < 0)
		log_warning(NULL, "processes of the server are left that cannot be killed");
	trial_finish(trial);
}

static int learn(struct examination *examination)
{
	struct diagnosis *diagnosis = examination->diagnosis;
	const struct findings *findings = &diagnosis->findings;
	int r = 0;

	for (size_t i = 0; r == 0 && i < findings->socket_count; i++) {
		struct peer *peer = &diagnosis->peers[diagnosis->peer_count];

		if (peer_init(peer, findings->sockets[i]) < 0)
			continue;
		diagnosis->peer_count++;
		diagnosis->ladder.can_steer |= peer_is_ip(peer);
		lesson_start(
			&examination->lesson, examination->pace.loop, &examination->words, peer);
		r = pace_await(&examination->pace, has_learnt, &examination->lesson, LEARN_MS);
	}
	return r;
}

static bool has_clients(const struct diagnosis *diagnosis)
{
	for (size_t i = 0; i < diagnosis->peer_count; i++)
		if (peer_can_be_visited(&diagnosis->peers[i]))
			return true;
	return false;
}

/* Once it has been up for a moment: one that goes into the background has left its first
 * process. */
static void look(struct examination *examination)
{
	struct diagnosis *diagnosis = examination->diagnosis;
	int r = look_at(examination->trial.pid, examination->trial.main, &diagnosis->look);

	if (r < 0)
		log_warning(NULL, "cannot look at the server's processes: %s", strerrordesc_np(-r));
	diagnosis->ladder.caught = diagnosis->look.caught;
}

static int load_and_restart(struct examination *examination, struct attempt *attempt)
{
	struct diagnosis *diagnosis = examination->diagnosis;
	struct pace *pace = &examination->pace;

	load_start(&examination->load, diagnosis->peers, diagnosis->peer_count);
	int r = pace_pass(pace, IDLE_MS);
	if (r < 0)
		return r;
	if (diagnosis->ladder.count == 0)
		look(examination);
	load_count(&examination->load, attempt);
	attempt->idle = attempt->fresh;
	if (attempt->idle.failed > 0)
		return 0;
	r = restarts_make(
		&(struct restarts){
			.trial = &examination->trial,
			.load = &examination->load,
			.pace = pace,
			.wanted = examination->options->restarts,
			.ready_timeout_ms = examination->options->ready_timeout_ms,
		},
		attempt);
	load_ebb(&examination->load);
	int ebb = pace_await(pace, has_ebbed, &examination->load, ANSWER_MS + RESTARTS_MARGIN_MS);

	load_count(&examination->load, attempt);
	return r < 0 ? r : ebb;
}

static void keep_reason(struct examination *examination, struct attempt *attempt)
{
	struct diagnosis *diagnosis = examination->diagnosis;
	const struct trial *trial = &examination->trial;
	const char *line;

	(void)snprintf(attempt->reason, sizeof(attempt->reason), "%s",
		attempt->end == ATTEMPT_NOT_STARTED && !*trial->reason ? "baton run has ended"
								       : trial->reason);
	if (attempt->end == ATTEMPT_DONE)
		return;
	diagnosis->tail_count = 0;
	for (size_t back = TRIAL_TAIL_LINES; back-- > 0;)
		if ((line = trial_tail(trial, back)))
			(void)snprintf(diagnosis->tail[diagnosis->tail_count++], TRIAL_TAIL_SIZE,
				"%s", line);
}

/* One way, from the first start to the end of the last process. */
static int try(struct examination *examination, struct attempt *attempt, struct baton_error *error)
{
	bool is_first = examination->diagnosis->ladder.count == 0;
	int r = start(examination, attempt, error);

	if (r == 0 && attempt->end == ATTEMPT_DONE && is_first)
		r = learn(examination);
	if (r == 0 && attempt->end == ATTEMPT_DONE && has_clients(examination->diagnosis))
		r = load_and_restart(examination, attempt);
	if (r == -ETIME)
		attempt->end = ATTEMPT_OUT_OF_TIME;
	if (r == -ETIMEDOUT)
		attempt->end = examination->trial.serving ? ATTEMPT_STUCK : ATTEMPT_NOT_READY;
	stop(examination);
	keep_reason(examination, attempt);
	return r == -ETIME || r == -ETIMEDOUT ? 0 : r;
}

static void tell(const struct examination *examination, const struct attempt *attempt)
{
	struct strbuf line = STRBUF_INIT;

	shell_line_append_rung(&line, &attempt->rung, &examination->diagnosis->findings);
	char *text = strbuf_take(&line);

	log_notice(NULL, "tried %s: %s", text ? text : "a way",
		report_outcome(examination->diagnosis, attempt));
	free(text);
}

/* Why there is nothing to go on with. One that lives and binds nothing is no server. */
static enum examination_end why_not(
	const struct diagnosis *diagnosis, const struct attempt *attempt)
{
	bool has_sockets = diagnosis->findings.socket_count > 0;

	if (attempt->end == ATTEMPT_NOT_EXECUTED)
		return EXAMINATION_NOT_EXECUTED;
	if (attempt->end == ATTEMPT_NOT_STARTED)
		return EXAMINATION_NOT_STARTED;
	if (has_sockets && attempt->end == ATTEMPT_DONE)
		return EXAMINATION_NO_CLIENTS;
	return has_sockets ? EXAMINATION_NOT_STARTED : EXAMINATION_NO_SOCKETS;
}

static int climb(struct examination *examination, struct baton_error *error)
{
	struct diagnosis *diagnosis = examination->diagnosis;
	struct ladder *ladder = &diagnosis->ladder;
	struct rung rung;

	while (ladder_next(ladder, &rung)) {
		struct attempt *attempt = &ladder->attempts[ladder->count];

		*attempt = (struct attempt){ .rung = rung, .gone_ms = -1 };
		int r = try(examination, attempt, error);
		if (r < 0)
			return r;
		ladder->count++;
		ladder->pid_file_count = diagnosis->findings.pid_file_count;
		if (!has_clients(diagnosis))
			return why_not(diagnosis, attempt);
		tell(examination, attempt);
	}
	return EXAMINATION_DONE;
}

int examination_run(struct diagnosis *diagnosis, struct baton_error *error)
{
	const struct doctor_options *options = diagnosis->options;
	struct ev_loop *loop = ev_default_loop(0);
	struct examination examination = {
		.diagnosis = diagnosis,
		.options = options,
		.trial = { .log = -1, .pidfd = -1 },
	};

	if (!loop)
		return error_set(error, -ENOSYS, "cannot make an event loop");
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1)
		return error_set_errno(error, -errno, "cannot become a subreaper");
	if (words_init(&examination.words, options->http_path) < 0) {
		words_finish(&examination.words);
		return error_set(error, -ENOMEM, "out of memory");
	}
	examination.words.sent = options->send;
	examination.words.sent_length = options->send_length;
	examination.words.deadline_ms = ANSWER_MS;
	findings_init(&diagnosis->findings);
	diagnosis->ladder.restarts = options->restarts;
	load_init(&examination.load, loop, &examination.words);
	pace_init(&examination.pace, loop, options->time_limit_ms);
	int r = climb(&examination, error);

	if (r == -EINTR)
		(void)error_set(error, r, "told to stop; nothing of the server is left");
	diagnosis->signal = examination.pace.signal;
	pace_finish(&examination.pace);
	words_finish(&examination.words);
	return r;
}
