/* SPDX-License-Identifier: MIT */
/* What writing, freeing and reading by a table have in common. */
#ifndef SUPERVISOR_REEXEC_FIELDS_INTERNAL_H
#define SUPERVISOR_REEXEC_FIELDS_INTERNAL_H

#include <stddef.h>

#include "reexec/fields.h"

/* The structures of an OBJECT, a LIST or an ARRAY, one behind the other. */
struct fields_items {
	char *first;
	size_t count;
};

struct fields_items fields_items(const struct field *field, const void *object);

/* The member of the object; and, of a LIST or an ARRAY, sets its count. */
void *fields_member(const struct field *field, const void *object);
void fields_set_count(const struct field *field, void *object, size_t count);

void fields_init(const struct shape *shape, void *object);

#endif
