/* SPDX-License-Identifier: MIT */
/* The commands' options, their help and the page: supervisor/control/command_options.c,
 * baton.1.scd. */
#include "control/command_options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "support/suite.h"

enum { WIDTH = 80, TEXT_SIZE = 1 << 17 };

static char page[TEXT_SIZE], help[TEXT_SIZE], section[TEXT_SIZE];

/* Without the marks of bold, underlined and escaped characters. */
static void setup(void)
{
	FILE *file = fopen(MANUAL_PAGE, "r");
	size_t length = 0;

	ck_assert_ptr_nonnull(file);
	for (int c; (c = fgetc(file)) != EOF;)
		if (!strchr("*_\\", c))
			page[length++] = (char)c;
	ck_assert_int_eq(fclose(file), 0);
}

static void write_help(const struct option_set *set)
{
	FILE *memory = fmemopen(help, sizeof(help) - 1, "w");

	ck_assert_ptr_nonnull(memory);
	option_set_help(set, memory);
	ck_assert_int_eq(fclose(memory), 0);
}

/* Between two headings: of the command, or what stands before the first for all. */
static void find_section(const char *heading)
{
	const char *start = strstr(page, heading);

	ck_assert_msg(start != NULL, "the page has no \"%s\"", heading);
	start += strlen(heading);
	const char *end = strstr(start, "\n#");

	ck_assert_ptr_nonnull(end);
	snprintf(section, sizeof(section), "%.*s", (int)(end - start), start);
}

static void find_command(const struct option_set *set)
{
	char heading[80];

	snprintf(heading, sizeof(heading), "\n## baton %s", set->command);
	find_section(heading);
}

static void write_heading(const struct option *option, char *text, size_t size)
{
	char letter[8] = "";

	if (option->letter)
		snprintf(letter, sizeof(letter), "-%c, ", option->letter);
	snprintf(text, size, "%s--%s%s%s", letter, option->name, option->value ? " " : "",
		option->value ? option->value : "");
}

static bool is_common(const struct option *option)
{
	return strcmp(option->name, "name") == 0 || strcmp(option->name, "control") == 0;
}

START_TEST(each_option_is_in_the_help_which_is_narrow)
{
	char heading[80];

	for (size_t i = 0; i < command_option_set_count; i++) {
		const struct option_set *set = &command_option_sets[i];

		write_help(set);
		for (size_t j = 0; j < set->count; j++) {
			write_heading(&set->options[j], heading, sizeof(heading));
			ck_assert_msg(strstr(help, heading) != NULL, "%s", heading);
		}
		for (const char *line = help; *line; line += strcspn(line, "\n") + 1)
			ck_assert_uint_le(strcspn(line, "\n"), WIDTH);
	}
}
END_TEST

START_TEST(each_option_is_in_its_section_of_the_page_with_its_default)
{
	char heading[80], wanted[90], value[80], text[100];

	for (size_t i = 0; i < command_option_set_count; i++) {
		const struct option_set *set = &command_option_sets[i];

		for (size_t j = 0; j < set->count; j++) {
			const struct option *option = &set->options[j];
			const char *of = strstr(option->help, "(default: ");

			if (is_common(option))
				find_section("\n# OTHER COMMANDS\n");
			else
				find_command(set);
			write_heading(option, heading, sizeof(heading));
			snprintf(wanted, sizeof(wanted), "\n%s\n", heading);
			const char *entry = strstr(section, wanted);

			ck_assert_msg(entry != NULL, "%s: no %s", set->command, heading);
			ck_assert_msg(of != NULL || !option->value, "%s: no default", heading);
			if (!of)
				continue;
			of += strlen("(default: ");
			snprintf(value, sizeof(value), "%.*s", (int)strcspn(of, ")"), of);
			snprintf(text, sizeof(text), "Default: %s", value);
			ck_assert_msg(strstr(entry, text) != NULL, "%s: %s", heading, text);
		}
	}
}
END_TEST

START_TEST(page_has_no_option_that_there_is_not)
{
	for (size_t i = 0; i < command_option_set_count; i++) {
		const struct option_set *set = &command_option_sets[i];
		size_t found = 0, own = 0;

		find_command(set);
		for (const char *line = strstr(section, "\n-"); line;
			line = strstr(line + 1, "\n-"))
			found++;
		for (size_t j = 0; j < set->count; j++)
			own += !is_common(&set->options[j]);
		ck_assert_msg(found == own, "%s: %zu instead of %zu", set->command, found, own);
	}
}
END_TEST

static const struct option_set *find_set(const char *name)
{
	for (size_t i = 0; i < command_option_set_count; i++)
		if (strcmp(command_option_sets[i].command, name) == 0)
			return &command_option_sets[i];
	ck_abort_msg("no command %s", name);
}

START_TEST(options_and_the_rest_are_parsed)
{
	char *argv[] = { (char *)"set", (char *)"-napp", (char *)"--drain-timeout=2s",
		(char *)"--end-idle=0", (char *)"--log-level", (char *)"debug", (char *)"-w",
		(char *)"3", (char *)"rest", NULL };
	struct command_options options;
	struct baton_error error;
	char **rest;

	ck_assert_int_eq(command_options_parse(find_set("set"), argv, &options, &rest, &error), 0);
	ck_assert_str_eq(options.name, "app");
	ck_assert_ptr_null(options.control);
	ck_assert_int_eq(options.drain_timeout_ms, 2000);
	ck_assert_int_eq(options.end_idle_ms, 0);
	ck_assert_int_eq(options.log_level, LOG_LEVEL_DEBUG);
	ck_assert_int_eq(options.workers, 3);
	ck_assert_str_eq(rest[0], "rest");
	ck_assert_ptr_null(rest[1]);
	command_options_finish(&options);
}
END_TEST

START_TEST(option_of_another_command_is_refused_with_the_right_hint)
{
	char *argv[] = { (char *)"status", (char *)"--wait", NULL };
	char *help_argv[] = { (char *)"status", (char *)"--help", NULL };
	struct command_options options;
	struct baton_error error;
	char **rest;

	ck_assert_int_eq(
		command_options_parse(find_set("status"), argv, &options, &rest, &error), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error.text, "try: baton status --help"));
	command_options_finish(&options);
	ck_assert_int_eq(
		command_options_parse(find_set("status"), help_argv, &options, &rest, &error),
		OPTION_SET_HELP);
	command_options_finish(&options);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		each_option_is_in_the_help_which_is_narrow,
		each_option_is_in_its_section_of_the_page_with_its_default,
		page_has_no_option_that_there_is_not,
		options_and_the_rest_are_parsed,
		option_of_another_command_is_refused_with_the_right_hint,
	};
	const struct suite suite = {
		.name = "command_options",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
	};

	return suite_run(&suite);
}
