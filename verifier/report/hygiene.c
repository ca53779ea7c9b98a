/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a delivery is built, in the five headings under which the oversight of such builds reports: docs/hygiene.md. Each line has its evidence; what was
 * not looked at says so in words. Foreign text stands in code spans, as in Markdown.
 */
#include "verifier/report/sheet.h"
#include "verifier/report/summary.h"
#include "verifier/report/writers.h"

static void lifecycle(struct sb_sheet *sheet)
{
	sb_sheet_heading(sheet, "Component lifecycle");
	if (sheet->result->previous.present) {
		sb_buf_text(sheet->out, "- ");
		sb_add_previous_sentence(&sheet->result->previous, sheet->out);
		sb_buf_text(sheet->out, "\n");
	} else {
		sb_sheet_unexamined(sheet, "no earlier delivery was given to compare with");
	}
	sb_sheet_unexamined(sheet, "versions and support of third-party components (that is the census)");
}

static int write_hygiene(const struct sb_result *result, const struct sb_report_options *options, struct sb_buf *out, struct sb_err *err)
{
	struct sb_sheet sheet = {.result = result, .lineage = result->lineage, .out = out};

	(void)options;
	sb_buf_text(out, "# Build hygiene");
	if (result->delivery) {
		sb_buf_text(out, ": ");
		sb_sheet_name(&sheet, result->delivery->name);
		sb_buf_text(out, " ");
		sb_sheet_name(&sheet, result->delivery->version);
	}
	sb_buf_text(out, "\n");
	sb_sheet_integrity(&sheet);
	sb_sheet_configuration(&sheet);
	lifecycle(&sheet);
	sb_sheet_toolchain(&sheet);
	sb_sheet_environment(&sheet);
	return sb_buf_ok(out, err);
}

const struct sb_report_format sb_report_hygiene = {
	.name = "hygiene",
	.media_type = "text/markdown; charset=utf-8",
	.summary = "how it is built, in five headings, each line with its evidence",
	.write = write_hygiene,
};
