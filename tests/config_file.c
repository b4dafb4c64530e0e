/* SPDX-License-Identifier: MIT */
/* What a configuration file says, and every message for what it should not: config_file.c and the
 * modules it reads with. */
#include "config/config_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "config/config.h"
#include "config/problems.h"
#include "option_table.h"
#include "support/suite.h"

static struct config config;
static struct problems problems;

static void setup(void)
{
	config = (struct config)CONFIG_INIT;
	problems = (struct problems)PROBLEMS_INIT;
}

static void teardown(void)
{
	config_finish(&config);
	problems_finish(&problems);
}

static int parse_bytes(const char *text, size_t length)
{
	teardown();
	return config_file_parse("f", text, length, &config, &problems);
}

static void check_parsed(const char *text)
{
	int r = parse_bytes(text, strlen(text));

	ck_assert_msg(r == 0, "%s: %s", text, problems.text.text);
	ck_assert_uint_eq(problems.count, 0);
}

/* All that is said of it: lines that begin with "f:LINE: ". */
static void check_refused(const char *text, const char *expected)
{
	ck_assert_int_eq(parse_bytes(text, strlen(text)), -EBADMSG);
	ck_assert_ptr_nonnull(problems.text.text);
	ck_assert_str_eq(problems.text.text, expected);
	ck_assert_uint_eq(config.count, 0);
	ck_assert_ptr_null(config.command);
}

static void check_entry(size_t index, const char *name, const char *value, unsigned line)
{
	ck_assert_uint_lt(index, config.count);
	ck_assert_str_eq(config.entries[index].option->name, name);
	if (value)
		ck_assert_str_eq(config.entries[index].value, value);
	else
		ck_assert_ptr_null(config.entries[index].value);
	ck_assert_uint_eq(config.entries[index].line, line);
}

START_TEST(keys_become_options_with_their_lines)
{
	check_parsed("# mine\n[service]\nworkers = 3\n\n; yours\nadopt=yes\n  steer = on \n"
		     "no-restart = off\nkeep-file = a\nkeep-file = b c\ncommand = server 'a b'\n");
	ck_assert_uint_eq(config.count, 6);
	check_entry(0, "workers", "3", 3);
	check_entry(1, "adopt", NULL, 6);
	check_entry(2, "steer", NULL, 7);
	check_entry(3, "no-restart", "no", 8);
	check_entry(4, "keep-file", "a", 9);
	check_entry(5, "keep-file", "b c", 10);
	ck_assert_str_eq(config.command[1], "a b");
	ck_assert_ptr_null(config.command[2]);
	ck_assert_uint_eq(config.command_line, 11);
}
END_TEST

START_TEST(listeners_become_addresses)
{
	check_parsed("[listener http]\nreuseport = 2\naddress = tcp://:80\nbacklog = 9\n"
		     "[listener admin]\naddress = unix:/a?mode=0600\nuser = root\n"
		     "[listener plain]\naddress = 8080\n");
	ck_assert_uint_eq(config.count, 3);
	check_entry(0, "listen", "http=tcp://:80?reuseport=2&backlog=9", 1);
	check_entry(1, "listen", "admin=unix:/a?mode=0600&user=root", 5);
	check_entry(2, "listen", "plain=8080", 8);
}
END_TEST

START_TEST(nothing_is_a_file_too)
{
	check_parsed("");
	check_parsed("\n#\n;\n");
	check_parsed("[service]");
	ck_assert_uint_eq(config.count, 0);
}
END_TEST

START_TEST(marks_and_ends_of_lines_of_other_systems_are_read_over)
{
	check_parsed("\xef\xbb\xbf[service]\r\nworkers = 3\r\nname = caf\r\n");
	check_entry(0, "workers", "3", 2);
	check_entry(1, "name", "caf", 3);
}
END_TEST

START_TEST(indented_line_is_a_key_and_not_more_of_a_value)
{
	check_parsed("[service]\n  workers = 3\n  bake = 1s\n");
	ck_assert_uint_eq(config.count, 2);
	check_entry(1, "bake", "1s", 3);
}
END_TEST

START_TEST(line_goes_on_after_a_backslash)
{
	check_parsed("[service]\ncommand = a \\\n  b \\\n  # why\n  'c'\nworkers = 3\n");
	ck_assert_str_eq(config.command[1], "b");
	ck_assert_str_eq(config.command[2], "c");
	ck_assert_ptr_null(config.command[3]);
	ck_assert_uint_eq(config.command_line, 2);
	check_entry(0, "workers", "3", 6);
	check_parsed("[service]\n# a comment \\\nworkers = 3\ncommand = a \\");
	check_entry(0, "workers", "3", 3);
}
END_TEST

START_TEST(long_lines_are_whole_or_an_error)
{
	char *text = malloc(200000);
	size_t length;

	ck_assert_ptr_nonnull(text);
	strcpy(text, "[service]\ncommand = ");
	length = strlen(text);
	memset(text + length, 'x', 60000);
	length += 60000;
	ck_assert_int_eq(parse_bytes(text, length), 0);
	ck_assert_uint_eq(strlen(config.command[0]), 60000);
	memset(text + length, 'x', 10000);
	strcpy(text + length + 10000, "\nworker = 1\n");
	ck_assert_int_eq(parse_bytes(text, strlen(text)), -EBADMSG);
	ck_assert_str_eq(problems.text.text,
		"f:2: the line is too long\n"
		"f:3: unknown key \"worker\", is it workers? baton.conf(5) has them all\n");
	free(text);
}
END_TEST

START_TEST(what_is_no_line_is_refused)
{
	check_refused("[service]\nworkers\n", "f:2: not of the form KEY = VALUE\n");
	check_refused("[service]\n= 3\n", "f:2: not of the form KEY = VALUE\n");
	check_refused("[service]\nworkers: 3\nbake: a=b\n",
		"f:2: not of the form KEY = VALUE\nf:3: not of the form KEY = VALUE\n");
	check_refused("[service]\nworkers = 3 ; three\n",
		"f:2: a ';' after a blank: comments have lines of their own, and in a value it "
		"needs another byte before it\n");
	check_refused("[service]\nworkdir = \xff\n", "f:2: control characters, or no UTF-8\n");
	check_refused("[service]\nworkdir = \x1b[1m\n", "f:2: control characters, or no UTF-8\n");
	ck_assert_int_eq(parse_bytes("[service]\nname = a\0b\n", 21), -EBADMSG);
	ck_assert_str_eq(problems.text.text, "f:2: control characters, or no UTF-8\n");
}
END_TEST

START_TEST(what_is_no_section_is_refused_with_what_it_has)
{
	check_refused("workers = 3\n",
		"f:1: a section has to come first: [service] or [listener NAME]\n");
	check_refused("[services]\nworkers = x\n",
		"f:1: unknown section [services]: there are [service] and [listener NAME]\n");
	check_refused("[service\nworkers = x\n[service] x\n",
		"f:1: a section is written [NAME], and nothing stands after it\n"
		"f:3: a section is written [NAME], and nothing stands after it\n");
	check_refused("[service]\n[listener a]\naddress=:1\n[service]\nx = y\n",
		"f:4: [service] is there twice, first in line 1\n");
	check_refused("[listener aaaaaaaaaabbbbbbbbbbccccccccccddddddddddX]\n",
		"f:1: the section's name is too long: 49 bytes at most, which are 40 of a "
		"listener's\n");
	check_refused("[a;b]\n", "f:1: a section's name has no ';'\n");
}
END_TEST

START_TEST(longest_name_of_a_listener_is_whole)
{
	check_parsed("[listener aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd]\naddress = :1\n");
	check_entry(0, "listen", "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd=:1", 1);
}
END_TEST

START_TEST(key_that_there_is_not_is_refused)
{
	check_refused("[service]\nworker = 3\n",
		"f:2: unknown key \"worker\", is it workers? baton.conf(5) has them all\n");
	check_refused("[service]\nfrobnicate = 3\n",
		"f:2: unknown key \"frobnicate\": baton.conf(5) has them all\n");
	check_refused("[service]\nWorkers = 3\n",
		"f:2: unknown key \"Workers\", is it workers? baton.conf(5) has them all\n");
	check_refused("[service]\ntakeover = 3\nconfig = x\n",
		"f:2: takeover is for the command line only: --takeover\n"
		"f:3: config is for the command line only: --config\n");
	check_refused("[service]\nlisten = :80\n",
		"f:2: a listener has a section of its own: [listener NAME] with address = "
		"ADDRESS\n");
}
END_TEST

START_TEST(bad_value_is_refused_with_what_would_be_right)
{
	check_refused("[service]\nworkers = many\nbake = x\nadopt = maybe\nready = soon\n"
		      "stop-signal = STOP\nprotocol = x\nlog-level = loud\nworkdir =\n",
		"f:2: bad value \"many\" for workers: not a number from 1 to 64\n"
		"f:3: bad value \"x\" for bake: not a duration such as 500ms, 2s, 1m or 1h\n"
		"f:4: bad value \"maybe\" for adopt: yes or no\n"
		"f:5: ready: bad readiness mode \"soon\": not auto, notify, accept, delay:TIME or "
		"exec:COMMAND\n"
		"f:6: bad value \"STOP\" for stop-signal: it cannot ask a worker to end\n"
		"f:7: protocol: unknown protocol \"x\" (there are systemd, notify, starter, "
		"einhorn, "
		"nginx, fpm, unicorn, puma and baton)\n"
		"f:8: bad value \"loud\" for log-level: error, warning, notice, info or debug\n"
		"f:9: bad value \"\" for workdir: it is empty\n");
	check_refused("[service]\ncommand =\n", "f:2: command: it is empty\n");
	check_refused("[service]\ncommand = 'a\n", "f:2: command: the quote ' is never closed\n");
}
END_TEST

START_TEST(what_is_given_twice_is_refused)
{
	check_refused("[service]\nworkers = 3\nworkers = 3\n",
		"f:3: workers is given twice, first in line 2\n");
	check_refused("[service]\nadopt = no\nadopt = yes\n",
		"f:3: adopt is given twice, first in line 2\n");
	check_refused("[service]\ncommand = a\ncommand = b\n",
		"f:3: command is given twice, first in line 2\n");
	check_refused("[listener a]\naddress = :1\n[listener a]\naddress = :2\n",
		"f:3: listener \"a\" is there twice, first in line 1\n");
	check_refused("[listener a]\naddress = :1\naddress = :2\nbacklog = 1\nbacklog = 1\n",
		"f:3: address is given twice, first in line 2\n"
		"f:5: backlog is given twice, first in line 4\n");
}
END_TEST

START_TEST(bad_listener_is_refused)
{
	check_refused("[listener a]\nbacklog = 1\n",
		"f:1: listener \"a\" has no address: address = tcp://HOST:PORT, unix:/PATH, ...\n");
	check_refused("[listener a]\nbacklog = 1\nadress = :1\n",
		"f:3: unknown key \"adress\", is it address?\n");
	check_refused("[listener a]\naddress = tcp://:99999\nbacklog = x\n",
		"f:2: address \"tcp://:99999\": port \"99999\" is not in 0..65535\n");
	check_refused("[listener a]\naddress = :1\nbacklog = x\nmode = 0660\nbcklog = 1\n",
		"f:3: address \":1?backlog=x\": option backlog: \"x\" is not a number in "
		"1..2147483647\n"
		"f:4: address \":1?mode=0660\": option mode does not fit an address of kind tcp\n"
		"f:5: address \":1?bcklog=1\": option \"bcklog\" is not known; known are backlog, "
		"reuseport, v6only, fastopen, defer-accept, freebind, mptcp, mode, user, group\n");
	check_refused("[listener a]\naddress = :1\nbacklog = 1&mode=1\n",
		"f:3: bad value \"1&mode=1\" for backlog: it has '&' or '?'\n");
	check_refused("[listener a]\naddress = :1?backlog=1\nbacklog = 2\n",
		"f:3: address \":1?backlog=1&backlog=2\": option backlog is given twice\n");
	check_refused("[listener @a]\naddress = :1\n",
		"f:1: listener name \"@a\": without any of / ? @ [\n");
	check_refused("[listener a b]\naddress = :1\n",
		"f:1: listener name \"a b\": only ASCII without spaces and without any of : ; , = "
		"{ }\n");
}
END_TEST

START_TEST(file_that_cannot_be_read_is_refused)
{
	ck_assert_int_eq(config_file_read("/nowhere/f", &config, &problems), -ENOENT);
	ck_assert_str_eq(problems.text.text,
		"cannot open configuration file \"/nowhere/f\": No such file or directory\n");
	problems_finish(&problems);
	ck_assert_int_eq(config_file_read("/", &config, &problems), -EISDIR);
	ck_assert_str_eq(
		problems.text.text, "cannot read configuration file \"/\": Is a directory\n");
}
END_TEST

/* The page says of each option when it counts, in the paragraph that is about that. */
START_TEST(page_has_every_option_where_it_counts)
{
	static char page[1 << 16];
	static const char *const begins[] = {
		[OPTION_AT_START] = "\nThese count when baton is started.",
		[OPTION_AT_UPGRADE] = "\nThese count from the next generation on.",
		[OPTION_ARGUMENT] = "\nThese are for the command line only:",
	};
	FILE *file = fopen(CONFIG_PAGE, "r");

	ck_assert_ptr_nonnull(file);
	page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
	ck_assert_int_eq(fclose(file), 0);
	for (size_t i = 0; i < option_count; i++) {
		const struct option *option = &option_table[i];
		enum option_scope scope =
			strcmp(option->name, "listen") == 0 ? OPTION_ARGUMENT : option->scope;
		const char *start = strstr(page, begins[scope]);
		char word[64];

		ck_assert_ptr_nonnull(start);
		const char *end = scope == OPTION_AT_START ? strstr(start, begins[OPTION_ARGUMENT])
			: scope == OPTION_AT_UPGRADE       ? strstr(start, begins[OPTION_AT_START])
							   : strstr(start, "\n# ");

		snprintf(word, sizeof(word), "*%s*", option->name);
		const char *found = strstr(strstr(start + 1, "\n\n"), word);

		ck_assert_msg(found && end && found < end, "%s", option->name);
	}
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		keys_become_options_with_their_lines,
		listeners_become_addresses,
		nothing_is_a_file_too,
		marks_and_ends_of_lines_of_other_systems_are_read_over,
		indented_line_is_a_key_and_not_more_of_a_value,
		line_goes_on_after_a_backslash,
		long_lines_are_whole_or_an_error,
		what_is_no_line_is_refused,
		what_is_no_section_is_refused_with_what_it_has,
		longest_name_of_a_listener_is_whole,
		key_that_there_is_not_is_refused,
		bad_value_is_refused_with_what_would_be_right,
		what_is_given_twice_is_refused,
		bad_listener_is_refused,
		file_that_cannot_be_read_is_refused,
		page_has_every_option_where_it_counts,
	};
	struct suite suite = {
		.name = "config_file",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
