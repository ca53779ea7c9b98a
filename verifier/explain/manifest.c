/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests of jars. Source: JAR File Specification (Java SE 17), "JAR Manifest" and "Signed JAR File": sections of attributes, folded
 * lines, digests by the names of their algorithms.
 */
#include "verifier/explain/jar.h"

#include <string.h>
#include <strings.h>

bool sb_jar_is_zip(const struct sb_pair *pair)
{
	return pair && pair->state == SB_PAIR_OPENED && strcmp(pair->format->name, "zip") == 0;
}

/** A manifest while it is read. */
struct reading {
	struct sb_arena *arena;
	struct sb_span text;
	size_t at;
};

/* The next line without its end; false at the end of the text or where a line is not as it should be. */
static bool next_line(struct reading *in, struct sb_span *out)
{
	const uint8_t *from = in->text.p + in->at, *end = in->at < in->text.n ? memchr(from, '\n', in->text.n - in->at) : NULL;

	if (!end)
		return false;
	size_t n = (size_t)(end - from);
	in->at += n + 1;
	if (n && from[n - 1] == '\r')
		n--;
	*out = sb_span_of(from, n);
	return !memchr(from, '\r', n) && !memchr(from, 0, n);
}

static bool is_key(struct sb_span key)
{
	for (size_t i = 0; i < key.n; i++) {
		uint8_t c = key.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return false;
	}
	return key.n > 0;
}

/* "Key: value" and the lines that go on with it, each behind a blank. */
static bool read_attribute(struct reading *in, struct sb_span line, struct sb_listed_item *out)
{
	const uint8_t *colon = memchr(line.p, ':', line.n);
	size_t left = colon ? line.n - (size_t)(colon - line.p) : 0;

	if (left < 2 || colon[1] != ' ')
		return false;
	*out = (struct sb_listed_item){.key = sb_span_of(line.p, line.n - left), .value = sb_span_of(colon + 2, left - 2)};
	out->from = (size_t)(out->value.p - in->text.p);
	out->to = out->from + out->value.n;
	SB_BUF struct sb_buf whole = {0};
	bool folded = false;
	while (in->at < in->text.n && in->text.p[in->at] == ' ') {
		if (!next_line(in, &line))
			return false;
		if (!folded)
			sb_buf_add(&whole, out->value.p, out->value.n);
		sb_buf_add(&whole, line.p + 1, line.n - 1);
		out->to = (size_t)(line.p + line.n - in->text.p);
		folded = true;
	}
	if (!folded)
		return is_key(out->key);
	const char *copy = whole.bad ? NULL : sb_arena_copy(in->arena, sb_buf_span(&whole));
	out->value = sb_span_of(copy, whole.len);
	return copy && is_key(out->key);
}

/* Attributes have their case for show: two that differ in nothing else are one, and then nobody knows which counts. */
static bool is_repeated(const struct sb_listed_side *side, size_t first, const struct sb_listed_item *item)
{
	for (size_t i = first; i < side->items.count; i++) {
		const struct sb_listed_item *other = sb_vec_at(&side->items, i);
		if (other->key.n == item->key.n && strncasecmp((const char *)other->key.p, (const char *)item->key.p, item->key.n) == 0)
			return true;
	}
	return false;
}

/* One section up to its blank line. The first one is the main section, all others begin with their name. */
static bool read_section(struct sb_listed_side *side, struct reading *in, bool first, struct sb_jar_section *out)
{
	enum { MOST = 64 }; /* attributes: looked through one by one */
	size_t from = in->at, begin = side->items.count;
	struct sb_listed_item item;
	struct sb_span line;

	*out = (struct sb_jar_section){.name = sb_span_text("")};
	while (in->at < in->text.n) {
		if (!next_line(in, &line))
			return false;
		if (line.n == 0)
			break;
		if (!read_attribute(in, line, &item) || is_repeated(side, begin, &item) || side->items.count - begin >= MOST)
			return false;
		bool is_name = sb_span_equal(item.key, sb_span_text("Name"));
		if ((is_name && first) || (is_name && side->items.count != begin) || (!first && !is_name && side->items.count == begin))
			return false;
		if (is_name)
			out->name = item.value;
		item.name = out->name;
		if (!sb_listed_add(side, item))
			return false;
	}
	out->bytes = sb_span_of(in->text.p + from, in->at - from);
	return side->items.count > begin;
}

bool sb_jar_read(struct sb_listed_side *side, struct sb_span text, struct sb_vec *sections)
{
	struct reading in = {.arena = side->in->arena, .text = text};
	struct sb_jar_section section;

	for (bool first = true; in.at < text.n; first = false) {
		if (!read_section(side, &in, first, &section))
			return false;
		struct sb_jar_section *slot = sections ? sb_vec_push(sections) : NULL;
		if (sections && !slot)
			return false;
		if (slot)
			*slot = section;
	}
	return true;
}

bool sb_jar_digest_kind(struct sb_span key, enum sb_declared_digest *kind, struct sb_span *rest)
{
	static const struct {
		const char *name;
		enum sb_declared_digest kind;
	} kinds[] = {{"SHA-256", SB_DECLARED_SHA256}, {"SHA-384", SB_DECLARED_SHA384}, {"SHA-512", SB_DECLARED_SHA512}, {"SHA1", SB_DECLARED_SHA1},
	             {"SHA-1", SB_DECLARED_SHA1},     {"SHA", SB_DECLARED_SHA1},       {"MD5", SB_DECLARED_MD5}};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		size_t n = strlen(kinds[i].name);
		if (!sb_span_starts(key, kinds[i].name, n) || !sb_span_starts(sb_span_of(key.p + n, key.n - n), "-Digest", 7))
			continue;
		*kind = kinds[i].kind;
		*rest = sb_span_of(key.p + n, key.n - n);
		return true;
	}
	return false;
}

bool sb_jar_says(const struct sb_explaining *in, struct sb_span value, enum sb_declared_digest kind, struct sb_span over)
{
	SB_BUF struct sb_buf text = {.ceiling = 4 * SB_DECLARED_LARGEST};
	uint8_t digest[SB_DECLARED_LARGEST];

	sb_declared_hash(in->comparison->reading, kind, over, digest);
	sb_base64(sb_span_of(digest, sb_declared_size(kind)), &text);
	return !text.bad && sb_span_equal(sb_buf_span(&text), value);
}
