/* SPDX-License-Identifier: MIT */
/*
 * The ?key=value&key=value part of an address. One table says which keys there
 * are, for which kinds, with what values and where they are stored; parsing,
 * printing and the error that lists the known keys all walk it.
 */
#include "socket/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/error.h"
#include "base/parse.h"
#include "base/strbuf.h"

enum {
	FOR_TCP = 1 << BATON_ADDRESS_TCP,
	FOR_INET = FOR_TCP | 1 << BATON_ADDRESS_UDP,
	FOR_UNIX_LISTEN = 1 << BATON_ADDRESS_UNIX | 1 << BATON_ADDRESS_UNIX_SEQPACKET,
	FOR_UNIX = FOR_UNIX_LISTEN | 1 << BATON_ADDRESS_UNIX_DGRAM,
	REUSEPORT_MAX = 1024,    /* sockets of one address: more than workers make sense */
	DEFER_ACCEPT_MAX = 3600, /* seconds */
	MODE_MAX = 0777,         /* set-id bits mean nothing on a socket */
	NUMBER_DIGITS_MAX = 12,
};

enum value_type {
	VALUE_NUMBER,
	VALUE_SWITCH,
	VALUE_OCTAL,
	VALUE_TEXT,
};

struct option {
	const char *key;
	unsigned kinds; /* bits: FOR_* */
	enum value_type type;
	size_t offset; /* in struct baton_address_options */
	int min, max;
	int fallback;
};

#define AT(member) offsetof(struct baton_address_options, member)

static const struct option table[] = {
	{ "backlog", FOR_TCP | FOR_UNIX_LISTEN, VALUE_NUMBER, AT(backlog), 1, INT_MAX, -1 },
	{ "reuseport", FOR_INET, VALUE_NUMBER, AT(reuseport), 0, REUSEPORT_MAX, 0 },
	{ "v6only", FOR_INET, VALUE_NUMBER, AT(v6only), 0, 1, -1 },
	{ "fastopen", FOR_TCP, VALUE_NUMBER, AT(fastopen), 0, INT_MAX, 0 },
	{ "defer-accept", FOR_TCP, VALUE_NUMBER, AT(defer_accept), 0, DEFER_ACCEPT_MAX, 0 },
	{ "freebind", FOR_INET, VALUE_SWITCH, AT(freebind), 0, 1, 0 },
	{ "mptcp", FOR_TCP, VALUE_SWITCH, AT(mptcp), 0, 1, 0 },
	{ "mode", FOR_UNIX, VALUE_OCTAL, AT(mode), 0, MODE_MAX, -1 },
	{ "user", FOR_UNIX, VALUE_TEXT, AT(user), 0, 0, 0 },
	{ "group", FOR_UNIX, VALUE_TEXT, AT(group), 0, 0, 0 },
};

_Static_assert(array_length(table) <= 32, "the keys seen are bits of an unsigned");

static int get_number(const struct baton_address_options *options, const struct option *option)
{
	const char *at = (const char *)options + option->offset;

	return option->type == VALUE_SWITCH ? *(const bool *)at : *(const int *)(const void *)at;
}

static void set_number(
	struct baton_address_options *options, const struct option *option, int value)
{
	char *at = (char *)options + option->offset;

	if (option->type == VALUE_SWITCH)
		*(bool *)at = value != 0;
	else
		*(int *)(void *)at = value;
}

void address_options_init(struct baton_address_options *options)
{
	*options = (struct baton_address_options){ 0 };
	for (size_t i = 0; i < array_length(table); i++)
		if (table[i].type != VALUE_TEXT)
			set_number(options, &table[i], table[i].fallback);
}

/* Octal digits, with or without a leading 0. */
static int parse_octal(const char *text, int max, int *ret)
{
	int value = 0;

	if (!*text)
		return -EINVAL;
	for (const char *c = text; *c; c++) {
		if (*c < '0' || *c > '7')
			return -EINVAL;
		value = value * 8 + (*c - '0');
		if (value > max)
			return -ERANGE;
	}
	*ret = value;
	return 0;
}

static int parse_number(struct baton_address *address, const struct option *option,
	const char *value, const char *whole, struct baton_error *error)
{
	int number;
	bool is_octal = option->type == VALUE_OCTAL;
	int r = is_octal ? parse_octal(value, option->max, &number)
			 : parse_int(value, option->min, option->max, &number);
	if (r < 0 && is_octal)
		return address_error(error, -EINVAL, whole,
			"option %s: \"%.40s\" is not an octal number up to 0777", option->key,
			value);
	if (r < 0 && option->max == 1)
		return address_error(error, -EINVAL, whole, "option %s: \"%.40s\" is not 0 or 1",
			option->key, value);
	if (r < 0)
		return address_error(error, -EINVAL, whole,
			"option %s: \"%.40s\" is not a number in %d..%d", option->key, value,
			option->min, option->max);
	set_number(&address->options, option, number);
	return 0;
}

static int parse_text(struct baton_address *address, const struct option *option, const char *value,
	const char *whole, struct baton_error *error)
{
	bool is_user = option->offset == AT(user);
	char **owner = is_user ? &address->user : &address->group;

	if (!*value)
		return address_error(error, -EINVAL, whole,
			"option %s: a name or number is missing", option->key);
	*owner = strdup(value);
	if (!*owner)
		return -ENOMEM;
	if (is_user)
		address->options.user = *owner;
	else
		address->options.group = *owner;
	return 0;
}

static bool is_ipv4(const char *host)
{
	struct in_addr binary;

	return inet_pton(AF_INET, host, &binary) == 1;
}

/* Whether an option that is known makes sense with what comes before the '?'. */
static int check_fit(const struct baton_address *address, const struct option *option,
	const char *whole, struct baton_error *error)
{
	if (!(option->kinds & 1U << address->kind))
		return address_error(error, -EINVAL, whole,
			"option %s does not fit an address of kind %s", option->key,
			address_kind_name(address->kind));
	if (option->kinds == FOR_UNIX && !address_has_path(address))
		return address_error(error, -EINVAL, whole,
			"option %s does not fit an abstract name, which has no permissions",
			option->key);
	if (option->offset == AT(v6only) && is_ipv4(address->host))
		return address_error(
			error, -EINVAL, whole, "option v6only does not fit an IPv4 address");
	return 0;
}

static int refuse_unknown(const char *key, const char *whole, struct baton_error *error)
{
	struct strbuf known = STRBUF_INIT;

	for (size_t i = 0; i < array_length(table); i++)
		strbuf_appendf(&known, "%s%s", i ? ", " : "", table[i].key);
	char *text = strbuf_take(&known);
	int r = !text ? -ENOMEM
		      : address_error(error, -EINVAL, whole,
				"option \"%.30s\" is not known; known are %s", key, text);

	free(text);
	return r;
}

/* One key=value; seen is the set of those that came before. */
static int parse_pair(struct baton_address *address, char *pair, unsigned *seen, const char *whole,
	struct baton_error *error)
{
	char *value = strchr(pair, '=');

	if (value)
		*value++ = '\0';
	for (size_t i = 0; i < array_length(table); i++) {
		const struct option *option = &table[i];

		if (strcmp(option->key, pair) != 0)
			continue;
		int r = check_fit(address, option, whole, error);
		if (r < 0)
			return r;
		if (!value)
			return address_error(error, -EINVAL, whole,
				"option %s needs a value: %s=...", pair, pair);
		if (*seen & 1U << i)
			return address_error(
				error, -EINVAL, whole, "option %s is given twice", pair);
		*seen |= 1U << i;
		return option->type == VALUE_TEXT
			? parse_text(address, option, value, whole, error)
			: parse_number(address, option, value, whole, error);
	}
	return refuse_unknown(pair, whole, error);
}

int address_options_parse(struct baton_address *address, const char *options, const char *whole,
	struct baton_error *error)
{
	unsigned seen = 0;
	char *copy = strdup(options);
	char *rest = copy;
	int r = 0;

	if (!copy)
		return -ENOMEM;
	for (char *pair; r == 0 && (pair = strsep(&rest, "&"));)
		r = parse_pair(address, pair, &seen, whole, error);
	free(copy);
	return r;
}

void address_options_print(const struct baton_address *address, struct strbuf *buf)
{
	const struct baton_address_options *options = &address->options;
	char separator = '?';

	for (size_t i = 0; i < array_length(table); i++) {
		const struct option *option = &table[i];
		char number[NUMBER_DIGITS_MAX];
		const char *value = number;

		if (option->type == VALUE_TEXT)
			value = option->offset == AT(user) ? options->user : options->group;
		else if (get_number(options, option) == option->fallback)
			value = NULL;
		else
			(void)snprintf(number, sizeof(number),
				option->type == VALUE_OCTAL ? "%04o" : "%u",
				(unsigned)get_number(options, option)); /* it fits */
		if (!value)
			continue;
		strbuf_appendf(buf, "%c%s=%s", separator, option->key, value);
		separator = '&';
	}
}
