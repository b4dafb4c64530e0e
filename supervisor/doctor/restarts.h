/* SPDX-License-Identifier: MIT */
/* Restarts the server of a trial again and again while clients ask, until something is lost. */
#ifndef SUPERVISOR_DOCTOR_RESTARTS_H
#define SUPERVISOR_DOCTOR_RESTARTS_H

struct attempt;
struct load;
struct pace;
struct trial;

enum {
	RESTARTS_DRAIN_MS = 5000,  /* --drain-timeout of a trial */
	RESTARTS_MARGIN_MS = 3000, /* for baton to do and say what it does beside */
};

/* All borrowed; the load is started. */
struct restarts {
	struct trial *trial;
	struct load *load;
	struct pace *pace;
	int wanted;
	int ready_timeout_ms;
};

/* Notes in the attempt what came of them. 0; or -ETIMEDOUT, -EINTR or -ETIME as pace_await. */
int restarts_make(const struct restarts *restarts, struct attempt *attempt);

#endif
