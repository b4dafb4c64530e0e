/* SPDX-License-Identifier: MIT */
/* See env_file.h. The rules of quoting are those of systemd.exec(5) and of the shell it refers
 * to. */
#include "env_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "text_file.h"

struct reader {
	const char *path;
	const char *text; /* where reading goes on */
	const char *end;
	unsigned line; /* the current one, from 1 */
	struct baton_error *error;
};

static bool at_end(const struct reader *reader)
{
	return reader->text == reader->end;
}

static char next(struct reader *reader)
{
	char c = *reader->text++;

	if (c == '\n')
		reader->line++;
	return c;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct reader *reader)
{
	while (!at_end(reader) && is_blank(*reader->text))
		next(reader);
}

/* A backslash at the end of a comment means nothing, as in systemd since 254. */
static void skip_comment(struct reader *reader)
{
	while (!at_end(reader) && next(reader) != '\n')
		;
}

/* In double quotes a backslash is for these alone and otherwise itself; so is it in the shell. */
static bool is_special_in_quotes(char c)
{
	return c == '"' || c == '\\' || c == '`' || c == '$';
}

static int read_quoted(struct reader *reader, struct strbuf *value)
{
	unsigned start = reader->line;
	char quote = next(reader);

	while (!at_end(reader)) {
		char c = next(reader);

		if (c == quote)
			return 0;
		if (c == '\\' && quote == '"' && !at_end(reader)) {
			char escaped = next(reader);

			if (escaped == '\n')
				continue;
			if (!is_special_in_quotes(escaped))
				strbuf_append_bytes(value, &c, 1);
			c = escaped;
		}
		strbuf_append_bytes(value, &c, 1);
	}
	return error_set(
		reader->error, -EBADMSG, "%s:%u: the quote is never closed", reader->path, start);
}

/* Cuts off the blanks at the end, as far back as keep. */
static void trim(struct strbuf *value, size_t keep)
{
	while (!value->is_broken && value->length > keep &&
		is_blank(value->text[value->length - 1]))
		value->text[--value->length] = '\0';
}

/* What no quote stands before: up to the end of the line, without the blanks there. */
static void read_unquoted(struct reader *reader, struct strbuf *value)
{
	size_t keep = value->length; /* an escaped blank stays */

	while (!at_end(reader) && *reader->text != '\n') {
		char c = next(reader);
		bool is_escaped = c == '\\' && !at_end(reader);

		if (is_escaped)
			c = next(reader);
		if (is_escaped && c == '\n')
			continue;
		strbuf_append_bytes(value, &c, 1);
		if (is_escaped)
			keep = value->length;
	}
	trim(value, keep);
}

/* Quotes are such at the beginning and after another quoted part; elsewhere they are themselves. */
static int read_value(struct reader *reader, struct strbuf *value)
{
	for (;;) {
		skip_blanks(reader);
		if (at_end(reader) || (*reader->text != '"' && *reader->text != '\''))
			break;
		int r = read_quoted(reader, value);
		if (r < 0)
			return r;
	}
	read_unquoted(reader, value);
	return 0;
}

/* The key, up to the '=', which is read. */
static int read_key(struct reader *reader, char **ret)
{
	const char *start = reader->text;
	size_t length = 0;

	while (start + length < reader->end &&
		(isalnum((unsigned char)start[length]) || start[length] == '_'))
		length++;
	reader->text += length;
	skip_blanks(reader);
	if (at_end(reader) || *reader->text != '=')
		return error_set(reader->error, -EBADMSG, "%s:%u: not of the form KEY=VALUE",
			reader->path, reader->line);
	next(reader);
	if (length == 0 || isdigit((unsigned char)*start))
		return error_set(reader->error, -EBADMSG,
			"%s:%u: a key has letters, digits and '_', and no digit first",
			reader->path, reader->line);
	*ret = strndup(start, length);
	return *ret ? 0 : error_set(reader->error, -ENOMEM, "out of memory");
}

static int read_assignment(struct reader *reader, struct env *env)
{
	struct strbuf buf = STRBUF_INIT;
	cleanup_free char *key = NULL;
	unsigned line = reader->line;
	int r = read_key(reader, &key);
	if (r < 0)
		return r;
	r = read_value(reader, &buf);
	if (r < 0) {
		strbuf_finish(&buf);
		return r;
	}
	cleanup_free char *value = strbuf_take(&buf);

	if (!value || env_set(env, key, value) < 0)
		return error_set(
			reader->error, -ENOMEM, "%s:%u: out of memory", reader->path, line);
	return 0;
}

int env_file_parse(const char *path, const char *text, size_t length, struct env *env,
	struct baton_error *error)
{
	struct reader reader = {
		.path = path,
		.text = text,
		.end = text + length,
		.line = 1,
		.error = error,
	};

	for (const char *c = text; c < reader.end; c++) {
		if (*c == '\0')
			return error_set(error, -EBADMSG, "%s:%u: a NUL byte", path, reader.line);
		reader.line += *c == '\n';
	}
	reader.line = 1;
	while (!at_end(&reader)) {
		int r = 0;

		if (isspace((unsigned char)*reader.text))
			next(&reader);
		else if (*reader.text == '#' || *reader.text == ';')
			skip_comment(&reader);
		else
			r = read_assignment(&reader, env);
		if (r < 0)
			return r;
	}
	return 0;
}

int env_file_read(const char *path, struct env *env, struct baton_error *error)
{
	cleanup_free char *text = NULL;
	size_t length;
	int r = text_file_read(path, "environment file", &text, &length, error);

	return r < 0 ? r : env_file_parse(path, text, length, env, error);
}
