/* SPDX-License-Identifier: MIT */
/*
 * Addresses: text to parts and back. Nothing is decoded (a percent sign is a
 * percent sign), so what is not a separator here reaches the system unchanged.
 */
#include "socket/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <baton/listener.h>

#include "base/container.h"
#include "base/error.h"
#include "base/parse.h"
#include "base/strbuf.h"

enum {
	HOST_MAX = 253,      /* of a name in the DNS, RFC 1035 */
	UNIX_PATH_MAX = 107, /* sun_path holds 108 bytes, one is the final NUL: unix(7) */
};

struct scheme {
	const char *prefix;
	const char *name;
};

static const struct scheme schemes[] = {
	[BATON_ADDRESS_TCP] = { "tcp://", "tcp" },
	[BATON_ADDRESS_UDP] = { "udp://", "udp" },
	[BATON_ADDRESS_UNIX] = { "unix:", "unix" },
	[BATON_ADDRESS_UNIX_DGRAM] = { "unix-dgram:", "unix-dgram" },
	[BATON_ADDRESS_UNIX_SEQPACKET] = { "unix-seqpacket:", "unix-seqpacket" },
	[BATON_ADDRESS_FD] = { "fd:", "fd" },
	[BATON_ADDRESS_SYSTEMD] = { "systemd:", "systemd" },
};

/* What parsing carries along: the text as it was given, for the errors, and where they go. */
struct source {
	const char *text;
	struct baton_error *error;
};

int address_error(struct baton_error *error, int code, const char *text, const char *format, ...)
{
	enum { TEXT_MIN = 40, AROUND = sizeof("address \"...\": ") };
	char reason[BATON_ERROR_SIZE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(reason, sizeof(reason), format, args); /* cut if too long */
	va_end(args);
	size_t length = strlen(text);
	size_t taken = strlen(reason) + AROUND;
	size_t room = taken + TEXT_MIN < BATON_ERROR_SIZE ? BATON_ERROR_SIZE - taken : TEXT_MIN;

	if (length <= room)
		return error_set(error, code, "address \"%s\": %s", text, reason);
	return error_set(error, code, "address \"%.*s...\": %s", (int)room, text, reason);
}

const char *address_kind_name(enum baton_address_kind kind)
{
	return schemes[kind].name;
}

bool address_is_unix(const struct baton_address *address)
{
	return address->kind == BATON_ADDRESS_UNIX || address->kind == BATON_ADDRESS_UNIX_DGRAM ||
		address->kind == BATON_ADDRESS_UNIX_SEQPACKET;
}

bool address_has_path(const struct baton_address *address)
{
	return address_is_unix(address) && address->path[0] == '/';
}

static int parse_port(struct baton_address *address, const char *text, const struct source *source)
{
	if (!*text)
		return address_error(source->error, -EINVAL, source->text,
			"the port is missing: HOST:PORT, with port 0 for one that is free");
	int r = parse_int(text, 0, 65535, &address->port);
	if (r == -ERANGE)
		return address_error(source->error, -EINVAL, source->text,
			"port \"%s\" is not in 0..65535", text);
	if (r < 0)
		return address_error(source->error, -EINVAL, source->text,
			"port \"%.40s\" is not a number", text);
	return 0;
}

/* Puts an IPv6 address with its zone in its one canonical form into address->host. */
static int parse_ipv6(struct baton_address *address, char *host, const struct source *source)
{
	char canonical[INET6_ADDRSTRLEN];
	struct in6_addr binary;
	char *zone = strchr(host, '%');

	if (zone)
		*zone++ = '\0';
	if (inet_pton(AF_INET6, host, &binary) != 1)
		return address_error(source->error, -EINVAL, source->text,
			"\"%.60s\" in brackets is not an IPv6 address", host);
	if (zone && (!*zone || strlen(zone) >= IF_NAMESIZE || strpbrk(zone, " /%")))
		return address_error(source->error, -EINVAL, source->text,
			"zone \"%.40s\" is not the name of a network interface", zone);
	if (!zone && IN6_IS_ADDR_LINKLOCAL(&binary))
		return address_error(source->error, -EINVAL, source->text,
			"a link-local address needs its interface: [%s%%eth0]", host);
	(void)inet_ntop(AF_INET6, &binary, canonical, sizeof(canonical)); /* it fits */
	if (asprintf(&address->host, "%s%s%s", canonical, zone ? "%" : "", zone ? zone : "") < 0) {
		address->host = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int parse_host(struct baton_address *address, const char *host, const struct source *source)
{
	struct in_addr binary;

	for (const char *c = host; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-._", *c))
			return address_error(source->error, -EINVAL, source->text,
				"'%c' cannot be in a host name%s", *c,
				strcmp(host, "*") == 0 ? "; leave the host out for every address"
						       : "");
	/* The resolver takes "1.2" for 1.0.0.2 and 010 for octal: surprises, so refused. */
	if (*host && host[strspn(host, "0123456789.")] == '\0' &&
		inet_pton(AF_INET, host, &binary) != 1)
		return address_error(source->error, -EINVAL, source->text,
			"host \"%.40s\" is not an IPv4 address", host);
	if (strlen(host) > HOST_MAX)
		return address_error(source->error, -EINVAL, source->text,
			"a host name has at most %d bytes, this one %zu", HOST_MAX, strlen(host));
	address->host = strdup(host);
	return address->host ? 0 : -ENOMEM;
}

/* HOST:PORT, [IPV6]:PORT or :PORT. The text is cut up. */
static int parse_host_port(struct baton_address *address, char *text, const struct source *source)
{
	char *colon = strrchr(text, ':');

	if (*text == '[') {
		char *end = strchr(text, ']');
		if (!end)
			return address_error(
				source->error, -EINVAL, source->text, "a closing ] is missing");
		if (end[1] != ':')
			return address_error(source->error, -EINVAL, source->text,
				"a port must follow the ]: [HOST]:PORT");
		*end = '\0';
		int r = parse_ipv6(address, text + 1, source);
		return r < 0 ? r : parse_port(address, end + 2, source);
	}
	if (!colon)
		return address_error(source->error, -EINVAL, source->text,
			"the port is missing: HOST:PORT, with port 0 for one that is free");
	*colon = '\0';
	if (strchr(text, ':'))
		return address_error(source->error, -EINVAL, source->text,
			"an IPv6 address needs brackets: [::1]:80");
	int r = parse_host(address, text, source);
	return r < 0 ? r : parse_port(address, colon + 1, source);
}

static int parse_unix(struct baton_address *address, const char *path, const struct source *source)
{
	bool is_abstract = *path == '@';
	const char *what = is_abstract ? "abstract name" : "path";

	if (*path != '/' && !is_abstract)
		return address_error(source->error, -EINVAL, source->text,
			"a unix path must be absolute (/run/x.sock) or abstract (@x)");
	/* unix:///run/x is the URL of /run/x; one form, so that it is equal to what is bound. */
	while (path[0] == '/' && path[1] == '/')
		path++;
	size_t length = strlen(path) - is_abstract;

	if (length == 0 || (!is_abstract && path[length - 1] == '/'))
		return address_error(source->error, -EINVAL, source->text,
			"the %s ends before the name of the socket", what);
	if (length > UNIX_PATH_MAX)
		return address_error(source->error, -ENAMETOOLONG, source->text,
			"the %s has %zu bytes, the limit is %d", what, length, UNIX_PATH_MAX);
	address->path = strdup(path);
	return address->path ? 0 : -ENOMEM;
}

static int parse_fd(struct baton_address *address, const char *text, const struct source *source)
{
	if (parse_int(text, 0, INT32_MAX, &address->fd) < 0)
		return address_error(source->error, -EINVAL, source->text,
			"descriptor \"%.40s\" is not a number", text);
	return 0;
}

/* The name is the manager's, who may have given one that a listener here may not have. */
static int parse_systemd(
	struct baton_address *address, const char *name, const struct source *source)
{
	if (!*name || strlen(name) > BATON_LISTENER_NAME_MAX || strpbrk(name, ":;,="))
		return address_error(source->error, -EINVAL, source->text,
			"a name has 1 to %d bytes and no ':', ';', ',' or '='",
			BATON_LISTENER_NAME_MAX);
	address->path = strdup(name);
	return address->path ? 0 : -ENOMEM;
}

/* What follows the scheme, without options. */
static int parse_rest(struct baton_address *address, char *rest, const struct source *source)
{
	switch (address->kind) {
	case BATON_ADDRESS_TCP:
	case BATON_ADDRESS_UDP:
		return parse_host_port(address, rest, source);
	case BATON_ADDRESS_UNIX:
	case BATON_ADDRESS_UNIX_DGRAM:
	case BATON_ADDRESS_UNIX_SEQPACKET:
		return parse_unix(address, rest, source);
	case BATON_ADDRESS_FD:
		return parse_fd(address, rest, source);
	case BATON_ADDRESS_SYSTEMD:
		return parse_systemd(address, rest, source);
	}
	return -EINVAL;
}

/* An address without a scheme: PORT, :PORT or HOST:PORT over TCP, or one that lacks its scheme. */
static int parse_bare(struct baton_address *address, char *text, const struct source *source)
{
	const char *scheme_end = strstr(text, "://");

	if (!*text)
		return address_error(source->error, -EINVAL, source->text,
			"it is empty: PORT, HOST:PORT, unix:/PATH, ...");
	if (scheme_end)
		return address_error(source->error, -EINVAL, source->text,
			"scheme \"%.*s\" is not one of tcp, udp, unix, unix-dgram, unix-seqpacket, "
			"fd, systemd",
			scheme_end - text > 20 ? 20 : (int)(scheme_end - text), text);
	if (*text == '/' || *text == '@')
		return address_error(source->error, -EINVAL, source->text,
			"a unix address begins with unix:, as in unix:%s",
			*text == '/' ? "/run/x.sock" : "@x");
	if (strncmp(text, "tcp:", 4) == 0 || strncmp(text, "udp:", 4) == 0)
		return address_error(source->error, -EINVAL, source->text,
			"two slashes are missing: %.3s://HOST:PORT", text);
	address->kind = BATON_ADDRESS_TCP;
	if (isdigit((unsigned char)*text) && !strpbrk(text, ".:")) {
		address->host = strdup("");
		return address->host ? parse_port(address, text, source) : -ENOMEM;
	}
	return parse_host_port(address, text, source);
}

static int parse_address(struct baton_address *address, char *text, const struct source *source)
{
	for (size_t i = 0; i < array_length(schemes); i++) {
		size_t length = strlen(schemes[i].prefix);

		if (strncmp(text, schemes[i].prefix, length) != 0)
			continue;
		address->kind = (enum baton_address_kind)i;
		return parse_rest(address, text + length, source);
	}
	return parse_bare(address, text, source);
}

static char *print_address(const struct baton_address *address)
{
	struct strbuf buf = STRBUF_INIT;

	strbuf_append(&buf, schemes[address->kind].prefix);
	if (address->host && strchr(address->host, ':'))
		strbuf_appendf(&buf, "[%s]:%d", address->host, address->port);
	else if (address->host)
		strbuf_appendf(&buf, "%s:%d", address->host, address->port);
	else if (address->path)
		strbuf_append(&buf, address->path);
	else
		strbuf_appendf(&buf, "%d", address->fd);
	address_options_print(address, &buf);
	return strbuf_take(&buf);
}

static int parse_whole(struct baton_address *address, char *copy, const struct source *source)
{
	char *options = strchr(copy, '?');

	for (const char *c = copy; *c; c++)
		if (iscntrl((unsigned char)*c))
			return address_error(source->error, -EINVAL, source->text,
				"byte %zu is a control character", (size_t)(c - copy) + 1);
	if (options)
		*options++ = '\0';
	int r = parse_address(address, copy, source);
	if (r == 0 && options)
		r = address_options_parse(address, options, source->text, source->error);
	if (r < 0)
		return r;
	address->text = print_address(address);
	return address->text ? 0 : -ENOMEM;
}

int baton_address_parse(const char *text, struct baton_address **ret, struct baton_error *error)
{
	struct source source = { .text = text, .error = error };

	if (!text || !ret)
		return error_set(error, -EINVAL, "no address given");
	struct baton_address *address = malloc(sizeof(*address));
	char *copy = strdup(text);
	int r = -ENOMEM;

	if (address) {
		*address = (struct baton_address){ .port = -1, .fd = -1 };
		address_options_init(&address->options);
	}
	if (address && copy)
		r = parse_whole(address, copy, &source);
	free(copy);
	if (r < 0) {
		baton_address_destroy(address);
		return r == -ENOMEM ? error_set(error, r, "out of memory") : r;
	}
	*ret = address;
	return 0;
}

void baton_address_destroy(struct baton_address *address)
{
	if (!address)
		return;
	free(address->host);
	free(address->path);
	free(address->user);
	free(address->group);
	free(address->text);
	free(address);
}

enum baton_address_kind baton_address_kind(const struct baton_address *address)
{
	return address->kind;
}

const char *baton_address_host(const struct baton_address *address)
{
	return address->host;
}

int baton_address_port(const struct baton_address *address)
{
	return address->port;
}

const char *baton_address_path(const struct baton_address *address)
{
	return address->path;
}

int baton_address_fd(const struct baton_address *address)
{
	return address->fd;
}

const struct baton_address_options *baton_address_options(const struct baton_address *address)
{
	return &address->options;
}

const char *baton_address_text(const struct baton_address *address)
{
	return address->text;
}
