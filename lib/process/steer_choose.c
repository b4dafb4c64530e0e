/* SPDX-License-Identifier: MIT */
/*
 * Who gets what is new. Several processes may choose at once: each looks again after it has told
 * the kernel, until it sees what it chose by. So the last who tells it has seen all that was
 * claimed before; whoever claims later tells it later.
 */
#include <string.h>
#include <unistd.h>

#include "process/steer.h"
#include "process/upgrade_object.h"
#include "socket/selector_attach.h"

/* Our own locks do not tell us anything: fcntl(2) tells of those in our way. */
static struct claim own_claim(const struct baton_steer *steer)
{
	return (struct claim){
		.state = steer->phase == STEER_DRAINING ? CLAIM_DRAINING : CLAIM_SERVING,
		.generation = steer->upgrade->generation,
		.pid = getpid(),
	};
}

static int look(struct baton_steer *steer)
{
	for (size_t i = 0; i < steer->count; i++) {
		int r = claim_look(steer_fd(steer, 0, i), &steer->claims[i]);

		if (r < 0)
			return r;
	}
	steer->claims[steer->own] = own_claim(steer);
	claim_newest(steer->claims, steer->count, &steer->newest);
	return 0;
}

static bool is_same(const struct selector_set *a, const struct selector_set *b)
{
	return a->count == b->count &&
		memcmp(a->indexes, b->indexes, a->count * sizeof(a->indexes[0])) == 0;
}

static int attach(struct baton_steer *steer)
{
	const struct selector_plan plan = {
		.to = &steer->newest,
		.percent = 100,
		.is_flow = true,
		.routes = steer->routes,
		.route_count = steer->route_count,
		.id_count = (unsigned)steer->count,
	};

	selector_build(&steer->selector, &plan);
	for (size_t i = 0; i < steer_addresses(steer); i++) {
		int r = selector_attach(&steer->selector, steer_fd(steer, i, 0));

		if (r < 0)
			return r;
	}
	return 0;
}

int steer_choose_newest(struct baton_steer *steer)
{
	struct selector_set chosen = { .count = 0 };
	int r = look(steer);

	while (r == 0 && steer->newest.count > 0 && !is_same(&chosen, &steer->newest)) {
		chosen = steer->newest;
		r = attach(steer);
		if (r == 0)
			r = look(steer);
	}
	return r;
}
