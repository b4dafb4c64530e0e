/* SPDX-License-Identifier: MIT */
/*
 * Whose SIGTERM it is, the successor's or an operator's: the signal does not
 * tell. What is known is that a successor sends one, after it has said on the
 * channel that it accepts. So of all that come after that
 *
 * - the first counts as the successor's, whosever it was: the hand-over begins;
 * - one soon after says nothing new: an operator who retires the old process by
 *   hand, as he does with servers that do not by themselves, has sent one of the
 *   two. This process drains already, and that has only just begun;
 * - any later one is an operator's, who wants this process to hurry.
 *
 * None of them concerns the successor: it has been told nothing, and the server goes
 * on in it. So it does if the kernel makes two signals one. Pure: no clock, no
 * signals.
 */
#ifndef PROCESS_UPGRADE_TERM_H
#define PROCESS_UPGRADE_TERM_H

enum upgrade_term_state {
	UPGRADE_TERM_NONE,     /* no successor has said that it accepts */
	UPGRADE_TERM_PROMISED, /* one has: its SIGTERM comes, be it late */
	UPGRADE_TERM_LAPSING,  /* that one has ended: comes until the time, or never */
	UPGRADE_TERM_CAME,     /* until the time, another says nothing new */
};

enum upgrade_term_sense {
	UPGRADE_TERM_OF_SUCCESSOR,
	UPGRADE_TERM_REPEATED, /* so soon after the successor's that it tells no more */
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
