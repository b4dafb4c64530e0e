/* SPDX-License-Identifier: MIT */
/* See words.h. */
#include "config/words.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/strbuf.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Puts the word at the end of the list, of which it is from then on. */
static int append_take(char ***words, size_t *count, char *word)
{
	char **grown = word ? reallocarray(*words, *count + 2, sizeof(*grown)) : NULL;

	if (!grown) {
		free(word);
		return -ENOMEM;
	}
	grown[(*count)++] = word;
	grown[*count] = NULL;
	*words = grown;
	return 0;
}

/* What stands in quotes, from the first one on; NULL: they are never closed. */
static const char *read_quoted(const char *text, struct strbuf *word)
{
	char quote = *text++;

	for (; *text && *text != quote; text++) {
		/* As in a shell: for these alone. */
		if (quote == '"' && *text == '\\' && text[1] && strchr("\"\\$`", text[1]))
			text++;
		strbuf_append_bytes(word, text, 1);
	}
	return *text ? text + 1 : NULL;
}

static int read_word(const char **text, struct strbuf *word, struct baton_error *error)
{
	const char *c = *text;

	if (*c == '#')
		return error_set(error, -EINVAL,
			"a word begins with '#': comments have lines of their own, and a word is "
			"quoted");
	while (*c && !is_blank(*c)) {
		if (*c == '\'' || *c == '"') {
			char quote = *c;

			c = read_quoted(c, word);
			if (!c)
				return error_set(
					error, -EINVAL, "the quote %c is never closed", quote);
			continue;
		}
		if (*c == '\\' && !*++c)
			return error_set(error, -EINVAL, "nothing stands after the backslash");
		strbuf_append_bytes(word, c++, 1);
	}
	*text = c;
	return 0;
}

static int split(const char *text, char ***words, struct baton_error *error)
{
	size_t count = 0;

	for (;;) {
		struct strbuf word = STRBUF_INIT;

		while (is_blank(*text))
			text++;
		if (!*text)
			break;
		int r = read_word(&text, &word, error);
		if (r < 0) {
			strbuf_finish(&word);
			return r;
		}
		if (append_take(words, &count, strbuf_take(&word)) < 0)
			return error_set(error, -ENOMEM, "out of memory");
	}
	return count > 0 ? 0 : error_set(error, -EINVAL, "it is empty");
}

int words_split(const char *text, char ***ret, struct baton_error *error)
{
	char **words = NULL;
	int r = split(text, &words, error);
	if (r < 0) {
		words_free(words);
		return r;
	}
	*ret = words;
	return 0;
}

int words_copy(char *const *words, char ***ret)
{
	char **copy = NULL;
	size_t count = 0;

	while (words[count]) {
		if (append_take(&copy, &count, strdup(words[count])) < 0) {
			words_free(copy);
			return -ENOMEM;
		}
	}
	*ret = copy;
	return 0;
}

void words_free(char **words)
{
	for (char **word = words; word && *word; word++)
		free(*word);
	free(words);
}
