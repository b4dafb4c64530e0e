/* SPDX-License-Identifier: MIT */
/* All services at once: supervisor/control/list.c. */
#include "control/list.h"

#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "support/suite.h"

/* What is listed of a status. */
static void check(const char *status, const char *expected)
{
	json_t *answer = status ? json_loads(status, 0, NULL) : NULL;
	json_t *object = list_describe("app", answer);
	char *text = json_dumps(object, JSON_COMPACT);

	ck_assert_str_eq(text, expected);
	free(text);
	json_decref(object);
	json_decref(answer);
}

START_TEST(generation_that_serves_is_named)
{
	check("{\"name\":\"app\",\"pid\":7,\"state\":\"upgrading\",\"command\":[\"./a\",\"-x\"],"
	      "\"generations\":[{\"generation\":1,\"state\":\"draining\"},{\"generation\":2,"
	      "\"state\":\"serving\"},{\"generation\":3,\"state\":\"starting\"}]}",
		"{\"name\":\"app\",\"pid\":7,\"state\":\"upgrading\",\"generation\":2,"
		"\"command\":\"./a -x\"}");
}
END_TEST

START_TEST(else_it_is_the_newest)
{
	check("{\"pid\":7,\"state\":\"stopping\",\"generations\":[{\"generation\":1,\"state\":"
	      "\"hammered\"},{\"generation\":2,\"state\":\"draining\"}]}",
		"{\"name\":\"app\",\"pid\":7,\"state\":\"stopping\",\"generation\":2,"
		"\"command\":\"\"}");
}
END_TEST

START_TEST(who_does_not_answer_is_there_all_the_same)
{
	check(NULL, "{\"name\":\"app\",\"state\":\"silent\"}");
	check("[]", "{\"name\":\"app\",\"command\":\"\"}");
	check("{\"generations\":[[],{\"state\":7}],\"command\":[1]}",
		"{\"name\":\"app\",\"command\":\"\"}");
}
END_TEST

static char *render(const char *json, int width)
{
	struct strbuf out = STRBUF_INIT;
	json_t *services = json_loads(json, 0, NULL);

	ck_assert_ptr_nonnull(services);
	list_render(services, &(struct table_style){ .width = width }, &out);
	json_decref(services);
	return strbuf_take(&out);
}

START_TEST(each_has_a_line_and_what_is_held_is_explained)
{
	char *text = render("[{\"name\":\"app\",\"pid\":7,\"state\":\"serving\",\"generation\":2,"
			    "\"command\":\"./a -x\"},{\"name\":\"old\",\"state\":\"held\","
			    "\"holder\":9,\"sockets\":1,\"workers\":2,\"command\":\"./b\"},"
			    "{\"name\":\"dumb\",\"state\":\"silent\"}]",
		0);

	ck_assert_str_eq(text,
		"NAME  PID  STATE    GEN  COMMAND\n"
		"app   7    serving  2    ./a -x\n"
		"old   -    held     -    ./b\n"
		"dumb  -    silent   -\n"
		"old: its baton was killed, a holder (pid 9) has 1 socket: start it again with "
		"--name old\n");
	free(text);
}
END_TEST

START_TEST(none_is_a_heading)
{
	char *text = render("[]", 0);

	ck_assert_str_eq(text, "NAME  PID  STATE  GEN  COMMAND\n");
	free(text);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		generation_that_serves_is_named,
		else_it_is_the_newest,
		who_does_not_answer_is_there_all_the_same,
		each_has_a_line_and_what_is_held_is_explained,
		none_is_a_heading,
	};

	return SUITE_RUN("list", cases);
}
