/* SPDX-License-Identifier: Apache-2.0 */
/* Private to pdf/: words of the syntax, read forward over bytes that may be anything. ISO 32000-1, 7.2 and 7.3. */
#ifndef VERIFIER_FORMATS_PDF_LEXER_H
#define VERIFIER_FORMATS_PDF_LEXER_H

#include "base/base.h"

/**
 * The next word at or after *at: a run of regular characters, or one delimiter ("<<", ">>" and a whole string count as one). Blanks and comments
 * are passed over. Empty at the end. *at moves behind it.
 */
struct sb_span sb_pdf_word(struct sb_span file, uint64_t *at);
/** First byte at or after @at that is no white space; comments are not passed over. */
uint64_t sb_pdf_skip_blanks(struct sb_span file, uint64_t at);
bool sb_pdf_is(struct sb_span word, const char *text);

#endif
