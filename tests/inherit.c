/* SPDX-License-Identifier: MIT */
/* Who claims which of the sockets that a program was started with, by name and by address. */
#include <baton/inherit.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "socket/inherit_protocol.h"
#include "support/inherit_start.h"
#include "support/suite.h"

START_TEST(systemd_sockets_are_found_by_name)
{
	listen_on("http", "127.0.0.1:0");
	listen_on("admin", "127.0.0.1:0");
	inherit_start(&(struct inherit_start){
		.protocols = INHERIT_SYSTEMD, .arguments = { "admin=", "http=", "admin=" } });
	assert_said("claimed http %s", bound(0));
	assert_said("claimed admin %s", bound(1));
	assert_said("missing admin=");
	assert_not_said("unclaimed");
}
END_TEST

START_TEST(udp_and_tcp_on_one_port_are_told_apart)
{
	char text[64], tcp[64], udp[64];

	listen_on("tcp", "127.0.0.1:0");
	snprintf(text, sizeof(text), "udp://%s", bound(0));
	listen_on("udp", text);
	snprintf(tcp, sizeof(tcp), "a=tcp://%s", bound(0));
	snprintf(udp, sizeof(udp), "b=udp://%s", bound(0));
	inherit_start(&(struct inherit_start){
		.protocols = INHERIT_STARTER, .arguments = { udp, tcp, udp } });
	assert_said("claimed a %s", bound(0));
	assert_said("claimed b %s", bound(0));
	assert_said("missing b=udp://%s", bound(0));
}
END_TEST

START_TEST(sockets_of_one_name_make_one_listener_in_order)
{
	const struct baton_listener *listener = listen_on("http", "127.0.0.1:0?reuseport=3");

	listen_on("other", "127.0.0.1:0");
	inherit_start(
		&(struct inherit_start){ .protocols = INHERIT_SYSTEMD, .arguments = { "http=" } });
	assert_said("claimed http %s %s %s", baton_listener_bound(listener, 0),
		baton_listener_bound(listener, 1), baton_listener_bound(listener, 2));
	assert_said("unclaimed other %s", bound(1));
}
END_TEST

START_TEST(sockets_of_one_name_and_two_types_are_two_listeners)
{
	listen_on("x", "127.0.0.1:0");
	listen_on("x", "udp://127.0.0.1:0");
	inherit_start(
		&(struct inherit_start){ .protocols = INHERIT_SYSTEMD, .arguments = { "--next" } });
	assert_said("claimed x %s", bound(0));
	assert_said("claimed x %s", bound(1));
	inherit_start(&(struct inherit_start){
		.protocols = INHERIT_SYSTEMD, .arguments = { "x=udp://127.0.0.1:9", "x=" } });
	assert_said("claimed x %s", bound(1));
	assert_said("claimed x %s", bound(0));
}
END_TEST

START_TEST(name_is_preferred_to_address)
{
	char argument[64];

	listen_on("http", "127.0.0.1:0");
	listen_on("other", "127.0.0.1:0");
	snprintf(argument, sizeof(argument), "http=%s", bound(1));
	inherit_start(
		&(struct inherit_start){ .protocols = INHERIT_SYSTEMD, .arguments = { argument } });
	assert_said("claimed http %s", bound(0));
	assert_said("unclaimed other %s", bound(1));
}
END_TEST

START_TEST(wildcard_address_finds_a_wildcard_socket_of_either_family)
{
	char argument[64];

	listen_on("a", "tcp://0.0.0.0:0");
	snprintf(argument, sizeof(argument), "web=:%d", baton_listener_port(listeners[0]));
	inherit_start(
		&(struct inherit_start){ .protocols = INHERIT_NGINX, .arguments = { argument } });
	assert_said("claimed web %s", bound(0));
	inherit_start_finish();
	listen_on("a", "tcp://[::]:0");
	snprintf(argument, sizeof(argument), "web=%d", baton_listener_port(listeners[0]));
	inherit_start(
		&(struct inherit_start){ .protocols = INHERIT_NGINX, .arguments = { argument } });
	assert_said("claimed web %s", bound(0));
}
END_TEST

START_TEST(wildcard_address_does_not_find_a_socket_of_one_address)
{
	char argument[64];

	listen_on("a", "127.0.0.1:0");
	snprintf(argument, sizeof(argument), "web=:%d", baton_listener_port(listeners[0]));
	inherit_start(
		&(struct inherit_start){ .protocols = INHERIT_NGINX, .arguments = { argument } });
	assert_said("missing %s", argument);
	assert_said("unclaimed  %s", bound(0));
}
END_TEST

START_TEST(host_name_finds_the_sockets_of_all_its_addresses)
{
	const struct baton_listener *listener = listen_on("a", "localhost:0");
	char argument[64];

	snprintf(argument, sizeof(argument), "web=localhost:%d", baton_listener_port(listener));
	inherit_start(
		&(struct inherit_start){ .protocols = INHERIT_NGINX, .arguments = { argument } });
	assert_said("claimed web %s%s%s", bound(0), baton_listener_count(listener) > 1 ? " " : "",
		baton_listener_count(listener) > 1 ? baton_listener_bound(listener, 1) : "");
	assert_not_said("unclaimed");
}
END_TEST

START_TEST(host_that_does_not_resolve_is_an_error)
{
	listen_on("a", "127.0.0.1:0");
	inherit_start(&(struct inherit_start){
		.protocols = INHERIT_NGINX, .arguments = { "web=[fe80::1%nozone0]:80" } });
	ck_assert_ptr_nonnull(strstr(output, "failed ENODEV "));
	assert_said("unclaimed  %s", bound(0));
}
END_TEST

START_TEST(port_zero_finds_nothing_by_address)
{
	listen_on("a", "127.0.0.1:0");
	inherit_start(&(struct inherit_start){
		.protocols = INHERIT_NGINX, .arguments = { "b=127.0.0.1:0" } });
	assert_said("missing b=127.0.0.1:0");
}
END_TEST

START_TEST(port_zero_finds_its_socket_by_name)
{
	listen_on("a", "127.0.0.1:0");
	inherit_start(&(struct inherit_start){
		.protocols = INHERIT_SYSTEMD, .arguments = { "a=127.0.0.1:0" } });
	assert_said("claimed a %s", bound(0));
}
END_TEST

START_TEST(unix_sockets_are_found_by_path_type_and_abstract_name)
{
	char directory[] = "/tmp/baton-inherit-XXXXXX", path[64], datagram[64], abstract[64];
	char arguments[3][128];

	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "unix:%s/s=1", directory);
	snprintf(datagram, sizeof(datagram), "unix-dgram:%s/d", directory);
	snprintf(abstract, sizeof(abstract), "unix-seqpacket:@%s", directory);
	listen_on("a", path);
	listen_on("b", datagram);
	listen_on("c", abstract);
	snprintf(arguments[0], sizeof(arguments[0]), "x=unix-dgram:%s/s=1", directory);
	snprintf(arguments[1], sizeof(arguments[1]), "y=%s", path);
	snprintf(arguments[2], sizeof(arguments[2]), "z=%s", abstract);
	inherit_start(&(struct inherit_start){ .protocols = INHERIT_EINHORN,
		.arguments = { arguments[0], arguments[1], arguments[2] } });
	assert_said("missing %s", arguments[0]);
	assert_said("claimed y %s/s=1", directory);
	assert_said("claimed z @%s", directory);
	assert_said("unclaimed  %s/d", directory);
	inherit_start_finish();
	ck_assert_int_eq(rmdir(directory), 0);
}
END_TEST

START_TEST(descriptor_and_systemd_addresses_are_claimed)
{
	listen_on("a", "127.0.0.1:0");
	listen_on("b", "127.0.0.1:0");
	listen_on("c", "127.0.0.1:0");
	inherit_start(&(struct inherit_start){ .protocols = INHERIT_SYSTEMD,
		.arguments = { "x=fd:4", "y=systemd:c", "z=systemd:d", "v=fd:77" } });
	assert_said("claimed x %s", bound(1));
	assert_said("claimed y %s", bound(2));
	assert_said("missing z=systemd:d");
	assert_said("missing v=fd:77");
	assert_said("unclaimed a %s", bound(0));
}
END_TEST

START_TEST(sockets_without_a_name_are_called_after_their_address)
{
	listen_on("a", "127.0.0.1:0");
	inherit_start(
		&(struct inherit_start){ .protocols = INHERIT_UNICORN, .arguments = { "--next" } });
	assert_said("claimed 127.0.0.1_%d %s", baton_listener_port(listeners[0]), bound(0));
}
END_TEST

START_TEST(names_that_a_listener_may_not_have_are_mended)
{
	listen_on("a", "127.0.0.1:0");
	inherit_start(&(struct inherit_start){ .protocols = INHERIT_SYSTEMD,
		.arguments = { "--next" },
		.set = { "LISTEN_FDNAMES=a,b=c d" } });
	assert_said("claimed a_b_c_d %s", bound(0));
}
END_TEST

START_TEST(nothing_to_look_for_is_refused)
{
	struct baton_listener *listener;
	struct baton_inherit *inherit;
	struct baton_error error;

	ck_assert_int_eq(baton_inherit_open(NULL, &error), -EINVAL);
	ck_assert_int_eq(baton_inherit_open(&inherit, NULL), 0);
	ck_assert_uint_eq(baton_inherit_count(inherit), 0);
	ck_assert_int_eq(baton_inherit_listener(inherit, NULL, NULL, &listener, &error), -EINVAL);
	ck_assert_int_eq(baton_inherit_listener(inherit, "a", NULL, &listener, NULL), -ENOENT);
	ck_assert_int_eq(baton_inherit_next(inherit, &listener, &error), -ENOENT);
	baton_inherit_close(inherit, NULL, NULL);
	baton_inherit_close(NULL, NULL, NULL);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		systemd_sockets_are_found_by_name,
		udp_and_tcp_on_one_port_are_told_apart,
		sockets_of_one_name_make_one_listener_in_order,
		sockets_of_one_name_and_two_types_are_two_listeners,
		name_is_preferred_to_address,
		wildcard_address_finds_a_wildcard_socket_of_either_family,
		wildcard_address_does_not_find_a_socket_of_one_address,
		host_name_finds_the_sockets_of_all_its_addresses,
		host_that_does_not_resolve_is_an_error,
		nothing_to_look_for_is_refused,
		port_zero_finds_nothing_by_address,
		port_zero_finds_its_socket_by_name,
		unix_sockets_are_found_by_path_type_and_abstract_name,
		descriptor_and_systemd_addresses_are_claimed,
		sockets_without_a_name_are_called_after_their_address,
		names_that_a_listener_may_not_have_are_mended,
	};

	return suite_run(&(struct suite){ .name = "inherit",
		.cases = cases,
		.count = array_length(cases),
		.teardown = inherit_start_finish });
}
