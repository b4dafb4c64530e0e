/* SPDX-License-Identifier: MIT */
/* A TCP echo server that upgrades itself and finishes with its clients: echo [ADDRESS] */
#include <baton/baton.h>
#include <ev.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

static struct baton_cancel *clients; /* the right to end what they wait for */
static struct baton_pool *pool;
static struct baton_acceptor *acceptor;
static struct baton_actor *echo;
static int exit_status;

static int serve(struct baton_context *context, void *data) /* on a thread of the pool */
{
	struct pollfd client = { .fd = (int)(intptr_t)data, .events = POLLIN };
	char bytes[4096];
	ssize_t count = 1, size = 0, sent = 0;
	for (; count > 0 && baton_context_poll(context, &client, 1, -1) > 0;
		client.events = sent < size ? POLLOUT : POLLIN)
		if (sent < size)
			sent += count = write(client.fd, bytes + sent, (size_t)(size - sent));
		else
			sent = 0, size = count = read(client.fd, bytes, sizeof(bytes));
	return 0;
}

static void hang_up(int result, void *data)
{
	close((int)(intptr_t)data);
}

static int on_accept(struct baton_acceptor *from, const struct baton_accepted *accepted, void *data)
{
	void *fd = (void *)(intptr_t)accepted->fd;
	if (baton_pool_submit(pool, baton_cancel_context(clients), "echo", serve, hang_up, fd) < 0)
		hang_up(0, fd); /* there are too many */
	return 0;
}

static void on_served(struct baton_pool *from, int result, void *data)
{
	baton_actor_ended(echo, result, NULL);
}

static int stop(struct baton_actor *actor, struct baton_error *error, void *data)
{
	baton_acceptor_stop(acceptor);
	return baton_pool_shutdown(
		pool, BATON_POOL_FINISH, baton_context_background(), on_served, NULL);
}

static void on_deadline(struct baton_upgrade *upgrade, void *data)
{
	struct baton_leak *fds = NULL;
	struct baton_tracker *tasks = baton_pool_tasks(pool);
	if (baton_leak_snapshot(BATON_LEAK_FD, &fds) == 0)
		fprintf(stderr, "%zu tasks, %zu fds\n", baton_tracker_count(tasks),
			baton_leak_count(fds));
	baton_leak_destroy(fds);
	baton_cancel_now(clients, -ETIMEDOUT, "the drain deadline has passed");
}

static void on_end(struct baton_upgrade *upgrade, int status, void *data)
{
	exit_status = status;
	ev_break(EV_DEFAULT, EVBREAK_ALL);
}

int main(int argc, char **argv)
{
	static struct baton_address *address;
	static struct baton_listener *listener;
	static struct baton_upgrade *upgrade;
	static struct baton_group *group;
	struct baton_context *all = baton_context_background();
	struct baton_error error = { "out of memory" };
	struct baton_upgrade_options for_upgrade = { sizeof(for_upgrade), argv,
		.on_deadline = on_deadline, .on_end = on_end };
	struct baton_pool_options for_pool = { sizeof(for_pool), "echo", .threads = 64 };
	struct baton_acceptor_options for_accept = { sizeof(for_accept), .on_accept = on_accept };
	struct baton_group_options for_group = { sizeof(for_group) };
	struct baton_actor_options for_echo = { sizeof(for_echo), "echo", .stop = stop };
	if (baton_address_parse(argc > 1 ? argv[1] : ":7007", &address, &error) < 0 ||
		baton_upgrade_create(EV_DEFAULT, &for_upgrade, &upgrade, &error) < 0 ||
		baton_upgrade_listener(upgrade, "echo", address, &listener, &error) < 0 ||
		baton_context_with_cancel(all, &clients) < 0 ||
		baton_pool_create(EV_DEFAULT, all, &for_pool, &pool, &error) < 0 ||
		baton_acceptor_create(EV_DEFAULT, &for_accept, &acceptor, &error) < 0 ||
		baton_acceptor_add(acceptor, listener) < 0 ||
		baton_group_create(EV_DEFAULT, all, &for_group, &group, &error) < 0 ||
		baton_upgrade_join(upgrade, group, &error) < 0 ||
		baton_group_add(group, &for_echo, &echo, &error) < 0 ||
		baton_group_start(group) < 0 || baton_upgrade_ready(upgrade, &error) < 0)
		return fprintf(stderr, "%s\n", error.text), 1;
	baton_acceptor_resume(acceptor);
	return ev_run(EV_DEFAULT, 0), exit_status;
}
