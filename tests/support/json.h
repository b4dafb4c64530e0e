/* SPDX-License-Identifier: MIT */
/* Whether text is JSON (RFC 8259), by a strict reader. */
#ifndef TESTS_SUPPORT_JSON_H
#define TESTS_SUPPORT_JSON_H

#include <stdbool.h>
#include <stddef.h>

/* Whether it is one value, with nothing but white space around it. Strings must be UTF-8. */
bool json_is_valid(const char *text, size_t size);

#endif
