/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/report/sheet.h"

#include "verifier/report/writers.h"

void sb_sheet_heading(struct sb_sheet *sheet, const char *title)
{
	sb_buf_printf(sheet->out, "\n## %s\n\n", title);
}

void sb_sheet_unexamined(struct sb_sheet *sheet, const char *what)
{
	sb_buf_printf(sheet->out, "- not examined: %s\n", what);
}

void sb_sheet_foreign(struct sb_sheet *sheet, struct sb_span raw)
{
	SB_BUF struct sb_buf shown = {0};

	sb_escape(&shown, raw);
	sb_pass_failure(sheet->out, &shown);
	sb_add_code_span(sheet->out, shown.data ? shown.data : "", SB_SHEET_NAME);
}

void sb_sheet_name(struct sb_sheet *sheet, const char *raw)
{
	sb_sheet_foreign(sheet, sb_span_text(raw ? raw : ""));
}

void sb_sheet_digest(struct sb_sheet *sheet, const uint8_t sha256[SB_SHA256_BYTES])
{
	sb_buf_text(sheet->out, " sha256 ");
	sb_buf_hex(sheet->out, sb_span_of(sha256, SB_SHA256_BYTES));
}

void sb_sheet_rest(struct sb_sheet *sheet, size_t count)
{
	if (count > SB_SHEET_ROWS)
		sb_buf_printf(sheet->out, "  - shown %d of %zu, the rest in the JSON record\n", SB_SHEET_ROWS, count);
}

void sb_sheet_names(struct sb_sheet *sheet, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count && i < SB_SHEET_ROWS; i++) {
		sb_buf_text(sheet->out, "  - ");
		sb_sheet_name(sheet, list[i]);
		sb_buf_text(sheet->out, "\n");
	}
	sb_sheet_rest(sheet, count);
}
