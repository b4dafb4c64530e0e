/* SPDX-License-Identifier: MIT */
/* What the parts of save.h have in common. */
#ifndef SUPERVISOR_REEXEC_SAVE_INTERNAL_H
#define SUPERVISOR_REEXEC_SAVE_INTERNAL_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reexec/state.h"
#include "reexec/state_shapes.h"

struct family;
struct service;
struct setup;
struct worker_family;

struct saving {
	struct service *service;
	struct state *state;
	struct setup **setups; /* those of state->setups, borrowed */
	struct baton_listener **listeners;
	bool is_broken; /* memory ran out */
};

/* fields_append; NULL if memory has run out, now or before. */
void *saving_append(struct saving *saving, const struct shape *shape, void *list, size_t *count);

/* A copy of the text, which may be NULL. */
char *saving_copy(struct saving *saving, const char *text);

void saving_bytes(struct saving *saving, struct strbuf *ret, const void *bytes, size_t length);

/* When a timer expires; 0 if it is not set. */
int64_t saving_timer(const struct saving *saving, ev_timer *timer);

/* save_family.c */
void saving_family(struct saving *saving, struct worker_family *family, struct state_family *ret);
void saving_generations(struct saving *saving);

/* save_setup.c: before the generations, whose setups they are */
void saving_setups(struct saving *saving);
int saving_find_setup(const struct saving *saving, const struct setup *setup);

/* save_adopt.c */
void saving_adopt(struct saving *saving);

#endif
