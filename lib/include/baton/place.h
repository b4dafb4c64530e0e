/* SPDX-License-Identifier: MIT */
/*
 * Where in the source something began: "server.c:123". Functions that are told
 * it have a macro of the same name without _at, which fills it in; the text is
 * kept as a pointer and so must stay for ever, as a literal does.
 */
#ifndef BATON_PLACE_H
#define BATON_PLACE_H

#define BATON_PLACE_TEXT(line)       #line
#define BATON_PLACE_JOIN(file, line) file ":" BATON_PLACE_TEXT(line)

/* The place where it stands. */
#define BATON_HERE BATON_PLACE_JOIN(__FILE__, __LINE__)

#endif
