/* SPDX-License-Identifier: Apache-2.0 */
/* Outside: makes init, keeps the time and the log, takes the outputs. When it dies, init dies. */
#include "verifier/sandbox/birth.h"
#include "verifier/sandbox/channel.h"
#include "verifier/sandbox/collect.h"
#include "verifier/sandbox/environment.h"
#include "verifier/sandbox/forbidden.h"
#include "verifier/sandbox/guard.h"
#include "verifier/sandbox/spec.h"
#include "verifier/sandbox/trace_make.h"

#include <errno.h>
#include <poll.h>

enum { TICK = 50 }; /* ms between looks at limits and the stop flag */

/** A person takes the time that it takes. */
static void begin_shell(struct sb_watch *watch)
{
	watch->end = watch->step_end = 0;
	sb_terminal_enter(&watch->terminal);
}

/** Which step runs; said again at every tick, so that a long one shows life. */
static void tell(const struct sb_watch *watch)
{
	size_t step = watch->plan.board->step;
	const char *name = step < watch->spec->step_count ? watch->spec->steps[step].name : NULL;

	sb_step(watch->spec->progress, "rebuild", name ? name : "step", step, watch->spec->step_count);
}

static void hear(struct sb_watch *watch)
{
	int passed = -1;
	enum sb_word word = sb_channel_hear(watch->channel, &passed);
	size_t step = watch->plan.board->step;

	if (word == SB_WORD_READY) {
		sb_close_fd(&watch->scratch);
		watch->scratch = passed;
		sb_guard_ready(watch);
	} else if (word == SB_WORD_PROC) {
		sb_close_fd(&watch->proc);
		watch->proc = passed;
	} else if (word == SB_WORD_STEP) {
		uint64_t timeout = watch->spec->steps[step].timeout;
		watch->step_end = timeout ? sb_watch_now() + (int64_t)timeout * 1000 : 0;
		if (watch->spec->interactive && step + 1 == watch->spec->step_count)
			begin_shell(watch);
		tell(watch);
	} else {
		watch->build = passed;
		watch->over = true; /* done, or dead */
	}
}

/** Until init is done or dead and the log has been read to its end. */
static int attend(struct sb_watch *watch, struct sb_err *err)
{
	int64_t looked = 0;
	int rc = 0;

	while (rc == 0 && !(watch->over && watch->log_over)) {
		struct pollfd fds[2 + SB_TERMINAL_FDS] = {{.fd = watch->over ? -1 : watch->channel, .events = POLLIN},
		                                          {.fd = watch->log_over ? -1 : watch->log, .events = POLLIN}};
		sb_terminal_watch(&watch->terminal, fds + 2);
		if (poll(fds, 2 + SB_TERMINAL_FDS, TICK) < 0 && errno != EINTR)
			return sb_fail_errno(err, "sandbox-setup", "cannot wait for the environment");
		if (fds[1].revents)
			rc = sb_guard_log(watch, err);
		sb_terminal_carry(&watch->terminal, fds + 2);
		if (fds[0].revents)
			hear(watch);
		if (!watch->over && sb_watch_now() - looked >= TICK) {
			sb_guard_tick(watch);
			if (!watch->spec->interactive)
				tell(watch);
			looked = sb_watch_now();
		}
	}
	return rc;
}

static int give_trace(const struct sb_watch *watch, struct sb_arena *arena, struct sb_err *err)
{
	const struct sb_trace_request request = {.recorder = watch->plan.recorder, .build_path = watch->spec->build_path,
	                                         .work_mount = watch->plan.work_mount, .source = watch->spec->source,
	                                         .outputs = &watch->out->outputs};

	return sb_trace_make(&request, arena, &watch->out->trace, err);
}

static int conclude(struct sb_watch *watch, struct sb_arena *arena, struct sb_err *err)
{
	const struct sb_board *board = watch->plan.board;
	struct sb_sandbox_result *out = watch->out;

	sb_guard_conclude(watch);
	int rc = sb_environment_describe(&watch->plan, arena, &out->environment, err);
	if (rc)
		return rc;
	if (board->err.code && out->end == SB_END_UNKNOWN)
		return sb_forbidden_setup(&board->err, err);
	if (out->end == SB_END_UNKNOWN)
		return sb_fail(err, SB_IO, "sandbox-setup", "the environment ended without a word");
	if (out->end != SB_END_DONE || watch->build < 0)
		return 0;
	rc = sb_collect(watch, arena, err);
	return rc == 0 && out->end == SB_END_DONE && watch->plan.recorder ? give_trace(watch, arena, err) : rc;
}

int sb_sandbox_run(const struct sb_sandbox_spec *spec, struct sb_arena *arena, struct sb_sandbox_result *out, struct sb_err *err)
{
	struct sb_board *board = sb_board_new();
	struct sb_sandbox_result made = {.end = SB_END_UNKNOWN};
	struct sb_watch watch = {.spec = spec, .out = &made, .pidfd = -1, .channel = -1, .log = -1, .scratch = -1, .proc = -1, .build = -1,
	                         .plan = {.control = -1, .log = -1, .terminal = -1}};
	int rc;

	sb_cgroup_init(&watch.cgroup);
	sb_terminal_init(&watch.terminal);
	rc = board ? sb_spec_check(spec, err) : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (rc == 0)
		rc = sb_plan_make(spec, arena, board, &watch.plan, err);
	if (rc == 0 && (watch.plan.answers & SB_ANSWERS_TRACE))
		rc = sb_recorder_new(&watch.plan.recorder, err);
	if (rc == 0)
		rc = sb_birth(&watch, err);
	if (rc == 0) {
		watch.end = sb_watch_now() + (int64_t)watch.plan.bounds.wall * 1000;
		rc = attend(&watch, err);
	}
	if (rc == 0)
		rc = conclude(&watch, arena, err);
	sb_watch_bury(&watch);
	sb_recorder_free(&watch.plan.recorder);
	sb_board_free(&board);
	if (rc == 0)
		*out = made;
	else
		sb_sandbox_release(&made);
	return rc;
}

void sb_sandbox_release(struct sb_sandbox_result *result)
{
	for (size_t i = 0; i < result->spool_count; i++)
		sb_blob_release(&result->spools[i]);
	free(result->spools);
	result->spools = NULL;
	result->spool_count = 0;
}
