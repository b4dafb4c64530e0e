/* SPDX-License-Identifier: MIT */
/*
 * Tells the service manager about this process: the sender's side of
 * sd_notify(3), for systemd and for `baton run`, without libsystemd.
 */
#ifndef BATON_NOTIFY_H
#define BATON_NOTIFY_H

#include <baton/error.h>
#include <stddef.h>
#include <stdint.h>

BATON_BEGIN

/*
 * Sends state, lines of KEY=VALUE as in sd_notify(3) ("READY=1\nSTATUS=..."),
 * to $NOTIFY_SOCKET. Never blocks. Safe on any thread. Returns 1 if it was
 * sent, 0 if there is nobody to tell (NOTIFY_SOCKET is not set), -EINVAL or
 * -EAFNOSUPPORT if the variable is not of a known form, -EAGAIN if the manager's queue is full,
 * or what sendmsg(2) said.
 */
BATON_API int baton_notify(const char *state);

/* As baton_notify, formatted. */
BATON_API int baton_notifyf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* As baton_notify, with descriptors (FDSTORE=1, MAINPIDFD=1); they stay the caller's. 253 at
 * most. */
BATON_API int baton_notify_with_fds(const char *state, const int *fds, size_t count);

/* Says RELOADING=1 with the MONOTONIC_USEC that Type=notify-reload requires. */
BATON_API int baton_notify_reloading(void);

/*
 * Waits until the manager has handled everything sent before (BARRIER=1), for
 * timeout_ms at most: this blocks. Returns 1, 0 if there is nobody to tell,
 * -ETIMEDOUT, or as baton_notify.
 */
BATON_API int baton_notify_barrier(int timeout_ms);

/*
 * The interval within which the manager wants WATCHDOG=1 from this process
 * (WATCHDOG_USEC, WATCHDOG_PID), in microseconds; send it twice as often. 0: not wanted.
 */
BATON_API uint64_t baton_notify_watchdog_usec(void);

BATON_END

#endif
