/* SPDX-License-Identifier: MIT */
/* The status for people: supervisor/control/render.c, and the steps of an upgrade: progress.c,
 * timeline.c. */
#include "control/render.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "control/progress.h"
#include "control/table.h"
#include "control/timeline.h"
#include "support/suite.h"

static const char status_text[] =
	"{\"name\":\"app\",\"pid\":7,\"version\":\"0.1.0\",\"state\":\"serving\",\"age_ms\":65000,"
	"\"memory_bytes\":2097152,\"command\":[\"./server\",\"-x\"],\"generations\":["
	"{\"generation\":1,\"state\":\"draining\",\"age_ms\":65000,\"connections\":3,"
	"\"oldest_connection_ms\":500,\"workers\":[{\"worker\":1,\"pid\":8,\"state\":\"ready\","
	"\"age_ms\":65000,\"memory_bytes\":1024}]},"
	"{\"generation\":2,\"state\":\"serving\",\"age_ms\":1500,\"connections\":null,\"workers\":["
	"{\"worker\":1,\"pid\":9,\"state\":\"ready\",\"age_ms\":1500,\"memory_bytes\":1023},"
	"{\"worker\":2,\"state\":\"backoff\",\"failures\":2}]}],\"listeners\":["
	"{\"name\":\"http\",\"address\":\"[::]:80\",\"sockets\":2,\"queue\":1,\"backlog\":128,"
	"\"drops\":4},{\"name\":null,\"address\":\"/s\",\"sockets\":1,\"queue\":null,"
	"\"backlog\":null,\"drops\":null}],\"upgrades\":[{\"event\":\"rolled-back\","
	"\"generation\":2,\"time\":\"T\",\"ms\":12,\"text\":\"why\"}]}";

/* 2026-03-04 05:06:07 */
static const time_t NOW = 1772600767;

static char *render(const char *json, int width, bool has_color)
{
	struct strbuf out = STRBUF_INIT;
	json_t *status = json_loads(json, 0, NULL);

	ck_assert_ptr_nonnull(status);
	render_status(status, NOW, &(struct table_style){ width, has_color }, &out);
	json_decref(status);
	return strbuf_take(&out);
}

START_TEST(status_is_said_in_tables)
{
	char *text = render(status_text, 0, false);

	ck_assert_str_eq(text,
		"app  serving  pid 7, up 1m 5s, 2.0 MiB, baton 0.1.0\n"
		"./server -x\n"
		"\n"
		"GEN  STATE     AGE    CONNS  OLDEST  PID  WORKER   AGE    MEMORY\n"
		"1    draining  1m 5s  3      500 ms  8    ready    1m 5s  1.0 KiB\n"
		"2    serving   1.5 s  -              9    ready    1.5 s  1023 B\n"
		"                                     -    backoff\n"
		"\n"
		"LISTENER  SOCKETS  QUEUE     DROPS  ADDRESS\n"
		"http      2        1 of 128  4      [::]:80\n"
		"-         1        -         -      /s\n"
		"\n"
		"GEN  WHEN  OUTCOME      TOOK   REASON\n"
		"2    T     rolled-back  12 ms  why\n");
	free(text);
}
END_TEST

START_TEST(what_waits_and_what_a_worker_says_is_there_if_there_is_any)
{
	static const char json[] =
		"{\"name\":\"app\",\"pid\":7,\"version\":\"0.1.0\",\"state\":\"serving\","
		"\"generations\":[{\"generation\":1,\"state\":\"draining\",\"connections\":3,"
		"\"queue\":2,\"workers\":[{\"worker\":1,\"pid\":8,\"state\":\"ready\"}]},"
		"{\"generation\":2,\"state\":\"serving\",\"connections\":0,\"queue\":0,"
		"\"workers\":[{\"worker\":1,\"pid\":9,\"state\":\"ready\","
		"\"status\":\"took 5\"}]}]}";
	char *text = render(json, 0, false);

	ck_assert_ptr_nonnull(strstr(text,
		"GEN  STATE     AGE  CONNS         OLDEST  PID  WORKER  AGE  MEMORY  STATUS\n"
		"1    draining       3, 2 waiting          8    ready\n"
		"2    serving        0                     9    ready                took 5\n"));
	free(text);
	text = render(json, 60, false);
	ck_assert_ptr_null(strstr(text, "STATUS"));
	ck_assert_ptr_nonnull(strstr(text, "3, 2 waiting"));
	free(text);
}
END_TEST

START_TEST(no_line_is_wider_than_the_terminal)
{
	for (int width = 1; width < 100; width++) {
		char *text = render(status_text, width, false);

		for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
			ck_assert_uint_le(strcspn(line, "\n"), (size_t)width);
		free(text);
	}
}
END_TEST

START_TEST(colors_say_the_same)
{
	char *plain = render(status_text, 0, false), *colored = render(status_text, 0, true);
	char *to = colored;

	ck_assert_ptr_nonnull(strstr(colored, "\033[32mserving\033[0m"));
	ck_assert_ptr_nonnull(strstr(colored, "\033[33mdraining\033[0m"));
	ck_assert_ptr_nonnull(strstr(colored, "\033[31mrolled-back\033[0m"));
	for (const char *from = colored; *from;) {
		if (*from == '\033')
			from += strcspn(from, "m") + 1;
		else
			*to++ = *from++;
	}
	*to = '\0';
	ck_assert_str_eq(colored, plain);
	free(plain);
	free(colored);
}
END_TEST

START_TEST(what_is_missing_or_wrong_does_no_harm)
{
	static const char *const rows[] = { "{}", "[]",
		"{\"name\":1,\"generations\":7,\"command\":[1,{}],\"listeners\":[1]}",
		"{\"upgrades\":[{}]}", "{\"generations\":[{\"workers\":[[]]},1]}" };

	for (size_t i = 0; i < array_length(rows); i++) {
		char *text = render(rows[i], 0, false);

		ck_assert_ptr_nonnull(text);
		free(text);
	}
}
END_TEST

START_TEST(what_counts_stays_on_a_narrow_terminal)
{
	char *text = render(status_text, 50, false);

	ck_assert_ptr_nonnull(strstr(text,
		"GEN  STATE     AGE    CONNS  PID  WORKER   MEMORY\n"
		"1    draining  1m 5s  3      8    ready    1.0 KiB\n"));
	free(text);
	text = render(status_text, 38, false);
	ck_assert_ptr_nonnull(strstr(text,
		"GEN  STATE     CONNS  PID  WORKER\n"
		"1    draining  3      8    ready\n"));
	free(text);
}
END_TEST

START_TEST(reason_is_never_cut)
{
	static const char upgrade[] =
		"{\"upgrades\":[{\"event\":\"rolled-back\",\"generation\":2,\"time\":"
		"\"2026-03-04T05:00:00.123Z\",\"ms\":12,\"text\":\"exited with status 1 after "
		"12 ms and so on\"}]}";
	char *text = render(upgrade, 58, false);

	ck_assert_ptr_nonnull(strstr(text,
		"GEN  WHEN      OUTCOME      TOOK   REASON\n"
		"2    05:00:00  rolled-back  12 ms\n"
		"    exited with status 1 after 12 ms and so on\n"));
	free(text);
	text = render(upgrade, 66, false);
	ck_assert_ptr_nonnull(strstr(text,
		"2    05:00:00  rolled-back  12 ms  exited with status 1 after 12\n"
		"                                   ms and so on\n"));
	free(text);
}
END_TEST

START_TEST(times_are_of_today_or_have_a_date)
{
	static const struct {
		const char *time, *text;
	} rows[] = {
		{ "2026-03-04T05:06:07.999Z", "05:06:07" },
		{ "2026-03-04T00:00:00Z", "00:00:00" },
		{ "2026-03-03T23:59:59.000Z", "2026-03-03 23:59:59" },
		{ "2025-03-04T05:06:07Z", "2025-03-04 05:06:07" },
		{ "T", "T" },
		{ "", "" },
	};
	char text[32];

	for (size_t i = 0; i < array_length(rows); i++)
		ck_assert_str_eq(render_time(rows[i].time, NOW, text, sizeof(text)), rows[i].text);
	ck_assert_int_eq(setenv("TZ", "UTC-6", 1), 0);
	tzset();
	ck_assert_str_eq(
		render_time("2026-03-03T23:59:59.000Z", NOW, text, sizeof(text)), "05:59:59");
}
END_TEST

START_TEST(durations_have_two_figures)
{
	static const struct {
		long long ms;
		const char *text;
	} rows[] = {
		{ 0, "0 ms" },
		{ 999, "999 ms" },
		{ 1000, "1.0 s" },
		{ 59999, "59.9 s" },
		{ 60000, "1m 0s" },
		{ 3599999, "59m 59s" },
		{ 3600000, "1h 0m" },
		{ 86399999, "23h 59m" },
		{ 86400000, "1d 0h" },
		{ INT_MAX, "24d 20h" },
	};
	char text[32];

	for (size_t i = 0; i < array_length(rows); i++)
		ck_assert_str_eq(render_duration(rows[i].ms, text, sizeof(text)), rows[i].text);
}
END_TEST

START_TEST(bytes_have_units)
{
	static const struct {
		long long bytes;
		const char *text;
	} rows[] = {
		{ 0, "0 B" },
		{ 1023, "1023 B" },
		{ 1024, "1.0 KiB" },
		{ 12345, "12 KiB" },
		{ 1023 * 1024, "1.0 MiB" },
		{ 300LL << 20, "300 MiB" },
		{ 5LL << 30, "5.0 GiB" },
		{ 5000LL << 40, "5000 TiB" },
	};
	char text[32];

	for (size_t i = 0; i < array_length(rows); i++)
		ck_assert_str_eq(render_bytes(rows[i].bytes, text, sizeof(text)), rows[i].text);
}
END_TEST

START_TEST(steps_of_an_upgrade_have_words)
{
	static const struct {
		const char *event, *text;
	} rows[] = {
		{ "{\"event\":\"upgrade-remembered\"}",
			"an upgrade is under way, this one follows it" },
		{ "{\"event\":\"upgrade-started\",\"generation\":2}", "generation 2: started" },
		{ "{\"event\":\"ready\",\"generation\":2,\"ms\":30}",
			"generation 2: ready after 30 ms" },
		{ "{\"event\":\"baking\",\"generation\":2,\"ms\":2000}",
			"generation 2: on probation for 2.0 s" },
		{ "{\"event\":\"took-over\",\"generation\":2,\"ms\":3}",
			"generation 2: took over after 3 ms" },
		{ "{\"event\":\"rolled-back\",\"generation\":2,\"ms\":3,\"text\":\"x\"}",
			"generation 2: rolled back after 3 ms" },
		{ "{\"event\":\"hail\",\"generation\":2}", "" },
		{ "{}", "" },
	};
	char text[160];

	for (size_t i = 0; i < array_length(rows); i++) {
		json_t *event = json_loads(rows[i].event, 0, NULL);

		ck_assert_str_eq(progress_text(event, text, sizeof(text)), rows[i].text);
		json_decref(event);
	}
}
END_TEST

START_TEST(timeline_has_a_bar_each)
{
	struct strbuf out = STRBUF_INIT;
	json_t *status = json_loads("{\"generations\":["
				    "{\"generation\":1,\"age_ms\":10000,\"draining_ms\":5000},"
				    "{\"generation\":2,\"age_ms\":5000},"
				    "{\"generation\":3,\"age_ms\":1}]}",
		0, NULL);

	timeline_render(status, &(struct table_style){ .width = 22 }, &out);
	char *text = strbuf_take(&out);

	ck_assert_str_eq(text,
		"GEN  the last 10.0 s\n"
		"1    =======-------\n"
		"2           =======\n"
		"3                 =\n");
	free(text);
	json_decref(status);
}
END_TEST

START_TEST(timeline_of_anything_fits_the_terminal)
{
	static const char *const rows[] = { "{}", "{\"generations\":[1,{},{\"age_ms\":-1}]}",
		"{\"generations\":[{\"age_ms\":9223372036854775807,\"draining_ms\":1}]}",
		"{\"generations\":[{\"age_ms\":1,\"draining_ms\":9223372036854775807}]}" };

	for (size_t i = 0; i < array_length(rows); i++) {
		json_t *status = json_loads(rows[i], 0, NULL);

		for (int width = 1; width < 200; width++) {
			struct strbuf out = STRBUF_INIT;

			timeline_render(status, &(struct table_style){ .width = width }, &out);
			char *text = strbuf_take(&out);

			for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
				ck_assert_uint_le(strcspn(line, "\n"), (size_t)width);
			free(text);
		}
		json_decref(status);
	}
}
END_TEST

int main(void)
{
	(void)setenv("TZ", "UTC0", 1); /* times are shown as of here */
	const TTest *cases[] = {
		status_is_said_in_tables,
		what_waits_and_what_a_worker_says_is_there_if_there_is_any,
		no_line_is_wider_than_the_terminal,
		colors_say_the_same,
		what_is_missing_or_wrong_does_no_harm,
		what_counts_stays_on_a_narrow_terminal,
		reason_is_never_cut,
		times_are_of_today_or_have_a_date,
		durations_have_two_figures,
		bytes_have_units,
		steps_of_an_upgrade_have_words,
		timeline_has_a_bar_each,
		timeline_of_anything_fits_the_terminal,
	};

	return SUITE_RUN("render", cases);
}
