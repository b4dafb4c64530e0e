/* SPDX-License-Identifier: MIT */
/* See top.h. */
#include "control/top.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "control/client.h"
#include "control/command_options.h"
#include "control/conversation.h"
#include "control/keys.h"
#include "control/render.h"
#include "control/screen.h"
#include "control/timeline.h"

enum { PAUSE_MS = 1000, ANSWER_MS = 30 * 1000 };

/* To the upper left corner, and what was there is erased (ECMA-48). */
#define CLEAR "\033[H\033[J"

/* Where the text has filled so many lines. */
static size_t length_of(const char *text, int lines)
{
	const char *end = text;

	for (; lines > 0 && *end; lines--)
		end += strcspn(end, "\n") + 1;
	return (size_t)(end - text);
}

static int draw(const json_t *status)
{
	struct table_style style = screen_style(stdout); /* it may have been resized */
	struct strbuf out = STRBUF_INIT;

	render_status(status, time(NULL), &style, &out);
	strbuf_append(&out, "\n");
	timeline_render(status, &style, &out);
	cleanup_free char *text = strbuf_take(&out);

	if (!text)
		return EX_OSERR;
	(void)printf(CLEAR "%.*s", (int)length_of(text, screen_lines(stdout) - 1), text);
	return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

/* One picture. EX_OK and whether the service goes on, or the exit status. */
static int look(struct client *client, bool *ret_goes_on)
{
	struct baton_error error;
	json_t *answer = NULL;
	int r = client_send_take(client, json_pack("{ss}", "command", "status"), &error);

	*ret_goes_on = false;
	if (r == -EPIPE || r == -ECONNRESET)
		return EX_OK;
	if (r == 0)
		r = client_receive(client, ANSWER_MS, &answer, &error);
	if (r < 0)
		return conversation_fail(r, &error);
	if (r == 0)
		return EX_OK;
	int status = draw(json_object_get(answer, "status"));

	json_decref(answer);
	*ret_goes_on = status == EX_OK;
	return status;
}

/* Nothing comes unasked but the end. Whether it has not come. */
static bool is_there(struct client *client)
{
	struct baton_error error;
	json_t *unexpected = NULL;
	int r = client_receive(client, 0, &unexpected, &error);

	json_decref(unexpected);
	return r == -ETIMEDOUT;
}

/* Until it is time for the next picture. Whether there is to be one. */
static bool pause_for(struct client *client, bool *has_keys)
{
	int64_t end_ms = clock_ms() + PAUSE_MS;
	int key = 0;

	for (int64_t left_ms = PAUSE_MS; left_ms > 0; left_ms = end_ms - clock_ms()) {
		struct pollfd fds[] = {
			{ .fd = client->fd, .events = POLLIN },
			{ .fd = *has_keys ? STDIN_FILENO : -1, .events = POLLIN },
		};

		if (poll(fds, 2, (int)left_ms) <= 0)
			continue; /* it is time, or a signal came */
		if (fds[0].revents && !is_there(client))
			return false;
		while (*has_keys && (key = keys_read()) > 0)
			if (key == 'q' || key == 'Q')
				return false;
		*has_keys = *has_keys && key >= 0;
	}
	return true;
}

static int show(struct client *client)
{
	bool has_keys = keys_begin(), goes_on = true;
	int status = EX_OK;

	while (goes_on && status == EX_OK) {
		status = look(client, &goes_on);
		goes_on = goes_on && pause_for(client, &has_keys);
	}
	keys_end();
	return status;
}

int top_show(const struct command_options *options)
{
	struct client client;
	struct baton_error error;

	if (!screen_can_move(stdout)) {
		(void)fprintf(stderr, "baton: top needs a terminal; see baton status\n");
		return EX_USAGE;
	}
	int r = client_open(&client, options->name, options->control, &error);
	if (r < 0)
		return conversation_fail(r, &error);
	int status = show(&client);

	client_close(&client);
	return status;
}
