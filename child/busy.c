/* SPDX-License-Identifier: MIT */
/* See busy.h. */
#include "busy.h"

#include <stdlib.h>

#include "server.h"

enum { SPARES_MAX = 64 };

struct busy *busy_take(struct server *server)
{
	struct busy *busy = server->spares;

	if (!busy)
		return calloc(1, sizeof(*busy));
	server->spares = busy->next;
	server->spare_count--;
	return busy;
}

static void free_busy(struct busy *busy)
{
	exchange_finish(&busy->exchange);
	buffer_release(&busy->in);
	buffer_release(&busy->out);
	free(busy);
}

void busy_put(struct server *server, struct busy *busy)
{
	exchange_close(&busy->exchange, &server->settings);
	busy->connection = NULL;
	if (server->spare_count == SPARES_MAX) {
		free_busy(busy);
		return;
	}
	buffer_clear(&busy->in);
	buffer_clear(&busy->out);
	busy->next = server->spares;
	server->spares = busy;
	server->spare_count++;
}

void busy_free_spares(struct server *server)
{
	while (server->spares) {
		struct busy *busy = server->spares;

		server->spares = busy->next;
		free_busy(busy);
	}
	server->spare_count = 0;
}

void busy_begin_task(struct server *server, struct busy *busy)
{
	/* Without memory it is not listed. */
	if (!busy->has_task)
		busy->has_task = baton_tracker_begin(server->requests_open,
					 busy->exchange.route->path, &busy->task) == 0;
}

void busy_end_task(struct busy *busy)
{
	if (busy->has_task)
		(void)baton_task_end(&busy->task); /* it has begun */
	busy->has_task = false;
}
