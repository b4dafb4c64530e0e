/* SPDX-License-Identifier: MIT */
/* What a baton that was killed has left, and the next takes back: supervisor/adopt/reclaim.c and
 * deposit.c. This program is the holder, too, as baton is. */
#include "adopt/reclaim.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "adopt/deposit.h"
#include "adopt/takeover.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/pidfd.h"
#include "holder/holder.h"
#include "holder/holder_client.h"
#include "holder/mirror.h"
#include "settings.h"
#include "support/adopted.h"
#include "support/directory.h"
#include "support/loop.h"
#include "support/process.h"
#include "support/suite.h"

static char *command[] = { "server", "-x", NULL };
static struct adopted one, two;
static struct family_registry families;
static struct mirror mirror;
static struct deposit deposit;
static struct takeover takeover;
static int former;
static char door[64];
static int holder; /* its pidfd; -1: there was none */

static void setup(void)
{
	adopted_setup();
	(void)snprintf(door, sizeof(door), "%s/door", directory);
	family_registry_init(&families);
	takeover_init(&takeover, case_loop, &adopt);
	deposit_init(&deposit, &adopt, command);
	former = holder = -1;
}

static void teardown(void)
{
	takeover_finish(&takeover);
	if (holder != -1)
		(void)process_wait(holder);
	adopted_teardown();
}

/* The service has a holder, and baton is killed: nothing of it is left but that, and the worker. */
static void lose_baton(void)
{
	int64_t begin = clock_ms();

	held_settle(&adopt.held, 0); /* as the broker has it done in a moment */
	mirror_init(&mirror, case_loop, &families);
	mirror_start(&mirror,
		&(struct mirror_options){ .path = strdup(door),
			.former = -1,
			.fill = deposit_fill,
			.data = &deposit });
	ck_assert(mirror_runs(&mirror));
	holder = pidfd_open_pid(mirror.family.leader.pid);
	mirror_finish(&mirror, false);
	broker_destroy(one.broker);
	one.broker = NULL;
	held_finish(&adopt.held, false);
	adopt_init(&adopt, NULL, false);
	for (;;) {
		int fd = holder_client_open(door); /* and away again */

		fd_close(fd);
		if (fd >= 0)
			return;
		ck_assert_int_lt(clock_ms_since(begin), PROCESS_DEADLINE_MS);
		(void)poll(NULL, 0, 1);
	}
}

static void begin(bool is_named)
{
	former = reclaim(&(struct reclaim_options){
		.loop = case_loop,
		.adopt = &adopt,
		.takeover = &takeover,
		.name = "name",
		.is_named = is_named,
		.path = door,
	});
}

static void complete(void)
{
	ck_assert_int_ne(former, -1);
	holder_client_confirm(former);
	fd_close(former);
}

/* The worker is this baton's now: to be ended with the case. */
static void take_back(void)
{
	begin(true);
	complete();
	ck_assert(!list_empty(&adopt.brokers));
	one.broker = list_first(&adopt.brokers, struct broker, link);
}

START_TEST(sockets_are_held_again_for_the_next_generation)
{
	const char *address = adopted_free_address();

	adopted_start(&one, 5);
	int fd = adopted_listen(&one, "inet stream", address);

	lose_baton();
	take_back();
	ck_assert(adopt.is_borrowing);
	adopted_start(&two, 1);
	int other = adopted_listen(&two, "inet stream", address);

	ck_assert_int_eq(adopted_ask(&one, "inode %d", fd), adopted_ask(&two, "inode %d", other));
	adopted_expect_served(&two, other, address);
}
END_TEST

START_TEST(worker_that_waits_for_an_answer_gets_it)
{
	const char *first = adopted_free_address(), *second = adopted_free_address();

	adopted_start(&one, 1);
	(void)adopted_listen(&one, "inet stream", first);
	int fd = (int)adopted_ask(&one, "socket inet stream");

	lose_baton();
	adopted_tell(&one, "bind %d %s", fd, second);
	ck_assert_int_eq(poll(&(struct pollfd){ .fd = one.answers, .events = POLLIN }, 1, 50), 0);
	take_back();
	ck_assert_int_eq(adopted_await(&one), 0);
	adopted_do(&one, "listen %d", fd);
	adopted_expect_served(&one, fd, second);
}
END_TEST

START_TEST(file_of_a_socket_is_looked_after)
{
	const char *path = adopted_path("socket");

	adopted_start(&one, 1);
	int fd = adopted_listen(&one, "unix stream", path);

	lose_baton();
	take_back();
	adopted_do(&one, "unlink %s", path);
	ck_assert(adopted_exists("socket"));
	adopted_start(&two, 1);
	int other = adopted_listen(&two, "unix stream", path);

	ck_assert_int_eq(adopted_ask(&one, "inode %d", fd), adopted_ask(&two, "inode %d", other));
	adopted_expect_served(&two, other, path);
}
END_TEST

START_TEST(workers_are_told_to_stop_once_another_serves)
{
	struct settings settings;

	adopted_start(&one, 1);
	(void)adopted_listen(&one, "inet stream", adopted_free_address());
	lose_baton();
	take_back();
	settings_init(&settings);
	takeover_complete(&takeover, &settings);
	ck_assert(!adopt.is_borrowing);
	ck_assert(one.broker->claimant.is_retired);
	process_wait_fd(one.pidfd, POLLIN);
}
END_TEST

START_TEST(service_that_nobody_has_named_is_left_alone)
{
	adopted_start(&one, 1);
	(void)adopted_listen(&one, "inet stream", adopted_free_address());
	lose_baton();
	begin(false);
	ck_assert_int_eq(former, -1);
	ck_assert(list_empty(&adopt.held.sockets));
	ck_assert(!adopt.is_borrowing);
	take_back();
}
END_TEST

START_TEST(worker_is_known_by_the_time_of_its_start)
{
	adopted_start(&one, 1);
	(void)adopted_listen(&one, "inet stream", adopted_free_address());
	one.broker->process.start_time--; /* as if its pid were another's by now */
	lose_baton();
	take_back();
	ck_assert_uint_ne(one.broker->process.start_time, 0);
	ck_assert(list_empty(&takeover.servers));
	ck_assert(adopt.is_borrowing);
}
END_TEST

START_TEST(stop_before_another_serves_is_for_them_too)
{
	struct settings settings;

	adopted_start(&one, 1);
	(void)adopted_listen(&one, "inet stream", adopted_free_address());
	lose_baton();
	take_back();
	settings_init(&settings);
	ck_assert(takeover_end(&takeover, &settings, true));
	ck_assert(!adopt.is_borrowing);
	process_wait_fd(one.pidfd, POLLIN);
}
END_TEST

START_TEST(command_that_does_not_come_up_changes_nothing_for_them)
{
	struct settings settings;
	struct pollfd pollfd = { .events = POLLIN };

	adopted_start(&one, 1);
	(void)adopted_listen(&one, "inet stream", adopted_free_address());
	lose_baton();
	take_back();
	settings_init(&settings);
	ck_assert(!takeover_end(&takeover, &settings, false));
	ck_assert(adopt.is_borrowing);
	pollfd.fd = one.pidfd;
	ck_assert_int_eq(poll(&pollfd, 1, 20), 0);
}
END_TEST

START_TEST(nothing_left_is_nothing_to_take_back)
{
	begin(true);
	ck_assert_int_eq(former, -1);
	ck_assert(!adopt.is_borrowing);
}
END_TEST

/* The kernel would go on to send clients there, if anybody held it. */
START_TEST(socket_that_nobody_is_steered_to_is_closed_without_steering)
{
	adopted_start(&one, 1);
	(void)adopted_listen(&one, "inet stream", adopted_free_address());
	adopt.held.steer = (struct steer){ .is_on = true, .to = 2, .percent = 100 };
	lose_baton();
	ck_assert_int_eq(pidfd_signal(one.pidfd, SIGKILL), 0);
	process_wait_fd(one.pidfd, POLLIN);
	begin(true);
	complete();
	ck_assert(list_empty(&adopt.held.sockets));
	adopt_abandon(&adopt); /* if the holder has not seen yet that nobody is left */
	(void)process_wait(one.pidfd);
	family_finish(&one.family);
	fd_close(one.commands);
	fd_close(one.answers);
}
END_TEST

int main(int argc, char **argv)
{
	const TTest *cases[] = {
		sockets_are_held_again_for_the_next_generation,
		worker_that_waits_for_an_answer_gets_it,
		file_of_a_socket_is_looked_after,
		workers_are_told_to_stop_once_another_serves,
		service_that_nobody_has_named_is_left_alone,
		worker_is_known_by_the_time_of_its_start,
		stop_before_another_serves_is_for_them_too,
		command_that_does_not_come_up_changes_nothing_for_them,
		nothing_left_is_nothing_to_take_back,
		socket_that_nobody_is_steered_to_is_closed_without_steering,
	};
	const struct suite suite = {
		.name = "reclaim",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
		.timeout = 60,
	};

	if (argc > 1 && strcmp(argv[1], "hold") == 0)
		return holder_main(argc - 1, argv + 1);
	return suite_run(&suite);
}
