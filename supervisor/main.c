/* SPDX-License-Identifier: MIT */
/* The program baton: the table of its commands. */
#include <ev.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <baton/baton.h>

#include "base/container.h"
#include "base/error.h"
#include "base/fd.h"
#include "run.h"

static int version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	(void)printf(
		"baton %d.%d.%d\n", BATON_VERSION_MAJOR, BATON_VERSION_MINOR, BATON_VERSION_PATCH);
	return EX_OK;
}

static int help(int argc, char **argv);

static const struct {
	const char *name;
	const char *arguments;
	const char *what; /* NULL: another name of the row before */
	int (*function)(int argc, char **argv);
} commands[] = {
	{ "run", "[OPTIONS] [--] COMMAND [ARG...]", "supervise COMMAND; see baton run --help",
		run },
	{ "help", "", "this text", help },
	{ "--help", "", NULL, help },
	{ "-h", "", NULL, help },
	{ "version", "", "the version", version },
	{ "--version", "", NULL, version },
	{ "-V", "", NULL, version },
};

static void print_commands(FILE *out)
{
	for (size_t i = 0; i < array_length(commands); i++)
		if (commands[i].what)
			(void)fprintf(out, "  baton %-8s%-34s%s\n", commands[i].name,
				commands[i].arguments, commands[i].what);
}

static int help(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	(void)printf("baton restarts and upgrades servers without losing a connection.\n\n");
	print_commands(stdout);
	(void)printf("\nUpgrade what runs with: kill -HUP PID_OF_BATON\n"
		     "The whole story: baton(1)\n");
	return EX_OK;
}

int main(int argc, char **argv)
{
	if (fd_ensure_standard() < 0)
		return EX_OSERR; /* there is no standard error to say so */
	if (argc < 2) {
		(void)fprintf(stderr, "baton: a command is missing\n\n");
		print_commands(stderr);
		return EX_USAGE;
	}
	for (size_t i = 0; i < array_length(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].function(argc - 1, argv + 1);
	(void)fprintf(stderr, "baton: unknown command \"%s\"; try: baton help\n", argv[1]);
	return EX_USAGE;
}
