/* SPDX-License-Identifier: Apache-2.0 */
/* Text between tags: HTML and XML take the same five references. What XML 1.0 cannot hold has been escaped before. */
#include "verifier/report/writers.h"

#include <string.h>

static const char *reference(char letter)
{
	switch (letter) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void sb_add_markup(struct sb_buf *out, const char *escaped)
{
	for (size_t n; *escaped; escaped += n) {
		const char *instead = reference(*escaped);
		n = instead ? 1 : strcspn(escaped, "&<>\"'");
		if (instead)
			sb_buf_text(out, instead);
		else
			sb_buf_add(out, escaped, n);
	}
}

void sb_pass_failure(struct sb_buf *out, const struct sb_buf *text)
{
	if (!out->bad)
		out->bad = text->bad;
}

size_t sb_cut_text(struct sb_span text, size_t most)
{
	size_t at = 0;
	uint32_t cp;

	while (at < text.n) {
		size_t n = sb_utf8_decode(sb_span_of(text.p + at, text.n - at), &cp);
		n = n ? n : 1;
		if (at + n > most)
			break;
		at += n;
	}
	return at;
}

void sb_add_foreign(struct sb_buf *out, const char *raw, size_t most)
{
	struct sb_span text = sb_span_text(raw);
	SB_BUF struct sb_buf shown = {0};
	size_t n = sb_cut_text(text, most);

	sb_escape(&shown, sb_span_of(text.p, n));
	sb_pass_failure(out, &shown);
	sb_add_markup(out, shown.data ? shown.data : "");
	if (n < text.n)
		sb_buf_printf(out, "… (the first %zu of %zu bytes)", n, text.n);
}

static size_t longest_run(const char *text)
{
	size_t longest = 0, run = 0;

	for (; *text; text++) {
		run = *text == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

static void add_fence(struct sb_buf *out, size_t ticks)
{
	while (ticks--)
		sb_buf_text(out, "`");
}

/* Escaped text as a code span; a blank on each side where it would touch the fence. */
void sb_add_code_span(struct sb_buf *out, const char *escaped, size_t most)
{
	size_t n = sb_cut_text(sb_span_text(escaped), most), ticks = longest_run(escaped) + 1;

	if (ticks > 64)
		ticks = most + 1;
	add_fence(out, ticks);
	sb_buf_text(out, " ");
	sb_buf_add(out, escaped, n);
	sb_buf_text(out, " ");
	add_fence(out, ticks);
	if (escaped[n])
		sb_buf_printf(out, " (the first %zu of %zu bytes)", n, strlen(escaped));
}
