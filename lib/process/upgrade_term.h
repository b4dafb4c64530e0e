/* SPDX-License-Identifier: MIT */
/*
 * Whose SIGTERM it is, the successor's or an operator's: the signal does not
 * tell. What is known is that a successor sends one, after it has said on the
 * channel that it accepts. So of all that come after that
 *
 * - the first counts as the successor's, whosever it was: the hand-over begins;
 * - a second one soon after proves that an operator has sent one of the two.
 *   He did not know of the hand-over, and meant the server: the stop is for the
 *   successor too. It does not hurry the drain, which has only just begun;
 * - any later one is an operator's, for this process alone.
 *
 * If both come before either is handled, the kernel makes them one: then the
 * server goes on in its successor, as it does when the operator is a little
 * late. Pure: no clock, no signals.
 */
#ifndef PROCESS_UPGRADE_TERM_H
#define PROCESS_UPGRADE_TERM_H

enum upgrade_term_state {
	UPGRADE_TERM_NONE,     /* no successor has said that it accepts */
	UPGRADE_TERM_PROMISED, /* one has: its SIGTERM comes, be it late */
	UPGRADE_TERM_LAPSING,  /* that one has ended: comes until the time, or never */
	UPGRADE_TERM_CAME,     /* until the time, another is for the successor too */
};

enum upgrade_term_sense {
	UPGRADE_TERM_OF_SUCCESSOR,
	UPGRADE_TERM_STOPS_BOTH,
	UPGRADE_TERM_STOPS_THIS,
};

/* Zeroed: NONE. */
struct upgrade_term {
	enum upgrade_term_state state;
	double until; /* seconds, of LAPSING and CAME */
};

/* A successor accepts. */
void upgrade_term_promise(struct upgrade_term *term);

/* The successor has ended: what it sent is on its way already. */
void upgrade_term_lapse(struct upgrade_term *term, double now);

/* SIGTERM has come. What it means. */
enum upgrade_term_sense upgrade_term_take(struct upgrade_term *term, double now);

#endif
