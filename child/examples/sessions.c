/* SPDX-License-Identifier: MIT */
/*
 * A UDP server that counts what each client sends, and upgrades itself while the old process goes
 * on with the clients that it has: sessions [--by-id] [ADDRESS]
 *
 * A datagram is a letter and text; the answer is "LETTER COUNT GENERATION TEXT". The letter of a
 * new client is '?', and then that of the last answer. The text "bye" ends a session.
 *
 * Each client has a socket of its own, which is connected to it. With --by-id none has: the
 * letter says which process it belongs to, as a byte of a connection id of QUIC would.
 */
#define _GNU_SOURCE /* tdestroy */
#include <baton/baton.h>
#include <errno.h>
#include <ev.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DATAGRAM_MAX = 1400, BATCH = 64, IDLE_SECONDS = 30 };

struct session {
	struct sockaddr_storage client; /* first: by this it is found */
	socklen_t length;
	unsigned count;
	ev_io io;      /* on its own socket, or on none */
	ev_timer idle; /* nobody says that a client is gone */
};

static struct baton_steer *steer;
static struct baton_upgrade *upgrade;
static void *sessions; /* of tsearch(3) */
static size_t session_count;
static bool is_by_id;
static bool is_draining;
static int exit_status;

/* '@', 'A', 'B', ...: two bits that say it is one, and six for the id. */
static const struct baton_steer_route route = { 0, 0xc0, 0x40, 0, 0x3f };

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct sockaddr_storage));
}

/* What has come is answered here, even if it came after the successor got its first. */
static void end_if_done(void)
{
	if (is_draining && session_count == 0 && baton_steer_is_empty(steer) == 1)
		baton_upgrade_drained(upgrade);
}

static void release(void *data)
{
	struct session *session = data;

	ev_io_stop(EV_DEFAULT, &session->io);
	ev_timer_stop(EV_DEFAULT, &session->idle);
	if (!is_by_id)
		close(session->io.fd);
	free(session);
	session_count--;
}

static void leave(struct session *session)
{
	tdelete(session, &sessions, compare);
	release(session);
}

static void on_idle(struct ev_loop *loop, ev_timer *w, int revents)
{
	leave(w->data);
	end_if_done();
}

static void on_datagram(struct ev_loop *loop, ev_io *w, int revents);

/* A new client, whose datagram came on that socket. */
static struct session *join(int fd, const struct sockaddr_storage *client, socklen_t length)
{
	struct session *session = calloc(1, sizeof(*session));
	struct baton_error error = { "out of memory" };

	if (!session ||
		(!is_by_id &&
			baton_steer_connect(steer, fd, (const struct sockaddr *)client, length, &fd,
				&error) < 0)) {
		fprintf(stderr, "sessions: %s\n", error.text); /* the client asks again */
		free(session);
		return NULL;
	}
	if (is_by_id)
		fd = baton_steer_fd(steer, fd); /* not one that another process left */
	session_count++;
	session->client = *client;
	session->length = length;
	ev_io_init(&session->io, on_datagram, fd, EV_READ);
	ev_timer_init(&session->idle, on_idle, 0, IDLE_SECONDS);
	session->io.data = session->idle.data = session;
	if (!is_by_id)
		ev_io_start(EV_DEFAULT, &session->io);
	if (tsearch(session, &sessions, compare))
		return session;
	release(session);
	return NULL;
}

static void answer(int fd, struct session *session, const char *text)
{
	char line[DATAGRAM_MAX + 64];
	int length = snprintf(line, sizeof(line), "%c %u %u %s", '@' + baton_steer_id(steer),
		++session->count, baton_upgrade_generation(upgrade), text);

	/* A full buffer loses it, as any router may: the client asks again. */
	sendto(fd, line, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL,
		(struct sockaddr *)&session->client, session->length);
}

/* The last answer comes once its socket is closed: the port may be another client's then, and what
 * that sends would be lost with the socket. */
static void say_goodbye(int fd, struct session *session)
{
	struct session last = *session;
	int own = baton_steer_fd(steer, fd);

	if (own < 0) /* new clients are refused by now */
		answer(session->io.fd, session, "bye");
	leave(session);
	if (own >= 0)
		answer(own, &last, "bye");
}

/* Whom a datagram is from it says itself: on the socket of a client there may be another's. False
 * if there is none left. */
static bool receive(int fd)
{
	struct sockaddr_storage client = { 0 };
	socklen_t length = sizeof(client);
	char text[DATAGRAM_MAX + 1];
	ssize_t size =
		recvfrom(fd, text, DATAGRAM_MAX, MSG_DONTWAIT, (struct sockaddr *)&client, &length);

	if (size <= 0)
		return size == 0;
	text[size] = '\0';
	struct session **found = tfind(&client, &sessions, compare);
	struct session *session = found ? *found : join(fd, &client, length);

	if (!session)
		return true;
	ev_timer_again(EV_DEFAULT, &session->idle);
	if (strcmp(text + 1, "bye") == 0)
		say_goodbye(fd, session);
	else
		answer(session->io.fd, session, text + 1);
	return true;
}

static void on_datagram(struct ev_loop *loop, ev_io *w, int revents)
{
	/* One at a time, as it may end the session. */
	if (!receive(w->fd) && errno == ECONNREFUSED)
		leave(w->data); /* the client's port is closed: icmp(7) */
	end_if_done();
}

static void on_readable(struct baton_steer *from, int fd, void *data)
{
	for (int i = 0; i < BATCH && receive(fd); i++)
		;
	end_if_done();
}

static void on_drain(struct baton_upgrade *from, void *data)
{
	is_draining = true;
	end_if_done();
}

static void on_deadline(struct baton_upgrade *from, void *data)
{
	tdestroy(sessions, release);
	sessions = NULL;
	baton_upgrade_drained(upgrade);
}

static void on_end(struct baton_upgrade *from, int status, void *data)
{
	exit_status = status;
	ev_break(EV_DEFAULT, EVBREAK_ALL);
}

static void on_log(int level, const char *text, void *data)
{
	fprintf(stderr, "sessions: %s\n", text);
}

int main(int argc, char **argv)
{
	static struct baton_address *address;
	struct baton_error error;
	struct baton_upgrade_options for_upgrade = { sizeof(for_upgrade), argv,
		.on_drain = on_drain, .on_deadline = on_deadline, .on_end = on_end,
		.on_log = on_log };
	struct baton_steer_options for_steer = { sizeof(for_steer), .on_readable = on_readable };

	is_by_id = argc > 1 && strcmp(argv[1], "--by-id") == 0;
	if (is_by_id) {
		for_steer.routes = &route;
		for_steer.route_count = 1;
	}
	if (baton_address_parse(argc > 1 + is_by_id ? argv[1 + is_by_id] : "udp://:7009", &address,
		    &error) < 0 ||
		baton_upgrade_create(EV_DEFAULT, &for_upgrade, &upgrade, &error) < 0 ||
		baton_steer_open(upgrade, "sessions", address, &for_steer, &steer, &error) < 0 ||
		baton_upgrade_ready(upgrade, &error) < 0)
		return fprintf(stderr, "sessions: %s\n", error.text), 1;
	fprintf(stderr, "sessions: generation %u is on %s\n", baton_upgrade_generation(upgrade),
		baton_listener_bound(baton_steer_listener(steer), 0));
	ev_run(EV_DEFAULT, 0);
	tdestroy(sessions, release);
	baton_upgrade_destroy(upgrade);
	baton_address_destroy(address);
	return exit_status;
}
