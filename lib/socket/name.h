/* SPDX-License-Identifier: MIT */
/*
 * Names of listeners, as <baton/listener.h> has the rules: what passes through
 * every protocol that gives names, and through a command line, unharmed. Pure.
 */
#ifndef SOCKET_NAME_H
#define SOCKET_NAME_H

#include <stdbool.h>

#include <baton/error.h>

/* The bytes that a name may not have although they can be printed. */
#define NAME_SEPARATORS ":;,={}"

/* Whether the byte may be in a name: ASCII that can be seen, without the separators. */
bool name_has_byte(char c);

/* 0, or -EINVAL with the words for it. NULL is no name. */
int name_check(const char *name, struct baton_error *error);

#endif
