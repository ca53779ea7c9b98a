/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/building.h"
#include "verifier/cli/exits.h"
#include "verifier/cli/verbs.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TAIL = 4096 };

static int show_tail(struct sb_invocation *call, int log, struct sb_err *err)
{
	char text[TAIL + 1];
	size_t got = 0;
	off_t end = lseek(log, 0, SEEK_END);

	if (end < 0 || lseek(log, end > TAIL ? end - TAIL : 0, SEEK_SET) < 0)
		return sb_fail_errno(err, "log-failed", "cannot read the log of the build");
	int rc = sb_io_read(log, text, TAIL, &got, err);
	text[got] = 0;
	if (!rc && got && !call->quiet)
		fprintf(stderr, "%s\n", sb_cli_escape(call, text));
	return rc;
}

/* What a person did last in a shell is no result; what a script did is. */
static int conclude(struct sb_invocation *call, const struct sb_sandbox_result *result, size_t before, int log, struct sb_err *err)
{
	char text[200];
	int rc = result->step < before ? show_tail(call, log, err) : 0;

	if (rc || result->end == SB_END_DONE)
		return rc;
	if (result->end == SB_END_INTERRUPTED)
		return sb_fail(err, SB_INTERRUPTED, "interrupted", "stopped on request");
	if (result->end == SB_END_LIMIT) {
		sb_sandbox_limit_text(&result->limit, text, sizeof text);
		return sb_fail(err, SB_FAILED, "build-limit", "step %zu met a limit: %s", result->step + 1, text);
	}
	if (result->step < before)
		return sb_fail(err, SB_FAILED, "build-step-failed", "step %zu failed before the shell", result->step + 1);
	if (isatty(STDIN_FILENO))
		return 0;
	return sb_fail(err, SB_FAILED, "build-step-failed", "the shell ended with status %d",
	               WIFEXITED(result->status) ? WEXITSTATUS(result->status) : 128 + WTERMSIG(result->status));
}

/* The steps before the one that a person wants to look at, and then a shell in its folder. */
static int enter(struct sb_invocation *call, const struct sb_building *building, size_t before, struct sb_err *err)
{
	static const char *const argv[] = {"/bin/sh", "-i", NULL};
	const struct sb_drop *drop = &building->loaded.drop;
	struct sb_drop_step *steps = sb_arena_array(call->arena, before + 1, sizeof *steps);
	struct sb_sandbox_result result = {0};

	if (!steps)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (before)
		memcpy(steps, drop->steps, before * sizeof *steps);
	steps[before] = (struct sb_drop_step){.kind = SB_STEP_RUN, .argv = argv, .cwd = before < drop->step_count ? drop->steps[before].cwd : "."};
	struct sb_sandbox_spec spec = {
		.host_root = drop->toolchain.host,
		.root = drop->toolchain.host ? NULL : &building->root,
		.build_path = drop->build_path,
		.source = &building->tree,
		.env = drop->env,
		.env_count = drop->env_count,
		.steps = steps,
		.step_count = before + 1,
		.control = drop->control,
		.limits = drop->limits,
		.allow_ptrace = drop->allow_ptrace,
		.interactive = true,
		.progress = call->progress,
	};
	SB_CLOSING int log = -1;
	int rc = sb_io_spool(&log, err);
	spec.log = log;
	if (!rc)
		rc = sb_sandbox_run(&spec, call->arena, &result, err);
	if (!rc)
		rc = conclude(call, &result, before, log, err);
	sb_sandbox_release(&result);
	return rc;
}

static int run(struct sb_invocation *call, struct sb_err *err)
{
	struct sb_building building;
	uint64_t step = 1;

	int rc = sb_building_open(call, &building, err);
	if (!rc)
		rc = sb_arg_number(call, "step", 1, building.loaded.drop.step_count, 1, &step, err);
	if (!rc) {
		sb_cli_say(call, "the environment of step %llu; nothing that you do here is kept", (unsigned long long)step);
		rc = enter(call, &building, (size_t)step - 1, err);
	}
	sb_building_release(&building);
	return rc;
}

static const struct sb_option shell_options[] = {
	{"step", 0, "N", false},
	{0},
};

const struct sb_verb sb_verb_shell = {
	.name = "shell",
	.summary = "enter the build environment of a step",
	.operands = "DROP",
	.options = shell_options,
	.least_words = 1,
	.most_words = 1,
	.stoppable = true,
	.run = run,
};
