/* SPDX-License-Identifier: MIT */
/* See keys.h. In handlers there is nothing but what signal-safety(7) allows, tcsetattr(3) too. */
#include "control/keys.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include "base/container.h"

static const int ending[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE };

/* What handlers have to know. */
static struct termios before, raw;
static volatile sig_atomic_t has_begun;

static void set_terminal(const struct termios *attributes)
{
	(void)tcsetattr(STDIN_FILENO, TCSANOW, attributes); /* of no use any more: it is gone */
}

/* Blocked while it is handled, the signal comes again, to its default action, after this. */
static void on_end(int number)
{
	if (has_begun)
		set_terminal(&before);
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

/* Goes on from here when it is continued; in the background, the kernel stops it again for this
 * (SIGTTOU), until it is in the foreground. */
static void on_stop(int number)
{
	int error = errno;

	(void)number;
	if (has_begun)
		set_terminal(&before);
	(void)raise(SIGSTOP);
	if (has_begun)
		set_terminal(&raw);
	errno = error;
}

/* What was ignored, as below nohup(1), stays so. */
static void handle(int number, void (*handler)(int))
{
	struct sigaction action;

	if (sigaction(number, NULL, &action) == -1 || action.sa_handler == SIG_IGN)
		return;
	action = (struct sigaction){ .sa_handler = handler, .sa_flags = SA_RESTART };
	(void)sigaction(number, &action, NULL); /* cannot fail for a valid signal */
}

bool keys_begin(void)
{
	if (tcgetpgrp(STDIN_FILENO) != getpgrp() || tcgetattr(STDIN_FILENO, &before) == -1)
		return false;
	raw = before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO); /* signals come as ever */
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	for (size_t i = 0; i < array_length(ending); i++)
		handle(ending[i], on_end);
	handle(SIGTSTP, on_stop);
	has_begun = 1;
	set_terminal(&raw);
	return true;
}

int keys_read(void)
{
	struct pollfd pollfd = { .fd = STDIN_FILENO, .events = POLLIN };
	unsigned char key;

	if (poll(&pollfd, 1, 0) != 1)
		return 0;
	ssize_t count = read(STDIN_FILENO, &key, 1);

	if (count == -1 && errno == EINTR)
		return 0;
	return count == 1 ? key : -1;
}

void keys_end(void)
{
	if (has_begun)
		set_terminal(&before);
	has_begun = 0;
}
