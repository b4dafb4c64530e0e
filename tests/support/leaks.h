/* SPDX-License-Identifier: MIT */
/* A snapshot of the case's own, and what is new since: for the suites about <baton/leak.h>. */
#ifndef TESTS_SUPPORT_LEAKS_H
#define TESTS_SUPPORT_LEAKS_H

#include <baton/leak.h>
#include <stddef.h>

/* The snapshot; from leaks_look on. */
extern struct baton_leak *leaks_before;

/* Takes the snapshot, of these kinds, in place of the one before. */
void leaks_look(unsigned kinds);

/* Frees it. */
void leaks_forget(void);

/* So many things are new: those, to be destroyed. */
struct baton_leak *leaks_find(size_t count);

/* Nothing is new. */
void leaks_check_none(void);

/* One thing is new, and of this kind: it, with texts that stay until the next call. */
struct baton_leak_entry leaks_check_one(enum baton_leak_kind kind);

#endif
