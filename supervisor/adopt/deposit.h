/* SPDX-License-Identifier: MIT */
/* What is held, and who is answered, as a holder keeps it (holder/mirror.h): see reclaim.h for the
 * way back. */
#ifndef SUPERVISOR_ADOPT_DEPOSIT_H
#define SUPERVISOR_ADOPT_DEPOSIT_H

#include "adopt/record.h"

struct adopt;
struct mirror;

struct deposit {
	struct adopt *adopt;
	struct record_service service;
};

/* Prepares caller's memory; adopt is borrowed. */
void deposit_init(struct deposit *deposit, struct adopt *adopt, char *const *command);

/* A mirror_fill_fn; data is the deposit. */
void deposit_fill(struct mirror *mirror, void *data);

#endif
