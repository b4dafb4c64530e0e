/* SPDX-License-Identifier: MIT */
/* The sockets of the server that upgrades itself: process/upgrade_listeners.c. */
#include <baton/upgrade.h>

#include <errno.h>
#include <ev.h>

#include "support/suite.h"

static struct ev_loop *loop;
static struct baton_upgrade *upgrade;
static struct baton_address *address;
static struct baton_error error;

static void never(struct baton_upgrade *object, void *data)
{
	(void)object, (void)data;
}

static void never_ends(struct baton_upgrade *object, int status, void *data)
{
	(void)object, (void)status, (void)data;
}

static void setup(void)
{
	static char name[] = "server";
	static char *const argv[] = { name, NULL };
	const struct baton_upgrade_options options = {
		.size = sizeof(options),
		.argv = argv,
		.on_drain = never,
		.on_end = never_ends,
	};

	loop = ev_loop_new(EVFLAG_AUTO);
	ck_assert_int_eq(baton_address_parse("127.0.0.1:0", &address, &error), 0);
	ck_assert_int_eq(baton_upgrade_create(loop, &options, &upgrade, &error), 0);
}

static void teardown(void)
{
	baton_upgrade_destroy(upgrade);
	baton_address_destroy(address);
	ev_loop_destroy(loop);
}

START_TEST(name_is_given_once)
{
	struct baton_listener *first = NULL, *second = NULL;

	ck_assert_int_eq(baton_upgrade_listener(upgrade, "x", address, &first, &error), 0);
	ck_assert_int_eq(baton_upgrade_listener(upgrade, "y", address, NULL, &error), 0);
	ck_assert_int_eq(baton_upgrade_listener(upgrade, "x", address, &second, &error), -EEXIST);
	ck_assert_str_eq(error.text, "there is a listener \"x\" already");
	ck_assert_ptr_null(second);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		name_is_given_once,
	};

	return suite_run(&(struct suite){
		.name = "upgrade_listeners",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	});
}
