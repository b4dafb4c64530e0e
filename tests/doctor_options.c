/* SPDX-License-Identifier: MIT */
/* The command line of `baton doctor`, its help and its page:
 * supervisor/doctor/doctor_options.c. */
#include "doctor/doctor_options.h"

#include <errno.h>
#include <string.h>

#include "option_set.h"
#include "support/suite.h"

enum { TEXT_SIZE = 1 << 15, WIDTH = 80 };

static struct doctor_options options;
static struct baton_error error;
static char help[TEXT_SIZE], page[TEXT_SIZE];

static int parse(char **argv)
{
	return doctor_options_parse(argv, &options, &error);
}

START_TEST(defaults_are_those_of_the_page)
{
	char *argv[] = { "doctor", "server", "-v", NULL };

	ck_assert_int_eq(parse(argv), 0);
	ck_assert_int_eq(options.restarts, 5);
	ck_assert_str_eq(options.http_path, "/");
	ck_assert_ptr_null(options.send);
	ck_assert_ptr_null(options.run_options);
	ck_assert_int_eq(options.ready_timeout_ms, 20000);
	ck_assert_int_eq(options.time_limit_ms, 120000);
	ck_assert(!options.on_host);
	ck_assert(!options.is_json);
	ck_assert(!options.is_verbose);
	ck_assert_ptr_eq(options.command, argv + 1);
	doctor_options_finish(&options);
}
END_TEST

START_TEST(each_option_sets_its_member)
{
	char *argv[] = { "doctor", "--restarts=7", "--http", "/health?a=b", "--send", "a\\r\\n",
		"--send=PING\\r\\n\\t\\\\\\x00z", "--run-option=--user=www", "--run-option",
		"--ready=accept", "--ready-timeout", "3", "--time-limit=1m", "--host-network",
		"--json", "-v", "--", "-x", NULL };

	ck_assert_int_eq(parse(argv), 0);
	ck_assert_int_eq(options.restarts, 7);
	ck_assert_str_eq(options.http_path, "/health?a=b");
	ck_assert_uint_eq(options.send_length, 10);
	ck_assert_mem_eq(options.send, "PING\r\n\t\\\0z", 11);
	ck_assert_str_eq(options.run_options[0], "--user=www");
	ck_assert_str_eq(options.run_options[1], "--ready=accept");
	ck_assert_ptr_null(options.run_options[2]);
	ck_assert_int_eq(options.ready_timeout_ms, 3000);
	ck_assert_int_eq(options.time_limit_ms, 60000);
	ck_assert(options.on_host);
	ck_assert(options.is_json);
	ck_assert(options.is_verbose);
	ck_assert_str_eq(options.command[0], "-x");
	doctor_options_finish(&options);
}
END_TEST

START_TEST(bad_ones_are_refused_by_name)
{
	static const struct {
		char *option;
		const char *text;
	} rows[] = {
		{ "--restarts=0", "--restarts" },
		{ "--restarts=1001", "--restarts" },
		{ "--http=health", "--http" },
		{ "--http=/a b", "--http" },
		{ "--http=/a\r", "--http" },
		{ "--http=", "--http" },
		{ "--send=", "--send" },
		{ "--send=\\", "--send" },
		{ "--send=\\q", "\"\\q\"" },
		{ "--send=\\x1", "--send" },
		{ "--send=\\xg1", "--send" },
		{ "--run-option=user", "--run-option" },
		{ "--ready-timeout=0", "--ready-timeout" },
		{ "--time-limit=soon", "--time-limit" },
		{ "--jason", "is it --json?" },
	};

	for (size_t i = 0; i < array_length(rows); i++) {
		char *argv[] = { "doctor", rows[i].option, "server", NULL };

		ck_assert_msg(parse(argv) == -EINVAL, "%s", rows[i].option);
		ck_assert_msg(strstr(error.text, rows[i].text) != NULL, "%s: %s", rows[i].option,
			error.text);
	}
}
END_TEST

START_TEST(command_is_needed)
{
	char *bare[] = { "doctor", "--json", NULL }, *ended[] = { "doctor", "--", NULL };

	ck_assert_int_eq(parse(bare), -EINVAL);
	ck_assert_int_eq(parse(ended), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error.text, "no command"));
}
END_TEST

START_TEST(help_is_asked_for_anywhere_before_the_command)
{
	char *argv[] = { "doctor", "--send=x", "--run-option=--steer", "-h", NULL };
	char *command[] = { "doctor", "server", "--help", NULL };

	ck_assert_int_eq(parse(argv), DOCTOR_OPTIONS_HELP);
	ck_assert_int_eq(parse(command), 0);
	doctor_options_finish(&options);
}
END_TEST

static void write_help(void)
{
	FILE *memory = fmemopen(help, sizeof(help) - 1, "w");

	ck_assert_ptr_nonnull(memory);
	doctor_options_help(memory);
	ck_assert_int_eq(fclose(memory), 0);
}

START_TEST(help_fits_a_terminal)
{
	write_help();
	for (char *line = strtok(help, "\n"); line; line = strtok(NULL, "\n"))
		ck_assert_msg(strlen(line) <= WIDTH, "%s", line);
}
END_TEST

/* Leaves out the marks of bold and underlined characters. */
static void remove_marks(char *text)
{
	char *to = text;

	for (; *text; text++)
		if (!strchr("*_", *text))
			*to++ = *text;
	*to = '\0';
}

static void read_page(void)
{
	FILE *file = fopen(DOCTOR_PAGE, "re");

	ck_assert_ptr_nonnull(file);
	page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
	ck_assert_int_eq(fclose(file), 0);
	remove_marks(page);
}

/* "X" of "(default: X)", as the page has it. */
static void write_default(const struct option *option, char *text, size_t size)
{
	const char *start = strstr(option->help, "(default: ");

	*text = '\0';
	if (start)
		(void)snprintf(
			text, size, "Default: %.*s.", (int)strcspn(start + 10, ")"), start + 10);
}

START_TEST(page_has_each_option_with_its_default_and_no_other)
{
	char heading[80], value[80];
	size_t count = 0;

	read_page();
	for (size_t i = 0; i < doctor_option_set.count; i++) {
		const struct option *option = &doctor_option_set.options[i];

		(void)snprintf(heading, sizeof(heading), "--%s%s%s\n\t", option->name,
			option->value ? " " : "", option->value ? option->value : "");
		const char *entry = strstr(page, heading);

		ck_assert_msg(entry != NULL, "%s", heading);
		write_default(option, value, sizeof(value));
		ck_assert_msg(strstr(entry, value) != NULL, "%s: %s", heading, value);
		ck_assert_msg(*value || !option->value, "%s: no default", heading);
	}
	for (const char *line = page; (line = strstr(line, "\n-")); line++)
		count += strncmp(line, "\n- ", 3) != 0;
	ck_assert_uint_eq(count, doctor_option_set.count + 1); /* and --help */
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		defaults_are_those_of_the_page,
		each_option_sets_its_member,
		bad_ones_are_refused_by_name,
		command_is_needed,
		help_is_asked_for_anywhere_before_the_command,
		help_fits_a_terminal,
		page_has_each_option_with_its_default_and_no_other,
	};

	return SUITE_RUN("doctor_options", cases);
}
