/* SPDX-License-Identifier: MIT */
/* The protocols by which sockets are passed: what a child is told, and what is removed. */
#include "socket/inherit_protocol.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <baton/spawn.h>

#include "base/env.h"
#include "support/suite.h"

static struct env env;
static struct baton_error error;

static void teardown(void)
{
	env_finish(&env);
}

static const struct inherit_socket four[] = {
	{ .name = "http", .bound = "0.0.0.0:80", .type = SOCK_STREAM, .fd = 3 },
	{ .name = "http", .bound = "[::1]:80", .type = SOCK_STREAM, .fd = 4 },
	{ .name = "dns", .bound = "127.0.0.1:53", .type = SOCK_DGRAM, .fd = 5 },
	{ .name = "local", .bound = "/run/a.sock", .type = SOCK_STREAM, .fd = 6 },
};

static void encode(unsigned protocols)
{
	ck_assert_int_eq(inherit_encode(protocols, four, array_length(four), 7, &env), 0);
}

static void assert_value(const char *key, const char *value)
{
	ck_assert_pstr_eq(env_get(&env, key), value);
}

static void set(const char *key, const char *value)
{
	ck_assert_int_eq(env_set(&env, key, value), 0);
}

START_TEST(systemd_is_given_count_names_and_blanks_for_the_pid)
{
	encode(INHERIT_SYSTEMD);
	assert_value("LISTEN_FDS", "4");
	assert_value("LISTEN_FDNAMES", "http:http:dns:local");
	assert_value("LISTEN_PID", "00000000000");
	ck_assert_uint_eq(strlen(env_get(&env, "LISTEN_PID")), BATON_SPAWN_PID_SIZE - 1);
	const char *id = env_get(&env, "LISTEN_PIDFDID");

	if (id)
		ck_assert_uint_eq(strlen(id), BATON_SPAWN_PIDFDID_SIZE - 1);
	assert_value("SERVER_STARTER_GENERATION", NULL);
	assert_value("BATON_GENERATION", NULL);
}
END_TEST

START_TEST(systemd_refuses_numbers_that_do_not_follow_each_other)
{
	ck_assert_int_eq(inherit_encode(INHERIT_SYSTEMD, four + 1, 3, 1, &env), -EINVAL);
}
END_TEST

START_TEST(starter_is_given_where_each_socket_is_bound)
{
	encode(INHERIT_STARTER);
	assert_value("SERVER_STARTER_PORT", "0.0.0.0:80=3;[::1]:80=4;127.0.0.1:53=5;/run/a.sock=6");
	assert_value("SERVER_STARTER_GENERATION", "7");
}
END_TEST

START_TEST(starter_leaves_out_paths_that_its_readers_would_split)
{
	const struct inherit_socket odd[] = {
		{ .name = "a", .bound = "/run/a=b", .type = SOCK_STREAM, .fd = 3 },
		{ .name = "b", .bound = "/run/a;b", .type = SOCK_STREAM, .fd = 4 },
		{ .name = "c", .bound = "/run/c", .type = SOCK_STREAM, .fd = 5 },
	};

	ck_assert_int_eq(inherit_encode(INHERIT_STARTER, odd, 3, 1, &env), 0);
	assert_value("SERVER_STARTER_PORT", "/run/c=5");
}
END_TEST

START_TEST(einhorn_is_given_count_numbers_and_families)
{
	encode(INHERIT_EINHORN);
	assert_value("EINHORN_FD_COUNT", "4");
	assert_value("EINHORN_FD_0", "3");
	assert_value("EINHORN_FD_3", "6");
	assert_value("EINHORN_FD_FAMILY_0", "AF_INET");
	assert_value("EINHORN_FD_FAMILY_1", "AF_INET6");
	assert_value("EINHORN_FD_FAMILY_3", "AF_UNIX");
}
END_TEST

START_TEST(nginx_is_given_an_end_behind_every_number)
{
	encode(INHERIT_NGINX);
	assert_value("NGINX", "3;4;5;6;");
}
END_TEST

START_TEST(fpm_is_given_what_it_can_match)
{
	encode(INHERIT_FPM);
	assert_value("FPM_SOCKETS", "0.0.0.0:80=3,::1:80=4,/run/a.sock=6");
}
END_TEST

START_TEST(unicorn_is_given_stream_sockets)
{
	encode(INHERIT_UNICORN);
	assert_value("UNICORN_FD", "3,4,6");
}
END_TEST

START_TEST(puma_is_given_urls)
{
	encode(INHERIT_PUMA);
	assert_value("PUMA_INHERIT_0", "3:tcp://0.0.0.0:80");
	assert_value("PUMA_INHERIT_1", "4:tcp://[::1]:80");
	assert_value("PUMA_INHERIT_2", "6:unix:///run/a.sock");
	assert_value("PUMA_INHERIT_3", NULL);
}
END_TEST

START_TEST(without_sockets_only_generations_are_set)
{
	ck_assert_int_eq(inherit_encode(~0u, NULL, 0, 3, &env), 0);
	assert_value("BATON_GENERATION", "3");
	assert_value("SERVER_STARTER_GENERATION", "3");
	ck_assert_uint_eq(env.count, 2);
}
END_TEST

START_TEST(forgetting_leaves_nothing_of_any_protocol)
{
	static const char *const stale[] = { "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
		"FDSTORE", "LISTEN_PIDFDID", "BATON_CHANNEL", "BATON_PREDECESSOR",
		"EINHORN_SOCK_PATH", "EINHORN_MASTER_PID", "EINHORN_FDS", "FPM_SOCKETS_1",
		"GUNICORN_FD", "GUNICORN_PID", "TABLEFLIP_HAS_PARENT_7DIU3", "NODE_CHANNEL_FD" };

	encode(~0u);
	for (size_t i = 0; i < array_length(stale); i++)
		set(stale[i], "1");
	set("PATH", "/bin");
	set("NGINX_VERSION", "1");
	set("PUMA_INHERIT_SOCK", "x");
	set("LISTEN_FDS_START", "3");
	inherit_forget(&env);
	assert_value("PATH", "/bin");
	assert_value("NGINX_VERSION", "1");
	assert_value("PUMA_INHERIT_SOCK", "x");
	assert_value("LISTEN_FDS_START", "3");
	ck_assert_uint_eq(env.count, 4);
	ck_assert_ptr_null(env.entries[4]);
}
END_TEST

START_TEST(forgetting_in_an_empty_environment_is_harmless)
{
	inherit_forget(&env);
	inherit_forget_own(NULL);
	ck_assert_uint_eq(env.count, 0);
}
END_TEST

START_TEST(own_environment_keeps_what_passes_no_sockets)
{
	char *environment[] = { "LISTEN_FDS=1", "NOTIFY_SOCKET=/n", "NGINX=3;", "BATON_CHANNEL=5",
		"PUMA_INHERIT_12=3:tcp://a:1", "EINHORN_SOCK_PATH=/e", "NGINX=4;", NULL };

	inherit_forget_own(environment);
	ck_assert_str_eq(environment[0], "NOTIFY_SOCKET=/n");
	ck_assert_str_eq(environment[1], "BATON_CHANNEL=5");
	ck_assert_str_eq(environment[2], "EINHORN_SOCK_PATH=/e");
	ck_assert_ptr_null(environment[3]);
}
END_TEST

START_TEST(protocols_are_parsed_by_name)
{
	unsigned set_of = 0;

	ck_assert_int_eq(
		inherit_parse_protocols("systemd,notify,starter,baton", &set_of, &error), 0);
	ck_assert_uint_eq(set_of, INHERIT_DEFAULT);
	ck_assert_int_eq(
		inherit_parse_protocols("einhorn,nginx,fpm,unicorn,puma", &set_of, &error), 0);
	ck_assert_uint_eq(set_of,
		INHERIT_EINHORN | INHERIT_NGINX | INHERIT_FPM | INHERIT_UNICORN | INHERIT_PUMA);
}
END_TEST

START_TEST(unknown_protocol_is_refused_by_its_name)
{
	static const char *const texts[] = { "", "systemd,", ",nginx", "system", "systemdd",
		"nginx,apache", "Systemd" };
	unsigned set_of = 99;

	for (size_t i = 0; i < array_length(texts); i++)
		ck_assert_int_eq(inherit_parse_protocols(texts[i], &set_of, &error), -EINVAL);
	ck_assert_uint_eq(set_of, 99);
	ck_assert_int_eq(inherit_parse_protocols("nginx,apache", &set_of, &error), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error.text, "\"apache\""));
}
END_TEST

START_TEST(manual_page_names_every_variable)
{
	static char page[64 * 1024];
	FILE *file = fopen(PROTOCOLS_PAGE, "re");

	ck_assert_ptr_nonnull(file);
	page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
	(void)fclose(file); /* it was only read */
	ck_assert_int_eq(inherit_encode(~0u, four, 1, 7, &env), 0);
	ck_assert_uint_gt(env.count, 10);
	for (size_t i = 0; i < env.count; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "*%.*s*", (int)strcspn(env.entries[i], "="),
			env.entries[i]);
		ck_assert_msg(strstr(page, name) != NULL, "%s is not in the page", name);
	}
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		systemd_is_given_count_names_and_blanks_for_the_pid,
		systemd_refuses_numbers_that_do_not_follow_each_other,
		starter_is_given_where_each_socket_is_bound,
		starter_leaves_out_paths_that_its_readers_would_split,
		einhorn_is_given_count_numbers_and_families,
		nginx_is_given_an_end_behind_every_number,
		fpm_is_given_what_it_can_match,
		unicorn_is_given_stream_sockets,
		puma_is_given_urls,
		without_sockets_only_generations_are_set,
		forgetting_leaves_nothing_of_any_protocol,
		forgetting_in_an_empty_environment_is_harmless,
		own_environment_keeps_what_passes_no_sockets,
		protocols_are_parsed_by_name,
		unknown_protocol_is_refused_by_its_name,
		manual_page_names_every_variable,
	};

	return suite_run(&(struct suite){ .name = "inherit_protocol",
		.cases = cases,
		.count = array_length(cases),
		.teardown = teardown });
}
