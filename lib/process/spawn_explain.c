/* SPDX-License-Identifier: MIT */
/* See spawn_explain.h. */
#include "process/spawn_explain.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "process/spawn_child.h"

/* "the file is there" after ENOENT: what is missing is the interpreter that it names. */
static bool lacks_interpreter(const struct spawn_plan *plan, const char *path)
{
	return plan->report.code == ENOENT && path[0] == '/' && access(path, F_OK) == 0;
}

static int explain_exec(const struct spawn_plan *plan, struct baton_error *error)
{
	const char *path = plan->candidates[plan->report.detail];
	int code = -plan->report.code;

	if (code == -ENOENT && !strchr(plan->program, '/'))
		return error_set(
			error, code, "cannot execute \"%s\": not found in PATH", plan->program);
	if (lacks_interpreter(plan, path))
		return error_set(error, code,
			"cannot execute \"%s\": the interpreter that it names is missing", path);
	if (plan->workdir && path[0] != '/')
		return error_set_errno(
			error, code, "cannot execute \"%s\" in \"%s\"", path, plan->workdir);
	return error_set_errno(error, code, "cannot execute \"%s\"", path);
}

int spawn_explain(const struct spawn_plan *plan, const struct baton_spawn_options *options,
	struct baton_error *error)
{
	int code = -plan->report.code;

	switch ((enum spawn_step)plan->report.step) {
	case SPAWN_STEP_NONE:
		break;
	case SPAWN_STEP_SESSION:
		return error_set_errno(error, code, "cannot create a session");
	case SPAWN_STEP_PROCESS_GROUP:
		return error_set_errno(error, code, "cannot create a process group");
	case SPAWN_STEP_FDS:
		return error_set_errno(
			error, code, "cannot pass descriptor %d", plan->report.detail);
	case SPAWN_STEP_FILTER:
		return error_set_errno(error, code, "cannot set a seccomp filter");
	case SPAWN_STEP_GROUPS:
		return error_set_errno(
			error, code, "cannot take the groups of user \"%s\"", options->user);
	case SPAWN_STEP_GROUP:
		return error_set_errno(error, code, "cannot change to group %u", plan->user.gid);
	case SPAWN_STEP_USER:
		return error_set_errno(error, code, "cannot change to user \"%s\"", options->user);
	case SPAWN_STEP_WORKDIR:
		return error_set_errno(
			error, code, "cannot change directory to \"%s\"", plan->workdir);
	case SPAWN_STEP_DEATH_SIGNAL:
		return error_set_errno(error, code, "cannot set parent death signal %d",
			plan->parent_death_signal);
	case SPAWN_STEP_PIDFDID:
		return error_set_errno(error, code, "cannot tell the identity of the process");
	case SPAWN_STEP_EXEC:
		return explain_exec(plan, error);
	}
	return error_set_errno(error, code, "cannot start \"%s\"", plan->program);
}
