/* SPDX-License-Identifier: MIT */
/* How what is held for servers that bind for themselves is written: see state.h. */
#include "base/container.h"
#include "reexec/state.h"
#include "reexec/state_shapes.h"

#define STRUCT struct state_path
static const struct field path_fields[] = {
	FIELD("directory", FIELD_FD, directory),
	FIELD("name", FIELD_CHARS, name),
};
static const struct state_path new_path = { .directory = -1 };
const struct shape state_path_shape = SHAPE(path_fields, &new_path);
#undef STRUCT

#define STRUCT struct state_held
static const struct field held_fields[] = {
	FIELD("fd", FIELD_FD, fd),
	FIELD("address", FIELD_BYTES, address),
	FIELD("is_reuseport", FIELD_BOOL, is_reuseport),
	FIELD_IN("path", &state_path_shape, path),
	FIELD_IN("expected", &state_path_shape, expected),
	FIELD("generation", FIELD_UNSIGNED, generation),
	FIELD("position", FIELD_SIGNED, position),
	FIELD("is_left", FIELD_BOOL, is_left),
	FIELD("is_closed", FIELD_BOOL, is_closed),
	FIELD("is_passed", FIELD_BOOL, is_passed),
	FIELD("is_shared", FIELD_BOOL, is_shared),
	FIELD("device", FIELD_UNSIGNED, device),
	FIELD("inode", FIELD_UNSIGNED, inode),
	FIELD_MANY("brokers", FIELD_LIST, &state_number_shape, brokers, broker_count),
};
static const struct state_held new_held = {
	.fd = -1, .path = { .directory = -1 }, .expected = { .directory = -1 }, .position = -1
};
const struct shape state_held_shape = SHAPE(held_fields, &new_held);
#undef STRUCT

#define STRUCT struct state_broker
static const struct field broker_fields[] = {
	FIELD("number", FIELD_UNSIGNED, number),
	FIELD("fd", FIELD_FD, fd),
	FIELD("generation", FIELD_UNSIGNED, generation),
	FIELD("former_generation", FIELD_UNSIGNED, former_generation),
	FIELD("is_retired", FIELD_BOOL, is_retired),
	FIELD("is_ready", FIELD_BOOL, is_ready),
	FIELD("has_complained", FIELD_BOOL, has_complained),
	FIELD_IN("process", &state_process_shape, process),
	FIELD("marker", FIELD_CHARS, marker),
};
static const struct state_broker new_broker = { .fd = -1 };
const struct shape state_broker_shape = SHAPE(broker_fields, &new_broker);
#undef STRUCT

#define STRUCT struct state_set
static const struct field set_fields[] = {
	FIELD("generation", FIELD_UNSIGNED, generation),
	FIELD("is_taken", FIELD_BOOL, is_taken),
	FIELD("is_retired", FIELD_BOOL, is_retired),
	FIELD_MANY("sockets", FIELD_LIST, &state_index_shape, sockets, socket_count),
};
const struct shape state_set_shape = SHAPE(set_fields, NULL);
#undef STRUCT

#define STRUCT struct steer
static const struct field steer_fields[] = {
	FIELD("is_on", FIELD_BOOL, is_on),
	FIELD("to", FIELD_UNSIGNED, to),
	FIELD("rest", FIELD_UNSIGNED, rest),
	FIELD("percent", FIELD_UNSIGNED, percent),
};
const struct shape state_steer_shape = SHAPE(steer_fields, NULL);
#undef STRUCT

#define STRUCT struct state_holder
static const struct field holder_fields[] = {
	FIELD("link", FIELD_FD, link),
	FIELD_IN("process", &state_process_shape, process),
	FIELD_MANY("keys", FIELD_LIST, &state_number_shape, keys, key_count),
};
static const struct state_holder new_holder = { .link = -1 };
const struct shape state_holder_shape = SHAPE(holder_fields, &new_holder);
#undef STRUCT

#define STRUCT struct state_adopt
static const struct field adopt_fields[] = {
	FIELD("is_on", FIELD_BOOL, is_on),
	FIELD("broker_count", FIELD_UNSIGNED, broker_count),
	FIELD_IN("steer", &state_steer_shape, steer),
	FIELD_MANY("brokers", FIELD_LIST, &state_broker_shape, brokers, living_broker_count),
	FIELD_MANY("held", FIELD_LIST, &state_held_shape, held, held_count),
	FIELD_MANY("sets", FIELD_LIST, &state_set_shape, sets, set_count),
	FIELD_IN("holder", &state_holder_shape, holder),
};
static const struct state_adopt new_adopt = { .holder = { .link = -1 } };
const struct shape state_adopt_shape = SHAPE(adopt_fields, &new_adopt);
#undef STRUCT
