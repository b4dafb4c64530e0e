/* SPDX-License-Identifier: MIT */
/* How each kind of thing gets into a snapshot: see <baton/leak.h>. */
#ifndef LIFECYCLE_LEAK_H
#define LIFECYCLE_LEAK_H

#include <baton/leak.h>

/* What tells a file from another one; zeros where its descriptor has none to itself. */
struct leak_file {
	uint64_t device, inode;
};

/* Adds an entry; its text is copied, with '?' for control characters, its place must stay. 0 or
 * -ENOMEM. */
int leak_add(struct baton_leak *leak, const struct baton_leak_entry *entry);

/* Likewise that of a descriptor. */
int leak_add_file(struct baton_leak *leak, const struct baton_leak_entry *entry,
	const struct leak_file *file);

/* Each adds all there is of one kind. 0 or -errno. */
int leak_add_fds(struct baton_leak *leak);
int leak_add_threads(struct baton_leak *leak);
int leak_add_tasks(struct baton_leak *leak);
int leak_add_contexts(struct baton_leak *leak);
int leak_add_watches(struct baton_leak *leak);

#endif
