/* SPDX-License-Identifier: MIT */
/* See conversation.h. */
#include "control/conversation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <baton/error.h>

#include "base/clock.h"
#include "base/error.h"
#include "control/client.h"
#include "control/command_options.h"

static int status_of(int error)
{
	switch (error) {
	case -EINVAL:
		return EX_USAGE;
	case -EACCES:
	case -EPERM:
		return EX_NOPERM;
	case -ETIMEDOUT:
		return EX_TEMPFAIL;
	case -EBADMSG:
		return EX_PROTOCOL;
	case -ENOMEM:
		return EX_OSERR;
	}
	return EX_UNAVAILABLE;
}

int conversation_fail(int error, const struct baton_error *reason)
{
	(void)fprintf(stderr, "baton: %s\n", reason->text);
	return status_of(error);
}

/* What the worker that failed wrote on its standard error, if that is known. */
static void print_last_words(const char *words)
{
	if (!words)
		return;
	(void)fprintf(stderr, "baton: the last it wrote on its standard error:\n");
	while (*words) {
		int length = (int)strcspn(words, "\n");

		(void)fprintf(stderr, "  %.*s\n", length, words);
		words += length + (words[length] == '\n');
	}
}

static int refused(json_t *answer)
{
	const char *text = json_string_value(json_object_get(answer, "error"));

	(void)fprintf(stderr, "baton: %s\n", text ? text : "refused without a reason");
	print_last_words(json_string_value(json_object_get(answer, "stderr")));
	text = json_string_value(json_object_get(answer, "hint"));
	if (text)
		(void)fprintf(stderr, "baton: %s\n", text);
	json_decref(answer);
	return EXIT_FAILURE;
}

static int left_ms(const struct conversation *conversation, int64_t began)
{
	int64_t left = conversation->timeout_ms - (clock_ms() - began);

	return conversation->timeout_ms < 0 ? -1 : left > 0 ? (int)left : 0;
}

/* Reads up to the answer. */
static int listen_to(struct client *client, const struct conversation *conversation, json_t **ret)
{
	int64_t began = clock_ms();
	struct baton_error error;
	json_t *object;
	int r;

	while ((r = client_receive(client, left_ms(conversation, began), &object, &error)) > 0) {
		if (json_is_true(json_object_get(object, "ok"))) {
			*ret = object;
			return EX_OK;
		}
		if (json_object_get(object, "ok"))
			return refused(object);
		if (conversation->on_event)
			conversation->on_event(object, conversation->data);
		json_decref(object);
	}
	if (r == -ETIMEDOUT && conversation->late)
		(void)error_set(&error, r, "%s", conversation->late);
	if (r < 0)
		return conversation_fail(r, &error);
	*ret = NULL;
	if (conversation->end_status != EX_OK)
		(void)fprintf(stderr, "baton: the supervisor has gone before it answered\n");
	return conversation->end_status;
}

int conversation_hold(const struct conversation *conversation, json_t **ret)
{
	struct client client;
	struct baton_error error;
	int r = client_open(
		&client, conversation->options->name, conversation->options->control, &error);
	if (r < 0) {
		json_decref(conversation->request);
		return conversation_fail(r, &error);
	}
	r = client_send_take(&client, conversation->request, &error);
	int status = r < 0 ? conversation_fail(r, &error) : listen_to(&client, conversation, ret);

	client_close(&client);
	return status;
}
