/* SPDX-License-Identifier: MIT */
/* How baton-httpd upgrades itself while clients go on: child/main.c on process/upgrade.c. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/httpd.h"
#include "support/process.h"
#include "support/suite.h"

enum { UPGRADES = 20, KEPT = 4 };

static struct httpd httpd;
static struct client kept[KEPT];
static struct client client;

/* Who answered, and whether it was its last answer. */
struct who {
	pid_t pid;
	unsigned generation;
	bool closes;
};

/* Generations whose parents have gone become the test's children. */
static void adopt_orphans(void)
{
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
}

static struct who ask(struct client *asking)
{
	struct answer answer;
	int pid;
	struct who who;

	client_get(asking, "/");
	client_receive(asking, &answer);
	ck_assert_int_eq(answer.status, 200);
	ck_assert_int_eq(
		sscanf(answer.body, "hello pid=%d generation=%u\n", &pid, &who.generation), 2);
	who.pid = pid;
	who.closes = answer.closes;
	return who;
}

static struct who ask_anew(void)
{
	client_connect(&client, &httpd);
	struct who who = ask(&client);

	client_close(&client);
	return who;
}

/* One request on each connection that is kept; connects again where that was the last. */
static void ask_on_kept(void)
{
	for (int i = 0; i < KEPT; i++) {
		if (!ask(&kept[i]).closes)
			continue;
		client_expect_end(&kept[i]);
		client_close(&kept[i]);
		client_connect(&kept[i], &httpd);
	}
}

/* Makes `process` the one that httpd_signal and httpd_wait are about. */
static void follow(pid_t process)
{
	httpd.pid = process;
	httpd.pidfd = (int)syscall(SYS_pidfd_open, process, 0);
	ck_assert_int_ge(httpd.pidfd, 0);
	ck_assert_int_eq(fd_set_cloexec(httpd.pidfd, true), 0);
}

START_TEST(twenty_upgrades_fail_no_request)
{
	adopt_orphans();
	httpd_start(&httpd, NULL);
	for (int i = 0; i < KEPT; i++)
		client_connect(&kept[i], &httpd);
	for (unsigned generation = 1; generation <= UPGRADES; generation++) {
		struct who who = ask_anew();

		ck_assert_uint_eq(who.generation, generation);
		httpd_signal(&httpd, SIGHUP);
		while (who.generation == generation) {
			ask_on_kept();
			who = ask_anew();
		}
		ck_assert_uint_eq(who.generation, generation + 1);
		ck_assert_int_ne(who.pid, httpd.pid);
		/* The predecessor ends once it has told everybody. */
		struct pollfd end = { .fd = httpd.pidfd, .events = POLLIN };

		while (poll(&end, 1, 0) == 0)
			ask_on_kept();
		ck_assert_int_eq(process_wait(httpd.pidfd), 0);
		follow(who.pid);
	}
	for (int i = 0; i < KEPT; i++)
		client_close(&kept[i]);
	httpd_stop(&httpd);
}
END_TEST

/* Waits for the end of a generation, which may have a parent that is still there and reaps it. */
static void wait_end(int pidfd)
{
	siginfo_t info = { 0 };

	process_wait_fd(pidfd, POLLIN);
	if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) == 0)
		ck_assert_int_eq(info.si_status, 0);
	fd_close(pidfd);
}

START_TEST(slow_request_outlives_upgrades)
{
	struct who who;

	adopt_orphans();
	httpd_start(&httpd, NULL);
	int first = httpd.pidfd;

	client_connect(&kept[0], &httpd);
	(void)ask(&kept[0]);
	client_get(&kept[0], "/slow?ms=1500");
	for (unsigned generation = 1; generation <= 3; generation++) {
		httpd_signal(&httpd, SIGHUP);
		do
			who = ask_anew();
		while (who.generation <= generation); /* both accept for a moment */
		if (httpd.pidfd != first)
			wait_end(httpd.pidfd);
		follow(who.pid);
	}
	struct answer answer;

	client_receive(&kept[0], &answer);
	ck_assert_int_eq(answer.status, 200);
	ck_assert(answer.closes);
	ck_assert_ptr_nonnull(strstr(answer.body, "generation=1\n"));
	client_expect_end(&kept[0]);
	client_close(&kept[0]);
	ck_assert_int_eq(process_wait(first), 0);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(second_term_ends_what_is_still_open)
{
	struct answer answer;

	httpd_start(&httpd, NULL);
	client_connect(&kept[0], &httpd);
	(void)ask(&kept[0]);
	client_connect(&client, &httpd);
	(void)ask(&client);
	client_get(&client, "/slow?ms=600000");
	httpd_signal(&httpd, SIGTERM);
	client_await_drain(&kept[0]);
	struct pollfd told = { .fd = client.fd, .events = POLLIN };

	while (poll(&told, 1, 50) == 0) /* at first it is the same wish */
		httpd_signal(&httpd, SIGTERM);
	client_receive(&client, &answer);
	ck_assert_int_eq(answer.status, 503);
	client_expect_end(&client);
	client_close(&client);
	client_close(&kept[0]);
	httpd_wait(&httpd);
}
END_TEST

START_TEST(pid_file_names_the_newest_generation)
{
	char path[] = "/tmp/httpd-test.XXXXXX";
	char *options[] = { "--pid-file", path, NULL };
	int fd = mkostemp(path, O_CLOEXEC);
	struct who who;
	char text[32], expected[32];

	ck_assert_int_ge(fd, 0);
	fd_close(fd);
	adopt_orphans();
	httpd_start(&httpd, options);
	who = ask_anew();
	ck_assert_int_eq(who.pid, httpd.pid);
	httpd_signal(&httpd, SIGHUP);
	do
		who = ask_anew();
	while (who.generation == 1);
	ck_assert_int_eq(process_wait(httpd.pidfd), 0);
	follow(who.pid);
	FILE *file = fopen(path, "re");

	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), file));
	(void)fclose(file);
	(void)snprintf(expected, sizeof(expected), "%d\n", (int)who.pid);
	ck_assert_str_eq(text, expected);
	httpd_stop(&httpd);
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(listener_that_the_user_named_debug_is_upgraded)
{
	char *options[] = { "-l", "http=127.0.0.1:0", "-l", "debug=127.0.0.1:0", NULL };
	struct who who;

	adopt_orphans();
	httpd_start(&httpd, options);
	ck_assert_uint_eq(ask_anew().generation, 1);
	httpd_signal(&httpd, SIGHUP);
	do
		who = ask_anew();
	while (who.generation == 1);
	wait_end(httpd.pidfd);
	follow(who.pid);
	httpd_stop(&httpd);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		twenty_upgrades_fail_no_request,
		slow_request_outlives_upgrades,
		second_term_ends_what_is_still_open,
		pid_file_names_the_newest_generation,
		listener_that_the_user_named_debug_is_upgraded,
	};

	return SUITE_RUN("httpd_upgrade", cases);
}
