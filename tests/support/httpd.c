/* SPDX-License-Identifier: MIT */
/* See httpd.h. */
#include "support/httpd.h"

#include <baton/spawn.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <check.h>

#include "base/env.h"
#include "base/fd.h"
#include "support/process.h"

enum { OPTIONS_MAX = 160 };

static int open_listener(int *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 512), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

/* Passes the sockets that it has. */
static void start(struct httpd *httpd, char *const *options)
{
	bool has_debug = httpd->debug != -1;
	char *argv[OPTIONS_MAX + 2] = { (char *)HTTPD_PROGRAM };
	struct baton_spawn_fd fds[] = { { httpd->listener, 3 }, { httpd->debug, 4 } };
	struct env env = ENV_INIT;
	struct baton_error error;

	for (int i = 0; options && options[i]; i++) {
		ck_assert_int_lt(i, OPTIONS_MAX);
		argv[i + 1] = options[i];
	}
	ck_assert_int_eq(env_copy(&env, environ), 0);
	ck_assert_int_eq(env_set(&env, "LISTEN_FDS", has_debug ? "2" : "1"), 0);
	ck_assert_int_eq(env_set(&env, "LISTEN_FDNAMES", has_debug ? "http:debug" : "http"), 0);
	ck_assert_int_eq(env_setf(&env, "LISTEN_PID", "%*s", BATON_SPAWN_PID_SIZE, ""), 0);

	int r = baton_spawn(
		&(struct baton_spawn_options){
			.size = sizeof(struct baton_spawn_options),
			.argv = argv,
			.envp = env.entries,
			.fds = fds,
			.fd_count = has_debug ? 2 : 1,
			.pid_text = env_get(&env, "LISTEN_PID"),
		},
		&httpd->pid, &httpd->pidfd, &error);
	ck_assert_msg(r == 0, "%s", r < 0 ? error.text : "");
	env_finish(&env);
}

void httpd_start(struct httpd *httpd, char *const *options)
{
	*httpd = (struct httpd){ .debug = -1 };
	httpd->listener = open_listener(&httpd->port);
	start(httpd, options);
}

void httpd_start_debug(struct httpd *httpd, char *const *options)
{
	*httpd = (struct httpd){ 0 };
	httpd->listener = open_listener(&httpd->port);
	httpd->debug = open_listener(&httpd->debug_port);
	start(httpd, options);
}

int httpd_read_errors(void)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	fd_close(ends[1]);
	return ends[0];
}

int httpd_await_port(int errors, const char *name)
{
	char text[1024], wanted[128];
	size_t size = 0;
	int port;

	(void)snprintf(wanted, sizeof(wanted), "listener \"%s\" is on 127.0.0.1:", name);
	for (;;) {
		process_wait_fd(errors, POLLIN);
		ssize_t count = read(errors, text + size, sizeof(text) - 1 - size);
		ck_assert_int_gt(count, 0);
		size += (size_t)count;
		text[size] = '\0';
		const char *told = strstr(text, wanted);

		if (told && strchr(told, '\n')) {
			ck_assert_int_eq(sscanf(told + strlen(wanted), "%d", &port), 1);
			return port;
		}
	}
}

void httpd_take_errors(int errors, char *text, size_t size)
{
	struct pollfd wait = { .fd = errors, .events = POLLIN };
	ssize_t count = poll(&wait, 1, 0) == 1 ? read(errors, text, size - 1) : 0;

	ck_assert_int_ge(count, 0);
	text[count] = '\0';
}

void httpd_signal(const struct httpd *httpd, int signal)
{
	ck_assert_int_eq(syscall(SYS_pidfd_send_signal, httpd->pidfd, signal, NULL, 0), 0);
}

int httpd_end(struct httpd *httpd)
{
	int status = process_wait(httpd->pidfd);

	fd_close(httpd->listener);
	fd_close(httpd->debug);
	return status;
}

void httpd_wait(struct httpd *httpd)
{
	ck_assert_int_eq(httpd_end(httpd), 0);
}

void httpd_stop(struct httpd *httpd)
{
	httpd_signal(httpd, SIGTERM);
	httpd_wait(httpd);
}

int httpd_fd_count(const struct httpd *httpd)
{
	char path[64];
	int count = 0;

	(void)snprintf(path, sizeof(path), "/proc/%ld/fd", (long)httpd->pid);
	DIR *directory = opendir(path);
	ck_assert_ptr_nonnull(directory);
	for (struct dirent *entry; (entry = readdir(directory));)
		count += entry->d_name[0] != '.';
	(void)closedir(directory);
	return count;
}

long httpd_cpu_ms(const struct httpd *httpd)
{
	char path[64];
	unsigned long user, system;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", (long)httpd->pid);
	FILE *file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file,
				 "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
				 "%lu %lu",
				 &user, &system),
		2);
	(void)fclose(file);
	return (long)((user + system) * 1000 / (unsigned long)sysconf(_SC_CLK_TCK));
}

void client_connect_to(struct client *client, const struct sockaddr *address, socklen_t size)
{
	client->size = 0;
	client->fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(client->fd, 0);
	int r = connect(client->fd, address, size);
	ck_assert_msg(r == 0, "cannot connect: %s", strerror(errno));
}

void client_connect_port(struct client *client, int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	client_connect_to(client, (struct sockaddr *)&address, sizeof(address));
}

void client_connect(struct client *client, const struct httpd *httpd)
{
	client_connect_port(client, httpd->port);
}

void client_close(struct client *client)
{
	fd_close(client->fd);
}

void client_send(struct client *client, const char *text)
{
	size_t size = strlen(text);

	while (size) {
		process_wait_fd(client->fd, POLLOUT);
		ssize_t sent = send(client->fd, text, size, MSG_NOSIGNAL | MSG_DONTWAIT);
		ck_assert_msg(sent > 0, "cannot send: %s", strerror(errno));
		text += sent;
		size -= (size_t)sent;
	}
}

void client_get(struct client *client, const char *path)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
	client_send(client, text);
}

/* Waits for more bytes. */
static void receive(struct client *client)
{
	ck_assert_uint_lt(client->size, sizeof(client->data));
	process_wait_fd(client->fd, POLLIN);
	ssize_t count = recv(client->fd, client->data + client->size,
		sizeof(client->data) - client->size, MSG_DONTWAIT);
	ck_assert_msg(count > 0, "%s instead of an answer", count ? strerror(errno) : "the end");
	client->size += (size_t)count;
}

static void take(struct client *client, size_t size)
{
	client->size -= size;
	memmove(client->data, client->data + size, client->size);
}

void client_receive_head(struct client *client, struct answer *answer)
{
	const char *end;

	while (!(end = memmem(client->data, client->size, "\r\n\r\n", 4)))
		receive(client);
	size_t size = (size_t)(end - client->data) + 4;

	*answer = (struct answer){ 0 };
	ck_assert_uint_lt(size, sizeof(answer->head));
	memcpy(answer->head, client->data, size);
	take(client, size);
	ck_assert_int_eq(sscanf(answer->head, "HTTP/1.1 %d ", &answer->status), 1);
	const char *length = strcasestr(answer->head, "\r\nContent-Length: ");

	answer->length = length ? strtoul(length + 18, NULL, 10) : 0;
	answer->closes = strcasestr(answer->head, "\r\nConnection: close\r\n");
}

void client_receive(struct client *client, struct answer *answer)
{
	client_receive_head(client, answer);
	size_t left = answer->length;
	size_t kept = 0;

	while (left) {
		if (client->size == 0)
			receive(client);
		size_t piece = left < client->size ? left : client->size;
		size_t room = sizeof(answer->body) - 1 - kept;
		size_t keep = piece < room ? piece : room;

		memcpy(answer->body + kept, client->data, keep);
		kept += keep;
		take(client, piece);
		left -= piece;
	}
}

int client_status(struct client *client)
{
	struct answer answer;

	client_receive(client, &answer);
	return answer.status;
}

void client_expect_end(struct client *client)
{
	char byte;

	ck_assert_msg(client->size == 0, "more came: %.*s", (int)client->size, client->data);
	process_wait_fd(client->fd, POLLIN);
	ssize_t count = recv(client->fd, &byte, 1, MSG_DONTWAIT);
	ck_assert_msg(count == 0, "%s instead of the end", count ? strerror(errno) : "");
}

void client_await_drain(struct client *client)
{
	struct answer answer;

	do {
		client_get(client, "/");
		client_receive(client, &answer);
		ck_assert_int_eq(answer.status, 200);
	} while (!answer.closes);
	client_expect_end(client);
}
