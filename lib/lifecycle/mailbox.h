/* SPDX-License-Identifier: MIT */
/*
 * What any thread has to say to a loop. A loop has one mailbox, made by the
 * first who needs it and freed by the last who lets go of it, so that
 * 100,000 contexts wake the loop by one ev_async. It does not keep the loop
 * running: whoever waits for mail does that, by ev_ref(3).
 */
#ifndef LIFECYCLE_MAILBOX_H
#define LIFECYCLE_MAILBOX_H

#include <stdbool.h>

#include "base/list.h"

struct ev_loop;
struct mailbox;

/* In the memory of whoever is to be told. */
struct mail {
	struct list link; /* the mailbox's */
	bool is_posted;   /* likewise */
	/* On the loop's thread, from the loop; may free what the mail is in. */
	void (*deliver)(struct mail *mail);
};

void mail_init(struct mail *mail, void (*deliver)(struct mail *mail));

/* The loop's mailbox, on its thread. 0 or -ENOMEM. */
int mailbox_open(struct ev_loop *loop, struct mailbox **ret);

/* On the loop's thread; NULL is allowed. Nothing of the caller's may be left in it. */
void mailbox_close(struct mailbox *mailbox);

/* The loop it belongs to. */
struct ev_loop *mailbox_loop(const struct mailbox *mailbox);

/*
 * Has the mail delivered, once, however often it is posted before that; those
 * of one thread in their order. Any thread, as long as nobody closes the
 * mailbox meanwhile.
 */
void mailbox_post(struct mailbox *mailbox, struct mail *mail);

/* On the loop's thread: it is not delivered, unless it is posted again. */
void mailbox_retract(struct mailbox *mailbox, struct mail *mail);

#endif
