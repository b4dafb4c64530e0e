/* SPDX-License-Identifier: MIT */
/* See report.h. */
#include "support/load/report.h"

#include "base/container.h"

struct quantile {
	const char *name; /* in JSON */
	const char *text;
	double share;
};

static const struct quantile quantiles[] = {
	{ "p50", "50 %", 0.5 },
	{ "p99", "99 %", 0.99 },
	{ "p999", "99.9 %", 0.999 },
	{ "max", "all", 1.0 },
};

static double seconds(const struct statistics *statistics)
{
	return (double)(statistics->ended_us - statistics->started_us) / 1e6;
}

static double per_second(const struct statistics *statistics, uint64_t count)
{
	double duration = seconds(statistics);

	return duration > 0 ? (double)count / duration : 0;
}

static void text_of_kind(
	const struct statistics *statistics, enum request_kind kind, struct strbuf *out)
{
	static const char *const titles[] = {
		[REQUEST_NEW] = "requests on new connections:    ",
		[REQUEST_OPENED] = "first ones of kept connections: ",
		[REQUEST_KEPT] = "later ones of kept connections: ",
	};
	const struct histogram *latency = &statistics->latency_us[kind];

	if (statistics_requests(statistics, kind) == 0)
		return;
	strbuf_appendf(out, "%s%llu, %llu failed, %.0f answers/s; answered", titles[kind],
		(unsigned long long)statistics_requests(statistics, kind),
		(unsigned long long)statistics_failures(statistics, kind),
		per_second(statistics, statistics->counts[kind][OUTCOME_OK]));
	for (size_t i = 0; i < array_length(quantiles) && latency->total; i++)
		strbuf_appendf(out, "%s %s within %.1f ms", i ? "," : "", quantiles[i].text,
			(double)histogram_percentile(latency, quantiles[i].share) / 1e3);
	strbuf_append(out, "\n");
	for (int outcome = OUTCOME_OK + 1; outcome < OUTCOMES_COUNT; outcome++) {
		if (statistics->counts[kind][outcome])
			strbuf_appendf(out, "  %s %llu\n", outcome_name(outcome),
				(unsigned long long)statistics->counts[kind][outcome]);
	}
}

void report_text(const struct statistics *statistics, struct strbuf *out)
{
	const struct servers *servers = &statistics->servers;

	strbuf_appendf(out, "ran for %.2f s\n", seconds(statistics));
	for (int kind = 0; kind < REQUEST_KINDS; kind++)
		text_of_kind(statistics, kind, out);
	if (statistics->last_good_us)
		strbuf_appendf(out, "longest time without an answer to a new connection: %.1f ms\n",
			(double)statistics->longest_gap_us / 1e3);
	if (statistics->idle_closed || statistics->idle_reset || statistics->told_to_close)
		strbuf_appendf(out,
			"kept connections ended by the server: %llu with \"Connection: close\", "
			"%llu closed idle, %llu reset idle\n",
			(unsigned long long)statistics->told_to_close,
			(unsigned long long)statistics->idle_closed,
			(unsigned long long)statistics->idle_reset);
	if (statistics->left_open || statistics->reset_after)
		strbuf_appendf(out,
			"after the last answer: %llu connections not closed, %llu reset\n",
			(unsigned long long)statistics->left_open,
			(unsigned long long)statistics->reset_after);
	if (servers->count)
		strbuf_appendf(out, "answered by %zu processes, generations %llu to %llu\n",
			servers->count, (unsigned long long)servers->first_generation,
			(unsigned long long)servers->highest_generation);
	for (size_t i = 0; i < statistics->example_count; i++)
		strbuf_appendf(out, "  %s\n", statistics->examples[i]);
}

static void json_of_kind(
	const struct statistics *statistics, enum request_kind kind, struct strbuf *out)
{
	strbuf_appendf(out, "\"%s\":{\"requests\":%llu,\"failed\":%llu", request_kind_name(kind),
		(unsigned long long)statistics_requests(statistics, kind),
		(unsigned long long)statistics_failures(statistics, kind));
	for (int outcome = 0; outcome < OUTCOMES_COUNT; outcome++)
		strbuf_appendf(out, ",\"%s\":%llu", outcome_name(outcome),
			(unsigned long long)statistics->counts[kind][outcome]);
	strbuf_appendf(out, ",\"per_second\":%.1f,\"latency_us\":{",
		per_second(statistics, statistics->counts[kind][OUTCOME_OK]));
	for (size_t i = 0; i < array_length(quantiles); i++)
		strbuf_appendf(out, "%s\"%s\":%llu", i ? "," : "", quantiles[i].name,
			(unsigned long long)histogram_percentile(
				&statistics->latency_us[kind], quantiles[i].share));
	strbuf_append(out, "}},");
}

static void json_string(const char *text, struct strbuf *out)
{
	strbuf_append(out, "\"");
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			strbuf_appendf(out, "\\%c", c);
		else if (c < 0x20)
			strbuf_appendf(out, "\\u%04x", c);
		else
			strbuf_appendf(out, "%c", c);
	}
	strbuf_append(out, "\"");
}

void report_json(const struct statistics *statistics, struct strbuf *out)
{
	const struct servers *servers = &statistics->servers;
	uint64_t requests = 0, failures = 0;

	strbuf_append(out, "{");
	for (int kind = 0; kind < REQUEST_KINDS; kind++) {
		requests += statistics_requests(statistics, kind);
		failures += statistics_failures(statistics, kind);
		json_of_kind(statistics, kind, out);
	}
	strbuf_appendf(out, "\"requests\":%llu,\"ok\":%llu,\"failed\":%llu,\"duration_s\":%.3f,",
		(unsigned long long)requests, (unsigned long long)statistics_good(statistics),
		(unsigned long long)failures, seconds(statistics));
	strbuf_appendf(out, "\"per_second\":%.1f,\"longest_gap_us\":%llu,",
		per_second(statistics, statistics_good(statistics)),
		(unsigned long long)statistics->longest_gap_us);
	strbuf_appendf(out,
		"\"told_to_close\":%llu,\"idle_closed\":%llu,\"idle_reset\":%llu,"
		"\"left_open\":%llu,\"reset_after\":%llu,",
		(unsigned long long)statistics->told_to_close,
		(unsigned long long)statistics->idle_closed,
		(unsigned long long)statistics->idle_reset,
		(unsigned long long)statistics->left_open,
		(unsigned long long)statistics->reset_after);
	strbuf_appendf(out,
		"\"pids\":%zu,\"generations\":%llu,\"first_generation\":%llu,"
		"\"highest_generation\":%llu,\"last_generation\":%llu,\"switches\":%llu,"
		"\"examples\":[",
		servers->count, (unsigned long long)servers->generations,
		(unsigned long long)servers->first_generation,
		(unsigned long long)servers->highest_generation,
		(unsigned long long)servers->last_generation,
		(unsigned long long)servers->switches);
	for (size_t i = 0; i < statistics->example_count; i++) {
		strbuf_append(out, i ? "," : "");
		json_string(statistics->examples[i], out);
	}
	strbuf_append(out, "]}\n");
}

bool report_is_good(const struct statistics *statistics, bool allows_kept_failures)
{
	return statistics_good(statistics) > 0 &&
		statistics_failures(statistics, REQUEST_NEW) == 0 &&
		statistics_failures(statistics, REQUEST_OPENED) == 0 &&
		(allows_kept_failures || statistics_failures(statistics, REQUEST_KEPT) == 0);
}
