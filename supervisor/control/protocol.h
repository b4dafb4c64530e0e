/* SPDX-License-Identifier: MIT */
/*
 * The words of the control socket, baton-control(7): one JSON object a line, requests one way,
 * events and replies the other. A reply has "ok", and ends what belongs to its request. Pure.
 */
#ifndef SUPERVISOR_CONTROL_PROTOCOL_H
#define SUPERVISOR_CONTROL_PROTOCOL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <baton/error.h>

struct event;

/* The longest line of a request. */
enum { PROTOCOL_REQUEST_MAX = 64 * 1024 };

/*
 * Parses the line of a request: an object with a "command". 0 and *ret, which the caller releases
 * with json_decref; -EINVAL with what is wrong with it; -ENOMEM.
 */
int protocol_parse(const char *line, size_t length, json_t **ret, struct baton_error *error);

/* A member of a request that is left out keeps *ret. 0, or -EINVAL with what it should have
 * been. */
int protocol_get_bool(
	const json_t *request, const char *member, bool *ret, struct baton_error *error);
int protocol_get_number(const json_t *request, const char *member, json_int_t min, json_int_t max,
	json_int_t *ret, struct baton_error *error);

/* The text is the request's. */
int protocol_get_text(
	const json_t *request, const char *member, const char **ret, struct baton_error *error);

/* {"ok":true}, to which more may be added; {"ok":false,"error":TEXT}. The caller's; NULL: no
 * memory. */
json_t *protocol_ok(void);
json_t *protocol_refusal(const char *text);

/* What happened: {"event":"took-over","number":7,...}. The caller's; NULL: no memory. */
json_t *protocol_event(const struct event *event);

/* The machine's word, with '-' for its spaces, in name. */
const char *protocol_event_name(const struct event *event, char *name, size_t size);

/* Milliseconds since the epoch as in RFC 3339, in UTC. */
enum { PROTOCOL_TIME_SIZE = 32 };
const char *protocol_time(int64_t ms, char text[PROTOCOL_TIME_SIZE]);

#endif
