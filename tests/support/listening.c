/* SPDX-License-Identifier: MIT */
/* See listening.h. */
#include "support/listening.h"

#include <check.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534 };

int listening_try(const char *text, struct baton_listener **ret, struct baton_error *error)
{
	struct baton_address *address;

	*error = (struct baton_error){ "" };
	ck_assert_msg(baton_address_parse(text, &address, error) == 0, "%s", error->text);
	int r = baton_listener_open("test", address, ret, error);

	baton_address_destroy(address);
	return r;
}

struct baton_listener *listening_open(const char *text)
{
	struct baton_listener *listener = NULL;
	struct baton_error error;

	ck_assert_msg(listening_try(text, &listener, &error) == 0, "%s", error.text);
	return listener;
}

void listening_refused(const char *text, int code, const char *reason)
{
	struct baton_listener *listener = NULL;
	struct baton_error error;
	int r = listening_try(text, &listener, &error);

	ck_assert_ptr_null(listener);
	ck_assert_msg(r == code, "%d instead of %d: %s", r, code, error.text);
	ck_assert_msg(strstr(error.text, reason) != NULL, "%s", error.text);
}

int listening_option(int fd, int level, int option)
{
	int value = -1;
	socklen_t length = sizeof(value);

	ck_assert_int_eq(getsockopt(fd, level, option, &value, &length), 0);
	return value;
}

bool listening_as_nobody(void (*body)(const char *text), const char *text)
{
	int status;

	if (geteuid() != 0) {
		fprintf(stderr, "skipped: only root can become another user\n");
		return false;
	}
	/* Check's fork puts the child into the process group of the case, so that it is killed
	 * with it, and reports a failed assertion of the child as the case's. */
	pid_t child = check_fork();
	ck_assert_int_ne(child, -1);
	if (child == 0) {
		if (setgroups(0, NULL) == -1 || setresgid(NOBODY, NOBODY, NOBODY) == -1 ||
			setresuid(NOBODY, NOBODY, NOBODY) == -1)
			ck_abort_msg("cannot become nobody");
		body(text);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "it failed as nobody");
	return true;
}
