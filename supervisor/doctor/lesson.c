/* SPDX-License-Identifier: MIT */
/* See lesson.h. */
#include "doctor/lesson.h"

#include <sys/socket.h>

#include "base/container.h"
#include "doctor/peer.h"
#include "doctor/visit.h"
#include "doctor/words.h"

/* A server that does not know HTTP may wait for more: it is not waited for as long as one that
 * does. */
enum { PATIENCE_MS = 3000 };

static void ask(struct lesson *lesson);

/* To be asked in their order; what is answered is what the peer speaks. */
static const enum peer_speech questions[] = { PEER_SENT, PEER_HTTP };

static void on_answer(struct visit *visit, const char *reason)
{
	struct lesson *lesson = visit->options.data;
	bool is_last = visit->options.manner == VISIT_LISTEN;

	if (is_last) {
		lesson->peer->is_absent = !visit->is_connected;
		lesson->peer->greets = visit->was_greeted;
		lesson->peer->hangs_up = visit->was_hung_up_on;
	} else if (!reason) {
		lesson->peer->status = visit->response.status;
		is_last = true;
	}
	visit_destroy(visit);
	lesson->visit = NULL;
	lesson->question++;
	if (!is_last)
		ask(lesson);
}

static bool can_ask(const struct lesson *lesson, enum peer_speech speech)
{
	return speech == PEER_SENT ? lesson->words->sent != NULL
				   : lesson->peer->type == SOCK_STREAM;
}

static void ask(struct lesson *lesson)
{
	struct visit_options options = {
		.loop = lesson->loop,
		.peer = lesson->peer,
		.on_over = on_answer,
		.data = lesson,
	};
	size_t count = array_length(questions);

	while ((size_t)lesson->question < count && !can_ask(lesson, questions[lesson->question]))
		lesson->question++;
	bool is_left = (size_t)lesson->question < count;

	lesson->peer->speech = is_left ? questions[lesson->question] : PEER_MUTE;
	options.manner = is_left ? VISIT_ONCE : VISIT_LISTEN;
	words_choose(lesson->words, &options);
	if (options.deadline_ms > PATIENCE_MS)
		options.deadline_ms = PATIENCE_MS;
	/* Nobody listens on datagrams by connecting. Without memory it stays mute. */
	if (is_left || lesson->peer->type != SOCK_DGRAM)
		lesson->visit = visit_create(&options);
}

void lesson_start(
	struct lesson *lesson, struct ev_loop *loop, const struct words *words, struct peer *peer)
{
	*lesson = (struct lesson){ .loop = loop, .words = words, .peer = peer };
	ask(lesson);
}

bool lesson_is_done(const struct lesson *lesson)
{
	return !lesson->visit;
}

void lesson_stop(struct lesson *lesson)
{
	if (lesson->visit)
		visit_destroy(lesson->visit);
	lesson->visit = NULL;
}
