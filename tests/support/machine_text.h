/* SPDX-License-Identifier: MIT */
/* Events and actions of the upgrade machine as text, to compare and to tell what happened. */
#ifndef TESTS_SUPPORT_MACHINE_TEXT_H
#define TESTS_SUPPORT_MACHINE_TEXT_H

#include "base/strbuf.h"
#include "machine.h"

/* Appends "hup", "baked 2" or "worker exited 2.0 lived 500". */
void machine_text_event(struct strbuf *text, const struct machine_event *event);

/* Appends the actions, "; " between them: "spawn 2.0", "set ready 2.0 60000", "retire 1 hup",
 * "report rolled back 2.0: exited while it baked", "exit stopped", ... */
void machine_text_actions(struct strbuf *text, const struct machine_actions *actions);

#endif
