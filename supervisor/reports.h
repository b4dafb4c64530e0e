/* SPDX-License-Identifier: MIT */
/*
 * What the machine reports, in words: a line of the log, and the status that baton's own
 * manager shows.
 */
#ifndef SUPERVISOR_REPORTS_H
#define SUPERVISOR_REPORTS_H

struct machine_action;
struct service;

/* action is a REPORT. */
void reports_tell(struct service *service, const struct machine_action *action);

#endif
