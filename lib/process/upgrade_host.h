/* SPDX-License-Identifier: MIT */
/* The host: its callbacks, which are called from here only, and its leave to destroy the object
 * in them. */
#ifndef PROCESS_UPGRADE_HOST_H
#define PROCESS_UPGRADE_HOST_H

#include <baton/handoff.h>
#include <baton/upgrade.h>
#include <stdbool.h>

struct baton_steer;
struct baton_upgrade;

/* Zeroed at first. */
struct upgrade_host {
	unsigned depth; /* of its callbacks that have not returned */
	/* It has destroyed the object, and is called no more. As long as the depth is not 0 the
	 * object is still in use. */
	bool is_abandoned;
};

__attribute__((format(printf, 3, 4))) void upgrade_host_log(
	struct baton_upgrade *upgrade, int level, const char *format, ...);
void upgrade_host_signal(struct baton_upgrade *upgrade, int signal, enum baton_upgrade_hook hook);
void upgrade_host_drain(struct baton_upgrade *upgrade);
void upgrade_host_deadline(struct baton_upgrade *upgrade);

/* A callback of the handoff; NULL is allowed. */
void upgrade_host_handoff(struct baton_upgrade *upgrade, baton_upgrade_fn callback);
void upgrade_host_passed(struct baton_upgrade *upgrade, void *cookie, int result);
int upgrade_host_connection(
	struct baton_upgrade *upgrade, const struct baton_handoff_connection *connection);

/* Datagrams wait on the descriptor. */
void upgrade_host_readable(struct baton_upgrade *upgrade, struct baton_steer *steer, int fd);

/* The object may be gone afterwards. */
void upgrade_host_end(struct baton_upgrade *upgrade, int status);

#endif
