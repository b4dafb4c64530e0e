/* SPDX-License-Identifier: MIT */
/*
 * A program that inherits sockets, and says on standard output what it found:
 *
 *     inherit_child [NAME=ADDRESS]...   claims these, NAME or ADDRESS may be empty
 *     inherit_child --next              claims one after the other
 *
 * A line each: `claimed NAME BOUND...`, `missing NAME=ADDRESS`, `unclaimed NAME
 * BOUND`, `failed ERRNO TEXT`; then `inheritable FD` for what a child of its own would
 * get, and `left KEY` for variables that it would take for its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <baton/inherit.h>

static int report_failure(int r, const struct baton_error *error)
{
	printf("failed %s %s\n", strerrorname_np(-r), error->text);
	return r;
}

static void report_listener(struct baton_listener *listener)
{
	printf("claimed %s", baton_listener_name(listener));
	for (size_t i = 0; i < baton_listener_count(listener); i++)
		printf(" %s", baton_listener_bound(listener, i));
	printf("\n");
	baton_listener_keep_path(listener);
	baton_listener_close(listener);
}

static int claim(struct baton_inherit *inherit, char *argument)
{
	struct baton_listener *listener;
	struct baton_address *address = NULL;
	struct baton_error error;
	char *text = strchr(argument, '=');
	int r = 0;

	*text++ = '\0';
	if (*text)
		r = baton_address_parse(text, &address, &error);
	if (r < 0)
		return report_failure(r, &error);
	r = baton_inherit_listener(
		inherit, *argument ? argument : NULL, address, &listener, &error);
	baton_address_destroy(address);
	if (r == -ENOENT)
		printf("missing %s=%s\n", argument, text);
	else if (r < 0)
		return report_failure(r, &error);
	else
		report_listener(listener);
	return 0;
}

static int claim_all(struct baton_inherit *inherit)
{
	struct baton_listener *listener;
	struct baton_error error;
	int r;

	while ((r = baton_inherit_next(inherit, &listener, &error)) == 0)
		report_listener(listener);
	return r == -ENOENT ? 0 : report_failure(r, &error);
}

static void on_unclaimed(const char *name, const char *bound, void *data)
{
	(void)data;
	printf("unclaimed %s %s\n", name, bound);
}

static void report_leftovers(void)
{
	for (int fd = 3; fd < 64; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (flags != -1 && !(flags & FD_CLOEXEC))
			printf("inheritable %d\n", fd);
	}
	for (char **entry = environ; *entry; entry++)
		printf("left %.*s\n", (int)strcspn(*entry, "="), *entry);
}

int main(int argc, char **argv)
{
	struct baton_inherit *inherit;
	struct baton_error error;
	int r = baton_inherit_open(&inherit, &error);

	if (r < 0) {
		report_failure(r, &error);
		report_leftovers();
		return EXIT_SUCCESS;
	}
	if (argc == 2 && strcmp(argv[1], "--next") == 0)
		(void)claim_all(inherit); /* it has said why */
	else
		for (int i = 1; i < argc; i++)
			(void)claim(inherit, argv[i]); /* likewise */
	report_leftovers();
	baton_inherit_close(inherit, on_unclaimed, NULL);
	return EXIT_SUCCESS;
}
