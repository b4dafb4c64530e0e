/* SPDX-License-Identifier: MIT */
/* What became of the requests, counted. Pure: times are handed in, in microseconds. */
#ifndef LOAD_STATISTICS_H
#define LOAD_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/load/histogram.h"

/* The connection that a request went out on. */
enum request_kind {
	REQUEST_NEW,    /* of a client that connects anew for each request */
	REQUEST_OPENED, /* of a client that keeps connections, the first on this one */
	REQUEST_KEPT,   /* the same, a later one: here the server may have closed first */
	REQUEST_KINDS,
};

#define OUTCOMES(X) \
	X(OK, ok) \
	X(CONNECT_REFUSED, connect_refused) \
	X(CONNECT_RESET, connect_reset) \
	X(CONNECT_TIMEOUT, connect_timeout) \
	X(CONNECT_OTHER, connect_other) \
	X(RESET_BEFORE_RESPONSE, reset_before_response) \
	X(CLOSED_BEFORE_RESPONSE, closed_before_response) \
	X(TRUNCATED, truncated) \
	X(BAD_STATUS, bad_status) \
	X(BAD_RESPONSE, bad_response) \
	X(TIMEOUT, timeout)

enum outcome {
#define X(constant, name) OUTCOME_##constant,
	OUTCOMES(X)
#undef X
		OUTCOMES_COUNT,
};

/* Who answered, where the body is "hello pid=N generation=N". */
struct servers {
	uint64_t pids[4096]; /* in order of appearance; more are not told apart */
	size_t count;
	uint64_t last_pid;
	uint64_t switches; /* answers to new connections from another pid than the one before */
	uint64_t first_generation, last_generation, highest_generation;
	uint64_t generations; /* how many times a higher one than all before answered */
};

struct statistics {
	uint64_t counts[REQUEST_KINDS][OUTCOMES_COUNT];
	struct histogram latency_us[REQUEST_KINDS];
	uint64_t idle_closed;    /* kept connections that the server closed between requests */
	uint64_t idle_reset;     /* the same, with a reset */
	uint64_t told_to_close;  /* answers on kept connections with Connection: close */
	uint64_t reset_after;    /* resets after a whole answer, before the close */
	uint64_t left_open;      /* connections the server was to close and did not in time */
	uint64_t last_good_us;   /* of the new ones; 0: none yet */
	uint64_t longest_gap_us; /* between two good answers in succession, new ones only */
	uint64_t started_us, ended_us;
	struct servers servers;
	size_t example_count;
	char examples[16][160]; /* the first failures, in words */
};

const char *request_kind_name(enum request_kind kind);
const char *outcome_name(enum outcome outcome);

/* How connect(2) failed. */
enum outcome outcome_of_connect(int error);

/* The connection broke within a request; error is 0 for an orderly close. */
enum outcome outcome_of_break(bool answer_has_begun, int error);

/* One request ended; body is the beginning of a good answer, else ignored. */
void statistics_add_good(struct statistics *statistics, enum request_kind kind, uint64_t now_us,
	uint64_t latency_us, const char *body);
void statistics_add_failure(
	struct statistics *statistics, enum request_kind kind, enum outcome outcome);

/* Keeps a failure's description if there is room, cut if it is long. */
void statistics_add_example(struct statistics *statistics, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

uint64_t statistics_requests(const struct statistics *statistics, enum request_kind kind);
uint64_t statistics_failures(const struct statistics *statistics, enum request_kind kind);
uint64_t statistics_good(const struct statistics *statistics);

#endif
