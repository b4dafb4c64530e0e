/* SPDX-License-Identifier: MIT */
/* The command line of run, and what it makes of the settings: options.c, settings.c. */
#include "options.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "exit_status.h"
#include "settings.h"
#include "socket/inherit_protocol.h"
#include "support/suite.h"

enum { ARGUMENTS_MAX = 32 };

static struct settings settings;
static struct baton_error error;

static void setup(void)
{
	settings_init(&settings);
	error.text[0] = '\0';
}

static void teardown(void)
{
	settings_finish(&settings);
}

/* Parses the words of text, which are separated by single spaces. */
static int parse(const char *text)
{
	static char copy[1024];
	char *argv[ARGUMENTS_MAX + 1] = { (char *)"run" };
	int argc = 1;

	settings_finish(&settings);
	ck_assert_uint_lt(strlen(text), sizeof(copy));
	strcpy(copy, text);
	for (char *word = strtok(copy, " "); word && argc < ARGUMENTS_MAX; word = strtok(NULL, " "))
		argv[argc++] = word;
	return options_parse(argc, argv, &settings, &error);
}

static void check_parsed(const char *text)
{
	int r = parse(text);

	ck_assert_msg(r == 0, "%s: %d %s", text, r, error.text);
}

static void check_refused(const char *text, int status, const char *reason)
{
	int r = parse(text);

	ck_assert_msg(r < 0, "%s: accepted", text);
	ck_assert_msg(strstr(error.text, reason) != NULL, "%s: %s", text, error.text);
	ck_assert_msg(exit_status(EXIT_STEP_SETTINGS, r) == status, "%s: %d", text, r);
	ck_assert_uint_eq(settings.listener_count, 0);
	ck_assert_ptr_null(settings.command);
}

START_TEST(command_alone_leaves_the_defaults)
{
	check_parsed("server -x --help");
	ck_assert_str_eq(settings.command[0], "server");
	ck_assert_str_eq(settings.command[2], "--help");
	ck_assert_ptr_null(settings.command[3]);
	ck_assert_int_eq(settings.workers, 1);
	ck_assert_int_eq(settings.ready.kind, READINESS_AUTO);
	ck_assert_int_eq(settings.ready_timeout_ms, 60000);
	ck_assert_int_eq(settings.bake_ms, 0);
	ck_assert_int_eq(settings.drain_timeout_ms, 60000);
	ck_assert_int_eq(settings.end_idle_ms, 0);
	ck_assert_int_eq(settings.stop_signal, SIGTERM);
	ck_assert_int_eq(settings.hup_signal, 0);
	ck_assert_int_eq(settings.max_draining, 8);
	ck_assert(settings.restart);
	ck_assert_int_eq(settings.restart_min_ms, 100);
	ck_assert_int_eq(settings.restart_max_ms, 30000);
	ck_assert_int_eq(settings.max_restarts, -1);
	ck_assert_uint_eq(settings.protocols, INHERIT_DEFAULT);
	ck_assert_int_eq(settings.log_format, LOG_FORMAT_TEXT);
	ck_assert_int_eq(settings.log_level, LOG_LEVEL_NOTICE);
}
END_TEST

START_TEST(every_option_reaches_its_setting)
{
	check_parsed("--workers 4 --ready delay:2s --ready-timeout 5s --bake 1.5s "
		     "--drain-timeout 2m --end-idle 3s --stop-signal QUIT --hup-signal USR2 "
		     "--max-draining 3 "
		     "--no-restart --restart-min 1s --restart-max 1m --max-restarts 7 -- server");
	ck_assert_int_eq(settings.workers, 4);
	ck_assert_int_eq(settings.ready.kind, READINESS_DELAY);
	ck_assert_int_eq(settings.ready.delay_ms, 2000);
	ck_assert_int_eq(settings.ready_timeout_ms, 5000);
	ck_assert_int_eq(settings.bake_ms, 1500);
	ck_assert_int_eq(settings.drain_timeout_ms, 120000);
	ck_assert_int_eq(settings.end_idle_ms, 3000);
	ck_assert_int_eq(settings.stop_signal, SIGQUIT);
	ck_assert_int_eq(settings.hup_signal, SIGUSR2);
	ck_assert_int_eq(settings.max_draining, 3);
	ck_assert(!settings.restart);
	ck_assert_int_eq(settings.restart_min_ms, 1000);
	ck_assert_int_eq(settings.restart_max_ms, 60000);
	ck_assert_int_eq(settings.max_restarts, 7);
	check_parsed("--workdir / --env-file /dev/null --user root --group 0 --pid-file p "
		     "--status-file s --protocol nginx,baton --log-format json --log-level debug "
		     "server");
	ck_assert_str_eq(settings.workdir, "/");
	ck_assert_str_eq(settings.env_file, "/dev/null");
	ck_assert_str_eq(settings.user, "root");
	ck_assert_str_eq(settings.group, "0");
	ck_assert_str_eq(settings.pid_file, "p");
	ck_assert_str_eq(settings.status_file, "s");
	ck_assert_uint_eq(settings.protocols, INHERIT_NGINX | INHERIT_BATON);
	ck_assert_int_eq(settings.log_format, LOG_FORMAT_JSON);
	ck_assert_int_eq(settings.log_level, LOG_LEVEL_DEBUG);
}
END_TEST

START_TEST(service_is_called_after_its_command)
{
	check_parsed("/usr/sbin/server -x");
	ck_assert_str_eq(settings.name, "server");
	check_parsed("-n web server");
	ck_assert_str_eq(settings.name, "web");
	check_parsed("-- ./.hidden");
	ck_assert_str_eq(settings.name, "service");
	check_parsed("-- 123456789012345678901234567890123456789012345678_and_more");
	ck_assert_str_eq(settings.name, "123456789012345678901234567890123456789012345678");
	check_refused("-n a/b server", EX_USAGE, "bad value \"a/b\" for --name: it has a slash");
}
END_TEST

START_TEST(part_is_given_with_a_percent_sign_or_without)
{
	check_parsed("--adopt --steer --canary 5 server");
	ck_assert_int_eq(settings.canary, 5);
	check_parsed("--adopt --steer --canary 5% server");
	ck_assert_int_eq(settings.canary, 5);
	check_refused("--adopt --steer --canary % server", EX_USAGE, "not a number from 1 to 100");
	check_refused("--adopt --steer --canary 0% server", EX_USAGE, "not a number from 1 to 100");
	check_refused(
		"--adopt --steer --canary 5%% server", EX_USAGE, "not a number from 1 to 100");
}
END_TEST

START_TEST(values_may_be_attached)
{
	check_parsed("-w3 -l:8080 --bake=2s server");
	ck_assert_int_eq(settings.workers, 3);
	ck_assert_int_eq(settings.bake_ms, 2000);
	ck_assert_int_eq(baton_address_port(settings.listeners[0].address), 8080);
	check_parsed("-w 3 -w 4 --workdir=/ --workdir=/tmp server");
	ck_assert_int_eq(settings.workers, 4);
	ck_assert_str_eq(settings.workdir, "/tmp");
}
END_TEST

START_TEST(first_word_that_is_no_option_begins_the_command)
{
	check_parsed("-w 2 server -w 9 -- x");
	ck_assert_int_eq(settings.workers, 2);
	ck_assert_str_eq(settings.command[1], "-w");
	ck_assert_str_eq(settings.command[3], "--");
	check_parsed("-- -server");
	ck_assert_str_eq(settings.command[0], "-server");
	check_parsed("- x");
	ck_assert_str_eq(settings.command[0], "-");
}
END_TEST

START_TEST(exec_readiness_outlives_the_command_line)
{
	char argument[] = "exec:curl -f http://localhost/";
	char *argv[] = { (char *)"run", (char *)"--ready", argument, (char *)"server", NULL };

	ck_assert_int_eq(options_parse(4, argv, &settings, &error), 0);
	memset(argument, 'x', sizeof(argument) - 1);
	ck_assert_int_eq(settings.ready.kind, READINESS_EXEC);
	ck_assert_str_eq(settings.ready.command, "curl -f http://localhost/");
}
END_TEST

START_TEST(listener_names_are_told_from_addresses)
{
	static const char *const cases[][2] = {
		{ "web=tcp://127.0.0.1:80", "web" },
		{ "web=8080", "web" },
		{ "a.b-c_d=unix:/run/x=y", "a.b-c_d" },
		{ "tcp://127.0.0.1:80?backlog=5", "default" },
		{ ":80?backlog=5&reuseport=2", "default" },
		{ "8080?backlog=5", "default" },
		{ "unix:/run/x=y.sock", "default" },
		{ "unix:@x=y", "default" },
		{ "[::1]:80?v6only=1", "default" },
		{ "localhost:80?backlog=5", "default" },
		{ "web=systemd:a", "web" },
	};

	for (size_t i = 0; i < array_length(cases); i++) {
		settings_finish(&settings);
		ck_assert_msg(settings_add_listener(&settings, cases[i][0], &error) == 0, "%s",
			error.text);
		ck_assert_str_eq(settings.listeners[0].name, cases[i][1]);
	}
}
END_TEST

START_TEST(unnamed_listeners_are_counted)
{
	check_parsed("-l :1 -l web=:2 -l :3 server");
	ck_assert_uint_eq(settings.listener_count, 3);
	ck_assert_str_eq(settings.listeners[0].name, "default");
	ck_assert_str_eq(settings.listeners[1].name, "web");
	ck_assert_str_eq(settings.listeners[2].name, "default2");
	ck_assert_str_eq(baton_address_text(settings.listeners[1].address), "tcp://:2");
}
END_TEST

START_TEST(chosen_names_win_wherever_they_stand)
{
	check_parsed("-l :1 -l default=:2 -l :3 -l default2=:4 server");
	ck_assert_str_eq(settings.listeners[0].name, "default3");
	ck_assert_str_eq(settings.listeners[1].name, "default");
	ck_assert_str_eq(settings.listeners[2].name, "default4");
	ck_assert_str_eq(settings.listeners[3].name, "default2");
}
END_TEST

START_TEST(bad_listener_is_refused)
{
	check_refused("-l a=:1 -l a=:2 server", EX_USAGE, "two listeners are called \"a\"");
	check_refused("-l default=:1 -l :3 -l default=:4 server", EX_USAGE,
		"two listeners are called \"default\"");
	check_refused("-l =:1 server", EX_USAGE, "name");
	check_refused("-l a,b=:1 server", EX_USAGE, "listener name \"a,b\"");
	check_refused("-l {a}=:1 server", EX_USAGE, "listener name \"{a}\"");
	check_refused("-l tcp://:99999 server", EX_USAGE, "--listen: ");
	check_refused("-l web= server", EX_USAGE, "--listen: ");
	check_refused("-l tcp://:80?backlgo=5 server", EX_USAGE, "backlgo");
}
END_TEST

START_TEST(unknown_option_names_its_nearest)
{
	check_refused(
		"--worker 2 server", EX_USAGE, "unknown option \"--worker\", is it --workers?");
	check_refused("--lisetn=:1 server", EX_USAGE, "is it --listen?");
	check_refused("--nonsense server", EX_USAGE,
		"unknown option \"--nonsense\" (try: baton run --help)");
	check_refused("-x server", EX_USAGE, "unknown option \"-x\"");
	check_refused("--=x server", EX_USAGE, "unknown option");
	check_refused("--adop server", EX_USAGE, "is it --adopt?");
}
END_TEST

START_TEST(bad_values_name_option_and_form)
{
	check_refused("-w 0 server", EX_USAGE, "\"0\" for --workers: not a number from 1 to 64");
	check_refused("-w 65 server", EX_USAGE, "--workers");
	check_refused("--max-draining 17 server", EX_USAGE, "from 1 to 16");
	check_refused("--bake 5x server", EX_USAGE, "\"5x\" for --bake: not a duration");
	check_refused("--bake -1 server", EX_USAGE, "--bake");
	check_refused("--bake 900h server", EX_USAGE, "24 days");
	check_refused("--ready-timeout 0 server", EX_USAGE, "longer");
	check_refused("--stop-signal FOO server", EX_USAGE, "\"FOO\" for --stop-signal");
	check_refused("--max-restarts -1 server", EX_USAGE,
		"\"-1\" for --max-restarts: not a number from 0");
	check_refused("--ready sometimes server", EX_USAGE, "--ready: ");
	check_refused("--protocol systemd,morse server", EX_USAGE, "\"morse\"");
	check_refused("--log-format xml server", EX_USAGE, "text or json");
	check_refused("--log-level loud server", EX_USAGE, "debug");
	check_refused("--max-restarts many server", EX_USAGE, "not a number");
	check_refused("--pid-file= server", EX_USAGE, "empty");
	check_refused("--no-restart=yes server", EX_USAGE, "takes no value");
	check_refused("--workers", EX_USAGE, "--workers needs a value: N");
	check_refused("--log-level -- server", EX_USAGE, "--log-level needs a value: LEVEL");
	check_refused("-l -- server", EX_USAGE, "--listen needs a value");
	check_refused("--restart-min 2s --restart-max 1s server", EX_USAGE, "--restart-min");
}
END_TEST

START_TEST(signals_that_cannot_ask_to_end_are_refused)
{
	static const char *const signals[] = { "STOP", "CONT", "CHLD", "17", "TSTP", "TTIN", "TTOU",
		"URG" };
	char text[64];

	for (size_t i = 0; i < array_length(signals); i++) {
		snprintf(text, sizeof(text), "--stop-signal %s server", signals[i]);
		check_refused(text, EX_USAGE, "for --stop-signal: it cannot ask a worker to end");
		snprintf(text, sizeof(text), "--hup-signal %s server", signals[i]);
		check_refused(text, EX_USAGE, "for --hup-signal: it cannot ask a worker to end");
	}
	check_refused("--stop-signal KILL server", EX_USAGE, "--drain-timeout 0");
	check_parsed(
		"--stop-signal WINCH --hup-signal RTMIN+1 server"); /* Apache's, and anybody's */
	ck_assert_int_eq(settings.stop_signal, SIGWINCH);
}
END_TEST

START_TEST(missing_command_is_refused)
{
	check_refused("", EX_USAGE, "no command given");
	check_refused("-w 2 --", EX_USAGE, "no command given");
}
END_TEST

START_TEST(settings_that_contradict_each_other_are_refused)
{
	check_refused("--ready accept server", EX_USAGE, "needs a listener");
	check_refused("--ready notify --protocol nginx server", EX_USAGE, "--protocol");
	check_refused("-l a=:1 server {fd:b}", EX_USAGE, "\"{fd:b}\"");
	check_refused("-l a=unix:/x server {port:a}", EX_USAGE, "no port");
	check_parsed("-l a=unix:/x -l b=:0 -l c=systemd:x server {fd:a} {port:b} {port:c}");
	check_parsed("-l a=:1 --ready accept server");
	check_parsed("--adopt --ready accept server");
	check_refused("--steer server", EX_USAGE, "--steer needs sockets");
	check_parsed("--adopt --steer -l :1 server");
	check_parsed("--steer -l :1 --stop-signal KILL server");
	check_refused("--adopt --no-drain-when-idle server", EX_USAGE, "needs --steer");
	check_refused("-l :1 --steer --no-drain-when-idle --stop-signal KILL server", EX_USAGE,
		"KILL cannot ask");
	check_parsed("-l :1 --steer --no-drain-when-idle server");
	check_refused("--keep-file x server", EX_USAGE, "--keep-file needs --adopt");
	check_refused("--stop-signal KILL server", EX_USAGE, "--drain-timeout 0");
	check_refused("--adopt --hup-signal 9 server", EX_USAGE, "--steer");
	check_parsed("--adopt --steer --stop-signal KILL server");
}
END_TEST

START_TEST(what_the_system_lacks_is_refused)
{
	char path[] = "/tmp/test-options.XXXXXX", text[64];
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq((int)write(fd, "x", 1), 1);
	ck_assert_int_eq(close(fd), 0);
	check_refused("--user no-such-user server", EX_NOUSER, "no-such-user");
	check_refused("--group no-such-group server", EX_NOUSER, "no-such-group");
	check_refused("--env-file /nonexistent/x server", EX_NOINPUT, "/nonexistent/x");
	check_refused("--workdir /nonexistent server", EX_NOINPUT, "/nonexistent");
	snprintf(text, sizeof(text), "--workdir %s server", path);
	check_refused(text, EX_NOINPUT, "Not a directory");
	snprintf(text, sizeof(text), "--env-file %s server", path);
	check_refused(text, EX_DATAERR, ":1: not of the form KEY=VALUE");
	ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(help_is_asked_for_anywhere_before_the_command)
{
	ck_assert_int_eq(parse("--help"), OPTIONS_HELP);
	ck_assert_int_eq(parse("-l a=:1 -w 2 -h server"), OPTIONS_HELP);
	ck_assert_ptr_null(settings.command);
}
END_TEST

START_TEST(failures_have_the_status_of_the_manual)
{
	ck_assert_int_eq(exit_status(EXIT_STEP_LISTEN, -EADDRINUSE), 69);
	ck_assert_int_eq(exit_status(EXIT_STEP_LISTEN, -EACCES), 77);
	ck_assert_int_eq(exit_status(EXIT_STEP_LISTEN, -ENOENT), 73);
	ck_assert_int_eq(exit_status(EXIT_STEP_LISTEN, -EINVAL), 64);
	ck_assert_int_eq(exit_status(EXIT_STEP_LISTEN, -EBADF), 64);
	ck_assert_int_eq(exit_status(EXIT_STEP_LISTEN, -EHOSTUNREACH), 68);
	ck_assert_int_eq(exit_status(EXIT_STEP_LISTEN, -EMFILE), 71);
	ck_assert_int_eq(exit_status(EXIT_STEP_COMMAND, -ENOENT), 127);
	ck_assert_int_eq(exit_status(EXIT_STEP_COMMAND, -EACCES), 126);
	ck_assert_int_eq(exit_status(EXIT_STEP_COMMAND, -ENOMEM), 71);
	ck_assert_int_eq(exit_status(EXIT_STEP_SETTINGS, -EISDIR), 66);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		command_alone_leaves_the_defaults,
		service_is_called_after_its_command,
		every_option_reaches_its_setting,
		part_is_given_with_a_percent_sign_or_without,
		values_may_be_attached,
		first_word_that_is_no_option_begins_the_command,
		exec_readiness_outlives_the_command_line,
		listener_names_are_told_from_addresses,
		unnamed_listeners_are_counted,
		chosen_names_win_wherever_they_stand,
		bad_listener_is_refused,
		unknown_option_names_its_nearest,
		bad_values_name_option_and_form,
		signals_that_cannot_ask_to_end_are_refused,
		missing_command_is_refused,
		settings_that_contradict_each_other_are_refused,
		what_the_system_lacks_is_refused,
		help_is_asked_for_anywhere_before_the_command,
		failures_have_the_status_of_the_manual,
	};
	const struct suite suite = {
		.name = "options",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
