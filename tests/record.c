/* SPDX-License-Identifier: MIT */
/* What a holder keeps, in bytes: supervisor/adopt/record.c. */
#include "adopt/record.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "support/suite.h"

/* Numbers that no descriptor has: nothing is done with them. */
enum { A_FD = 1001, ANOTHER_FD = 1002 };

static struct holder_entry entry;

static void setup(void)
{
	entry = (struct holder_entry){ .fds = { A_FD, ANOTHER_FD } };
}

static struct record_socket a_socket(void)
{
	struct record_socket socket = {
		.socket = 4711,
		.generation = 3,
		.position = 2,
		.is_selected = true,
		.address = { .in = { .sin_family = AF_INET, .sin_port = htons(80) },
			.length = sizeof(struct sockaddr_in) },
	};

	return socket;
}

START_TEST(service_comes_back_as_it_was)
{
	struct record_service service = { "nginx -g daemon off;" }, read;

	memset(service.command + 100, 'x', sizeof(service.command) - 101); /* behind its end */
	record_write_service(&service, &entry);
	ck_assert_int_eq(record_kind(&entry), RECORD_SERVICE);
	ck_assert(!entry.is_live);
	ck_assert_int_eq(record_read_service(&entry, &read), 0);
	ck_assert_str_eq(read.command, "nginx -g daemon off;");
}
END_TEST

static void check_socket(const struct record_socket *socket)
{
	struct record_socket read;

	record_write_socket(socket, &entry);
	entry.fd_count = socket->has_directory ? 2 : 1;
	ck_assert_int_eq(record_kind(&entry), RECORD_SOCKET);
	ck_assert(!entry.is_live);
	ck_assert_int_eq(record_read_socket(&entry, &read), 0);
	ck_assert_uint_eq(read.socket, socket->socket);
	ck_assert_uint_eq(read.generation, socket->generation);
	ck_assert_int_eq(read.position, socket->position);
	ck_assert_int_eq(read.is_selected, socket->is_selected);
	ck_assert_int_eq(read.is_closed, socket->is_closed);
	ck_assert_int_eq(read.is_reuseport, socket->is_reuseport);
	ck_assert_int_eq(read.has_directory, socket->has_directory);
	ck_assert_uint_eq(read.address.length, socket->address.length);
	ck_assert_mem_eq(&read.address.un, &socket->address.un, socket->address.length);
	ck_assert_str_eq(read.name, socket->name);
}

START_TEST(socket_comes_back_as_it_was)
{
	struct record_socket socket = a_socket();

	check_socket(&socket);
	socket.position = -1;
	socket.is_selected = false;
	socket.is_reuseport = socket.is_closed = true;
	check_socket(&socket);
	socket.has_directory = true;
	socket.address = (struct socket_address){ .un = { .sun_family = AF_UNIX },
		.length = sizeof(struct sockaddr_un) };
	memset(socket.address.un.sun_path, 'p', sizeof(socket.address.un.sun_path));
	memset(socket.name, 'n', sizeof(socket.name) - 1);
	check_socket(&socket);
}
END_TEST

START_TEST(worker_comes_back_as_it_was)
{
	const struct record_worker workers[] = {
		{ 7, 3, { 42, 123456789012 }, "BATON_FAMILY=41.1", true, true, false },
		{ 8, 4, { 43, 1 }, "", false, false, true },
	};
	struct record_worker read;

	for (size_t i = 0; i < array_length(workers); i++) {
		record_write_worker(&workers[i], &entry);
		entry.fd_count = 1;
		ck_assert_int_eq(record_kind(&entry), RECORD_WORKER);
		ck_assert(entry.is_live);
		ck_assert_int_eq(record_read_worker(&entry, &read), 0);
		ck_assert_uint_eq(read.number, workers[i].number);
		ck_assert_uint_eq(read.generation, workers[i].generation);
		ck_assert_int_eq(read.process.pid, workers[i].process.pid);
		ck_assert_uint_eq(read.process.start_time, workers[i].process.start_time);
		ck_assert_str_eq(read.marker, workers[i].marker);
		ck_assert_int_eq(read.is_selected, workers[i].is_selected);
		ck_assert_int_eq(read.is_ready, workers[i].is_ready);
		ck_assert_int_eq(read.is_retired, workers[i].is_retired);
	}
}
END_TEST

START_TEST(no_two_have_the_same_key)
{
	struct record_socket socket = a_socket();
	struct record_worker worker = { .number = 4711 };
	struct record_service service = { "" };
	uint64_t keys[3];

	record_write_service(&service, &entry);
	keys[0] = entry.key;
	record_write_socket(&socket, &entry);
	keys[1] = entry.key;
	record_write_worker(&worker, &entry);
	keys[2] = entry.key;
	ck_assert_uint_ne(keys[0], keys[1]);
	ck_assert_uint_ne(keys[1], keys[2]);
	ck_assert_uint_ne(keys[0], keys[2]);
}
END_TEST

START_TEST(other_versions_and_kinds_are_refused)
{
	struct record_service service = { "x" };
	const uint32_t zero = 0, many = 99;

	record_write_service(&service, &entry);
	memcpy(entry.record, &many, sizeof(many));
	ck_assert_int_eq(record_kind(&entry), -EPROTO);
	record_write_service(&service, &entry);
	memcpy(entry.record + 4, &many, sizeof(many));
	ck_assert_int_eq(record_kind(&entry), -EPROTO);
	memcpy(entry.record + 4, &zero, sizeof(zero));
	ck_assert_int_eq(record_kind(&entry), -EPROTO);
	entry.size = 7;
	ck_assert_int_eq(record_kind(&entry), -EPROTO);
}
END_TEST

START_TEST(records_of_another_size_are_refused)
{
	struct record_service service = { "x" }, read_service;
	struct record_socket socket = a_socket(), read_socket;
	struct record_worker worker = { .process = { 42, 1 } }, read_worker;

	for (int difference = -1; difference <= 1; difference += 2) {
		entry.fd_count = 1;
		record_write_service(&service, &entry);
		entry.size += (size_t)difference;
		ck_assert_int_eq(record_read_service(&entry, &read_service), -EPROTO);
		record_write_socket(&socket, &entry);
		entry.size += (size_t)difference;
		ck_assert_int_eq(record_read_socket(&entry, &read_socket), -EPROTO);
		record_write_worker(&worker, &entry);
		entry.size += (size_t)difference;
		ck_assert_int_eq(record_read_worker(&entry, &read_worker), -EPROTO);
	}
}
END_TEST

START_TEST(socket_without_what_belongs_to_it_is_refused)
{
	struct record_socket socket = a_socket(), read;

	record_write_socket(&socket, &entry);
	entry.fd_count = 0;
	ck_assert_int_eq(record_read_socket(&entry, &read), -EPROTO);
	entry.fd_count = 2; /* what would be the other for? */
	ck_assert_int_eq(record_read_socket(&entry, &read), -EPROTO);
	socket.has_directory = true;
	record_write_socket(&socket, &entry);
	entry.fd_count = 1;
	ck_assert_int_eq(record_read_socket(&entry, &read), -EPROTO);
}
END_TEST

START_TEST(socket_with_an_impossible_address_is_refused)
{
	struct record_socket socket = a_socket(), read;
	const uint32_t lengths[] = { 0, 1, sizeof(struct sockaddr_un) + 1, 0xffffffff };

	record_write_socket(&socket, &entry);
	entry.fd_count = 1;
	for (size_t i = 0; i < array_length(lengths); i++) {
		memcpy(entry.record + 28, &lengths[i], sizeof(lengths[i]));
		ck_assert_int_eq(record_read_socket(&entry, &read), -EPROTO);
	}
	socket.position = -2;
	record_write_socket(&socket, &entry);
	ck_assert_int_eq(record_read_socket(&entry, &read), -EPROTO);
	socket.position = 0;
	record_write_socket(&socket, &entry);
	memset(entry.record + 144, 'n', 112); /* a name without an end */
	ck_assert_int_eq(record_read_socket(&entry, &read), -EPROTO);
}
END_TEST

START_TEST(worker_that_is_nobody_is_refused)
{
	struct record_worker worker = { .process = { 1, 1 } }, read;

	record_write_worker(&worker, &entry);
	entry.fd_count = 1;
	ck_assert_int_eq(record_read_worker(&entry, &read), -EPROTO); /* init is nobody's worker */
	worker.process.pid = 42;
	record_write_worker(&worker, &entry);
	ck_assert_int_eq(record_read_worker(&entry, &read), 0);
	entry.fd_count = 0;
	ck_assert_int_eq(record_read_worker(&entry, &read), -EPROTO);
	entry.fd_count = 1;
	memset(entry.record + 40, 'm', RECORD_MARKER_SIZE); /* without an end */
	ck_assert_int_eq(record_read_worker(&entry, &read), -EPROTO);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		service_comes_back_as_it_was,
		socket_comes_back_as_it_was,
		worker_comes_back_as_it_was,
		no_two_have_the_same_key,
		other_versions_and_kinds_are_refused,
		records_of_another_size_are_refused,
		socket_without_what_belongs_to_it_is_refused,
		socket_with_an_impossible_address_is_refused,
		worker_that_is_nobody_is_refused,
	};
	const struct suite suite = {
		.name = "record",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
	};

	return suite_run(&suite);
}
