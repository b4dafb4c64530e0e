/* SPDX-License-Identifier: MIT */
/* The command line of baton-httpd: see baton-httpd(1). */
#ifndef CHILD_OPTIONS_H
#define CHILD_OPTIONS_H

#include <baton/address.h>
#include <stddef.h>
#include <stdint.h>

struct options_listener {
	char *name;
	struct baton_address *address;
};

struct options {
	struct options_listener *listeners;
	size_t listener_count;
	int drain_timeout_ms;
	int keep_alive_ms;
	int request_ms;
	size_t max_connections;
	uint64_t max_body;
	const char *pid_file; /* borrowed from argv; NULL: none */
};

/*
 * Reads the command line. Returns 1 to go on, and 0 after --help or --version,
 * which were printed; otherwise -errno, and the reason was printed. In every
 * case options_finish is due.
 */
int options_parse(int argc, char **argv, struct options *options);

/* Frees what options_parse made. */
void options_finish(struct options *options);

#endif
