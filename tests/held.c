/* SPDX-License-Identifier: MIT */
/* Who gets which held socket, and when it goes: supervisor/adopt/held.c. */
#include "adopt/held.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/directory.h"
#include "support/suite.h"

enum { BINDER = 4711 };

struct worker {
	struct held_claimant claimant;
	ino_t open[4]; /* what it has open */
	unsigned asked;
};

static struct held_table table;
static struct worker first, second; /* of generations 1 and 2, */
static struct worker other;         /* and another one of the second */

static bool has_open(const struct held_claimant *claimant, ino_t socket)
{
	struct worker *worker = container_of(claimant, struct worker, claimant);

	worker->asked++;
	for (size_t i = 0; i < array_length(worker->open); i++)
		if (worker->open[i] == socket)
			return true;
	return false;
}

static void setup(void)
{
	directory_make();
	held_init(&table);
	first = (struct worker){ .claimant = { .generation = 1, .has_open = has_open } };
	second = (struct worker){ .claimant = { .generation = 2, .has_open = has_open } };
	other = second;
}

static void teardown(void)
{
	held_finish(&table, true);
	ck_assert(list_empty(&table.sockets));
	directory_remove_all();
}

static int open_socket(int family, int type, bool is_reuseport)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0), on = is_reuseport;

	ck_assert_int_ge(fd, 0);
	if (is_reuseport)
		ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
	return fd;
}

/* On loopback; port 0: any that is free. */
static struct socket_address bind_port(int fd, in_port_t port)
{
	struct socket_address address = { .length = sizeof(address.in) };

	address.in.sin_family = AF_INET;
	address.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.in.sin_port = port;
	ck_assert_int_eq(bind(fd, &address.any, address.length), 0);
	ck_assert_int_eq(getsockname(fd, &address.any, &address.length), 0);
	return address;
}

static struct binding read_binding(int fd, const struct socket_address *address)
{
	struct binding binding = BINDING_INIT;

	ck_assert_int_eq(binding_read(fd, address, &binding), 0);
	return binding;
}

/* Bound to the port, and held for the worker. */
static struct held *hold_port(in_port_t port, bool is_reuseport, const struct worker *worker)
{
	int fd = open_socket(AF_INET, SOCK_STREAM, is_reuseport);
	struct socket_address address = bind_port(fd, port);
	struct binding binding = read_binding(fd, &address);
	struct held *held = held_take(&table, &binding, fd, BINDER, &worker->claimant);

	ck_assert_ptr_nonnull(held);
	ck_assert(!held->is_bound);
	held_settle(&table, BINDER);
	ck_assert(held->is_bound);
	return held;
}

static struct held *hold(const struct worker *worker)
{
	return hold_port(0, false, worker);
}

static in_port_t port_of(const struct held *held)
{
	return held->binding.address.in.sin_port;
}

/* What becomes of a bind of the same address by another socket of that kind. */
static enum held_verdict choose_as(
	const struct held *like, bool is_reuseport, const struct worker *worker, struct held **ret)
{
	int fd = open_socket(AF_INET, SOCK_STREAM, is_reuseport);
	struct binding binding = read_binding(fd, &like->binding.address);
	enum held_verdict verdict = held_choose(&table, &binding, &worker->claimant, ret);

	binding_finish(&binding);
	fd_close(fd);
	return verdict;
}

static enum held_verdict choose(const struct held *like, const struct worker *worker)
{
	struct held *chosen = NULL;
	enum held_verdict verdict = choose_as(like, like->binding.is_reuseport, worker, &chosen);

	ck_assert((verdict == HELD_GIVE) == (chosen == like));
	return verdict;
}

/* The slot that the worker is given, which it claims and has open; NULL: it gets a new one. */
static struct held *give_slot(const struct held *like, struct worker *worker)
{
	struct held *chosen;
	enum held_verdict verdict = choose_as(like, true, worker, &chosen);

	ck_assert_int_ne(verdict, HELD_IN_USE);
	if (verdict != HELD_GIVE)
		return NULL;
	ck_assert_int_eq(held_claim(chosen, &worker->claimant), 0);
	for (size_t i = 0; i < array_length(worker->open); i++)
		if (!worker->open[i]) {
			worker->open[i] = chosen->binding.socket;
			break;
		}
	return chosen;
}

static struct binding_path path_of(const char *name)
{
	struct binding_path path = { .directory =
					     open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC) };

	ck_assert_int_ge(path.directory, 0);
	strcpy(path.name, name);
	return path;
}

/* Valid until the next call but one. */
static const char *file(const char *name)
{
	static char paths[2][128];
	static unsigned turn;
	char *path = paths[turn++ % 2];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	return path;
}

static bool exists(const char *name)
{
	struct stat status;

	return lstat(file(name), &status) == 0;
}

static struct socket_address address_of(const char *name)
{
	struct socket_address address = { .length = sizeof(address.un) };

	address.un.sun_family = AF_UNIX;
	strcpy(address.un.sun_path, file(name));
	return address;
}

static int bind_file(const char *name)
{
	int fd = open_socket(AF_UNIX, SOCK_STREAM, false);
	struct socket_address address = address_of(name);

	ck_assert_int_eq(bind(fd, &address.any, address.length), 0);
	return fd;
}

static struct held *hold_file(const char *name, const struct worker *worker)
{
	int fd = bind_file(name);
	struct socket_address address = address_of(name);
	struct binding binding = read_binding(fd, &address);

	binding.path = path_of(name);
	struct held *held = held_take(&table, &binding, fd, BINDER, &worker->claimant);

	ck_assert_ptr_nonnull(held);
	held_settle(&table, BINDER);
	ck_assert(held->is_bound);
	ck_assert_uint_ne(held->inode, 0);
	return held;
}

static struct held *find_file(const char *name)
{
	struct binding_path path = path_of(name);
	struct held *held = held_find_file(&table, &path);

	fd_close(path.directory);
	return held;
}

static enum held_verdict choose_file(const char *name, struct worker *worker, struct held **ret)
{
	int fd = open_socket(AF_UNIX, SOCK_STREAM, false);
	struct socket_address address = address_of(name);
	struct binding binding = read_binding(fd, &address);

	binding.path = path_of(name);
	enum held_verdict verdict = held_choose(&table, &binding, &worker->claimant, ret);

	binding_finish(&binding);
	fd_close(fd);
	return verdict;
}

START_TEST(first_bind_of_an_address_is_unknown)
{
	struct held *held = hold(&first), *another;
	int fd = open_socket(AF_INET, SOCK_STREAM, false);
	struct socket_address address = bind_port(fd, 0);
	struct binding binding = read_binding(fd, &address);

	ck_assert_int_eq(held_choose(&table, &binding, &second.claimant, &another), HELD_UNKNOWN);
	ck_assert_int_ne(port_of(held), address.in.sin_port);
	fd_close(fd);
}
END_TEST

START_TEST(next_generation_is_given_the_socket)
{
	struct held *held = hold(&first);

	first.open[0] = held->binding.socket;
	ck_assert_int_eq(choose(held, &second), HELD_GIVE);
	ck_assert_uint_eq(first.asked + second.asked, 0);
}
END_TEST

START_TEST(workers_of_a_generation_share_the_socket)
{
	struct held *held = hold(&second);

	second.open[0] = held->binding.socket;
	ck_assert_int_eq(choose(held, &other), HELD_GIVE);
	ck_assert_uint_eq(second.asked, 0);
}
END_TEST

START_TEST(second_bind_of_a_worker_is_in_use)
{
	struct held *held = hold(&first);

	first.open[0] = held->binding.socket;
	ck_assert_int_eq(choose(held, &first), HELD_IN_USE);
	ck_assert_int_eq(held_claim(held, &second.claimant), 0);
	second.open[0] = held->binding.socket;
	ck_assert_int_eq(choose(held, &second), HELD_IN_USE);
}
END_TEST

START_TEST(worker_that_has_closed_the_socket_is_given_it_again)
{
	struct held *held = hold(&first);

	ck_assert_int_eq(choose(held, &first), HELD_GIVE);
	ck_assert_uint_eq(first.asked, 1);
}
END_TEST

START_TEST(socket_that_is_not_bound_yet_is_given_to_nobody)
{
	int guard =
		open_socket(AF_INET, SOCK_STREAM, true); /* so that the port stays free for us */
	int fd = open_socket(AF_INET, SOCK_STREAM, true);
	struct socket_address address = bind_port(guard, 0);
	struct binding binding = read_binding(fd, &address), asked = binding;
	struct held *held = held_take(&table, &binding, fd, BINDER, &first.claimant), *chosen;

	ck_assert_int_eq(held_choose(&table, &asked, &second.claimant, &chosen), HELD_UNKNOWN);
	(void)bind_port(fd, address.in.sin_port);
	ck_assert_int_eq(held_choose(&table, &asked, &second.claimant, &chosen), HELD_UNKNOWN);
	held_settle(&table, BINDER + 1);
	ck_assert_int_eq(held_choose(&table, &asked, &second.claimant, &chosen), HELD_GIVE);
	ck_assert_ptr_eq(chosen, held);
	fd_close(guard);
}
END_TEST

START_TEST(slots_are_given_one_each_the_oldest_first)
{
	struct held *slots[2];

	slots[0] = hold_port(0, true, &first);
	slots[1] = hold_port(port_of(slots[0]), true, &first);
	ck_assert_ptr_eq(give_slot(slots[0], &second), slots[0]);
	ck_assert_ptr_eq(give_slot(slots[0], &other), slots[1]);
	ck_assert_ptr_null(give_slot(slots[0], &other));
	ck_assert_ptr_null(give_slot(slots[0], &second));
}
END_TEST

START_TEST(process_that_binds_two_slots_is_given_both)
{
	struct held *slots[2];

	slots[0] = hold_port(0, true, &first);
	slots[1] = hold_port(port_of(slots[0]), true, &first);
	ck_assert_ptr_eq(give_slot(slots[0], &second), slots[0]);
	ck_assert_ptr_eq(give_slot(slots[0], &second), slots[1]);
	ck_assert_ptr_null(give_slot(slots[0], &second));
}
END_TEST

START_TEST(slot_that_nobody_claims_is_preferred_to_one_closed_again)
{
	struct held *slots[2];

	slots[0] = hold_port(0, true, &second);
	slots[1] = hold_port(port_of(slots[0]), true, &first);
	ck_assert_ptr_eq(give_slot(slots[0], &second), slots[1]);
	ck_assert_ptr_eq(give_slot(slots[0], &second), slots[0]);
}
END_TEST

START_TEST(slot_of_another_worker_is_not_shared)
{
	struct held *slot = hold_port(0, true, &second);

	ck_assert_ptr_null(give_slot(slot, &other)); /* also if that has closed it */
	ck_assert_uint_eq(second.asked, 0);
}
END_TEST

START_TEST(released_slot_is_given_again)
{
	struct held *slot = hold_port(0, true, &second);

	held_release(&table, &second.claimant);
	ck_assert_ptr_eq(give_slot(slot, &other), slot);
}
END_TEST

START_TEST(server_that_gave_up_reuseport_is_given_a_slot)
{
	struct held *slot = hold_port(0, true, &first), *chosen;

	ck_assert_int_eq(choose_as(slot, false, &second, &chosen), HELD_GIVE);
	ck_assert_ptr_eq(chosen, slot);
	ck_assert_int_eq(held_claim(slot, &second.claimant), 0);
	second.open[0] = slot->binding.socket;
	ck_assert_int_eq(choose_as(slot, false, &second, &chosen), HELD_IN_USE);
	ck_assert_int_eq(choose_as(slot, false, &other, &chosen), HELD_GIVE);
}
END_TEST

START_TEST(failed_bind_is_forgotten)
{
	int fd = open_socket(AF_INET, SOCK_STREAM, false), taken = fd_dup(fd);
	struct held *held = hold(&first);
	struct binding binding = read_binding(fd, &held->binding.address);

	ck_assert_ptr_nonnull(held_take(&table, &binding, taken, BINDER, &second.claimant));
	ck_assert_int_eq(bind(fd, &held->binding.address.any, held->binding.address.length), -1);
	held_settle(&table, BINDER + 1); /* another thread's: this one may still be binding */
	held_settle(&table, 0);
	ck_assert_int_ne(fcntl(taken, F_GETFD), -1);
	held_settle(&table, BINDER);
	ck_assert_int_eq(fcntl(taken, F_GETFD), -1);
	ck_assert_ptr_eq(held_find_socket(&table, held->binding.socket), held);
	ck_assert_ptr_eq(table.sockets.next, &held->link);
	ck_assert_ptr_eq(table.sockets.prev, &held->link);
	fd_close(fd);
}
END_TEST

/* The kernel has refused a second bind of it. */
START_TEST(socket_that_was_bound_elsewhere_is_forgotten)
{
	struct held *port = hold(&first), *file = hold_file("a", &first);
	struct binding elsewhere[] = { port->binding, file->binding };

	elsewhere[0].address.in.sin_port ^= 1;
	elsewhere[1].address = address_of("b");
	elsewhere[1].path.directory = -1;
	(void)held_take(&table, &elsewhere[0], fd_dup(port->fd), BINDER, &second.claimant);
	(void)held_take(&table, &elsewhere[1], fd_dup(file->fd), BINDER, &second.claimant);
	held_settle(&table, BINDER);
	ck_assert_ptr_eq(table.sockets.next, &port->link);
	ck_assert_ptr_eq(table.sockets.prev, &file->link);
}
END_TEST

/* Every family that can be held. */
START_TEST(bind_that_has_worked_is_noticed)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM };

	for (size_t i = 0; i < array_length(types); i++) {
		struct socket_address addresses[] = { { .length = sizeof(struct sockaddr_in) },
			{ .length = sizeof(struct sockaddr_in6) },
			{ .length = sizeof(sa_family_t) } }; /* an abstract name */

		addresses[0].in.sin_family = AF_INET;
		addresses[0].in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		addresses[1].in6.sin6_family = AF_INET6;
		addresses[1].in6.sin6_addr = in6addr_loopback;
		addresses[2].un.sun_family = AF_UNIX;
		for (size_t k = 0; k < array_length(addresses); k++) {
			struct socket_address *address = &addresses[k];
			int fd = open_socket(address->any.sa_family, types[i], false);

			if (bind(fd, &address->any, address->length) == -1) {
				ck_assert_int_eq(errno, EADDRNOTAVAIL); /* no IPv6 here */
				fd_close(fd);
				continue;
			}
			address->length = sizeof(address->un);
			ck_assert_int_eq(getsockname(fd, &address->any, &address->length), 0);
			struct binding binding = read_binding(fd, address);
			struct held *held =
				held_take(&table, &binding, fd, BINDER, &first.claimant);

			held_settle(&table, BINDER);
			ck_assert(held->is_bound);
			ck_assert_uint_eq(held->inode, 0);
		}
	}
	ck_assert(!held_has_files(&table));
}
END_TEST

START_TEST(released_socket_stays_for_the_next)
{
	struct held *held = hold(&first);

	held->is_bound = false; /* as if nobody had looked */
	held_release(&table, &first.claimant);
	ck_assert_int_eq(choose(held, &first), HELD_GIVE);
	ck_assert_int_eq(choose(held, &second), HELD_GIVE);
	ck_assert_uint_eq(first.asked, 0);
}
END_TEST

START_TEST(worker_that_is_gone_leaves_no_unbound_socket)
{
	int fd = open_socket(AF_INET, SOCK_STREAM, false), taken = fd_dup(fd);
	struct held *held = hold(&first);
	struct binding binding = read_binding(fd, &held->binding.address);

	ck_assert_ptr_nonnull(held_take(&table, &binding, taken, BINDER, &second.claimant));
	held_release(&table, &first.claimant);
	ck_assert_int_ne(fcntl(taken, F_GETFD), -1);
	held_release(&table, &second.claimant);
	ck_assert_int_eq(fcntl(taken, F_GETFD), -1);
	ck_assert(!list_empty(&table.sockets));
	fd_close(fd);
}
END_TEST

START_TEST(claim_counts_once)
{
	struct held *held = hold(&first);

	ck_assert_int_eq(held_claim(held, &first.claimant), 0);
	ck_assert_int_eq(held_claim(held, &second.claimant), 0);
	held_release(&table, &first.claimant);
	ck_assert_ptr_null(held_find_unwanted(&table));
	second.claimant.is_retired = true;
	held_release(&table, &second.claimant);
	ck_assert_ptr_eq(held_find_unwanted(&table), held);
}
END_TEST

START_TEST(socket_of_a_retired_worker_is_wanted_until_it_is_gone)
{
	struct held *held = hold(&first);

	ck_assert_ptr_null(held_find_unwanted(&table));
	first.claimant.is_retired = true;
	ck_assert_ptr_null(held_find_unwanted(&table));
	held_release(&table, &first.claimant);
	ck_assert_ptr_eq(held_find_unwanted(&table), held);
}
END_TEST

START_TEST(slot_of_a_retired_worker_is_not_wanted)
{
	struct held *slots[2];

	slots[0] = hold_port(0, true, &first);
	slots[1] = hold_port(port_of(slots[0]), true, &first);
	ck_assert_ptr_null(held_find_unwanted(&table));
	ck_assert_int_eq(held_claim(slots[0], &second.claimant), 0);
	first.claimant.is_retired = true;
	ck_assert_ptr_eq(held_find_unwanted(&table), slots[1]);
	held_remove(slots[1]);
	ck_assert_ptr_null(held_find_unwanted(&table));
}
END_TEST

START_TEST(socket_is_found_by_its_inode)
{
	struct held *a = hold(&first), *b = hold(&first);

	ck_assert_ptr_eq(held_find_socket(&table, a->binding.socket), a);
	ck_assert_ptr_eq(held_find_socket(&table, b->binding.socket), b);
	ck_assert_ptr_null(held_find_socket(&table, 1));
}
END_TEST

START_TEST(renamed_file_is_still_the_socket)
{
	struct held *held = hold_file("a", &first);

	ck_assert(held_has_files(&table));
	ck_assert_ptr_eq(find_file("a"), held);
	ck_assert_int_eq(rename(file("a"), file("b")), 0);
	ck_assert_ptr_null(find_file("a"));
	ck_assert_ptr_eq(find_file("b"), held);
}
END_TEST

START_TEST(hard_link_is_the_socket_too)
{
	struct held *held = hold_file("a", &first), *chosen;

	ck_assert_int_eq(link(file("a"), file("b")), 0);
	ck_assert_ptr_eq(find_file("a"), held);
	ck_assert_ptr_eq(find_file("b"), held);
	ck_assert_int_eq(choose_file("b", &second, &chosen), HELD_GIVE);
	ck_assert_ptr_eq(chosen, held);
}
END_TEST

START_TEST(replaced_file_is_not_the_socket)
{
	(void)hold_file("a", &first);
	struct held *chosen;

	ck_assert_int_eq(unlink(file("a")), 0);
	ck_assert_ptr_null(find_file("a"));
	fd_close(bind_file("a"));
	ck_assert_ptr_null(find_file("a"));
	ck_assert_int_eq(choose_file("a", &second, &chosen), HELD_UNKNOWN);
}
END_TEST

START_TEST(what_is_no_socket_file_is_not_found)
{
	(void)hold_file("a", &first);
	struct binding_path nowhere = { .directory = -1, .name = "a" };

	ck_assert_int_eq(symlink("a", file("link")), 0);
	fd_close(open(file("plain"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	ck_assert_ptr_null(find_file("link"));
	ck_assert_ptr_null(find_file("plain"));
	ck_assert_ptr_null(find_file("missing"));
	ck_assert_ptr_null(held_find_file(&table, &nowhere));
}
END_TEST

START_TEST(path_is_given_while_its_file_is_there)
{
	struct held *held = hold_file("a", &first), *another = hold_file("b", &first), *chosen;

	ck_assert_int_eq(choose_file("a", &second, &chosen), HELD_GIVE);
	ck_assert_ptr_eq(chosen, held);
	ck_assert_int_eq(choose_file("b", &second, &chosen), HELD_GIVE);
	ck_assert_ptr_eq(chosen, another);
	ck_assert_int_eq(choose_file("c", &second, &chosen), HELD_UNKNOWN);
	ck_assert_int_eq(unlink(file("a")), 0);
	ck_assert_int_eq(choose_file("a", &second, &chosen), HELD_UNKNOWN);
}
END_TEST

START_TEST(removed_socket_takes_its_file_along)
{
	held_remove(hold_file("a", &first));
	ck_assert(!exists("a"));
	held_remove(hold(&first)); /* without one */
	ck_assert(list_empty(&table.sockets));
}
END_TEST

START_TEST(removed_socket_leaves_the_file_of_another)
{
	struct held *held = hold_file("a", &first);

	ck_assert_int_eq(unlink(file("a")), 0);
	fd_close(bind_file("a"));
	held_remove(held);
	ck_assert(exists("a"));
	held = hold_file("b", &first);
	ck_assert_int_eq(unlink(file("b")), 0);
	held_remove(held);
}
END_TEST

START_TEST(removed_socket_takes_its_renamed_file_along)
{
	struct held *held = hold_file("a", &first);
	struct binding_path path = path_of("b");

	ck_assert_int_eq(rename(file("a"), file("b")), 0);
	held_expect_path(held, &path);
	held_remove(held);
	ck_assert(!exists("b"));
}
END_TEST

START_TEST(destroyed_socket_leaves_its_file)
{
	held_destroy(hold_file("a", &first));
	ck_assert(exists("a"));
	ck_assert(!held_has_files(&table));
}
END_TEST

START_TEST(finished_table_leaves_nothing)
{
	(void)hold(&first);
	(void)hold_file("a", &first);
	(void)hold_file("b", &second);
	fd_close(bind_file("mine"));
	held_finish(&table, true);
	ck_assert(list_empty(&table.sockets));
	ck_assert(!exists("a"));
	ck_assert(!exists("b"));
	ck_assert(exists("mine"));
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		first_bind_of_an_address_is_unknown,
		next_generation_is_given_the_socket,
		workers_of_a_generation_share_the_socket,
		second_bind_of_a_worker_is_in_use,
		worker_that_has_closed_the_socket_is_given_it_again,
		socket_that_is_not_bound_yet_is_given_to_nobody,
		slots_are_given_one_each_the_oldest_first,
		process_that_binds_two_slots_is_given_both,
		slot_that_nobody_claims_is_preferred_to_one_closed_again,
		slot_of_another_worker_is_not_shared,
		released_slot_is_given_again,
		server_that_gave_up_reuseport_is_given_a_slot,
		failed_bind_is_forgotten,
		socket_that_was_bound_elsewhere_is_forgotten,
		bind_that_has_worked_is_noticed,
		released_socket_stays_for_the_next,
		worker_that_is_gone_leaves_no_unbound_socket,
		claim_counts_once,
		socket_of_a_retired_worker_is_wanted_until_it_is_gone,
		slot_of_a_retired_worker_is_not_wanted,
		socket_is_found_by_its_inode,
		renamed_file_is_still_the_socket,
		hard_link_is_the_socket_too,
		replaced_file_is_not_the_socket,
		what_is_no_socket_file_is_not_found,
		path_is_given_while_its_file_is_there,
		removed_socket_takes_its_file_along,
		removed_socket_leaves_the_file_of_another,
		removed_socket_takes_its_renamed_file_along,
		destroyed_socket_leaves_its_file,
		finished_table_leaves_nothing,
	};

	return suite_run(&(struct suite){
		.name = "held",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	});
}
