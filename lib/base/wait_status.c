/* SPDX-License-Identifier: MIT */
/* See wait_status.h. */
#include "base/wait_status.h"

#include <stdio.h>
#include <sys/wait.h>

#include "base/signal_name.h"

const char *wait_status_text(int status, char *text, size_t size)
{
	const char *core = WCOREDUMP(status) ? " (core dumped)" : "";
	char name[SIGNAL_NAME_SIZE];

	if (WIFEXITED(status))
		(void)snprintf(text, size, "exited with status %d", WEXITSTATUS(status));
	else
		(void)snprintf(text, size, "was killed by %s%s",
			signal_name(WTERMSIG(status), name, sizeof(name)), core);
	return text;
}

int wait_status_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
