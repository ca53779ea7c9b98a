/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reading.h"

#include <endian.h>
#include <string.h>

struct sb_span sb_span_text(const char *text)
{
	return sb_span_of(text, strlen(text));
}

bool sb_span_equal(struct sb_span a, struct sb_span b)
{
	return a.n == b.n && (a.n == 0 || a.p == b.p || memcmp(a.p, b.p, a.n) == 0);
}

int sb_span_compare(struct sb_span a, struct sb_span b)
{
	size_t common = a.n < b.n ? a.n : b.n;
	int order = common ? memcmp(a.p, b.p, common) : 0;
	return order ? order : (a.n > b.n) - (a.n < b.n);
}

bool sb_span_cut(struct sb_span in, uint64_t off, uint64_t len, struct sb_span *out)
{
	if (off > in.n || len > in.n - off)
		return false;
	*out = sb_span_of(in.p ? in.p + off : NULL, (size_t)len);
	return true;
}

bool sb_span_starts(struct sb_span in, const void *prefix, size_t n)
{
	return in.n >= n && (n == 0 || memcmp(in.p, prefix, n) == 0);
}

bool sb_span_all_zero(struct sb_span in)
{
	return in.n == 0 || (in.p[0] == 0 && memcmp(in.p, in.p + 1, in.n - 1) == 0);
}

bool sb_span_take_ended_line(struct sb_span *rest, struct sb_span *line)
{
	const uint8_t *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;

	if (!end)
		return false;
	*line = sb_span_of(rest->p, (size_t)(end - rest->p));
	*rest = sb_span_of(end + 1, rest->n - line->n - 1);
	return true;
}

struct sb_span sb_span_take_line(struct sb_span *rest)
{
	struct sb_span line;

	if (sb_span_take_ended_line(rest, &line))
		return line;
	line = *rest;
	*rest = (struct sb_span){0};
	return line;
}

size_t sb_span_common_prefix(struct sb_span a, struct sb_span b)
{
	enum { STEP = 4096 };
	size_t common = a.n < b.n ? a.n : b.n, at = 0;

	while (common - at >= STEP && memcmp(a.p + at, b.p + at, STEP) == 0)
		at += STEP;
	while (at < common && a.p[at] == b.p[at])
		at++;
	return at;
}

struct sb_span sb_rd_bytes(struct sb_rd *rd, size_t n)
{
	enum { AROUND = 64 << 10 }; /* what is passed may not be read at all, but for what the kernel maps around its start */
	rd->bad |= rd->at > rd->in.n || rd->in.n - rd->at < n;
	if (rd->bad)
		return (struct sb_span){0};
	struct sb_span out = sb_span_of(rd->in.p + rd->at, n);
	rd->at += n;
	if (rd->reading)
		sb_reading_more(rd->reading, n < AROUND ? n : AROUND);
	return out;
}

static uint32_t word_at(const uint8_t *p)
{
	uint32_t word;
	memcpy(&word, p, sizeof word);
	return word;
}

static uint64_t long_at(const uint8_t *p)
{
	uint64_t word;
	memcpy(&word, p, sizeof word);
	return word;
}

uint64_t sb_rd_uint(struct sb_rd *rd, unsigned width)
{
	struct sb_span bytes = {0};
	uint64_t value = 0;

	rd->bad |= width > 8;
	if (!rd->bad)
		bytes = sb_rd_bytes(rd, width);
	if (bytes.n == 4) /* words of both usual sizes, whole */
		return rd->be ? be32toh(word_at(bytes.p)) : le32toh(word_at(bytes.p));
	if (bytes.n == 8)
		return rd->be ? be64toh(long_at(bytes.p)) : le64toh(long_at(bytes.p));
	for (size_t i = 0; i < bytes.n; i++)
		value = value << 8 | bytes.p[rd->be ? i : bytes.n - 1 - i];
	return value;
}

struct sb_span sb_rd_cstring(struct sb_rd *rd)
{
	const uint8_t *end = NULL;

	if (!rd->bad && rd->at < rd->in.n)
		end = memchr(rd->in.p + rd->at, 0, rd->in.n - rd->at);
	if (!end) {
		rd->bad = true;
		return (struct sb_span){0};
	}
	struct sb_span text = sb_rd_bytes(rd, (size_t)(end - (rd->in.p + rd->at)));
	rd->at++;
	return text;
}

void sb_rd_seek(struct sb_rd *rd, uint64_t at)
{
	rd->bad |= at > rd->in.n;
	if (!rd->bad)
		rd->at = (size_t)at;
}
