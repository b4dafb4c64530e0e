/* SPDX-License-Identifier: MIT */
/* The examples upgrade themselves, and no client notices: child/examples. */
#include <baton/spawn.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/directory.h"
#include "support/process.h"
#include "support/suite.h"

#define PROGRAM(name) TEST_PROGRAM_DIR "/../child/examples/example-" name

enum { UPGRADES = 20, LINE_SIZE = 256 };

static struct sockaddr_un address = { .sun_family = AF_UNIX };

struct process {
	pid_t pid;
	int pidfd;
};

static void setup(void)
{
	/* Generations whose parents have gone become the test's children. */
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	directory_make();
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", directory);
}

/* The last generation has removed its socket. */
static void teardown(void)
{
	directory_remove();
}

static int try_to_connect(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	fd_close(fd);
	return -1;
}

static int connect_now(void)
{
	int fd = try_to_connect();

	ck_assert_msg(fd >= 0, "nobody listens");
	return fd;
}

static struct process start(const char *program)
{
	char text[160];
	char *argv[] = { (char *)(uintptr_t)program, text, NULL };
	struct process process;
	struct baton_error error;
	int fd;

	(void)snprintf(text, sizeof(text), "unix:%s", address.sun_path);
	int r = baton_spawn(
		&(struct baton_spawn_options){
			.size = sizeof(struct baton_spawn_options),
			.argv = argv,
		},
		&process.pid, &process.pidfd, &error);

	ck_assert_msg(r == 0, "%s", r < 0 ? error.text : "");
	struct pollfd end = { .fd = process.pidfd, .events = POLLIN };

	while ((fd = try_to_connect()) == -1)
		ck_assert_msg(poll(&end, 1, 1) == 0, "it has ended");
	fd_close(fd);
	return process;
}

/* A child of that process which is not `other`; 0 if it has none. */
static pid_t child_of(pid_t pid, pid_t other)
{
	char path[64];
	int child = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return 0; /* it has ended */
	while (fscanf(file, "%d", &child) == 1 && child == other)
		child = 0;
	(void)fclose(file);
	return child;
}

/* The next generation, which becomes our child if it was so quick that this one has ended. */
static struct process await_successor(const struct process *process)
{
	struct pollfd end = { .fd = process->pidfd, .events = POLLIN };
	pid_t child;

	do
		child = child_of(process->pid, 0);
	while (child == 0 && poll(&end, 1, 1) == 0);
	if (child == 0)
		child = child_of(getpid(), process->pid);
	ck_assert_int_gt(child, 0);
	int pidfd = (int)syscall(SYS_pidfd_open, child, 0);

	ck_assert_int_ge(pidfd, 0);
	return (struct process){ child, pidfd };
}

static void stop(const struct process *process)
{
	ck_assert_int_eq(syscall(SYS_pidfd_send_signal, process->pidfd, SIGTERM, NULL, 0), 0);
	ck_assert_int_eq(process_wait(process->pidfd), 0);
}

static void receive_line(int fd, char line[LINE_SIZE])
{
	size_t size = 0;

	do {
		ck_assert_uint_lt(size, LINE_SIZE - 1);
		process_wait_fd(fd, POLLIN);
		ck_assert_int_eq(read(fd, line + size, 1), 1);
	} while (line[size++] != '\n');
	line[size] = '\0';
}

static void check_echo(int fd, const char *text)
{
	char line[LINE_SIZE];

	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	receive_line(fd, line);
	ck_assert_str_eq(line, text);
}

START_TEST(echo_goes_on_with_its_clients_while_the_next_serves_others)
{
	struct process first = start(PROGRAM("echo"));
	int client = connect_now();

	check_echo(client, "before\n");
	ck_assert_int_eq(kill(first.pid, SIGHUP), 0);
	struct process second = await_successor(&first);

	check_echo(client, "during\n");
	fd_close(client);
	/* It drains, and has finished. */
	ck_assert_int_eq(process_wait(first.pidfd), 0);
	client = connect_now();
	check_echo(client, "after\n");
	fd_close(client);
	stop(&second);
}
END_TEST

START_TEST(echo_serves_many_clients_at_once)
{
	struct process process = start(PROGRAM("echo"));
	int clients[32];

	for (size_t i = 0; i < array_length(clients); i++)
		clients[i] = connect_now();
	for (size_t i = array_length(clients); i-- > 0;)
		check_echo(clients[i], "hello\n");
	for (size_t i = 0; i < array_length(clients); i++)
		fd_close(clients[i]);
	stop(&process);
}
END_TEST

START_TEST(echo_waits_for_clients_that_read_later)
{
	enum { CHUNK = 64 * 1024, CHUNKS = 256 };
	static char chunk[CHUNK];
	struct process process = start(PROGRAM("echo"));
	int client = connect_now();
	size_t sent = 0, received = 0;

	ck_assert_int_eq(fd_set_nonblock(client, true), 0);
	while (received < CHUNKS * (size_t)CHUNK) {
		bool is_done = sent == CHUNKS * (size_t)CHUNK;
		ssize_t r = is_done ? -1 : write(client, chunk, CHUNK - sent % CHUNK);

		if (r > 0) {
			sent += (size_t)r; /* as much as goes before anything is read */
			continue;
		}
		process_wait_fd(client, is_done ? POLLIN : POLLIN | POLLOUT);
		r = read(client, chunk, CHUNK);
		ck_assert_int_ne(r, 0);
		received += r > 0 ? (size_t)r : 0;
	}
	fd_close(client);
	stop(&process);
}
END_TEST

static unsigned ask_generation(void)
{
	int fd = connect_now();
	char line[LINE_SIZE];
	unsigned generation;

	receive_line(fd, line);
	fd_close(fd);
	ck_assert_int_eq(sscanf(line, "generation %u\n", &generation), 1);
	return generation;
}

START_TEST(server_without_an_event_library_upgrades_itself)
{
	struct process process = start(PROGRAM("poll"));

	for (unsigned generation = 1; generation <= UPGRADES; generation++) {
		ck_assert_uint_eq(ask_generation(), generation);
		ck_assert_int_eq(kill(process.pid, SIGHUP), 0);
		struct process next = await_successor(&process);

		while (ask_generation() == generation)
			;
		ck_assert_int_eq(process_wait(process.pidfd), 0);
		process = next;
	}
	stop(&process);
}
END_TEST

START_TEST(chat_members_stay_over_a_hundred_upgrades)
{
	enum { MEMBERS = 5, CHAT_UPGRADES = 100 };
	struct process process = start(PROGRAM("chat"));
	char text[LINE_SIZE], line[LINE_SIZE];
	int members[MEMBERS];

	for (int i = 0; i < MEMBERS; i++) {
		members[i] = connect_now();
		ck_assert_int_gt(dprintf(members[i], "member%d\n", i), 0);
	}
	for (int upgrade = 0; upgrade < CHAT_UPGRADES; upgrade++) {
		int who = upgrade % MEMBERS;

		/* A line whose beginning one process reads, and the next its end. */
		ck_assert_int_gt(dprintf(members[who], "upgrade "), 0);
		ck_assert_int_eq(kill(process.pid, SIGHUP), 0);
		struct process next = await_successor(&process);

		ck_assert_int_gt(dprintf(members[who], "%d", upgrade), 0);
		ck_assert_int_eq(process_wait(process.pidfd), 0);
		process = next;
		ck_assert_int_gt(dprintf(members[who], "\n"), 0);
		(void)snprintf(text, sizeof(text), "member%d: upgrade %d\n", who, upgrade);
		for (int i = 0; i < MEMBERS; i++) {
			receive_line(members[i], line);
			ck_assert_str_eq(line, text);
		}
	}
	stop(&process);
	for (int i = 0; i < MEMBERS; i++) {
		ck_assert_int_eq(read(members[i], line, 1), 0);
		fd_close(members[i]);
	}
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		echo_goes_on_with_its_clients_while_the_next_serves_others,
		echo_serves_many_clients_at_once,
		echo_waits_for_clients_that_read_later,
		server_without_an_event_library_upgrades_itself,
		chat_members_stay_over_a_hundred_upgrades,
	};

	return suite_run(&(struct suite){
		.name = "examples",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	});
}
