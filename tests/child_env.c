/* SPDX-License-Identifier: MIT */
/* What a worker is started with: child_env.c. */
#include "child_env.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "listeners.h"
#include "log.h"
#include "process/channel.h"
#include "settings.h"
#include "socket/bound.h"
#include "socket/inherit_protocol.h"
#include "support/process.h"
#include "support/suite.h"

static struct settings settings;
static struct listeners listeners;
static struct child_env child;
static struct baton_error error;
static char output[8192];

static void setup(void)
{
	log_init(LOG_FORMAT_TEXT, LOG_LEVEL_ERROR);
	settings_init(&settings);
	listeners = (struct listeners)LISTENERS_INIT;
	child = (struct child_env){ 0 };
	error.text[0] = '\0';
}

static void teardown(void)
{
	child_env_finish(&child);
	listeners_close(&listeners);
	settings_finish(&settings);
}

/* Opens the listeners, each a word of text. */
static void listen_on(const char *text)
{
	char copy[256];

	strcpy(copy, text);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		ck_assert_msg(
			settings_add_listener(&settings, word, &error) == 0, "%s", error.text);
	ck_assert_msg(listeners_open(&listeners, &settings, &error) == 0, "%s", error.text);
}

/* Sets the command, up to a NULL. */
static void run_command(const char *const *words)
{
	size_t count = 0;

	while (words[count])
		count++;
	settings.command = calloc(count + 1, sizeof(*settings.command));
	ck_assert_ptr_nonnull(settings.command);
	for (size_t i = 0; i < count; i++)
		settings.command[i] = strdup(words[i]);
}

#define COMMAND(...) run_command((const char *const[]){ __VA_ARGS__, NULL })

static int try_build(const struct child_env_input *given)
{
	struct child_env_input input = *given;

	if (!settings.command)
		COMMAND("env");
	input.settings = &settings;
	input.listeners = &listeners;
	input.generation = 7;
	return child_env_build(&input, &child, &error);
}

static void build(const struct child_env_input *given)
{
	ck_assert_msg(try_build(given) == 0, "%s", error.text);
}

static const struct child_env_input no_channel = { .channel_fd = -1 };

/* Starts it and reads what it says. */
static int start(void)
{
	return process_capture(&child.options, output, sizeof(output));
}

static bool said(const char *line)
{
	char text[sizeof(output) + 2], wanted[256];

	snprintf(text, sizeof(text), "\n%s", output);
	snprintf(wanted, sizeof(wanted), "\n%s\n", line);
	return strstr(text, wanted) != NULL;
}

START_TEST(worker_is_told_of_sockets_and_itself)
{
	char line[64];

	listen_on("a=127.0.0.1:0 b=127.0.0.1:0");
	COMMAND("sh", "-c", "env; echo own pid $$");
	build(&(struct child_env_input){
		.channel_fd = -1, .worker = 2, .notify_path = "@/baton/notify" });
	ck_assert_int_eq(start(), 0);
	ck_assert(said("LISTEN_FDS=2"));
	ck_assert(said("LISTEN_FDNAMES=a:b"));
	ck_assert(said("NOTIFY_SOCKET=@/baton/notify"));
	ck_assert(said("SERVER_STARTER_GENERATION=7"));
	ck_assert(said("BATON_GENERATION=7"));
	ck_assert(said("BATON_WORKER=3"));
	ck_assert_ptr_null(strstr(output, "BATON_CHANNEL"));
	ck_assert_ptr_null(strstr(output, "EINHORN"));
	ck_assert_ptr_null(strstr(output, "WATCHDOG"));
	const char *own = strstr(output, "own pid ") + strlen("own pid ");

	snprintf(line, sizeof(line), "LISTEN_PID=%.*s", (int)strcspn(own, "\n"), own);
	ck_assert_msg(said(line), "%s", output);
}
END_TEST

START_TEST(exactly_the_sockets_and_the_channel_are_open)
{
	int ours, theirs;

	ck_assert_int_eq(channel_pair(&ours, &theirs), 0);
	listen_on("a=127.0.0.1:0 b=127.0.0.1:0?reuseport=2");
	settings.workers = 2;
	COMMAND(PROCESS_PROGRAM("fd-checker"), "0", "1", "2", "3", "4", "5");
	build(&(struct child_env_input){ .channel_fd = theirs });
	ck_assert_str_eq(env_get(&child.env, "BATON_CHANNEL"), "5");
	ck_assert_str_eq(env_get(&child.env, "LISTEN_FDS"), "2");
	ck_assert_int_eq(start(), 0);
	fd_close(ours);
	fd_close(theirs);
}
END_TEST

START_TEST(manual_page_names_every_variable)
{
	static char page[64 * 1024];
	static char marker[] = "BATON_FAMILY=4711.12";
	FILE *file = fopen(PROTOCOLS_PAGE, "re");

	ck_assert_ptr_nonnull(file);
	page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
	(void)fclose(file); /* it was only read */
	listen_on("a=udp://127.0.0.1:0?reuseport=2");
	ck_assert_int_eq(clearenv(), 0);
	settings.protocols = ~0u;
	build(&(struct child_env_input){
		.channel_fd = 0, .notify_path = "@n", .einhorn_path = "/e", .marker = marker });
	ck_assert_ptr_nonnull(env_get(&child.env, "BATON_FAMILY"));
	ck_assert_ptr_nonnull(env_get(&child.env, "BATON_WORKER"));
	ck_assert_ptr_nonnull(env_get(&child.env, "BATON_STEERABLE"));
	for (size_t i = 0; i < child.env.count; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "*%.*s*",
			(int)strcspn(child.env.entries[i], "="), child.env.entries[i]);
		ck_assert_msg(strstr(page, name) != NULL, "%s is not in the page", name);
	}
}
END_TEST

START_TEST(channel_is_left_out_without_its_protocol)
{
	listen_on("127.0.0.1:0");
	settings.protocols = INHERIT_SYSTEMD;
	COMMAND(PROCESS_PROGRAM("fd-checker"), "0", "1", "2", "3");
	build(&(struct child_env_input){ .channel_fd = STDERR_FILENO });
	ck_assert_int_eq(start(), 0);
	ck_assert_ptr_null(env_get(&child.env, "BATON_CHANNEL"));
	ck_assert_ptr_null(env_get(&child.env, "BATON_GENERATION"));
	ck_assert_ptr_null(env_get(&child.env, "SERVER_STARTER_PORT"));
}
END_TEST

START_TEST(what_our_manager_said_to_us_goes_no_further)
{
	static const char *const keys[] = { "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
		"LISTEN_PIDFDID", "LISTEN_FDS", "LISTEN_PID", "SERVER_STARTER_PORT",
		"BATON_CHANNEL", "NGINX" };

	for (size_t i = 0; i < array_length(keys); i++)
		ck_assert_int_eq(setenv(keys[i], "99", 1), 0);
	ck_assert_int_eq(setenv("KEPT", "yes", 1), 0);
	build(&no_channel);
	for (size_t i = 0; i < array_length(keys); i++)
		ck_assert_msg(env_get(&child.env, keys[i]) == NULL, "%s is set", keys[i]);
	ck_assert_str_eq(env_get(&child.env, "KEPT"), "yes");
	ck_assert_str_eq(getenv("NOTIFY_SOCKET"), "99");
}
END_TEST

/* It may choose among the sockets of a UDP listener only if it has them all. */
START_TEST(worker_is_told_what_it_can_steer)
{
	char line[BOUND_SIZE * 2];

	listen_on("a=udp://127.0.0.1:0?reuseport=2 b=udp://127.0.0.1:0 c=127.0.0.1:0?reuseport=2 "
		  "d=udp://[::1]:0?reuseport=3");
	build(&no_channel);
	snprintf(line, sizeof(line), "%s;%s",
		baton_listener_bound(listeners_find(&listeners, "a"), 0),
		baton_listener_bound(listeners_find(&listeners, "d"), 0));
	ck_assert_str_eq(env_get(&child.env, "BATON_STEERABLE"), line);
	child_env_finish(&child);
	build(&(struct child_env_input){ .channel_fd = -1, .worker_count = 2 });
	ck_assert_ptr_null(env_get(&child.env, "BATON_STEERABLE"));
	child_env_finish(&child);
	settings.steer = true;
	build(&no_channel);
	ck_assert_ptr_null(env_get(&child.env, "BATON_STEERABLE"));
	child_env_finish(&child);
	settings.steer = false;
	settings.adopt = true;
	build(&no_channel);
	ck_assert_ptr_null(env_get(&child.env, "BATON_STEERABLE"));
	child_env_finish(&child);
	settings.adopt = false;
	settings.protocols &= ~INHERIT_BATON;
	build(&no_channel);
	ck_assert_ptr_null(env_get(&child.env, "BATON_STEERABLE"));
}
END_TEST

/* Such as what baton's own starter said. */
START_TEST(worker_is_not_told_what_it_cannot_steer)
{
	ck_assert_int_eq(setenv("BATON_STEERABLE", "127.0.0.1:1", 1), 0);
	listen_on("a=udp://127.0.0.1:0");
	build(&no_channel);
	ck_assert_ptr_null(env_get(&child.env, "BATON_STEERABLE"));
	ck_assert_int_eq(unsetenv("BATON_STEERABLE"), 0);
}
END_TEST

START_TEST(einhorn_is_spoken_when_asked)
{
	char pid[16];

	listen_on("127.0.0.1:0");
	settings.protocols = INHERIT_EINHORN;
	build(&(struct child_env_input){ .channel_fd = -1, .worker = 1, .einhorn_path = "/run/e" });
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	ck_assert_str_eq(env_get(&child.env, "EINHORN_MASTER_PID"), pid);
	ck_assert_str_eq(env_get(&child.env, "EINHORN_SOCK_PATH"), "/run/e");
	ck_assert_str_eq(env_get(&child.env, "EINHORN_CHILD_INDEX"), "1");
	ck_assert_str_eq(env_get(&child.env, "EINHORN_FD_0"), "3");
	ck_assert_ptr_null(env_get(&child.env, "LISTEN_PID"));
	ck_assert_ptr_null(child.options.pid_text);
}
END_TEST

START_TEST(environment_file_is_read_at_each_start)
{
	char path[] = "/tmp/test-child-env.XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");

	ck_assert_ptr_nonnull(file);
	settings.env_file = strdup(path);
	ck_assert_int_eq(setenv("A", "old", 1), 0);
	ck_assert_int_gt(fprintf(file, "A=1\nLISTEN_FDS=5\n"), 0);
	ck_assert_int_eq(fflush(file), 0);
	build(&no_channel);
	ck_assert_str_eq(env_get(&child.env, "A"), "1");
	ck_assert_ptr_null(env_get(&child.env, "LISTEN_FDS"));
	child_env_finish(&child);
	ck_assert_int_gt(fprintf(file, "A=2\n"), 0);
	ck_assert_int_eq(fflush(file), 0);
	build(&no_channel);
	ck_assert_str_eq(env_get(&child.env, "A"), "2");
	child_env_finish(&child);
	ck_assert_int_gt(fprintf(file, "broken\n"), 0);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(try_build(&no_channel), -EBADMSG);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(try_build(&no_channel), -ENOENT);
}
END_TEST

START_TEST(arguments_name_descriptor_and_port)
{
	char wanted[64];

	listen_on("a=127.0.0.1:0 b=127.0.0.1:0");
	COMMAND("echo", "fd@{fd:b}", ":{port:b}", "{\"json\": {}}");
	build(&no_channel);
	ck_assert_int_eq(start(), 0);
	snprintf(wanted, sizeof(wanted), "fd@4 :%d {\"json\": {}}",
		baton_listener_port(listeners_find(&listeners, "b")));
	ck_assert_msg(said(wanted), "%s", output);
}
END_TEST

START_TEST(unknown_name_in_an_argument_is_refused)
{
	COMMAND("echo", "{fd:none}");
	ck_assert_int_eq(try_build(&no_channel), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error.text, "{fd:none}"));
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		worker_is_told_of_sockets_and_itself,
		exactly_the_sockets_and_the_channel_are_open,
		manual_page_names_every_variable,
		channel_is_left_out_without_its_protocol,
		what_our_manager_said_to_us_goes_no_further,
		worker_is_told_what_it_can_steer,
		worker_is_not_told_what_it_cannot_steer,
		einhorn_is_spoken_when_asked,
		environment_file_is_read_at_each_start,
		arguments_name_descriptor_and_port,
		unknown_name_in_an_argument_is_refused,
	};
	const struct suite suite = {
		.name = "child_env",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
