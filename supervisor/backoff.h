/* SPDX-License-Identifier: MIT */
/* How long to wait before a restart: doubles with each failure in a row. Pure. */
#ifndef SUPERVISOR_BACKOFF_H
#define SUPERVISOR_BACKOFF_H

/*
 * The delay in milliseconds after the n-th failure in a row: min_ms after the
 * first, twice as long after each further one, never more than max_ms. No
 * failures, no delay. A min_ms below 1 counts as 1: a worker that dies at
 * once must never be restarted in a busy loop. max_ms below min_ms counts as
 * min_ms.
 */
int backoff_delay_ms(unsigned failures, int min_ms, int max_ms);

#endif
