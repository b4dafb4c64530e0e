/* SPDX-License-Identifier: MIT */
/*
 * What is below a directory, under /files/: files with ranges and conditions,
 * directories as a list that is made while the client takes it.
 */
#ifndef CHILD_APP_FILES_H
#define CHILD_APP_FILES_H

#include "http/call.h"
#include "http/routes.h"

struct baton_error;

/* The directory. */
struct files {
	int root; /* -1: there is none */
};

/* Opens the directory; NULL: there is none. 0, or -errno with the reason. */
int files_open(struct files *files, const char *root, struct baton_error *error);

void files_close(struct files *files);

/* The route; prefix is its path, behind which comes that of the file. */
enum call_progress files_begin(struct call *call, const struct files *files, const char *prefix);

/* The route of its path without the slash at the end. */
enum call_progress files_begin_without_slash(struct call *call, const struct files *files);
void files_end(struct call *call);

#endif
