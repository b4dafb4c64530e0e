/* SPDX-License-Identifier: MIT */
/* The command line of baton-httpd: child/options.c, child/main.c. */
#include <baton/spawn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/httpd.h"
#include "support/process.h"
#include "support/suite.h"

enum { OUTPUT_MAX = 8192 };

static char output[OUTPUT_MAX];

/* Runs the server, which must end by itself; what it says on either stream is in `output`. */
static int run(const char *const *options)
{
	const char *argv[16] = { HTTPD_PROGRAM };
	struct baton_error error;
	int ends[2], pidfd;

	for (size_t i = 0; options[i]; i++)
		argv[i + 1] = options[i];
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	int r = baton_spawn(
		&(struct baton_spawn_options){
			.size = sizeof(struct baton_spawn_options),
			.argv = (char *const *)argv,
			.fds = (struct baton_spawn_fd[]){ { ends[1], 1 }, { ends[1], 2 } },
			.fd_count = 2,
		},
		NULL, &pidfd, &error);

	ck_assert_msg(r == 0, "%s", r < 0 ? error.text : "");
	fd_close(ends[1]);
	process_read_all(ends[0], output, sizeof(output));
	fd_close(ends[0]);
	return process_wait(pidfd);
}

START_TEST(bad_use_is_refused_with_a_message)
{
	static const struct {
		const char *options[6];
		const char *message;
	} rows[] = {
		{ { NULL }, "--listen" },
		{ { "--nonsense", NULL },
			"unknown option \"--nonsense\" (try: baton-httpd --help)" },
		{ { "--drain-timout", "1", NULL }, "is it --drain-timeout?" },
		{ { "--lisetn=:1", NULL }, "is it --listen?" },
		{ { "-dx", NULL }, "unknown option \"-d\"" },
		{ { "--help=x", NULL }, "takes no value" },
		{ { "--version=x", NULL }, "takes no value" },
		{ { "--max-body", NULL }, "--max-body needs a value" },
		{ { "-l", NULL }, "--listen needs a value" },
		{ { "-l", "--", NULL }, "--listen needs a value" },
		{ { "--pid-file", "--", NULL }, "--pid-file needs a value" },
		{ { "-l", "127.0.0.1:0", "x", NULL }, "unexpected argument \"x\"" },
		{ { "-l", "http://a", NULL }, "--listen" },
		{ { "-l", "1.2.3.4:99999", NULL }, "99999" },
		{ { "-l", "a=127.0.0.1:0", "-l", "a=127.0.0.1:0", NULL }, "\"a\"" },
		{ { "-l", "http2=127.0.0.1:0", "-l", "http2=[::1]:0", NULL }, "\"http2\"" },
		{ { "-l", "a=127.0.0.1:0", "--debug", "a=127.0.0.1:0", NULL }, "\"a\"" },
		{ { "-l", "debug=127.0.0.1:0", "--debug", "127.0.0.1:0", NULL }, "\"debug\"" },
		{ { "--debug", "127.0.0.1:0", "--debug", "127.0.0.1:1", NULL },
			"\"127.0.0.1:1\" is one too many" },
		{ { "-l", "a;b=127.0.0.1:0", NULL }, "a;b" },
		{ { "-l", "udp://127.0.0.1:0", NULL },
			"): not a stream socket, which HTTP needs: tcp:// or unix:" },
		{ { "--drain-timeout", "", NULL }, "--drain-timeout" },
		{ { "--drain-timeout", "x", NULL }, "\"x\"" },
		{ { "--drain-timeout", "0", NULL },
			"no socket was passed" }, /* as such it is fine */
		{ { "--drain-timeout", "577h", NULL }, "not within 0 and 576h" },
		{ { "--request-timeout", "0", NULL }, "not within 1ms and 576h" },
		{ { "--drain-timeout", "-1", NULL }, "\"-1\"" },
		{ { "--drain-timeout", "0x10", NULL }, "\"0x10\"" },
		{ { "--keep-alive-timeout", "1e3", NULL }, "\"1e3\"" },
		{ { "--keep-alive-timeout", "1d", NULL }, "\"1d\"" },
		{ { "--request-timeout", "577h", NULL }, "\"577h\"" },
		{ { "--request-timeout", "1..5", NULL }, "\"1..5\"" },
		{ { "--max-connections", "-1", NULL }, "\"-1\"" },
		{ { "--max-connections", "99999999999999999999", NULL }, "99999999999999999999" },
		{ { "--max-body", "1M", NULL }, "\"1M\"" },
	};

	for (size_t i = 0; i < array_length(rows); i++) {
		int status = run(rows[i].options);

		ck_assert_msg(status == EX_USAGE, "row %zu: %d: %s", i, status, output);
		ck_assert_msg(strncmp(output, "baton-httpd: ", 13) == 0 &&
				strstr(output, rows[i].message) &&
				strchr(output, '\n') == strrchr(output, '\n'),
			"row %zu: %s", i, output);
	}
}
END_TEST

START_TEST(address_in_use_has_a_status_of_its_own)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[32];

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	(void)snprintf(text, sizeof(text), "127.0.0.1:%d", ntohs(address.sin_port));
	ck_assert_int_eq(run((const char *[]){ "-l", text, NULL }), EX_UNAVAILABLE);
	ck_assert_msg(strstr(output, text), "%s", output);
	ck_assert_int_eq(run((const char *[]){ "-l", "unix:/nonexistent/x", NULL }), EX_CANTCREAT);
	fd_close(fd);
}
END_TEST

START_TEST(help_and_version_go_to_standard_output)
{
	struct baton_spawn_options options = { .size = sizeof(options) };

	options.argv = (char *[]){ (char *)HTTPD_PROGRAM, (char *)"--help", NULL };
	ck_assert_int_eq(process_capture(&options, output, sizeof(output)), 0);
	ck_assert_int_eq(strncmp(output, "Usage: baton-httpd ", 19), 0);
	options.argv = (char *[]){ (char *)HTTPD_PROGRAM, (char *)"-h", NULL };
	ck_assert_int_eq(process_capture(&options, output, sizeof(output)), 0);
	ck_assert_int_eq(strncmp(output, "Usage: baton-httpd ", 19), 0);
	options.argv = (char *[]){ (char *)HTTPD_PROGRAM, (char *)"--version", NULL };
	ck_assert_int_eq(process_capture(&options, output, sizeof(output)), 0);
	ck_assert_int_eq(strncmp(output, "baton-httpd ", 12), 0);
}
END_TEST

static char *read_file(const char *path)
{
	char *text = calloc(1, 64 * 1024);
	FILE *file = fopen(path, "re");

	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_gt(fread(text, 1, 64 * 1024 - 1, file), 0);
	(void)fclose(file);
	return text;
}

/* How many words of text begin with "--", each of which must be in the other text, marked so. */
static int count_options(const char *text, const char *other, const char *mark)
{
	int count = 0;

	while ((text = strstr(text, "--"))) {
		size_t size = 2 + strspn(text + 2, "abcdefghijklmnopqrstuvwxyz-");
		char option[64];

		(void)snprintf(option, sizeof(option), "%s%.*s", mark, (int)size, text);
		ck_assert_msg(strstr(other, option), "%s is not in the other", option);
		text += size;
		count++;
	}
	return count;
}

START_TEST(manual_page_and_help_have_the_same_options)
{
	char *page = read_file(HTTPD_PAGE);

	ck_assert_int_eq(run((const char *[]){ "--help", NULL }), 0);
	ck_assert_int_ge(count_options(output, page, "*"), 9);
	ck_assert_int_ge(count_options(page, output, ""), 9);
	free(page);
}
END_TEST

START_TEST(manual_page_and_help_have_the_same_defaults)
{
	struct baton_spawn_options options = {
		.size = sizeof(options),
		.argv = (char *[]){ (char *)HTTPD_PROGRAM, (char *)"--help", NULL },
	};
	char *page = read_file(HTTPD_PAGE), text[80];
	int count = 0;

	ck_assert_int_eq(process_capture(&options, output, sizeof(output)), 0);
	for (char *c = page; *c; c++)
		if (*c == '\n' && c[1] == '\t')
			memmove(c, c + 1, strlen(c)), *c = ' ';
	for (const char *at = output; (at = strstr(at, "(default: ")); count++) {
		at += strlen("(default: ");
		snprintf(text, sizeof(text), "Default: %.*s.", (int)strcspn(at, ")"), at);
		ck_assert_msg(strstr(page, text), "the page has no \"%s\"", text);
	}
	ck_assert_int_eq(count, 14);
	free(page);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		bad_use_is_refused_with_a_message,
		address_in_use_has_a_status_of_its_own,
		help_and_version_go_to_standard_output,
		manual_page_and_help_have_the_same_options,
		manual_page_and_help_have_the_same_defaults,
	};

	return SUITE_RUN("httpd_options", cases);
}
