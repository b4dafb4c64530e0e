/* SPDX-License-Identifier: MIT */
/* See holder.h. No event loop: there are two things to wait for, or one. */
#include "holder/holder.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/container.h"
#include "base/unix_connect.h"
#include "holder/holder_message.h"
#include "holder/holder_store.h"

enum {
	BACKLOG = 8,
	DOOR_EVERY_MS = 20,    /* whether the path is free by now */
	LOOK_EVERY_MS = 1000,  /* whether anybody is left */
	LINGER_MS = 60 * 1000, /* after the last process has ended */
	CLIENT_MS = 10 * 1000, /* to take everything */
};

struct holder {
	struct holder_store store;
	const char *path;       /* of the door */
	int door;               /* -1: another holder has the path still */
	int64_t alone_since_ms; /* 0: somebody is there for whom it holds something */
};

static bool wait_for(int fd, short events, int64_t deadline_ms)
{
	struct pollfd pollfd = { .fd = fd, .events = events };
	int64_t left;

	while ((left = deadline_ms - clock_ms()) > 0) {
		int r = poll(&pollfd, 1, (int)left);
		if (r > 0)
			return true;
		if (r == -1 && errno != EINTR)
			return false;
	}
	return false;
}

static void carry_out(struct holder *holder, struct holder_message *message)
{
	struct holder_item *item;

	if (message->type == HOLDER_PUT) {
		(void)holder_store_put(&holder->store, &message->entry); /* no memory: it is lost */
		return;
	}
	holder_entry_close(&message->entry);
	item = holder_store_find(&holder->store, message->entry.key);
	if (message->type == HOLDER_DROP && item)
		holder_store_drop(item);
}

enum link_state { LINK_UP, LINK_BROKEN, LINK_ENDED };

/* Does what baton has said so far. */
static enum link_state follow(struct holder *holder)
{
	struct holder_message message;
	int r;

	while ((r = holder_message_receive(HOLDER_LINK_FD, &message)) > 0) {
		if (message.type == HOLDER_END)
			return LINK_ENDED;
		carry_out(holder, &message);
	}
	return r == 0 || r == -ECONNRESET ? LINK_BROKEN : LINK_UP;
}

/* Whether whoever had the path is gone, and has left it. */
static bool is_stale(const char *path)
{
	cleanup_fd int fd = unix_connect(path, SOCK_SEQPACKET);

	return fd == -ECONNREFUSED;
}

static bool bind_door(int fd, const struct sockaddr_un *address)
{
	const struct sockaddr *any = (const struct sockaddr *)address;

	if (bind(fd, any, sizeof(*address)) == 0)
		return true;
	return errno == EADDRINUSE && is_stale(address->sun_path) &&
		unlink(address->sun_path) == 0 && bind(fd, any, sizeof(*address)) == 0;
}

/* Another holder may be about to go from there: it is tried again. */
static void open_door(struct holder *holder)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	cleanup_fd int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (holder->door != -1 || fd == -1 || strlen(holder->path) >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, holder->path, strlen(holder->path));
	if (bind_door(fd, &address) && listen(fd, BACKLOG) == 0)
		holder->door = take_fd(&fd);
}

/* Nobody else may have what it holds. */
static bool is_allowed(int client)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
		(peer.uid == geteuid() || peer.uid == 0);
}

static int send_in_time(int client, enum holder_message_type type, const struct holder_entry *entry,
	int64_t deadline_ms)
{
	int r;

	while ((r = holder_message_send(client, type, entry)) == -EAGAIN)
		if (!wait_for(client, POLLOUT, deadline_ms))
			return -ETIMEDOUT;
	return r;
}

/* Whether the client has all of it now, and says so. */
static bool hand_over(struct holder *holder, int client)
{
	int64_t deadline_ms = clock_ms() + CLIENT_MS;
	struct holder_message message;
	int r = 0;

	list_for_each (link, &holder->store.items) {
		const struct holder_item *item = container_of(link, struct holder_item, link);

		if (r == 0)
			r = send_in_time(client, HOLDER_PUT, &item->entry, deadline_ms);
	}
	if (r == 0)
		r = send_in_time(client, HOLDER_END, NULL, deadline_ms);
	if (r < 0 || !wait_for(client, POLLIN, deadline_ms) ||
		holder_message_receive(client, &message) <= 0)
		return false;
	holder_entry_close(&message.entry);
	return message.type == HOLDER_TAKEN;
}

/* Whoever comes while there is a baton is sent away: nothing is left to be taken back. Whether
 * everything has been. */
static bool answer_door(struct holder *holder, bool has_baton)
{
	cleanup_fd int client = accept4(holder->door, NULL, NULL, SOCK_CLOEXEC);

	if (client == -1 && errno != EAGAIN)
		(void)poll(NULL, 0, LOOK_EVERY_MS); /* too many descriptors, for now */
	return client != -1 && !has_baton && is_allowed(client) && hand_over(holder, client);
}

/* Forgets what is for processes that have all ended. Whether any are left. */
static bool look(struct holder *holder)
{
	bool is_anybody_left = false;

	list_for_each_safe (link, &holder->store.items) {
		struct holder_item *item = container_of(link, struct holder_item, link);
		struct pollfd pollfd = { .fd = item->entry.fds[0] };

		if (!item->entry.is_live)
			continue;
		if (poll(&pollfd, 1, 0) == 1 && pollfd.revents & (POLLHUP | POLLERR | POLLNVAL))
			holder_store_drop(item);
		else
			is_anybody_left = true;
	}
	return is_anybody_left;
}

/* Whether it is no use to go on: nobody is there, and no baton comes. */
static bool is_in_vain(struct holder *holder)
{
	if (look(holder)) {
		holder->alone_since_ms = 0;
		return false;
	}
	if (!holder->alone_since_ms)
		holder->alone_since_ms = clock_ms();
	return clock_ms_since(holder->alone_since_ms) > LINGER_MS;
}

/* What baton's terminal or manager sends to all is not for it as long as there is a baton: that
 * decides. */
static void set_signals(void (*handler)(int))
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 };

	for (size_t i = 0; i < array_length(signals); i++)
		(void)signal(signals[i], handler);
}

/* Baton is gone. */
static void leave_baton(void)
{
	fd_close(HOLDER_LINK_FD);
	set_signals(SIG_DFL);
}

/* Until baton has ended well, or another has taken everything, or it is no use. What baton has said
 * is done before anybody is let in. */
static void run(struct holder *holder)
{
	enum link_state link = LINK_UP;

	do {
		open_door(holder);
		struct pollfd fds[] = {
			{ .fd = link == LINK_UP ? HOLDER_LINK_FD : -1, .events = POLLIN },
			{ .fd = holder->door, .events = POLLIN },
		};
		int wait_ms = holder->door == -1 ? DOOR_EVERY_MS : LOOK_EVERY_MS;
		bool has_clients =
			poll(fds, array_length(fds), wait_ms) > 0 && fds[1].revents & POLLIN;

		if (link == LINK_UP && (link = follow(holder)) == LINK_BROKEN)
			leave_baton();
		if (has_clients && answer_door(holder, link == LINK_UP))
			return;
	} while (link == LINK_UP || (link == LINK_BROKEN && !is_in_vain(holder)));
}

/* What there is no room for would be lost. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int holder_main(int argc, char **argv)
{
	struct holder holder = { .path = argc > 1 ? argv[1] : NULL, .door = -1 };

	if (!holder.path || fd_set_nonblock(HOLDER_LINK_FD, true) < 0) {
		(void)fprintf(stderr, "baton: hold is for baton run, which starts it by itself\n");
		return EX_USAGE;
	}
	(void)prctl(PR_SET_NAME, "baton-holder");
	(void)umask(S_IRWXG | S_IRWXO); /* the door is for its user */
	if (chdir("/") == -1)           /* whose directory it is that would be busy */
		return EX_OSERR;
	set_signals(SIG_IGN);
	raise_limit();
	holder_store_init(&holder.store);
	run(&holder);
	if (holder.door != -1)
		(void)unlink(holder.path);
	fd_close(holder.door);
	holder_store_finish(&holder.store);
	return EX_OK;
}
