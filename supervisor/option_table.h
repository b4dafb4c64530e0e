/* SPDX-License-Identifier: MIT */
/* The options of `baton run`: what each is called, what it sets, and what the help says of it. */
#ifndef SUPERVISOR_OPTION_TABLE_H
#define SUPERVISOR_OPTION_TABLE_H

#include <stddef.h>

#include "option_set.h"

extern const struct option option_table[];
extern const size_t option_count;
extern const struct option_set option_set;

#endif
