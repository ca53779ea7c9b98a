/* SPDX-License-Identifier: Apache-2.0 */
/* The trace document, as it was written when the build had ended. */
#include "verifier/report/writers.h"

static int write_trace(const struct sb_result *result, const struct sb_report_options *options, struct sb_buf *out, struct sb_err *err)
{
	(void)options;
	if (result->trace_document.n == 0)
		return sb_fail(err, SB_ABSENT, "trace-absent", "the run has no trace document");
	sb_buf_add(out, result->trace_document.p, result->trace_document.n);
	return sb_buf_ok(out, err);
}

const struct sb_report_format sb_report_trace = {
	.name = "trace",
	.media_type = "application/json",
	.summary = "the graph of the build: programs, files, who read and wrote what",
	.write = write_trace,
};
