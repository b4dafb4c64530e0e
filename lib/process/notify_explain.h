/* SPDX-License-Identifier: MIT */
/* Why the service manager cannot be told, with the value of the variable that names it. */
#ifndef PROCESS_NOTIFY_EXPLAIN_H
#define PROCESS_NOTIFY_EXPLAIN_H

struct baton_error;

/* code is what baton_notify returned, below 0; so is what this returns. */
int notify_explain(int code, struct baton_error *error);

#endif
