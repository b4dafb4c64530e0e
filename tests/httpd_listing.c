/* SPDX-License-Identifier: MIT */
/* Lists of directories: child/app/listing.c. Large ones are in httpd_listing_large.c. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/directory.h"
#include "support/fetch.h"
#include "support/httpd.h"
#include "support/json.h"
#include "support/process.h"
#include "support/root.h"
#include "support/suite.h"

#define REPLACED "\xef\xbf\xbd" /* U+FFFD */

static struct httpd httpd;
static struct fetched fetched;

/* Names that somebody may choose, and how they must come out. */
static const struct {
	const char *name, *json, *html, *url;
} names[] = {
	{ "plain.txt", "plain.txt", "plain.txt", "plain.txt" },
	{ ".hidden", ".hidden", ".hidden", ".hidden" },
	{ "...", "...", "...", "..." },
	{ "a b", "a b", "a b", "a%20b" },
	{ "quote\"", "quote\\\"", "quote&quot;", "quote%22" },
	{ "back\\slash", "back\\\\slash", "back\\slash", "back%5cslash" },
	{ "new\nline", "new\\nline", "new" REPLACED "line", "new%0aline" },
	{ "\x1b[2J", "\\u001b[2J", REPLACED "[2J", "%1b%5b2J" },
	{ "<script>", "<script>", "&lt;script&gt;", "%3cscript%3e" },
	{ "&amp;", "&amp;", "&amp;amp;", "%26amp;" },
	{ "%41", "%41", "%41", "%2541" },
	{ "?a#b", "?a#b", "?a#b", "%3fa%23b" },
	{ "javascript:x", "javascript:x", "javascript:x", "javascript%3ax" },
	{ "\xc3\xa9\xe2\x82\xac", "\xc3\xa9\xe2\x82\xac", "\xc3\xa9\xe2\x82\xac",
		"%c3%a9%e2%82%ac" },
	{ "\xff\xc3", REPLACED REPLACED, REPLACED REPLACED, "%ff%c3" },
};

static void start(void)
{
	char *options[] = { "--root", root_path, NULL };

	httpd_start(&httpd, options);
}

static void list(const char *path, const char *fields)
{
	fetch_free(&fetched);
	fetch_get(httpd.port, path, fields, &fetched);
	ck_assert_int_eq(fetched.status, 200);
}

static void stop(void)
{
	fetch_free(&fetched);
	httpd_stop(&httpd);
}

/* How many lines there are, each of which must be JSON. */
static size_t count_lines(void)
{
	size_t count = 0;

	for (const char *line = fetched.body; *line; count++) {
		const char *end = strchr(line, '\n');

		ck_assert_msg(end, "no end: %s", line);
		ck_assert_msg(
			json_is_valid(line, (size_t)(end - line)), "%.*s", (int)(end - line), line);
		line = end + 1;
	}
	return count;
}

/* The line of the entry with that path, as JSON has it; NULL: there is none. */
static const char *find_line(const char *path)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "{\"path\":\"%s\",", path);
	return strstr(fetched.body, text);
}

static void check_line(const char *path, const char *rest)
{
	const char *line = find_line(path);

	ck_assert_msg(line, "no %s in %s", path, fetched.body);
	line = strchr(line, ',');
	ck_assert_msg(strncmp(line, rest, strlen(rest)) == 0, "%s", line);
}

static bool has_text(const char *text)
{
	return strstr(fetched.body, text);
}

static void check_type(const char *expected)
{
	char value[128];

	ck_assert_str_eq(fetch_field(&fetched, "Content-Type", value, sizeof(value)), expected);
}

START_TEST(list_is_for_whom_it_is_asked_by)
{
	root_write("a", "");
	start();
	list("/files/", "");
	check_type("text/html; charset=utf-8");
	ck_assert(fetched.is_chunked);
	list("/files/", "Accept: text/html, */*\r\n");
	check_type("text/html; charset=utf-8");
	list("/files/", "Accept: application/json\r\n");
	check_type("application/x-ndjson");
	ck_assert(fetched.is_chunked);
	list("/files/?format=json", "Accept: text/html\r\n");
	check_type("application/x-ndjson");
	ck_assert_uint_eq(count_lines(), 1);
	list("/files/", "Accept: application/json;q=0, text/html\r\n");
	check_type("text/html; charset=utf-8");
	list("/files/?format=html", "Accept: application/json\r\n");
	check_type("text/html; charset=utf-8");
	fetch_free(&fetched);
	ck_assert_int_eq(fetch_status(httpd.port, "/files/?format=xml"), 400);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(each_line_is_the_state_of_an_entry)
{
	const struct timespec times[] = { { .tv_sec = 784111777 }, { .tv_sec = 784111777 } };

	root_write("file", "12345");
	root_mkdir("dir");
	root_write("dir/below", "");
	root_link("link", "file");
	root_link("dangling", "nowhere");
	ck_assert_int_eq(mkfifoat(root_fd, "fifo", 0644), 0);
	ck_assert_int_eq(utimensat(root_fd, "file", times, 0), 0);
	start();
	list("/files/?format=json", "");
	ck_assert_uint_eq(count_lines(), 5);
	check_line(
		"file", ",\"type\":\"file\",\"size\":5,\"modified\":\"1994-11-06T08:49:37Z\"}\n");
	check_line("dir", ",\"type\":\"directory\",");
	check_line("link", ",\"type\":\"link\",\"size\":4,");
	check_line("dangling", ",\"type\":\"link\",");
	check_line("fifo", ",\"type\":\"other\",");
	stop();
}
END_TEST

static void write_names(const char *prefix)
{
	char path[512];

	for (size_t i = 0; i < array_length(names); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", prefix, names[i].name);
		root_write(path, names[i].name);
	}
}

START_TEST(any_name_is_json)
{
	write_names("");
	start();
	list("/files/?format=json", "");
	ck_assert_uint_eq(count_lines(), array_length(names));
	for (size_t i = 0; i < array_length(names); i++)
		check_line(names[i].json, ",\"type\":\"file\",");
	stop();
}
END_TEST

/* The text, and the reference, by which the file is found again. */
START_TEST(any_name_is_html)
{
	char text[512], path[512];

	write_names("");
	start();
	list("/files/", "");
	for (size_t i = 0; i < array_length(names); i++) {
		(void)snprintf(text, sizeof(text), "<tr><td><a href=\"%s\">%s</a></td>",
			names[i].url, names[i].html);
		ck_assert_msg(has_text(text), "no %s in %s", text, fetched.body);
	}
	ck_assert(!has_text("<script>"));
	for (size_t i = 0; i < array_length(names); i++) {
		(void)snprintf(path, sizeof(path), "/files/%s", names[i].url);
		list(path, "");
		ck_assert_str_eq(fetched.body, names[i].name);
	}
	stop();
}
END_TEST

START_TEST(longest_name_has_its_line)
{
	char name[256] = "", json[2048] = "", path[2048] = "/files/";

	/* Each byte becomes six in JSON, and three in a URL. */
	memset(name, 1, sizeof(name) - 1);
	for (size_t i = 0; i < sizeof(name) - 1; i++)
		strcat(json, "\\u0001"), strcat(path, "%01");
	root_write(name, "long");
	start();
	list("/files/?format=json", "");
	ck_assert_uint_eq(count_lines(), 1);
	ck_assert(has_text(json));
	list("/files/", "");
	ck_assert(has_text(path + 7));
	list(path, "");
	ck_assert_str_eq(fetched.body, "long");
	stop();
}
END_TEST

START_TEST(page_says_where_it_is_and_leads_up)
{
	root_mkdir("<b>");
	root_mkdir("<b>/dir");
	start();
	list("/files/%3cb%3e/", "");
	ck_assert(has_text("<title>&lt;b&gt;/</title>"));
	ck_assert(has_text("<a href=\"../\">"));
	ck_assert(has_text("<a href=\"dir/\">dir/</a>"));
	ck_assert(!has_text("<b>"));
	ck_assert_str_eq(fetched.body + fetched.size - 15, "</body></html>\n");
	stop();
}
END_TEST

START_TEST(empty_directory_has_an_empty_list)
{
	start();
	list("/files/?format=json", "");
	ck_assert_uint_eq(fetched.size, 0);
	list("/files/", "");
	ck_assert(!has_text("<tr>"));
	stop();
}
END_TEST

static void make_tree(void)
{
	root_write("top", "");
	root_mkdir("a");
	root_write("a/x", "");
	root_mkdir("a/b");
	root_write("a/b/y", "");
	root_mkdir("a/empty");
	root_link("a/loop", "..");
	root_link("a/self", ".");
	root_link("out", "../..");
}

START_TEST(list_is_of_one_directory)
{
	make_tree();
	start();
	list("/files/?format=json", "");
	ck_assert_uint_eq(count_lines(), 3);
	list("/files/a/?format=json", "");
	ck_assert_uint_eq(count_lines(), 5);
	check_line("x", ",\"type\":\"file\"");
	check_line("b", ",\"type\":\"directory\"");
	stop();
}
END_TEST

/* Links are told of and not followed: it ends, and stays below the root. */
START_TEST(recursive_list_is_of_all_below)
{
	make_tree();
	start();
	list("/files/?recursive&format=json", "");
	ck_assert_uint_eq(count_lines(), 9);
	check_line("top", ",\"type\":\"file\"");
	check_line("a", ",\"type\":\"directory\"");
	check_line("a/x", ",\"type\":\"file\"");
	check_line("a/b", ",\"type\":\"directory\"");
	check_line("a/b/y", ",\"type\":\"file\"");
	check_line("a/empty", ",\"type\":\"directory\"");
	check_line("a/loop", ",\"type\":\"link\"");
	check_line("a/self", ",\"type\":\"link\"");
	check_line("out", ",\"type\":\"link\"");
	ck_assert(find_line("a") < find_line("a/x"));
	ck_assert(find_line("a/b") < find_line("a/b/y"));
	list("/files/?recursive=0&format=json", "");
	ck_assert_uint_eq(count_lines(), 3);
	list("/files/?format=json&recursive=no", "");
	ck_assert_uint_eq(count_lines(), 3);
	list("/files/?recursive", "");
	ck_assert(has_text("<a href=\"a/b/y\">a/b/y</a>"));
	ck_assert(has_text("<a href=\"a/b/\">a/b/</a>"));
	stop();
}
END_TEST

START_TEST(entry_that_cannot_be_read_is_told_with_its_error)
{
	if (!root_obey_permissions())
		return;
	root_mkdir("closed");
	root_write("closed/file", "");
	root_mkdir("open");
	root_write("open/file", "");
	ck_assert_int_eq(fchmodat(root_fd, "closed", 0, 0), 0);
	start();
	list("/files/?recursive&format=json", "");
	ck_assert_uint_eq(count_lines(), 4);
	check_line("closed", ",\"type\":\"directory\"");
	ck_assert(has_text("{\"path\":\"closed\",\"error\":\"Permission denied\"}\n"));
	check_line("open/file", ",\"type\":\"file\"");
	list("/files/?recursive", "");
	ck_assert(has_text("<td colspan=\"2\">Permission denied</td>"));
	stop();
	ck_assert_int_eq(fchmodat(root_fd, "closed", 0755, 0), 0);
}
END_TEST

START_TEST(old_client_gets_it_until_the_end)
{
	make_tree();
	start();
	fetch(httpd.port, "GET /files/?format=json HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
		&fetched);
	ck_assert_int_eq(fetched.status, 200);
	ck_assert(!fetched.is_chunked);
	ck_assert_ptr_null(strcasestr(fetched.head, "Content-Length"));
	ck_assert_ptr_nonnull(strstr(fetched.head, "\r\nConnection: close\r\n"));
	ck_assert_uint_eq(count_lines(), 3);
	stop();
}
END_TEST

/* Exactly these bytes come, and no more for now. */
static void expect(struct client *client, const char *bytes)
{
	size_t size = strlen(bytes);

	while (client->size < size) {
		process_wait_fd(client->fd, POLLIN);
		ssize_t count = recv(client->fd, client->data + client->size,
			sizeof(client->data) - client->size, MSG_DONTWAIT);
		ck_assert_int_gt(count, 0);
		client->size += (size_t)count;
	}
	ck_assert_uint_eq(client->size, size);
	ck_assert_mem_eq(client->data, bytes, size);
	client->size = 0;
}

START_TEST(connection_goes_on_behind_a_list)
{
	static struct client client;
	static struct answer answer;

	make_tree();
	start();
	client_connect(&client, &httpd);
	client_send(&client, "HEAD /files/ HTTP/1.1\r\nHost: a\r\n\r\n");
	client_receive_head(&client, &answer);
	ck_assert_int_eq(answer.status, 200);
	client_get(&client, "/files/a/empty/?format=json");
	client_receive_head(&client, &answer);
	ck_assert_int_eq(answer.status, 200);
	expect(&client, "0\r\n\r\n"); /* the last chunk, which is all there is */
	client_get(&client, "/");
	client_receive(&client, &answer);
	ck_assert_int_eq(strncmp(answer.body, "hello ", 6), 0);
	client_close(&client);
	stop();
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		list_is_for_whom_it_is_asked_by,
		each_line_is_the_state_of_an_entry,
		any_name_is_json,
		any_name_is_html,
		longest_name_has_its_line,
		page_says_where_it_is_and_leads_up,
		empty_directory_has_an_empty_list,
		list_is_of_one_directory,
		recursive_list_is_of_all_below,
		entry_that_cannot_be_read_is_told_with_its_error,
		old_client_gets_it_until_the_end,
		connection_goes_on_behind_a_list,
	};

	return suite_run(&(struct suite){
		.name = "httpd_listing",
		.cases = cases,
		.count = array_length(cases),
		.setup = root_make,
		.teardown = root_remove,
	});
}
