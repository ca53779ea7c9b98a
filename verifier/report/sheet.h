/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: the sheet that the hygiene report is written on. Foreign text stands in code spans. */
#ifndef VERIFIER_REPORT_SHEET_H
#define VERIFIER_REPORT_SHEET_H

#include "verifier/model/model.h"

/** Rows of one list, and bytes of one name, that are shown. */
enum { SB_SHEET_ROWS = 200, SB_SHEET_NAME = 400 };

struct sb_sheet {
	const struct sb_result *result;
	const struct sb_lineage *lineage; /* or NULL */
	struct sb_buf *out;
};

void sb_sheet_heading(struct sb_sheet *sheet, const char *title);
/** "- not examined: " and why. */
void sb_sheet_unexamined(struct sb_sheet *sheet, const char *what);
/** A code span that no foreign text can end. */
void sb_sheet_foreign(struct sb_sheet *sheet, struct sb_span raw);
void sb_sheet_name(struct sb_sheet *sheet, const char *raw);
/** " sha256 " and the digits. */
void sb_sheet_digest(struct sb_sheet *sheet, const uint8_t sha256[SB_SHA256_BYTES]);
/** How many of @count were shown, when not all were. */
void sb_sheet_rest(struct sb_sheet *sheet, size_t count);
/** Raw names as items of a list. */
void sb_sheet_names(struct sb_sheet *sheet, const char *const *list, size_t count);

/* The headings of docs/hygiene.md. */
void sb_sheet_integrity(struct sb_sheet *sheet);
void sb_sheet_configuration(struct sb_sheet *sheet);
void sb_sheet_toolchain(struct sb_sheet *sheet);
void sb_sheet_environment(struct sb_sheet *sheet);

#endif
