/* SPDX-License-Identifier: MIT */
/* See handoff_sender.h. */
#include "socket/handoff_sender.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "base/message.h"
#include "socket/handoff_packet.h"

enum { ANSWER_MAX = HANDOFF_HEADER_BYTES + HANDOFF_BATCH_MAX };

/* Seconds: the system is short of memory, or too many descriptors of the user's are in flight. */
static const double RETRY_AFTER = 0.01;

_Static_assert(HANDOFF_BATCH_MAX == MESSAGE_FDS_MAX, "a descriptor for each");

struct handoff_batch {
	struct list link;
	uint32_t number;
	size_t count;
	int fds[HANDOFF_BATCH_MAX]; /* borrowed */
	void *cookies[HANDOFF_BATCH_MAX];
	int results[HANDOFF_BATCH_MAX];
};

/* What is to be told and asked waits for the end of the loop's turn. */
static void await_turn(struct handoff_sender *sender)
{
	ev_feed_event(sender->loop, &sender->turn, EV_CUSTOM);
}

static void watch(struct handoff_sender *sender, int events)
{
	ev_io_stop(sender->loop, &sender->watcher);
	ev_io_set(&sender->watcher, sender->fd, events);
	ev_io_start(sender->loop, &sender->watcher);
}

/* The same for all of a batch. */
static void answer(struct handoff_sender *sender, struct handoff_batch *batch, int result)
{
	for (size_t i = 0; i < batch->count; i++)
		batch->results[i] = result;
	list_remove(&batch->link);
	list_append(&sender->answered, &batch->link);
	sender->flow.answered += (uint32_t)batch->count;
	await_turn(sender);
}

static void stop(struct handoff_sender *sender)
{
	ev_io_stop(sender->loop, &sender->watcher);
	ev_timer_stop(sender->loop, &sender->retry);
	fd_close(take_fd(&sender->fd));
}

/* All that was not answered comes back. */
static void lose(struct handoff_sender *sender, int failure)
{
	stop(sender);
	sender->failure = failure;
	sender->is_blocked = false;
	sender->has_room = true;
	list_for_each_safe (link, &sender->sent)
		answer(sender, container_of(link, struct handoff_batch, link), -EPIPE);
	if (sender->open)
		answer(sender, take_ptr(&sender->open), -EPIPE);
	await_turn(sender);
}

/* A connection that was refused may have begun it. */
static bool is_filled(const struct handoff_sender *sender)
{
	return sender->open && sender->open->count;
}

static int send_open(struct handoff_sender *sender)
{
	const struct handoff_batch *batch = sender->open;
	const struct handoff_header header = {
		.version = HANDOFF_VERSION,
		.type = HANDOFF_CONNECTIONS,
		.number = batch->number,
		.count = (uint32_t)batch->count,
	};

	(void)handoff_packet_begin(sender->packet, &header);
	return message_send(
		sender->fd, sender->packet, sender->size, batch->fds, batch->count, NULL);
}

static int take_results(struct handoff_sender *sender, const char *packet, size_t size,
	struct handoff_header header)
{
	struct handoff_batch *batch = list_first(&sender->sent, struct handoff_batch, link);
	const unsigned char *results = handoff_packet_results(packet, size, &header);

	if (list_empty(&sender->sent) || header.number != batch->number || !results)
		return -EPROTO;
	if (header.count && header.count != batch->count)
		return -EPROTO;
	/* Without any result: it did not arrive whole, for want of descriptors. */
	answer(sender, batch, -EMFILE);
	for (size_t i = 0; i < header.count; i++) {
		batch->results[i] = -(int)results[i];
		/* Were all refused, a host that offers them again should not do so for ever. */
		sender->has_room |= results[i] == 0;
	}
	sender->has_room |= sender->was_full;
	return 0;
}

static int handle(struct handoff_sender *sender, const char *packet, size_t size)
{
	struct handoff_header header;
	int r = handoff_packet_parse(packet, size, &header);
	if (r < 0)
		return r;
	if (header.type == HANDOFF_TAKEN)
		return take_results(sender, packet, size, header);
	if (header.type == HANDOFF_ROOM && header.number > sender->flow.granted) {
		sender->flow.granted = header.number;
		sender->has_room = true;
	}
	return 0; /* a newer successor may have more to say */
}

/* To the end, if the link has one. */
static void receive(struct handoff_sender *sender)
{
	char packet[ANSWER_MAX];
	struct message_extras extras;
	int r = 0;

	while (r == 0) {
		ssize_t size = message_receive(sender->fd, packet, sizeof(packet), &extras);
		if (size == -EAGAIN)
			break;
		if (size == -ECONNRESET)
			continue; /* told once; what it had answered before it ended comes after that */
		if (size > 0)
			message_close_fds(&extras); /* none belongs there */
		r = size > 0 ? handle(sender, packet, (size_t)size) : size ? (int)size : -EPIPE;
	}
	if (r < 0)
		lose(sender, r);
	await_turn(sender);
}

/* The open batch was not sent, as the receiver's count has it, too. */
static void take_back(struct handoff_sender *sender, int result)
{
	struct handoff_batch *batch = take_ptr(&sender->open);

	sender->number--;
	answer(sender, batch, result);
	sender->flow.answered -= (uint32_t)batch->count;
	sender->flow.sent -= (uint32_t)batch->count;
	sender->has_room |= sender->was_full;
}

static void flush(struct handoff_sender *sender)
{
	if (!is_filled(sender) || sender->is_blocked)
		return;
	int r = send_open(sender);

	switch (-r) {
	case 0:
		list_append(&sender->sent, &take_ptr(&sender->open)->link);
		break;
	case EAGAIN:
		sender->is_blocked = true;
		watch(sender, EV_READ | EV_WRITE);
		break;
	case ETOOMANYREFS:
	case ENOBUFS:
	case ENOMEM:
		sender->is_blocked = true;
		ev_timer_set(&sender->retry, RETRY_AFTER, 0);
		ev_timer_start(sender->loop, &sender->retry);
		break;
	case EPIPE:
	case ECONNRESET:
		receive(sender);
		break;
	default: /* no packet as large may be sent here, or the host has passed what it has not */
		take_back(sender, r);
		break;
	}
}

static void unblock(struct handoff_sender *sender)
{
	sender->is_blocked = false;
	sender->has_room = true;
	flush(sender);
	await_turn(sender);
}

static void on_retry(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	unblock(container_of(w, struct handoff_sender, retry));
}

static void on_link(struct ev_loop *loop, ev_io *w, int revents)
{
	struct handoff_sender *sender = container_of(w, struct handoff_sender, watcher);

	(void)loop;
	if (revents & EV_READ)
		receive(sender);
	if (revents & EV_WRITE && sender->fd >= 0) {
		watch(sender, EV_READ);
		unblock(sender);
	}
}

/* Each may pass others, or have the link lost. */
static void tell(struct handoff_sender *sender)
{
	while (!list_empty(&sender->answered)) {
		struct handoff_batch *batch =
			list_first(&sender->answered, struct handoff_batch, link);

		list_remove(&batch->link);
		for (size_t i = 0; i < batch->count; i++) {
			if (batch->results[i])
				sender->kept++;
			else
				sender->passed++;
			sender->events->on_passed(sender, batch->cookies[i], batch->results[i]);
		}
		free(batch);
	}
}

static void on_turn(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct handoff_sender *sender = container_of(w, struct handoff_sender, turn);

	(void)loop;
	(void)revents;
	tell(sender);
	if (sender->has_room && handoff_sender_room(sender) != 0) {
		sender->has_room = false;
		sender->was_full = false;
		sender->events->on_room(sender);
	}
	flush(sender);
	if (!handoff_sender_is_busy(sender))
		sender->events->on_quiet(sender);
}

void handoff_sender_init(struct handoff_sender *sender, const struct handoff_sender_events *events)
{
	*sender = (struct handoff_sender){ .events = events, .fd = -1, .epoll.fd = -1 };
	list_init(&sender->sent);
	list_init(&sender->answered);
	ev_init(&sender->watcher, on_link);
	ev_init(&sender->retry, on_retry);
	ev_init(&sender->turn, on_turn);
	/* After all else: what many clients cause in one turn goes in one packet. */
	ev_set_priority(&sender->turn, EV_MINPRI);
}

int handoff_sender_start(struct handoff_sender *sender, struct ev_loop *loop, int take_link)
{
	struct rlimit limit;

	sender->loop = loop;
	sender->packet = malloc(HANDOFF_PACKET_MAX);
	if (!sender->packet) {
		fd_close(take_link);
		return -ENOMEM;
	}
	sender->fd = take_link;
	/* Where less is allowed, large packets may be refused: see flush. */
	(void)setsockopt(
		take_link, SOL_SOCKET, SO_SNDBUF, &(int){ 2 * HANDOFF_PACKET_MAX }, sizeof(int));
	(void)getrlimit(RLIMIT_NOFILE, &limit); /* a valid address: cannot fail */
	handoff_flow_init(&sender->flow, limit.rlim_cur);
	sender->has_room = true;
	watch(sender, EV_READ);
	receive(sender); /* what it can take */
	return 0;
}

int handoff_sender_room(const struct handoff_sender *sender)
{
	if (sender->fd < 0)
		return -ENOTCONN;
	return sender->is_blocked ? 0 : handoff_flow_room(&sender->flow);
}

static int begin(struct handoff_sender *sender)
{
	struct handoff_batch *batch = calloc(1, sizeof(*batch));

	if (!batch)
		return -ENOMEM;
	list_init(&batch->link);
	batch->number = ++sender->number;
	sender->open = batch;
	sender->size = HANDOFF_HEADER_BYTES;
	return 0;
}

int handoff_sender_pass(struct handoff_sender *sender,
	const struct baton_handoff_connection *connection, void *cookie)
{
	int room = handoff_sender_room(sender);
	if (room <= 0)
		return room == -ENOTCONN ? room : -EAGAIN;
	int r = sender->open ? 0 : begin(sender);
	if (r == 0)
		r = handoff_packet_append(sender->packet, &sender->size, connection);
	if (r == -ENOSPC) {
		flush(sender);
		if (sender->open || sender->fd < 0)
			return -EAGAIN;
		return handoff_sender_pass(sender, connection, cookie);
	}
	if (r < 0)
		return r;
	struct handoff_batch *batch = sender->open;

	batch->fds[batch->count] = connection->fd;
	batch->cookies[batch->count++] = cookie;
	sender->flow.sent++;
	sender->was_full |= room == 1;
	handoff_epoll_forget(&sender->epoll, connection->fd);
	if (batch->count == HANDOFF_BATCH_MAX)
		flush(sender);
	await_turn(sender);
	return 0;
}

void handoff_sender_offer(struct handoff_sender *sender)
{
	if (sender->fd < 0)
		return;
	sender->has_room = true;
	await_turn(sender);
}

void handoff_sender_poll(struct handoff_sender *sender)
{
	if (sender->fd >= 0)
		receive(sender);
}

bool handoff_sender_is_busy(const struct handoff_sender *sender)
{
	return is_filled(sender) || !list_empty(&sender->sent) || !list_empty(&sender->answered);
}

static void free_batches(struct list *batches)
{
	list_for_each_safe (link, batches) {
		list_remove(link);
		free(container_of(link, struct handoff_batch, link));
	}
}

void handoff_sender_finish(struct handoff_sender *sender)
{
	if (!sender->loop)
		return;
	stop(sender);
	ev_clear_pending(sender->loop, &sender->turn);
	free_batches(&sender->sent);
	free_batches(&sender->answered);
	free(take_ptr(&sender->open));
	free(take_ptr(&sender->packet));
}
