/* SPDX-License-Identifier: MIT */
/* The program baton: the table of its commands. */
#include <ev.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <baton/baton.h>

#include "base/container.h"
#include "base/error.h"
#include "base/fd.h"
#include "holder/holder.h"
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
	{ "hold", "", NULL, holder_main }, /* baton run runs it: see holder/holder.h */
	{ "help", "[COMMAND]", "this text, or that of COMMAND", help },
	{ "--help", "", NULL, help },
	{ "-h", "", NULL, help },
	{ "version", "", "the version, as does baton --version", version },
	{ "--version", "", NULL, version },
	{ "-V", "", NULL, version },
};

static bool is_command(const char *name)
{
	for (size_t i = 0; i < array_length(commands); i++)
		if (strcmp(name, commands[i].name) == 0)
			return true;
	return false;
}

static void print_commands(FILE *out)
{
	for (size_t i = 0; i < array_length(commands); i++)
		if (commands[i].what)
			(void)fprintf(out, "  baton %-8s%-34s%s\n", commands[i].name,
				commands[i].arguments, commands[i].what);
}

static int unknown_command(const char *name)
{
	(void)fprintf(stderr, "baton: unknown command \"%s\"; try: baton help\n", name);
	return EX_USAGE;
}

static int help(int argc, char **argv)
{
	char *run_help[] = { (char *)"run", (char *)"--help", NULL };

	if (argc > 1 && strcmp(argv[1], "run") == 0)
		return run(2, run_help);
	if (argc > 1 && !is_command(argv[1]))
		return unknown_command(argv[1]);
	(void)printf("baton restarts and upgrades servers without losing a connection.\n\n");
	print_commands(stdout);
	(void)printf(
		"\nUpgrade what runs with: kill -HUP PID_OF_BATON\n"
		"Manual pages: baton(1), baton-adopt(7), baton-address(7), baton-protocols(7)\n");
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
	return unknown_command(argv[1]);
}
