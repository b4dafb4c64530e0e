/* SPDX-License-Identifier: MIT */
/* The command line of `baton doctor`. */
#ifndef SUPERVISOR_DOCTOR_DOCTOR_OPTIONS_H
#define SUPERVISOR_DOCTOR_DOCTOR_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <baton/error.h>

struct doctor_options {
	int restarts;
	char *http_path; /* owned */
	char *send;      /* owned; NULL: nothing */
	size_t send_length;
	char **run_options; /* of `baton run`, as they are; owned, NULL-terminated; NULL: none */
	int ready_timeout_ms;
	int time_limit_ms;
	bool on_host; /* the network of the machine, not a scratch one */
	bool is_json;
	bool is_verbose;
	char *const *command; /* of argv; NULL-terminated, one entry at least */
};

struct option_set;

/* What doctor_options_parse returns when the help was asked for. */
#define DOCTOR_OPTIONS_HELP 1

/*
 * Parses argv[1] on. Returns 0: *ret is filled, borrows from argv, and is to be given to
 * doctor_options_finish; DOCTOR_OPTIONS_HELP; or -errno, as options_parse.
 */
int doctor_options_parse(char **argv, struct doctor_options *ret, struct baton_error *error);

void doctor_options_finish(struct doctor_options *options);

/* Writes the help, which fits 80 columns. */
void doctor_options_help(FILE *out);

/* For the tests, which compare it with the manual page. */
extern const struct option_set doctor_option_set;

/* Replaces \r, \n, \t, \\ and \xHH by what they mean. The length; or -EINVAL. Pure. */
int doctor_options_unescape(char *text);

#endif
