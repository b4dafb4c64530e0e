/* SPDX-License-Identifier: MIT */
/* Heads of requests for whoever needs them parsed. */
#ifndef TESTS_SUPPORT_HEAD_H
#define TESTS_SUPPORT_HEAD_H

#include "http/request.h"

/* The request of a whole head; the case fails if it is none. */
struct request head_parse(const char *head);

#endif
