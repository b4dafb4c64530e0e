/* SPDX-License-Identifier: MIT */
/* See handoff.h. */
#include "handoff.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <baton/handoff.h>

#include "connection.h"
#include "handoff_answer.h"
#include "handoff_state.h"
#include "server.h"

static bool is_of(
	const struct baton_handoff_connection *connection, const char *type, uint32_t version)
{
	return strcmp(connection->type, type) == 0 && connection->version == version;
}

static int on_connection(struct baton_upgrade *upgrade,
	const struct baton_handoff_connection *connection, void *data)
{
	(void)upgrade;
	if (is_of(connection, HANDOFF_STATE_TYPE, HANDOFF_STATE_VERSION))
		return connection_take_over(data, connection);
	if (is_of(connection, HANDOFF_ANSWER_TYPE, HANDOFF_ANSWER_VERSION))
		return connection_resume(data, connection);
	return -EPROTONOSUPPORT;
}

static void on_complete(struct baton_upgrade *upgrade, void *data)
{
	(void)upgrade;
	server_has_all_connections(data);
}

static void on_room(struct baton_upgrade *upgrade, void *data)
{
	(void)upgrade;
	server_pass_on(data);
}

static void on_passed(struct baton_upgrade *upgrade, void *connection, int result, void *data)
{
	(void)upgrade, (void)data;
	connection_moved(connection, result);
}

int handoff_open(struct baton_upgrade *upgrade, struct server *server, struct baton_error *error)
{
	const struct baton_handoff_options options = {
		.size = sizeof(options),
		.data = server,
		.on_connection = on_connection,
		.on_complete = on_complete,
		.on_room = on_room,
		.on_passed = on_passed,
	};

	server_expect_connections(server);
	return baton_handoff_open(upgrade, &options, error);
}
