/* SPDX-License-Identifier: MIT */
/* See load.h. */
#include "doctor/load.h"

#include <sys/socket.h>

#include "base/container.h"
#include "doctor/peer.h"
#include "doctor/visit.h"
#include "doctor/words.h"

enum {
	OPEN_MAX_EACH = 40, /* at a peer: a server that is slow is not run over */
	KEPT_EACH = 2,
	BEGUN_EACH = 2,
};

static const ev_tstamp between_ticks = 0.01; /* each peer gets a client */

static void count_visit(struct tally *tally, const struct visit *visit, const char *reason)
{
	tally->requests += (unsigned long)visit->answered + (reason != NULL);
	if (!reason)
		return;
	tally->failed++;
	if (!tally->reason)
		tally->reason = reason;
}

static void on_over(struct visit *visit, const char *reason)
{
	struct load *load = visit->options.data;

	count_visit(&load->tallies[visit->options.manner], visit, reason);
	load->open -= visit->options.manner == VISIT_ONCE;
	visit_destroy(visit);
}

static void send_client(struct load *load, const struct peer *peer, enum visit_manner manner)
{
	struct visit_options options = {
		.loop = load->loop,
		.peer = peer,
		.manner = manner,
		.on_over = on_over,
		.data = load,
	};

	words_choose(load->words, &options);
	struct visit *visit = visit_create(&options);

	if (!visit) /* one client less */
		return;
	list_append(&load->visits[manner], &visit->link);
	load->open += manner == VISIT_ONCE;
}

static size_t count_kept(const struct load *load, const struct peer *peer)
{
	size_t count = 0;

	list_for_each (link, &load->visits[VISIT_KEEP])
		count += container_of(link, struct visit, link)->options.peer == peer;
	return count;
}

static void on_tick(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct load *load = container_of(w, struct load, tick);

	(void)loop;
	(void)revents;
	for (size_t i = 0; i < load->peer_count; i++) {
		const struct peer *peer = &load->peers[i];

		if (!peer_can_be_visited(peer))
			continue;
		if (load->open < OPEN_MAX_EACH * load->peer_count)
			send_client(load, peer, VISIT_ONCE);
		if (peer->speech == PEER_HTTP && count_kept(load, peer) < KEPT_EACH)
			send_client(load, peer, VISIT_KEEP);
	}
}

void load_init(struct load *load, struct ev_loop *loop, const struct words *words)
{
	*load = (struct load){ .loop = loop, .words = words };
	for (size_t i = 0; i < array_length(load->visits); i++)
		list_init(&load->visits[i]);
	ev_timer_init(&load->tick, on_tick, 0, between_ticks);
}

void load_start(struct load *load, const struct peer *peers, size_t count)
{
	load->peers = peers;
	load->peer_count = count;
	for (size_t i = 0; i < array_length(load->tallies); i++)
		load->tallies[i] = (struct tally){ 0 };
	ev_timer_again(load->loop, &load->tick);
}

void load_ebb(struct load *load)
{
	ev_timer_stop(load->loop, &load->tick);
	load_go_on(load);
}

bool load_has_ebbed(const struct load *load)
{
	return list_empty(&load->visits[VISIT_ONCE]) && list_empty(&load->visits[VISIT_WAIT]);
}

void load_stop(struct load *load)
{
	ev_timer_stop(load->loop, &load->tick);
	for (size_t i = 0; i < array_length(load->visits); i++)
		list_for_each_safe (link, &load->visits[i])
			visit_destroy(container_of(link, struct visit, link));
	load->open = 0;
}

void load_begin(struct load *load)
{
	for (size_t i = 0; i < load->peer_count; i++)
		for (int j = 0; j < BEGUN_EACH && load->peers[i].type != SOCK_DGRAM; j++)
			send_client(load, &load->peers[i], VISIT_WAIT);
}

bool load_has_begun(const struct load *load)
{
	list_for_each (link, &load->visits[VISIT_WAIT]) {
		const struct visit *visit = container_of(link, struct visit, link);

		if (!visit->is_connected || visit->said + 1 < visit->options.length)
			return false;
	}
	return true;
}

void load_go_on(struct load *load)
{
	/* One that fails on the way is taken out of the list. */
	list_for_each_safe (link, &load->visits[VISIT_WAIT])
		visit_go_on(container_of(link, struct visit, link));
}

void load_count(const struct load *load, struct attempt *ret)
{
	ret->fresh = load->tallies[VISIT_ONCE];
	ret->begun = load->tallies[VISIT_WAIT];
	ret->kept = load->tallies[VISIT_KEEP];
	list_for_each (link, &load->visits[VISIT_KEEP])
		count_visit(&ret->kept, container_of(link, struct visit, link), NULL);
}
