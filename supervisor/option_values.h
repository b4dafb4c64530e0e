/* SPDX-License-Identifier: MIT */
/*
 * What options do to their target, which for `run` is its settings: the values of struct
 * option's `apply`. Each takes the value, NULL if the option has none, and returns 0, or -errno
 * with an error that names the option.
 */
#ifndef SUPERVISOR_OPTION_VALUES_H
#define SUPERVISOR_OPTION_VALUES_H

#include <baton/error.h>

struct option;

int option_apply_text(
	const struct option *option, void *target, const char *value, struct baton_error *error);
int option_apply_number(
	const struct option *option, void *target, const char *value, struct baton_error *error);
int option_apply_percent(
	const struct option *option, void *target, const char *value, struct baton_error *error);
int option_apply_duration(
	const struct option *option, void *target, const char *value, struct baton_error *error);
int option_apply_signal(
	const struct option *option, void *target, const char *value, struct baton_error *error);
int option_apply_false(
	const struct option *option, void *target, const char *value, struct baton_error *error);
int option_apply_true(
	const struct option *option, void *target, const char *value, struct baton_error *error);
int option_apply_name(
	const struct option *option, void *target, const char *value, struct baton_error *error);
int option_apply_keep_file(
	const struct option *option, void *target, const char *value, struct baton_error *error);
int option_apply_listen(
	const struct option *option, void *target, const char *value, struct baton_error *error);
int option_apply_ready(
	const struct option *option, void *target, const char *value, struct baton_error *error);
int option_apply_protocols(
	const struct option *option, void *target, const char *value, struct baton_error *error);
int option_apply_log_format(
	const struct option *option, void *target, const char *value, struct baton_error *error);
int option_apply_log_level(
	const struct option *option, void *target, const char *value, struct baton_error *error);

#endif
