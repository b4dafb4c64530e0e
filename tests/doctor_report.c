/* SPDX-License-Identifier: MIT */
/* The diagnosis in words and as JSON: supervisor/doctor/report.c, report_json.c. */
#include "doctor/report.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/doctor_options.h"
#include "support/suite.h"

static struct doctor_options options;
static struct diagnosis diagnosis;
static char text[1 << 14];

static void add_socket(const char *address, enum peer_speech speech, int type)
{
	struct findings *findings = &diagnosis.findings;

	(void)snprintf(findings->sockets[findings->socket_count], BINDING_TEXT_SIZE, "%s", address);
	diagnosis.peers[diagnosis.peer_count++] = (struct peer){
		.name = findings->sockets[findings->socket_count++],
		.speech = speech,
		.type = type,
	};
}

static void add_attempt(struct attempt attempt)
{
	diagnosis.ladder.attempts[diagnosis.ladder.count++] = attempt;
}

static struct attempt good(void)
{
	return (struct attempt){
		.rung = { .signal = SIGQUIT, .keep_count = 1 },
		.restarts = 5,
		.gone_ms = 153,
		.fresh = { .requests = 372 },
		.begun = { .requests = 20 },
		.kept = { .requests = 188, .failed = 1, .reason = "reset" },
	};
}

static struct attempt lossy(void)
{
	return (struct attempt){
		.rung = { .signal = SIGTERM },
		.restarts = 1,
		.gone_ms = 3,
		.fresh = { .requests = 120, .failed = 2, .reason = "refused" },
		.begun = { .requests = 4, .failed = 4, .reason = "closed without an answer" },
	};
}

static void setup(void)
{
	static char *command[] = { "nginx", "-g", "daemon off;", NULL };

	options = (struct doctor_options){ .restarts = 5, .command = command };
	diagnosis = (struct diagnosis){ .options = &options, .is_scratch = true };
	findings_init(&diagnosis.findings);
	diagnosis.ladder.restarts = 5;
}

static void write_text(enum examination_end end)
{
	FILE *memory = fmemopen(text, sizeof(text) - 1, "w");

	ck_assert_ptr_nonnull(memory);
	report_write(memory, &diagnosis, end);
	ck_assert_int_eq(fclose(memory), 0);
}

static void write_json(enum examination_end end)
{
	FILE *memory = fmemopen(text, sizeof(text) - 1, "w");

	ck_assert_ptr_nonnull(memory);
	ck_assert_int_eq(report_write_json(memory, &diagnosis, end), 0);
	ck_assert_int_eq(fclose(memory), 0);
}

static void expect(const char *wanted)
{
	ck_assert_msg(strstr(text, wanted) != NULL, "not \"%s\" in:\n%s", wanted, text);
}

static void expect_not(const char *unwanted)
{
	ck_assert_msg(strstr(text, unwanted) == NULL, "\"%s\" in:\n%s", unwanted, text);
}

START_TEST(report_has_all_that_was_seen)
{
	add_socket("tcp://0.0.0.0:80", PEER_HTTP, SOCK_STREAM);
	add_socket("unix:/run/n.sock", PEER_MUTE, SOCK_STREAM);
	diagnosis.findings.ready_ms = 17;
	(void)strcpy(diagnosis.findings.ready_how, "accept");
	(void)strcpy(diagnosis.findings.pid_files[0], "/run/nginx.pid");
	diagnosis.findings.pid_file_count = 1;
	diagnosis.findings.removes_paths = diagnosis.findings.is_daemon = true;
	diagnosis.look = (struct look){ .has_user = true, .user_name = "www-data" };
	add_attempt(lossy());
	add_attempt(good());
	write_text(EXAMINATION_DONE);
	ck_assert_str_eq(text,
		"command       nginx -g 'daemon off;'\n"
		"tried in      a network of its own, with nobody else\n"
		"binds         tcp://0.0.0.0:80 (HTTP)\n"
		"              unix:/run/n.sock (connections only)\n"
		"ready         after 17 ms: it was seen to accept\n"
		"background    goes there; baton follows it\n"
		"user          some of its processes become www-data\n"
		"unix paths    are removed as it ends; baton keeps them\n"
		"listeners     none was seen to be shut down as it ends\n"
		"pid file      /run/nginx.pid, removed as it ends: --keep-file\n"
		"told to stop  by TERM it ends, and cuts short what is under way (3 ms)\n"
		"              by QUIT it finishes what is under way, and ends (153 ms)\n"
		"tried         --adopt: requests were lost\n"
		"                restarts             1 of 5\n"
		"                new connections    120, 2 failed (the first: refused)\n"
		"                under way            4, 4 failed (the first: closed without an "
		"answer)\n"
		"              --adopt --stop-signal QUIT --keep-file /run/nginx.pid: nothing was "
		"lost\n"
		"                restarts             5 of 5\n"
		"                new connections    372, 0 failed\n"
		"                under way           20, 0 failed\n"
		"                kept connections   188, 1 failed (the first: reset)\n"
		"verdict       nothing was lost in 5 restarts with the line below\n"
		"mind          of \"connections only\" it was seen that they are accepted and not "
		"cut;\n"
		"              say what can be asked there with --send\n"
		"\n"
		"baton run --adopt --stop-signal QUIT --keep-file /run/nginx.pid -- nginx -g "
		"'daemon off;'\n");
}
END_TEST

START_TEST(line_has_the_options_that_were_asked_for)
{
	options.run_options = (char *[]){ "--user=www", "--workdir=/srv/my app", NULL };
	add_socket("tcp://0.0.0.0:80", PEER_HTTP, SOCK_STREAM);
	add_attempt(lossy());
	write_text(EXAMINATION_DONE);
	expect("verdict       no way lost nothing; the line below lost least\n"
	       "\n"
	       "baton run --user=www '--workdir=/srv/my app' --adopt -- nginx -g 'daemon off;'\n");
	expect_not("mind");
}
END_TEST

START_TEST(where_nothing_was_restarted_there_is_no_line)
{
	struct attempt attempt = {
		.end = ATTEMPT_ROLLED_BACK,
		.rung = { .signal = SIGTERM },
		.reason = "exited with status 1 after 3 ms",
	};

	add_socket("tcp://0.0.0.0:80", PEER_HTTP, SOCK_STREAM);
	add_attempt(attempt);
	(void)strcpy(diagnosis.tail[diagnosis.tail_count++], "already running");
	write_text(EXAMINATION_DONE);
	expect("tried         --adopt: a second one does not start beside the first: exited with "
	       "status 1 after 3 ms\n");
	expect("it said last  already running\n");
	expect("verdict       it could not be restarted\n");
	expect_not("baton run");
	expect_not("told to stop");
}
END_TEST

START_TEST(why_there_is_nothing_to_try_is_said)
{
	struct attempt attempt = { .end = ATTEMPT_NOT_STARTED, .reason = "exited with status 3" };

	add_attempt(attempt);
	write_text(EXAMINATION_NOT_STARTED);
	expect("verdict       it does not start: exited with status 3\n");
	expect("--host-network");
	diagnosis.is_scratch = false;
	write_text(EXAMINATION_NOT_STARTED);
	expect("tried in      this machine's network\n");
	expect_not("--host-network");
	(void)strcpy(diagnosis.scratch_reason, "cannot do it");
	diagnosis.findings.binds_any_port = true;
	write_text(EXAMINATION_NO_SOCKETS);
	expect("tried in      this machine's network: cannot do it\n");
	expect("binds         a port that the system chooses: no successor can have it\n");
	expect("verdict       it binds nothing that could be passed to a successor\n");
	add_socket("udp://0.0.0.0:53", PEER_MUTE, SOCK_DGRAM);
	write_text(EXAMINATION_NO_CLIENTS);
	expect("binds         udp://0.0.0.0:53 (not tried)\n");
	expect("--send\n");
}
END_TEST

START_TEST(command_that_cannot_be_executed_is_no_matter_of_the_network)
{
	struct attempt attempt = { .end = ATTEMPT_NOT_EXECUTED,
		.reason = "cannot execute \"/x\": No such file or directory" };

	add_attempt(attempt);
	write_text(EXAMINATION_NOT_EXECUTED);
	expect("verdict       the command cannot be executed: \"/x\": No such file or directory\n");
	expect_not("--host-network");
	write_json(EXAMINATION_NOT_EXECUTED);
	expect("{\"end\":\"not executed\"");
	(void)strcpy(diagnosis.ladder.attempts[0].reason, "cannot change to user \"x\"");
	write_text(EXAMINATION_NOT_EXECUTED);
	expect("verdict       the command cannot be executed: cannot change to user \"x\"\n");
}
END_TEST

START_TEST(what_was_waited_for_in_vain_is_named)
{
	add_attempt((struct attempt){ .end = ATTEMPT_NOT_READY });
	options.ready_timeout_ms = 20000;
	write_text(EXAMINATION_NO_SOCKETS);
	expect("verdict       it binds nothing that could be passed to a successor: that was "
	       "waited "
	       "for\n              for 20 s (--ready-timeout)\n");
}
END_TEST

START_TEST(what_time_ran_out_for_is_undecided)
{
	struct attempt attempt = good();

	add_socket("tcp://0.0.0.0:80", PEER_HTTP, SOCK_STREAM);
	attempt.end = ATTEMPT_OUT_OF_TIME;
	attempt.restarts = 3;
	add_attempt(attempt);
	write_text(EXAMINATION_DONE);
	expect("verdict       undecided: the --time-limit was reached; the line below lost nothing "
	       "in 3 restarts\n");
	write_json(EXAMINATION_DONE);
	expect("\"lost_nothing\":false,\"undecided\":true,\"line\":");
	diagnosis.ladder.count = 0;
	attempt.restarts = 0;
	add_attempt(attempt);
	write_text(EXAMINATION_DONE);
	expect("verdict       undecided: the --time-limit was reached before a restart was over\n");
	diagnosis.ladder.count = 0;
	add_attempt(lossy());
	add_attempt(attempt);
	write_text(EXAMINATION_DONE);
	expect("verdict       undecided: the --time-limit was reached; the line below lost least "
	       "in 1 restart\n");
}
END_TEST

START_TEST(errors_that_count_as_right_are_told)
{
	add_socket("tcp://0.0.0.0:80", PEER_HTTP, SOCK_STREAM);
	diagnosis.peers[0].status = 404;
	add_attempt(good());
	write_text(EXAMINATION_DONE);
	expect("binds         tcp://0.0.0.0:80 (HTTP, answers 404)\n");
	expect("mind          the answer 404 counted as right, as it came before any restart; say\n"
	       "              what to ask for with --http\n");
	write_json(EXAMINATION_DONE);
	expect("\"tried_as\":\"HTTP\",\"status\":404}");
	diagnosis.peers[0].status = 302;
	write_text(EXAMINATION_DONE);
	expect("binds         tcp://0.0.0.0:80 (HTTP)\n");
	expect_not("mind");
}
END_TEST

START_TEST(outcomes_are_told_apart)
{
	struct attempt attempt = good();

	ck_assert_str_eq(report_outcome(&diagnosis, &attempt), "nothing was lost");
	attempt.restarts = 4;
	ck_assert_str_eq(report_outcome(&diagnosis, &attempt), "not finished");
	attempt.had_to_kill = true;
	ck_assert_str_eq(report_outcome(&diagnosis, &attempt), "the old one did not end by itself");
	attempt.begun.failed = 1;
	ck_assert_str_eq(report_outcome(&diagnosis, &attempt), "requests were lost");
	attempt.idle.failed = 1;
	ck_assert_str_eq(
		report_outcome(&diagnosis, &attempt), "requests fail before anything is restarted");
	attempt.end = ATTEMPT_OUT_OF_TIME;
	ck_assert_str_eq(report_outcome(&diagnosis, &attempt),
		"requests were lost, and the time limit was reached");
	attempt.begun.failed = 0;
	ck_assert_str_eq(
		report_outcome(&diagnosis, &attempt), "undecided: the time limit was reached");
	attempt.end = ATTEMPT_NOT_EXECUTED;
	ck_assert_str_eq(report_outcome(&diagnosis, &attempt), "cannot be executed");
}
END_TEST

START_TEST(endings_are_told_apart)
{
	struct attempt attempt = good();

	ck_assert_str_eq(report_ending(&attempt), "finishes what is under way, and ends");
	attempt.fresh.failed = 1;
	ck_assert_str_eq(
		report_ending(&attempt), "finishes what is under way, but loses new connections");
	attempt.begun = (struct tally){ 0 };
	ck_assert_str_eq(report_ending(&attempt), "ends");
	attempt.begun.failed = 1;
	ck_assert_str_eq(report_ending(&attempt), "ends, and cuts short what is under way");
	attempt.had_to_kill = true;
	ck_assert_str_eq(report_ending(&attempt), "does not end");
}
END_TEST

START_TEST(json_has_the_same)
{
	static char *command[] = { "a\"b\\\n\xff", NULL };

	options.command = command;
	add_socket("unix:/run/n.sock", PEER_HTTP, SOCK_STREAM);
	diagnosis.findings.ready_ms = 17;
	(void)strcpy(diagnosis.findings.ready_how, "accept");
	(void)strcpy(diagnosis.findings.pid_files[0], "/run/p");
	diagnosis.findings.pid_file_count = 1;
	add_attempt(good());
	write_json(EXAMINATION_DONE);
	ck_assert_str_eq(text,
		"{\"end\":\"tried\",\"network\":\"scratch\","
		"\"sockets\":[{\"address\":\"unix:/run/n.sock\",\"tried_as\":\"HTTP\"}],"
		"\"binds_any_port\":false,\"binds_unseen\":false,\"ready_ms\":17,"
		"\"ready_by\":\"accept\",\"goes_to_background\":false,"
		"\"removes_unix_paths\":false,\"shuts_listeners_down\":false,"
		"\"pid_files_removed\":[\"/run/p\"],\"tried\":[{"
		"\"line\":\"baton run --adopt --stop-signal QUIT --keep-file /run/p -- "
		"'a\\u0022b\\u005c\\u000a\\ufffd'\",\"steer\":false,\"stop_signal\":\"SIGQUIT\","
		"\"outcome\":\"nothing was lost\",\"lost_nothing\":true,\"restarts\":5,"
		"\"told_to_stop\":\"finishes what is under way, and ends\",\"gone_ms\":153,"
		"\"new\":{\"requests\":372,\"failed\":0},"
		"\"under_way\":{\"requests\":20,\"failed\":0},"
		"\"kept\":{\"requests\":188,\"failed\":1,\"first_failure\":\"reset\"}}],"
		"\"said_last\":[],\"lost_nothing\":true,\"undecided\":false,"
		"\"line\":\"baton run --adopt --stop-signal QUIT --keep-file /run/p -- "
		"'a\\u0022b\\u005c\\u000a\\ufffd'\"}\n");
}
END_TEST

START_TEST(json_without_a_way_has_no_line)
{
	write_json(EXAMINATION_NO_SOCKETS);
	expect("{\"end\":\"no sockets\"");
	expect("\"tried\":[],\"said_last\":[],\"lost_nothing\":false,\"undecided\":false}\n");
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		report_has_all_that_was_seen,
		line_has_the_options_that_were_asked_for,
		where_nothing_was_restarted_there_is_no_line,
		why_there_is_nothing_to_try_is_said,
		command_that_cannot_be_executed_is_no_matter_of_the_network,
		what_was_waited_for_in_vain_is_named,
		what_time_ran_out_for_is_undecided,
		errors_that_count_as_right_are_told,
		outcomes_are_told_apart,
		endings_are_told_apart,
		json_has_the_same,
		json_without_a_way_has_no_line,
	};

	return suite_run(&(struct suite){
		.name = "doctor_report",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
	});
}
