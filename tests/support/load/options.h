/* SPDX-License-Identifier: MIT */
/* The command line of baton-load. */
#ifndef LOAD_OPTIONS_H
#define LOAD_OPTIONS_H

#include <baton/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "support/load/target.h"

struct load_options {
	int new_clients;
	int kept_clients;
	int rate;          /* requests a second of all kept clients together; 0: full speed */
	int every_ms;      /* pause of each kept client between requests; 0: none */
	int duration_ms;   /* 0: no limit */
	uint64_t requests; /* of all clients together; 0: no limit */
	int timeout_ms;    /* for connecting, and for the answer */
	const char *path;  /* of the request */
	const char *until_file;
	const char *started_file;
	const char *script; /* SCRIPT_FILENAME: speak FastCGI; NULL: HTTP */
	bool allows_kept_failures;
	bool writes_json;
	bool wants_help;
	size_t target_count;
	struct target *targets; /* owned */
};

/* Reads argv; 0, or -EINVAL or -ENOMEM with the error. Finish it in any case. */
int load_options_parse(
	struct load_options *options, int argc, char *argv[], struct baton_error *error);
void load_options_finish(struct load_options *options);

void load_options_help(FILE *out);

#endif
