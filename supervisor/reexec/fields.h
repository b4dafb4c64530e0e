/* SPDX-License-Identifier: MIT */
/*
 * Structures as JSON, by a table of their members: what one version of baton writes another reads.
 * A member that the reader does not know is passed over, one that is not there stays as it is in a
 * new structure; one that makes no sense is an error that names it. Pure.
 *
 *     text           as it is; or {"hex": DIGITS} if it is no UTF-8
 *     bytes          hexadecimal digits
 *     an enum        by its name
 *     a descriptor   by its number, -1 for none
 */
#ifndef SUPERVISOR_REEXEC_FIELDS_H
#define SUPERVISOR_REEXEC_FIELDS_H

#include <jansson.h>
#include <stddef.h>

#include <baton/error.h>

enum field_type {
	FIELD_BOOL,
	FIELD_SIGNED,   /* an integer of 4 or 8 bytes */
	FIELD_UNSIGNED, /* the same; as text if it is more than INT64_MAX, as JSON has no more */
	FIELD_NAME,     /* an enum */
	FIELD_TEXT,     /* char *, owned; NULL: none */
	FIELD_CHARS,    /* char[], NUL-terminated */
	FIELD_BYTES,    /* struct strbuf, owned */
	FIELD_FD,       /* int, not owned */
	FIELD_OBJECT,   /* a structure in this one */
	FIELD_LIST,     /* of structures: a pointer to them, owned, and a size_t */
	FIELD_ARRAY,    /* of structures in this one, and an unsigned */
};

struct shape;

struct field {
	const char *name;
	enum field_type type;
	size_t offset, size;                    /* of the member */
	size_t count_offset;                    /* LIST, ARRAY: of the member that has the count */
	const struct shape *shape;              /* OBJECT, LIST, ARRAY: of each */
	const char *(*name_of)(unsigned value); /* NAME; "?" for what is none */
};

struct shape {
	const struct field *fields;
	size_t count;
	size_t size;     /* of the structure */
	const void *new; /* one in which nothing is set; NULL: all of it is zero */
};

/* A shape of the structure, by a table of its members. */
#define SHAPE(structure, table, new_object) \
	{ \
		.fields = (table), .count = array_length(table), .size = sizeof(structure), \
		.new = (new_object) \
	}

/* For the table. */
#define FIELD(structure, text, kind, member) \
	{ \
		.name = (text), .type = (kind), .offset = offsetof(structure, member), \
		.size = sizeof(((structure *)NULL)->member) \
	}
#define FIELD_NAMED(structure, text, function, member) \
	{ \
		.name = (text), .type = FIELD_NAME, .offset = offsetof(structure, member), \
		.size = sizeof(((structure *)NULL)->member), .name_of = (function) \
	}
#define FIELD_IN(structure, text, of, member) \
	{ \
		.name = (text), .type = FIELD_OBJECT, .offset = offsetof(structure, member), \
		.size = sizeof(((structure *)NULL)->member), .shape = (of) \
	}
#define FIELD_MANY(structure, text, kind, of, member, count_member) \
	{ \
		.name = (text), .type = (kind), .offset = offsetof(structure, member), \
		.size = sizeof(((structure *)NULL)->member), \
		.count_offset = offsetof(structure, count_member), .shape = (of) \
	}

/* The object as JSON, the caller's; NULL if memory ran out. */
json_t *fields_write(const struct shape *shape, const void *object);

/*
 * Makes a new object in caller's memory, which fields_free is due for in any case. 0; -EBADMSG with
 * the member that makes no sense and why; -ENOMEM.
 */
int fields_read(
	const struct shape *shape, const json_t *json, void *ret, struct baton_error *error);

/* Frees what the object owns; it is a new one again. */
void fields_free(const struct shape *shape, void *object);

/* Calls fn for each descriptor that there is, until it returns something else than 0: that. */
int fields_each_fd(
	const struct shape *shape, const void *object, int (*fn)(int fd, void *data), void *data);

/* One more structure at the end of a list, new, borrowed until the next; NULL: no memory. */
void *fields_append(const struct shape *shape, void *list_member, size_t *count);

#endif
