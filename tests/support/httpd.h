/* SPDX-License-Identifier: MIT */
/*
 * A baton-httpd of a test, and clients of it. Whatever fails or takes longer
 * than PROCESS_DEADLINE_MS fails the case.
 */
#ifndef TESTS_SUPPORT_HTTPD_H
#define TESTS_SUPPORT_HTTPD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#define HTTPD_PROGRAM TEST_PROGRAM_DIR "/../child/baton-httpd"

struct httpd {
	int listener; /* a TCP socket, which the server was passed too */
	int port;     /* of that */
	int debug;    /* another one, passed as "debug"; -1: none */
	int debug_port;
	int pidfd;
	pid_t pid;
};

/* Starts the server on a TCP socket of the loopback; options end with NULL, and NULL is none. */
void httpd_start(struct httpd *httpd, char *const *options);

/* As httpd_start, with a second socket, which is passed as "debug". */
void httpd_start_debug(struct httpd *httpd, char *const *options);

/*
 * Puts a pipe in the place of this case's standard error, which servers share that are started
 * then. Returns its other end.
 */
int httpd_read_errors(void);

/* What has come out of it by now, as a string: all of it, once the server has ended. */
void httpd_take_errors(int errors, char *text, size_t size);

/* Waits until the server says there which port of the loopback the listener of that name is on,
 * and returns it. */
int httpd_await_port(int errors, const char *name);

void httpd_signal(const struct httpd *httpd, int signal);

/* Waits for its end. Returns its exit status, or 128 + the signal. */
int httpd_end(struct httpd *httpd);

/* Waits for its end, which must be a clean one. */
void httpd_wait(struct httpd *httpd);

/* SIGTERM, and httpd_wait. */
void httpd_stop(struct httpd *httpd);

/* How many descriptors the server has open. */
int httpd_fd_count(const struct httpd *httpd);

/* The processor time it has used so far, in milliseconds. */
long httpd_cpu_ms(const struct httpd *httpd);

enum { CLIENT_BUFFER = 64 * 1024 };

struct client {
	int fd;
	size_t size; /* of what was received and not taken yet */
	char data[CLIENT_BUFFER];
};

struct answer {
	int status;
	bool closes; /* Connection: close */
	char head[512];
	char body[1024]; /* its beginning, NUL-terminated */
	size_t length;   /* of the body */
};

void client_connect(struct client *client, const struct httpd *httpd);

/* As client_connect, to that port of the loopback. */
void client_connect_port(struct client *client, int port);

/* As client_connect, to any address. */
void client_connect_to(struct client *client, const struct sockaddr *address, socklen_t size);

void client_close(struct client *client);

void client_send(struct client *client, const char *text);

/* Sends a GET request for path on a connection that is to be kept. */
void client_get(struct client *client, const char *path);

/* Receives one answer and takes it out of the buffer. */
void client_receive(struct client *client, struct answer *answer);

/* As client_receive, of an answer to HEAD or an interim one, which have no body. */
void client_receive_head(struct client *client, struct answer *answer);

/* Receives the status of one answer, without an interest in the rest. */
int client_status(struct client *client);

/* The server must end the connection now: with FIN, not with RST, and without another byte. */
void client_expect_end(struct client *client);

/* Asks for "/" again and again until the answer says that it is the last, so that the server is
 * known to drain. */
void client_await_drain(struct client *client);

#endif
