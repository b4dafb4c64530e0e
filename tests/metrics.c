/* SPDX-License-Identifier: MIT */
/* Counts and their text for Prometheus: child/metrics.c. */
#include "metrics.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/response.h"
#include "support/suite.h"

#define REQUESTS "baton_httpd_requests_total"
#define SENT     "baton_httpd_sent_bytes_total"
#define TOOK     "baton_httpd_request_duration_seconds"

enum { TEXT_SIZE = 16 * 1024 };

static struct metrics app, debug;
static char text[TEXT_SIZE];

static void keep(struct buffer *out)
{
	ck_assert_uint_lt(out->size, sizeof(text));
	memcpy(text, buffer_bytes(out), out->size);
	text[out->size] = '\0';
	buffer_release(out);
}

static void write_text(void)
{
	const struct metrics *metrics[] = { &app, &debug };
	const char *names[] = { "app", "debug" };
	struct buffer out = { 0 };

	ck_assert_int_eq(metrics_write(&out, metrics, names, 2), 0);
	keep(&out);
}

/* The line that begins with this name and its labels; NULL: there is none. */
static const char *find_line(const char *sample)
{
	size_t size = strlen(sample);

	for (const char *line = text; *line; line = strchr(line, '\n') + 1)
		if (strncmp(line, sample, size) == 0 && line[size] == ' ')
			return line;
	return NULL;
}

static double value_of(const char *sample)
{
	const char *line = find_line(sample);
	char *end;

	ck_assert_msg(line, "no %s in %s", sample, text);
	double value = strtod(line + strlen(sample) + 1, &end);

	ck_assert_int_eq(*end, '\n');
	return value;
}

static double bucket(const char *server, const char *bound)
{
	char sample[128];

	(void)snprintf(
		sample, sizeof(sample), TOOK "_bucket{server=\"%s\",le=\"%s\"}", server, bound);
	return value_of(sample);
}

START_TEST(requests_are_counted_by_status)
{
	metrics_add(&app, 200, 10, 0);
	metrics_add(&app, 200, 20, 0);
	metrics_add(&app, 404, 14, 0);
	metrics_add(&app, 499, 0, 0);
	write_text();
	ck_assert_double_eq(value_of(REQUESTS "{server=\"app\",code=\"200\"}"), 2);
	ck_assert_double_eq(value_of(REQUESTS "{server=\"app\",code=\"404\"}"), 1);
	ck_assert_double_eq(value_of(REQUESTS "{server=\"app\",code=\"499\"}"), 1);
	ck_assert_ptr_null(find_line(REQUESTS "{server=\"app\",code=\"503\"}"));
	ck_assert_ptr_null(find_line(REQUESTS "{server=\"debug\",code=\"200\"}"));
}
END_TEST

START_TEST(every_status_has_a_count_of_its_own)
{
	for (size_t i = 0; i < RESPONSE_STATUSES; i++)
		for (size_t times = 0; times <= i; times++)
			metrics_add(&app, response_status(i), 0, 0);
	write_text();
	for (size_t i = 0; i < RESPONSE_STATUSES; i++) {
		char sample[128];

		(void)snprintf(sample, sizeof(sample), REQUESTS "{server=\"app\",code=\"%d\"}",
			response_status(i));
		ck_assert_double_eq(value_of(sample), (double)(i + 1));
	}
}
END_TEST

START_TEST(bytes_are_added_up)
{
	metrics_add(&app, 200, 10, 0);
	metrics_add(&app, 206, 5000000000, 0);
	metrics_add(&debug, 200, 7, 0);
	write_text();
	ck_assert_double_eq(value_of(SENT "{server=\"app\"}"), 5000000010);
	ck_assert_double_eq(value_of(SENT "{server=\"debug\"}"), 7);
}
END_TEST

START_TEST(buckets_have_all_up_to_their_bound)
{
	static const int64_t times_ms[] = { 0, 1, 2, 5, 6, 1000, 1001, 60000, 60001, 3600000 };

	for (size_t i = 0; i < array_length(times_ms); i++)
		metrics_add(&app, 200, 0, times_ms[i] * 1000);
	write_text();
	ck_assert_double_eq(bucket("app", "0.001"), 2);
	ck_assert_double_eq(bucket("app", "0.005"), 4);
	ck_assert_double_eq(bucket("app", "0.01"), 5);
	ck_assert_double_eq(bucket("app", "0.5"), 5);
	ck_assert_double_eq(bucket("app", "1"), 6);
	ck_assert_double_eq(bucket("app", "2.5"), 7);
	ck_assert_double_eq(bucket("app", "10"), 7);
	ck_assert_double_eq(bucket("app", "60"), 8);
	ck_assert_double_eq(bucket("app", "+Inf"), 10);
	ck_assert_double_eq(value_of(TOOK "_count{server=\"app\"}"), 10);
	ck_assert_double_eq(value_of(TOOK "_sum{server=\"app\"}"), 3722.016);
	ck_assert_double_eq(bucket("debug", "+Inf"), 0);
}
END_TEST

START_TEST(times_below_a_millisecond_add_up)
{
	for (int i = 0; i < 1000; i++)
		metrics_add(&app, 200, 0, 42);
	metrics_add(&app, 200, 0, 1001);
	write_text();
	ck_assert_double_eq(bucket("app", "0.001"), 1000);
	ck_assert_double_eq(bucket("app", "0.005"), 1001);
	ck_assert_double_eq(value_of(TOOK "_sum{server=\"app\"}"), 0.043001);
}
END_TEST

/* Of whatever they count: each bound is above the one before, each count no less. */
START_TEST(buckets_rise)
{
	const char *line = text;
	double last_bound = 0, last_count = 0, bound, count;
	unsigned seen = 0;

	for (int64_t ms = 0; ms < 70000; ms += 37)
		metrics_add(&app, 200, 0, ms * 1000);
	write_text();
	while ((line = strstr(line, TOOK "_bucket{server=\"app\""))) {
		ck_assert_int_eq(
			sscanf(line, TOOK "_bucket{server=\"app\",le=\"%lf\"} %lf", &bound, &count),
			2);
		ck_assert_double_gt(bound, last_bound);
		ck_assert_double_ge(count, last_count);
		last_bound = bound;
		last_count = count;
		line++;
		seen++;
	}
	ck_assert_uint_eq(seen, METRICS_BUCKETS + 1);
	ck_assert_double_eq(last_count, 1892);
	ck_assert_double_eq(value_of(TOOK "_count{server=\"app\"}"), last_count);
}
END_TEST

/* The monotonic clock cannot go back, but a count that did would be taken for a restart. */
START_TEST(time_that_ran_backwards_counts_as_none)
{
	metrics_add(&app, 200, 0, 5);
	metrics_add(&app, 200, 0, -1000);
	write_text();
	ck_assert_double_eq(bucket("app", "0.001"), 2);
	ck_assert_double_eq(value_of(TOOK "_sum{server=\"app\"}"), 0.000005);
	ck_assert_double_eq(value_of(TOOK "_count{server=\"app\"}"), 2);
}
END_TEST

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || c == '_';
}

/* NAME or NAME{LABEL="VALUE",...}, and a number behind a space. */
static bool is_sample(const char *line)
{
	char *end;

	if (!is_name_char(*line))
		return false;
	while (is_name_char(*line))
		line++;
	if (*line == '{') {
		do {
			line++;
			while (is_name_char(*line))
				line++;
			if (strncmp(line, "=\"", 2) != 0)
				return false;
			line = strchr(line + 2, '"');
			if (!line)
				return false;
			line++;
		} while (*line == ',');
		if (*line++ != '}')
			return false;
	}
	if (*line++ != ' ')
		return false;
	(void)strtod(line, &end);
	return end > line && *end == '\n';
}

/* The format's grammar: the help and the type of a family, once, before its samples, which stand
 * together. */
START_TEST(text_is_family_after_family)
{
	char family[128] = "", help[128], type[128], kind[32];
	unsigned families = 0;

	metrics_add(&app, 200, 10, 3);
	metrics_add(&debug, 404, 10, 3);
	write_text();
	for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
		if (*line != '#') {
			ck_assert_msg(is_sample(line), "%s", line);
			ck_assert_int_eq(strncmp(line, family, strlen(family)), 0);
			continue;
		}
		ck_assert_int_eq(sscanf(line, "# HELP %127s %*[^\n]", help), 1);
		line = strchr(line, '\n') + 1;
		ck_assert_int_eq(sscanf(line, "# TYPE %127s %31s", type, kind), 2);
		ck_assert_str_eq(help, type);
		ck_assert(strcmp(kind, "counter") == 0 || strcmp(kind, "histogram") == 0);
		(void)snprintf(family, sizeof(family), "%s", type);
		families++;
		(void)snprintf(help, sizeof(help), "# TYPE %s ", family);
		ck_assert_ptr_eq(strstr(text, help), line);
	}
	ck_assert_uint_eq(families, 3);
}
END_TEST

START_TEST(single_samples_have_their_labels_and_all_digits)
{
	struct buffer out = { 0 };

	ck_assert_int_eq(metrics_begin(&out, "a_total", "counter", "Some words."), 0);
	ck_assert_int_eq(metrics_sample(&out, "a_total", "", 12345678901234567.0), 0);
	ck_assert_int_eq(metrics_sample(&out, "a_total", "{b=\"c\"}", 0.1), 0);
	keep(&out);
	ck_assert_int_eq(
		strncmp(text, "# HELP a_total Some words.\n# TYPE a_total counter\n", 50), 0);
	ck_assert_double_eq(value_of("a_total"), 12345678901234567.0);
	ck_assert_double_eq(value_of("a_total{b=\"c\"}"), 0.1);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		requests_are_counted_by_status,
		every_status_has_a_count_of_its_own,
		bytes_are_added_up,
		buckets_have_all_up_to_their_bound,
		times_below_a_millisecond_add_up,
		buckets_rise,
		time_that_ran_backwards_counts_as_none,
		text_is_family_after_family,
		single_samples_have_their_labels_and_all_digits,
	};

	return SUITE_RUN("metrics", cases);
}
