/* SPDX-License-Identifier: Apache-2.0 */
/* How a result reads: a const table of writers over one record. A writer never filters and never judges. */
#ifndef VERIFIER_REPORT_REPORT_H
#define VERIFIER_REPORT_REPORT_H

#include "manifests/manifests.h"
#include "verifier/model/model.h"

struct sb_report_options {
	bool colour;  /* ANSI colours in text */
	bool unicode; /* symbols beside the words */
	unsigned most_findings; /* text: shown before "shown N of M"; 0: 10 */
	const char *const *mend; /* by cause: how to mend it, one clause or NULL; or NULL altogether */
};

struct sb_report_format {
	const char *name, *media_type, *summary;
	int (*write)(const struct sb_result *result, const struct sb_report_options *options, struct sb_buf *out, struct sb_err *err);
};

const struct sb_report_format *const *sb_report_formats(size_t *count);
/** The row, or NULL. */
const struct sb_report_format *sb_report_format_named(const char *name);

#endif
