/* SPDX-License-Identifier: MIT */
/* The command line of baton-httpd: see baton-httpd(1). */
#ifndef CHILD_OPTIONS_H
#define CHILD_OPTIONS_H

#include <baton/address.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct options_listener {
	char *name;
	struct baton_address *address;
};

/* Texts are borrowed from argv; NULL: none. */
struct options {
	struct options_listener *listeners;
	size_t listener_count;
	struct options_listener debug; /* always has a name; its address is NULL without --debug */
	const char *root;
	const char *access_log;
	int close_spread_ms; /* 0: none */
	int drain_timeout_ms;
	int keep_alive_ms;
	int request_ms;
	int answer_ms;
	uint64_t max_connections; /* 0: any number */
	uint64_t max_body;
	uint64_t work_threads, work_queue; /* 0: as the processors are */
	const char *pid_file;
};

/*
 * Reads the command line. Returns 1 to go on, and 0 after --help or --version,
 * which were printed; otherwise -errno, and the reason was printed. In every
 * case options_finish is due.
 */
int options_parse(int argc, char **argv, struct options *options);

/* Whether one of --listen has that name. */
bool options_has_listener(const struct options *options, const char *name);

/* Frees what options_parse made. */
void options_finish(struct options *options);

#endif
