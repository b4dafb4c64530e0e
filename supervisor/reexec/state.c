/* SPDX-License-Identifier: MIT */
/* See state.h. */
#include "reexec/state.h"

#include <errno.h>
#include <string.h>

#include "base/container.h"
#include "base/error.h"
#include "reexec/state_shapes.h"

void state_init(struct state *state)
{
	*state = *(const struct state *)state_shape.new;
	state->version = STATE_VERSION;
}

void state_finish(struct state *state)
{
	fields_free(&state_shape, state);
}

char *state_write(const struct state *state)
{
	json_t *json = fields_write(&state_shape, state);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	return text;
}

/* What stands for an index; count is how many there are. */
static int check_index(const char *what, int index, size_t count, struct baton_error *error)
{
	if (index == STATE_NONE || (index >= 0 && (size_t)index < count))
		return 0;
	return error_set(error, -EBADMSG, "there is no %s %d", what, index);
}

static int is_missing(const char *what, struct baton_error *error)
{
	return error_set(error, -EBADMSG, "%s is missing", what);
}

static int check_listeners(const struct state *state, struct baton_error *error)
{
	for (size_t i = 0; i < state->listener_count; i++)
		if (!state->listeners[i].name || state->listeners[i].socket_count == 0)
			return is_missing("what a listener is made of", error);
	return check_index("listener", state->control, state->listener_count, error);
}

static int check_setup(
	const struct state *state, const struct state_setup *setup, struct baton_error *error)
{
	int r = setup->name && setup->command_count ? 0 : is_missing("a name or command", error);

	for (size_t i = 0; r == 0 && i < setup->listener_count; i++)
		r = setup->listeners[i].name && setup->listeners[i].listener != STATE_NONE
			? check_index("listener", setup->listeners[i].listener,
				  state->listener_count, error)
			: is_missing("what a setup's listener is", error);
	return r;
}

static const struct state_broker *find_broker(const struct state *state, uint64_t number)
{
	for (size_t i = 0; i < state->adopt.broker_count; i++)
		if (state->adopt.brokers[i].number == number)
			return &state->adopt.brokers[i];
	return NULL;
}

static int check_family(
	const struct state *state, const struct state_family *family, struct baton_error *error)
{
	if (!family->marker)
		return is_missing("the marker of a family", error);
	if (family->broker && !find_broker(state, family->broker))
		return error_set(error, -EBADMSG, "there is no broker %llu",
			(unsigned long long)family->broker);
	return 0;
}

static int check_worker(
	const struct state *state, const struct state_worker *worker, struct baton_error *error)
{
	int r = check_index("capture", worker->capture, state->capture_count, error);

	if (r == 0 && worker->has_family)
		r = check_family(state, &worker->family, error);
	if (r == 0 && worker->state == WORKER_READY && (worker->pid <= 1 || worker->pidfd < 0))
		r = is_missing("the process of a worker", error);
	if (r == 0 && worker->state != WORKER_EMPTY && !worker->has_family)
		r = is_missing("the family of a worker", error);
	return r;
}

static int check_generation(const struct state *state, const struct state_generation *generation,
	struct baton_error *error)
{
	const struct machine_generation *known =
		machine_find(&state->machine.machine, generation->number);
	int r = generation->setup == STATE_NONE
		? is_missing("the setup of a generation", error)
		: check_index("setup", generation->setup, state->setup_count, error);

	if (r == 0 && (!known || known->worker_count != generation->worker_count))
		r = error_set(
			error, -EBADMSG, "generation %u is not the machine's", generation->number);
	for (size_t i = 0; r == 0 && i < generation->worker_count; i++)
		r = check_worker(state, &generation->workers[i], error);
	return r;
}

static int check_held(
	const struct state *state, const struct state_held *held, struct baton_error *error)
{
	if (held->fd < 0 || held->address.length < sizeof(sa_family_t) ||
		held->address.length > sizeof(struct sockaddr_un))
		return is_missing("the socket or the address of what is held", error);
	for (size_t i = 0; i < held->broker_count; i++)
		if (!find_broker(state, held->brokers[i].value))
			return is_missing("a broker that claims a socket", error);
	return 0;
}

static int check_set(
	const struct state_adopt *adopt, const struct state_set *set, struct baton_error *error)
{
	int r = set->socket_count == adopt->place_count ? 0
							: is_missing("a socket of a set", error);

	for (size_t i = 0; r == 0 && i < set->socket_count; i++)
		r = check_index("held socket", set->sockets[i].index, adopt->held_count, error);
	return r;
}

static int check_adopt(const struct state *state, struct baton_error *error)
{
	const struct state_adopt *adopt = &state->adopt;
	int r = 0;

	for (size_t i = 0; r == 0 && i < adopt->broker_count; i++)
		if (adopt->brokers[i].fd < 0)
			r = is_missing("the descriptor of a broker", error);
	for (size_t i = 0; r == 0 && i < adopt->held_count; i++)
		r = check_held(state, &adopt->held[i], error);
	for (size_t i = 0; r == 0 && i < adopt->set_count; i++)
		r = check_set(adopt, &adopt->sets[i], error);
	return r;
}

static int check(const struct state *state, struct baton_error *error)
{
	if (state->machine.machine.state != MACHINE_SERVING)
		return error_set(error, -EBADMSG, "the service does not serve");
	if (state->notify < 0 || state->setup == STATE_NONE)
		return is_missing("the notify socket or the setup", error);
	int r = check_index("setup", state->setup, state->setup_count, error);
	if (r == 0)
		r = check_listeners(state, error);
	for (size_t i = 0; r == 0 && i < state->setup_count; i++)
		r = check_setup(state, &state->setups[i], error);
	for (size_t i = 0; r == 0 && i < state->generation_count; i++)
		r = check_generation(state, &state->generations[i], error);
	for (size_t i = 0; r == 0 && i < state->stray_count; i++)
		r = check_family(state, &state->strays[i], error);
	return r == 0 ? check_adopt(state, error) : r;
}

/* Before anything else is believed. */
static int check_version(const json_t *json, struct baton_error *error)
{
	json_int_t version = json_integer_value(json_object_get(json, "version"));

	if (version == STATE_VERSION)
		return 0;
	return error_set(error, -EPROTONOSUPPORT, "its version is %lld, and only %d is known here",
		(long long)version, (int)STATE_VERSION);
}

int state_read(const char *text, size_t length, struct state *ret, struct baton_error *error)
{
	json_error_t problem;
	json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &problem);

	state_init(ret);
	if (!json)
		return error_set(error, -EBADMSG, "it is no JSON: %s", problem.text);
	int r = check_version(json, error);
	if (r == 0)
		r = fields_read(&state_shape, json, ret, error);
	if (r == 0)
		r = check(ret, error);
	json_decref(json);
	return r;
}
