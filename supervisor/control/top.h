/* SPDX-License-Identifier: MIT */
/* The status of a service on a terminal, again every second. */
#ifndef SUPERVISOR_CONTROL_TOP_H
#define SUPERVISOR_CONTROL_TOP_H

struct command_options;

/* Until the service ends, or the user has enough (^C). The exit status. */
int top_show(const struct command_options *options);

#endif
