/* SPDX-License-Identifier: MIT */
/* `baton list`: all services of this user at once. */
#ifndef SUPERVISOR_CONTROL_LIST_H
#define SUPERVISOR_CONTROL_LIST_H

#include <jansson.h>

#include <baton/error.h>

#include "base/strbuf.h"
#include "control/table.h"

/* Asks each of them: an array of objects, the caller's. NULL, with the reason, if that cannot be
 * done at all. */
json_t *list_services(struct baton_error *error);

/* One of its objects, of the answer to status, which may be NULL: there was none. NULL: no
 * memory. */
json_t *list_describe(const char *name, const json_t *status);

/* For people. Pure. */
void list_render(const json_t *services, const struct table_style *style, struct strbuf *out);

#endif
