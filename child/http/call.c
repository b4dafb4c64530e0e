/* SPDX-License-Identifier: MIT */
/* See call.h. */
#include "http/call.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "http/accept.h"
#include "http/response.h"

enum call_progress call_answer_status(struct call *call, int status)
{
	struct answer *answer = &call->answer;

	buffer_clear(&answer->content);
	answer->status = status;
	answer->type = "text/plain";
	answer->produce = NULL;
	answer->file = -1;
	answer->file_left = 0;
	/* Without memory it is an answer without words. */
	(void)buffer_appendf(&answer->content, "%s\n", response_reason(status));
	return CALL_ANSWERED;
}

enum call_progress call_answer_bad_query(struct call *call, const char *name, const char *what)
{
	(void)call_answer_status(call, 400);
	(void)buffer_appendf(&call->answer.content, "%s: %s\n", name, what);
	return CALL_ANSWERED;
}

enum call_progress call_answer_bad_number(struct call *call, const char *name, int max)
{
	char what[48];

	(void)snprintf(what, sizeof(what), "not a number up to %d", max);
	return call_answer_bad_query(call, name, what);
}

int call_query_number(const struct call *call, const char *name, int absent, int max)
{
	struct request_part query = call->request->query;

	return query_number(request_text(call->head, query), query.size, name, absent, max);
}

bool call_query_has(const struct call *call, const char *name, const char *value)
{
	struct request_part query = call->request->query;

	return query_has(request_text(call->head, query), query.size, name, value);
}

int call_wants_json(const struct call *call, const char *other, const char *type)
{
	struct request_part accept = call->request->kept[REQUEST_ACCEPT];

	if (call_query_has(call, "format", "json"))
		return 1;
	if (call_query_has(call, "format", other))
		return 0;
	if (call_query_has(call, "format", NULL))
		return -EINVAL;
	return accept.size &&
		accept_prefers_json(request_text(call->head, accept), accept.size, type);
}
