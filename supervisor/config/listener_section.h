/* SPDX-License-Identifier: MIT */
/* A [listener NAME] section: its address, and the options of that by keys of their own. Pure. */
#ifndef SUPERVISOR_CONFIG_LISTENER_SECTION_H
#define SUPERVISOR_CONFIG_LISTENER_SECTION_H

#include <stddef.h>

struct problems;

struct listener_key {
	char *key;
	char *value;
	unsigned line;
};

/* Zeroed between two sections. */
struct listener_section {
	char *name;    /* NULL: there is none in hand */
	unsigned line; /* where it begins */
	struct listener_key *keys;
	size_t count;
};

/* Begins the section. 0; -EINVAL for a bad name, which is told; -ENOMEM. */
int listener_section_begin(struct listener_section *section, const char *name, unsigned line,
	const char *path, struct problems *problems);

/* Notes a copy of the key; one that was there before is told. 0 or -ENOMEM. */
int listener_section_add(struct listener_section *section, const struct listener_key *key,
	const char *path, struct problems *problems);

/* *ret is "NAME=ADDRESS?KEY=VALUE&...", the caller's. 0; -EBADMSG for what makes no address, which
 * is told; -ENOMEM. */
int listener_section_end(const struct listener_section *section, const char *path, char **ret,
	struct problems *problems);

void listener_section_finish(struct listener_section *section);

#endif
