/* SPDX-License-Identifier: MIT */
/* See top.h. */
#include "control/top.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/cleanup.h"
#include "control/client.h"
#include "control/command_options.h"
#include "control/conversation.h"
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

	render_status(status, &style, &out);
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
static bool pause_for(struct client *client)
{
	struct baton_error error;
	json_t *unexpected = NULL;
	int r = client_receive(client, PAUSE_MS, &unexpected, &error);

	json_decref(unexpected);
	return r == -ETIMEDOUT;
}

int top_show(const struct command_options *options)
{
	struct client client;
	struct baton_error error;
	bool goes_on = true;
	int status = EX_OK;

	if (!screen_can_move(stdout)) {
		(void)fprintf(stderr, "baton: top needs a terminal; see baton status\n");
		return EX_USAGE;
	}
	int r = client_open(&client, options->name, options->control, &error);
	if (r < 0)
		return conversation_fail(r, &error);
	while (goes_on && status == EX_OK) {
		status = look(&client, &goes_on);
		goes_on = goes_on && pause_for(&client);
	}
	client_close(&client);
	return status;
}
