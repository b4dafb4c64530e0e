/* SPDX-License-Identifier: MIT */
/* See signals.h. */
#include "signals.h"

#include <stdbool.h>
#include <unistd.h>

static const enum signals_request requests[_NSIG] = {
	[SIGHUP] = SIGNALS_UPGRADE,
	[SIGTERM] = SIGNALS_STOP,
	[SIGINT] = SIGNALS_STOP,
	[SIGQUIT] = SIGNALS_STOP_NOW,
	[SIGUSR2] = SIGNALS_REEXEC,
	[0] = SIGNALS_LEAVE,
	[SIGKILL] = SIGNALS_LEAVE,
	[SIGSTOP] = SIGNALS_LEAVE,
	[SIGCHLD] = SIGNALS_LEAVE,
	[SIGPIPE] = SIGNALS_LEAVE,
	[SIGILL] = SIGNALS_LEAVE,
	[SIGTRAP] = SIGNALS_LEAVE,
	[SIGABRT] = SIGNALS_LEAVE,
	[SIGBUS] = SIGNALS_LEAVE,
	[SIGFPE] = SIGNALS_LEAVE,
	[SIGSEGV] = SIGNALS_LEAVE,
	[SIGSYS] = SIGNALS_LEAVE,
	[SIGXCPU] = SIGNALS_LEAVE,
	[SIGXFSZ] = SIGNALS_LEAVE,
	[SIGPROF] = SIGNALS_LEAVE,
	/* The terminal's: baton stops and goes on as any program in the foreground. */
	[SIGTSTP] = SIGNALS_LEAVE,
	[SIGCONT] = SIGNALS_LEAVE,
};

static bool is_watched(int signal)
{
	/* The first real-time signals, below SIGRTMIN, belong to the C library. */
	bool is_reserved = signal >= 32 && signal < SIGRTMIN;

	return requests[signal] != SIGNALS_LEAVE && !is_reserved;
}

/*
 * Whether this may be a terminal whose size has changed: the kernel tells its foreground group
 * (drivers/tty/tty_io.c, tty_do_resize). libev does not keep who has sent a signal; and while a
 * server that knows SIGWINCH at all ends by it, as apache and nginx do, no worker needs that size.
 */
static bool is_of_terminal(int signal)
{
	if (signal != SIGWINCH)
		return false;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (tcgetpgrp(fd) == getpgrp())
			return true;
	return false;
}

static void on_signal(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct signals *signals = w->data;

	(void)loop;
	(void)revents;
	signals->on_signal(is_of_terminal(w->signum) ? SIGNALS_LEAVE : requests[w->signum],
		w->signum, signals->data);
}

/* Whoever started baton may have blocked them, SIGCHLD too; libev leaves the mask as it is.
 * Last, so that what is pending meets its watcher. */
static void unblock_all(void)
{
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL); /* cannot fail for valid arguments */
}

void signals_init(struct signals *signals, struct ev_loop *loop, signals_fn callback, void *data)
{
	signals->loop = loop;
	signals->on_signal = callback;
	signals->data = data;
	(void)signal(SIGPIPE, SIG_IGN); /* cannot fail for a valid signal */
	for (int number = 1; number < _NSIG; number++) {
		ev_signal *watcher = &signals->watchers[number];

		if (!is_watched(number))
			continue;
		ev_signal_init(watcher, on_signal, number);
		watcher->data = signals;
		ev_signal_start(loop, watcher);
		ev_unref(loop); /* a watched signal alone keeps no loop running */
	}
	unblock_all();
}

void signals_finish(struct signals *signals)
{
	for (int number = 1; number < _NSIG; number++) {
		if (!is_watched(number))
			continue;
		ev_ref(signals->loop);
		ev_signal_stop(signals->loop, &signals->watchers[number]);
	}
}
