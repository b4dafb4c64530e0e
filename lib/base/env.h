/* SPDX-License-Identifier: MIT */
/*
 * An environment for a child, built and edited without touching environ.
 * Entries are "KEY=VALUE" strings owned by the object.
 */
#ifndef BASE_ENV_H
#define BASE_ENV_H

#include <stdbool.h>
#include <stddef.h>

struct env {
	char **entries; /* NULL-terminated, as execve(2) wants it; NULL while empty */
	size_t count;
	size_t capacity;
};

#define ENV_INIT \
	{ \
		0 \
	}

/* Adds copies of all of source (NULL-terminated). 0 or -ENOMEM. */
int env_copy(struct env *env, char *const *source);

/* Sets key to the value, in place of one that is there. 0, -ENOMEM, or -EINVAL for an empty key
 * or one with '='. */
int env_set(struct env *env, const char *key, const char *value);

/* As env_set, with a formatted value. */
int env_setf(struct env *env, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The value of key, borrowed until the next change; NULL if it is not set. */
char *env_get(const struct env *env, const char *key);

/* Removes every entry that matches. */
void env_remove_if(struct env *env, bool (*matches)(const char *entry));

/* Frees everything; the object is empty again. */
void env_finish(struct env *env);

/* For any environment, as environ: the entry of key ("KEY=VALUE"), borrowed; NULL if it is not set.
 * Of "KEY=..." the part before the '=' counts. */
char *env_find(char *const *environment, const char *key);

/* Where in an entry its value begins. */
char *env_value(const char *entry);

#endif
