/* SPDX-License-Identifier: MIT */
/* See head.h. */
#include "support/head.h"

#include <check.h>
#include <string.h>

struct request head_parse(const char *head)
{
	struct request request = { 0 };

	ck_assert_msg(request_parse(&request, head, strlen(head)) == REQUEST_COMPLETE,
		"refused with %d: %s", request.refusal, head);
	return request;
}
