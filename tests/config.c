/* SPDX-License-Identifier: MIT */
/* A file and a command line, joined to settings: config.c, config_settings.c, loaded.c. */
#include "config/config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/loaded.h"
#include "config/problems.h"
#include "option_table.h"
#include "support/suite.h"

enum { ARGUMENTS_MAX = 16 };

static struct loaded loaded, next;
static struct problems problems;
static char path[64];
static int status;

static void setup(void)
{
	settings_init(&loaded.settings);
	settings_init(&next.settings);
	problems = (struct problems)PROBLEMS_INIT;
	snprintf(path, sizeof(path), "/tmp/baton-config-%d", (int)getpid());
}

static void teardown(void)
{
	loaded_finish(&loaded);
	loaded_finish(&next);
	problems_finish(&problems);
	(void)unlink(path);
}

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

/* With -c and the words of text, which are separated by single spaces. */
static int load(const char *text, const struct loaded *in_force, struct loaded *ret)
{
	static char copy[256];
	char *argv[ARGUMENTS_MAX + 1] = { (char *)"run", (char *)"-c", path };
	int argc = 3;

	problems_finish(&problems);
	strcpy(copy, text);
	for (char *word = strtok(copy, " "); word && argc < ARGUMENTS_MAX; word = strtok(NULL, " "))
		argv[argc++] = word;
	return loaded_read(argv, in_force, ret, &problems, &status);
}

static void check_loaded(const char *file, const char *arguments)
{
	write_file(file);
	loaded_finish(&loaded);
	ck_assert_msg(load(arguments, NULL, &loaded) == 0, "%s", problems.text.text);
}

/* What is said of it, the path left out. */
static void check_refused(
	const char *file, const char *arguments, int expected_status, const char *expected)
{
	struct strbuf text = STRBUF_INIT;

	write_file(file);
	ck_assert_int_lt(load(arguments, NULL, &loaded), 0);
	for (const char *at = problems.text.text; *at;) {
		bool is_path = strncmp(at, path, strlen(path)) == 0;

		at += is_path ? strlen(path) : 0;
		strbuf_append_bytes(&text, at, 1);
		at++;
	}
	ck_assert_str_eq(text.text, expected);
	ck_assert_int_eq(status, expected_status);
	strbuf_finish(&text);
}

START_TEST(file_makes_settings)
{
	check_loaded("[service]\nworkers = 3\nno-restart = yes\nadopt = no\ncommand = a 'b c'\n"
		     "[listener http]\naddress = :80\n",
		"");
	ck_assert_int_eq(loaded.settings.workers, 3);
	ck_assert(!loaded.settings.restart);
	ck_assert(!loaded.settings.adopt);
	ck_assert_str_eq(loaded.settings.command[1], "b c");
	ck_assert_str_eq(loaded.settings.name, "a");
	ck_assert_str_eq(loaded.settings.config_file, path);
	ck_assert_uint_eq(loaded.settings.listener_count, 1);
	ck_assert_str_eq(loaded.settings.listeners[0].name, "http");
}
END_TEST

START_TEST(command_line_goes_before_the_file)
{
	check_loaded("[service]\nworkers = 3\nbake = 1s\ncommand = a\n", "-w 5 -- b c");
	ck_assert_int_eq(loaded.settings.workers, 5);
	ck_assert_int_eq(loaded.settings.bake_ms, 1000);
	ck_assert_str_eq(loaded.settings.command[0], "b");
	ck_assert_str_eq(loaded.settings.command[1], "c");
}
END_TEST

START_TEST(listeners_of_the_command_line_replace_those_of_their_name)
{
	check_loaded("[service]\ncommand = a\n[listener http]\naddress = :80\n"
		     "[listener default]\naddress = :81\n[listener htt]\naddress = :84\n",
		"-l http=:82 -l :83");
	ck_assert_uint_eq(loaded.settings.listener_count, 4);
	ck_assert_str_eq(loaded.settings.listeners[0].name, "default");
	ck_assert_int_eq(baton_address_port(loaded.settings.listeners[0].address), 81);
	ck_assert_str_eq(loaded.settings.listeners[1].name, "htt");
	ck_assert_str_eq(loaded.settings.listeners[2].name, "http");
	ck_assert_int_eq(baton_address_port(loaded.settings.listeners[2].address), 82);
	ck_assert_str_eq(loaded.settings.listeners[3].name, "default2");
}
END_TEST

START_TEST(what_may_be_repeated_adds_up)
{
	check_loaded("[service]\ncommand = a\nadopt = yes\nkeep-file = f\n", "--keep-file g");
	ck_assert_str_eq(loaded.settings.keep_files[0], "f");
	ck_assert_str_eq(loaded.settings.keep_files[1], "g");
	ck_assert_ptr_null(loaded.settings.keep_files[2]);
}
END_TEST

START_TEST(what_counts_at_the_start_stays)
{
	check_loaded("[service]\ncommand = a\npid-file = f\nbake = 1s\n", "--log-format json");
	write_file("[service]\ncommand = b\npid-file = g\nname = other\nbake = 2s\n");
	ck_assert_int_eq(load("--log-format json", &loaded, &next), 0);
	ck_assert_str_eq(next.settings.pid_file, "f");
	ck_assert_str_ne(next.settings.name, "other");
	ck_assert_int_eq(next.settings.log_format, LOG_FORMAT_JSON);
	ck_assert_int_eq(next.settings.bake_ms, 2000);
	ck_assert_str_eq(next.settings.command[0], "b");
	const struct option *pid_file = option_set_find(&option_set, "pid-file");

	ck_assert_str_eq(config_find(&next.as_read, pid_file)->value, "g");
}
END_TEST

START_TEST(what_does_not_fit_is_told_with_its_line)
{
	check_refused("[service]\ncommand = a {fd:x}\nrestart-min = 1h\nworkdir = /nowhere\n", "",
		EX_CONFIG,
		":3: restart-min is longer than restart-max\n"
		":2: \"{fd:x}\": there is no listener of that name\n"
		":4: cannot use directory \"/nowhere\": No such file or directory\n");
	check_refused("[service]\ncommand = a\nrestart-max = 1ms\n", "", EX_CONFIG,
		":3: restart-min is longer than restart-max\n");
	check_refused("[service]\ncommand = a\nsteer = yes\nkeep-file = x\n", "", EX_CONFIG,
		":3: steer needs sockets to steer to (listen, adopt)\n:4: keep-file needs adopt\n");
	check_refused("[service]\ncommand = a\nuser = nobody-of-that-name\n", "", EX_CONFIG,
		":3: there is no user \"nobody-of-that-name\"\n");
	check_refused("[service]\ncommand = a\nready = accept\n", "", EX_CONFIG,
		":3: ready accept needs a listener to look at (listen, adopt)\n");
	check_refused("[service]\ncommand = a\nstop-signal = KILL\n", "", EX_CONFIG,
		":3: KILL cannot ask a worker to end; to kill at once: drain-timeout 0; to kill "
		"what is idle: steer\n");
	check_refused("[service]\ncommand = a\nenv-file = /nowhere\n", "", EX_CONFIG,
		":3: cannot open environment file \"/nowhere\": No such file or directory\n");
}
END_TEST

START_TEST(no_command_at_all_is_told)
{
	check_refused("[service]\n", "", EX_CONFIG,
		": no command given (in [service]: command = COMMAND)\n");
}
END_TEST

START_TEST(what_is_wrong_on_the_command_line_is_bad_use)
{
	check_refused("", "-w many -- a", EX_USAGE,
		"bad value \"many\" for --workers: not a number from 1 to 64\n");
	check_refused("[service]\ncommand = a\n", "--steer", EX_CONFIG,
		"--steer needs sockets to steer to (--listen, --adopt)\n");
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		file_makes_settings,
		command_line_goes_before_the_file,
		listeners_of_the_command_line_replace_those_of_their_name,
		what_may_be_repeated_adds_up,
		what_counts_at_the_start_stays,
		what_does_not_fit_is_told_with_its_line,
		no_command_at_all_is_told,
		what_is_wrong_on_the_command_line_is_bad_use,
	};
	struct suite suite = {
		.name = "config",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
