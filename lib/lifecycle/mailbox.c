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
	struct list mails; /* under lock */
	size_t count;      /* of mails */
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
static void take_out(struct mailbox *mailbox, struct mail *mail)
{
	list_remove(&mail->link);
	mail->is_posted = false;
	mailbox->count--;
}

static struct mail *take_first(struct mailbox *mailbox)
{
	struct mail *mail = NULL;

	mutex_lock(&mailbox->lock);
	if (!list_empty(&mailbox->mails)) {
		mail = list_first(&mailbox->mails, struct mail, link);
		take_out(mailbox, mail);
	}
	mutex_unlock(&mailbox->lock);
	return mail;
}

static size_t count_mails(struct mailbox *mailbox)
{
	mutex_lock(&mailbox->lock);
	size_t count = mailbox->count;

	mutex_unlock(&mailbox->lock);
	return count;
}

static void hold(struct mailbox *mailbox)
{
	mutex_lock(&mailboxes_lock);
	mailbox->users++;
	mutex_unlock(&mailboxes_lock);
}

/* Delivers what is there now: what is posted meanwhile gets its turn after the loop's other events. */
static void on_wake(struct ev_loop *loop, ev_async *w, int revents)
{
	struct mailbox *mailbox = container_of(w, struct mailbox, wake);
	size_t left = count_mails(mailbox);

	(void)loop, (void)revents;
	hold(mailbox); /* the last who is told may close it */
	while (left--) {
		struct mail *mail = take_first(mailbox);

		if (mail)
			mail->deliver(mail);
	}
	if (count_mails(mailbox))
		ev_async_send(mailbox->loop, &mailbox->wake);
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
	assert(list_empty(&mailbox->mails));
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
	bool was_empty = mailbox->count == 0;

	if (!mail->is_posted) {
		mail->is_posted = true;
		list_append(&mailbox->mails, &mail->link);
		mailbox->count++;
	}
	/* Within the lock: as soon as it is told, the last user may close the mailbox. */
	if (was_empty)
		ev_async_send(mailbox->loop, &mailbox->wake);
	mutex_unlock(&mailbox->lock);
}

void mailbox_retract(struct mailbox *mailbox, struct mail *mail)
{
	mutex_lock(&mailbox->lock);
	if (mail->is_posted)
		take_out(mailbox, mail);
	mutex_unlock(&mailbox->lock);
}
