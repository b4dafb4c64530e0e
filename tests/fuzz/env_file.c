/* SPDX-License-Identifier: MIT */
/*
 * What might be in an environment file. Of what is taken the keys must be
 * fit for a shell, and each value, written again with its quotes, must be read
 * as it was; what is refused must be named in one line of text.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/strbuf.h"
#include "env_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_key(const char *entry)
{
	size_t length = strcspn(entry, "=");

	if (length == 0 || entry[length] != '=' || strchr("0123456789", *entry) ||
		strspn(entry, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") !=
			length)
		abort();
}

/* In double quotes, with a backslash before whatever needs one. */
static void append_quoted(struct strbuf *text, const char *entry)
{
	size_t key_length = strcspn(entry, "=");

	strbuf_append_bytes(text, entry, key_length);
	strbuf_append(text, "=\"");
	for (const char *c = entry + key_length + 1; *c; c++) {
		if (strchr("\"\\`$", *c))
			strbuf_append(text, "\\");
		strbuf_append_bytes(text, c, 1);
	}
	strbuf_append(text, "\"\n");
}

static void check_again(const struct env *env)
{
	struct strbuf text = STRBUF_INIT;
	struct env again = ENV_INIT;

	for (size_t i = 0; i < env->count; i++)
		append_quoted(&text, env->entries[i]);
	char *file = strbuf_take(&text);

	if (!file || env_file_parse("again", file, strlen(file), &again, NULL) != 0 ||
		again.count != env->count)
		abort();
	for (size_t i = 0; i < env->count; i++)
		if (strcmp(env->entries[i], again.entries[i]) != 0)
			abort();
	env_finish(&again);
	free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct env env = ENV_INIT;
	struct baton_error error = { "" };
	int r = env_file_parse("file", (const char *)bytes, length, &env, &error);

	if (r != 0 &&
		(r != -EBADMSG || strncmp(error.text, "file:", 5) != 0 ||
			strpbrk(error.text, "\n\r\033")))
		abort();
	for (size_t i = 0; i < env.count; i++)
		check_key(env.entries[i]);
	if (r == 0)
		check_again(&env);
	env_finish(&env);
	return 0;
}
