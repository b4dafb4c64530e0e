/* SPDX-License-Identifier: MIT */
/* See upgrade_handoff.h. */
#include "process/upgrade_handoff.h"

#include <errno.h>
#include <string.h>
#include <syslog.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "base/error.h"
#include "base/options.h"
#include "process/channel.h"
#include "process/upgrade_object.h"

static void on_room(struct handoff_sender *sender)
{
	struct baton_upgrade *upgrade = container_of(sender, struct baton_upgrade, handoff.sender);

	upgrade_host_handoff(upgrade, upgrade->handoff.options.on_room);
}

static void on_passed(struct handoff_sender *sender, void *cookie, int result)
{
	upgrade_host_passed(
		container_of(sender, struct baton_upgrade, handoff.sender), cookie, result);
}

static void on_quiet(struct handoff_sender *sender)
{
	struct baton_upgrade *upgrade = container_of(sender, struct baton_upgrade, handoff.sender);

	if (sender->fd >= 0) {
		upgrade_policy_passed(upgrade);
		return;
	}
	/* Most likely the successor has ended, as will be told: another may follow. */
	if (sender->failure != -EPIPE)
		upgrade_host_log(upgrade, LOG_WARNING, "cannot pass connections on: %s",
			strerrordesc_np(-sender->failure));
	upgrade_handoff_report(upgrade);
}

static int on_connection(
	struct handoff_receiver *receiver, const struct baton_handoff_connection *connection)
{
	return upgrade_host_connection(
		container_of(receiver, struct baton_upgrade, handoff.receiver), connection);
}

static void tell_taken(struct baton_upgrade *upgrade, const struct handoff_receiver *receiver)
{
	upgrade_host_log(upgrade, LOG_NOTICE, "took %u connections of the predecessor, refused %u",
		receiver->taken, receiver->refused);
	upgrade_manager_status(upgrade,
		"generation %u serves, took %u connections of the predecessor, refused %u",
		upgrade->generation, receiver->taken, receiver->refused);
}

static void on_end(struct handoff_receiver *receiver, int result)
{
	struct baton_upgrade *upgrade =
		container_of(receiver, struct baton_upgrade, handoff.receiver);

	if (result < 0)
		upgrade_host_log(upgrade, LOG_WARNING,
			"cannot take connections of the predecessor: %s", strerrordesc_np(-result));
	if (receiver->taken || receiver->refused)
		tell_taken(upgrade, receiver);
	upgrade_handoff_complete(upgrade);
}

static const struct handoff_sender_events sender_events = {
	.on_room = on_room,
	.on_passed = on_passed,
	.on_quiet = on_quiet,
};

static const struct handoff_receiver_events receiver_events = {
	.on_connection = on_connection,
	.on_end = on_end,
};

void upgrade_handoff_init(struct baton_upgrade *upgrade)
{
	upgrade->handoff.link = -1;
	handoff_sender_init(&upgrade->handoff.sender, &sender_events);
	handoff_receiver_init(&upgrade->handoff.receiver, &receiver_events);
}

int baton_handoff_open(struct baton_upgrade *upgrade, const struct baton_handoff_options *options,
	struct baton_error *error)
{
	struct baton_handoff_options own;

	if (!upgrade)
		return error_set(error, -EINVAL, "no upgrade object");
	if (upgrade->handoff.is_open)
		return error_set(error, -EALREADY, "the handoff is open already");
	if (options_copy(&own, sizeof(own), options,
		    options_bytes(struct baton_handoff_options, on_passed)) < 0)
		return error_set(error, -EINVAL, "bad size of handoff options");
	if (own.on_room && !own.on_passed)
		return error_set(error, -EINVAL, "on_passed is required with on_room");
	if (upgrade->state != BATON_UPGRADE_STARTING)
		return error_set(error, -EINVAL, "too late: baton_upgrade_ready was called");
	upgrade->handoff.options = own;
	upgrade->handoff.is_open = true;
	return 0;
}

/* 0 or -errno. */
static int introduce(struct baton_upgrade *upgrade)
{
	cleanup_fd int ours = -1;
	cleanup_fd int theirs = -1;
	int r = channel_pair(&ours, &theirs);

	if (r == 0)
		r = handoff_receiver_start(
			&upgrade->handoff.receiver, upgrade->loop, take_fd(&ours));
	if (r == 0)
		r = channel_send_handoff(upgrade->starter.channel, theirs);
	if (r < 0)
		handoff_receiver_finish(&upgrade->handoff.receiver);
	return r;
}

void upgrade_handoff_introduce(struct baton_upgrade *upgrade)
{
	int r = -ENOTCONN;

	if (!upgrade->handoff.is_open)
		return;
	if (upgrade->handoff.options.on_connection && upgrade->starter.channel >= 0) {
		r = introduce(upgrade);
		if (r < 0 && r != -EPIPE && r != -ECONNRESET) /* its watcher tells of those */
			upgrade_host_log(upgrade, LOG_WARNING,
				"cannot offer to take connections: %s", strerrordesc_np(-r));
	}
	if (r < 0)
		upgrade_requests_add(upgrade, UPGRADE_REQUEST_COMPLETE);
}

void upgrade_handoff_complete(struct baton_upgrade *upgrade)
{
	upgrade_host_handoff(upgrade, upgrade->handoff.options.on_complete);
}

void upgrade_handoff_take_link(struct baton_upgrade *upgrade, int take_link)
{
	struct upgrade_handoff *handoff = &upgrade->handoff;
	cleanup_fd int link = take_link;

	/* One that is passed connections already is not replaced under way. */
	if (!handoff->options.on_room || handoff->sender.fd >= 0)
		return;
	fd_close(handoff->link);
	handoff->link = take_fd(&link);
	if (upgrade->state == BATON_UPGRADE_DRAINING)
		(void)upgrade_handoff_begin(upgrade);
}

bool upgrade_handoff_begin(struct baton_upgrade *upgrade)
{
	struct upgrade_handoff *handoff = &upgrade->handoff;

	/* The host is first told what became of those that a failed successor did not take. */
	if (handoff->link >= 0 && !handoff_sender_is_busy(&handoff->sender)) {
		handoff_sender_finish(&handoff->sender); /* of a successor that failed */
		handoff_sender_init(&handoff->sender, &sender_events);
		int r = handoff_sender_start(
			&handoff->sender, upgrade->loop, take_fd(&handoff->link));
		if (r < 0)
			upgrade_host_log(upgrade, LOG_WARNING, "cannot pass connections on: %s",
				strerrordesc_np(-r));
	}
	handoff_sender_offer(&handoff->sender);
	return handoff->sender.fd >= 0;
}

void upgrade_handoff_drop(struct baton_upgrade *upgrade)
{
	fd_close(take_fd(&upgrade->handoff.link));
	handoff_sender_poll(&upgrade->handoff.sender);
}

void upgrade_handoff_report(struct baton_upgrade *upgrade)
{
	struct handoff_sender *sender = &upgrade->handoff.sender;

	if (sender->passed || sender->kept)
		upgrade_host_log(upgrade, LOG_NOTICE,
			"passed %u connections to the successor, %u came back", sender->passed,
			sender->kept);
	/* At its end there is nobody any more of whom to say it. */
	if ((sender->passed || sender->kept) && upgrade->drain.phase != UPGRADE_DRAIN_ENDED)
		upgrade_manager_status(upgrade,
			"generation %u goes on: %u connections were passed, %u came back",
			upgrade->generation, sender->passed, sender->kept);
	sender->passed = 0;
	sender->kept = 0;
}

int baton_handoff_room(const struct baton_upgrade *upgrade)
{
	return upgrade ? handoff_sender_room(&upgrade->handoff.sender) : -ENOTCONN;
}

int baton_handoff_pass(struct baton_upgrade *upgrade,
	const struct baton_handoff_connection *connection, void *cookie)
{
	if (!upgrade || !connection || connection->fd < 0)
		return -EINVAL;
	int r = handoff_sender_pass(&upgrade->handoff.sender, connection, cookie);

	upgrade_poll_update(upgrade);
	return r;
}

void upgrade_handoff_finish(struct baton_upgrade *upgrade)
{
	fd_close(take_fd(&upgrade->handoff.link));
	handoff_sender_finish(&upgrade->handoff.sender);
	handoff_receiver_finish(&upgrade->handoff.receiver);
}
