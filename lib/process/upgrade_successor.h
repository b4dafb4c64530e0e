/* SPDX-License-Identifier: MIT */
/* The child of an upgrade: its start, what it says on its channel, and its fate. */
#ifndef PROCESS_UPGRADE_SUCCESSOR_H
#define PROCESS_UPGRADE_SUCCESSOR_H

#include <baton/error.h>
#include <ev.h>
#include <signal.h>
#include <sys/types.h>

struct baton_upgrade;

enum { UPGRADE_STATUS_UNKNOWN = -1 };

/*
 *     NONE -> STARTING -> READY [-> PASSING] -> MAIN -> ENDED
 *                 `---------`----> STOPPING      (each but MAIN and ENDED -> NONE)
 *
 * - STARTING, READY and PASSING: the state is UPGRADING. STOPPING: that, or it drains.
 * - MAIN and ENDED: the state is DRAINING or DRAINED, for good.
 * - pid and pidfd are valid in all but NONE and ENDED; the timer runs in STARTING,
 *   READY, PASSING and STOPPING; the channel may be closed (-1) at any time.
 */
enum upgrade_successor_phase {
	SUCCESSOR_NONE,
	SUCCESSOR_STARTING, /* until it says that it accepts */
	SUCCESSOR_READY,    /* it said so; its SIGTERM to us is on the way */
	/* That came. It is passed what is idle; nothing else is lost should it die. */
	SUCCESSOR_PASSING,
	SUCCESSOR_MAIN,     /* it took over */
	SUCCESSOR_STOPPING, /* it is being ended: it was late, or all is to stop */
	SUCCESSOR_ENDED,    /* it took over, and has ended since */
};

struct upgrade_successor {
	enum upgrade_successor_phase phase;
	pid_t pid;
	int pidfd;
	int channel;
	ev_tstamp started;
	int status;                    /* in ENDED, as of waitpid(2) */
	char reason[BATON_ERROR_SIZE]; /* why it is STOPPING */
	ev_io channel_watcher;
	ev_io pidfd_watcher;    /* its end, on a loop that is not the default one */
	ev_child child_watcher; /* its end, on the default loop, where libev reaps every child */
	ev_timer timer;         /* the end of the phase's patience */
};

void upgrade_successor_init(struct baton_upgrade *upgrade);

/* As waitpid(2) would say it. */
int upgrade_successor_status(const siginfo_t *info);

/* Starts the next generation: phase STARTING. 0 or -errno with the reason. */
int upgrade_successor_start(struct baton_upgrade *upgrade, struct baton_error *error);

/* Handles what it has said already. */
void upgrade_successor_poll(struct baton_upgrade *upgrade);

/* Phase READY: it is given a moment. */
void upgrade_successor_await_term(struct baton_upgrade *upgrade);

/* Phase PASSING: it is given a moment, too. */
void upgrade_successor_await_passing(struct baton_upgrade *upgrade);

/* Phase MAIN: it is told, and so is our own starter. */
void upgrade_successor_confirm(struct baton_upgrade *upgrade);

/* Phase STOPPING: SIGTERM, SIGKILL a little later. */
void upgrade_successor_stop(struct baton_upgrade *upgrade, const char *reason);
void upgrade_successor_kill(struct baton_upgrade *upgrade);

/* Nothing happens if there is none. */
void upgrade_successor_signal(struct baton_upgrade *upgrade, int signal);

/* The next generation again becomes the one to watch: takes both descriptors. */
void upgrade_successor_replace(
	struct baton_upgrade *upgrade, pid_t pid, int take_pidfd, int take_channel);

/* Stops watching, closes what belongs to it; phase NONE. The process goes on. */
void upgrade_successor_forget(struct baton_upgrade *upgrade);

/* At the very end: one that has not taken over is killed, and its end awaited for a second. */
void upgrade_successor_finish(struct baton_upgrade *upgrade);

#endif
