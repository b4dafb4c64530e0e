/* SPDX-License-Identifier: MIT */
/* Command lines for a shell: supervisor/doctor/shell_line.c. */
#include "doctor/shell_line.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor/attempt.h"
#include "doctor/findings.h"
#include "support/suite.h"

static struct findings findings;

static void expect_quoted(const char *word, const char *expected)
{
	struct strbuf line = STRBUF_INIT;

	shell_line_quote(&line, word);
	char *text = strbuf_take(&line);

	ck_assert_str_eq(text, expected);
	free(text);
}

START_TEST(plain_words_stay_as_they_are)
{
	static const char *const words[] = { "nginx", "-c", "/etc/n.conf", "a=b", "tcp://x:80",
		"--w=4", "50%", "a,b", "x@y", "C++", "_" };

	for (size_t i = 0; i < array_length(words); i++)
		expect_quoted(words[i], words[i]);
}
END_TEST

START_TEST(others_are_quoted)
{
	expect_quoted("", "''");
	expect_quoted("daemon off;", "'daemon off;'");
	expect_quoted("it's", "'it'\\''s'");
	expect_quoted("$HOME", "'$HOME'");
	expect_quoted("~", "'~'");
	expect_quoted("a\nb", "'a\nb'");
	expect_quoted("\xc3\xa4", "'\xc3\xa4'");
}
END_TEST

/* What a real shell makes of the line. */
START_TEST(shell_reads_every_byte_back)
{
	struct strbuf line = STRBUF_INIT;
	char word[256], back[256] = "";

	for (int i = 0; i < 255; i++)
		word[i] = (char)(i + 1);
	word[255] = '\0';
	strbuf_append(&line, "printf %s ");
	shell_line_quote(&line, word);
	char *text = strbuf_take(&line);
	FILE *shell = popen(text, "re");

	ck_assert_ptr_nonnull(shell);
	ck_assert_uint_eq(fread(back, 1, sizeof(back) - 1, shell), 255);
	ck_assert_int_eq(pclose(shell), 0);
	ck_assert_mem_eq(back, word, 255);
	free(text);
}
END_TEST

static void expect_rung(struct rung rung, const char *expected)
{
	struct strbuf line = STRBUF_INIT;

	shell_line_append_rung(&line, &rung, &findings);
	char *text = strbuf_take(&line);

	ck_assert_str_eq(text, expected);
	free(text);
}

START_TEST(rung_has_the_options_that_differ_from_the_default)
{
	findings_init(&findings);
	(void)snprintf(findings.pid_files[0], sizeof(findings.pid_files[0]), "/run/a.pid");
	(void)snprintf(findings.pid_files[1], sizeof(findings.pid_files[1]), "/run/my app.pid");
	findings.pid_file_count = 2;
	expect_rung((struct rung){ .signal = SIGTERM }, "--adopt");
	expect_rung((struct rung){ .signal = SIGQUIT }, "--adopt --stop-signal QUIT");
	expect_rung((struct rung){ .signal = SIGTERM, .is_steered = true }, "--adopt --steer");
	expect_rung((struct rung){ .signal = SIGKILL, .is_steered = true, .keep_count = 2 },
		"--adopt --steer --stop-signal KILL --keep-file /run/a.pid "
		"--keep-file '/run/my app.pid'");
	expect_rung((struct rung){ .signal = SIGTERM, .keep_count = 1 },
		"--adopt --keep-file /run/a.pid");
}
END_TEST

START_TEST(words_are_separated)
{
	struct strbuf line = STRBUF_INIT;

	shell_line_append(&line, (char *[]){ "a", "b c", NULL });
	shell_line_append(&line, (char *[]){ NULL });
	shell_line_append(&line, (char *[]){ "d", NULL });
	char *text = strbuf_take(&line);

	ck_assert_str_eq(text, "a 'b c' d");
	free(text);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		plain_words_stay_as_they_are,
		others_are_quoted,
		shell_reads_every_byte_back,
		rung_has_the_options_that_differ_from_the_default,
		words_are_separated,
	};

	return SUITE_RUN("doctor_shell_line", cases);
}
