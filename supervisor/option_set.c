/* SPDX-License-Identifier: MIT */
/* See option_set.h. */
#include "option_set.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "spelling.h"

enum {
	HELP_COLUMN = 31, /* where the explanations begin */
};

#define TRY "try: baton %s --help"

/* One argument that begins with '-', taken apart. */
struct word {
	const char *name; /* not terminated */
	size_t name_length;
	const char *value; /* in the same argument; NULL: none */
	bool is_long;
};

static struct word split_word(const char *argument)
{
	struct word word = { .is_long = argument[1] == '-' };

	word.name = argument + (word.is_long ? 2 : 1);
	if (word.is_long) {
		word.name_length = strcspn(word.name, "=");
		if (word.name[word.name_length] == '=')
			word.value = word.name + word.name_length + 1;
	} else {
		word.name_length = 1;
		if (word.name[1])
			word.value = word.name + 1;
	}
	return word;
}

static bool is_called(const struct word *word, const char *name, char letter)
{
	if (!word->is_long)
		return letter && *word->name == letter;
	return strlen(name) == word->name_length &&
		strncmp(name, word->name, word->name_length) == 0;
}

static const struct option *find_option(const struct option_set *set, const struct word *word)
{
	for (size_t i = 0; i < set->count; i++)
		if (is_called(word, set->options[i].name, set->options[i].letter))
			return &set->options[i];
	return NULL;
}

static const struct option *find_nearest(const struct option_set *set, const struct word *word)
{
	const struct option *nearest = NULL;
	struct spelling spelling;

	spelling_init(&spelling, word->name, word->name_length);
	for (size_t i = 0; word->is_long && i < set->count; i++)
		if (spelling_try(&spelling, set->options[i].name))
			nearest = &set->options[i];
	return nearest;
}

static int unknown_option(
	const struct option_set *set, const struct word *word, struct baton_error *error)
{
	int length = word->name_length > 60 ? 60 : (int)word->name_length;
	const struct option *nearest = find_nearest(set, word);

	if (nearest)
		return error_set(error, -EINVAL, "unknown option \"--%.*s\", is it --%s? (" TRY ")",
			length, word->name, nearest->name, set->command);
	return error_set(error, -EINVAL, "unknown option \"%s%.*s\" (" TRY ")",
		word->is_long ? "--" : "-", length, word->name, set->command);
}

/*
 * Parses the option at argv[*index], with its value if that is the next
 * argument, and leaves *index behind it. 0, OPTION_SET_HELP or -errno.
 */
static int parse_option(const struct option_set *set, char **argv, int *index, void *target,
	struct baton_error *error)
{
	struct word word = split_word(argv[(*index)++]);
	const struct option *option = find_option(set, &word);

	if (is_called(&word, "help", 'h'))
		return OPTION_SET_HELP;
	if (!option)
		return unknown_option(set, &word, error);
	if (!option->value && word.value)
		return error_set(error, -EINVAL, "option --%s takes no value (" TRY ")",
			option->name, set->command);
	if (option->value && !word.value) {
		word.value = argv[*index];
		/* "--" ends the options: whoever means it as a value attaches it. */
		if (!word.value || strcmp(word.value, "--") == 0)
			return error_set(error, -EINVAL, "option --%s needs a value: %s (" TRY ")",
				option->name, option->value, set->command);
		(*index)++;
	}
	return option->apply(option, target, word.value, error);
}

int option_set_parse(const struct option_set *set, char **argv, void *target, int *ret_rest,
	struct baton_error *error)
{
	int index = 1;

	/* "-" alone is no option, however odd. */
	while (argv[index] && argv[index][0] == '-' && argv[index][1]) {
		if (strcmp(argv[index], "--") == 0) {
			index++;
			break;
		}
		int r = parse_option(set, argv, &index, target, error);
		if (r != 0)
			return r;
	}
	*ret_rest = index;
	return 0;
}

static struct word long_word(const char *name)
{
	return (struct word){ .name = name, .name_length = strlen(name), .is_long = true };
}

const struct option *option_set_find(const struct option_set *set, const char *name)
{
	struct word word = long_word(name);

	return find_option(set, &word);
}

const struct option *option_set_nearest(const struct option_set *set, const char *name)
{
	struct word word = long_word(name);

	return find_nearest(set, &word);
}

/* The explanation, its first line beside the option if that is short enough. */
static void print_help(FILE *out, int column, const char *text)
{
	if (column > HELP_COLUMN - 2) {
		(void)fputc('\n', out);
		column = 0;
	}
	while (*text) {
		int length = (int)strcspn(text, "\n");

		(void)fprintf(out, "%*s%.*s\n", HELP_COLUMN - column, "", length, text);
		text += length + (text[length] == '\n');
		column = 0;
	}
}

static void print_option(FILE *out, const struct option *option)
{
	int column;

	if (option->section)
		(void)fprintf(out, "\n%s:\n", option->section);
	if (option->letter)
		column = fprintf(out, "  -%c, --%s", option->letter, option->name);
	else
		column = fprintf(out, "      --%s", option->name);
	if (option->value)
		column += fprintf(out, " %s", option->value);
	print_help(out, column, option->help);
}

void option_set_help(const struct option_set *set, FILE *out)
{
	(void)fputs(set->intro, out);
	for (size_t i = 0; i < set->count; i++)
		print_option(out, &set->options[i]);
	(void)fputs("\n  -h, --help                   this text\n", out);
	if (set->outro)
		(void)fprintf(out, "\n%s", set->outro);
}
