/* SPDX-License-Identifier: MIT */
/* The tables of the state's structures: for fields_append, and for who writes and reads it all. */
#ifndef SUPERVISOR_REEXEC_STATE_SHAPES_H
#define SUPERVISOR_REEXEC_STATE_SHAPES_H

#include "reexec/fields.h"

extern const struct shape state_shape;
extern const struct shape state_word_shape;
extern const struct shape state_fd_shape;
extern const struct shape state_number_shape;
extern const struct shape state_name_shape;
extern const struct shape state_index_shape;
extern const struct shape state_listener_shape;
extern const struct shape state_entry_shape;
extern const struct shape state_use_shape;
extern const struct shape state_setup_shape;
extern const struct shape state_process_shape;
extern const struct shape state_family_shape;
extern const struct shape state_worker_shape;
extern const struct shape state_inlets_shape;
extern const struct shape state_generation_shape;
extern const struct shape state_capture_shape;
extern const struct shape state_machine_config_shape;
extern const struct shape state_machine_worker_shape;
extern const struct shape state_machine_generation_shape;
extern const struct shape state_machine_shape;
extern const struct shape state_event_shape;
extern const struct shape state_count_shape;
extern const struct shape state_events_shape;
extern const struct shape state_session_shape;
extern const struct shape state_path_shape;
extern const struct shape state_held_shape;
extern const struct shape state_broker_shape;
extern const struct shape state_set_shape;
extern const struct shape state_steer_shape;
extern const struct shape state_holder_shape;
extern const struct shape state_adopt_shape;
extern const struct shape state_changes_shape;

#endif
