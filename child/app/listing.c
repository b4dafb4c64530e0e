/* SPDX-License-Identifier: MIT */
/* See listing.h. */
#include "app/listing.h"

#include <baton/walk.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "http/escape.h"
#include "http/response.h"

enum {
	PIECE_SIZE = 16 * 1024, /* is produced at a time */
	TIME_SIZE = 32,
	PIECE_ENTRIES = 512, /* or what so many give, so that the loop's others get their turn */
};

struct listing {
	struct baton_walk *walk;
	bool is_json;
	bool is_recursive;
};

static const char *type_name(const struct stat *stat)
{
	switch (stat->st_mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "directory";
	case S_IFLNK:
		return "link";
	}
	return "other";
}

static void format_time(time_t time, char text[TIME_SIZE])
{
	struct tm tm;

	response_utc(time, &tm);
	(void)strftime(text, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static int add_json(struct buffer *out, const struct baton_walk_entry *entry)
{
	char time[TIME_SIZE];
	int r = buffer_append_text(out, "{\"path\":");

	if (r == 0)
		r = escape_json(out, entry->path);
	if (r < 0)
		return r;
	if (entry->error) {
		r = buffer_append_text(out, ",\"error\":");
		if (r == 0)
			r = escape_json(out, strerror(-entry->error));
		return r < 0 ? r : buffer_append_text(out, "}\n");
	}
	format_time(entry->stat->st_mtime, time);
	return buffer_appendf(out, ",\"type\":\"%s\",\"size\":%lld,\"modified\":\"%s\"}\n",
		type_name(entry->stat), (long long)entry->stat->st_size, time);
}

static int add_html(struct buffer *out, const struct baton_walk_entry *entry)
{
	bool is_directory = entry->stat && S_ISDIR(entry->stat->st_mode);
	char time[TIME_SIZE];
	int r = buffer_append_text(out, "<tr><td><a href=\"");

	if (r == 0)
		r = escape_path(out, entry->path);
	if (r == 0)
		r = buffer_append_text(out, is_directory ? "/\">" : "\">");
	if (r == 0)
		r = escape_html(out, entry->path);
	if (r == 0)
		r = buffer_append_text(out, is_directory ? "/</a></td>" : "</a></td>");
	if (r < 0)
		return r;
	if (entry->error)
		return buffer_appendf(
			out, "<td colspan=\"2\">%s</td></tr>\n", strerror(-entry->error));
	format_time(entry->stat->st_mtime, time);
	return buffer_appendf(out, "<td>%s</td><td class=\"size\">%lld</td></tr>\n", time,
		(long long)entry->stat->st_size);
}

static int add_beginning(struct buffer *out, const char *path)
{
	int r = buffer_append_text(out,
		"<!DOCTYPE html>\n"
		"<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width\">\n"
		"<style>body{font-family:sans-serif;margin:2em}td{padding:.1em 1.5em .1em 0}"
		".size{text-align:right}</style>\n"
		"<title>");

	if (r == 0)
		r = escape_html(out, path);
	if (r == 0)
		r = buffer_append_text(out, "</title></head>\n<body><h1>");
	if (r == 0)
		r = escape_html(out, path);
	return r < 0 ? r
		     : buffer_append_text(out, "</h1>\n<p><a href=\"../\">up</a></p>\n<table>\n");
}

static int add_end(struct buffer *out)
{
	return buffer_append_text(out, "</table>\n</body></html>\n");
}

/* The answer's `produce`: the next entries. */
static int produce(void *source, struct buffer *out)
{
	struct listing *listing = source;
	struct baton_walk_entry entry;

	for (int i = 0; i < PIECE_ENTRIES && out->size < PIECE_SIZE; i++) {
		int r = baton_walk_next(listing->walk, &entry);
		if (r < 0)
			return r;
		if (r == 0)
			return listing->is_json ? 0 : add_end(out);
		if (!listing->is_recursive)
			baton_walk_skip(listing->walk);
		r = listing->is_json ? add_json(out, &entry) : add_html(out, &entry);
		if (r < 0)
			return r;
	}
	return 1;
}

static bool is_recursive(const struct call *call)
{
	return call_query_has(call, "recursive", NULL) && !call_query_has(call, "recursive", "0") &&
		!call_query_has(call, "recursive", "no");
}

/* Owns the descriptor. 0 or -errno. */
static int open_walk(struct call *call, bool is_json, int take_fd, struct listing **ret)
{
	struct listing *listing = malloc(sizeof(*listing));
	if (!listing) {
		(void)close(take_fd); /* nothing could be done about an error */
		return -ENOMEM;
	}
	*listing = (struct listing){
		.is_json = is_json,
		.is_recursive = is_recursive(call),
	};
	int r = baton_walk_open(take_fd, call->context, &listing->walk);
	if (r < 0) {
		free(listing);
		return r;
	}
	*ret = listing;
	return 0;
}

int listing_begin(struct call *call, int take_fd, const char *path, struct listing **ret)
{
	struct answer *answer = &call->answer;
	struct listing *listing;
	int is_json = call_wants_json(call, "html", "text/html");

	if (is_json < 0) {
		(void)close(take_fd); /* nothing could be done about an error */
		(void)call_answer_bad_query(call, "format", "neither html nor json");
		return 0;
	}
	int r = open_walk(call, is_json, take_fd, &listing);
	if (r < 0)
		return r;

	answer->type = listing->is_json ? "application/x-ndjson" : "text/html; charset=utf-8";
	if (!listing->is_json)
		r = add_beginning(&answer->content, *path ? path : "/");
	if (r < 0) {
		listing_close(listing);
		return r;
	}
	answer->produce = produce;
	answer->source = listing;
	*ret = listing;
	return 0;
}

void listing_close(struct listing *listing)
{
	if (!listing)
		return;
	baton_walk_close(listing->walk);
	free(listing);
}
