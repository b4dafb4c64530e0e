/* SPDX-License-Identifier: MIT */
/* See listener_section.h. */
#include "config/listener_section.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <baton/address.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "config/problems.h"
#include "socket/name.h"
#include "spelling.h"

int listener_section_begin(struct listener_section *section, const char *name, unsigned line,
	const char *path, struct problems *problems)
{
	struct baton_error error;

	if (name_check(name, &error) < 0) {
		problems_add(problems, path, line, "%s", error.text);
		return -EINVAL;
	}
	/* As in "NAME=ADDRESS", where they begin an address. */
	if (strpbrk(name, "/?@[")) {
		problems_add(
			problems, path, line, "listener name \"%s\": without any of / ? @ [", name);
		return -EINVAL;
	}
	*section = (struct listener_section){ .name = strdup(name), .line = line };
	return section->name ? 0 : -ENOMEM;
}

static const struct listener_key *find(const struct listener_section *section, const char *key)
{
	for (size_t i = 0; i < section->count; i++)
		if (strcmp(section->keys[i].key, key) == 0)
			return &section->keys[i];
	return NULL;
}

int listener_section_add(struct listener_section *section, const struct listener_key *key,
	const char *path, struct problems *problems)
{
	const struct listener_key *before = find(section, key->key);

	if (before) {
		problems_add(problems, path, key->line, "%s is given twice, first in line %u",
			key->key, before->line);
		return 0;
	}
	struct listener_key *keys = reallocarray(section->keys, section->count + 1, sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	section->keys = keys;
	struct listener_key *copy = &keys[section->count++];

	*copy = (struct listener_key){
		.key = strdup(key->key), .value = strdup(key->value), .line = key->line
	};
	return copy->key && copy->value ? 0 : -ENOMEM;
}

static int check_address(
	const char *text, unsigned line, const char *path, struct problems *problems)
{
	struct baton_address *address;
	struct baton_error error;
	int r = baton_address_parse(text, &address, &error);
	if (r < 0) {
		problems_add(problems, path, line, "%s", error.text);
		return r == -ENOMEM ? r : -EBADMSG;
	}
	baton_address_destroy(address);
	return 0;
}

static void append_option(
	struct strbuf *buf, const struct listener_key *address, const struct listener_key *key)
{
	const char *separator = strchr(address->value, '?') ? "&" : "?";

	/* The first option that a key gives begins them all. */
	if (buf->text && strchr(buf->text, '?'))
		separator = "&";
	strbuf_appendf(buf, "%s%s=%s", separator, key->key, key->value);
}

/* Each option is tried by itself, so that what is wrong is told with its line. */
static int check_option(const struct listener_key *address, const struct listener_key *key,
	const char *path, struct problems *problems)
{
	struct strbuf buf = STRBUF_INIT;

	if (strpbrk(key->value, "&?")) {
		problems_add(problems, path, key->line,
			"bad value \"%s\" for %s: it has '&' or '?'", key->value, key->key);
		return -EBADMSG;
	}
	strbuf_append(&buf, address->value);
	append_option(&buf, address, key);
	cleanup_free char *text = strbuf_take(&buf);

	return text ? check_address(text, key->line, path, problems) : -ENOMEM;
}

static int check(const struct listener_section *section, const struct listener_key *address,
	const char *path, struct problems *problems)
{
	int result = check_address(address->value, address->line, path, problems);

	if (result < 0) /* every option would look bad */
		return result;
	for (size_t i = 0; result != -ENOMEM && i < section->count; i++) {
		const struct listener_key *key = &section->keys[i];
		int r = key == address ? 0 : check_option(address, key, path, problems);

		result = r < 0 ? r : result;
	}
	return result;
}

/* The key that was meant to be the address, as it looks; NULL: there is none. */
static const struct listener_key *find_misspelt(const struct listener_section *section)
{
	for (size_t i = 0; i < section->count; i++) {
		const char *key = section->keys[i].key;
		struct spelling spelling;

		spelling_init(&spelling, key, strlen(key));
		if (spelling_try(&spelling, "address"))
			return &section->keys[i];
	}
	return NULL;
}

static void report_no_address(
	const struct listener_section *section, const char *path, struct problems *problems)
{
	const struct listener_key *misspelt = find_misspelt(section);

	if (misspelt)
		problems_add(problems, path, misspelt->line, "unknown key \"%s\", is it address?",
			misspelt->key);
	else
		problems_add(problems, path, section->line,
			"listener \"%s\" has no address: address = tcp://HOST:PORT, unix:/PATH, "
			"...",
			section->name);
}

int listener_section_end(const struct listener_section *section, const char *path, char **ret,
	struct problems *problems)
{
	const struct listener_key *address = find(section, "address");
	struct strbuf buf = STRBUF_INIT;

	if (!address) {
		report_no_address(section, path, problems);
		return -EBADMSG;
	}
	int r = check(section, address, path, problems);
	if (r < 0)
		return r;
	strbuf_append(&buf, address->value);
	for (size_t i = 0; i < section->count; i++)
		if (&section->keys[i] != address)
			append_option(&buf, address, &section->keys[i]);
	cleanup_free char *text = strbuf_take(&buf);

	/* Together they may still contradict each other. */
	r = text ? check_address(text, section->line, path, problems) : -ENOMEM;
	if (r == 0 && asprintf(ret, "%s=%s", section->name, text) == -1)
		r = -ENOMEM;
	return r;
}

void listener_section_finish(struct listener_section *section)
{
	for (size_t i = 0; i < section->count; i++) {
		free(section->keys[i].key);
		free(section->keys[i].value);
	}
	free(section->keys);
	free(section->name);
	*section = (struct listener_section){ 0 };
}
