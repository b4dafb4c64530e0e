/* SPDX-License-Identifier: MIT */
/* See server.h. */
#include "support/server.h"

#include <baton/spawn.h>

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/env.h"
#include "base/fd.h"
#include "support/directory.h"
#include "support/process.h"

enum { OPTIONS_MAX = 8, LINES_MAX = 1024, CHANNEL_FD = 3 };

struct line {
	char text[256];
	bool is_seen; /* a test has waited for it already */
};

static int log_fd = -1;
static char log_text[16384];
static size_t log_used;
static struct line lines[LINES_MAX];
static size_t line_count;

void server_setup(void)
{
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	directory_make();
	log_used = line_count = 0;
	server_set_fate("serve");
}

void server_teardown(void)
{
	fd_close(log_fd);
	log_fd = -1;
	directory_remove_all();
}

const char *server_path(const char *name)
{
	static char path[100];

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

void server_set_fate(const char *fate)
{
	FILE *file = fopen(server_path("fate"), "we");

	ck_assert_ptr_nonnull(file);
	(void)fprintf(file, "%s\n", fate);
	ck_assert_int_eq(fclose(file), 0);
}

pid_t server_launch_as(const struct server_launch *launch)
{
	const char *const *options = launch->options;
	const char *more = getenv("TEST_SERVER_OPTION");
	size_t count = 3;
	char program[256], address[128], fate[128];
	char *argv[3 + OPTIONS_MAX + 2] = { program, address, fate };
	struct env env = ENV_INIT;
	struct baton_error error;
	int ends[2];
	pid_t pid;

	(void)snprintf(program, sizeof(program), "%s",
		launch->program ? launch->program : PROCESS_PROGRAM("upgrade-server"));
	(void)snprintf(address, sizeof(address), "unix:%s", server_path("socket"));
	(void)snprintf(fate, sizeof(fate), "%s", server_path("fate"));
	for (; options && *options; options++)
		argv[count++] = (char *)(uintptr_t)*options;
	if (more)
		argv[count++] = (char *)(uintptr_t)more;
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	const struct baton_spawn_fd fds[] = { { ends[1], 2 }, { launch->channel, CHANNEL_FD } };

	ck_assert_int_eq(env_copy(&env, launch->envp ? launch->envp : environ), 0);
	if (launch->channel)
		ck_assert_int_eq(env_setf(&env, "BATON_CHANNEL", "%d", CHANNEL_FD), 0);
	struct baton_spawn_options spawn = {
		.size = sizeof(spawn),
		.argv = argv,
		.envp = env.entries,
		.fds = fds,
		.fd_count = launch->channel ? 2 : 1,
		.workdir = directory,
	};

	int r = baton_spawn(&spawn, &pid, NULL, &error);

	env_finish(&env);
	ck_assert_msg(r == 0, "%s", error.text);
	fd_close(ends[1]);
	log_fd = ends[0];
	return pid;
}

pid_t server_launch(const char *const *options, char *const *envp)
{
	return server_launch_as(&(struct server_launch){ .options = options, .envp = envp });
}

pid_t server_start(const char *const *options, char *const *envp)
{
	pid_t pid = server_launch(options, envp);

	(void)server_expect_ready(1);
	return pid;
}

/* Moves the next line, if a whole one is there, from the buffer to the list. */
static bool take_line(void)
{
	char *end = memchr(log_text, '\n', log_used);
	if (!end)
		return false;
	size_t length = (size_t)(end - log_text);
	struct line *line = &lines[line_count++];

	ck_assert_uint_le(line_count, LINES_MAX);
	ck_assert_uint_lt(length, sizeof(line->text));
	memcpy(line->text, log_text, length);
	line->text[length] = '\0';
	line->is_seen = false;
	log_used -= length + 1;
	memmove(log_text, end + 1, log_used);
	if (getenv("SERVER_LOG"))
		(void)fprintf(stderr, "%s\n", line->text);
	return true;
}

/* False at the end: nobody is left who writes. */
static bool read_log(const char *awaited)
{
	struct pollfd wait = { .fd = log_fd, .events = POLLIN };
	int r = poll(&wait, 1, PROCESS_DEADLINE_MS);

	ck_assert_msg(r == 1, "\"%s\" was not logged in time", awaited);
	ssize_t count = read(log_fd, log_text + log_used, sizeof(log_text) - log_used);
	ck_assert_int_ge(count, 0);

	log_used += (size_t)count;
	return count > 0;
}

const char *server_expect(const char *text)
{
	size_t next = 0;

	for (;;) {
		while (take_line())
			;
		for (; next < line_count; next++) {
			if (lines[next].is_seen || !strstr(lines[next].text, text))
				continue;
			lines[next].is_seen = true;
			return lines[next].text;
		}
		ck_assert_msg(read_log(text), "\"%s\" was not logged", text);
	}
}

bool server_has_logged(const char *text)
{
	struct pollfd wait = { .fd = log_fd, .events = POLLIN };

	do
		while (take_line())
			;
	while (poll(&wait, 1, 0) == 1 && read_log(text));
	for (size_t i = 0; i < line_count; i++)
		if (strstr(lines[i].text, text))
			return true;
	return false;
}

pid_t server_expect_ready(unsigned generation)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "ready generation=%u ", generation);
	const char *pid = strstr(server_expect(text), "pid=");

	ck_assert_ptr_nonnull(pid);
	return atoi(pid + 4);
}

int server_connect(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", server_path("socket"));
	int r = connect(fd, (struct sockaddr *)&address, sizeof(address));

	ck_assert_msg(r == 0, "connection failed: %s", strerror(errno));
	return fd;
}

unsigned server_ask(int fd, pid_t *ret_pid)
{
	char answer[64];
	unsigned generation;
	int pid;

	ck_assert_int_eq(send(fd, "x", 1, MSG_NOSIGNAL), 1);
	process_read_all(fd, answer, sizeof(answer));
	fd_close(fd);
	ck_assert_int_eq(sscanf(answer, "%u %d", &generation, &pid), 2);
	if (ret_pid)
		*ret_pid = pid;
	return generation;
}

pid_t server_await(unsigned generation)
{
	pid_t pid;
	unsigned answered;

	do
		answered = server_ask(server_connect(), &pid);
	while (answered < generation);
	ck_assert_uint_eq(answered, generation);
	return pid;
}

int server_wait(pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	ck_assert_int_ge(pidfd, 0);
	return process_wait(pidfd);
}

int server_stop(pid_t pid)
{
	int status = -1, wstatus;

	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	/* The end of the log is the end of every generation. */
	do
		while (take_line())
			;
	while (read_log("end"));
	for (pid_t ended; (ended = waitpid(-1, &wstatus, 0)) > 0;)
		if (ended == pid)
			status =
				WIFEXITED(wstatus) ? WEXITSTATUS(wstatus) : 128 + WTERMSIG(wstatus);
	return status;
}
