/* SPDX-License-Identifier: MIT */
/* See load.h. */
#include "support/load/load.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/load/client.h"

static const double PACE_INTERVAL = 0.001, SWEEP_INTERVAL = 0.02;

uint64_t load_now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void break_if_over(struct load *load)
{
	if (load->is_stopping && load->busy == 0)
		ev_break(load->loop, EVBREAK_ALL);
}

static void stop(struct load *load)
{
	if (load->is_stopping)
		return;
	load->is_stopping = true;
	for (size_t i = 0; i < load->client_count; i++)
		client_stop(&load->clients[i]);
	break_if_over(load);
}

bool load_take_request(struct load *load, bool is_kept, uint64_t *ret_us)
{
	const struct load_options *options = load->options;
	uint64_t now_us = load_now_us();

	if (load->is_stopping)
		return false;
	if (options->requests && load->taken == options->requests) {
		stop(load);
		return false;
	}
	if (is_kept && options->rate) {
		uint64_t due_us = load->statistics.started_us +
			load->rate_taken * 1000000 / (uint64_t)options->rate;

		if (due_us > now_us)
			return false;
		load->rate_taken++;
		now_us = due_us;
	}
	load->taken++;
	*ret_us = now_us;
	return true;
}

void load_client_busy(struct load *load)
{
	load->busy++;
}

void load_client_idle(struct load *load)
{
	load->busy--;
	break_if_over(load);
}

void load_client_answered(struct load *load)
{
	if (--load->unanswered == 0 && load->options->started_file)
		fd_close(open(load->options->started_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
}

static void give_out_due(struct load *load)
{
	while (!list_empty(&load->resting)) {
		struct client *client = list_first(&load->resting, struct client, link);

		list_remove(&client->link);
		client_begin(client);
		if (client->state == CLIENT_IDLE)
			break; /* nothing was due; it has put itself at the end again */
	}
}

static void on_pace(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	give_out_due(container_of(w, struct load, pace));
}

static void on_sweep(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct load *load = container_of(w, struct load, sweep);
	uint64_t now_us = load_now_us();

	(void)loop, (void)revents;
	for (size_t i = 0; i < load->client_count; i++)
		client_check_deadline(&load->clients[i], now_us);
	if (load->options->until_file && access(load->options->until_file, F_OK) == 0)
		stop(load);
}

static void on_end(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	stop(container_of(w, struct load, end));
}

static void on_term(struct ev_loop *loop, ev_signal *w, int revents)
{
	(void)loop, (void)revents;
	stop(container_of(w, struct load, on_term));
}

static void on_int(struct ev_loop *loop, ev_signal *w, int revents)
{
	(void)loop, (void)revents;
	stop(container_of(w, struct load, on_int));
}

static int make_requests(struct load *load)
{
	const struct load_options *options = load->options;

	for (int keeps_open = 0; keeps_open < 2; keeps_open++) {
		struct strbuf *request = &load->request[keeps_open];

		if (options->script)
			fastcgi_request(request, options->script, keeps_open);
		else
			strbuf_appendf(request, "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n",
				options->path, keeps_open ? "" : "Connection: close\r\n");
		if (request->is_broken)
			return -ENOMEM;
	}
	return 0;
}

static void start_watchers(struct load *load)
{
	ev_timer_init(&load->pace, on_pace, PACE_INTERVAL, PACE_INTERVAL);
	ev_timer_init(&load->sweep, on_sweep, SWEEP_INTERVAL, SWEEP_INTERVAL);
	ev_timer_init(&load->end, on_end, load->options->duration_ms / 1e3, 0.);
	ev_signal_init(&load->on_term, on_term, SIGTERM);
	ev_signal_init(&load->on_int, on_int, SIGINT);
	if (load->options->rate)
		ev_timer_start(load->loop, &load->pace);
	if (load->options->duration_ms)
		ev_timer_start(load->loop, &load->end);
	ev_timer_start(load->loop, &load->sweep);
	ev_signal_start(load->loop, &load->on_term);
	ev_signal_start(load->loop, &load->on_int);
}

static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* too few show as failures to connect */
}

int load_run(struct load *load, const struct load_options *options)
{
	size_t count = (size_t)(options->new_clients + options->kept_clients);
	int result;

	*load = (struct load){ .options = options, .client_count = count, .unanswered = count };
	list_init(&load->resting);
	load->loop = ev_default_loop(EVFLAG_AUTO);
	load->clients = calloc(count, sizeof(*load->clients));
	if (!load->loop || !load->clients)
		return -ENOMEM;
	for (unsigned i = 0; i < count; i++)
		client_init(&load->clients[i], load, i, i >= (unsigned)options->new_clients);
	result = make_requests(load);
	if (result < 0)
		return result;
	raise_descriptor_limit();
	(void)signal(SIGPIPE, SIG_IGN);
	start_watchers(load);
	load->statistics.started_us = load_now_us();
	for (size_t i = 0; i < count; i++)
		client_begin(&load->clients[i]);
	if (!load->is_stopping || load->busy)
		ev_run(load->loop, 0);
	load->statistics.ended_us = load_now_us();
	return 0;
}

void load_finish(struct load *load)
{
	if (load->clients) {
		for (size_t i = 0; i < load->client_count; i++)
			client_finish(&load->clients[i]);
	}
	free(load->clients);
	load->clients = NULL;
	strbuf_finish(&load->request[0]);
	strbuf_finish(&load->request[1]);
	if (load->loop)
		ev_loop_destroy(load->loop);
	load->loop = NULL;
}
