/* SPDX-License-Identifier: MIT */
/* Writes the text that stands beside a -errno: see <baton/error.h>. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <baton/error.h>

/*
 * Formats into error->text unless error is NULL, cut where that ends, and
 * returns code, so that a failure is one statement:
 *     return error_set(error, -EINVAL, "port \"%s\" is not a number", text);
 * Control characters in what was formatted come out as '?'.
 */
int error_set(struct baton_error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* As error_set, with ": " and the words for the errno -code at the end, of which nothing is cut. */
int error_set_errno(struct baton_error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
