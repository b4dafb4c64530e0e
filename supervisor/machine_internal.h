/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the upgrade machine share: the step in hand, the tables
 * of transitions, and the transitions by the file that has them. For
 * machine*.c, and for the test that walks the tables.
 */
#ifndef SUPERVISOR_MACHINE_INTERNAL_H
#define SUPERVISOR_MACHINE_INTERNAL_H

#include "machine.h"

struct step {
	struct machine *machine;
	const struct machine_event *event;
	struct machine_actions *actions;
	struct machine_generation
		*generation;                  /* that the event is about; NULL: about the service */
	struct machine_worker *worker;        /* that the event is about, or NULL */
	enum machine_worker_state worker_was; /* before the event */
};

typedef void (*machine_transition)(struct step *step);

struct machine_worker_change {
	bool is_awaited; /* else the event is stale */
	enum machine_worker_state next;
};

/* An event about the service is looked up in the first table. One about a
 * worker first changes that worker as the third says; then, as one about a
 * generation, it is looked up in the second. No entry: nothing happens. */
extern const machine_transition machine_service_table[MACHINE_STATE_COUNT][MACHINE_EVENT_COUNT];
extern const machine_transition machine_generation_table[MACHINE_GENERATION_STATE_COUNT]
							[MACHINE_EVENT_COUNT];
extern const struct machine_worker_change machine_worker_table[MACHINE_WORKER_STATE_COUNT]
							      [MACHINE_EVENT_COUNT];

/* machine.c */
void machine_emit(struct step *step, struct machine_action action);
void machine_clear_timer(struct step *step, enum machine_timer timer,
	const struct machine_generation *generation, unsigned worker);
struct machine_generation *machine_find_state(
	struct machine *machine, enum machine_generation_state state);

/* machine_upgrade.c: from the start of a generation until it serves or has failed */
bool machine_has_room(const struct machine *machine);
void machine_begin_upgrade(struct step *step);
void machine_use_config(struct step *step);
void machine_refuse_config(struct step *step);
void machine_start(struct step *step);
void machine_ask_upgrade(struct step *step);
void machine_remember_upgrade(struct step *step);
void machine_ignore_upgrade(struct step *step);
void machine_await_ready(struct step *step);
void machine_count_ready(struct step *step);
void machine_fail_start(struct step *step);
void machine_fail_baking(struct step *step);
void machine_take_over(struct step *step);

/* machine_workers.c: the workers of the generation that serves */
enum machine_exit machine_judge(struct machine *machine);
void machine_lose_worker(struct step *step);
void machine_recover_worker(struct step *step);
void machine_kill_worker(struct step *step);
void machine_respawn_worker(struct step *step);

/* machine_stop.c: the end of a generation, and of the service */
void machine_retire(struct step *step, struct machine_generation *generation, bool is_stop);
void machine_limit_draining(struct step *step);
void machine_drop_worker(struct step *step);
void machine_hammer_late(struct step *step);
void machine_hammer_idle(struct step *step);
void machine_end(struct step *step, enum machine_exit exit);
void machine_finish(struct step *step);
void machine_stop(struct step *step);
void machine_stop_ending(struct step *step);
void machine_stop_now(struct step *step);
void machine_hurry(struct step *step);

#endif
