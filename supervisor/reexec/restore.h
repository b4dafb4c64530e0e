/* SPDX-License-Identifier: MIT */
/* A state, as the service that it was: the other way round than save.h, in three steps. */
#ifndef SUPERVISOR_REEXEC_RESTORE_H
#define SUPERVISOR_REEXEC_RESTORE_H

#include <baton/error.h>

struct baton_listener;
struct fd_store;
struct service;
struct setup;
struct state;

/* What the service is made of; each pointer stands where the state has it. { 0 } is nothing. */
struct restored {
	struct setup **setups;
	struct baton_listener **listeners;
	struct fd_store *store; /* that the setups share */
};

/* Makes the setups, without their listeners, which only needs memory and to understand the state.
 * 0; -ENOMEM, or -EINVAL with what is not understood. restored_finish is due in either case. */
int restored_load(struct restored *restored, const struct state *state, struct baton_error *error);

/* Gives them their listeners, whose descriptors are taken. 0, or -errno with the reason. */
int restored_open(struct restored *restored, const struct state *state, struct baton_error *error);

/* Gives up the setups; what no service has any more is closed. */
void restored_finish(struct restored *restored, const struct state *state);

/*
 * Puts all that the state has into a service that service_prepare has made of its setup; its
 * descriptors are the service's. What cannot be as it was is said in the log. 0, or -errno
 * with the reason.
 */
int restore(struct service *service, const struct restored *restored, const struct state *state,
	struct baton_error *error);

#endif
