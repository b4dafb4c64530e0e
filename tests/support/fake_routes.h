/* SPDX-License-Identifier: MIT */
/*
 * Routes without a server, for whoever feeds exchanges with bytes:
 *
 *     /          hello
 *     /echo      the method on a line, then the body of the request
 *     /slow      slow, once call_answered is called for fake_pending
 *     /stream    one, two and three, produced one after the other
 *     /broken    one, and then it fails
 *     /file      head, and three bytes of a file that are the connection's to send
 */
#ifndef TESTS_SUPPORT_FAKE_ROUTES_H
#define TESTS_SUPPORT_FAKE_ROUTES_H

#include "http/call.h"
#include "http/routes.h"

extern const struct routes fake_routes;

/* The call of /slow that is pending; NULL: none. */
extern struct call *fake_pending;

/* How many calls of /slow and /stream have ended. */
extern unsigned fake_ended;

#endif
