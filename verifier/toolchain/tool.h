/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: running a tool of the system. */
#ifndef VERIFIER_TOOLCHAIN_TOOL_H
#define VERIFIER_TOOLCHAIN_TOOL_H

#include "base/base.h"

/**
 * Run argv[0] (found by PATH) in folder @dir with stdin empty and stdout and stderr in the file @log there; SOURCE_DATE_EPOCH is @epoch.
 * Its whole process group is killed when a stop is asked for.
 * Errors: ABSENT "tool-absent", FAILED "toolchain-failed" with the last line of the log, INTERRUPTED.
 */
SB_MUST_USE int sb_tool_run(int dir, const char *const *argv, const char *log, int64_t epoch, struct sb_progress *progress, struct sb_err *err);

#endif
