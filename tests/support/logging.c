/* SPDX-License-Identifier: MIT */
/* See logging.h. */
#include "support/logging.h"

#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/directory.h"
#include "support/process.h"

struct ev_loop *logging_loop;
struct access_log *logging_log;
char logging_path[64];
const struct sockaddr *logging_peer;
unsigned logging_told;
int logging_level;
char logging_text[256];

static struct sockaddr_in loopback;

static void on_log(int level, const char *text, void *data)
{
	ck_assert_ptr_eq(data, logging_path);
	logging_told++;
	logging_level = level;
	(void)snprintf(logging_text, sizeof(logging_text), "%s", text);
}

void logging_setup(void)
{
	directory_make();
	(void)snprintf(logging_path, sizeof(logging_path), "%s/log", directory);
	loopback = (struct sockaddr_in){ .sin_family = AF_INET };
	loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	logging_peer = (struct sockaddr *)&loopback;
	logging_loop = ev_loop_new(EVFLAG_AUTO);
	ck_assert_ptr_nonnull(logging_loop);
	ck_assert_int_eq(setenv("TZ", "UTC0", 1), 0);
	tzset();
}

void logging_teardown(void)
{
	ev_loop_destroy(logging_loop);
	directory_remove_all();
}

void logging_open(void)
{
	struct baton_error error;
	int r = access_log_open(
		logging_loop, logging_path, on_log, logging_path, &logging_log, &error);

	ck_assert_msg(r == 0, "%s", r < 0 ? error.text : "");
}

void logging_close(void)
{
	access_log_close(logging_log);
	logging_log = NULL;
}

void logging_add(const struct exchange_record *record)
{
	access_log_add(logging_log, record, logging_peer);
}

void logging_turn(void)
{
	ev_run(logging_loop, EVRUN_NOWAIT);
}

static void on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)w, (void)revents;
	ck_abort_msg("the log said nothing more");
}

void logging_await(unsigned told)
{
	ev_timer deadline;

	ev_timer_init(&deadline, on_deadline, PROCESS_DEADLINE_MS / 1e3, 0);
	ev_timer_start(logging_loop, &deadline);
	while (logging_told < told)
		ev_run(logging_loop, EVRUN_ONCE);
	ev_timer_stop(logging_loop, &deadline);
}
