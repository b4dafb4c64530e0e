/* SPDX-License-Identifier: MIT */
/* Carries out what the machine decides: one function per action, on real processes and timers. */
#ifndef SUPERVISOR_ACTIONS_H
#define SUPERVISOR_ACTIONS_H

struct machine_action;
struct service;

void actions_carry_out(struct service *service, const struct machine_action *action);

#endif
