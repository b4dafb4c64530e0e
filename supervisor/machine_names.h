/* SPDX-License-Identifier: MIT */
/* The words of the upgrade machine: each enum beside its names, from one list. */
#ifndef SUPERVISOR_MACHINE_NAMES_H
#define SUPERVISOR_MACHINE_NAMES_H

/* X(name, text, what it is about) */
#define MACHINE_EVENTS(X) \
	X(START, "start", SERVICE)                    /* begin: the first generation */ \
	X(HUP, "hup", SERVICE)                        /* an upgrade is asked for */ \
	X(STOP, "stop", SERVICE)                      /* drain and end; a second one: at once */ \
	X(STOP_NOW, "stop now", SERVICE)              /* end at once */ \
	X(CONFIGURED, "configured", SERVICE)          /* the answer to CONFIGURE: config is set */ \
	X(CONFIG_REFUSED, "config refused", SERVICE)  /* the same: all stays as it is */ \
	X(BAKED, "baked", GENERATION)                 /* timer BAKE */ \
	X(DRAIN_TIMEOUT, "drain timeout", GENERATION) /* timer DRAIN */ \
	X(IDLE, "idle", GENERATION)                   /* it has had no connection for so long */ \
	X(WORKER_STARTED, "worker started", WORKER)   /* SPAWN succeeded */ \
	X(SPAWN_FAILED, "spawn failed", WORKER)       /* SPAWN failed, no process is there */ \
	X(WORKER_READY, "worker ready", WORKER)       /* it accepts */ \
	X(WORKER_EXITED, "worker exited", WORKER)     /* nothing of it is left, lived_ms is set */ \
	X(READY_TIMEOUT, "ready timeout", WORKER)     /* timer READY */ \
	X(RESTART_DUE, "restart due", WORKER)         /* timer RESTART */

/* X(name, text) */
#define MACHINE_STATES(X) \
	X(IDLE, "idle")               /* before START */ \
	X(STARTING, "starting")       /* the first generation is not ready yet */ \
	X(SERVING, "serving")         /* one generation serves */ \
	X(CONFIGURING, "configuring") /* one serves, the configuration of the next is read */ \
	X(UPGRADING, "upgrading")     /* one serves, its successor starts or bakes */ \
	X(ENDING, "ending")           /* ends of itself: see enum machine_exit */ \
	X(STOPPING, "stopping")       /* was told to stop */ \
	X(ENDED, "ended")             /* EXIT was given */

/* The place of a generation that is gone is free: its number is 0. */
#define MACHINE_GENERATION_STATES(X) \
	X(STARTING, "starting") /* some worker is not ready yet */ \
	X(BAKING, "baking")     /* all are ready, on probation beside the predecessor */ \
	X(SERVING, "serving")   /* its dying workers are restarted */ \
	X(DRAINING, "draining") /* was told to stop, its deadline runs */ \
	X(HAMMERED, "hammered") /* was killed, its workers' exits are awaited */

#define MACHINE_WORKER_STATES(X) \
	X(ABSENT, "absent")     /* no process, and none to come */ \
	X(SPAWNING, "spawning") /* SPAWN was given, its result is awaited */ \
	X(STARTING, "starting") /* runs, does not accept yet */ \
	X(READY, "ready")       /* accepts */ \
	X(KILLED, "killed")     /* was killed, its exit is awaited */ \
	X(BACKOFF, "backoff")   /* died, waits for its restart */ \
	X(GIVEN_UP, "given-up") /* died once too often in a row */

#define MACHINE_ACTIONS(X) \
	X(CONFIGURE, "configure") \
	X(SPAWN, "spawn") \
	X(STEER, "steer") \
	X(RETIRE, "retire") \
	X(KILL, "kill") \
	X(KILL_WORKER, "kill worker") \
	X(SET_TIMER, "set timer") \
	X(CLEAR_TIMER, "clear timer") \
	X(CLOSE_LISTENERS, "close listeners") \
	X(REPORT, "report") \
	X(FORGET, "forget") \
	X(EXIT, "exit")

/* X(name, text, the event that its expiry is) */
#define MACHINE_TIMERS(X) \
	X(READY, "ready", READY_TIMEOUT) \
	X(BAKE, "bake", BAKED) \
	X(DRAIN, "drain", DRAIN_TIMEOUT) \
	X(RESTART, "restart", RESTART_DUE)

/* What is for the log and for those who wait for an upgrade's outcome. */
#define MACHINE_REPORTS(X) \
	X(STARTING, "starting")                     /* g: the first generation */ \
	X(START_FAILED, "start failed")             /* g, w, cause: the first generation */ \
	X(SERVING, "serving")                       /* g: the first generation */ \
	X(UPGRADE_STARTED, "upgrade started")       /* g: the successor */ \
	X(UPGRADE_REMEMBERED, "upgrade remembered") /* one more will follow the one under way */ \
	X(UPGRADE_REFUSED, "upgrade refused")     /* outcome of one whose configuration is bad */ \
	X(UPGRADE_IGNORED, "upgrade ignored")     /* the service stops; also one remembered */ \
	X(READY, "ready")                         /* g: all its workers accept */ \
	X(BAKING, "baking")                       /* g, ms */ \
	X(TOOK_OVER, "took over")                 /* g: outcome of its upgrade */ \
	X(ROLLED_BACK, "rolled back")             /* g, w, cause: outcome of its upgrade */ \
	X(DRAINING, "draining")                   /* g, ms until the hammer */ \
	X(HAMMERED, "hammered")                   /* g, cause */ \
	X(GONE, "gone")                           /* g */ \
	X(WORKER_RESTARTING, "worker restarting") /* g, w, ms until then */ \
	X(WORKER_NOT_READY, "worker not ready")   /* g, w: restarted, killed for it */ \
	X(WORKER_RECOVERED, "worker recovered")   /* g, w: restarted, accepts */ \
	X(WORKER_GIVEN_UP, "worker given up")     /* g, w */ \
	X(STOPPING, "stopping")                   /* exit says why */ \
	X(STOPPED, "stopped")                     /* exit says why; EXIT follows */

#define MACHINE_CAUSES(X) \
	X(NONE, "none") \
	X(SPAWN_FAILED, "could not be started") \
	X(WORKER_EXITED, "exited before it was ready") \
	X(NOT_READY, "was not ready in time") \
	X(DIED_BAKING, "exited while it baked") \
	X(STOPPED, "the service was stopped") \
	X(DEADLINE, "drain deadline") \
	X(IDLE, "no connection") \
	X(TOO_MANY, "too many draining") \
	X(STOP_NOW, "told to stop at once")

#define MACHINE_EXITS(X) \
	X(NONE, "none") \
	X(STOPPED, "stopped") /* as it was told */ \
	X(NEVER_STARTED, \
		"never started")      /* a worker of the first generation could not be spawned */ \
	X(NEVER_READY, "never ready") /* the first generation failed in another way */ \
	X(COMMAND_ENDED, "command ended") /* of itself, and restart is off */ \
	X(GAVE_UP, "gave up")             /* a worker died more than max_restarts times in a row */

#define MACHINE_COUNT_ONE(...) +1

#define X(name, ...) MACHINE_EVENT_##name,
enum machine_event_type { MACHINE_EVENTS(X) };
#undef X
#define MACHINE_EVENT_COUNT (0 MACHINE_EVENTS(MACHINE_COUNT_ONE))

#define X(name, ...) MACHINE_##name,
enum machine_state { MACHINE_STATES(X) };
#undef X
#define MACHINE_STATE_COUNT (0 MACHINE_STATES(MACHINE_COUNT_ONE))

#define X(name, ...) MACHINE_GENERATION_##name,
enum machine_generation_state { MACHINE_GENERATION_STATES(X) };
#undef X
#define MACHINE_GENERATION_STATE_COUNT (0 MACHINE_GENERATION_STATES(MACHINE_COUNT_ONE))

#define X(name, ...) MACHINE_WORKER_##name,
enum machine_worker_state { MACHINE_WORKER_STATES(X) };
#undef X
#define MACHINE_WORKER_STATE_COUNT (0 MACHINE_WORKER_STATES(MACHINE_COUNT_ONE))

#define X(name, ...) MACHINE_ACTION_##name,
enum machine_action_type { MACHINE_ACTIONS(X) };
#undef X
#define MACHINE_ACTION_COUNT (0 MACHINE_ACTIONS(MACHINE_COUNT_ONE))

#define X(name, ...) MACHINE_TIMER_##name,
enum machine_timer { MACHINE_TIMERS(X) };
#undef X
#define MACHINE_TIMER_COUNT (0 MACHINE_TIMERS(MACHINE_COUNT_ONE))

#define X(name, ...) MACHINE_REPORT_##name,
enum machine_report { MACHINE_REPORTS(X) };
#undef X
#define MACHINE_REPORT_COUNT (0 MACHINE_REPORTS(MACHINE_COUNT_ONE))

#define X(name, ...) MACHINE_CAUSE_##name,
enum machine_cause { MACHINE_CAUSES(X) };
#undef X
#define MACHINE_CAUSE_COUNT (0 MACHINE_CAUSES(MACHINE_COUNT_ONE))

#define X(name, ...) MACHINE_EXIT_##name,
enum machine_exit { MACHINE_EXITS(X) };
#undef X
#define MACHINE_EXIT_COUNT (0 MACHINE_EXITS(MACHINE_COUNT_ONE))

/* The words above, for logs and tests; "?" for a value that is none. */
const char *machine_event_name(enum machine_event_type type);
const char *machine_state_name(enum machine_state state);
const char *machine_generation_state_name(enum machine_generation_state state);
const char *machine_worker_state_name(enum machine_worker_state state);
const char *machine_action_name(enum machine_action_type type);
const char *machine_timer_name(enum machine_timer timer);
const char *machine_report_name(enum machine_report report);
const char *machine_cause_name(enum machine_cause cause);
const char *machine_exit_name(enum machine_exit exit);

#endif
