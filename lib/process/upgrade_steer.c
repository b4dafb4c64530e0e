/* SPDX-License-Identifier: MIT */
/* See upgrade_steer.h. */
#include "process/upgrade_steer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "base/error.h"
#include "process/steer.h"
#include "process/upgrade_object.h"

/* What comes faster than it is answered must not keep a server that is to stop. */
enum { FLUSH_MS = 100 };

static struct baton_steer *steer_of(struct list *link)
{
	return container_of(link, struct baton_steer, link);
}

void upgrade_steer_init(struct baton_upgrade *upgrade)
{
	list_init(&upgrade->steer.objects);
}

int upgrade_steer_open(struct baton_upgrade *upgrade, struct baton_error *error)
{
	const char *bound = getenv(UPGRADE_STEERABLE_VARIABLE);

	if (bound) {
		upgrade->steer.steerable = strdup(bound);
		if (!upgrade->steer.steerable)
			return error_set_errno(error, -ENOMEM, "cannot keep what can be steered");
	}
	(void)unsetenv(UPGRADE_STEERABLE_VARIABLE); /* the name is valid: it cannot fail */
	return 0;
}

static bool is_steerable(const char *list, const char *bound)
{
	size_t length = strlen(bound);

	for (; list; list = strchr(list, ';')) {
		list += *list == ';';
		if (strncmp(list, bound, length) == 0 && (!list[length] || list[length] == ';'))
			return true;
	}
	return false;
}

int upgrade_steer_check(const struct baton_upgrade *upgrade, const struct baton_listener *listener,
	struct baton_error *error)
{
	/* A predecessor has passed what it had. */
	if (!upgrade->starter.is_supervisor ||
		is_steerable(upgrade->steer.steerable, baton_listener_bound(listener, 0)))
		return 0;
	return error_set(error, -EPERM,
		"listener \"%s\": below baton run a server can steer only what that passes it "
		"(--listen ...?reuseport=%d), to one worker, without --steer and --adopt",
		baton_listener_name(listener), BATON_STEER_SOCKETS);
}

struct baton_steer *upgrade_steer_find(
	const struct baton_upgrade *upgrade, const struct baton_listener *listener)
{
	list_for_each (link, &upgrade->steer.objects)
		if (steer_of(link)->listener == listener)
			return steer_of(link);
	return NULL;
}

/* The first that nobody has. */
static int claim(struct baton_steer *steer, struct baton_error *error)
{
	size_t index = 0;
	int r = -EAGAIN;

	for (; index < steer->count; index++) {
		r = claim_take(steer_fd(steer, 0, index), steer->upgrade->generation);
		if (r != -EAGAIN)
			break;
	}
	if (r == -EAGAIN)
		return error_set(error, -EUSERS,
			"listener \"%s\": all %zu sockets are taken by processes that still drain: "
			"open more (reuseport=%zu)",
			baton_listener_name(steer->listener), steer->count, 2 * steer->count);
	if (r < 0)
		return error_set_errno(error, r, "listener \"%s\": cannot claim a socket",
			baton_listener_name(steer->listener));
	steer_own(steer, index);
	return 0;
}

static int claim_all(struct baton_upgrade *upgrade, struct baton_error *error)
{
	int r = 0;

	list_for_each (link, &upgrade->steer.objects)
		if (r == 0)
			r = claim(steer_of(link), error);
	return r;
}

static int choose_all(struct baton_upgrade *upgrade, struct baton_error *error)
{
	list_for_each (link, &upgrade->steer.objects) {
		struct baton_steer *steer = steer_of(link);
		int r = steer_choose_newest(steer);

		if (r < 0)
			return error_set_errno(error, r, "listener \"%s\": cannot steer",
				baton_listener_name(steer->listener));
	}
	return 0;
}

static void release_all(struct baton_upgrade *upgrade)
{
	list_for_each (link, &upgrade->steer.objects) {
		struct baton_steer *steer = steer_of(link);

		if (steer->phase == STEER_CLAIMED)
			claim_release(steer_fd(steer, 0, steer->own));
		steer->phase = STEER_OPEN;
	}
}

int upgrade_steer_ready(struct baton_upgrade *upgrade, struct baton_error *error)
{
	int r = claim_all(upgrade, error);

	if (r == 0)
		r = choose_all(upgrade, error);
	if (r < 0) {
		release_all(upgrade);
		return r;
	}
	list_for_each (link, &upgrade->steer.objects) {
		struct baton_steer *steer = steer_of(link);

		steer->phase = STEER_SERVING;
		steer_watch_start(steer);
	}
	return 0;
}

static void drain(struct baton_steer *steer)
{
	struct baton_upgrade *upgrade = steer->upgrade;

	steer_watch_drain(steer);
	steer->phase = STEER_DRAINING;
	int r = claim_drain(steer_fd(steer, 0, steer->own), upgrade->generation);

	if (r == 0)
		r = steer_choose_newest(steer);
	if (r < 0)
		upgrade_host_log(upgrade, LOG_ERR,
			"listener \"%s\": cannot give away what is new: %s",
			baton_listener_name(steer->listener), strerrordesc_np(-r));
	/* What has an id comes to the same socket as what is new. */
	if (steer->newest.count > 0 || steer->route_count > 0)
		return;
	steer_watch_flush(steer, FLUSH_MS);
	steer_end(steer);
}

void upgrade_steer_drain(struct baton_upgrade *upgrade)
{
	list_for_each (link, &upgrade->steer.objects) {
		struct baton_steer *steer = steer_of(link);

		if (steer->phase == STEER_SERVING)
			drain(steer);
		else /* it never was ready */
			steer_end(steer);
	}
}

void upgrade_steer_drained(struct baton_upgrade *upgrade)
{
	list_for_each (link, &upgrade->steer.objects)
		steer_end(steer_of(link));
}

int upgrade_steer_each(struct baton_upgrade *upgrade, int (*fn)(const ev_io *w, int data), int data)
{
	int r = 0;

	list_for_each (link, &upgrade->steer.objects) {
		struct baton_steer *steer = steer_of(link);

		for (size_t i = 0; r == 0 && i < steer_addresses(steer) * steer->count; i++)
			r = fn(&steer->readable[i], data);
		for (size_t i = 0; r == 0 && i < steer->count; i++)
			r = fn(&steer->holders[i].ended, data);
	}
	return r;
}

void upgrade_steer_finish(struct baton_upgrade *upgrade)
{
	list_for_each_safe (link, &upgrade->steer.objects)
		steer_destroy(steer_of(link));
	free(upgrade->steer.steerable);
}
