/* SPDX-License-Identifier: MIT */
/* The upgrade object as an actor of a group, and listeners for the drain:
 * process/upgrade_group.c. */
#include <baton/group.h>
#include <baton/spawn.h>
#include <baton/upgrade.h>

#include <errno.h>
#include <ev.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/suite.h"

static struct ev_loop *loop;
static struct baton_upgrade *upgrade;
static struct baton_group *group;
static struct baton_actor *service;
static struct baton_listener *listener;
static bool was_listening; /* when the service was told to stop */
static bool stays_open;    /* likewise */
static int group_result;
static bool group_has_ended;
static bool has_ended;

static bool is_listening(void)
{
	int value = 0;
	socklen_t size = sizeof(value);

	return getsockopt(baton_listener_fd(listener, 0), SOL_SOCKET, SO_ACCEPTCONN, &value,
		       &size) == 0 &&
		value;
}

static int stop_service(struct baton_actor *actor, struct baton_error *error, void *data)
{
	(void)error, (void)data;
	was_listening = upgrade && is_listening();
	stays_open = upgrade && baton_upgrade_stays_open(upgrade, listener);
	baton_actor_ended(actor, 0, NULL);
	return 0;
}

static void on_group_end(struct baton_group *ended, int result, void *data)
{
	(void)ended, (void)data;
	group_result = result;
	group_has_ended = true;
}

static void on_end(struct baton_upgrade *ending, int status, void *data)
{
	(void)ending, (void)data;
	ck_assert_int_eq(status, 0);
	has_ended = true;
	ev_break(loop, EVBREAK_ALL);
}

static void setup(void)
{
	static char name[] = "server";
	static char *const argv[] = { name, NULL };
	const struct baton_upgrade_options options = {
		.size = sizeof(options),
		.argv = argv,
		.on_end = on_end,
	};
	const struct baton_group_options group_options = {
		.size = sizeof(group_options),
		.on_end = on_group_end,
	};
	const struct baton_actor_options actor = {
		.size = sizeof(actor),
		.name = "service",
		.stop = stop_service,
	};
	struct baton_address *address;
	struct baton_error error;

	loop = ev_loop_new(EVFLAG_AUTO);
	ck_assert_int_eq(baton_address_parse("127.0.0.1:0", &address, &error), 0);
	ck_assert_int_eq(baton_upgrade_create(loop, &options, &upgrade, &error), 0);
	ck_assert_int_eq(baton_upgrade_listener(upgrade, "main", address, &listener, &error), 0);
	baton_address_destroy(address);
	ck_assert_int_eq(baton_group_create(
				 loop, baton_context_background(), &group_options, &group, &error),
		0);
	ck_assert_int_eq(baton_upgrade_join(upgrade, group, &error), 0);
	ck_assert_int_eq(baton_group_add(group, &actor, &service, &error), 0);
}

static void teardown(void)
{
	baton_group_destroy(group);
	baton_upgrade_destroy(upgrade);
	ev_loop_destroy(loop);
}

static void start(void)
{
	struct baton_error error;

	ck_assert_int_eq(baton_group_start(group), 0);
	ck_assert_int_eq(baton_upgrade_ready(upgrade, &error), 0);
}

static void run(void)
{
	ev_run(loop, 0);
	ck_assert(has_ended);
}

START_TEST(signal_stops_the_group_and_its_end_is_the_process_s)
{
	start();
	ck_assert_int_eq(raise(SIGTERM), 0);
	run();
	ck_assert_int_eq(group_result, 0);
	ck_assert_int_eq(baton_upgrade_state(upgrade), BATON_UPGRADE_DRAINED);
}
END_TEST

START_TEST(sockets_are_closed_once_the_actors_were_told_to_stop)
{
	start();
	baton_upgrade_stop(upgrade);
	run();
	ck_assert(was_listening);
	ck_assert(!is_listening());
}
END_TEST

START_TEST(signal_before_the_start_is_not_forgotten)
{
	ck_assert_int_eq(kill(getpid(), SIGTERM), 0);
	ev_run(loop, EVRUN_NOWAIT);
	ev_run(loop, EVRUN_NOWAIT);
	ck_assert_int_eq(baton_group_start(group), 0);
	ev_run(loop, 0);
	ck_assert(group_has_ended && has_ended);
	ck_assert_int_eq(group_result, 0);
}
END_TEST

START_TEST(failure_of_another_actor_ends_the_process)
{
	start();
	baton_actor_ended(service, -EIO, NULL);
	run();
	ck_assert_int_eq(group_result, -EIO);
	ck_assert(!is_listening());
}
END_TEST

START_TEST(stop_of_the_group_ends_the_process)
{
	start();
	baton_group_stop(group);
	run();
	ck_assert_int_eq(group_result, 0);
	ck_assert(was_listening);
	ck_assert(!is_listening());
}
END_TEST

START_TEST(listener_for_the_drain_stays_open_until_the_end)
{
	ck_assert_int_eq(baton_upgrade_keep_open(upgrade, listener), 0);
	start();
	ck_assert_int_eq(raise(SIGTERM), 0);
	run();
	ck_assert(stays_open);
	ck_assert(is_listening());
}
END_TEST

START_TEST(any_other_listener_does_not)
{
	start();
	ck_assert_int_eq(raise(SIGTERM), 0);
	run();
	ck_assert(!stays_open);
}
END_TEST

START_TEST(listener_of_somebody_else_is_not_kept)
{
	ck_assert_int_eq(baton_upgrade_keep_open(upgrade, NULL), -EINVAL);
	ck_assert_int_eq(baton_upgrade_keep_open(NULL, listener), -EINVAL);
	ck_assert_int_eq(baton_upgrade_stays_open(upgrade, NULL), 0);
	ck_assert_int_eq(baton_upgrade_stays_open(NULL, listener), 0);
}
END_TEST

START_TEST(object_joins_once_and_a_group_has_one)
{
	struct baton_error error;

	ck_assert_int_eq(baton_upgrade_join(upgrade, group, &error), -EINVAL);
	ck_assert_str_eq(error.text, "the upgrade object has joined a group already");
	ck_assert_int_eq(baton_upgrade_join(NULL, group, &error), -EINVAL);
	ck_assert_str_eq(error.text, "no upgrade object");
	ck_assert_int_eq(baton_upgrade_join(upgrade, NULL, &error), -EINVAL);
	ck_assert_str_eq(error.text, "no group to join");
}
END_TEST

START_TEST(server_that_nobody_would_drain_is_not_ready)
{
	static char name[] = "server";
	const struct baton_upgrade_options options = {
		.size = sizeof(options),
		.argv = (char *[]){ name, NULL },
		.on_end = on_end,
	};
	struct baton_error error;

	baton_upgrade_destroy(upgrade);
	ck_assert_int_eq(baton_upgrade_create(loop, &options, &upgrade, &error), 0);
	ck_assert_int_eq(baton_upgrade_ready(upgrade, &error), -EINVAL);
	ck_assert_str_eq(error.text, "no on_drain, and no group has joined");
	ck_assert_int_eq(baton_upgrade_state(upgrade), BATON_UPGRADE_STARTING);
	ck_assert_int_eq(baton_upgrade_join(upgrade, group, &error), 0);
	ck_assert_int_eq(baton_upgrade_ready(upgrade, &error), 0);
}
END_TEST

START_TEST(group_may_be_gone_before_the_process_is)
{
	start();
	baton_upgrade_stop(upgrade);
	run();
	baton_group_destroy(group);
	group = NULL;
	baton_upgrade_drained(upgrade);
	ev_run(loop, EVRUN_NOWAIT);
}
END_TEST

START_TEST(object_may_be_gone_before_the_group_is)
{
	start();
	baton_group_stop(group);
	baton_upgrade_destroy(upgrade);
	upgrade = NULL;
	ev_run(loop, 0); /* the group's end is all that it waits for */
	ck_assert(group_has_ended);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		signal_stops_the_group_and_its_end_is_the_process_s,
		sockets_are_closed_once_the_actors_were_told_to_stop,
		signal_before_the_start_is_not_forgotten,
		failure_of_another_actor_ends_the_process,
		stop_of_the_group_ends_the_process,
		listener_for_the_drain_stays_open_until_the_end,
		any_other_listener_does_not,
		listener_of_somebody_else_is_not_kept,
		object_joins_once_and_a_group_has_one,
		server_that_nobody_would_drain_is_not_ready,
		group_may_be_gone_before_the_process_is,
		object_may_be_gone_before_the_group_is,
	};

	return suite_run(&(struct suite){
		.name = "upgrade_group",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	});
}
