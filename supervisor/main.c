/* SPDX-License-Identifier: MIT */
/* The program baton: the table of its commands. */
#include <ev.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <baton/baton.h>

#include "base/container.h"
#include "base/error.h"
#include "base/fd.h"
#include "config/check.h"
#include "control/commands.h"
#include "doctor/doctor.h"
#include "holder/holder.h"
#include "reexec/rehearsal.h"
#include "run.h"
#include "spelling.h"

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
	{ "run", "[OPTIONS] [--] COMMAND [ARG...]", "supervise COMMAND", run },
	{ "check", "-c FILE", "whether a configuration file is good", check_main },
	{ "hold", "", NULL, holder_main }, /* baton run runs it: see holder/holder.h */
	{ REHEARSAL_COMMAND, "", NULL, rehearsal_main }, /* the same: reexec/reexec.h */
	{ "upgrade", "[--wait]", "to what is on the disk now", commands_run },
	{ "list", "[--json]", "all services that there are", commands_run },
	{ "status", "[--json]", "generations, listeners, upgrades", commands_run },
	{ "top", "", "the same, again every second", commands_run },
	{ "stop", "[--now] [--wait]", "drain and end", commands_run },
	{ "events", "[--follow]", "what has happened, as JSON lines", commands_run },
	{ "metrics", "", "the state, for Prometheus", commands_run },
	{ "reexec", "", "replace baton's own binary", commands_run },
	{ "reopen", "", "send SIGUSR1 to every worker", commands_run },
	{ "set", "[OPTIONS]", "log level, drain timeout, workers", commands_run },
	{ "kill-generation", "GENERATION", "one that drains, or is not ready", commands_run },
	{ "doctor", "[OPTIONS] [--] COMMAND...", "which way of restarting loses nothing", doctor },
	{ "help", "[COMMAND]", "this text, or that of COMMAND", help },
	{ "--help", "", NULL, help },
	{ "-h", "", NULL, help },
	{ "version", "", "the version, as does baton --version", version },
	{ "--version", "", NULL, version },
	{ "-V", "", NULL, version },
};

static void print_commands(FILE *out)
{
	for (size_t i = 0; i < array_length(commands); i++) {
		const char *name = commands[i].name;

		if (commands[i].what)
			(void)fprintf(out, "  baton %s %-*s%s\n", name, 35 - (int)strlen(name),
				commands[i].arguments, commands[i].what);
	}
}

static int unknown_command(const char *name)
{
	struct spelling spelling;

	spelling_init(&spelling, name, strlen(name));
	for (size_t i = 0; i < array_length(commands); i++)
		if (commands[i].what)
			(void)spelling_try(&spelling, commands[i].name);
	(void)fprintf(stderr, "baton: unknown command \"%s\"%s%s%s (try: baton help)\n", name,
		spelling.nearest ? ", is it " : "", spelling.nearest ? spelling.nearest : "",
		spelling.nearest ? "?" : "");
	return EX_USAGE;
}

/* Of those that have options; for the others there is nothing more to say than for all. */
static int help_of(const char *name)
{
	char *arguments[] = { (char *)name, (char *)"--help", NULL };

	for (size_t i = 0; i < array_length(commands); i++) {
		if (strcmp(name, commands[i].name) != 0)
			continue;
		if (commands[i].function == help || commands[i].function == version)
			return help(1, arguments);
		return commands[i].function(2, arguments);
	}
	return unknown_command(name);
}

static int help(int argc, char **argv)
{
	if (argc > 1)
		return help_of(argv[1]);
	(void)printf("baton restarts and upgrades servers without losing a connection.\n\n");
	print_commands(stdout);
	(void)printf("\nUpgrade what runs with: baton upgrade --wait, or kill -HUP PID_OF_BATON\n"
		     "Manual pages: baton(1), baton-doctor(1), baton.conf(5), baton-adopt(7),\n"
		     "baton-address(7), baton-control(7), baton-protocols(7), baton-systemd(7)\n");
	return EX_OK;
}

int main(int argc, char **argv)
{
	if (fd_ensure_standard() < 0)
		return EX_OSERR; /* there is no standard error to say so */
	/* That a file has the size which RLIMIT_FSIZE allows is then an error of write(2), as a
	 * full disk is. Children have the default again (spawn.h). */
	(void)signal(SIGXFSZ, SIG_IGN); /* cannot fail for a valid signal */
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
