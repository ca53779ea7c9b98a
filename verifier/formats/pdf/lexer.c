/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/formats/pdf/lexer.h"

#include <string.h>

static bool is_blank(uint8_t c)
{
	return c == 0 || c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == ' ';
}

static bool is_delimiter(uint8_t c)
{
	return c && strchr("()<>[]{}/%", c);
}

bool sb_pdf_is(struct sb_span word, const char *text)
{
	return sb_span_equal(word, sb_span_text(text));
}

uint64_t sb_pdf_skip_blanks(struct sb_span file, uint64_t at)
{
	while (at < file.n && is_blank(file.p[at]))
		at++;
	return at;
}

static uint64_t skip_comment(struct sb_span file, uint64_t at)
{
	while (at < file.n && file.p[at] != '\n' && file.p[at] != '\r')
		at++;
	return at;
}

/* 7.3.4.2: brackets in pairs, unless a backslash stands before them. */
static uint64_t skip_string(struct sb_span file, uint64_t at)
{
	uint64_t depth = 0;

	for (; at < file.n; at++) {
		if (file.p[at] == '\\')
			at++;
		else if (file.p[at] == '(')
			depth++;
		else if (file.p[at] == ')' && --depth == 0)
			return at + 1;
	}
	return file.n;
}

static uint64_t skip_regular(struct sb_span file, uint64_t at)
{
	while (at < file.n && !is_blank(file.p[at]) && !is_delimiter(file.p[at]))
		at++;
	return at;
}

static uint64_t end_of_word(struct sb_span file, uint64_t at)
{
	uint8_t first = file.p[at];

	if (first == '(')
		return skip_string(file, at);
	if (first == '/')
		return skip_regular(file, at + 1);
	if (!is_delimiter(first))
		return skip_regular(file, at);
	return at + (at + 1 < file.n && (first == '<' || first == '>') && file.p[at + 1] == first ? 2 : 1);
}

struct sb_span sb_pdf_word(struct sb_span file, uint64_t *at)
{
	uint64_t from = sb_pdf_skip_blanks(file, *at);

	while (from < file.n && file.p[from] == '%')
		from = sb_pdf_skip_blanks(file, skip_comment(file, from));
	*at = from < file.n ? end_of_word(file, from) : file.n;
	return sb_span_of(file.p + from, (size_t)(*at - from));
}
