/* SPDX-License-Identifier: MIT */
/* See statistics.h. */
#include "support/load/statistics.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/container.h"

const char *request_kind_name(enum request_kind kind)
{
	static const char *const names[] = {
		[REQUEST_NEW] = "new",
		[REQUEST_OPENED] = "opened",
		[REQUEST_KEPT] = "kept",
	};

	_Static_assert(array_length(names) == REQUEST_KINDS, "one name a kind");
	return names[kind];
}

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[] = {
#define X(constant, name) [OUTCOME_##constant] = #name,
		OUTCOMES(X)
#undef X
	};

	return names[outcome];
}

enum outcome outcome_of_connect(int error)
{
	if (error == ECONNREFUSED)
		return OUTCOME_CONNECT_REFUSED;
	if (error == ECONNRESET)
		return OUTCOME_CONNECT_RESET;
	if (error == ETIMEDOUT)
		return OUTCOME_CONNECT_TIMEOUT;
	return OUTCOME_CONNECT_OTHER;
}

enum outcome outcome_of_break(bool answer_has_begun, int error)
{
	if (answer_has_begun)
		return OUTCOME_TRUNCATED;
	if (error == ECONNRESET || error == EPIPE)
		return OUTCOME_RESET_BEFORE_RESPONSE;
	return OUTCOME_CLOSED_BEFORE_RESPONSE;
}

static void add_pid(struct servers *servers, uint64_t pid)
{
	for (size_t i = 0; i < servers->count; i++) {
		if (servers->pids[i] == pid)
			return;
	}
	if (servers->count < array_length(servers->pids))
		servers->pids[servers->count++] = pid;
}

static void add_server(struct servers *servers, enum request_kind kind, const char *body)
{
	unsigned long long pid, generation;

	if (sscanf(body, "hello pid=%llu generation=%llu", &pid, &generation) != 2)
		return;
	if (servers->count == 0)
		servers->first_generation = generation;
	if (servers->count == 0 || generation > servers->highest_generation) {
		servers->highest_generation = generation;
		servers->generations++;
	}
	servers->last_generation = generation;
	if (pid == servers->last_pid)
		return;
	if (servers->last_pid != 0 && kind == REQUEST_NEW)
		servers->switches++;
	/* Kept connections stay with their server long after it was replaced: no switch. */
	if (kind == REQUEST_NEW || servers->last_pid == 0)
		servers->last_pid = pid;
	add_pid(servers, pid);
}

void statistics_add_good(struct statistics *statistics, enum request_kind kind, uint64_t now_us,
	uint64_t latency_us, const char *body)
{
	statistics->counts[kind][OUTCOME_OK]++;
	histogram_add(&statistics->latency_us[kind], latency_us);
	add_server(&statistics->servers, kind, body);
	if (kind != REQUEST_NEW)
		return;
	if (statistics->last_good_us &&
		now_us - statistics->last_good_us > statistics->longest_gap_us)
		statistics->longest_gap_us = now_us - statistics->last_good_us;
	statistics->last_good_us = now_us;
}

void statistics_add_failure(
	struct statistics *statistics, enum request_kind kind, enum outcome outcome)
{
	statistics->counts[kind][outcome]++;
}

void statistics_add_example(struct statistics *statistics, const char *format, ...)
{
	size_t i = statistics->example_count;
	va_list args;

	if (i == array_length(statistics->examples))
		return;
	va_start(args, format);
	(void)vsnprintf(statistics->examples[i], sizeof(statistics->examples[i]), format, args);
	va_end(args);
	statistics->example_count++;
}

uint64_t statistics_failures(const struct statistics *statistics, enum request_kind kind)
{
	uint64_t sum = 0;

	for (int i = OUTCOME_OK + 1; i < OUTCOMES_COUNT; i++)
		sum += statistics->counts[kind][i];
	return sum;
}

uint64_t statistics_requests(const struct statistics *statistics, enum request_kind kind)
{
	return statistics->counts[kind][OUTCOME_OK] + statistics_failures(statistics, kind);
}

uint64_t statistics_good(const struct statistics *statistics)
{
	uint64_t sum = 0;

	for (int kind = 0; kind < REQUEST_KINDS; kind++)
		sum += statistics->counts[kind][OUTCOME_OK];
	return sum;
}
