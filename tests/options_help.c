/* SPDX-License-Identifier: MIT */
/* The help, the manual page and the defaults say the same: option_table.c, baton.1.scd. */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "option_table.h"
#include "settings.h"
#include "support/suite.h"

enum { WIDTH = 80, TEXT_SIZE = 1 << 17 };

static struct settings settings;
static char help[TEXT_SIZE], page[TEXT_SIZE];

/* Leaves out the marks of bold, underlined and escaped characters. */
static void remove_marks(char *text)
{
	char *to = text;

	for (; *text; text++)
		if (!strchr("*_\\", *text))
			*to++ = *text;
	*to = '\0';
}

static void setup(void)
{
	FILE *file = fopen(MANUAL_PAGE, "r");
	FILE *memory = fmemopen(help, sizeof(help) - 1, "w");

	settings_init(&settings);
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(memory);
	page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
	ck_assert_int_eq(fclose(file), 0);
	options_help(memory);
	ck_assert_int_eq(fclose(memory), 0);
	remove_marks(page);
}

static void teardown(void)
{
	settings_finish(&settings);
}

/* "-w, --workers N", as both have it. */
static void write_heading(const struct option *option, char *text, size_t size)
{
	char letter[8] = "";

	if (option->letter)
		snprintf(letter, sizeof(letter), "-%c, ", option->letter);
	snprintf(text, size, "%s--%s%s%s", letter, option->name, option->value ? " " : "",
		option->value ? option->value : "");
}

/* Lines of one paragraph become one. */
static void join_lines(char *text)
{
	for (char *c = text; *c; c++)
		if (strchr("\n\t", *c))
			*c = ' ';
	for (char *twice; (twice = strstr(text, "  "));)
		memmove(twice, twice + 1, strlen(twice));
}

/* What the page says of the option: from its heading to the next one. */
static void find_entry(const struct option *option, char *text, size_t size)
{
	char heading[128], wanted[132];

	write_heading(option, heading, sizeof(heading));
	remove_marks(heading);
	snprintf(wanted, sizeof(wanted), "\n%s\n", heading);
	const char *start = strstr(page, wanted);

	ck_assert_msg(start != NULL, "the page has no entry \"%s\"", heading);
	start += strlen(wanted);
	const char *end = strstr(start, "\n-");

	ck_assert_msg(
		end != NULL && (size_t)(end - start) < size, "entry \"%s\" has no end", heading);
	memcpy(text, start, (size_t)(end - start));
	text[end - start] = '\0';
	join_lines(text);
}

/* The X of "(default: X)" at the end of the help. */
static void find_default(const struct option *option, char *text, size_t size)
{
	const char *start = strstr(option->help, "(default: ");

	ck_assert_msg(start != NULL || !option->value, "--%s: no default", option->name);
	start = start ? start + strlen("(default: ") : "";
	snprintf(text, size, "%.*s", (int)strcspn(start, ")"), start);
}

START_TEST(each_option_is_in_the_help)
{
	char heading[128];

	for (size_t i = 0; i < option_count; i++) {
		write_heading(&option_table[i], heading, sizeof(heading));
		ck_assert_msg(strstr(help, heading) != NULL, "%s", heading);
	}
}
END_TEST

START_TEST(each_option_is_in_the_page_with_its_default)
{
	static char entry[1 << 14];
	char value[128], wanted[160];

	for (size_t i = 0; i < option_count; i++) {
		find_entry(&option_table[i], entry, sizeof(entry));
		find_default(&option_table[i], value, sizeof(value));
		snprintf(wanted, sizeof(wanted), "Default: %s", value);
		ck_assert_msg(!*value || strstr(entry, wanted) != NULL,
			"--%s: the page does not say \"%s\"", option_table[i].name, wanted);
	}
}
END_TEST

static bool is_option(const char *name, size_t length)
{
	for (size_t i = 0; i < option_count; i++)
		if (strlen(option_table[i].name) == length &&
			strncmp(option_table[i].name, name, length) == 0)
			return true;
	return length == strlen("help") && strncmp(name, "help", length) == 0;
}

START_TEST(page_has_no_option_that_there_is_not)
{
	const char *end = strstr(page, "\n# WHAT HAPPENS");
	size_t found = 0;

	ck_assert_ptr_nonnull(end);
	for (const char *line = strstr(page, "\n# OPTIONS"); line && line < end;
		line = strchr(line + 1, '\n')) {
		if (line[1] != '-')
			continue;
		const char *name = strstr(line, "--") + 2;
		size_t length = strcspn(name, " ,\n");

		ck_assert_msg(is_option(name, length), "--%.*s", (int)length, name);
		found++;
	}
	ck_assert_uint_eq(found, option_count + 1); /* and --help */
}
END_TEST

/* Whether it is a value, and not the words for there being none. */
static bool is_value(const char *text)
{
	static const char *const others[] = { "", "none", "never", "nowhere" };

	for (size_t i = 0; i < array_length(others); i++)
		if (strcmp(text, others[i]) == 0)
			return false;
	return strpbrk(text, " '") == NULL;
}

START_TEST(defaults_in_the_help_change_nothing)
{
	char value[128];
	size_t checked = 0;

	for (size_t i = 0; i < option_count; i++) {
		const struct option *option = &option_table[i];
		struct settings before = settings;
		struct baton_error error;

		find_default(option, value, sizeof(value));
		if (option->offset == 0 || !is_value(value))
			continue;
		checked++;
		ck_assert_msg(option->apply(option, &settings, value, &error) == 0, "--%s: %s",
			option->name, error.text);
		ck_assert_msg(memcmp(&before, &settings, sizeof(settings)) == 0,
			"--%s: \"%s\" is not its default", option->name, value);
	}
	ck_assert_uint_gt(checked, 8);
}
END_TEST

START_TEST(help_fits_a_terminal)
{
	for (char *line = strtok(help, "\n"); line; line = strtok(NULL, "\n"))
		ck_assert_msg(strlen(line) < WIDTH, "%s", line);
}
END_TEST

START_TEST(no_two_options_are_called_alike)
{
	for (size_t i = 0; i < option_count; i++) {
		for (size_t j = 0; j < i; j++) {
			ck_assert_str_ne(option_table[i].name, option_table[j].name);
			ck_assert(!option_table[i].letter ||
				option_table[i].letter != option_table[j].letter);
		}
	}
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		each_option_is_in_the_help,
		each_option_is_in_the_page_with_its_default,
		page_has_no_option_that_there_is_not,
		defaults_in_the_help_change_nothing,
		help_fits_a_terminal,
		no_two_options_are_called_alike,
	};
	const struct suite suite = {
		.name = "options_help",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
