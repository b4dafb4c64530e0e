/* SPDX-License-Identifier: MIT */
/* What a stream of output can show. */
#ifndef SUPERVISOR_CONTROL_SCREEN_H
#define SUPERVISOR_CONTROL_SCREEN_H

#include <stdbool.h>
#include <stdio.h>

#include "control/table.h"

/* Whether lines on it can be written over: a terminal that is none of the dumb ones. */
bool screen_can_move(FILE *out);

/* The height of a terminal; 24 if it does not tell. */
int screen_lines(FILE *out);

/* The width of a terminal, and colours unless $NO_COLOR is set; of anything else, neither. */
struct table_style screen_style(FILE *out);

#endif
