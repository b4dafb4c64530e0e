/* SPDX-License-Identifier: MIT */
/* See remains.h. */
#include "control/remains.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "base/error.h"
#include "control/find.h"
#include "holder/holder_client.h"
#include "holder/holder_store.h"
#include "run_directory.h"

static void count(const struct holder_store *store, struct remains *ret)
{
	list_for_each (link, &store->items) {
		const struct holder_entry *entry =
			&container_of(link, struct holder_item, link)->entry;
		struct record_service service;

		switch (record_kind(entry)) {
		case RECORD_SERVICE:
			if (record_read_service(entry, &service) == 0)
				memcpy(ret->command, service.command, sizeof(ret->command));
			break;
		case RECORD_SOCKET:
			ret->sockets++;
			break;
		case RECORD_WORKER:
			ret->workers++;
			break;
		}
	}
}

int remains_look(const char *name, struct remains *ret)
{
	cleanup_free char *directory = NULL;
	cleanup_free char *path = NULL;
	struct holder_store store;

	if (run_directory_path(&directory) < 0)
		return -ENOMEM;
	if (asprintf(&path, "%s/%s.holder", directory, name) == -1) {
		path = NULL; /* what asprintf left there means nothing */
		return -ENOMEM;
	}
	*ret = (struct remains){ 0 };
	cleanup_fd int door = holder_client_open(path);
	int r = door < 0 ? door : find_check_peer(door, &ret->holder);

	if (r < 0)
		return r;
	holder_store_init(&store);
	r = holder_client_take(door, &store);
	if (r == 0)
		count(&store, ret);
	holder_store_finish(&store); /* copies: the holder has its own still */
	return r;
}

int remains_error(const char *name, const struct remains *remains, struct baton_error *error)
{
	return error_set(error, -ENOENT,
		"the baton of \"%s\" was killed, and its holder (pid %d) waits with %d socket%s: "
		"start it again with --name %s, or end the holder: baton-adopt(7)",
		name, (int)remains->holder, remains->sockets, remains->sockets == 1 ? "" : "s",
		name);
}
