/* SPDX-License-Identifier: MIT */
/* See wait_status.h. */
#include "base/wait_status.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

const char *wait_status_text(int status, char *text, size_t size)
{
	const char *core = WCOREDUMP(status) ? " (core dumped)" : "";

	if (WIFEXITED(status))
		(void)snprintf(text, size, "exited with status %d", WEXITSTATUS(status));
	else if (sigabbrev_np(WTERMSIG(status)))
		(void)snprintf(
			text, size, "was killed by SIG%s%s", sigabbrev_np(WTERMSIG(status)), core);
	else
		(void)snprintf(text, size, "was killed by signal %d%s", WTERMSIG(status), core);
	return text;
}

int wait_status_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
