/* SPDX-License-Identifier: MIT */
/* How what is held for servers that bind for themselves is written: see state.h. */
#include "base/container.h"
#include "reexec/state.h"
#include "reexec/state_shapes.h"

static const struct field path_fields[] = {
	FIELD(struct state_path, "directory", FIELD_FD, directory),
	FIELD(struct state_path, "name", FIELD_CHARS, name),
};
static const struct state_path new_path = { .directory = -1 };
const struct shape state_path_shape = SHAPE(struct state_path, path_fields, &new_path);

static const struct field held_fields[] = {
	FIELD(struct state_held, "fd", FIELD_FD, fd),
	FIELD(struct state_held, "address", FIELD_BYTES, address),
	FIELD(struct state_held, "is_reuseport", FIELD_BOOL, is_reuseport),
	FIELD_IN(struct state_held, "path", &state_path_shape, path),
	FIELD_IN(struct state_held, "expected", &state_path_shape, expected),
	FIELD(struct state_held, "generation", FIELD_UNSIGNED, generation),
	FIELD(struct state_held, "position", FIELD_SIGNED, position),
	FIELD(struct state_held, "is_left", FIELD_BOOL, is_left),
	FIELD(struct state_held, "is_closed", FIELD_BOOL, is_closed),
	FIELD(struct state_held, "is_passed", FIELD_BOOL, is_passed),
	FIELD(struct state_held, "is_shared", FIELD_BOOL, is_shared),
	FIELD(struct state_held, "device", FIELD_UNSIGNED, device),
	FIELD(struct state_held, "inode", FIELD_UNSIGNED, inode),
	FIELD_MANY(struct state_held, "brokers", FIELD_LIST, &state_number_shape, brokers,
		broker_count),
};
static const struct state_held new_held = {
	.fd = -1, .path = { .directory = -1 }, .expected = { .directory = -1 }, .position = -1
};
const struct shape state_held_shape = SHAPE(struct state_held, held_fields, &new_held);

static const struct field broker_fields[] = {
	FIELD(struct state_broker, "number", FIELD_UNSIGNED, number),
	FIELD(struct state_broker, "fd", FIELD_FD, fd),
	FIELD(struct state_broker, "generation", FIELD_UNSIGNED, generation),
	FIELD(struct state_broker, "former_generation", FIELD_UNSIGNED, former_generation),
	FIELD(struct state_broker, "is_retired", FIELD_BOOL, is_retired),
	FIELD(struct state_broker, "is_ready", FIELD_BOOL, is_ready),
	FIELD(struct state_broker, "has_complained", FIELD_BOOL, has_complained),
	FIELD_IN(struct state_broker, "process", &state_process_shape, process),
	FIELD(struct state_broker, "marker", FIELD_CHARS, marker),
};
static const struct state_broker new_broker = { .fd = -1 };
const struct shape state_broker_shape = SHAPE(struct state_broker, broker_fields, &new_broker);

static const struct field set_fields[] = {
	FIELD(struct state_set, "generation", FIELD_UNSIGNED, generation),
	FIELD(struct state_set, "is_taken", FIELD_BOOL, is_taken),
	FIELD(struct state_set, "is_retired", FIELD_BOOL, is_retired),
	FIELD_MANY(
		struct state_set, "sockets", FIELD_LIST, &state_index_shape, sockets, socket_count),
};
const struct shape state_set_shape = SHAPE(struct state_set, set_fields, NULL);

static const struct field steer_fields[] = {
	FIELD(struct steer, "is_on", FIELD_BOOL, is_on),
	FIELD(struct steer, "to", FIELD_UNSIGNED, to),
	FIELD(struct steer, "rest", FIELD_UNSIGNED, rest),
	FIELD(struct steer, "percent", FIELD_UNSIGNED, percent),
};
const struct shape state_steer_shape = SHAPE(struct steer, steer_fields, NULL);

static const struct field holder_fields[] = {
	FIELD(struct state_holder, "link", FIELD_FD, link),
	FIELD_IN(struct state_holder, "process", &state_process_shape, process),
	FIELD_MANY(struct state_holder, "keys", FIELD_LIST, &state_number_shape, keys, key_count),
};
static const struct state_holder new_holder = { .link = -1 };
const struct shape state_holder_shape = SHAPE(struct state_holder, holder_fields, &new_holder);

static const struct field adopt_fields[] = {
	FIELD(struct state_adopt, "is_on", FIELD_BOOL, is_on),
	FIELD(struct state_adopt, "last_broker", FIELD_UNSIGNED, last_broker),
	FIELD_IN(struct state_adopt, "steer", &state_steer_shape, steer),
	FIELD_MANY(struct state_adopt, "brokers", FIELD_LIST, &state_broker_shape, brokers,
		broker_count),
	FIELD_MANY(struct state_adopt, "held", FIELD_LIST, &state_held_shape, held, held_count),
	FIELD_MANY(struct state_adopt, "places", FIELD_LIST, &state_fd_shape, places, place_count),
	FIELD_MANY(struct state_adopt, "sets", FIELD_LIST, &state_set_shape, sets, set_count),
	FIELD_IN(struct state_adopt, "holder", &state_holder_shape, holder),
};
static const struct state_adopt new_adopt = { .holder = { .link = -1 } };
const struct shape state_adopt_shape = SHAPE(struct state_adopt, adopt_fields, &new_adopt);
