/* SPDX-License-Identifier: MIT */
/* Files that baton-httpd serves: child/app/files.c. Large ones are in httpd_files_large.c. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/directory.h"
#include "support/fetch.h"
#include "support/httpd.h"
#include "support/root.h"
#include "support/suite.h"

#define CONTENT  "0123456789abcdef"
#define MODIFIED "Sun, 06 Nov 1994 08:49:37 GMT"

static struct httpd httpd;
static struct fetched fetched;
static char etag[128];

static void setup(void)
{
	const struct timespec times[] = { { .tv_sec = 784111777 }, { .tv_sec = 784111777 } };

	root_make();
	root_write("a.txt", CONTENT);
	ck_assert_int_eq(utimensat(root_fd, "a.txt", times, 0), 0);
	root_write("empty", "");
	root_mkdir("dir");
	root_write("dir/file", "in dir");
	root_write("../outside", "outside");
}

static void start(void)
{
	char *options[] = { "--root", root_path, NULL };

	httpd_start(&httpd, options);
}

static void get(const char *path, const char *fields)
{
	fetch_free(&fetched);
	fetch_get(httpd.port, path, fields, &fetched);
}

static void stop(void)
{
	fetch_free(&fetched);
	httpd_stop(&httpd);
}

static void check_field(const char *name, const char *expected)
{
	char value[256];

	ck_assert_str_eq(fetch_field(&fetched, name, value, sizeof(value)), expected);
}

/* GETs the file and keeps its tag. */
static void learn_etag(const char *path)
{
	get(path, "");
	ck_assert_int_eq(fetched.status, 200);
	(void)fetch_field(&fetched, "ETag", etag, sizeof(etag));
	size_t size = strlen(etag);

	ck_assert_msg(size > 2 && etag[0] == '"' && etag[size - 1] == '"', "%s", etag);
}

/* GETs a.txt with the field of that name, which has the tag, and more of them. */
static void get_with_etag(const char *name, const char *more)
{
	char fields[512];

	(void)snprintf(fields, sizeof(fields), "%s: %s\r\n%s", name, etag, more);
	get("/files/a.txt", fields);
}

START_TEST(file_is_served_with_its_type_and_state)
{
	start();
	learn_etag("/files/a.txt");
	ck_assert_str_eq(fetched.body, CONTENT);
	check_field("Content-Type", "text/plain; charset=utf-8");
	check_field("Content-Length", "16");
	check_field("Last-Modified", MODIFIED);
	check_field("Accept-Ranges", "bytes");
	get("/files/dir/file", "");
	ck_assert_str_eq(fetched.body, "in dir");
	check_field("Content-Type", "application/octet-stream");
	get("/files//dir//%66ile", "");
	ck_assert_str_eq(fetched.body, "in dir");
	stop();
}
END_TEST

START_TEST(empty_file_is_a_file)
{
	start();
	get("/files/empty", "");
	ck_assert_int_eq(fetched.status, 200);
	check_field("Content-Length", "0");
	get("/files/empty", "Range: bytes=0-\r\n");
	ck_assert_int_eq(fetched.status, 416);
	check_field("Content-Range", "bytes */0");
	stop();
}
END_TEST

START_TEST(head_says_what_get_would)
{
	char head[sizeof(fetched.head)];

	start();
	root_write_bytes("large", 100000);
	for (int i = 0; i < 2; i++) {
		const char *path = i ? "/files/large" : "/files/a.txt";
		char request[128];

		get(path, "");
		strcpy(head, strstr(fetched.head, "\r\nContent-Type:"));
		(void)snprintf(request, sizeof(request),
			"HEAD %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", path);
		fetch_free(&fetched);
		fetch(httpd.port, request, &fetched);
		ck_assert_int_eq(fetched.status, 200);
		ck_assert_str_eq(strstr(fetched.head, "\r\nContent-Type:"), head);
	}
	stop();
}
END_TEST

START_TEST(file_that_has_not_changed_is_not_sent_again)
{
	start();
	learn_etag("/files/a.txt");
	get_with_etag("If-None-Match", "");
	ck_assert_int_eq(fetched.status, 304);
	ck_assert_uint_eq(fetched.size, 0);
	check_field("ETag", etag);
	check_field("Last-Modified", MODIFIED);
	check_field("Content-Length", "");
	check_field("Content-Type", "");
	get("/files/a.txt", "If-Modified-Since: " MODIFIED "\r\n");
	ck_assert_int_eq(fetched.status, 304);
	get_with_etag("If-None-Match", "Range: bytes=0-1\r\n");
	ck_assert_int_eq(fetched.status, 304);
	stop();
}
END_TEST

/* No byte of a body behind a 304, which would be the beginning of the next answer. */
START_TEST(connection_goes_on_behind_an_answer_without_content)
{
	static struct client client;
	static struct answer answer;

	start();
	client_connect(&client, &httpd);
	for (int i = 0; i < 2; i++) {
		client_send(&client,
			"GET /files/a.txt HTTP/1.1\r\nHost: a\r\n"
			"If-None-Match: *\r\n\r\n");
		client_get(&client, "/files/a.txt");
		client_receive_head(&client, &answer);
		ck_assert_int_eq(answer.status, 304);
		client_receive(&client, &answer);
		ck_assert_int_eq(answer.status, 200);
		ck_assert_str_eq(answer.body, CONTENT);
	}
	client_close(&client);
	stop();
}
END_TEST

START_TEST(file_that_has_changed_is_sent)
{
	start();
	learn_etag("/files/a.txt");
	root_write("a.txt", "fedcba9876543210"); /* of the same size */
	get_with_etag("If-None-Match", "");
	ck_assert_int_eq(fetched.status, 200);
	ck_assert_str_eq(fetched.body, "fedcba9876543210");
	get_with_etag("If-Match", "");
	ck_assert_int_eq(fetched.status, 412);
	get("/files/a.txt", "If-Modified-Since: " MODIFIED "\r\n");
	ck_assert_int_eq(fetched.status, 200);
	get("/files/a.txt", "If-Unmodified-Since: " MODIFIED "\r\n");
	ck_assert_int_eq(fetched.status, 412);
	ck_assert_str_eq(fetched.body, "412 Precondition Failed\n");
	check_field("Content-Type", "text/plain");
	stop();
}
END_TEST

START_TEST(ranges_are_pieces_of_the_file)
{
	static const struct {
		const char *range, *body, *told;
	} rows[] = {
		{ "Range: bytes=0-0\r\n", "0", "bytes 0-0/16" },
		{ "Range: bytes=2-5\r\n", "2345", "bytes 2-5/16" },
		{ "Range: bytes=10-\r\n", "abcdef", "bytes 10-15/16" },
		{ "Range: bytes=-3\r\n", "def", "bytes 13-15/16" },
		{ "Range: bytes=0-999\r\n", CONTENT, "bytes 0-15/16" },
	};

	start();
	for (size_t i = 0; i < array_length(rows); i++) {
		get("/files/a.txt", rows[i].range);
		ck_assert_int_eq(fetched.status, 206);
		ck_assert_str_eq(fetched.body, rows[i].body);
		check_field("Content-Range", rows[i].told);
		check_field("Content-Type", "text/plain; charset=utf-8");
	}
	get("/files/a.txt", "Range: bytes=16-\r\n");
	ck_assert_int_eq(fetched.status, 416);
	check_field("Content-Range", "bytes */16");
	get("/files/a.txt", "Range: bytes=0-1,4-5\r\n");
	ck_assert_int_eq(fetched.status, 200);
	ck_assert_str_eq(fetched.body, CONTENT);
	check_field("Content-Range", "");
	stop();
}
END_TEST

START_TEST(range_of_another_state_is_not_mixed_with_this)
{
	start();
	learn_etag("/files/a.txt");
	get_with_etag("If-Range", "Range: bytes=0-1\r\n");
	ck_assert_int_eq(fetched.status, 206);
	get("/files/a.txt", "If-Range: " MODIFIED "\r\nRange: bytes=0-1\r\n");
	ck_assert_int_eq(fetched.status, 206);
	root_write("a.txt", "fedcba9876543210");
	get_with_etag("If-Range", "Range: bytes=0-1\r\n");
	ck_assert_int_eq(fetched.status, 200);
	ck_assert_str_eq(fetched.body, "fedcba9876543210");
	get("/files/a.txt", "If-Range: " MODIFIED "\r\nRange: bytes=0-1\r\n");
	ck_assert_int_eq(fetched.status, 200);
	stop();
}
END_TEST

static void make_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/served/socket", directory);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	fd_close(fd);
}

START_TEST(what_is_no_file_is_not_found)
{
	static const char *const paths[] = { "/files/nowhere", "/files/a.txt/", "/files/a.txt/x",
		"/files/dir/nowhere", "/files/fifo", "/files/socket", "/files/a.tx", "/files/A.TXT",
		"/files/a.txt%20" };
	char path[5000] = "/files/";

	ck_assert_int_eq(mkfifoat(root_fd, "fifo", 0644), 0);
	make_socket();
	start();
	for (size_t i = 0; i < array_length(paths); i++) {
		int status = fetch_status(httpd.port, paths[i]);

		ck_assert_msg(status == 404, "%d for %s", status, paths[i]);
	}
	memset(path + 7, 'a', sizeof(path) - 8);
	path[sizeof(path) - 1] = '\0';
	ck_assert_int_eq(fetch_status(httpd.port, path), 404);
	stop();
}
END_TEST

START_TEST(nothing_outside_is_reached)
{
	static const struct {
		const char *path;
		int status;
	} rows[] = {
		{ "/files/../outside", 400 },
		{ "/files/dir/../../outside", 400 },
		{ "/files/%2e%2e/outside", 400 },
		{ "/files/.%2E/outside", 400 },
		{ "/files/..%2foutside", 400 },
		{ "/files/%2f../outside", 400 },
		{ "/files/dir%2f..%2f..%2foutside", 400 },
		{ "/files/..", 400 },
		{ "/files/a.txt%00", 400 },
		{ "/files/%00", 400 },
		{ "/files/%", 400 },
		{ "/files/%2", 400 },
		{ "/files/..%5coutside", 404 },
		{ "/files/%252e%252e/outside", 404 },
		{ "/files//etc/passwd", 404 },
		{ "/files/%2fetc%2fpasswd", 404 },
		{ "/files/out", 404 },
		{ "/files/out-dir/outside", 404 },
		{ "/files/absolute", 404 },
		{ "/files/top/etc/passwd", 404 },
		{ "/../outside", 404 },
		{ "//files/a.txt", 404 },
	};
	char absolute[64];

	root_link("out", "../outside");
	root_link("out-dir", "..");
	(void)snprintf(absolute, sizeof(absolute), "%s/outside", directory);
	root_link("absolute", absolute);
	root_link("top", "/");
	start();
	for (size_t i = 0; i < array_length(rows); i++) {
		get(rows[i].path, "");
		ck_assert_msg(fetched.status == rows[i].status, "%d for %s", fetched.status,
			rows[i].path);
		ck_assert_ptr_null(strstr(fetched.body, "outside"));
	}
	stop();
}
END_TEST

START_TEST(what_may_not_be_read_is_forbidden)
{
	if (!root_obey_permissions())
		return;
	root_mkdir("closed");
	root_write("closed/file", "secret");
	ck_assert_int_eq(fchmodat(root_fd, "a.txt", 0, 0), 0);
	ck_assert_int_eq(fchmodat(root_fd, "closed", 0, 0), 0);
	start();
	ck_assert_int_eq(fetch_status(httpd.port, "/files/a.txt"), 403);
	ck_assert_int_eq(fetch_status(httpd.port, "/files/closed/file"), 403);
	ck_assert_int_eq(fetch_status(httpd.port, "/files/closed/"), 403);
	ck_assert_int_eq(fetch_status(httpd.port, "/files/dir/file"), 200);
	stop();
	ck_assert_int_eq(fchmodat(root_fd, "closed", 0755, 0), 0);
}
END_TEST

/* Relative references in its list would otherwise be beside it. */
START_TEST(directory_without_its_slash_is_redirected)
{
	start();
	root_mkdir("a b");
	get("/files/dir", "");
	ck_assert_int_eq(fetched.status, 301);
	check_field("Location", "/files/dir/");
	get("/files/dir?recursive&format=json", "");
	ck_assert_int_eq(fetched.status, 301);
	check_field("Location", "/files/dir/?recursive&format=json");
	get("/files?recursive", "");
	ck_assert_int_eq(fetched.status, 301);
	check_field("Location", "/files/?recursive");
	get("/files/a%20b", "");
	ck_assert_int_eq(fetched.status, 301);
	check_field("Location", "/files/a%20b/");
	ck_assert_int_eq(fetch_status(httpd.port, "/files/dir/"), 200);
	stop();
}
END_TEST

START_TEST(files_are_read_alone)
{
	start();
	fetch(httpd.port,
		"PUT /files/a.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
		"Content-Length: 1\r\n\r\nx",
		&fetched);
	ck_assert_int_eq(fetched.status, 405);
	check_field("Allow", "GET, HEAD, OPTIONS");
	get("/files/a.txt", "");
	ck_assert_str_eq(fetched.body, CONTENT);
	stop();
}
END_TEST

START_TEST(without_a_root_there_are_no_files)
{
	httpd_start(&httpd, NULL);
	ck_assert_int_eq(fetch_status(httpd.port, "/files/"), 404);
	ck_assert_int_eq(fetch_status(httpd.port, "/files/a.txt"), 404);
	ck_assert_int_eq(fetch_status(httpd.port, "/files/../x"), 404);
	stop();
}
END_TEST

START_TEST(root_that_cannot_be_opened_is_named)
{
	char path[64], text[1024];
	char *options[] = { "--root", path, NULL };
	int errors = httpd_read_errors();

	(void)snprintf(path, sizeof(path), "%s/served/a.txt", directory);
	httpd_start(&httpd, options);
	ck_assert_int_eq(httpd_end(&httpd), EX_NOINPUT);
	httpd_take_errors(errors, text, sizeof(text));
	ck_assert_msg(strstr(text, path), "%s", text);
	fd_close(errors);
}
END_TEST

START_TEST(files_leave_no_descriptor_behind)
{
	static const char *const paths[] = { "/files/a.txt", "/files/large", "/files/nowhere",
		"/files/dir", "/files/dir/", "/files/empty", "/files/../x" };

	root_write_bytes("large", 100000);
	start();
	ck_assert_int_eq(fetch_status(httpd.port, "/files/a.txt"), 200);
	int before = httpd_fd_count(&httpd);

	for (int i = 0; i < 20; i++)
		for (size_t j = 0; j < array_length(paths); j++)
			(void)fetch_status(httpd.port, paths[j]);
	/* The one that ends last may still be there. */
	ck_assert_int_le(httpd_fd_count(&httpd), before + 1);
	stop();
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		file_is_served_with_its_type_and_state,
		empty_file_is_a_file,
		head_says_what_get_would,
		file_that_has_not_changed_is_not_sent_again,
		connection_goes_on_behind_an_answer_without_content,
		file_that_has_changed_is_sent,
		ranges_are_pieces_of_the_file,
		range_of_another_state_is_not_mixed_with_this,
		what_is_no_file_is_not_found,
		nothing_outside_is_reached,
		what_may_not_be_read_is_forbidden,
		directory_without_its_slash_is_redirected,
		files_are_read_alone,
		without_a_root_there_are_no_files,
		root_that_cannot_be_opened_is_named,
		files_leave_no_descriptor_behind,
	};

	return suite_run(&(struct suite){
		.name = "httpd_files",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = root_remove,
	});
}
