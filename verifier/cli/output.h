/* SPDX-License-Identifier: Apache-2.0 */
/* Results in the forms that were asked for: -o FORMAT=PATH, --json, or the text on stdout. */
#ifndef VERIFIER_CLI_OUTPUT_H
#define VERIFIER_CLI_OUTPUT_H

#include "verifier/cli/cli.h"
#include "verifier/model/model.h"

/** Check every -o before anything runs: USAGE "report-format" with the list of formats, and as sb_output_check_places. */
SB_MUST_USE int sb_output_check(const struct sb_invocation *call, struct sb_err *err);
/**
 * Each -o goes to a place of its own, by whatever name, stdout among them, which --json takes for its one document; and none takes the place of a
 * file that the call reads, or of one in a folder that it compares: USAGE "report-place".
 */
SB_MUST_USE int sb_output_check_places(const struct sb_invocation *call, struct sb_err *err);
/** Write every -o, and the result on stdout: the record with --json, else the text. A file that cannot be written is TEMPORARY. */
SB_MUST_USE int sb_output_write(struct sb_invocation *call, const struct sb_result *result, struct sb_err *err);

/**
 * Write to a path that the user named: whole or not at all where it is a file (links are followed), straight into it where it is a
 * device or a FIFO. Errors: IO or TEMPORARY "write-failed".
 */
SB_MUST_USE int sb_output_publish(const char *path, struct sb_span bytes, struct sb_err *err);

#endif
