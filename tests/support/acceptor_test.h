/* SPDX-License-Identifier: MIT */
/* For suites about acceptors: listeners with clients in their queues, and what was accepted. */
#ifndef TESTS_SUPPORT_ACCEPTOR_TEST_H
#define TESTS_SUPPORT_ACCEPTOR_TEST_H

#include <baton/acceptor.h>

enum { ACCEPTOR_TEST_MAX = 64 };

extern struct baton_acceptor *test_acceptor;

/* What was accepted, in its order. The descriptors are closed at the end. */
extern int test_accepted_count;
extern struct baton_accepted test_accepted[ACCEPTOR_TEST_MAX];

/* Called with each, its result is on_accept's; NULL: 0. */
extern int (*test_answer)(void);

/* The lines of the log, and their levels. */
extern int test_lines, test_levels[4];
extern char test_log[4][256];

/* What accepting has ended on, and why. */
extern int test_ends, test_end_error;
extern const struct baton_listener *test_end_listener;

/* For struct suite: with a directory, and without the acceptor. */
void acceptor_test_setup(void);
void acceptor_test_teardown(void); /* destroys the acceptor, if there still is one */

void acceptor_test_create(unsigned batch);

/* Destroys it; the teardown does not. */
void acceptor_test_destroy(void);

/* Opens the listener and adds it. It is the case's, to be closed. */
struct baton_listener *acceptor_test_add(const char *address);

/* Likewise on a unix socket of that name in the directory: there a client is in the queue once it
 * is connected. */
struct baton_listener *acceptor_test_add_unix(const char *name);

/* So many clients of the listener's first socket; the last one's descriptor. Closed at the end. */
int acceptor_test_connect(const struct baton_listener *listener, int count);

/* Runs the loop until so many have been accepted in all. */
void acceptor_test_await(int count);

/* How many of those accepted are this listener's. */
int acceptor_test_count(const struct baton_listener *listener);

struct baton_acceptor_counts acceptor_test_counts(void);

#endif
