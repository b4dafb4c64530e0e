/* SPDX-License-Identifier: MIT */
/* What a running baton hands to the binary that replaces it: supervisor/reexec/state.c. */
#include "reexec/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "reexec/fields.h"
#include "reexec/state_file.h"
#include "reexec/state_shapes.h"
#include "support/suite.h"

static struct state state, read_state;
static struct baton_error error;

static void *append(const struct shape *shape, void *list, size_t *count)
{
	void *item = fields_append(shape, list, count);

	ck_assert_ptr_nonnull(item);
	return item;
}

static void add_listener(void)
{
	struct state_listener *listener =
		append(&state_listener_shape, &state.listeners, &state.listener_count);
	struct state_fd *socket =
		append(&state_fd_shape, &listener->sockets, &listener->socket_count);

	listener->name = strdup("web");
	listener->shares = 1;
	socket->fd = 1003;
}

static void add_setup(void)
{
	struct state_setup *setup = append(&state_setup_shape, &state.setups, &state.setup_count);
	struct state_word *word = append(&state_word_shape, &setup->command, &setup->command_count);
	struct state_use *use = append(&state_use_shape, &setup->listeners, &setup->listener_count);

	setup->name = strdup("app");
	word->text = strdup("./server");
	use->name = strdup("web");
	use->listener = 0;
	state.setup = 0;
}

static void add_generation(void)
{
	struct state_generation *generation =
		append(&state_generation_shape, &state.generations, &state.generation_count);
	struct state_worker *worker =
		append(&state_worker_shape, &generation->workers, &generation->worker_count);
	struct machine_generation *known = &state.machine.machine.generations[0];

	generation->number = 3;
	generation->setup = 0;
	worker->state = WORKER_READY;
	worker->pid = 4711;
	worker->pidfd = 1004;
	worker->has_family = true;
	worker->family.marker = strdup("BATON_FAMILY=1.1");
	worker->family.broker = 9;
	state.machine.generation_count = 1;
	*known = (struct machine_generation){
		.number = 3, .state = MACHINE_GENERATION_SERVING, .worker_count = 1
	};
	known->workers[0].state = MACHINE_WORKER_READY;
}

static void add_held(void)
{
	const struct sockaddr local = { .sa_family = AF_UNIX };
	struct state_broker *broker =
		append(&state_broker_shape, &state.adopt.brokers, &state.adopt.broker_count);
	struct state_held *held =
		append(&state_held_shape, &state.adopt.held, &state.adopt.held_count);
	struct state_number *claim =
		append(&state_number_shape, &held->brokers, &held->broker_count);
	struct state_fd *place =
		append(&state_fd_shape, &state.adopt.places, &state.adopt.place_count);
	struct state_set *set = append(&state_set_shape, &state.adopt.sets, &state.adopt.set_count);
	struct state_index *index = append(&state_index_shape, &set->sockets, &set->socket_count);

	broker->number = 9;
	broker->fd = 1005;
	held->fd = 1006;
	strbuf_append_bytes(&held->address, &local, sizeof(local));
	claim->value = 9;
	place->fd = 1003;
	index->index = 0;
}

/* One that makes sense, with one of everything. */
static void setup(void)
{
	state_init(&state);
	state_init(&read_state);
	state.pid = 17;
	state.notify = 1007;
	state.machine.machine.state = MACHINE_SERVING;
	add_listener();
	add_setup();
	add_generation();
	add_held();
	state.control = 0;
}

static void teardown(void)
{
	state_finish(&state);
	state_finish(&read_state);
}

static int write_and_read(void)
{
	cleanup_free char *text = state_write(&state);

	ck_assert_ptr_nonnull(text);
	state_finish(&read_state);
	return state_read(text, strlen(text), &read_state, &error);
}

START_TEST(state_comes_back_as_it_was)
{
	cleanup_free char *before = state_write(&state);

	ck_assert_int_eq(write_and_read(), 0);
	cleanup_free char *after = state_write(&read_state);

	ck_assert_str_eq(before, after);
	ck_assert_int_eq(read_state.pid, 17);
	ck_assert_int_eq(read_state.generations[0].workers[0].pidfd, 1004);
	ck_assert_ptr_nonnull(machine_find(&read_state.machine.machine, 3));
	ck_assert_ptr_null(machine_find(&read_state.machine.machine, 2));
}
END_TEST

static int add(int fd, void *data)
{
	*(int *)data += fd;
	return 0;
}

START_TEST(all_its_descriptors_are_known)
{
	int sum = 0;

	ck_assert_int_eq(fields_each_fd(&state_shape, &state, add, &sum), 0);
	ck_assert_int_eq(sum, 1003 + 1003 + 1004 + 1005 + 1006 + 1007);
}
END_TEST

START_TEST(another_version_is_refused_before_anything_is_read)
{
	const char later[] = "{\"version\":2,\"pid\":\"seventeen\"}";

	ck_assert_int_eq(state_read(later, strlen(later), &read_state, &error), -EPROTONOSUPPORT);
	ck_assert_str_eq(error.text, "its version is 2, and only 1 is known here");
	ck_assert_int_eq(state_read("{}", 2, &read_state, &error), -EPROTONOSUPPORT);
	ck_assert_int_eq(state_read("{", 1, &read_state, &error), -EBADMSG);
}
END_TEST

/* Each spoils one thing, and puts it right again. */
#define SPOILT(member, value) \
	do { \
		__typeof__(member) was = (member); \
		(member) = (value); \
		ck_assert_int_eq(write_and_read(), -EBADMSG); \
		ck_assert(error.text[0]); \
		(member) = was; \
		ck_assert_int_eq(write_and_read(), 0); \
	} while (0)

START_TEST(what_refers_to_nothing_is_refused)
{
	SPOILT(state.control, 1);
	SPOILT(state.control, -2);
	SPOILT(state.setup, 1);
	SPOILT(state.setup, STATE_NONE);
	SPOILT(state.setups[0].listeners[0].listener, 1);
	SPOILT(state.setups[0].listeners[0].listener, STATE_NONE);
	SPOILT(state.generations[0].setup, 1);
	SPOILT(state.generations[0].setup, STATE_NONE);
	SPOILT(state.generations[0].number, 4);
	SPOILT(state.generations[0].workers[0].capture, 0);
	SPOILT(state.generations[0].workers[0].family.broker, 8);
	SPOILT(state.adopt.held[0].brokers[0].value, 8);
	SPOILT(state.adopt.sets[0].sockets[0].index, 1);
}
END_TEST

START_TEST(what_misses_something_is_refused)
{
	SPOILT(state.notify, -1);
	SPOILT(state.machine.machine.state, MACHINE_UPGRADING);
	SPOILT(state.machine.machine.generations[0].worker_count, 2);
	SPOILT(state.listeners[0].socket_count, 0);
	SPOILT(state.listeners[0].name, NULL);
	SPOILT(state.setups[0].name, NULL);
	SPOILT(state.setups[0].command_count, 0);
	SPOILT(state.setups[0].listeners[0].name, NULL);
	SPOILT(state.generations[0].workers[0].pid, 1);
	SPOILT(state.generations[0].workers[0].pidfd, -1);
	SPOILT(state.generations[0].workers[0].has_family, false);
	SPOILT(state.generations[0].workers[0].family.marker, NULL);
	SPOILT(state.adopt.brokers[0].fd, -1);
	SPOILT(state.adopt.held[0].fd, -1);
	SPOILT(state.adopt.held[0].address.length, 1);
	SPOILT(state.adopt.sets[0].socket_count, 0);
	SPOILT(state.adopt.place_count, 0);
}
END_TEST

START_TEST(file_comes_back_and_nobody_can_change_it)
{
	cleanup_fd int file = state_file_write(&state, &error);

	ck_assert_int_ge(file, FD_FIRST);
	ck_assert_int_eq(pwrite(file, "x", 1, 0), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(ftruncate(file, 0), -1);
	ck_assert_int_eq(state_file_read(file, &read_state, &error), 0);
	ck_assert_int_eq(read_state.pid, 17);
}
END_TEST

START_TEST(file_that_is_not_sealed_is_refused)
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(state_file_read(fileno(file), &read_state, &error), -EBADMSG);
	(void)fclose(file);
	ck_assert_int_eq(state_file_read(-1, &read_state, &error), -EBADMSG);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		state_comes_back_as_it_was,
		all_its_descriptors_are_known,
		another_version_is_refused_before_anything_is_read,
		what_refers_to_nothing_is_refused,
		what_misses_something_is_refused,
		file_comes_back_and_nobody_can_change_it,
		file_that_is_not_sealed_is_refused,
	};
	const struct suite suite = {
		.name = "state",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
