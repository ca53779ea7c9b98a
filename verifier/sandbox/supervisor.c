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
#include <string.h>

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

/** For the next build. One that cannot be kept costs time, and nothing else. */
static int keep_digests(const struct sb_watch *watch, struct sb_arena *arena, struct sb_err *err)
{
	size_t count, fresh = 0;
	const struct sb_recorded_file *files = sb_recorder_files(watch->plan.recorder, &count);
	struct sb_book_row *rows = watch->spec->digests ? sb_arena_array(arena, count, sizeof(*rows)) : NULL;

	if (!watch->spec->digests)
		return 0;
	if (!rows)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < count; i++) {
		if (!files[i].book_new)
			continue;
		rows[fresh] = (struct sb_book_row){.key = files[i].book_key, .size = files[i].size};
		memcpy(rows[fresh].sha256, files[i].sha256, sizeof(rows[fresh].sha256));
		memcpy(rows[fresh++].gitoid, files[i].gitoid, sizeof(rows[0].gitoid));
	}
	if (fresh)
		(void)!sb_digest_book_write(watch->spec->digests, watch->plan.book, rows, fresh, NULL);
	return 0;
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
	if (rc || out->end != SB_END_DONE || !watch->plan.recorder)
		return rc;
	rc = give_trace(watch, arena, err);
	return rc ? rc : keep_digests(watch, arena, err);
}

static int begin_record(struct sb_watch *watch, struct sb_digest_book *book, struct sb_err *err)
{
	sb_digest_book_read(watch->spec->digests, book);
	watch->plan.book = book;
	return sb_recorder_new(&watch->plan.recorder, err);
}

int sb_sandbox_run(const struct sb_sandbox_spec *spec, struct sb_arena *arena, struct sb_sandbox_result *out, struct sb_err *err)
{
	struct sb_board *board = sb_board_new();
	struct sb_sandbox_result made = {.end = SB_END_UNKNOWN};
	struct sb_digest_book book = {0};
	struct sb_watch watch = {.spec = spec, .out = &made, .pidfd = -1, .channel = -1, .log = -1, .scratch = -1, .proc = -1, .build = -1,
	                         .plan = {.control = -1, .log = -1, .terminal = -1}};
	int rc;

	sb_cgroup_init(&watch.cgroup);
	sb_terminal_init(&watch.terminal);
	rc = board ? sb_spec_check(spec, err) : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (rc == 0)
		rc = sb_plan_make(spec, arena, board, &watch.plan, err);
	if (rc == 0 && (watch.plan.answers & SB_ANSWERS_TRACE))
		rc = begin_record(&watch, &book, err);
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
	sb_digest_book_release(&book);
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
