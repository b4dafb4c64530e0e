/* SPDX-License-Identifier: MIT */
/*
 * A chat of lines whose members stay while the server upgrades itself: chat [ADDRESS]
 *
 * The first line of a member is the name, each later one goes to all. A successor listens to
 * nobody before it has all members, so that no line misses any of them.
 */
#include <baton/baton.h>
#include <ev.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1000 };

/* What travels with the connection. */
struct session {
	char name[32];
	char line[LINE_MAX_BYTES]; /* its beginning: the rest has not come */
	size_t length;
};

struct member {
	struct member *next;
	ev_io io;
	bool is_passed; /* on its way to the successor: left alone */
	struct session session;
};

static struct member *members;
static struct baton_acceptor *acceptor;
static bool listens;     /* not while members are on their way from or to another process */
static bool is_draining; /* the last one that leaves ends it */
static int exit_status;

static void end_if_empty(struct baton_upgrade *upgrade)
{
	if (is_draining && !members)
		baton_upgrade_drained(upgrade);
}

static void leave(struct member *member)
{
	struct member **link = &members;

	while (*link != member)
		link = &(*link)->next;
	*link = member->next;
	ev_io_stop(EV_DEFAULT, &member->io);
	close(member->io.fd);
	free(member);
}

static void tell_all(const char *name, const char *text)
{
	char line[LINE_MAX_BYTES + 64];
	int length = snprintf(line, sizeof(line), "%s: %s\n", name, text);

	for (struct member *member = members; member; member = member->next)
		send(member->io.fd, line, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void take_line(struct session *session, const char *text)
{
	if (session->name[0])
		tell_all(session->name, text);
	else
		snprintf(session->name, sizeof(session->name), "%.31s", *text ? text : "nobody");
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct member *member = w->data;
	struct session *session = &member->session;
	char *room = session->line + session->length, *end;
	ssize_t count = recv(w->fd, room, sizeof(session->line) - session->length, MSG_DONTWAIT);

	if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
		leave(member);
		end_if_empty(ev_userdata(loop));
		return;
	}
	session->length += count > 0 ? (size_t)count : 0;
	while ((end = memchr(session->line, '\n', session->length))) {
		size_t taken = (size_t)(end - session->line) + 1;

		*end = '\0';
		take_line(session, session->line);
		memmove(session->line, end + 1, session->length -= taken);
	}
	if (session->length == sizeof(session->line))
		session->length = 0; /* too long to be a line */
}

static struct member *join(int fd, const struct session *session)
{
	struct member *member = calloc(1, sizeof(*member));

	if (!member)
		return NULL;
	if (session)
		member->session = *session;
	ev_io_init(&member->io, on_readable, fd, EV_READ);
	member->io.data = member;
	member->next = members;
	members = member;
	if (listens)
		ev_io_start(EV_DEFAULT, &member->io);
	return member;
}

static int on_accept(struct baton_acceptor *from, const struct baton_accepted *accepted, void *data)
{
	if (join(accepted->fd, NULL))
		return 0;
	close(accepted->fd);
	return -ENOMEM;
}

static int on_connection(struct baton_upgrade *upgrade,
	const struct baton_handoff_connection *connection, void *data)
{
	if (strcmp(connection->type, "chat") != 0 || connection->version != 1)
		return -EPROTONOSUPPORT;
	if (connection->size != sizeof(struct session))
		return -EBADMSG;
	return join(connection->fd, connection->state) ? 0 : -ENOMEM;
}

static void set_listening(bool on)
{
	listens = on;
	for (struct member *member = members; member; member = member->next)
		if (on && !member->is_passed)
			ev_io_start(EV_DEFAULT, &member->io);
		else
			ev_io_stop(EV_DEFAULT, &member->io);
}

static void on_complete(struct baton_upgrade *upgrade, void *data)
{
	set_listening(true);
}

static void on_room(struct baton_upgrade *upgrade, void *data)
{
	set_listening(baton_handoff_room(upgrade) < 0); /* to whom the successor does not take */
	for (struct member *member = members; member; member = member->next) {
		struct baton_handoff_connection connection = { member->io.fd, "chat", 1,
			&member->session, sizeof(member->session) };

		if (member->is_passed)
			continue;
		if (baton_handoff_pass(upgrade, &connection, member) < 0)
			return;
		member->is_passed = true;
	}
}

static void on_passed(struct baton_upgrade *upgrade, void *cookie, int result, void *data)
{
	struct member *member = cookie;

	member->is_passed = false;
	if (result == 0)
		leave(member);
	else
		set_listening(true); /* it stays: there will be two rooms for a while */
	end_if_empty(upgrade);
}

static void on_drain(struct baton_upgrade *upgrade, void *data)
{
	is_draining = true;
	baton_acceptor_stop(acceptor);
	while (members && baton_handoff_room(upgrade) == -ENOTCONN)
		leave(members); /* nobody goes on with them: this is the end */
	end_if_empty(upgrade);
}

static void on_deadline(struct baton_upgrade *upgrade, void *data)
{
	while (members)
		leave(members);
	end_if_empty(upgrade);
}

static void on_end(struct baton_upgrade *upgrade, int status, void *data)
{
	exit_status = status;
	ev_break(EV_DEFAULT, EVBREAK_ALL);
}

static void on_log(int level, const char *text, void *data)
{
	fprintf(stderr, "chat: %s\n", text);
}

int main(int argc, char **argv)
{
	struct baton_address *address;
	struct baton_listener *listener;
	struct baton_upgrade *upgrade;
	struct baton_error error = { "out of memory" };
	struct baton_upgrade_options for_upgrade = { sizeof(for_upgrade), argv,
		.on_drain = on_drain, .on_deadline = on_deadline, .on_end = on_end,
		.on_log = on_log };
	struct baton_handoff_options for_handoff = { sizeof(for_handoff),
		.on_connection = on_connection, .on_complete = on_complete, .on_room = on_room,
		.on_passed = on_passed };
	struct baton_acceptor_options for_accept = { sizeof(for_accept), .on_accept = on_accept };

	if (baton_address_parse(argc > 1 ? argv[1] : ":7008", &address, &error) < 0 ||
		baton_upgrade_create(EV_DEFAULT, &for_upgrade, &upgrade, &error) < 0 ||
		baton_handoff_open(upgrade, &for_handoff, &error) < 0 ||
		baton_upgrade_listener(upgrade, "chat", address, &listener, &error) < 0 ||
		baton_acceptor_create(EV_DEFAULT, &for_accept, &acceptor, &error) < 0 ||
		baton_acceptor_add(acceptor, listener) < 0 ||
		baton_upgrade_ready(upgrade, &error) < 0)
		return fprintf(stderr, "chat: %s\n", error.text), 1;
	ev_set_userdata(EV_DEFAULT, upgrade);
	baton_acceptor_resume(acceptor);
	ev_run(EV_DEFAULT, 0);
	while (members)
		leave(members);
	baton_acceptor_destroy(acceptor);
	baton_upgrade_destroy(upgrade);
	baton_address_destroy(address);
	return exit_status;
}
