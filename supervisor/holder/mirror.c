/* SPDX-License-Identifier: MIT */
/* See mirror.h. */
#include "holder/mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <baton/spawn.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/container.h"
#include "base/error.h"
#include "holder/holder.h"
#include "holder/holder_client.h"
#include "log.h"

/* Until a holder that has ended is started again: soon, unless it keeps ending. */
enum { RETRY_AFTER_MS = 20, RETRY_AFTER_FAILURE_MS = 5000, IS_STABLE_AFTER_MS = 100 };

/* How soon the next part is sent of what was too much at once, and how long it may take. */
enum { GO_ON_AFTER_MS = 10, BEHIND_MAX_MS = 5000 };

/* Whether it was sent before and is as it was. */
static bool is_known(const struct holder_item *item, const struct holder_entry *entry)
{
	return item && item->entry.is_live == entry->is_live && item->entry.size == entry->size &&
		memcmp(item->entry.record, entry->record, entry->size) == 0;
}

/* The holder's memory of what it has is ours. */
static void forget(struct mirror *mirror)
{
	holder_store_finish(&mirror->sent);
	ev_io_stop(mirror->loop, &mirror->watcher);
	ev_prepare_stop(mirror->loop, &mirror->before_waiting);
	fd_close(take_fd(&mirror->link));
	family_finish(&mirror->family);
	mirror->is_behind = false;
	mirror->behind_since_ms = 0;
}

static void look_after(struct mirror *mirror, int ms)
{
	ev_timer_stop(mirror->loop, &mirror->again);
	ev_timer_set(&mirror->again, ms / 1e3, 0);
	ev_timer_start(mirror->loop, &mirror->again);
}

static void restart(struct mirror *mirror)
{
	bool was_stable = clock_ms_since(mirror->started_ms) > IS_STABLE_AFTER_MS;

	forget(mirror);
	look_after(mirror, was_stable ? RETRY_AFTER_MS : RETRY_AFTER_FAILURE_MS);
}

/* They come in the same order each time, but for those that are new or gone. */
static struct holder_item *find(struct mirror *mirror, uint64_t key)
{
	struct list *items = &mirror->sent.items;
	struct holder_item *item = NULL;

	if (mirror->next != items)
		item = container_of(mirror->next, struct holder_item, link);
	if (!item || item->entry.key != key)
		item = holder_store_find(&mirror->sent, key);
	if (item)
		mirror->next = item->link.next;
	return item;
}

void mirror_put(struct mirror *mirror, const struct holder_entry *entry)
{
	struct holder_item *item = find(mirror, entry->key);
	struct holder_entry sent = *entry;

	if (item)
		item->is_seen = true;
	if (mirror->is_behind || is_known(item, entry))
		return;
	/* EAGAIN: there is so much that it goes in parts. EPIPE: see on_link_end. */
	sent.fd_count = 0;
	if (holder_message_send(mirror->link, HOLDER_PUT, entry) < 0 ||
		!holder_store_put(&mirror->sent, &sent))
		mirror->is_behind = true;
}

static void drop_unseen(struct mirror *mirror)
{
	list_for_each_safe (link, &mirror->sent.items) {
		struct holder_item *item = container_of(link, struct holder_item, link);

		if (item->is_seen || mirror->is_behind)
			continue;
		if (holder_message_send(mirror->link, HOLDER_DROP, &item->entry) < 0)
			mirror->is_behind = true;
		else
			holder_store_drop(item);
	}
}

/* It has everything: another may go. */
static void confirm(struct mirror *mirror)
{
	if (mirror->former == -1)
		return;
	holder_client_confirm(mirror->former);
	fd_close(take_fd(&mirror->former));
}

/* One that does not listen is no better than none. */
static void note_progress(struct mirror *mirror)
{
	if (!mirror->is_behind) {
		mirror->behind_since_ms = 0;
		confirm(mirror);
		return;
	}
	if (!mirror->behind_since_ms)
		mirror->behind_since_ms = clock_ms();
	if (clock_ms_since(mirror->behind_since_ms) < BEHIND_MAX_MS) {
		look_after(mirror, GO_ON_AFTER_MS);
		return;
	}
	log_warning(&(struct log_where){ .pid = mirror->family.leader.pid },
		"the holder does not take what it is to hold: starts another");
	(void)process_signal(mirror->family.leader, SIGKILL);
	restart(mirror);
}

void mirror_refresh(struct mirror *mirror)
{
	struct list *items = &mirror->sent.items;

	if (mirror->link == -1)
		return;
	list_for_each (link, items)
		container_of(link, struct holder_item, link)->is_seen = false;
	mirror->next = items->next;
	mirror->is_behind = false;
	mirror->fill(mirror, mirror->data);
	drop_unseen(mirror);
	note_progress(mirror);
}

static void on_before_waiting(struct ev_loop *loop, ev_prepare *w, int revents)
{
	(void)loop;
	(void)revents;
	mirror_refresh(container_of(w, struct mirror, before_waiting));
}

/* It says nothing as long as it runs. */
static void on_link_end(struct ev_loop *loop, ev_io *w, int revents)
{
	struct mirror *mirror = container_of(w, struct mirror, watcher);

	(void)loop;
	(void)revents;
	log_warning(&(struct log_where){ .pid = mirror->family.leader.pid },
		"the holder was killed: starts another");
	restart(mirror);
}

/* 0 and its end of the link, or -errno with the reason. */
static int spawn(struct mirror *mirror, int theirs, pid_t *ret, struct baton_error *error)
{
	char *argv[] = { "baton", "hold", mirror->path, NULL }; /* what ps(1) shows */
	cleanup_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	/* Whoever waits for the end of our standard error is not to wait for the holder. */
	const struct baton_spawn_fd fds[] = { { null, STDIN_FILENO }, { null, STDOUT_FILENO },
		{ null, STDERR_FILENO }, { theirs, HOLDER_LINK_FD } };
	const struct baton_spawn_options options = {
		.size = sizeof(options),
		.argv = argv,
		.fds = fds,
		.fd_count = array_length(fds),
		.program = "/proc/self/exe",
		.new_session = true, /* what a terminal sends is not for it */
	};
	cleanup_fd int pidfd = -1;

	if (null == -1)
		return error_set_errno(error, -errno, "cannot open /dev/null");
	return baton_spawn(&options, ret, &pidfd, error);
}

/* Takes our end of the link. */
static void watch(struct mirror *mirror, int link)
{
	mirror->link = link;
	mirror->started_ms = clock_ms();
	ev_io_set(&mirror->watcher, link, EV_READ);
	ev_io_start(mirror->loop, &mirror->watcher);
	ev_prepare_start(mirror->loop, &mirror->before_waiting);
}

static int start(struct mirror *mirror, struct baton_error *error)
{
	int link[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, link) == -1)
		return error_set_errno(error, -errno, "cannot make a socket pair");
	cleanup_fd int ours = link[0], theirs = link[1];
	int r = spawn(mirror, theirs, &pid, error);
	if (r < 0)
		return r;
	r = family_init(&mirror->family, mirror->families, pid, NULL);
	if (r < 0)
		return error_set_errno(error, r, "it has ended at once");
	watch(mirror, take_fd(&ours));
	return 0;
}

static void start_or_retry(struct mirror *mirror)
{
	struct baton_error error;

	if (start(mirror, &error) == 0) {
		mirror->has_complained = false;
		mirror_refresh(mirror);
		return;
	}
	if (!mirror->has_complained)
		log_warning(NULL,
			"cannot start a holder: %s; if baton is killed, what its servers bind "
			"later fails",
			error.text);
	mirror->has_complained = true;
	look_after(mirror, RETRY_AFTER_FAILURE_MS);
}

static void on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct mirror *mirror = container_of(w, struct mirror, again);

	(void)loop;
	(void)revents;
	if (mirror->link == -1)
		start_or_retry(mirror); /* otherwise see on_before_waiting */
}

void mirror_init(struct mirror *mirror, struct ev_loop *loop, struct family_registry *families)
{
	*mirror = (struct mirror){ .loop = loop, .link = -1, .former = -1, .families = families };
	holder_store_init(&mirror->sent);
	ev_init(&mirror->watcher, on_link_end);
	ev_prepare_init(&mirror->before_waiting, on_before_waiting);
	ev_timer_init(&mirror->again, on_again, 0, 0);
}

static void use(struct mirror *mirror, const struct mirror_options *take_options)
{
	mirror->path = take_options->path;
	mirror->former = take_options->former;
	mirror->fill = take_options->fill;
	mirror->data = take_options->data;
}

void mirror_start(struct mirror *mirror, const struct mirror_options *take_options)
{
	use(mirror, take_options);
	start_or_retry(mirror);
}

int mirror_remember(struct mirror *mirror, uint64_t key)
{
	/* As no entry is: an empty record. */
	return holder_store_put(&mirror->sent, &(struct holder_entry){ .key = key }) ? 0 : -ENOMEM;
}

void mirror_resume(struct mirror *mirror, const struct mirror_options *take_options,
	const struct mirror_past *past)
{
	use(mirror, take_options);
	if (past->link < 0) {
		start_or_retry(mirror);
		return;
	}
	family_resume(&mirror->family, mirror->families, past->holder, NULL);
	watch(mirror, past->link);
}

bool mirror_runs(const struct mirror *mirror)
{
	return mirror->link != -1;
}

void mirror_finish(struct mirror *mirror, bool is_over)
{
	if (!mirror->path)
		return;
	/* If it does not hear of it, it waits for another baton, a minute at most. */
	if (mirror->link != -1 && is_over) {
		(void)holder_message_send(mirror->link, HOLDER_END, NULL);
		(void)unlink(mirror->path); /* it may be killed before it does */
	}
	ev_timer_stop(mirror->loop, &mirror->again);
	forget(mirror);
	fd_close(take_fd(&mirror->former)); /* it goes on to hold everything */
	free(take_ptr(&mirror->path));
}
