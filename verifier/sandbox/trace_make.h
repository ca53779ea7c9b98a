/* SPDX-License-Identifier: Apache-2.0 */
/* The trace, out of what init recorded: by the supervisor, once init is silent. */
#ifndef VERIFIER_SANDBOX_TRACE_MAKE_H
#define VERIFIER_SANDBOX_TRACE_MAKE_H

#include "verifier/sandbox/recorder.h"
#include "verifier/sandbox/sandbox.h"

struct sb_trace_request {
	struct sb_recorder *recorder;
	const char *build_path, *work_mount;
	const struct sb_tree *source;           /* or NULL */
	const struct sb_inventory *outputs;     /* what was collected */
};

/** All of @out lives in @arena. Errors: NOMEM, INTERNAL "sandbox-tree". */
SB_MUST_USE int sb_trace_make(const struct sb_trace_request *request, struct sb_arena *arena, struct sb_trace *out, struct sb_err *err);

/** A path as a trace has it: relative to the build path when it lies there, random names as "*". NULL: out of memory. */
const char *sb_trace_path(const struct sb_trace_request *request, struct sb_arena *arena, const char *path);

/** A file under one of its names. */
struct sb_trace_row {
	uint32_t file;    /* as recorded */
	const char *path; /* as the trace has it */
};

/** An order that depends on what was recorded and not on when. */
struct sb_trace_order {
	uint32_t *processes, *process_at; /* recorded numbers in the order of the trace; and back */
	size_t process_count;
	uint64_t *process_keys, *file_keys; /* what distinguishes those that look the same: by whom and what they met */
};

/**
 * Processes as a tree, children behind their parents, sorted by program, arguments and folder; file_keys for sorting rows.
 * @shown  of each recorded file its first path, as the trace has it. Errors: NOMEM.
 */
SB_MUST_USE int sb_trace_order(struct sb_recorder *recorder, const char *const *shown, struct sb_arena *arena, struct sb_trace_order *out,
                               struct sb_err *err);

#endif
