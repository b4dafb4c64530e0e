/* SPDX-License-Identifier: MIT */
/* A service's state as Prometheus reads it: supervisor/control/metrics.c. */
#include "control/metrics.h"

#include <stdio.h>
#include <string.h>

#include "machine_names.h"
#include "support/suite.h"

static const char status_text[] =
	"{\"name\":\"a\\\"b\\\\c\\nd\",\"version\":\"0.1.0\",\"age_ms\":1500,\"memory_bytes\":4096,"
	"\"cut_connections\":7,"
	"\"generations\":[{\"generation\":1,\"state\":\"draining\",\"age_ms\":65000,"
	"\"connections\":3,\"oldest_connection_ms\":500,\"workers\":[{\"worker\":1,"
	"\"memory_bytes\":1024}]},{\"generation\":2,\"state\":\"serving\",\"age_ms\":1500,"
	"\"connections\":null,\"workers\":[{\"worker\":1}]}],\"listeners\":["
	"{\"name\":\"http\",\"address\":\"[::]:80\",\"queue\":1,\"backlog\":128,\"drops\":4},"
	"{\"name\":null,\"address\":\"/s\",\"queue\":null,\"backlog\":null,\"drops\":null}]}";

static unsigned long counts[MACHINE_REPORT_COUNT];
static json_t *text;

static void describe(const char *json)
{
	json_t *status = json_loads(json, 0, NULL);

	ck_assert_ptr_nonnull(status);
	json_decref(text);
	text = metrics_describe(status, counts);
	json_decref(status);
	ck_assert_ptr_nonnull(text);
}

static void teardown(void)
{
	json_decref(text);
}

static void expect_line(const char *line)
{
	char wanted[256];

	snprintf(wanted, sizeof(wanted), "\n%s\n", line);
	ck_assert_msg(strstr(json_string_value(text), wanted) != NULL, "no line: %s", line);
}

START_TEST(what_is_known_has_a_sample)
{
	counts[MACHINE_REPORT_TOOK_OVER] = 5;
	counts[MACHINE_REPORT_ROLLED_BACK] = 2;
	describe(status_text);
	expect_line("baton_age_seconds 1.5");
	expect_line("baton_memory_bytes 4096");
	expect_line("baton_cut_connections_total 7");
	expect_line("baton_upgrades_total{outcome=\"took-over\"} 5");
	expect_line("baton_upgrades_total{outcome=\"rolled-back\"} 2");
	expect_line("baton_worker_restarts_total 0");
	expect_line("baton_generation_age_seconds{generation=\"1\",state=\"draining\"} 65");
	expect_line("baton_generation_connections{generation=\"1\",state=\"draining\"} 3");
	expect_line("baton_generation_oldest_connection_seconds{generation=\"1\",state="
		    "\"draining\"} 0.5");
	expect_line("baton_worker_memory_bytes{generation=\"1\",worker=\"1\"} 1024");
	expect_line("baton_listener_queue{name=\"http\",address=\"[::]:80\"} 1");
	expect_line("baton_listener_backlog{name=\"http\",address=\"[::]:80\"} 128");
	expect_line("baton_listener_drops_total{name=\"http\",address=\"[::]:80\"} 4");
}
END_TEST

START_TEST(what_is_unknown_has_none)
{
	describe(status_text);
	ck_assert_ptr_null(
		strstr(json_string_value(text), "baton_generation_connections{generation=\"2\""));
	ck_assert_ptr_null(strstr(json_string_value(text), "address=\"/s\""));
	ck_assert_ptr_null(strstr(json_string_value(text), "null"));
}
END_TEST

START_TEST(labels_are_escaped)
{
	describe(status_text);
	expect_line("baton_info{name=\"a\\\"b\\\\c\\nd\",version=\"0.1.0\"} 1");
}
END_TEST

/* As the format asks for. */
START_TEST(each_family_is_one_group_with_help_and_type)
{
	describe(status_text);
	for (const char *line = json_string_value(text); *line; line = strchr(line, '\n') + 1) {
		char name[80], again[96];

		if (strncmp(line, "# HELP ", 7) != 0)
			continue;
		ck_assert_int_eq(sscanf(line, "# HELP %79s ", name), 1);
		snprintf(again, sizeof(again), "\n# TYPE %s ", name);
		ck_assert_ptr_nonnull(strstr(line, again));
		snprintf(again, sizeof(again), "\n# HELP %s ", name);
		ck_assert_ptr_null(strstr(line, again));
	}
}
END_TEST

START_TEST(empty_status_is_no_reason_to_fail)
{
	describe("{}");
	expect_line("baton_hammered_total 0");
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		what_is_known_has_a_sample,
		what_is_unknown_has_none,
		labels_are_escaped,
		each_family_is_one_group_with_help_and_type,
		empty_status_is_no_reason_to_fail,
	};
	const struct suite suite = {
		.name = "control_metrics",
		.cases = cases,
		.count = array_length(cases),
		.teardown = teardown,
	};

	return suite_run(&suite);
}
