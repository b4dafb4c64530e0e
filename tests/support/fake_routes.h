/* SPDX-License-Identifier: MIT */
/*
 * Routes without a server, for whoever feeds exchanges with bytes:
 *
 *     /          hello
 *     /echo      the method on a line, then the body of the request
 *     /slow      slow, once call_answered is called for fake_pending
 *     /stream    one, two and three, produced one after the other
 *     /events    without end, 1 and 2 and so on on lines of their own, each but the first once
 *                call_more is called for fake_pending; another process can go on with it
 *     /counted   1 to 3, likewise
 *     /broken    one, and then it fails
 *     /file      head, and three bytes of a file that are the connection's to send
 */
#ifndef TESTS_SUPPORT_FAKE_ROUTES_H
#define TESTS_SUPPORT_FAKE_ROUTES_H

#include "http/call.h"
#include "http/routes.h"

extern const struct routes fake_routes;

/* The call of /slow, /events or /counted that is pending; NULL: none. */
extern struct call *fake_pending;

/* How many calls have ended of those that are not answered at once. */
extern unsigned fake_ended;

#endif
