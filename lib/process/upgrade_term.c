/* SPDX-License-Identifier: MIT */
/* See upgrade_term.h. */
#include "process/upgrade_term.h"

/* The successor sends it with the next call after its message, if it is let run. */
#define SOON 1.0

void upgrade_term_promise(struct upgrade_term *term)
{
	*term = (struct upgrade_term){ .state = UPGRADE_TERM_PROMISED };
}

void upgrade_term_lapse(struct upgrade_term *term, double now)
{
	if (term->state == UPGRADE_TERM_PROMISED)
		*term = (struct upgrade_term){ UPGRADE_TERM_LAPSING, now + SOON };
}

enum upgrade_term_sense upgrade_term_take(struct upgrade_term *term, double now)
{
	enum upgrade_term_state state = term->state;

	if ((state == UPGRADE_TERM_LAPSING || state == UPGRADE_TERM_CAME) && now >= term->until)
		state = UPGRADE_TERM_NONE;
	switch (state) {
	case UPGRADE_TERM_PROMISED:
		*term = (struct upgrade_term){ UPGRADE_TERM_CAME, now + SOON };
		return UPGRADE_TERM_OF_SUCCESSOR;
	case UPGRADE_TERM_LAPSING:
		*term = (struct upgrade_term){ .state = UPGRADE_TERM_NONE };
		return UPGRADE_TERM_OF_SUCCESSOR;
	case UPGRADE_TERM_CAME:
		return UPGRADE_TERM_REPEATED;
	case UPGRADE_TERM_NONE:
		break;
	}
	return UPGRADE_TERM_STOPS_THIS;
}
