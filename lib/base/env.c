/* SPDX-License-Identifier: MIT */
/* See env.h. */
#include "base/env.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* The index of the key's entry, or of the NULL at the end. The key may be that of an entry. */
static size_t find(char *const *environment, const char *key)
{
	size_t length = strcspn(key, "=");
	size_t i = 0;

	while (environment && environment[i] &&
		(strncmp(environment[i], key, length) != 0 || environment[i][length] != '='))
		i++;
	return i;
}

char *env_find(char *const *environment, const char *key)
{
	return environment ? environment[find(environment, key)] : NULL;
}

char *env_value(const char *entry)
{
	return strchr(entry, '=') + 1;
}

/* Takes entry in any case. */
static int take_entry(struct env *env, char *entry)
{
	size_t i = find(env->entries, entry);

	if (i < env->count) {
		free(env->entries[i]);
		env->entries[i] = entry;
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
	char *entry = env_find(env->entries, key);

	return entry ? env_value(entry) : NULL;
}

void env_remove_if(struct env *env, bool (*matches)(const char *entry))
{
	size_t kept = 0;

	for (size_t i = 0; i < env->count; i++) {
		if (matches(env->entries[i]))
			free(env->entries[i]);
		else
			env->entries[kept++] = env->entries[i];
	}
	env->count = kept;
	if (env->entries)
		env->entries[kept] = NULL;
}

void env_finish(struct env *env)
{
	for (size_t i = 0; i < env->count; i++)
		free(env->entries[i]);
	free(env->entries);
	*env = (struct env)ENV_INIT;
}
