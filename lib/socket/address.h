/* SPDX-License-Identifier: MIT */
/*
 * What an address is made of, for the files that read, print, resolve and bind
 * it. Pure: nothing here looks anything up.
 */
#ifndef SOCKET_ADDRESS_H
#define SOCKET_ADDRESS_H

#include <stdbool.h>

#include <baton/address.h>

struct strbuf;

struct baton_address {
	enum baton_address_kind kind;
	char *host;  /* NULL for a kind that has none */
	char *path;  /* or the systemd name; NULL for a kind that has none */
	char *user;  /* what options.user points to */
	char *group; /* what options.group points to */
	char *text;  /* the canonical form */
	int port;
	int fd;
	struct baton_address_options options;
	/* SO_REUSEPORT once it is bound: nobody may have the address yet, but others may come. */
	bool lets_join;
};

/* "tcp", "unix-dgram", ...: the word in front of the colon. */
const char *address_kind_name(enum baton_address_kind kind);

/* Whether it is one of the three unix kinds. */
bool address_is_unix(const struct baton_address *address);

/* Whether it is a unix kind with a path in the file system, not an abstract name. */
bool address_has_path(const struct baton_address *address);

/*
 * As error_set, with `address "TEXT": ` in front; text is shortened so far that
 * the reason fits.
 */
int address_error(struct baton_error *error, int code, const char *text, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Reads "key=value&key=value" into address->options; kind, host and path are
 * set already. whole is the address as the user wrote it, for the error.
 * Returns 0, -EINVAL or -ENOMEM.
 */
int address_options_parse(struct baton_address *address, const char *options, const char *whole,
	struct baton_error *error);

/* Fills in what holds where no option is given. */
void address_options_init(struct baton_address_options *options);

/* Appends "?key=value&..." for what differs from the default, or nothing. */
void address_options_print(const struct baton_address *address, struct strbuf *buf);

#endif
