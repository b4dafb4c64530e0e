/* SPDX-License-Identifier: MIT */
/*
 * What has happened to the service: the last things the machine reported, how its last upgrades
 * ended, and how often there was what. Kept in memory; whoever wants to hear of what is new is
 * told.
 */
#ifndef SUPERVISOR_EVENTS_H
#define SUPERVISOR_EVENTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "machine_names.h"

enum {
	EVENTS_KEPT = 128,
	EVENTS_OUTCOMES_KEPT = 16,
	EVENT_TEXT_SIZE = 256, /* as of struct baton_error */
};

struct event {
	uint64_t number; /* counted from 1, ever */
	int64_t at_ms;   /* since the epoch */
	enum machine_report what;
	unsigned generation;        /* 0: of none */
	unsigned worker;            /* counted from 1; 0: of none */
	pid_t pid;                  /* 0: of none */
	int ms;                     /* how long it took, or will; 0: neither */
	char text[EVENT_TEXT_SIZE]; /* why; "": no reason */
};

typedef void (*events_fn)(const struct event *event, void *data);

struct events {
	struct event *recent; /* owned: EVENTS_KEPT of them, in a ring */
	struct event *outcomes;
	uint64_t count, outcome_count; /* ever */
	unsigned long counts[MACHINE_REPORT_COUNT];
	unsigned long cut_connections; /* that generations still had when they were killed */
	events_fn on_event;            /* NULL: nobody listens */
	void *data;
};

/* 0 or -ENOMEM; events_finish is harmless after either. */
int events_init(struct events *events);

void events_finish(struct events *events);

/* Adds one, which gets its number and time here, and tells of it. */
void events_add(struct events *events, const struct event *event);

/* The event of that number, or NULL if it is no longer, or not yet, there. Borrowed. */
const struct event *events_get(const struct events *events, uint64_t number);

/* The number of the oldest that is kept; one more than the newest if there is none. */
uint64_t events_first(const struct events *events);

/* The outcome of an upgrade, or of the first start: 0 is the last one, 1 that before it. NULL if
 * there is none. Borrowed. */
const struct event *events_outcome(const struct events *events, size_t ago);

#endif
