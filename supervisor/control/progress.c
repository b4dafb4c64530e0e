/* SPDX-License-Identifier: MIT */
/* See progress.h. */
#include "control/progress.h"

#include <string.h>

#include "base/container.h"
#include "control/render.h"
#include "control/screen.h"

enum { TEXT_SIZE = 160 };

static const struct {
	const char *event, *words;
	bool has_time; /* behind the words */
} steps[] = {
	{ "upgrade-remembered", "an upgrade is under way, this one follows it", false },
	{ "upgrade-started", "started", false },
	{ "ready", "ready after ", true },
	{ "baking", "on probation for ", true },
	{ "took-over", "took over after ", true },
	{ "rolled-back", "rolled back after ", true },
};

const char *progress_text(const json_t *event, char *text, size_t size)
{
	const char *name = json_string_value(json_object_get(event, "event"));
	long long generation = json_integer_value(json_object_get(event, "generation"));
	char where[48] = "", time[32] = "";

	*text = '\0';
	if (generation)
		(void)snprintf(where, sizeof(where), "generation %lld: ", generation);
	for (size_t i = 0; name && i < array_length(steps); i++) {
		if (strcmp(steps[i].event, name) != 0)
			continue;
		if (steps[i].has_time)
			(void)render_duration(json_integer_value(json_object_get(event, "ms")),
				time, sizeof(time));
		(void)snprintf(text, size, "%s%s%s", where, steps[i].words, time);
	}
	return text;
}

void progress_begin(struct progress *progress, FILE *out)
{
	*progress = (struct progress){ .out = out, .can_move = screen_can_move(out) };
}

void progress_show(const json_t *event, void *data)
{
	struct progress *progress = data;
	char text[TEXT_SIZE];

	if (!*progress_text(event, text, sizeof(text)))
		return;
	/* To the line's beginning, and what was there is erased (ECMA-48). */
	if (progress->can_move)
		(void)fprintf(progress->out, "\r\033[K%s", text);
	else
		(void)fprintf(progress->out, "%s\n", text);
	progress->has_line = progress->can_move;
	(void)fflush(progress->out); /* its failure is seen at the end */
}

void progress_end(struct progress *progress)
{
	if (progress->has_line)
		(void)fputc('\n', progress->out);
	progress->has_line = false;
	(void)fflush(progress->out); /* as above */
}
