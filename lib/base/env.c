/* SPDX-License-Identifier: MIT */
/* See env.h. */
#include "base/env.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/cleanup.h"

static ssize_t find_key(const struct env *env, const char *key, size_t length)
{
	for (size_t i = 0; i < env->count; i++)
		if (strncmp(env->entries[i], key, length) == 0 && env->entries[i][length] == '=')
			return (ssize_t)i;
	return -1;
}

/* Takes entry in any case. */
static int take_entry(struct env *env, char *entry)
{
	size_t length = strcspn(entry, "=");
	ssize_t old = find_key(env, entry, length);

	if (old >= 0) {
		free(env->entries[old]);
		env->entries[old] = entry;
		return 0;
	}
	if (env->count + 1 >= env->capacity) {
		size_t capacity = env->capacity ? env->capacity * 2 : 32;
		char **entries = realloc(env->entries, capacity * sizeof(*entries));

		if (!entries) {
			free(entry);
			return -ENOMEM;
		}
		env->entries = entries;
		env->capacity = capacity;
	}
	env->entries[env->count++] = entry;
	env->entries[env->count] = NULL;
	return 0;
}

int env_copy(struct env *env, char *const *source)
{
	for (; source && *source; source++) {
		char *entry = strdup(*source);
		if (!entry)
			return -ENOMEM;
		int r = take_entry(env, entry);
		if (r < 0)
			return r;
	}
	return 0;
}

int env_set(struct env *env, const char *key, const char *value)
{
	char *entry;

	if (!*key || strchr(key, '='))
		return -EINVAL;
	if (asprintf(&entry, "%s=%s", key, value) == -1)
		return -ENOMEM;
	return take_entry(env, entry);
}

int env_setf(struct env *env, const char *key, const char *format, ...)
{
	cleanup_free char *value = NULL;
	va_list args;

	va_start(args, format);
	int r = vasprintf(&value, format, args);
	va_end(args);
	if (r == -1) {
		value = NULL; /* its content is undefined after a failure */
		return -ENOMEM;
	}
	return env_set(env, key, value);
}

char *env_get(const struct env *env, const char *key)
{
	size_t length = strlen(key);
	ssize_t i = find_key(env, key, length);

	return i < 0 ? NULL : env->entries[i] + length + 1;
}

static void remove_at(struct env *env, size_t i)
{
	free(env->entries[i]);
	memmove(&env->entries[i], &env->entries[i + 1], (env->count - i) * sizeof(*env->entries));
	env->count--;
}

void env_unset(struct env *env, const char *key)
{
	ssize_t i = find_key(env, key, strlen(key));

	if (i >= 0)
		remove_at(env, (size_t)i);
}

void env_unset_prefix(struct env *env, const char *prefix)
{
	size_t length = strlen(prefix);

	for (size_t i = env->count; i-- > 0;)
		if (strncmp(env->entries[i], prefix, length) == 0)
			remove_at(env, i);
}

void env_finish(struct env *env)
{
	for (size_t i = 0; i < env->count; i++)
		free(env->entries[i]);
	free(env->entries);
	*env = (struct env)ENV_INIT;
}
