/* SPDX-License-Identifier: MIT */
/*
 * The lines of an INI file, taken apart by libinih. That library splits well but
 * is quiet: it cuts long lines and names, takes what stands after a blank and a
 * ';' for a comment, and a line that begins with a blank for more of the value
 * before it. So each line is looked at before it is given to it, and what it
 * would not read as it is written is a problem with its line. Pure.
 */
#ifndef SUPERVISOR_CONFIG_LINES_H
#define SUPERVISOR_CONFIG_LINES_H

#include <stddef.h>

struct problems;

/* libinih keeps this much of a section's name. */
enum { LINES_SECTION_MAX = 49 };

/* A key and its value, both without blanks around them; key is NULL where a section begins, section
 * is if that has no good name. All is valid during the call. */
typedef void (*lines_fn)(
	void *data, unsigned line, const char *section, const char *key, const char *value);

struct lines_options {
	const char *path; /* for the messages */
	lines_fn on_line;
	void *data;
	struct problems *problems;
};

/*
 * Calls on_line for each section and each key of the text, in their order. A line that ends with a
 * backslash goes on in the next one, and its number is that of the first. 0, or -ENOMEM.
 */
int lines_parse(const char *text, size_t length, const struct lines_options *options);

#endif
