/* SPDX-License-Identifier: MIT */
/*
 * What baton's functions say when they fail.
 *
 * Functions that can fail return 0 (or a useful positive number) on success
 * and a negative errno value on failure. Those whose failure needs more words
 * than an errno take a struct baton_error as their last parameter: it may be
 * NULL, it is written on failure only, and it then holds one line for people,
 * lower case, without a full stop and without a newline.
 *
 * A function that returns such an int also returns -EINVAL if it was given NULL
 * where that is not allowed; any other needs what it asks for.
 *
 * Unless a header says otherwise, a function may be called on any thread but
 * not on two threads at once with the same object, and never in a signal
 * handler.
 */
#ifndef BATON_ERROR_H
#define BATON_ERROR_H

#include <errno.h> /* what they return is to be compared with */

#ifdef __cplusplus
#define BATON_BEGIN extern "C" {
#define BATON_END   }
#else
#define BATON_BEGIN
#define BATON_END
#endif

/* Marks what the shared library exports; everything else is hidden. */
#define BATON_API __attribute__((visibility("default")))

BATON_BEGIN

#define BATON_ERROR_SIZE 256

struct baton_error {
	char text[BATON_ERROR_SIZE];
};

BATON_END

#endif
