/* SPDX-License-Identifier: MIT */
/* The access log of baton-httpd over the wire: child/access_log.c and who calls it. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "support/directory.h"
#include "support/fetch.h"
#include "support/httpd.h"
#include "support/process.h"
#include "support/suite.h"

static struct httpd httpd;
static struct client client;
static struct answer answer;
static char path[64], old[64], text[64 * 1024];

static void setup(void)
{
	directory_make();
	(void)snprintf(path, sizeof(path), "%s/log", directory);
	(void)snprintf(old, sizeof(old), "%s/log.1", directory);
}

static void start(void)
{
	char *options[] = { "--access-log", path, NULL };

	httpd_start_debug(&httpd, options);
}

static void read_log(const char *from)
{
	FILE *file = fopen(from, "re");

	ck_assert_ptr_nonnull(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	(void)fclose(file);
}

/* Waits until it has that; asking the server lets it have its turns. */
static void await_text(const char *from, const char *wanted)
{
	int64_t deadline_ms = clock_ms() + PROCESS_DEADLINE_MS;

	for (;;) {
		if (access(from, F_OK) == 0) {
			read_log(from);
			if (strstr(text, wanted))
				return;
		}
		ck_assert_msg(clock_ms() < deadline_ms, "no %s in %s", wanted, text);
		ck_assert_int_eq(fetch_status(httpd.debug_port, "/healthz"), 200);
	}
}

START_TEST(each_request_to_the_app_has_its_line)
{
	start();
	client_connect(&client, &httpd);
	client_send(&client,
		"GET /slow?ms=1 HTTP/1.1\r\nHost: a\r\nReferer: http://b/\r\n"
		"User-Agent: \"x\"\r\n\r\n");
	client_receive(&client, &answer);
	client_send(&client, "HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	client_receive_head(&client, &answer);
	client_get(&client, "/nowhere");
	ck_assert_int_eq(client_status(&client), 404);
	client_send(&client, "GET\r\n");
	ck_assert_int_eq(client_status(&client), 400);
	client_expect_end(&client);
	client_close(&client);
	await_text(path, "] \"GET /slow?ms=1 HTTP/1.1\" 200 ");
	ck_assert_int_eq(strncmp(text, "127.0.0.1 - - [", 15), 0);
	await_text(path, " \"http://b/\" \"\\x22x\\x22\"\n");
	await_text(path, "] \"HEAD / HTTP/1.0\" 200 0 \"-\" \"-\"\n");
	await_text(path, "] \"GET /nowhere HTTP/1.1\" 404 14 \"-\" \"-\"\n");
	await_text(path, "] \"GET\" 400 16 \"-\" \"-\"\n");
	/* Those to the debug port, of which there were many, have none. */
	ck_assert_ptr_null(strstr(text, "healthz"));
	httpd_stop(&httpd);
}
END_TEST

START_TEST(client_that_left_has_a_line_too)
{
	struct linger linger = { .l_onoff = 1 };

	start();
	client_connect(&client, &httpd);
	client_get(&client, "/slow?ms=600000");
	fetch_await_count(httpd.debug_port, "/debug/tasks", "requests: /slow", 1);
	ck_assert_int_eq(setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	client_close(&client);
	await_text(path, "] \"GET /slow?ms=600000 HTTP/1.1\" 499 0 \"-\" \"-\"\n");
	httpd_stop(&httpd);
}
END_TEST

START_TEST(renamed_log_is_opened_anew_by_a_signal)
{
	start();
	ck_assert_int_eq(fetch_status(httpd.port, "/?1"), 200);
	await_text(path, "GET /?1 ");
	ck_assert_int_eq(rename(path, old), 0);
	ck_assert_int_eq(fetch_status(httpd.port, "/?2"), 200);
	await_text(old, "GET /?2 ");
	httpd_signal(&httpd, SIGUSR1);
	await_text(path, "");
	ck_assert_int_eq(fetch_status(httpd.port, "/?3"), 200);
	await_text(path, "GET /?3 ");
	ck_assert_ptr_null(strstr(text, "GET /?2 "));
	read_log(old);
	ck_assert_ptr_null(strstr(text, "GET /?3 "));
	httpd_stop(&httpd);
}
END_TEST

/* Whoever rotates logs need not know who has one. */
START_TEST(signal_does_nothing_without_a_log)
{
	httpd_start(&httpd, NULL);
	client_connect(&client, &httpd);
	for (int i = 0; i < 2; i++) {
		client_get(&client, "/");
		ck_assert_int_eq(client_status(&client), 200);
		httpd_signal(&httpd, SIGUSR1);
	}
	client_get(&client, "/");
	ck_assert_int_eq(client_status(&client), 200);
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(end_writes_the_last_line)
{
	start();
	ck_assert_int_eq(fetch_status(httpd.port, "/?last"), 200);
	httpd_stop(&httpd);
	read_log(path);
	ck_assert_ptr_nonnull(strstr(text, "GET /?last "));
}
END_TEST

/* The reader of the pipe takes nothing: that is its own loss. */
START_TEST(nobody_waits_for_the_reader_of_the_log)
{
	char request[4200];
	int errors = httpd_read_errors();

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	ck_assert_int_ge(reader, 0);
	char agent[4000] = "";

	memset(agent, 'x', sizeof(agent) - 1);
	(void)snprintf(request, sizeof(request),
		"GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: %s\r\n\r\n", agent);
	start();
	client_connect(&client, &httpd);
	for (int i = 0; i < 400; i++) {
		client_send(&client, request);
		ck_assert_int_eq(client_status(&client), 200);
	}
	client_close(&client);
	httpd_stop(&httpd);
	httpd_take_errors(errors, text, sizeof(text));
	ck_assert_msg(strstr(text, path), "%s", text);
	ck_assert_msg(strstr(text, "too slow"), "%s", text);
	ck_assert_msg(strstr(text, " lines are lost"), "%s", text);
	fd_close(reader);
	fd_close(errors);
}
END_TEST

START_TEST(full_device_is_no_reason_to_end)
{
	char *options[] = { "--access-log", "/dev/full", NULL };
	int errors = httpd_read_errors();

	httpd_start(&httpd, options);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(fetch_status(httpd.port, "/"), 200);
	httpd_stop(&httpd);
	httpd_take_errors(errors, text, sizeof(text));
	const char *told = strstr(text, "\"/dev/full\": No space left on device\n");

	ck_assert_msg(told, "%s", text);
	ck_assert_msg(!strstr(told + 20, "No space left"), "%s", text);
	ck_assert_msg(strstr(told, "\"/dev/full\": 100 lines are lost\n"), "%s", text);
	fd_close(errors);
}
END_TEST

START_TEST(log_that_cannot_be_opened_is_named)
{
	int errors = httpd_read_errors();

	ck_assert_int_eq(mkdir(path, 0700), 0);
	start();
	ck_assert_int_eq(httpd_end(&httpd), EX_CANTCREAT);
	httpd_take_errors(errors, text, sizeof(text));
	ck_assert_msg(strstr(text, "cannot open access log \""), "%s", text);
	ck_assert_msg(strstr(text, path), "%s", text);
	fd_close(errors);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		each_request_to_the_app_has_its_line,
		client_that_left_has_a_line_too,
		renamed_log_is_opened_anew_by_a_signal,
		signal_does_nothing_without_a_log,
		end_writes_the_last_line,
		nobody_waits_for_the_reader_of_the_log,
		full_device_is_no_reason_to_end,
		log_that_cannot_be_opened_is_named,
	};

	return suite_run(&(struct suite){
		.name = "httpd_access_log",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = directory_remove_all,
	});
}
