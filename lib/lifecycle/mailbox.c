/* SPDX-License-Identifier: MIT */
/* See mailbox.h. */
#include "lifecycle/mailbox.h"

#include <assert.h>
#include <errno.h>
#include <ev.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/mutex.h"

struct mailbox {
	struct list link; /* in mailboxes */
	unsigned users;   /* under mailboxes_lock */
	struct ev_loop *loop;
	ev_async wake;
	pthread_mutex_t lock;
	struct list mails; /* under lock: posted since the loop has looked */
	struct list due;   /* under lock: to be delivered now */
};

/* libev has no place where a loop could say which mailbox is its own. */
static pthread_mutex_t mailboxes_lock = PTHREAD_MUTEX_INITIALIZER;
static struct list mailboxes = { &mailboxes, &mailboxes };

void mail_init(struct mail *mail, void (*deliver)(struct mail *mail))
{
	*mail = (struct mail){ .deliver = deliver };
	list_init(&mail->link);
}

/* Locked. */
static void take_out(struct mail *mail)
{
	list_remove(&mail->link);
	mail->is_posted = false;
}

static void look(struct mailbox *mailbox)
{
	mutex_lock(&mailbox->lock);
	list_move_all(&mailbox->mails, &mailbox->due);
	mutex_unlock(&mailbox->lock);
}

static struct mail *take_due(struct mailbox *mailbox)
{
	struct mail *mail = NULL;

	mutex_lock(&mailbox->lock);
	if (!list_empty(&mailbox->due)) {
		mail = list_first(&mailbox->due, struct mail, link);
		take_out(mail);
	}
	mutex_unlock(&mailbox->lock);
	return mail;
}

static void hold(struct mailbox *mailbox)
{
	mutex_lock(&mailboxes_lock);
	mailbox->users++;
	mutex_unlock(&mailboxes_lock);
}

/* Delivers what is there now: what is posted meanwhile gets its turn after the loop's other
 * events. */
static void on_wake(struct ev_loop *loop, ev_async *w, int revents)
{
	struct mailbox *mailbox = container_of(w, struct mailbox, wake);
	struct mail *mail;

	(void)loop, (void)revents;
	hold(mailbox); /* the last who is told may close it */
	look(mailbox);
	while ((mail = take_due(mailbox)))
		mail->deliver(mail);
	mailbox_close(mailbox);
}

static struct mailbox *find(const struct ev_loop *loop)
{
	list_for_each (pos, &mailboxes) {
		struct mailbox *mailbox = container_of(pos, struct mailbox, link);

		if (mailbox->loop == loop)
			return mailbox;
	}
	return NULL;
}

static struct mailbox *create(struct ev_loop *loop)
{
	struct mailbox *mailbox = malloc(sizeof(*mailbox));

	if (!mailbox)
		return NULL;
	*mailbox = (struct mailbox){ .loop = loop };
	list_init(&mailbox->mails);
	list_init(&mailbox->due);
	mutex_init(&mailbox->lock);
	ev_async_init(&mailbox->wake, on_wake);
	ev_async_start(loop, &mailbox->wake);
	ev_unref(loop);
	list_append(&mailboxes, &mailbox->link);
	return mailbox;
}

int mailbox_open(struct ev_loop *loop, struct mailbox **ret)
{
	mutex_lock(&mailboxes_lock);
	struct mailbox *mailbox = find(loop);

	if (!mailbox)
		mailbox = create(loop);
	if (mailbox)
		mailbox->users++;
	mutex_unlock(&mailboxes_lock);
	if (!mailbox)
		return -ENOMEM;
	*ret = mailbox;
	return 0;
}

void mailbox_close(struct mailbox *mailbox)
{
	if (!mailbox)
		return;
	mutex_lock(&mailboxes_lock);
	bool is_last = --mailbox->users == 0;

	if (is_last)
		list_remove(&mailbox->link);
	mutex_unlock(&mailboxes_lock);
	if (!is_last)
		return;
	assert(list_empty(&mailbox->mails) && list_empty(&mailbox->due));
	ev_ref(mailbox->loop);
	ev_async_stop(mailbox->loop, &mailbox->wake);
	mutex_finish(&mailbox->lock);
	free(mailbox);
}

struct ev_loop *mailbox_loop(const struct mailbox *mailbox)
{
	return mailbox->loop;
}

void mailbox_post(struct mailbox *mailbox, struct mail *mail)
{
	mutex_lock(&mailbox->lock);
	if (!mail->is_posted) {
		/* Within the lock: as soon as it is told, the last user may close the mailbox. */
		if (list_empty(&mailbox->mails))
			ev_async_send(mailbox->loop, &mailbox->wake);
		mail->is_posted = true;
		list_append(&mailbox->mails, &mail->link);
	}
	mutex_unlock(&mailbox->lock);
}

void mailbox_retract(struct mailbox *mailbox, struct mail *mail)
{
	mutex_lock(&mailbox->lock);
	if (mail->is_posted)
		take_out(mail);
	mutex_unlock(&mailbox->lock);
}
