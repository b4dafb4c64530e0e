/* SPDX-License-Identifier: MIT */
/* A service made of a state has all that is in it: supervisor/reexec/restore.c and its like, by
 * what save.c and its like then find. */
#include "reexec/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/pidfd.h"
#include "process_tree.h"
#include "procfs.h"
#include "reexec/execute.h"
#include "reexec/save.h"
#include "reexec/state.h"
#include "reexec/state_shapes.h"
#include "service.h"
#include "setup.h"
#include "support/directory.h"
#include "support/suite.h"

static struct state before, after;
static struct restored restored;
static struct service service;
static struct baton_error error;
static int others[16], other_count; /* the far ends of what the state has, open for its life */
static char *no_arguments[] = { "run", NULL };

static void *append(const struct shape *shape, void *list, size_t *count)
{
	void *item = fields_append(shape, list, count);

	ck_assert_ptr_nonnull(item);
	return item;
}

static int pair(int type)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
	others[other_count++] = ends[1];
	return ends[0];
}

/* A child that does nothing until it is killed. */
static struct process start_child(int *ret_pidfd)
{
	struct procfs_stat stat;
	pid_t pid = fork();

	if (pid == 0) {
		(void)setpgid(0, 0);
		for (;;)
			(void)pause();
	}
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(procfs_stat(pid, &stat), 0);
	*ret_pidfd = pidfd_open_pid(pid);
	ck_assert_int_ge(*ret_pidfd, 0);
	return (struct process){ pid, stat.start_time };
}

static int listening(void)
{
	const struct sockaddr_in any = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&any, sizeof(any)), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	return fd;
}

static void add_listener(const char *name, int socket)
{
	struct state_listener *listener =
		append(&state_listener_shape, &before.listeners, &before.listener_count);
	struct state_fd *fd = append(&state_fd_shape, &listener->sockets, &listener->socket_count);

	listener->name = strdup(name);
	listener->shares = 1;
	fd->fd = socket;
}

static void add_entry(
	struct state_entry **list, size_t *count, const char *option, const char *value)
{
	struct state_entry *entry = append(&state_entry_shape, list, count);

	entry->option = strdup(option);
	entry->value = value ? strdup(value) : NULL;
	entry->line = 7;
}

static void add_setup(void)
{
	struct state_setup *setup = append(&state_setup_shape, &before.setups, &before.setup_count);
	struct state_word *word = append(&state_word_shape, &setup->command, &setup->command_count);
	struct state_use *use = append(&state_use_shape, &setup->listeners, &setup->listener_count);

	setup->name = strdup("app");
	word->text = strdup("./server");
	add_entry(&setup->config, &setup->config_count, "listen", "web=tcp://127.0.0.1:0");
	add_entry(&setup->config, &setup->config_count, "drain-timeout", "7s");
	add_entry(&setup->as_read, &setup->as_read_count, "capture", NULL);
	setup->command_line = 3;
	use->name = strdup("web");
	use->listener = 0;
	use->origin = LISTENERS_STORED;
}

static void set_family(struct state_family *family, struct process leader, const char *marker)
{
	struct process *member =
		append(&state_process_shape, &family->members, &family->member_count);

	*member = family->leader = leader;
	family->marker = strdup(marker);
}

static struct state_generation *add_generation(
	unsigned number, enum machine_generation_state state, size_t workers)
{
	struct state_generation *generation =
		append(&state_generation_shape, &before.generations, &before.generation_count);
	struct machine_generation *known =
		&before.machine.machine.generations[before.machine.generation_count++];

	generation->number = number;
	generation->setup = before.setup;
	generation->started_at_ms = clock_ms() - 5000;
	for (size_t i = 0; i < workers; i++)
		(void)append(&state_worker_shape, &generation->workers, &generation->worker_count);
	*known = (struct machine_generation){
		.number = number,
		.state = state,
		.config = before.machine.machine.config,
		.worker_count = (unsigned)workers,
	};
	return generation;
}

static void set_running(struct state_worker *worker, const char *marker)
{
	worker->state = WORKER_READY;
	set_family(&worker->family, start_child(&worker->pidfd), marker);
	worker->pid = worker->family.leader.pid;
	worker->has_family = true;
	worker->channel = pair(SOCK_SEQPACKET);
	worker->handoff = pair(SOCK_SEQPACKET);
	worker->started_at_ms = clock_ms() - 4000;
	worker->ready_at_ms = clock_ms() - 3000;
	(void)snprintf(worker->status, sizeof(worker->status), "serves");
}

/* One drains, the other serves with a worker that runs and one that waits. */
static void add_generations(void)
{
	struct state_generation *old = add_generation(2, MACHINE_GENERATION_DRAINING, 1);

	before.machine.machine.generations[0].workers[0].state = MACHINE_WORKER_READY;
	old->is_retired = true;
	old->retired_at_ms = clock_ms() - 1000;
	old->drain_until_ms = clock_ms() + 60000;
	old->stop_signal = SIGTERM;
	set_running(&old->workers[0], "BATON_FAMILY=1.1");
	old->workers[0].stop_signal = SIGTERM;
	old->workers[0].family.hammer_at_ms = clock_ms() + 30000;
	old->workers[0].family.kill_pause_ms = 20;

	struct state_generation *new = add_generation(3, MACHINE_GENERATION_SERVING, 2);
	struct machine_worker *known = before.machine.machine.generations[1].workers;

	known[0].state = MACHINE_WORKER_READY;
	known[1] = (struct machine_worker){ MACHINE_WORKER_BACKOFF, 4 };
	new->program = strdup("./other");
	set_running(&new->workers[0], "BATON_FAMILY=1.2");
	new->workers[0].capture = 0;
	new->workers[0].watchdog_ms = 9000;
	new->workers[0].watchdog_at_ms = clock_ms() + 9000;
	new->workers[0].is_aborted = true;
	new->workers[0].family.broker = 9;
	new->workers[1].restart_at_ms = clock_ms() + 20000;
	(void)snprintf(new->workers[1].fate, sizeof(new->workers[1].fate), "was killed");
	new->workers[1].fate_pid = 4711;
}

static void add_inlets(struct state_inlets *inlets)
{
	struct state_number *port =
		append(&state_number_shape, &inlets->ports, &inlets->port_count);
	struct state_name *name = append(&state_name_shape, &inlets->names, &inlets->name_count);
	const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/gone" };

	port->value = htons(80);
	strbuf_append_bytes(&name->address, &address, sizeof(address));
	inlets->has_unseen = true;
}

static void add_capture(void)
{
	struct state_capture *capture =
		append(&state_capture_shape, &before.captures, &before.capture_count);
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	capture->fd = ends[0];
	others[other_count++] = ends[1];
	strbuf_append(&capture->kept, "last words\n");
	strbuf_append(&capture->pending, "words\n");
}

static void add_adopted(void)
{
	struct state_adopt *adopt = &before.adopt;
	struct state_broker *broker =
		append(&state_broker_shape, &adopt->brokers, &adopt->broker_count);
	struct sockaddr_in address;
	socklen_t length = sizeof(address);

	adopt->is_on = true;
	adopt->steer = (struct steer){ .is_on = true, .to = 3, .percent = 100 };
	adopt->last_broker = 12;
	broker->number = 9;
	broker->fd = pair(SOCK_SEQPACKET);
	broker->generation = 3;
	broker->is_ready = true;
	broker->process = before.generations[1].workers[0].family.leader;
	(void)snprintf(broker->marker, sizeof(broker->marker), "BATON_FAMILY=1.2");
	for (int i = 0; i < 2; i++) {
		struct state_held *held =
			append(&state_held_shape, &adopt->held, &adopt->held_count);

		held->fd = listening();
		ck_assert_int_eq(getsockname(held->fd, (struct sockaddr *)&address, &length), 0);
		strbuf_append_bytes(&held->address, &address, length);
		held->generation = 3;
		held->position = i;
		held->is_passed = i == 0;
		held->is_left = held->is_closed = i == 1;
	}
	struct state_number *claim =
		append(&state_number_shape, &adopt->held[1].brokers, &adopt->held[1].broker_count);
	struct state_fd *place = append(&state_fd_shape, &adopt->places, &adopt->place_count);
	struct state_set *set = append(&state_set_shape, &adopt->sets, &adopt->set_count);
	struct state_index *index = append(&state_index_shape, &set->sockets, &set->socket_count);

	claim->value = 9;
	place->fd = before.listeners[0].sockets[0].fd;
	set->generation = 3;
	set->is_taken = true;
	index->index = 0;
}

static void add_holder(void)
{
	struct state_holder *holder = &before.adopt.holder;
	struct state_number *key = append(&state_number_shape, &holder->keys, &holder->key_count);
	int pidfd;

	holder->link = pair(SOCK_SEQPACKET);
	holder->process = start_child(&pidfd);
	fd_close(pidfd);
	key->value = 1234;
}

static void add_events(void)
{
	struct event event = { .number = 1,
		.at_ms = 5,
		.what = MACHINE_REPORT_STARTING,
		.generation = 1,
		.text = "why" };

	before.events.count = 1;
	*(struct event *)append(
		&state_event_shape, &before.events.recent, &before.events.recent_count) = event;
	before.events.outcome_count = 1;
	*(struct event *)append(&state_event_shape, &before.events.outcomes,
		&before.events.kept_outcome_count) = event;
	before.events.cut_connections = 6;
	for (unsigned i = 0; i < MACHINE_REPORT_COUNT; i++)
		*(struct state_count *)append(
			&state_count_shape, &before.events.counts, &before.events.counts_count) =
			(struct state_count){ (enum machine_report)i, i + 1 };
}

static void add_session(void)
{
	struct state_session *session =
		append(&state_session_shape, &before.sessions, &before.session_count);

	session->fd = pair(SOCK_STREAM);
	session->wait = SESSION_WAITS_FOR_UPGRADE;
	session->generation = 4;
	strbuf_append(&session->input, "{\"command\":");
}

static int open_notify(void)
{
	const struct sockaddr_un any = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&any, sizeof(sa_family_t)), 0);
	return fd;
}

/* One that has something of everything. */
static void fill(void)
{
	struct state_family *stray;
	int pidfd;

	before.pid = getpid();
	before.started_at_ms = clock_ms() - 100000;
	before.directory = strdup("/srv/app/current");
	before.has_notified = before.has_said_unseen = true;
	before.started_count = 77;
	before.command_status = 3;
	before.command_pid = 4712;
	(void)snprintf(before.command_fate, sizeof(before.command_fate), "exited");
	before.changes = (struct changes){ .has_drain_timeout = true, .drain_timeout_ms = 9000 };
	before.notify = open_notify();
	before.store_capacity = 5;
	add_listener("web", listening());
	before.listeners[0].store_name = strdup("stored");
	before.listeners[0].store_copy = 2;
	before.listeners[0].store_index_end = 4;
	add_listener("control", listening());
	before.control = 1;
	add_setup();
	before.setup = 0;
	before.machine.machine.state = MACHINE_SERVING;
	before.machine.machine.last_number = 3;
	before.machine.machine.config = (struct machine_config){
		.workers = 2, .drain_timeout_ms = 9000, .max_draining = 8
	};
	add_capture();
	add_generations();
	add_inlets(&before.generations[0].inlets);
	stray = append(&state_family_shape, &before.strays, &before.stray_count);
	set_family(stray, start_child(&pidfd), "BATON_FAMILY=1.3");
	fd_close(pidfd);
	stray->hammer_at_ms = clock_ms() + 40000;
	add_adopted();
	add_holder();
	add_events();
	add_session();
}

/* The same moment, but for a millisecond or so that a timer cannot tell. */
static void expect_moment(int64_t *found, int64_t wanted)
{
	ck_assert_int_ge(*found, wanted - 1000);
	ck_assert_int_le(*found, wanted + 1000);
	*found = wanted;
}

static void expect_moments(void)
{
	struct state_generation *old = &after.generations[0], *new = &after.generations[1];
	const struct state_generation *was = before.generations;

	expect_moment(&old->drain_until_ms, was[0].drain_until_ms);
	expect_moment(&old->workers[0].family.hammer_at_ms, was[0].workers[0].family.hammer_at_ms);
	expect_moment(&new->workers[0].watchdog_at_ms, was[1].workers[0].watchdog_at_ms);
	expect_moment(&new->workers[1].restart_at_ms, was[1].workers[1].restart_at_ms);
	expect_moment(&after.strays[0].hammer_at_ms, before.strays[0].hammer_at_ms);
}

static void setup(void)
{
	directory_make();
	ck_assert_int_eq(setenv("BATON_RUNTIME_DIR", directory, true), 0);
	state_init(&before);
	state_init(&after);
}

static void kill_children(void)
{
	ck_assert_int_ge(process_tree_kill_below(getpid(), NULL), 0);
	while (waitpid(-1, NULL, 0) > 0)
		;
	ck_assert_int_eq(errno, ECHILD);
}

START_TEST(service_has_all_that_was_in_the_state)
{
	fill();
	ck_assert_int_eq(restored_load(&restored, &before, &error), 0);
	ck_assert_int_eq(execute_set_cloexec(&before, true), 0);
	ck_assert_msg(restored_open(&restored, &before, &error) == 0, "%s", error.text);
	struct baton_listener *place = restored.listeners[1];

	ck_assert_int_eq(
		service_prepare(&service, restored.setups[0], no_arguments, place, &error), 0);
	ck_assert_msg(restore(&service, &restored, &before, &error) == 0, "%s", error.text);
	ck_assert_int_eq(save(&service, &after), 0);
	expect_moments();
	cleanup_free char *wanted = state_write(&before);
	cleanup_free char *found = state_write(&after);

	ck_assert_str_eq(found, wanted);
	struct setup *kept = setup_ref(restored.setups[0]);

	restored_finish(&restored, &before);
	service_finish(&service);
	setup_unref(kept);
	baton_listener_close(place);
	state_finish(&before);
	state_finish(&after);
	while (other_count > 0)
		fd_close(others[--other_count]);
	ev_loop_destroy(ev_default_loop(0));
	kill_children();
	directory_remove_all();
}
END_TEST

START_TEST(option_that_is_unknown_is_refused)
{
	add_setup();
	add_entry(&before.setups[0].config, &before.setups[0].config_count, "of-a-later-version",
		"7");
	ck_assert_int_eq(restored_load(&restored, &before, &error), -EINVAL);
	ck_assert_str_eq(error.text, "--of-a-later-version is unknown to it");
	restored_finish(&restored, &before);
	state_finish(&before);
	directory_remove_all();
}
END_TEST

START_TEST(value_that_is_none_any_more_is_refused)
{
	add_setup();
	add_entry(&before.setups[0].config, &before.setups[0].config_count, "workers", "many");
	ck_assert_int_lt(restored_load(&restored, &before, &error), 0);
	ck_assert_ptr_nonnull(strstr(error.text, "many"));
	restored_finish(&restored, &before);
	state_finish(&before);
	directory_remove_all();
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		service_has_all_that_was_in_the_state,
		option_that_is_unknown_is_refused,
		value_that_is_none_any_more_is_refused,
	};
	const struct suite suite = {
		.name = "restore",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
	};

	return suite_run(&suite);
}
