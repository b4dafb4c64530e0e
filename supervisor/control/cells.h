/* SPDX-License-Identifier: MIT */
/* Cells of tables (table.h) from members of JSON objects. Pure. */
#ifndef SUPERVISOR_CONTROL_CELLS_H
#define SUPERVISOR_CONTROL_CELLS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct table;

/* "" and 0 for a member that is missing, or something else. */
const char *cells_text_of(const json_t *object, const char *member);
long long cells_number_of(const json_t *object, const char *member);

/* Whether it is a number. */
bool cells_has(const json_t *object, const char *member);

/* Begins the row of what the columns are. */
void cells_heading(struct table *table, const char *const *words, size_t count);

/* Fill a cell of the last row. A number that is missing is a dash, a time or a size empty. */
void cells_text(struct table *table, size_t column, const json_t *object, const char *member);
void cells_number(struct table *table, size_t column, const json_t *object, const char *member);
void cells_duration(struct table *table, size_t column, const json_t *object, const char *member);
void cells_bytes(struct table *table, size_t column, const json_t *object, const char *member);

/* In the colour that it means. */
void cells_state(struct table *table, size_t column, const char *state);

#endif
