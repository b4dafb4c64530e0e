/* SPDX-License-Identifier: MIT */
/* Where baton-httpd listens: every family, and many listeners at once. */
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/directory.h"
#include "support/httpd.h"
#include "support/suite.h"

enum { LISTENERS = 64 };

static struct httpd httpd;
static struct client client;
static struct answer answer;

/* Its sockets listen once a request to the one that was passed is answered. */
static void start(char *const *options)
{
	httpd_start(&httpd, options);
	client_connect(&client, &httpd);
	client_get(&client, "/");
	ck_assert_int_eq(client_status(&client), 200);
	client_close(&client);
}

/* A path, or a name in the abstract namespace after '@'. */
static void connect_unix(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t size = strlen(name);

	ck_assert_uint_lt(size, sizeof(address.sun_path));
	memcpy(address.sun_path, name, size);
	if (*name == '@')
		address.sun_path[0] = '\0';
	client_connect_to(&client, (struct sockaddr *)&address,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + size));
}

static void check_answer(void)
{
	client_get(&client, "/");
	client_receive(&client, &answer);
	ck_assert_int_eq(answer.status, 200);
	client_send(&client, "GET / HTTP/1.0\r\n\r\n");
	client_receive(&client, &answer);
	ck_assert(answer.closes);
	client_expect_end(&client);
	client_close(&client);
}

START_TEST(unix_paths_and_abstract_names_are_served)
{
	char path[64], abstract[64], path_option[80], abstract_option[80];
	char *options[] = { "-l", "http=127.0.0.1:0", "-l", path_option, "-l", abstract_option,
		NULL };

	(void)snprintf(path, sizeof(path), "%s/socket", directory);
	(void)snprintf(abstract, sizeof(abstract), "@%s", directory);
	(void)snprintf(path_option, sizeof(path_option), "a=unix:%s", path);
	(void)snprintf(abstract_option, sizeof(abstract_option), "unix:%s", abstract);
	start(options);
	connect_unix(path);
	check_answer();
	connect_unix(abstract);
	check_answer();
	httpd_stop(&httpd);
}
END_TEST

START_TEST(sixty_four_listeners_are_served)
{
	static char texts[LISTENERS][64];
	char *options[2 + 2 * LISTENERS + 1] = { "-l", "http=127.0.0.1:0" };

	for (int i = 0; i < LISTENERS; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "l%d=unix:%s/%d", i, directory, i);
		options[2 + 2 * i] = "-l";
		options[2 + 2 * i + 1] = texts[i];
	}
	start(options);
	for (int i = 0; i < LISTENERS; i++) {
		connect_unix(strchr(texts[i], ':') + 1);
		check_answer();
	}
	httpd_stop(&httpd);
}
END_TEST

static bool has_ipv6(void)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool has = fd != -1 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

	fd_close(fd);
	return has;
}

START_TEST(ipv6_is_served_and_the_chosen_port_told)
{
	char *options[] = { "-l", "http=127.0.0.1:0", "-l", "six=[::1]:0", NULL };
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
	char text[1024];
	const char *told;
	unsigned port;

	if (!has_ipv6())
		return;
	int errors = httpd_read_errors();

	start(options);
	httpd_take_errors(errors, text, sizeof(text));
	told = strstr(text, "listener \"six\" is on [::1]:");
	ck_assert_msg(told, "%s", text);
	ck_assert_int_eq(sscanf(strrchr(told, ']'), "]:%u", &port), 1);
	address.sin6_port = htons((uint16_t)port);
	client_connect_to(&client, (struct sockaddr *)&address, sizeof(address));
	check_answer();
	httpd_stop(&httpd);
	fd_close(errors);
}
END_TEST

START_TEST(chosen_names_win_wherever_they_stand)
{
	char *options[] = { "-l", "127.0.0.1:0", "-l", "http=127.0.0.1:0", "-l", "[::1]:0",
		"--debug", "http2=127.0.0.1:0", NULL };
	char text[1024];

	if (!has_ipv6())
		return;
	int errors = httpd_read_errors();

	start(options);
	httpd_take_errors(errors, text, sizeof(text));
	ck_assert_msg(strstr(text, "listener \"http2\" is on 127.0.0.1:"), "%s", text);
	ck_assert_msg(strstr(text, "listener \"http3\" is on 127.0.0.1:"), "%s", text);
	ck_assert_msg(strstr(text, "listener \"http4\" is on [::1]:"), "%s", text);
	httpd_stop(&httpd);
	fd_close(errors);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		unix_paths_and_abstract_names_are_served,
		sixty_four_listeners_are_served,
		ipv6_is_served_and_the_chosen_port_told,
		chosen_names_win_wherever_they_stand,
	};

	return suite_run(&(struct suite){
		.name = "httpd_listen",
		.cases = cases,
		.count = array_length(cases),
		.setup = directory_make,
		.teardown = directory_remove,
	});
}
