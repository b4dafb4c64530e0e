/* SPDX-License-Identifier: MIT */
/* The rules of supervisor/machine.h, stated over a model of the world. */
#ifndef TESTS_SUPPORT_MACHINE_RULES_H
#define TESTS_SUPPORT_MACHINE_RULES_H

#include "support/machine_model.h"

/* One step of the machine. */
struct judgement {
	struct model *model;                   /* the event has happened, the actions have not */
	const struct model *before;            /* before the event */
	const struct machine_event *event;     /* what the machine was told */
	const struct machine_actions *actions; /* what it answered */
	unsigned successor;                    /* whose upgrade was reported to start */
	unsigned hammered;                     /* generation that was reported to be, last */
	bool is_answered;                      /* the HUP of this step */
};

/* Notes in model->broken the first rule that does not hold. */
void rules_check(struct model *model, bool holds, const char *text);

/* Carries out the actions on the model, and judges each; model->broken tells. */
void rules_judge_actions(struct judgement *judgement);

/* The part of it for one report. */
/* An upgrade begins, which was asked for: the event is it, or one was remembered. */
void rules_judge_begin(struct judgement *judgement);

void rules_judge_report(struct judgement *judgement, const struct machine_action *action);

/* Judges the state that the step led to. */
void rules_judge_state(struct model *model, const struct machine *machine);

#endif
