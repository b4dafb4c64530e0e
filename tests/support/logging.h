/* SPDX-License-Identifier: MIT */
/* An access log of a test, on a loop of its own, in a directory of its own. */
#ifndef TESTS_SUPPORT_LOGGING_H
#define TESTS_SUPPORT_LOGGING_H

#include <ev.h>
#include <sys/socket.h>

#include "access_log.h"
#include "http/exchange.h"

extern struct ev_loop *logging_loop;
extern struct access_log *logging_log;
extern char logging_path[64];               /* of the log, in `directory` */
extern const struct sockaddr *logging_peer; /* of all requests; 127.0.0.1 at first */

/* How often the log had something to say, and what it was last. */
extern unsigned logging_told;
extern int logging_level;
extern char logging_text[256];

/* For a suite's setup and teardown. */
void logging_setup(void);
void logging_teardown(void);

/* Opens logging_log at logging_path; the case fails if that cannot be done. */
void logging_open(void);

void logging_close(void);

/* Adds the line of a request. */
void logging_add(const struct exchange_record *record);

/* One turn of the loop, in which nothing is waited for. */
void logging_turn(void);

/* Turns of the loop until the log has had that many things to say; the case fails past the
 * deadline. */
void logging_await(unsigned told);

#endif
