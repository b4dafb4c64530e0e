/* SPDX-License-Identifier: MIT */
/* See adopt.h. */
#include "adopt/adopt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adopt/broker.h"
#include "base/cleanup.h"
#include "base/container.h"
#include "base/error.h"
#include "base/fd.h"
#include "log.h"
#include "process/spawn_filter.h"

/* A part of RLIMIT_NOFILE. */
static size_t max_held(void)
{
	/* A socket has two directories, too, if it has a path that is being changed; and of what is
	 * left an upgrade has to begin. */
	enum { PART = 4 };
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) == -1 ? SIZE_MAX : (size_t)limit.rlim_cur / PART;
}

void adopt_init(struct adopt *adopt, char *const *keep_files, bool is_steering)
{
	*adopt = (struct adopt){ .keep_files = keep_files, .max_held = max_held() };
	held_init(&adopt->held);
	adopt->held.steer.is_on = is_steering;
	list_init(&adopt->brokers);
}

void adopt_finish(struct adopt *adopt)
{
	adopt->is_over = true;
	held_finish(&adopt->held, !adopt->is_borrowing);
}

void adopt_abandon(struct adopt *adopt)
{
	list_for_each_safe (link, &adopt->brokers)
		broker_destroy(container_of(link, struct broker, link));
}

/* The program ends at once by itself. */
static void reap(const struct spawned *spawned)
{
	siginfo_t info;

	fd_close(spawned->notifications); /* what it may call at its end is nothing to wait for */
	while (waitid(P_PIDFD, (id_t)spawned->pidfd, &info, WEXITED) == -1 && errno == EINTR)
		;
	fd_close(spawned->pidfd);
}

int adopt_try(struct baton_error *error)
{
	char *argv[] = { "/proc/self/exe", "--version", NULL };
	cleanup_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	const struct baton_spawn_options options = {
		.size = sizeof(options),
		.argv = argv,
		.fds = (struct baton_spawn_fd[]){ { null, STDOUT_FILENO } },
		.fd_count = 1,
	};
	struct filter filter;
	struct spawned spawned;

	if (null == -1)
		return error_set_errno(error, -errno, "cannot open /dev/null");
	if (!filter_build(&filter, &(struct filter_options){ true, true }))
		return error_set(error, -ENOSYS, "there is no filter for this processor");
	int r = spawn_filtered(&options, &filter.program, &spawned, error);
	if (r == 0)
		reap(&spawned);
	return r;
}

bool adopt_has_room(struct adopt *adopt, const struct log_where *where)
{
	size_t count = 0;

	list_for_each (link, &adopt->held.sockets)
		count++;
	if (count < adopt->max_held)
		return true;
	if (!adopt->was_full)
		log_warning(where,
			"%zu sockets are held, and no more can be: what it binds now is lost at an "
			"upgrade; raise the limit on descriptors with ulimit -n or LimitNOFILE=",
			count);
	adopt->was_full = true;
	return false;
}

/* Before a worker was ready nobody knows yet whether the service will have files. */
static bool has_been_ready(const struct adopt *adopt)
{
	list_for_each (link, &adopt->brokers)
		if (container_of(link, struct broker, link)->is_ready)
			return true;
	return false;
}

void adopt_build_filter(const struct adopt *adopt, struct filter *ret)
{
	(void)filter_build(ret,
		&(struct filter_options){
			.with_listen = adopt->held.steer.is_on,
			.with_paths = !has_been_ready(adopt) || adopt->keep_files ||
				held_has_files(&adopt->held),
		});
}

static bool is_served(const struct adopt *adopt)
{
	list_for_each (link, &adopt->brokers) {
		const struct broker *broker = container_of(link, struct broker, link);

		if (broker->is_ready && !broker->claimant.is_retired)
			return true;
	}
	return false;
}

void adopt_drop_unwanted(struct adopt *adopt)
{
	char text[BINDING_TEXT_SIZE];
	struct held *held;

	/* Between two workers, after a crash for instance, everything waits for the next one. */
	while (is_served(adopt) && (held = held_find_unwanted(&adopt->held))) {
		log_notice(NULL, "closes %s, which the new generation does not bind",
			binding_text(&held->binding, text, sizeof(text)));
		held_remove(held);
	}
}

void adopt_retire_others(struct adopt *adopt)
{
	list_for_each (link, &adopt->brokers) {
		struct broker *broker = container_of(link, struct broker, link);

		if (!broker->options.family)
			broker->claimant.is_retired = true;
	}
	adopt_drop_unwanted(adopt);
}

/* Whether anybody has one of the group open still, or will, as who follows a crashed worker. */
static bool has_group(const struct held_table *table, const struct binding *binding)
{
	list_for_each (link, &table->sockets) {
		const struct held *held = container_of(link, struct held, link);

		if (binding_equal(&held->binding, binding) &&
			(held->is_passed ||
				(!held->is_closed &&
					(!list_empty(&held->claims) || !held->is_left))))
			return true;
	}
	return false;
}

static void close_group(struct held_table *table, const struct binding *of)
{
	const struct binding binding = *of; /* whose it is goes, too */

	list_for_each_safe (link, &table->sockets) {
		struct held *held = container_of(link, struct held, link);

		if (binding_equal(&held->binding, &binding))
			held_remove(held);
	}
}

/* Of a group the place stays for as long as there are others: one would move into it. */
static void close_abandoned(struct held_table *table, struct held *held)
{
	char text[BINDING_TEXT_SIZE];

	log_notice(NULL, "closes %s, as the server has",
		binding_text(&held->binding, text, sizeof(text)));
	if (held->position < 0) {
		held_remove(held);
		return;
	}
	int r = steer_close(table, held, true);

	if (r < 0)
		log_error(NULL, "cannot steer connections away from it: %s", strerrordesc_np(-r));
	held_empty_queue(held);
}

/* One of a group that nobody has any more; NULL: there is none. */
static struct held *find_closed(const struct held_table *table)
{
	list_for_each (link, &table->sockets) {
		struct held *held = container_of(link, struct held, link);

		if (held->is_closed && !has_group(table, &held->binding))
			return held;
	}
	return NULL;
}

void adopt_look(struct adopt *adopt)
{
	struct held_table *table = &adopt->held;
	struct held *closed;

	held_settle(table, 0);
	list_for_each_safe (link, &table->sockets) {
		struct held *held = container_of(link, struct held, link);

		if (!held->is_closed && held_is_abandoned(held))
			close_abandoned(table, held);
	}
	while ((closed = find_closed(table)))
		close_group(table, &closed->binding);
}
