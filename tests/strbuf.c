/* SPDX-License-Identifier: MIT */
/* The growing string: base/strbuf.c. */
#include "base/strbuf.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "support/suite.h"

START_TEST(empty_string_is_taken_as_empty_text)
{
	struct strbuf buf = STRBUF_INIT;
	cleanup_free char *text = strbuf_take(&buf);

	ck_assert_str_eq(text, "");
	ck_assert_ptr_null(buf.text);
}
END_TEST

START_TEST(appends_grow_and_keep_order)
{
	struct strbuf buf = STRBUF_INIT;

	for (int i = 0; i < 100; i++) {
		strbuf_append(&buf, "ab");
		strbuf_append_bytes(&buf, "c\0d", 3);
		strbuf_appendf(&buf, "%03d", i);
	}
	ck_assert_uint_eq(buf.length, 800);
	ck_assert_mem_eq(buf.text + 792, "abc\0d099", 9);
	strbuf_finish(&buf);
	ck_assert_ptr_null(buf.text);
}
END_TEST

START_TEST(broken_string_is_told_once_at_the_end)
{
	struct strbuf buf = STRBUF_INIT;

	strbuf_append(&buf, "a");
	buf.is_broken = true;
	strbuf_append(&buf, "b");
	ck_assert_ptr_null(strbuf_take(&buf));
	ck_assert(!buf.is_broken);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		empty_string_is_taken_as_empty_text,
		appends_grow_and_keep_order,
		broken_string_is_told_once_at_the_end,
	};

	return SUITE_RUN("strbuf", cases);
}
