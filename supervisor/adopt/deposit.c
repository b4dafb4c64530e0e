/* SPDX-License-Identifier: MIT */
/* See deposit.h. */
#include "adopt/deposit.h"

#include <stdio.h>
#include <string.h>

#include "adopt/adopt.h"
#include "adopt/broker.h"
#include "base/container.h"
#include "holder/mirror.h"

void deposit_init(struct deposit *deposit, struct adopt *adopt, char *const *command)
{
	*deposit = (struct deposit){ .adopt = adopt };
	char *end = deposit->service.command;
	size_t left = sizeof(deposit->service.command);

	for (; *command; command++) {
		int length = snprintf(end, left, "%s ", *command);

		if (length < 0 || (size_t)length >= left)
			return;
		end += length;
		left -= (size_t)length;
	}
	end[-1] = '\0'; /* a command has a word at least */
}

/* Before anybody has been chosen it is the turn of what was taken over. */
static bool is_selected(const struct adopt *adopt, unsigned generation)
{
	const struct steer *steer = &adopt->held.steer;

	return !steer->is_on || generation == steer->to || steer_selects(steer, generation);
}

static void put_socket(struct mirror *mirror, const struct adopt *adopt, const struct held *held)
{
	const struct binding *binding = &held->binding;
	struct record_socket socket = {
		.socket = binding->socket,
		.generation = held->generation,
		.position = held->position,
		.is_selected = is_selected(adopt, held->generation),
		.is_closed = held->is_closed,
		.is_reuseport = binding->is_reuseport,
		.has_directory = binding->path.directory >= 0,
		.address = binding->address,
	};
	struct holder_entry entry = {
		.fds = { held->fd, binding->path.directory },
		.fd_count = socket.has_directory ? 2 : 1,
	};

	memcpy(socket.name, binding->path.name, sizeof(socket.name));
	record_write_socket(&socket, &entry);
	mirror_put(mirror, &entry);
}

static void put_worker(
	struct mirror *mirror, const struct adopt *adopt, const struct broker *broker)
{
	struct record_worker worker = {
		.number = broker->number,
		.generation = broker->claimant.generation,
		.process = broker->process,
		.is_selected = is_selected(adopt, broker->claimant.generation),
		.is_ready = broker->is_ready,
		.is_retired = broker->claimant.is_retired,
	};
	struct holder_entry entry = { .fds = { broker->fd }, .fd_count = 1 };

	memcpy(worker.marker, broker->marker, sizeof(worker.marker));
	record_write_worker(&worker, &entry);
	mirror_put(mirror, &entry);
}

void deposit_fill(struct mirror *mirror, void *data)
{
	const struct deposit *deposit = data;
	const struct adopt *adopt = deposit->adopt;
	struct holder_entry entry = { 0 };

	record_write_service(&deposit->service, &entry);
	mirror_put(mirror, &entry);
	list_for_each (link, &adopt->held.sockets) {
		const struct held *held = container_of(link, struct held, link);

		if (held->is_bound && !held->is_passed)
			put_socket(mirror, adopt, held);
	}
	list_for_each (link, &adopt->brokers)
		put_worker(mirror, adopt, container_of(link, struct broker, link));
}
