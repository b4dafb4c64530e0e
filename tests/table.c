/* SPDX-License-Identifier: MIT */
/* Text in columns: supervisor/control/table.c. */
#include "control/table.h"

#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

static struct table table;
static struct strbuf out;

static void setup(void)
{
	table = (struct table){ 0 };
	out = (struct strbuf)STRBUF_INIT;
}

static void add(const char *first, const char *second, const char *third)
{
	table_add_row(&table);
	table_set(&table, 0, TABLE_BOLD, "%s", first);
	table_set(&table, 1, TABLE_PLAIN, "%s", second);
	table_set(&table, 2, TABLE_BAD, "%s", third);
}

static void expect(int width, bool has_color, const char *expected)
{
	table_render(&table, &(struct table_style){ width, has_color }, &out);
	char *text = strbuf_take(&out);

	ck_assert_str_eq(text, expected);
	free(text);
	ck_assert_uint_eq(table.count, 0);
}

START_TEST(columns_stand_below_each_other)
{
	add("A", "long", "x");
	add("long one", "b", "");
	add("", "", "z");
	expect(0, false, "A         long  x\nlong one  b\n                z\n");
}
END_TEST

START_TEST(what_is_too_wide_is_cut)
{
	add("A", "long", "xyz");
	add("B", "l", "");
	expect(7, false, "A  long\nB  l\n");
	add("A", "long", "xyz");
	expect(10, false, "A  long  x\n");
	add("A", "long", "xyz");
	expect(1, false, "A\n");
}
END_TEST

START_TEST(characters_are_counted_and_never_cut_in_two)
{
	add("\xc3\xa4\xc3\xb6", "b", "");
	add("abc", "d", "");
	expect(0, false, "\xc3\xa4\xc3\xb6   b\nabc  d\n");
	add("\xc3\xa4\xc3\xb6", "", "");
	expect(1, false, "\xc3\xa4\n");
}
END_TEST

START_TEST(colors_take_no_room)
{
	add("A", "b", "c");
	add("AA", "b", "");
	expect(0, true, "\033[1mA\033[0m   b  \033[31mc\033[0m\n\033[1mAA\033[0m  b\n");
}
END_TEST

START_TEST(what_could_trouble_a_terminal_is_left_out)
{
	table_line("a\033[2Jb\nc\177", TABLE_PLAIN, &(struct table_style){ 0 }, &out);
	char *text = strbuf_take(&out);

	ck_assert_str_eq(text, "a?[2Jb?c?\n");
	free(text);
}
END_TEST

START_TEST(no_row_is_nothing)
{
	expect(0, true, "");
}
END_TEST

START_TEST(last_column_goes_on_in_the_next_line)
{
	table.wraps = true;
	add("A", "long", "once upon a time there was a server that went on and on");
	add("B", "", "short");
	expect(34, false,
		"A  long  once upon a time there\n"
		"         was a server that went on\n"
		"         and on\n"
		"B        short\n");
}
END_TEST

START_TEST(last_column_begins_in_the_next_line_where_there_is_no_room)
{
	table.wraps = true;
	add("A", "long", "once upon a time");
	add("B", "x", "short");
	expect(19, false, "A  long\n    once upon a\n    time\nB  x     short\n");
	table.wraps = true;
	add("A", "longer", "abc");
	expect(4, false, "A  l\nabc\n");
	table.wraps = true;
	add("A", "b", "");
	expect(4, false, "A  b\n");
}
END_TEST

START_TEST(words_that_are_too_long_are_broken)
{
	table.wraps = true;
	add("A", "b", "0123456789012345678901234567890123456789 x");
	expect(30, false, "A  b  012345678901234567890123\n      4567890123456789 x\n");
	table_line("abc defgh", TABLE_BAD, &(struct table_style){ 3, true }, &out);
	char *text = strbuf_take(&out);

	ck_assert_str_eq(text, "\033[31mabc\033[0m\n\033[31mdef\033[0m\n\033[31mgh\033[0m\n");
	free(text);
}
END_TEST

START_TEST(nothing_is_cut_in_a_pipe)
{
	char text[1001] = { 0 };

	for (size_t i = 0; i + 1 < sizeof(text); i++)
		text[i] = i % 8 ? 'x' : ' ';
	table.wraps = true;
	add("A", "b", text);
	table_render(&table, &(struct table_style){ 0 }, &out);
	char *line = strbuf_take(&out);

	ck_assert_uint_eq(strlen(line), strlen("A  b  ") + strlen(text) + 1);
	ck_assert_ptr_nonnull(strstr(line, text));
	free(line);
}
END_TEST

START_TEST(columns_are_left_out_in_turn)
{
	static const struct {
		int width;
		const char *text;
	} rows[] = { { 0, "aaa  bbb  ccc\n" }, { 13, "aaa  bbb  ccc\n" }, { 12, "bbb  ccc\n" },
		{ 8, "bbb  ccc\n" }, { 7, "bbb\n" }, { 2, "bb\n" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		add("aaa", "bbb", "ccc");
		table_spare(&table, 0);
		table_spare(&table, 2);
		expect(rows[i].width, false, rows[i].text);
	}
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		columns_stand_below_each_other,
		what_is_too_wide_is_cut,
		characters_are_counted_and_never_cut_in_two,
		colors_take_no_room,
		what_could_trouble_a_terminal_is_left_out,
		no_row_is_nothing,
		last_column_goes_on_in_the_next_line,
		last_column_begins_in_the_next_line_where_there_is_no_room,
		words_that_are_too_long_are_broken,
		nothing_is_cut_in_a_pipe,
		columns_are_left_out_in_turn,
	};
	const struct suite suite = {
		.name = "table",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
	};

	return suite_run(&suite);
}
