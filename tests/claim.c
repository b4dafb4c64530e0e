/* SPDX-License-Identifier: MIT */
/* Who has which socket: lib/socket/claim.c. */
#include "socket/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "socket/selector.h"
#include "support/suite.h"

static int fd = -1;
static int orders = -1; /* to the other process, a byte each; at its end it ends */
static pid_t other;

static void setup(void)
{
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
}

static void teardown(void)
{
	fd_close(fd);
}

static int obey(char order, unsigned generation)
{
	switch (order) {
	case 't':
		return claim_take(fd, generation);
	case 'd':
		return claim_drain(fd, generation);
	case 'r':
		claim_release(fd);
		return 0;
	}
	return fd_close(fcntl(fd, F_DUPFD_CLOEXEC, 3)), 0; /* 'c' */
}

/* Another process that has the socket, too, and does what it is told. */
static void start_other(unsigned generation)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	other = fork();
	ck_assert_int_ne(other, -1);
	if (other == 0) {
		char order;

		fd_close(pair[0]);
		while (recv(pair[1], &order, 1, 0) == 1) {
			int r = obey(order, generation);

			if (send(pair[1], &r, sizeof(r), MSG_NOSIGNAL) == -1)
				break;
		}
		_exit(0);
	}
	fd_close(pair[1]);
	orders = pair[0];
}

static int tell(char order)
{
	int r;

	ck_assert_int_eq(send(orders, &order, 1, MSG_NOSIGNAL), 1);
	ck_assert_int_eq(recv(orders, &r, sizeof(r), 0), sizeof(r));
	return r;
}

static void end_other(int signal)
{
	if (signal)
		ck_assert_int_eq(kill(other, signal), 0);
	fd_close(orders);
	ck_assert_int_eq(waitpid(other, NULL, 0), other);
}

static void expect(enum claim_state state, unsigned generation, pid_t pid)
{
	struct claim claim;

	ck_assert_int_eq(claim_look(fd, &claim), 0);
	ck_assert_int_eq(claim.state, state);
	ck_assert_uint_eq(claim.generation, generation);
	ck_assert_int_eq(claim.pid, pid);
}

START_TEST(claim_tells_who_it_is_and_what_he_does)
{
	start_other(7);
	expect(CLAIM_FREE, 0, 0);
	ck_assert_int_eq(tell('t'), 0);
	expect(CLAIM_SERVING, 7, other);
	ck_assert_int_eq(tell('d'), 0);
	expect(CLAIM_DRAINING, 7, other);
	ck_assert_int_eq(tell('r'), 0);
	expect(CLAIM_FREE, 0, 0);
	end_other(0);
}
END_TEST

START_TEST(only_one_process_has_it)
{
	start_other(7);
	ck_assert_int_eq(tell('t'), 0);
	ck_assert_int_eq(claim_take(fd, 8), -EAGAIN);
	ck_assert_int_eq(tell('d'), 0);
	ck_assert_int_eq(claim_take(fd, 8), -EAGAIN);
	ck_assert_int_eq(tell('r'), 0);
	ck_assert_int_eq(claim_take(fd, 8), 0);
	ck_assert_int_eq(tell('t'), -EAGAIN);
	end_other(0);
}
END_TEST

START_TEST(own_claim_is_not_in_the_way)
{
	ck_assert_int_eq(claim_take(fd, 1), 0);
	expect(CLAIM_FREE, 0, 0);
	ck_assert_int_eq(claim_take(fd, 1), 0);
}
END_TEST

START_TEST(who_is_killed_lets_go)
{
	start_other(7);
	ck_assert_int_eq(tell('t'), 0);
	end_other(SIGKILL);
	expect(CLAIM_FREE, 0, 0);
	ck_assert_int_eq(claim_take(fd, 8), 0);
}
END_TEST

/* fcntl(2) says so: it is what makes the header warn. */
START_TEST(who_closes_a_duplicate_lets_go)
{
	start_other(7);
	ck_assert_int_eq(tell('t'), 0);
	ck_assert_int_eq(tell('c'), 0);
	expect(CLAIM_FREE, 0, 0);
	end_other(0);
}
END_TEST

/* A process that is started has the socket, but not the claim. */
START_TEST(child_does_not_inherit_it)
{
	ck_assert_int_eq(claim_take(fd, 1), 0);
	start_other(2);
	ck_assert_int_eq(tell('t'), -EAGAIN);
	end_other(0);
	start_other(2);
	ck_assert_int_eq(tell('t'), -EAGAIN);
	end_other(SIGKILL);
}
END_TEST

START_TEST(largest_generation_can_be_told)
{
	start_other(UINT32_MAX);
	ck_assert_int_eq(tell('t'), 0);
	expect(CLAIM_SERVING, UINT32_MAX, other);
	end_other(0);
}
END_TEST

START_TEST(what_is_not_open_cannot_be_claimed)
{
	struct claim claim;

	ck_assert_int_eq(claim_take(-1, 1), -EBADF);
	ck_assert_int_eq(claim_look(-1, &claim), -EBADF);
}
END_TEST

/* claims: a character each, '-' free, a digit serving, a letter from 'a' draining. */
static void expect_newest(const char *claims, const char *indexes)
{
	struct claim list[16];
	struct selector_set set;
	char text[sizeof(set.indexes) / sizeof(set.indexes[0]) + 1] = "";
	size_t count = 0;

	for (; claims[count]; count++) {
		char c = claims[count];

		list[count] = c == '-' ? (struct claim){ .state = CLAIM_FREE }
			: c >= 'a' ? (struct claim){ CLAIM_DRAINING, (unsigned)(c - 'a' + 1), 1 }
				   : (struct claim){ CLAIM_SERVING, (unsigned)(c - '0'), 1 };
	}
	claim_newest(list, count, &set);
	for (size_t i = 0; i < set.count; i++)
		text[i] = (char)('0' + set.indexes[i]);
	ck_assert_str_eq(text, indexes);
}

START_TEST(newest_of_those_that_serve_gets_what_is_new)
{
	expect_newest("", "");
	expect_newest("-", "");
	expect_newest("1", "0");
	expect_newest("-1-", "1");
	expect_newest("12", "1");
	expect_newest("21", "0");
	expect_newest("132", "1");
	/* who drains does not, however new it is */
	expect_newest("a", "");
	expect_newest("1d", "0");
	expect_newest("ab-cz", "");
	/* all of one generation do */
	expect_newest("2-2", "02");
	expect_newest("1212", "13");
	expect_newest("2b2a3", "4");
	expect_newest("0", "0");
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		claim_tells_who_it_is_and_what_he_does,
		only_one_process_has_it,
		own_claim_is_not_in_the_way,
		who_is_killed_lets_go,
		who_closes_a_duplicate_lets_go,
		child_does_not_inherit_it,
		largest_generation_can_be_told,
		what_is_not_open_cannot_be_claimed,
		newest_of_those_that_serve_gets_what_is_new,
	};

	return suite_run(&(struct suite){
		.name = "claim",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	});
}
