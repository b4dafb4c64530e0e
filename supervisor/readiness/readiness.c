/* SPDX-License-Identifier: MIT */
/* See readiness.h. Chooses what is watched for; accept.c and exec.c do the watching. */
#include "readiness/readiness.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/container.h"
#include "base/error.h"
#include "base/parse.h"
#include "readiness/mode.h"
#include "readiness/waiting.h"

/* The first look: no server accepts sooner. */
#define PAUSE_MIN 0.001

/* And the growth of the pauses, see mode.h. */
#define PAUSE_PART 16

/* Mode auto of a service without listeners, as Server::Starter's interval. */
#define ALONE_MS 1000

static int parse_delay(const char *text, struct readiness_mode *ret, struct baton_error *error)
{
	int delay_ms = 0;

	if (parse_duration(text, &delay_ms) < 0)
		return error_set(error, -EINVAL,
			"bad readiness mode \"delay:%s\": not a duration such as 500ms or 2s",
			text);
	*ret = (struct readiness_mode){ .kind = READINESS_DELAY, .delay_ms = delay_ms };
	return 0;
}

static int parse_exec(const char *text, struct readiness_mode *ret, struct baton_error *error)
{
	if (text[strspn(text, " \t")] == '\0')
		return error_set(error, -EINVAL, "bad readiness mode \"exec:\": no command");
	*ret = (struct readiness_mode){ .kind = READINESS_EXEC, .command = text };
	return 0;
}

int readiness_parse(const char *text, struct readiness_mode *ret, struct baton_error *error)
{
	static const struct {
		const char *name;
		enum readiness_kind kind;
	} plain[] = {
		{ "auto", READINESS_AUTO },
		{ "notify", READINESS_NOTIFY },
		{ "accept", READINESS_ACCEPT },
	};

	for (size_t i = 0; i < array_length(plain); i++) {
		if (strcmp(text, plain[i].name) != 0)
			continue;
		*ret = (struct readiness_mode){ .kind = plain[i].kind };
		return 0;
	}
	if (strncmp(text, "delay:", 6) == 0)
		return parse_delay(text + 6, ret, error);
	if (strncmp(text, "exec:", 5) == 0)
		return parse_exec(text + 5, ret, error);
	return error_set(error, -EINVAL,
		"bad readiness mode \"%s\": not auto, notify, accept, delay:TIME or exec:COMMAND",
		text);
}

const char *readiness_missing(const struct readiness *readiness)
{
	const struct readiness_options *options = &readiness->options;

	switch (options->mode.kind) {
	case READINESS_NOTIFY:
		return "it did not say READY=1";
	case READINESS_ACCEPT:
		return "it was not seen to wait on its sockets";
	case READINESS_DELAY:
		return "its delay is longer than the timeout";
	case READINESS_EXEC:
		return "the command of --ready did not succeed";
	case READINESS_AUTO:
		break;
	}
	if (options->memory->has_notified)
		return "it did not say READY=1, as a former generation did";
	return "it neither said READY=1 nor was seen to wait on its sockets";
}

const char *readiness_how_name(enum readiness_how how)
{
	switch (how) {
	case READINESS_BY_NOTIFY:
		return "notify";
	case READINESS_BY_ACK:
		return "ack";
	case READINESS_BY_ACCEPT:
		return "accept";
	case READINESS_BY_DELAY:
		return "delay";
	case READINESS_BY_EXEC:
		return "exec";
	}
	return NULL;
}

static bool may_have_sockets(const struct readiness_options *options)
{
	return options->binds_itself || options->sockets->count > 0;
}

/* The mode in force: auto is one of three, by what is known of the service. */
static struct readiness_mode effective_mode(const struct readiness_options *options)
{
	struct readiness_mode mode = options->mode;

	if (mode.kind != READINESS_AUTO)
		return mode;
	if (options->memory->has_notified)
		mode.kind = READINESS_NOTIFY;
	else if (may_have_sockets(options))
		mode.kind = READINESS_ACCEPT;
	else
		mode = (struct readiness_mode){ READINESS_DELAY, ALONE_MS, NULL };
	return mode;
}

ev_tstamp readiness_pause(const struct readiness *readiness, ev_tstamp max)
{
	ev_tstamp pause = (ev_now(readiness->loop) - readiness->start) / PAUSE_PART;

	if (pause < PAUSE_MIN)
		return PAUSE_MIN;
	return pause > max ? max : pause;
}

void readiness_set_timer(struct readiness *readiness, ev_tstamp after)
{
	ev_timer_set(&readiness->timer, after, 0.);
	ev_timer_start(readiness->loop, &readiness->timer);
}

static void on_timer_expired(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct readiness *readiness = container_of(w, struct readiness, timer);

	(void)loop;
	(void)revents;
	switch (readiness->kind) {
	case READINESS_DELAY:
		readiness_succeed(readiness, READINESS_BY_DELAY);
		return;
	case READINESS_ACCEPT:
		readiness_accept_look(readiness);
		return;
	case READINESS_EXEC:
		readiness_exec_run(readiness);
		return;
	case READINESS_NOTIFY:
	case READINESS_AUTO:
		return; /* no timer is set */
	}
}

void readiness_init(
	struct readiness *readiness, struct ev_loop *loop, const struct readiness_options *options)
{
	*readiness = (struct readiness){ .loop = loop, .options = *options };
	ev_init(&readiness->timer, on_timer_expired);
}

int readiness_start(struct readiness *readiness, struct baton_error *error)
{
	assert(!readiness->is_started);
	struct readiness_mode mode = effective_mode(&readiness->options);

	if (mode.kind == READINESS_ACCEPT && !may_have_sockets(&readiness->options))
		return error_set(error, -EINVAL,
			"readiness mode accept needs a listener (--listen, --adopt) to see the "
			"server wait on");
	/* The pauses count from here, and the loop may have been asleep or busy. */
	ev_now_update(readiness->loop);
	readiness->start = ev_now(readiness->loop);
	readiness->kind = mode.kind;
	readiness->is_started = true;
	readiness->was_seen = readiness->has_reported = false;
	if (mode.kind == READINESS_DELAY)
		readiness_set_timer(readiness, mode.delay_ms / 1000.);
	else if (mode.kind != READINESS_NOTIFY)
		readiness_set_timer(readiness, PAUSE_MIN);
	return 0;
}

void readiness_stop(struct readiness *readiness)
{
	if (!readiness->is_started)
		return;
	readiness->is_started = false;
	ev_timer_stop(readiness->loop, &readiness->timer);
	readiness_exec_stop(readiness);
}

void readiness_succeed(struct readiness *readiness, enum readiness_how how)
{
	readiness_stop(readiness);
	readiness->options.on_ready(readiness, how, readiness->options.data);
}

void readiness_report(struct readiness *readiness, const char *text)
{
	if (readiness->has_reported || !readiness->options.on_problem)
		return;
	readiness->has_reported = true;
	readiness->options.on_problem(readiness, text, readiness->options.data);
}

/* The worker's own word counts in the two modes that listen to it, whatever auto was watching
 * for. */
static void take_word(struct readiness *readiness, enum readiness_how how)
{
	enum readiness_kind asked = readiness->options.mode.kind;

	readiness->options.memory->has_notified = true;
	if (readiness->is_started && (asked == READINESS_AUTO || asked == READINESS_NOTIFY))
		readiness_succeed(readiness, how);
}

void readiness_notified(struct readiness *readiness)
{
	take_word(readiness, READINESS_BY_NOTIFY);
}

void readiness_acked(struct readiness *readiness)
{
	take_word(readiness, READINESS_BY_ACK);
}
