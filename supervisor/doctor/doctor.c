/* SPDX-License-Identifier: MIT */
/* See doctor.h: options, a network, the examination, the report. */
#include "doctor/doctor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "adopt/adopt.h"
#include "base/container.h"
#include "base/error.h"
#include "doctor/doctor_options.h"
#include "doctor/examination.h"
#include "doctor/report.h"
#include "doctor/scratch.h"
#include "exit_status.h"
#include "log.h"

enum { EXIT_NO_WAY = 1, EXIT_SIGNAL = 128 };

/* A manager that started us is none of the trials'. */
static void forget_manager(void)
{
	static const char *const names[] = { "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID" };

	for (size_t i = 0; i < array_length(names); i++)
		(void)unsetenv(names[i]); /* fails on bad names only */
}

static void choose_network(struct diagnosis *diagnosis)
{
	struct baton_error error;

	if (diagnosis->options->on_host)
		return;
	diagnosis->is_scratch = scratch_enter(&error) == 0;
	if (diagnosis->is_scratch)
		return;
	(void)snprintf(
		diagnosis->scratch_reason, sizeof(diagnosis->scratch_reason), "%s", error.text);
	log_warning(NULL, "tries it in this machine's network: %s", error.text);
}

static int verdict(const struct diagnosis *diagnosis, enum examination_end end)
{
	const struct attempt *best = ladder_best(&diagnosis->ladder);

	if (end != EXAMINATION_DONE)
		return EX_UNAVAILABLE;
	return best && attempt_lost_nothing(best, diagnosis->ladder.restarts) ? EX_OK : EXIT_NO_WAY;
}

static int write_report(const struct diagnosis *diagnosis, enum examination_end end)
{
	int r = 0;

	if (diagnosis->options->is_json)
		r = report_write_json(stdout, diagnosis, end);
	else
		report_write(stdout, diagnosis, end);
	if (r == 0 && (fflush(stdout) == EOF || ferror(stdout)))
		r = -EIO;
	if (r < 0)
		log_error(NULL, "cannot write the report: %s", strerrordesc_np(-r));
	return r < 0 ? EX_IOERR : verdict(diagnosis, end);
}

static int examine(const struct doctor_options *options)
{
	struct baton_error error;

	if (adopt_try(&error) < 0) {
		log_error(NULL, "--adopt is not possible here: %s", error.text);
		return EX_UNAVAILABLE;
	}
	struct diagnosis *diagnosis = calloc(1, sizeof(*diagnosis));

	if (!diagnosis) {
		log_error(NULL, "out of memory");
		return EX_OSERR;
	}
	diagnosis->options = options;
	forget_manager();
	choose_network(diagnosis);
	int end = examination_run(diagnosis, &error);
	int status;

	if (end >= 0)
		status = write_report(diagnosis, (enum examination_end)end);
	else
		status = end == -EINTR ? EXIT_SIGNAL + diagnosis->signal : EX_OSERR;
	if (end < 0)
		log_error(NULL, "%s", error.text);
	free(diagnosis);
	return status;
}

int doctor(int argc, char **argv)
{
	struct doctor_options options;
	struct baton_error error;
	int r = argc < 1 ? -EINVAL : doctor_options_parse(argv, &options, &error);

	if (r == DOCTOR_OPTIONS_HELP) {
		doctor_options_help(stdout);
		return EX_OK;
	}
	if (r < 0) {
		log_error(NULL, "%s", error.text);
		return exit_status(EXIT_STEP_SETTINGS, r);
	}
	(void)signal(SIGPIPE, SIG_IGN); /* cannot fail; who reads the report may be gone by then */
	int status = examine(&options);

	doctor_options_finish(&options);
	return status;
}
