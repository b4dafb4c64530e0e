/* SPDX-License-Identifier: MIT */
/* See signal_name.h. */
#include "base/signal_name.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

const char *signal_name(int signal, char *text, size_t size)
{
	const char *abbreviation = sigabbrev_np(signal);

	if (abbreviation)
		(void)snprintf(text, size, "SIG%s", abbreviation);
	else if (signal == SIGRTMIN)
		(void)snprintf(text, size, "SIGRTMIN");
	else if (signal > SIGRTMIN && signal <= SIGRTMAX)
		(void)snprintf(text, size, "SIGRTMIN+%d", signal - SIGRTMIN);
	else
		(void)snprintf(text, size, "signal %d", signal);
	return text;
}
