/* SPDX-License-Identifier: MIT */
/* A TCP echo server that upgrades itself and finishes with its clients: echo [ADDRESS] */
#include <baton/baton.h>
#include <ev.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

static struct baton_cancel *clients; /* the right to end what they wait for */
static struct baton_tracker *lines;
static struct baton_pool *pool;
static struct baton_acceptor *acceptor;
static struct baton_actor *echo;

/* On a thread of the pool: a client, until it leaves or its context ends. */
static int serve(struct baton_context *context, void *data)
{
	struct pollfd client = { .fd = (int)(intptr_t)data, .events = POLLIN };
	struct baton_task task;
	char bytes[4096];
	ssize_t count = 1;
	while (count > 0 && baton_context_poll(context, &client, 1, -1) > 0 &&
		baton_tracker_begin(lines, "line", &task) == 0) {
		if ((count = read(client.fd, bytes, sizeof(bytes))) > 0)
			count = write(client.fd, bytes, (size_t)count);
		baton_task_end(&task);
	}
	return close(client.fd);
}

static int on_accept(struct baton_acceptor *from, const struct baton_accepted *accepted, void *data)
{
	(void)from, (void)data;
	if (baton_pool_submit(pool, baton_cancel_context(clients), "client", serve, NULL,
		    (void *)(intptr_t)accepted->fd) < 0)
		close(accepted->fd); /* there are too many */
	return 0;
}

static void on_served(struct baton_pool *from, int result, void *data)
{
	(void)from, (void)data;
	baton_actor_ended(echo, result, NULL);
}

static int stop(struct baton_actor *actor, struct baton_error *error, void *data)
{
	(void)actor, (void)error, (void)data;
	baton_acceptor_stop(acceptor);
	return baton_pool_shutdown(
		pool, BATON_POOL_FINISH, baton_context_background(), on_served, NULL);
}

static void on_deadline(struct baton_upgrade *upgrade, void *loop)
{
	struct baton_leak *left;
	(void)upgrade, (void)loop;
	if (baton_leak_snapshot(BATON_LEAK_TASK, &left) == 0)
		fprintf(stderr, "%zu tasks are cut off\n", baton_leak_count(left));
	baton_cancel_now(clients, -ETIMEDOUT, "the drain deadline has passed");
}

static void on_end(struct baton_upgrade *upgrade, int status, void *loop)
{
	(void)upgrade, (void)status;
	ev_break(loop, EVBREAK_ALL);
}

int main(int argc, char **argv)
{
	static struct baton_address *address;
	static struct baton_listener *listener;
	static struct baton_upgrade *upgrade;
	static struct baton_group *group;
	struct ev_loop *loop = EV_DEFAULT;
	struct baton_context *all = baton_context_background();
	struct baton_error error = { "out of memory" };
	struct baton_upgrade_options for_upgrade = { sizeof(for_upgrade), argv, .data = loop,
		.on_deadline = on_deadline, .on_end = on_end };
	struct baton_pool_options for_pool = { sizeof(for_pool), "echo", .threads = 64 };
	struct baton_acceptor_options for_accept = { sizeof(for_accept), .on_accept = on_accept };
	struct baton_group_options for_group = { sizeof(for_group) };
	struct baton_actor_options for_echo = { sizeof(for_echo), "echo", .stop = stop };
	if (baton_address_parse(argc > 1 ? argv[1] : ":7007", &address, &error) < 0 ||
		baton_upgrade_create(loop, &for_upgrade, &upgrade, &error) < 0 ||
		baton_upgrade_listener(upgrade, "echo", address, &listener, &error) < 0 ||
		baton_context_with_cancel(all, &clients) < 0 ||
		baton_tracker_create("lines", &lines) < 0 ||
		baton_pool_create(loop, all, &for_pool, &pool, &error) < 0 ||
		baton_acceptor_create(loop, &for_accept, &acceptor, &error) < 0 ||
		baton_acceptor_add(acceptor, listener) < 0 ||
		baton_group_create(loop, all, &for_group, &group, &error) < 0 ||
		baton_upgrade_join(upgrade, group, &error) < 0 ||
		baton_group_add(group, &for_echo, &echo, &error) < 0 ||
		baton_group_start(group) < 0 || baton_upgrade_ready(upgrade, &error) < 0)
		return fprintf(stderr, "%s\n", error.text), 1;
	baton_acceptor_resume(acceptor);
	ev_run(loop, 0);
}
