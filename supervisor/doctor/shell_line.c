/* SPDX-License-Identifier: MIT */
/* See shell_line.h. */
#include "doctor/shell_line.h"

#include <ctype.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "base/signal_name.h"
#include "doctor/attempt.h"
#include "doctor/findings.h"

static bool is_plain(const char *word)
{
	for (const char *c = word; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-_./:=@%+,", *c))
			return false;
	return *word != '\0';
}

void shell_line_quote(struct strbuf *line, const char *word)
{
	if (is_plain(word)) {
		strbuf_append(line, word);
		return;
	}
	strbuf_append(line, "'");
	for (; *word; word++)
		if (*word == '\'')
			strbuf_append(line, "'\\''");
		else
			strbuf_append_bytes(line, word, 1);
	strbuf_append(line, "'");
}

static void append(struct strbuf *line, const char *word)
{
	if (line->length > 0)
		strbuf_append(line, " ");
	shell_line_quote(line, word);
}

void shell_line_append(struct strbuf *line, char *const *words)
{
	for (; *words; words++)
		append(line, *words);
}

void shell_line_append_rung(
	struct strbuf *line, const struct rung *rung, const struct findings *findings)
{
	char name[SIGNAL_NAME_SIZE];

	append(line, "--adopt");
	if (rung->is_steered)
		append(line, "--steer");
	if (rung->signal != SIGTERM) { /* the default */
		append(line, "--stop-signal");
		append(line, signal_name(rung->signal, name, sizeof(name)) + strlen("SIG"));
	}
	for (size_t i = 0; i < rung->keep_count; i++) {
		append(line, "--keep-file");
		append(line, findings->pid_files[i]);
	}
}
