/* SPDX-License-Identifier: MIT */
/* See inherit_protocol.h: the table of protocols and what is done over all of it. */
#include "socket/inherit_protocol.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "base/env.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "socket/inherit_found.h"

static const char *const nothing[] = { NULL };

static const struct inherit_protocol notify = {
	.name = "notify",
	.bit = INHERIT_NOTIFY,
	.passing = nothing,
	/* FDSTORE tells that the manager keeps descriptors for us; it keeps none for our child. */
	.others = (const char *const[]){ "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
		"FDSTORE", NULL },
};

static const struct inherit_protocol baton = {
	.name = "baton",
	.bit = INHERIT_BATON,
	.passing = nothing,
	.others = (const char *const[]){ "BATON_*", NULL },
	.generation = "BATON_GENERATION",
};

/* In the order in which they are read: systemd first, because it alone gives names. */
static const struct inherit_protocol *const protocols[] = {
	&inherit_systemd,
	&notify,
	&inherit_starter,
	&inherit_einhorn,
	&inherit_nginx,
	&inherit_fpm,
	&inherit_unicorn,
	&inherit_puma,
	&baton,
};

/*
 * What a child could take for an order by its own starter: descriptor numbers
 * that mean something else in the child, or a parent to be signalled or
 * answered that is not there. Each library checks for the variable alone.
 */
static const char *const foreign[] = {
	"ECDYSIS_RUST_*",       /* pipes to the parent */
	"ENDLESS_CONTINUE",     /* takes 3.. and sends SIGTERM to its parent: the supervisor */
	"ENDLESS_SOCKET_ORDER", /* goes with it */
	"GOAGAIN_*",            /* a descriptor, and a pid that is signalled */
	"GUNICORN_FD",          /* read in preference to LISTEN_FDS where GUNICORN_PID is set */
	"GUNICORN_PID",         /* compared with getppid() */
	"NODE_CHANNEL_*",       /* node aborts if the descriptor is not its channel */
	"NODE_UNIQUE_ID",       /* makes node a cluster worker that binds nothing itself */
	"NOTIFY_FD",            /* crank */
	"OVERSEER_*",           /* takes 3.. and signals its parent */
	"OXY_*",                /* shellflip: descriptors of its control sockets */
	"SOCKETMASTER_FD",      /* a listening socket's number */
	"TABLEFLIP_HAS_PARENT_7DIU3", /* writes to 3 and reads from 4, our sockets */
	"UNICORN_WORKER",             /* descriptors of a worker's sockets */
	"UWSGI_EMPEROR_FD*",          /* descriptors of the emperor's pipes */
	NULL,
};

static bool is_pattern_of(const char *pattern, const char *entry)
{
	size_t length = strcspn(pattern, "#*");

	if (strncmp(pattern, entry, length) != 0)
		return false;
	if (pattern[length] == '*')
		return true;
	entry += length;
	if (pattern[length] == '#') {
		size_t digits = strspn(entry, "0123456789");

		return digits > 0 && entry[digits] == '=';
	}
	return *entry == '=';
}

static bool is_any_of(const char *const *patterns, const char *entry)
{
	for (; *patterns; patterns++)
		if (is_pattern_of(*patterns, entry))
			return true;
	return false;
}

static bool is_passing(const char *entry)
{
	for (size_t i = 0; i < array_length(protocols); i++)
		if (is_any_of(protocols[i]->passing, entry))
			return true;
	return false;
}

static bool is_ours_or_foreign(const char *entry)
{
	for (size_t i = 0; i < array_length(protocols); i++)
		if (is_any_of(protocols[i]->others, entry))
			return true;
	return is_passing(entry) || is_any_of(foreign, entry);
}

void inherit_forget(struct env *env)
{
	env_remove_if(env, is_ours_or_foreign);
}

void inherit_forget_own(char **environment)
{
	char **kept = environment;

	if (!environment)
		return;
	/* Not by unsetenv, which wants the exact key of each and removes in just this way. */
	for (; *environment; environment++)
		if (!is_passing(*environment))
			*kept++ = *environment;
	*kept = NULL;
}

static const struct inherit_protocol *find_protocol(const char *name, size_t length)
{
	for (size_t i = 0; i < array_length(protocols); i++)
		if (strlen(protocols[i]->name) == length &&
			strncmp(protocols[i]->name, name, length) == 0)
			return protocols[i];
	return NULL;
}

int inherit_parse_protocols(const char *text, unsigned *ret, struct baton_error *error)
{
	unsigned set = 0;

	for (const char *word = text;; word++) {
		size_t length = strcspn(word, ",");
		const struct inherit_protocol *protocol = find_protocol(word, length);

		if (!protocol)
			return error_set(error, -EINVAL,
				"unknown protocol \"%.*s\" (there are systemd, notify, starter, "
				"einhorn, nginx, fpm, unicorn, puma and baton)",
				length > 40 ? 40 : (int)length, word);
		set |= protocol->bit;
		word += length;
		if (!*word)
			break;
	}
	*ret = set;
	return 0;
}

int inherit_encode(unsigned set, const struct inherit_socket *sockets, size_t count,
	unsigned generation, struct env *env)
{
	for (size_t i = 0; i < array_length(protocols); i++) {
		const struct inherit_protocol *protocol = protocols[i];
		int r = 0;

		if (!(set & protocol->bit))
			continue;
		/* Without sockets a variable would still switch some servers over: nginx takes
		 * itself for a successor, and libsystemd refuses LISTEN_FDS=0. */
		if (protocol->encode && count > 0)
			r = protocol->encode(sockets, count, env);
		if (r == 0 && protocol->generation)
			r = env_setf(env, protocol->generation, "%u", generation);
		if (r < 0)
			return r;
	}
	return 0;
}

int inherit_set_list(struct env *env, const char *key, struct strbuf *buf)
{
	cleanup_free char *text = strbuf_take(buf);

	if (!text)
		return -ENOMEM;
	return *text ? env_set(env, key, text) : 0;
}

int inherit_decode(char *const *environment, struct inherit_found *found, struct baton_error *error)
{
	for (size_t i = 0; i < array_length(protocols); i++) {
		if (!protocols[i]->decode)
			continue;
		found->reading = protocols[i]->bit;
		int r = protocols[i]->decode(environment, found, error);
		if (r < 0)
			return r;
	}
	return 0;
}
