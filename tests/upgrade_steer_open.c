/* SPDX-License-Identifier: MIT */
/* What can be steered, and how it is asked for: process/steer.c. */
#include <baton/baton.h>

#include <errno.h>
#include <string.h>

#include "support/suite.h"

static void ignore_end(struct baton_upgrade *upgrade, int status, void *data)
{
	(void)upgrade, (void)status, (void)data;
}

static void ignore_drain(struct baton_upgrade *upgrade, void *data)
{
	(void)upgrade, (void)data;
}

static void ignore(struct baton_steer *steer, int fd, void *data)
{
	(void)steer, (void)fd, (void)data;
}

static struct baton_upgrade *create(void)
{
	static char program[] = "server", *argv[] = { program, NULL };
	struct baton_upgrade_options options = { .size = sizeof(options),
		.argv = argv,
		.on_drain = ignore_drain,
		.on_end = ignore_end };
	struct baton_upgrade *upgrade;
	struct baton_error error;

	ck_assert_int_eq(baton_upgrade_create(NULL, &options, &upgrade, &error), 0);
	return upgrade;
}

static int try_open(struct baton_upgrade *upgrade, const char *text,
	const struct baton_steer_options *options, struct baton_steer **ret,
	struct baton_error *error)
{
	struct baton_address *parsed;

	ck_assert_int_eq(baton_address_parse(text, &parsed, error), 0);
	int r = baton_steer_open(upgrade, "main", parsed, options, ret, error);

	baton_address_destroy(parsed);
	return r;
}

static void expect_refused(
	const char *text, const struct baton_steer_options *options, const char *reason)
{
	struct baton_upgrade *upgrade = create();
	struct baton_steer *steer;
	struct baton_error error;

	ck_assert_int_eq(try_open(upgrade, text, options, &steer, &error), -EINVAL);
	ck_assert_msg(strstr(error.text, reason) != NULL, "%s", error.text);
	baton_upgrade_destroy(upgrade);
}

static void expect_route_refused(const struct baton_steer_route *route, const char *reason)
{
	expect_refused("udp://127.0.0.1:0",
		&(struct baton_steer_options){ .size = sizeof(struct baton_steer_options),
			.on_readable = ignore,
			.routes = route,
			.route_count = 1 },
		reason);
}

START_TEST(bad_options_are_refused_with_the_reason)
{
	static const struct baton_steer_route routes[5];
	struct baton_steer_options options = { .size = sizeof(options) };

	expect_refused("udp://127.0.0.1:0", NULL, "bad size of steer options");
	expect_refused("udp://127.0.0.1:0", &options, "on_readable is required");
	options.on_readable = ignore;
	expect_refused("tcp://127.0.0.1:0", &options, "only UDP can be steered (udp://)");
	expect_refused("unix-dgram:@x", &options, "only UDP can be steered (udp://)");
	expect_refused("udp://127.0.0.1:0?reuseport=1", &options,
		"has 1 sockets: steering takes 2 to 256 (reuseport=16)");
	expect_refused("udp://127.0.0.1:0?reuseport=257", &options, "has 257 sockets");
	options.routes = routes;
	options.route_count = 5;
	expect_refused("udp://127.0.0.1:0", &options, "there may be 4 routes");
	expect_route_refused(&(struct baton_steer_route){ .id_offset = 65536, .id_mask = 0xff },
		"route 0: an offset is above 65535");
	expect_route_refused(&(struct baton_steer_route){ .match_offset = 65536, .id_mask = 0xff },
		"route 0: an offset is above 65535");
	expect_route_refused(
		&(struct baton_steer_route){
			.match_mask = 0xf0, .match_value = 0x18, .id_mask = 0xff },
		"route 0: no byte is 0x18 behind the mask 0xf0");
	expect_route_refused(&(struct baton_steer_route){ .id_mask = 0 },
		"route 0: 0x00 is no mask of neighbouring bits");
	expect_route_refused(&(struct baton_steer_route){ .id_mask = 0xa0 },
		"route 0: 0xa0 is no mask of neighbouring bits");
	expect_route_refused(&(struct baton_steer_route){ .id_mask = 0x1c },
		"route 0: mask 0x1c has room for 8 ids, listener \"main\" has 16 sockets");
}
END_TEST

START_TEST(calls_out_of_order_are_refused)
{
	struct baton_steer_options options = { .size = sizeof(options), .on_readable = ignore };
	struct baton_upgrade *upgrade = create();
	const struct sockaddr client = { .sa_family = AF_INET };
	struct baton_steer *steer, *other;
	struct baton_error error;
	int fd;

	ck_assert_int_eq(try_open(upgrade, "udp://127.0.0.1:0", &options, &steer, &error), 0);
	ck_assert_uint_eq(baton_listener_count(baton_steer_listener(steer)), BATON_STEER_SOCKETS);
	ck_assert_int_eq(try_open(upgrade, "udp://127.0.0.1:0", &options, &other, &error), -EEXIST);
	ck_assert_int_eq(baton_steer_id(steer), -EAGAIN);
	ck_assert_int_eq(baton_steer_is_empty(steer), 1);
	ck_assert_int_eq(
		baton_steer_fd(steer, baton_listener_fd(baton_steer_listener(steer), 0)), -EINVAL);
	ck_assert_int_eq(baton_upgrade_ready(upgrade, &error), 0);
	ck_assert_int_eq(baton_steer_id(steer), 0);
	ck_assert_int_eq(try_open(upgrade, "udp://127.0.0.1:0", &options, &other, &error), -EINVAL);
	ck_assert_int_eq(baton_steer_connect(steer, 0, NULL, 0, &fd, &error), -EINVAL);
	for (size_t i = 0; i < BATON_STEER_SOCKETS; i++)
		ck_assert_int_eq(
			baton_steer_fd(steer, baton_listener_fd(baton_steer_listener(steer), i)),
			baton_listener_fd(baton_steer_listener(steer), 0));
	ck_assert_int_eq(baton_steer_fd(steer, -1), -EINVAL);
	ck_assert_int_eq(
		baton_steer_connect(steer, -1, &client, sizeof(client), &fd, &error), -EINVAL);
	baton_upgrade_destroy(upgrade);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		bad_options_are_refused_with_the_reason,
		calls_out_of_order_are_refused,
	};

	return SUITE_RUN("upgrade_steer_open", cases);
}
