/* SPDX-License-Identifier: Apache-2.0 */
/* X.dist-info/RECORD of a wheel: path, digest, size. Source: PEP 376, "RECORD"; PEP 427, "Signed wheel files" (URL-safe base64, no padding). */
#include "verifier/explain/listed.h"

#include <stdio.h>
#include <string.h>

enum { SHA256 = 32 };

static bool is_record(const struct sb_pair *text)
{
	static const char ending[] = ".dist-info/RECORD";
	size_t n = strlen(text->name), tail = sizeof ending - 1;

	return text->parent->state == SB_PAIR_OPENED && strcmp(text->parent->format->name, "zip") == 0 && n > tail &&
	       strcmp(text->name + n - tail, ending) == 0 && strchr(text->name, '/') == text->name + n - 7;
}

/* Without quotes: names that need them are left unexplained. */
static bool read_line(struct sb_listed_side *side, size_t at, struct sb_span line)
{
	const uint8_t *first = memchr(line.p, ',', line.n);
	size_t left = first ? line.n - (size_t)(first + 1 - line.p) : 0;
	const uint8_t *second = first ? memchr(first + 1, ',', left) : NULL;

	if (!second || first == line.p || memchr(line.p, '"', line.n) || memchr(line.p, 0, line.n) || memchr(line.p, '\r', line.n))
		return false;
	struct sb_span name = sb_span_of(line.p, (size_t)(first - line.p)), digest = sb_span_of(first + 1, (size_t)(second - first - 1)),
		       size = sb_span_of(second + 1, line.n - (size_t)(second + 1 - line.p));
	if (memchr(size.p, ',', size.n))
		return false;
	size_t from = at + (size_t)(digest.p - line.p), to = at + (size_t)(size.p - line.p);
	return sb_listed_add(side, (struct sb_listed_item){name, sb_span_text("digest"), digest, from, from + digest.n}) &&
	       sb_listed_add(side, (struct sb_listed_item){name, sb_span_text("size"), size, to, to + size.n});
}

static bool read_record(struct sb_listed_side *side)
{
	struct sb_span text = side->text->bytes[side->side];

	for (size_t at = 0; at < text.n;) {
		const uint8_t *end = memchr(text.p + at, '\n', text.n - at);
		size_t n = end ? (size_t)(end - (text.p + at)) : 0, cut = n && text.p[at + n - 1] == '\r';
		if (!end || !read_line(side, at, sb_span_of(text.p + at, n - cut)))
			return false;
		at += n + 1;
	}
	return true;
}

/* "sha256=" and base64 for URLs without padding. */
static bool says_digest(const struct sb_listed_side *side, struct sb_span value, struct sb_span content)
{
	SB_BUF struct sb_buf text = {.ceiling = 256};
	uint8_t digest[SHA256];

	sb_declared_hash(side->in->comparison->reading, SB_DECLARED_SHA256, content, digest);
	sb_base64(sb_span_of(digest, sizeof digest), &text);
	if (text.bad)
		return false;
	while (text.len && text.data[text.len - 1] == '=')
		text.len--;
	for (size_t i = 0; i < text.len; i++)
		text.data[i] = text.data[i] == '+' ? '-' : text.data[i] == '/' ? '_' : text.data[i];
	return sb_span_starts(value, "sha256=", 7) && sb_span_equal(sb_span_of(value.p + 7, value.n - 7), sb_buf_span(&text));
}

static bool record_is_right(struct sb_listed_side *side, const struct sb_listed_item *item)
{
	struct sb_span content;
	char digits[24];

	if (!sb_listed_content(side, item->name, &content))
		return false;
	if (sb_span_equal(item->key, sb_span_text("digest")))
		return says_digest(side, item->value, content);
	snprintf(digits, sizeof digits, "%zu", content.n);
	return sb_span_equal(item->value, sb_span_text(digits));
}

const struct sb_listed_format sb_listed_wheel_record = {.is_mine = is_record, .read = read_record, .is_right = record_is_right};
