/* SPDX-License-Identifier: MIT */
/* Media types by the names of files: child/app/media_type.c. */
#include "app/media_type.h"

#include "support/suite.h"

#define ANY "application/octet-stream"

struct row {
	const char *path, *type;
};

static void check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		ck_assert_str_eq(media_type(rows[i].path), rows[i].type);
}

START_TEST(type_follows_from_the_ending)
{
	static const struct row rows[] = {
		{ "index.html", "text/html; charset=utf-8" },
		{ "a/b/style.css", "text/css; charset=utf-8" },
		{ "app.js", "text/javascript; charset=utf-8" },
		{ "x.json", "application/json" },
		{ "notes.txt", "text/plain; charset=utf-8" },
		{ "x.svg", "image/svg+xml" },
		{ "x.png", "image/png" },
		{ "x.wasm", "application/wasm" },
		{ "x.avif", "image/avif" }, /* the first of the table, and the last */
		{ "x.zip", "application/zip" },
	};

	check(rows, array_length(rows));
}
END_TEST

START_TEST(case_of_the_ending_does_not_matter)
{
	static const struct row rows[] = {
		{ "X.HTML", "text/html; charset=utf-8" },
		{ "x.Jpg", "image/jpeg" },
	};

	check(rows, array_length(rows));
}
END_TEST

START_TEST(last_ending_of_the_name_counts)
{
	static const struct row rows[] = {
		{ "x.tar.gz", "application/gzip" },
		{ "x.html.bak", ANY },
		{ "x.html/y", ANY },
		{ "x.html/y.png", "image/png" },
		{ ".html", "text/html; charset=utf-8" },
	};

	check(rows, array_length(rows));
}
END_TEST

START_TEST(what_is_not_known_is_any_bytes)
{
	static const struct row rows[] = {
		{ "", ANY },
		{ "/", ANY },
		{ "html", ANY },
		{ "x.", ANY },
		{ ".", ANY },
		{ "x.htmlx", ANY },
		{ "x.htm l", ANY },
		{ "x.unknown", ANY },
	};

	check(rows, array_length(rows));
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		type_follows_from_the_ending,
		case_of_the_ending_does_not_matter,
		last_ending_of_the_name_counts,
		what_is_not_known_is_any_bytes,
	};

	return SUITE_RUN("media_type", cases);
}
