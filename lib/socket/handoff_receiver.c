/* SPDX-License-Identifier: MIT */
/* See handoff_receiver.h. */
#include "socket/handoff_receiver.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "base/message.h"
#include "socket/handoff_flow.h"
#include "socket/handoff_packet.h"

/* Seconds until descriptors are counted again. */
static const double SHORTAGE = 0.1;

static void watch(struct handoff_receiver *receiver, int events)
{
	if (ev_is_active(&receiver->watcher) &&
		(receiver->watcher.events & (EV_READ | EV_WRITE)) == events)
		return;
	ev_io_stop(receiver->loop, &receiver->watcher);
	ev_io_set(&receiver->watcher, receiver->fd, events);
	ev_io_start(receiver->loop, &receiver->watcher);
}

static void stop(struct handoff_receiver *receiver)
{
	ev_io_stop(receiver->loop, &receiver->watcher);
	ev_timer_stop(receiver->loop, &receiver->shortage);
	fd_close(take_fd(&receiver->fd));
	free(take_ptr(&receiver->packet));
}

/* May have the receiver destroyed. */
static void end(struct handoff_receiver *receiver, int result)
{
	stop(receiver);
	receiver->events->on_end(receiver, result);
}

static int send_room(struct handoff_receiver *receiver)
{
	const struct handoff_header header = {
		.version = HANDOFF_VERSION,
		.type = HANDOFF_ROOM,
		.number = receiver->granted,
	};

	return message_send(receiver->fd, &header, sizeof(header), NULL, 0, NULL);
}

/* Says how many more it takes, if half of what it said last is used up. 0 or -errno. */
static int grant(struct handoff_receiver *receiver)
{
	struct rlimit limit;
	uint32_t left = receiver->granted - receiver->received;

	if (left > receiver->grant / 2)
		return 0;
	int open = fd_count();
	if (open < 0)
		open = INT32_MAX;               /* none is left to count with */
	(void)getrlimit(RLIMIT_NOFILE, &limit); /* a valid address: cannot fail */
	receiver->grant = handoff_flow_grant(limit.rlim_cur, (uint64_t)open);
	if (receiver->grant <= left) {
		ev_timer_again(receiver->loop, &receiver->shortage);
		return 0;
	}
	ev_timer_stop(receiver->loop, &receiver->shortage);
	receiver->granted = receiver->received + receiver->grant;
	return send_room(receiver);
}

static void on_shortage(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct handoff_receiver *receiver = container_of(w, struct handoff_receiver, shortage);

	(void)loop;
	(void)revents;
	(void)grant(receiver); /* a link that is broken is told by its watcher */
}

/* The results are behind the header of the answer already. 0 or -errno. */
static int send_answer(struct handoff_receiver *receiver, char *answer, uint32_t count)
{
	const struct handoff_header header = {
		.version = HANDOFF_VERSION,
		.type = HANDOFF_TAKEN,
		.number = receiver->number,
		.count = count,
	};
	size_t size = handoff_packet_begin(answer, &header) + count;
	int r = grant(receiver);

	return r < 0 ? r : message_send(receiver->fd, answer, size, NULL, 0, NULL);
}

/* One connection; the errno for its answer, or 0. */
static unsigned char take(
	struct handoff_receiver *receiver, const struct handoff_record *record, int fd)
{
	const struct baton_handoff_connection connection = {
		.fd = fd,
		.type = record->type,
		.version = record->version,
		.state = record->size ? record->state : NULL,
		.size = record->size,
	};
	int r = receiver->events->on_connection(receiver, &connection);

	if (r >= 0) {
		receiver->taken++;
		return 0;
	}
	fd_close(fd);
	receiver->refused++;
	return r >= -UINT8_MAX ? (unsigned char)-r : EPROTO;
}

static int take_batch(struct handoff_receiver *receiver, size_t size, struct message_extras *extras)
{
	char answer[HANDOFF_HEADER_BYTES + HANDOFF_BATCH_MAX];
	struct handoff_header header;
	struct handoff_records records;
	struct handoff_record record;
	int r = handoff_packet_parse(receiver->packet, size, &header);
	if (r < 0 || header.type != HANDOFF_CONNECTIONS) {
		message_close_fds(extras);
		return r; /* a newer predecessor may have more to say */
	}
	r = handoff_packet_open(receiver->packet, size, &records);
	if (r < 0 || header.count != extras->fd_count || header.number != receiver->number + 1) {
		message_close_fds(extras);
		return -EPROTO;
	}
	receiver->number = header.number;
	receiver->received += header.count;
	for (uint32_t i = 0; i < header.count; i++) {
		handoff_packet_next(&records, &record);
		answer[HANDOFF_HEADER_BYTES + i] = (char)take(receiver, &record, extras->fds[i]);
	}
	return send_answer(receiver, answer, header.count);
}

/* Descriptors of a batch did not fit, though they were counted: others were opened meanwhile. */
static int refuse_batch(struct handoff_receiver *receiver)
{
	char answer[HANDOFF_HEADER_BYTES];
	struct handoff_header header;
	int r = handoff_packet_parse(receiver->packet, HANDOFF_HEADER_BYTES, &header);
	if (r < 0 || header.type != HANDOFF_CONNECTIONS || header.number != receiver->number + 1)
		return -EPROTO;
	receiver->number = header.number;
	receiver->received += header.count;
	receiver->refused += header.count;
	return send_answer(receiver, answer, 0);
}

/* An answer that could not be sent would leave the connections with both. */
static bool can_answer(const struct handoff_receiver *receiver)
{
	struct pollfd link = { .fd = receiver->fd, .events = POLLOUT };

	return poll(&link, 1, 0) == 1 && link.revents & (POLLOUT | POLLHUP | POLLERR);
}

static void on_link(struct ev_loop *loop, ev_io *w, int revents)
{
	struct handoff_receiver *receiver = container_of(w, struct handoff_receiver, watcher);
	struct message_extras extras = { .fd_count = 0 };

	(void)loop;
	(void)revents;
	if (!can_answer(receiver)) {
		watch(receiver, EV_WRITE);
		return;
	}
	watch(receiver, EV_READ);
	memset(receiver->packet, 0, HANDOFF_HEADER_BYTES);
	ssize_t size = message_receive(receiver->fd, receiver->packet, HANDOFF_PACKET_MAX, &extras);
	if (size == -EAGAIN || size == -ECONNRESET)
		return; /* a reset is told once, before what was sent */
	int r = size == -EPROTO ? refuse_batch(receiver) : (int)size;

	if (size > 0)
		r = take_batch(receiver, (size_t)size, &extras);
	/* A sender that is gone needs no answer: all that it has sent is ours. */
	if (r == -EPIPE || r == -ECONNRESET)
		return;
	if (size == 0 || r < 0)
		end(receiver, r);
}

void handoff_receiver_init(
	struct handoff_receiver *receiver, const struct handoff_receiver_events *events)
{
	*receiver = (struct handoff_receiver){ .events = events, .fd = -1 };
	ev_init(&receiver->watcher, on_link);
	ev_timer_init(&receiver->shortage, on_shortage, 0, SHORTAGE);
}

int handoff_receiver_start(struct handoff_receiver *receiver, struct ev_loop *loop, int take_link)
{
	receiver->loop = loop;
	receiver->fd = take_link;
	receiver->packet = malloc(HANDOFF_PACKET_MAX);
	int r = receiver->packet ? grant(receiver) : -ENOMEM;

	if (r < 0)
		stop(receiver);
	else
		watch(receiver, EV_READ);
	return r;
}

void handoff_receiver_finish(struct handoff_receiver *receiver)
{
	if (receiver->loop)
		stop(receiver);
}
