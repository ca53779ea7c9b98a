/* SPDX-License-Identifier: Apache-2.0 */
/* The record itself: the only complete form. */
#include "verifier/report/writers.h"

static int write_json(const struct sb_result *result, const struct sb_report_options *options, struct sb_buf *out, struct sb_err *err)
{
	(void)options;
	int rc = sb_record_write(result, out, err);
	if (rc)
		return rc;
	sb_buf_text(out, "\n");
	return sb_buf_ok(out, err);
}

const struct sb_report_format sb_report_json = {
	.name = "json",
	.media_type = "application/json",
	.summary = "the complete result record",
	.write = write_json,
};
