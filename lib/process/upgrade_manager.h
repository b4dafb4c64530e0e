/* SPDX-License-Identifier: MIT */
/*
 * What the service manager is told, sd_notify(3). Without one all of this does
 * nothing; what cannot be sent is logged.
 */
#ifndef PROCESS_UPGRADE_MANAGER_H
#define PROCESS_UPGRADE_MANAGER_H

#include <ev.h>
#include <sys/types.h>

struct baton_upgrade;
struct env;

struct upgrade_manager {
	ev_timer watchdog;
};

void upgrade_manager_init(struct baton_upgrade *upgrade);

/* What of env names the manager is set in the child's again. 0 or -ENOMEM. */
int upgrade_manager_pass_on(const struct baton_upgrade *upgrade, struct env *env);

/* READY=1, and WATCHDOG=1 from now on. */
void upgrade_manager_ready(struct baton_upgrade *upgrade);

/* RELOADING=1 */
void upgrade_manager_reloading(struct baton_upgrade *upgrade);

/* READY=1 and the reason: the protocol has no failed reload. */
void upgrade_manager_failed(struct baton_upgrade *upgrade, const char *reason);

/* STATUS=, what an operator sees of it. */
void upgrade_manager_status(struct baton_upgrade *upgrade, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* MAINPID=; the watchdog is that one's from now on. */
void upgrade_manager_main(struct baton_upgrade *upgrade, pid_t pid);

/* STOPPING=1, and for how long. */
void upgrade_manager_stopping(struct baton_upgrade *upgrade);
void upgrade_manager_finish(struct baton_upgrade *upgrade);

#endif
