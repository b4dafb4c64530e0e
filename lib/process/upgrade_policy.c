/* SPDX-License-Identifier: MIT */
/*
 * What happens in which state. Each function is one event; nothing else in
 * these files changes upgrade->state but the drain that is begun here.
 *
 *     STARTING -> SERVING <-> UPGRADING
 *         \          \           \
 *          `----------`-----------`-> DRAINING -> DRAINED -> on_end
 *
 * - Until a successor has said that it accepts, its SIGTERM has come, and it has been
 *   passed what is idle, this generation serves: a successor that fails changes nothing.
 * - One successor at a time: the next is started once the last has been reaped.
 * - However many upgrades are asked for during one, one more follows; if the
 *   successor took over by then, it is the successor's to do.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/pid_file.h"
#include "base/wait_status.h"
#include "process/upgrade_object.h"

static bool is_taken_over(const struct baton_upgrade *upgrade)
{
	return upgrade->successor.phase == SUCCESSOR_MAIN;
}

/* Goes on as if nothing had happened, but says why. */
static void fail(struct baton_upgrade *upgrade, const char *reason)
{
	upgrade_host_log(upgrade, LOG_ERR, "upgrade failed: %s; generation=%u goes on", reason,
		upgrade->generation);
	upgrade->state = BATON_UPGRADE_SERVING;
	/* The successor may have got as far as to write its own. If that fails, the file names a
	 * process that is gone: nothing that one could signal. */
	if (upgrade->options.pid_file && pid_file_read(upgrade->options.pid_file) != getpid())
		(void)pid_file_write(upgrade->options.pid_file, getpid());
	upgrade_manager_failed(upgrade, reason);
}

static void begin(struct baton_upgrade *upgrade)
{
	struct baton_error error;

	upgrade->is_upgrade_pending = false;
	upgrade_manager_reloading(upgrade);
	upgrade->state = BATON_UPGRADE_UPGRADING;
	if (upgrade_successor_start(upgrade, &error) < 0)
		fail(upgrade, error.text);
}

static void begin_pending(struct baton_upgrade *upgrade)
{
	if (upgrade->is_upgrade_pending && upgrade->state == BATON_UPGRADE_SERVING)
		begin(upgrade);
}

void upgrade_policy_upgrade(struct baton_upgrade *upgrade)
{
	if (upgrade->starter.is_supervisor && upgrade->state != BATON_UPGRADE_DRAINED) {
		upgrade_starter_ask_upgrade(upgrade);
		return;
	}
	switch (upgrade->state) {
	case BATON_UPGRADE_STARTING:
		upgrade_host_log(upgrade, LOG_NOTICE, "upgrade is put off until this one is ready");
		upgrade->is_upgrade_pending = true;
		break;
	case BATON_UPGRADE_SERVING:
		/* Not before our predecessor has let go: see upgrade_policy_confirmed. */
		if (upgrade->starter.phase != UPGRADE_STARTER_CONFIRMED)
			upgrade->is_upgrade_pending = true;
		else
			begin(upgrade);
		break;
	case BATON_UPGRADE_UPGRADING:
		upgrade_host_log(upgrade, LOG_NOTICE, "one more upgrade will follow this one");
		upgrade->is_upgrade_pending = true;
		break;
	case BATON_UPGRADE_DRAINING:
	case BATON_UPGRADE_DRAINED:
		if (upgrade->pid1.is_first && is_taken_over(upgrade))
			upgrade_successor_signal(upgrade, SIGHUP);
		else
			upgrade_host_log(
				upgrade, LOG_NOTICE, "upgrade is ignored: this one drains");
		break;
	}
}

/* The successor accepts and has told us to go. */
static void hand_over(struct baton_upgrade *upgrade)
{
	upgrade_host_log(upgrade, LOG_NOTICE,
		"successor took over generation=%u pid=%d after %.3f s", upgrade->generation + 1,
		upgrade->successor.pid, ev_time() - upgrade->successor.started);
	/* Before it is told: with NotifyAccess=main the manager listens to it only then. */
	upgrade_manager_main(upgrade, upgrade->successor.pid);
	upgrade_listeners_keep_paths(upgrade);
	upgrade_successor_confirm(upgrade);
	if (upgrade->is_upgrade_pending)
		upgrade_successor_signal(upgrade, SIGHUP);
	upgrade->is_upgrade_pending = false;
	if (upgrade->pid1.is_first)
		upgrade_pid1_begin(upgrade);
	upgrade_drain_begin(upgrade);
}

/*
 * The successor accepts. What is idle here is passed to it while this one still serves, so
 * that a successor which cannot cope with it is one more that fails.
 */
static void pass(struct baton_upgrade *upgrade)
{
	if (upgrade_handoff_begin(upgrade))
		upgrade_successor_await_passing(upgrade);
	else
		hand_over(upgrade);
}

static void stop_again(struct baton_upgrade *upgrade, int signal)
{
	if (upgrade->pid1.is_first && is_taken_over(upgrade))
		upgrade_successor_signal(upgrade, signal);
	if (upgrade->state == BATON_UPGRADE_DRAINING)
		upgrade_drain_deadline(upgrade, "told to stop again");
}

/* Soon after the successor's SIGTERM. Unless that one failed, it has taken over. */
static void term_again(struct baton_upgrade *upgrade)
{
	if (upgrade->successor.phase == SUCCESSOR_PASSING)
		hand_over(upgrade);
	if (!is_taken_over(upgrade) && upgrade->successor.phase != SUCCESSOR_ENDED) {
		upgrade_policy_stop(upgrade);
		return;
	}
	upgrade_host_log(upgrade, LOG_NOTICE,
		"told to stop just after the take-over: generation=%u drains already",
		upgrade->generation);
	/* To the first process of a container it is for the container. */
	if (upgrade->pid1.is_first && is_taken_over(upgrade))
		upgrade_successor_signal(upgrade, SIGTERM);
}

void upgrade_policy_term(struct baton_upgrade *upgrade)
{
	upgrade_successor_poll(upgrade); /* whether it accepts */
	switch (upgrade_term_take(&upgrade->term, ev_time())) {
	case UPGRADE_TERM_OF_SUCCESSOR:
		if (upgrade->successor.phase == SUCCESSOR_READY)
			pass(upgrade);
		break; /* or it says nothing new */
	case UPGRADE_TERM_REPEATED:
		term_again(upgrade);
		break;
	case UPGRADE_TERM_STOPS_THIS:
		upgrade_policy_stop(upgrade);
		break;
	}
}

void upgrade_policy_stop(struct baton_upgrade *upgrade)
{
	if (stop_wish_repeats(&upgrade->stop_wish, clock_ms()))
		return;
	if (upgrade->successor.phase == SUCCESSOR_PASSING) {
		hand_over(upgrade); /* it has clients of ours: the server goes on in it */
		return;
	}
	switch (upgrade->state) {
	case BATON_UPGRADE_UPGRADING:
		upgrade_successor_stop(upgrade, "the server is told to stop");
		/* fallthrough */
	case BATON_UPGRADE_STARTING:
	case BATON_UPGRADE_SERVING:
		upgrade->is_upgrade_pending = false;
		upgrade_manager_stopping(upgrade);
		upgrade_drain_begin(upgrade);
		break;
	case BATON_UPGRADE_DRAINING:
	case BATON_UPGRADE_DRAINED:
		stop_again(upgrade, SIGTERM);
		break;
	}
}

void upgrade_policy_quit(struct baton_upgrade *upgrade)
{
	if (upgrade->pid1.is_first && is_taken_over(upgrade)) {
		upgrade_successor_signal(upgrade, SIGQUIT);
		return;
	}
	upgrade_host_log(upgrade, LOG_NOTICE, "ends at once");
	upgrade_manager_stopping(upgrade);
	upgrade_drain_end(upgrade, 0);
}

void upgrade_policy_ready(struct baton_upgrade *upgrade)
{
	if (upgrade->state != BATON_UPGRADE_STARTING)
		return;
	upgrade->state = BATON_UPGRADE_SERVING;
	upgrade_starter_ready(upgrade);
}

/*
 * Our predecessor has begun to drain, or there is none: we may be replaced in
 * turn. Were we sooner, and ended before it so much as looked, it would have to take
 * that for a failure.
 */
void upgrade_policy_confirmed(struct baton_upgrade *upgrade)
{
	if (upgrade->is_upgrade_pending && upgrade->state == BATON_UPGRADE_SERVING)
		upgrade_requests_add(upgrade, UPGRADE_REQUEST_START);
}

void upgrade_policy_successor_ready(struct baton_upgrade *upgrade)
{
	/* Also of one that is being stopped: its SIGTERM would pass for a second stop. */
	if (upgrade->successor.phase == SUCCESSOR_STARTING ||
		upgrade->successor.phase == SUCCESSOR_STOPPING)
		upgrade_term_promise(&upgrade->term);
	/* Its SIGTERM is on the way, and until then nothing is lost should it die. */
	if (upgrade->successor.phase == SUCCESSOR_STARTING)
		upgrade_successor_await_term(upgrade);
}

void upgrade_policy_passed(struct baton_upgrade *upgrade)
{
	if (upgrade->successor.phase == SUCCESSOR_PASSING)
		hand_over(upgrade);
}

void upgrade_policy_successor_timeout(struct baton_upgrade *upgrade)
{
	char reason[BATON_ERROR_SIZE];

	switch (upgrade->successor.phase) {
	case SUCCESSOR_STARTING:
		(void)snprintf(reason, sizeof(reason), "successor was not ready within %.3f s",
			upgrade->options.ready_timeout_ms / 1e3);
		upgrade_successor_stop(upgrade, reason);
		break;
	case SUCCESSOR_READY:
		/* It may not signal us, as it runs as another user now: its word is enough. */
		pass(upgrade);
		break;
	case SUCCESSOR_PASSING:
		hand_over(upgrade);
		break;
	case SUCCESSOR_STOPPING:
		upgrade_successor_kill(upgrade);
		break;
	case SUCCESSOR_NONE:
	case SUCCESSOR_MAIN:
	case SUCCESSOR_ENDED:
		break;
	}
}

/* The end, once nothing is left: neither with the host nor of a successor. */
static void end_if_done(struct baton_upgrade *upgrade)
{
	if (upgrade->state != BATON_UPGRADE_DRAINED)
		return;
	switch (upgrade->successor.phase) {
	case SUCCESSOR_NONE:
		upgrade_drain_end(upgrade, 0);
		break;
	case SUCCESSOR_STARTING:
	case SUCCESSOR_READY:
	case SUCCESSOR_PASSING:
	case SUCCESSOR_STOPPING:
		break; /* until it has been reaped */
	case SUCCESSOR_MAIN:
		if (upgrade->pid1.is_first)
			upgrade_pid1_stay(upgrade);
		else
			upgrade_drain_end(upgrade, 0);
		break;
	case SUCCESSOR_ENDED:
		/* Ours is the only word about it to whoever waits for us. */
		upgrade_drain_end(upgrade,
			upgrade->successor.status == UPGRADE_STATUS_UNKNOWN
				? 1
				: wait_status_code(upgrade->successor.status));
		break;
	}
}

static const char *fate_text(int status, char *text, size_t size)
{
	if (status == UPGRADE_STATUS_UNKNOWN)
		return "ended, and somebody else took its status";
	return wait_status_text(status, text, size);
}

void upgrade_policy_successor_ended(struct baton_upgrade *upgrade, int status)
{
	struct upgrade_successor *successor = &upgrade->successor;
	char fate[WAIT_STATUS_SIZE], reason[BATON_ERROR_SIZE];
	double after = ev_time() - successor->started;
	pid_t pid = successor->pid;

	upgrade_term_lapse(&upgrade->term, ev_time());
	switch (successor->phase) {
	case SUCCESSOR_READY:
	case SUCCESSOR_PASSING:
		if (status == 0) {
			/* Told to stop the moment it was ready, and so is the server with it. */
			upgrade_host_log(upgrade, LOG_NOTICE,
				"successor pid=%d was stopped as soon as it was ready", pid);
			upgrade_successor_forget(upgrade);
			upgrade->state = BATON_UPGRADE_SERVING;
			upgrade_policy_stop(upgrade);
			break;
		}
		/* fallthrough */
	case SUCCESSOR_STARTING:
		(void)snprintf(reason, sizeof(reason), "successor pid=%d %s after %.3f s", pid,
			fate_text(status, fate, sizeof(fate)), after);
		upgrade_successor_forget(upgrade);
		fail(upgrade, reason);
		break;
	case SUCCESSOR_STOPPING:
		memcpy(reason, successor->reason, sizeof(reason));
		upgrade_host_log(upgrade, LOG_NOTICE, "stopped successor pid=%d %s", pid,
			fate_text(status, fate, sizeof(fate)));
		upgrade_successor_forget(upgrade);
		if (upgrade->state == BATON_UPGRADE_UPGRADING)
			fail(upgrade, reason);
		break;
	case SUCCESSOR_MAIN:
		upgrade_host_log(upgrade, status == 0 ? LOG_NOTICE : LOG_WARNING,
			"successor pid=%d %s", pid, fate_text(status, fate, sizeof(fate)));
		upgrade_successor_forget(upgrade);
		successor->phase = SUCCESSOR_ENDED;
		successor->status = status;
		break;
	case SUCCESSOR_NONE:
	case SUCCESSOR_ENDED:
		break;
	}
	begin_pending(upgrade);
	end_if_done(upgrade);
}

void upgrade_policy_host_drained(struct baton_upgrade *upgrade)
{
	if (upgrade->state != BATON_UPGRADE_DRAINING)
		return;
	upgrade->state = BATON_UPGRADE_DRAINED;
	upgrade_steer_drained(upgrade);
	upgrade_drain_complete(upgrade);
	end_if_done(upgrade);
}

void upgrade_policy_hammer(struct baton_upgrade *upgrade)
{
	upgrade_host_log(upgrade, LOG_WARNING, "ends by force: what was in flight is cut");
	upgrade->state = BATON_UPGRADE_DRAINED;
	upgrade_steer_drained(upgrade);
	if (upgrade->successor.phase == SUCCESSOR_STOPPING)
		upgrade_successor_kill(upgrade);
	end_if_done(upgrade);
}
