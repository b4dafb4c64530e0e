/* SPDX-License-Identifier: MIT */
/*
 * The events, one function each. What happens then depends on the state, and
 * is decided in upgrade_policy.c alone; other parts only call these.
 */
#ifndef PROCESS_UPGRADE_POLICY_H
#define PROCESS_UPGRADE_POLICY_H

struct baton_upgrade;

/* SIGHUP, or the host asks for it. */
void upgrade_policy_upgrade(struct baton_upgrade *upgrade);

/* SIGTERM, whose ever it is: see upgrade_term.h. */
void upgrade_policy_term(struct baton_upgrade *upgrade);

/* SIGINT, or the host asks for it: certainly not the successor. */
void upgrade_policy_stop(struct baton_upgrade *upgrade);

/* SIGQUIT. */
void upgrade_policy_quit(struct baton_upgrade *upgrade);

/* The host accepts. */
void upgrade_policy_ready(struct baton_upgrade *upgrade);

/* Our predecessor has let go, or does not answer, or there is none. */
void upgrade_policy_confirmed(struct baton_upgrade *upgrade);

/* The host has nothing left to finish. */
void upgrade_policy_host_drained(struct baton_upgrade *upgrade);

/* The host has not come to an end after the deadline. */
void upgrade_policy_hammer(struct baton_upgrade *upgrade);

/* The successor says that it accepts. */
void upgrade_policy_successor_ready(struct baton_upgrade *upgrade);

/* The successor has been passed all that can be passed now. */
void upgrade_policy_passed(struct baton_upgrade *upgrade);

/* The time of its phase is over. */
void upgrade_policy_successor_timeout(struct baton_upgrade *upgrade);

/* It has ended; status as of waitpid(2), or UPGRADE_STATUS_UNKNOWN. */
void upgrade_policy_successor_ended(struct baton_upgrade *upgrade, int status);

#endif
