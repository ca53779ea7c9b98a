/* SPDX-License-Identifier: Apache-2.0 */
/* The report writers. Adding one is its file and one row here. */
#include "verifier/report/writers.h"

#include <string.h>

static const struct sb_report_format *const formats[] = {
	&sb_report_text, &sb_report_json, &sb_report_html, &sb_report_markdown, &sb_report_sarif, &sb_report_junit, &sb_report_codequality,
	&sb_report_hygiene, &sb_report_trace,
};

const struct sb_report_format *const *sb_report_formats(size_t *count)
{
	*count = sizeof formats / sizeof *formats;
	return formats;
}

const struct sb_report_format *sb_report_format_named(const char *name)
{
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	return NULL;
}

const char *sb_report_mend(const struct sb_report_options *options, enum sb_cause cause)
{
	return options->mend ? options->mend[cause] : NULL;
}

int sb_report_document(const struct sb_node *document, struct sb_buf *out, struct sb_err *err)
{
	if (!document)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	sb_node_write_json(document, out);
	sb_buf_text(out, "\n");
	return sb_buf_ok(out, err);
}
