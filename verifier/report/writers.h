/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: every row of the table, and what several of them say. */
#ifndef VERIFIER_REPORT_WRITERS_H
#define VERIFIER_REPORT_WRITERS_H

#include "verifier/report/report.h"

extern const struct sb_report_format sb_report_text, sb_report_json, sb_report_html, sb_report_markdown;
extern const struct sb_report_format sb_report_sarif, sb_report_junit, sb_report_codequality;
extern const struct sb_report_format sb_report_hygiene, sb_report_trace;

/** How to mend @cause, or NULL. */
const char *sb_report_mend(const struct sb_report_options *options, enum sb_cause cause);

/** Write @document as canonical JSON and a newline. NULL: NOMEM. */
SB_MUST_USE int sb_report_document(const struct sb_node *document, struct sb_buf *out, struct sb_err *err);

/** What a text that goes into @out ran out of, @out has run out of as well. */
void sb_pass_failure(struct sb_buf *out, const struct sb_buf *text);
/** Length of the longest start of @text of at most @most bytes that ends between two characters. */
size_t sb_cut_text(struct sb_span text, size_t most);
/** Escaped text as content or as a value between quotes of HTML and XML 1.0. */
void sb_add_markup(struct sb_buf *out, const char *escaped);
/** Escaped text as a code span of Markdown, between more backticks than it holds in a row; a blank on each side. Over @most bytes it is cut, and says so. */
void sb_add_code_span(struct sb_buf *out, const char *escaped, size_t most);
/** Foreign text, escaped for people first. Over @most bytes it is cut, and says of how many. */
void sb_add_foreign(struct sb_buf *out, const char *raw, size_t most);

#endif
