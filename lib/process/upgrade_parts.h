/* SPDX-License-Identifier: MIT */
/*
 * The parts of the self-upgrading server, one file each:
 *
 *     upgrade.c            the public calls
 *     upgrade_policy.c     what happens in which state: the only place that decides
 *     upgrade_signals.c    signals become calls of the policy
 *     upgrade_successor.c  the child: its start, what it says, its fate
 *     upgrade_term.c       whose SIGTERM it is
 *     upgrade_starter.c    the other direction: who started us, and our predecessor
 *     upgrade_drain.c      drain, deadline, hammer, end
 *     upgrade_listeners.c  the sockets, and how a child gets them
 *     upgrade_manager.c    what the service manager is told
 *     upgrade_init.c       the first process of a container
 */
#ifndef PROCESS_UPGRADE_PARTS_H
#define PROCESS_UPGRADE_PARTS_H

#include <baton/upgrade.h>
#include <ev.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/env.h"
#include "base/list.h"
#include "process/upgrade_term.h"

struct baton_inherit;
struct baton_spawn_fd;
struct message_extras;

enum {
	UPGRADE_SIGNALS = 7,       /* that have hooks */
	UPGRADE_INIT_SIGNALS = 12, /* that the first process forwards */
	UPGRADE_STATUS_UNKNOWN = -1,
};

enum successor_phase {
	SUCCESSOR_NONE,
	SUCCESSOR_STARTING, /* until it says that it accepts */
	SUCCESSOR_READY,    /* it said so; its SIGTERM to us is on the way */
	SUCCESSOR_MAIN,     /* it took over */
	SUCCESSOR_STOPPING, /* it is being ended: it was late, or all is to stop */
	SUCCESSOR_ENDED,    /* it took over, and has ended since */
};

struct upgrade_successor {
	enum successor_phase phase;
	pid_t pid;
	int pidfd;
	int channel;
	ev_tstamp started;
	int status;                    /* of wait(2), once it has ended */
	char reason[BATON_ERROR_SIZE]; /* why it is STOPPING */
	ev_io channel_watcher;
	ev_io pidfd_watcher;    /* its end, on a loop that is not the default one */
	ev_child child_watcher; /* its end, on the default loop, where libev reaps every child */
	ev_timer timer;         /* the end of the phase's patience */
};

/* Who started this process, and which one it is to replace. */
struct upgrade_starter {
	int channel;          /* -1: nobody who speaks it, or gone */
	int predecessor;      /* pidfd, -1: none */
	bool is_supervisor;   /* it decides when to upgrade */
	bool confirm_awaited; /* we are ready, and wait to be called the main process */
	ev_io watcher;
	ev_timer timer; /* how long confirm_awaited */
};

struct upgrade_listener {
	struct list link;
	struct baton_listener *listener; /* owned */
	/* A unix path that a generation of ours made, and not systemd or a supervisor, is removed
	 * by the last one. */
	bool is_path_ours;
};

struct baton_upgrade {
	struct ev_loop *loop;
	struct baton_upgrade_options options;
	enum baton_upgrade_state state;
	unsigned generation;
	bool upgrade_pending;          /* another was asked for during this one, or before ready */
	char *workdir;                 /* owned; the name under which the directory is found anew */
	struct env env;                /* as at creation, without what passed sockets to us */
	struct baton_inherit *inherit; /* NULL once ready */
	char *our_paths;       /* owned; names of listeners, from the predecessor; NULL: none */
	struct list listeners; /* of struct upgrade_listener */
	struct upgrade_starter starter;
	struct upgrade_successor successor;
	struct upgrade_term term;

	bool is_init;  /* the first process of its pid namespace */
	bool is_ended; /* on_end is called or about to be */
	int end_status;
	ev_timer drain_timer; /* until the deadline, then until the hammer */
	bool is_past_deadline;
	ev_timer watchdog;
	ev_signal signals[UPGRADE_SIGNALS];
	ev_signal init_signals[UPGRADE_INIT_SIGNALS];
	ev_child init_child; /* any child, on the default loop */
	ev_timer init_timer; /* looks for orphans, on another loop */
	/* Never started, only fed: what a public call asked for happens after it has returned. */
	ev_timer start_asked, stop_asked, drained_asked, end_asked;
};

__attribute__((format(printf, 3, 4))) void upgrade_log(
	const struct baton_upgrade *upgrade, int level, const char *format, ...);

/* upgrade_policy.c: the events. */
void upgrade_policy_upgrade(struct baton_upgrade *upgrade);
void upgrade_policy_term(struct baton_upgrade *upgrade);
void upgrade_policy_stop(struct baton_upgrade *upgrade);
void upgrade_policy_quit(struct baton_upgrade *upgrade);
void upgrade_policy_ready(struct baton_upgrade *upgrade);
void upgrade_policy_confirmed(struct baton_upgrade *upgrade);
void upgrade_policy_host_drained(struct baton_upgrade *upgrade);
void upgrade_policy_hammer(struct baton_upgrade *upgrade);
void upgrade_policy_successor_ready(struct baton_upgrade *upgrade);
void upgrade_policy_successor_timeout(struct baton_upgrade *upgrade);
void upgrade_policy_successor_ended(struct baton_upgrade *upgrade, int status);

/* upgrade_signals.c */
void upgrade_signals_init(struct baton_upgrade *upgrade);
void upgrade_signals_start(struct baton_upgrade *upgrade);
void upgrade_signals_finish(struct baton_upgrade *upgrade);

/* upgrade_successor.c */
void upgrade_successor_init(struct baton_upgrade *upgrade);
/* As waitpid(2) would say it. */
int upgrade_successor_status(const siginfo_t *info);
/* Starts the next generation. 0 or -errno with the reason. */
int upgrade_successor_start(struct baton_upgrade *upgrade, struct baton_error *error);
/* Handles what it has said already. */
void upgrade_successor_poll(struct baton_upgrade *upgrade);
void upgrade_successor_await_term(struct baton_upgrade *upgrade);
/* It is the main process now: tells it, and our own starter. */
void upgrade_successor_confirm(struct baton_upgrade *upgrade);
/* SIGTERM, SIGKILL a little later. */
void upgrade_successor_stop(struct baton_upgrade *upgrade, const char *reason);
void upgrade_successor_kill(struct baton_upgrade *upgrade);
void upgrade_successor_signal(struct baton_upgrade *upgrade, int signal);
/* The next generation again becomes the one to watch: takes both descriptors. */
void upgrade_successor_replace(
	struct baton_upgrade *upgrade, pid_t pid, int take_pidfd, int take_channel);
/* Stops watching, closes what belongs to it; phase NONE. The process goes on. */
void upgrade_successor_forget(struct baton_upgrade *upgrade);
/* At the very end: one that has not taken over is killed and reaped. */
void upgrade_successor_finish(struct baton_upgrade *upgrade);

/* upgrade_starter.c */
void upgrade_starter_init(struct baton_upgrade *upgrade);
/* Reads the environment, and takes what it names. 0 or -errno with the reason. */
int upgrade_starter_open(struct baton_upgrade *upgrade, struct baton_error *error);
void upgrade_starter_ready(struct baton_upgrade *upgrade);
void upgrade_starter_poll(struct baton_upgrade *upgrade);
void upgrade_starter_ask_upgrade(struct baton_upgrade *upgrade);
void upgrade_starter_introduce_successor(struct baton_upgrade *upgrade);
void upgrade_starter_finish(struct baton_upgrade *upgrade);

/* upgrade_drain.c */
void upgrade_drain_init(struct baton_upgrade *upgrade);
void upgrade_drain_begin(struct baton_upgrade *upgrade);
void upgrade_drain_deadline(struct baton_upgrade *upgrade);
void upgrade_drain_end(struct baton_upgrade *upgrade, int status);
void upgrade_drain_finish(struct baton_upgrade *upgrade);

/* upgrade_listeners.c */
void upgrade_listeners_init(struct baton_upgrade *upgrade);
/* Reads what this process inherited. 0 or -errno with the reason. */
int upgrade_listeners_open(struct baton_upgrade *upgrade, struct baton_error *error);
void upgrade_listeners_report_unclaimed(struct baton_upgrade *upgrade);
size_t upgrade_listeners_count_sockets(const struct baton_upgrade *upgrade);
/* Appends the sockets to the map, numbered from 3 on, and their variables to env. */
int upgrade_listeners_encode(const struct baton_upgrade *upgrade, struct baton_spawn_fd *fds,
	unsigned generation, struct env *env);
/* This generation replaces the one that made them. */
void upgrade_listeners_own_paths(struct baton_upgrade *upgrade);
void upgrade_listeners_keep_paths(struct baton_upgrade *upgrade);
void upgrade_listeners_stop(struct baton_upgrade *upgrade);
void upgrade_listeners_finish(struct baton_upgrade *upgrade);

/* upgrade_manager.c */
void upgrade_manager_init(struct baton_upgrade *upgrade);
/* What of env names the manager is set in the child's again. 0 or -ENOMEM. */
int upgrade_manager_pass_on(const struct baton_upgrade *upgrade, struct env *env);
void upgrade_manager_ready(struct baton_upgrade *upgrade);
void upgrade_manager_reloading(struct baton_upgrade *upgrade);
void upgrade_manager_failed(struct baton_upgrade *upgrade, const char *reason);
void upgrade_manager_main(struct baton_upgrade *upgrade, pid_t pid);
void upgrade_manager_stopping(struct baton_upgrade *upgrade);
void upgrade_manager_finish(struct baton_upgrade *upgrade);

/* upgrade_init.c */
void upgrade_init_init(struct baton_upgrade *upgrade);
/* A successor took over: from now on this process is there for the newest generation. */
void upgrade_init_begin(struct baton_upgrade *upgrade);
/* And for nothing else. */
void upgrade_init_stay(struct baton_upgrade *upgrade);
void upgrade_init_finish(struct baton_upgrade *upgrade);

#endif
