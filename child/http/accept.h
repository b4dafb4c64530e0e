/* SPDX-License-Identifier: MIT */
/* What a client would rather have, by its Accept field (RFC 9110, section 12.5.1). Pure. */
#ifndef CHILD_HTTP_ACCEPT_H
#define CHILD_HTTP_ACCEPT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether JSON is better than the other type, such as "text/html". JSON has to be named
 * (application/json, application/x-ndjson, ...): a range such as any type of all is for the
 * other one, which is the default. With a weight of 0 it is refused, and of two that weigh
 * the same JSON wins, as nobody names it by accident.
 */
bool accept_prefers_json(const char *field, size_t size, const char *other);

#endif
