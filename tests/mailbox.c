/* SPDX-License-Identifier: MIT */
/* What threads have to say to a loop: lifecycle/mailbox.c. */
#include "lifecycle/mailbox.h"

#include <ev.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "support/loop.h"
#include "support/suite.h"
#include "support/threads.h"

enum { SENDERS = 4, MAILS = 1000 };

struct letter {
	struct mail mail;
	int deliveries;
	unsigned order;      /* of its last delivery, among all */
	struct letter *next; /* which its delivery posts, or NULL */
};

static struct mailbox *mailbox;
static struct letter a, b, c;
static int deliveries; /* of all */

static void deliver(struct mail *mail)
{
	struct letter *letter = container_of(mail, struct letter, mail);

	letter->deliveries++;
	letter->order = ++deliveries;
	if (letter->next)
		mailbox_post(mailbox, &letter->next->mail);
}

static void init(struct letter *letter)
{
	*letter = (struct letter){ .deliveries = 0 };
	mail_init(&letter->mail, deliver);
}

static void open_mailbox(void)
{
	loop_make();
	ck_assert_int_eq(mailbox_open(case_loop, &mailbox), 0);
	init(&a);
	init(&b);
	init(&c);
	deliveries = 0;
}

static void close_mailbox(void)
{
	mailbox_close(mailbox);
	loop_remove();
}

static void post(struct letter *letter)
{
	mailbox_post(mailbox, &letter->mail);
}

START_TEST(mail_is_delivered_from_the_loop_and_not_before)
{
	post(&a);
	ck_assert_uint_eq(a.deliveries, 0);
	loop_await(&a.deliveries, 1);
}
END_TEST

START_TEST(mail_is_delivered_once_however_often_it_is_posted)
{
	for (int i = 0; i < 10; i++)
		post(&a);
	loop_await(&deliveries, 1);
	(void)loop_turn();
	ck_assert_uint_eq(a.deliveries, 1);
	post(&a);
	loop_await(&deliveries, 2);
	(void)loop_turn();
	ck_assert_uint_eq(a.deliveries, 2);
}
END_TEST

START_TEST(mail_is_delivered_in_the_order_of_the_first_post)
{
	post(&b);
	post(&c);
	post(&a);
	post(&b);
	loop_await(&deliveries, 3);
	ck_assert_uint_eq(b.order, 1);
	ck_assert_uint_eq(c.order, 2);
	ck_assert_uint_eq(a.order, 3);
}
END_TEST

static void count_tick(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	++*(int *)w->data;
}

/* Mail without end does not keep the loop's other events waiting. */
START_TEST(what_is_posted_within_a_delivery_gets_its_turn_later)
{
	int ticks = 0;
	ev_timer timer;

	a.next = &b;
	b.next = &a;
	post(&a);
	loop_await(&deliveries, 1);
	ck_assert_uint_eq(b.deliveries, 0);
	loop_await(&deliveries, 2);
	ck_assert_uint_eq(b.deliveries, 1);
	ck_assert_uint_eq(a.deliveries, 1);

	ev_timer_init(&timer, count_tick, 0.001, 0);
	timer.data = &ticks;
	ev_timer_start(case_loop, &timer);
	loop_await(&ticks, 1);
	a.next = NULL;
	b.next = NULL;
	(void)loop_turn();
	(void)loop_turn();
}
END_TEST

START_TEST(retracted_mail_is_not_delivered)
{
	mailbox_retract(mailbox, &a.mail); /* was not posted */
	post(&a);
	post(&b);
	mailbox_retract(mailbox, &a.mail);
	mailbox_retract(mailbox, &a.mail);
	loop_await(&b.deliveries, 1);
	ck_assert_uint_eq(a.deliveries, 0);
	post(&a);
	loop_await(&a.deliveries, 1);
}
END_TEST

START_TEST(mail_posted_again_after_it_was_retracted_is_at_the_end)
{
	post(&a);
	post(&b);
	mailbox_retract(mailbox, &a.mail);
	post(&a);
	loop_await(&deliveries, 2);
	ck_assert_uint_eq(b.order, 1);
	ck_assert_uint_eq(a.order, 2);
}
END_TEST

static void retract_b(struct mail *mail)
{
	deliver(mail);
	mailbox_retract(mailbox, &b.mail);
}

START_TEST(mail_may_be_retracted_within_the_delivery_of_another)
{
	mail_init(&a.mail, retract_b);
	post(&a);
	post(&b);
	post(&c);
	loop_await(&c.deliveries, 1);
	(void)loop_turn();
	ck_assert_uint_eq(a.deliveries, 1);
	ck_assert_uint_eq(b.deliveries, 0);
}
END_TEST

static void replace_b(struct mail *mail)
{
	retract_b(mail);
	if (a.deliveries == 1)
		post(&a);
}

START_TEST(what_is_posted_in_place_of_retracted_mail_gets_its_turn_later)
{
	mail_init(&a.mail, replace_b);
	post(&a);
	post(&b);
	(void)loop_turn();
	ck_assert_uint_eq(a.deliveries, 1);
	(void)loop_turn();
	ck_assert_uint_eq(a.deliveries, 2);
	ck_assert_uint_eq(b.deliveries, 0);
}
END_TEST

static void free_letter(struct mail *mail)
{
	deliver(mail);
	free(container_of(mail, struct letter, mail));
}

START_TEST(delivery_may_free_the_mail)
{
	struct letter *letter = malloc(sizeof(*letter));

	ck_assert_ptr_nonnull(letter);
	init(letter);
	mail_init(&letter->mail, free_letter);
	post(letter);
	loop_await(&deliveries, 1);
}
END_TEST

static void close_it(struct mail *mail)
{
	deliver(mail);
	mailbox_close(mailbox);
	mailbox = NULL;
}

START_TEST(mailbox_may_be_closed_within_the_last_delivery)
{
	mail_init(&b.mail, close_it);
	post(&a);
	post(&b);
	loop_await(&deliveries, 2);
	ck_assert_ptr_null(mailbox);
	ck_assert_int_eq(mailbox_open(case_loop, &mailbox), 0);
	post(&c);
	loop_await(&deliveries, 3);
}
END_TEST

START_TEST(loop_has_one_mailbox_for_all)
{
	struct ev_loop *other_loop = ev_loop_new(EVFLAG_AUTO);
	struct mailbox *same, *other;

	ck_assert_int_eq(mailbox_open(case_loop, &same), 0);
	ck_assert_int_eq(mailbox_open(other_loop, &other), 0);
	ck_assert_ptr_eq(same, mailbox);
	ck_assert_ptr_ne(other, mailbox);
	ck_assert_ptr_eq(mailbox_loop(same), case_loop);
	ck_assert_ptr_eq(mailbox_loop(other), other_loop);
	mailbox_close(same);
	mailbox_close(other);
	ev_loop_destroy(other_loop);
	post(&a);
	loop_await(&deliveries, 1);
}
END_TEST

START_TEST(mailbox_does_not_keep_the_loop_running)
{
	int ticks = 0;
	ev_timer timer;

	loop_run();
	mailbox_close(mailbox);
	loop_run();

	/* Nor does it take away what does. */
	ck_assert_int_eq(mailbox_open(case_loop, &mailbox), 0);
	ev_timer_init(&timer, count_tick, 0.001, 0);
	timer.data = &ticks;
	ev_timer_start(case_loop, &timer);
	loop_run();
	ck_assert_uint_eq(ticks, 1);
	ev_timer_start(case_loop, &timer);
	mailbox_close(mailbox);
	loop_run();
	ck_assert_uint_eq(ticks, 2);
	mailbox = NULL;
}
END_TEST

START_TEST(closing_no_mailbox_does_nothing)
{
	mailbox_close(NULL);
}
END_TEST

static struct letter letters[SENDERS][MAILS];

static void send_all(unsigned index)
{
	for (unsigned i = 0; i < MAILS; i++)
		post(&letters[index][i]);
}

START_TEST(mail_of_each_thread_arrives_in_its_order)
{
	for (unsigned i = 0; i < SENDERS; i++)
		for (unsigned j = 0; j < MAILS; j++)
			init(&letters[i][j]);
	threads_start(SENDERS, send_all);
	loop_await(&deliveries, SENDERS * MAILS);
	threads_join();
	(void)loop_turn();
	for (unsigned i = 0; i < SENDERS; i++)
		for (unsigned j = 0; j < MAILS; j++) {
			ck_assert_uint_eq(letters[i][j].deliveries, 1);
			ck_assert(j == 0 || letters[i][j - 1].order < letters[i][j].order);
		}
}
END_TEST

START_TEST(mail_is_retracted_while_threads_post)
{
	for (unsigned i = 0; i < SENDERS; i++)
		for (unsigned j = 0; j < MAILS; j++)
			init(&letters[i][j]);
	threads_start(SENDERS, send_all);
	for (unsigned j = 0; j < MAILS; j++) {
		if (j % 100 == 0)
			(void)loop_turn();
		for (unsigned i = 0; i < SENDERS; i++)
			mailbox_retract(mailbox, &letters[i][j].mail);
	}
	threads_join();
	(void)loop_turn();
	for (unsigned i = 0; i < SENDERS; i++)
		for (unsigned j = 0; j < MAILS; j++)
			ck_assert_uint_le(letters[i][j].deliveries, 1);
}
END_TEST

static atomic_uint said;
static int heard;

static void hear(struct mail *mail)
{
	deliver(mail);
	heard = atomic_load(&said);
}

static void say(unsigned index)
{
	(void)index;
	for (unsigned i = 0; i < MAILS; i++) {
		atomic_fetch_add(&said, 1);
		post(&a);
	}
}

/* Each post is followed by a delivery, whoever else has posted the same. */
START_TEST(no_post_is_lost_when_threads_post_the_same_mail)
{
	mail_init(&a.mail, hear);
	threads_start(SENDERS, say);
	loop_await(&heard, SENDERS * MAILS);
	threads_join();
	(void)loop_turn();
	ck_assert_uint_le(deliveries, SENDERS * MAILS);
}
END_TEST

static void post_in_thread(unsigned index)
{
	(void)index;
	post(&b);
}

/* So whoever is told of something may free all of it at once. */
START_TEST(mailbox_may_be_closed_as_soon_as_a_thread_has_posted)
{
	for (int i = 0; i < 50; i++) {
		if (!mailbox)
			ck_assert_int_eq(mailbox_open(case_loop, &mailbox), 0);
		init(&b);
		mail_init(&b.mail, close_it);
		threads_start(1, post_in_thread);
		loop_await(&b.deliveries, 1);
		ck_assert_ptr_null(mailbox);
		threads_join();
	}
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		mail_is_delivered_from_the_loop_and_not_before,
		mail_is_delivered_once_however_often_it_is_posted,
		mail_is_delivered_in_the_order_of_the_first_post,
		what_is_posted_within_a_delivery_gets_its_turn_later,
		retracted_mail_is_not_delivered,
		mail_posted_again_after_it_was_retracted_is_at_the_end,
		mail_may_be_retracted_within_the_delivery_of_another,
		what_is_posted_in_place_of_retracted_mail_gets_its_turn_later,
		delivery_may_free_the_mail,
		mailbox_may_be_closed_within_the_last_delivery,
		loop_has_one_mailbox_for_all,
		mailbox_does_not_keep_the_loop_running,
		closing_no_mailbox_does_nothing,
		mail_of_each_thread_arrives_in_its_order,
		mail_is_retracted_while_threads_post,
		no_post_is_lost_when_threads_post_the_same_mail,
		mailbox_may_be_closed_as_soon_as_a_thread_has_posted,
	};

	return suite_run(&(struct suite){
		.name = "mailbox",
		.cases = cases,
		.count = array_length(cases),
		.setup = open_mailbox,
		.teardown = close_mailbox,
	});
}
