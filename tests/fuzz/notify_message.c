/* SPDX-License-Identifier: MIT */
/*
 * What processes might send to the notify socket. What is taken must be
 * within its bounds, and the status fit for a log line: no control character,
 * valid UTF-8, which a second parse must leave as it is.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notify_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_numbers(const struct notify_message *message)
{
	if (message->fields & NOTIFY_MAINPID ? message->main_pid < 1 : message->main_pid != 0)
		abort();
	if (message->errno_value < 0 || message->errno_value > 4095)
		abort();
	if (!(message->fields & NOTIFY_EXTEND_TIMEOUT) != (message->extend_timeout_usec == 0))
		abort();
	if (!(message->fields & NOTIFY_WATCHDOG_USEC) != (message->watchdog_usec == 0))
		abort();
}

static void check_status(const struct notify_message *message)
{
	struct notify_message again;
	char text[NOTIFY_STATUS_SIZE + 16];

	if (!memchr(message->status, '\0', sizeof(message->status)))
		abort();
	for (const char *c = message->status; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			abort();
	}
	int length = snprintf(text, sizeof(text), "STATUS=%s", message->status);

	if (notify_message_parse(text, (size_t)length, &again, NULL) != 0 ||
		strcmp(again.status, message->status) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct notify_message message;
	struct baton_error error = { "" };
	int r = notify_message_parse((const char *)bytes, length, &message, &error);

	if (r < 0)
		return 0;
	/* A line that is left out is named, in one line of text. */
	if ((r > 0) != (error.text[0] != '\0') || strpbrk(error.text, "\n\r\033"))
		abort();
	check_numbers(&message);
	check_status(&message);
	return 0;
}
