/* SPDX-License-Identifier: MIT */
/*
 * What clients might send to the control socket, a line. What is taken is an object with a command
 * that is text; what is refused has a reason, which can be answered in one line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control/protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_request(const json_t *request)
{
	struct baton_error error = { "" };
	json_int_t number = 5;
	bool flag = false;
	const char *text = "";

	if (!json_is_string(json_object_get(request, "command")))
		abort();
	if (protocol_get_number(request, "generation", 1, 9, &number, &error) == 0 &&
		(number < 1 || number > 9))
		abort();
	if (protocol_get_bool(request, "wait", &flag, &error) < 0 && !error.text[0])
		abort();
	if (protocol_get_text(request, "program", &text, &error) == 0 && !text)
		abort();
}

static void check_refusal(const struct baton_error *error)
{
	json_t *answer = protocol_refusal(error->text);
	char *line = json_dumps(answer, JSON_COMPACT);

	if (!error->text[0] || !line || strchr(line, '\n'))
		abort();
	free(line);
	json_decref(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct baton_error error = { "" };
	json_t *request;

	if (protocol_parse((const char *)bytes, length, &request, &error) < 0) {
		check_refusal(&error);
		return 0;
	}
	check_request(request);
	json_decref(request);
	return 0;
}
