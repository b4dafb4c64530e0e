/* SPDX-License-Identifier: MIT */
/* See holder.h. No event loop: there is one thing to wait for at any time. */
#include "holder/holder.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <baton/address.h>
#include <baton/listener.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/container.h"
#include "base/error.h"
#include "holder/holder_message.h"
#include "holder/holder_store.h"

enum {
	LOOK_EVERY_MS = 1000,  /* whether anybody is left, and for a door that is not free yet */
	LINGER_MS = 60 * 1000, /* after the last process has ended */
	CLIENT_MS = 10 * 1000, /* to take everything */
};

struct holder {
	struct holder_store store;
	const char *path; /* of the door */
	struct baton_listener *door;
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

static void carry_out(struct holder *holder, const struct holder_message *message)
{
	struct holder_item *item;

	if (message->type == HOLDER_PUT) {
		(void)holder_store_put(&holder->store, &message->entry); /* no memory: it is lost */
		return;
	}
	item = holder_store_find(&holder->store, message->entry.key);
	if (message->type == HOLDER_DROP && item)
		holder_store_drop(item);
}

/* Does what baton says until it has ended: true if it ended well. */
static bool follow(struct holder *holder)
{
	struct pollfd pollfd = { .fd = HOLDER_LINK_FD, .events = POLLIN };
	struct holder_message message;
	int r;

	for (;;) {
		r = holder_message_receive(HOLDER_LINK_FD, &message);
		if (r == -EAGAIN)
			(void)poll(&pollfd, 1, -1); /* until baton speaks or ends: it will */
		else if (r == 0 || (r < 0 && r != -EPROTO))
			return false;
		else if (r > 0 && message.type == HOLDER_END)
			return true;
		else if (r > 0)
			carry_out(holder, &message);
	}
}

/* Another holder may be about to go from there: it is tried again. */
static void open_door(struct holder *holder)
{
	struct baton_address *address = NULL;
	struct baton_error error;
	char *text = NULL;

	if (holder->door || asprintf(&text, "unix-seqpacket:%s?mode=0600", holder->path) == -1)
		return;
	if (baton_address_parse(text, &address, &error) == 0)
		(void)baton_listener_open("holder", address, &holder->door, &error);
	baton_address_destroy(address);
	free(text);
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

static bool serve(struct holder *holder)
{
	cleanup_fd int client =
		accept4(baton_listener_fd(holder->door, 0), NULL, NULL, SOCK_CLOEXEC);

	return client != -1 && is_allowed(client) && hand_over(holder, client);
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

/* Without baton, until another has taken everything. */
static void wait_for_another(struct holder *holder)
{
	do {
		open_door(holder);
		struct pollfd pollfd = {
			.fd = holder->door ? baton_listener_fd(holder->door, 0) : -1,
			.events = POLLIN,
		};

		if (poll(&pollfd, 1, LOOK_EVERY_MS) == 1 && serve(holder))
			return;
	} while (!is_in_vain(holder));
}

/* What baton's terminal or manager sends to all is not for it as long as there is a baton: that
 * decides. */
static void set_signals(void (*handler)(int))
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 };

	for (size_t i = 0; i < array_length(signals); i++)
		(void)signal(signals[i], handler);
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
	struct holder holder = { .path = argc > 1 ? argv[1] : NULL };

	if (!holder.path || fd_set_nonblock(HOLDER_LINK_FD, true) < 0) {
		(void)fprintf(stderr, "baton: hold is for baton run, which starts it by itself\n");
		return EX_USAGE;
	}
	(void)prctl(PR_SET_NAME, "baton-holder");
	set_signals(SIG_IGN);
	raise_limit();
	holder_store_init(&holder.store);
	if (!follow(&holder)) {
		set_signals(SIG_DFL);
		wait_for_another(&holder);
	}
	baton_listener_close(holder.door);
	holder_store_finish(&holder.store);
	return EX_OK;
}
