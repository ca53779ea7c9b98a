/* SPDX-License-Identifier: Apache-2.0 */
/* Texts and names that one side alone holds in what is loaded: no option of a compiler makes up a text. */
#include "verifier/explain/image.h"

#include <stdlib.h>
#include <string.h>

enum { SHORTEST = 6, SHORTEST_NAME = 2, MOST_SHOWN = 8, LONGEST_SHOWN = 60, MOST_TEXTS = 4 << 20, MOST_SECTIONS = 256 };

/** A text between NULs, of a section or of the table of dynamic names. */
struct text {
	struct sb_span bytes;
	unsigned side;
};

static bool is_printable(uint8_t c)
{
	return (c >= ' ' && c <= '~') || c == '\n' || c == '\t';
}

/* Numbers may stand before a text without a NUL between them. */
static struct sb_span printable_end(struct sb_span bytes)
{
	size_t from = bytes.n;

	while (from > 0 && is_printable(bytes.p[from - 1]))
		from--;
	return sb_span_of(bytes.p + from, bytes.n - from);
}

/* @names: of symbols; a compiler that makes one up puts a dot into it. */
static bool split(struct sb_span bytes, unsigned side, bool names, struct sb_vec *out)
{
	for (size_t at = 0; at < bytes.n && out->count < MOST_TEXTS;) {
		const uint8_t *end = memchr(bytes.p + at, 0, bytes.n - at);
		struct sb_span token = sb_span_of(bytes.p + at, end ? (size_t)(end - (bytes.p + at)) : bytes.n - at), text = printable_end(token);
		at += token.n + 1;
		if (!end || text.n < (names ? SHORTEST_NAME : SHORTEST) || (names && memchr(text.p, '.', text.n)))
			continue;
		struct text *slot = sb_vec_push(out);
		if (!slot)
			return false;
		*slot = (struct text){text, side};
	}
	return true;
}

/* What is loaded; of an object also the names by which a linker goes. */
static bool is_read(const struct sb_view *view, const struct sb_region *region)
{
	return region->kind == SB_REGION_SECTION && (region->loaded || (view->unlinked && strcmp(region->name, ".strtab") == 0));
}

/* Sections that are read and hold no functions. */
static bool read_side(const struct sb_pair *pair, const struct sb_address_map *map, unsigned side, struct sb_vec *out)
{
	const struct sb_view *view = pair->view[side];
	size_t read = 0;

	for (size_t i = 0; i < view->regions.count && read < MOST_SECTIONS; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		struct sb_span bytes;
		if (!is_read(view, region) || read++ >= MOST_SECTIONS || sb_address_map_has_functions(map, side, region) ||
		    !sb_span_cut(pair->bytes[side], region->offset, region->length, &bytes))
			continue;
		if (!split(bytes, side, !region->loaded, out))
			return false;
	}
	return true;
}

static int by_text(const void *a, const void *b)
{
	const struct text *x = a, *y = b;
	int order = sb_span_compare(x->bytes, y->bytes);
	return order ? order : (x->side > y->side) - (x->side < y->side);
}

/** Texts of one side alone. */
struct lone {
	size_t count;
	struct sb_span first[MOST_SHOWN];
};

static void find_lone(const struct sb_vec *texts, struct lone lone[SB_SIDES])
{
	const struct text *items = texts->items;

	for (size_t i = 0, end; i < texts->count; i = end) {
		for (end = i + 1; end < texts->count && sb_span_equal(items[i].bytes, items[end].bytes);)
			end++;
		struct lone *of = &lone[items[i].side];
		if (items[i].side != items[end - 1].side)
			continue;
		if (of->count < MOST_SHOWN)
			of->first[of->count] = items[i].bytes;
		of->count++;
	}
}

static const char *list(struct sb_explaining *in, const struct lone *lone)
{
	const char *text = "";

	for (size_t i = 0; i < lone->count && i < MOST_SHOWN; i++) {
		struct sb_span bytes = lone->first[i];
		bool cut = bytes.n > LONGEST_SHOWN;
		bytes.n = cut ? LONGEST_SHOWN : bytes.n;
		text = sb_explain_note(in, "%s%s\"%s%s\"", text, i ? ", " : "", sb_explain_shown(in, bytes), cut ? "..." : "");
	}
	return lone->count > MOST_SHOWN ? sb_explain_note(in, "%s (shown %d of %zu)", text, MOST_SHOWN, lone->count) : text;
}

const char *sb_explain_texts(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_address_map *map)
{
	SB_VEC struct sb_vec texts = {.size = sizeof(struct text)};
	struct lone lone[SB_SIDES] = {{0}};

	if (!read_side(pair, map, SB_SHIPPED, &texts) || !read_side(pair, map, SB_REBUILT, &texts)) {
		in->no_memory = true;
		return NULL;
	}
	if (texts.count)
		qsort(texts.items, texts.count, texts.size, by_text);
	find_lone(&texts, lone);
	if (lone[SB_SHIPPED].count + lone[SB_REBUILT].count == 0)
		return NULL;
	return sb_explain_note(in, "texts and names that are loaded on one side only: shipped: %s; rebuilt: %s",
	                       lone[SB_SHIPPED].count ? list(in, &lone[SB_SHIPPED]) : "none", lone[SB_REBUILT].count ? list(in, &lone[SB_REBUILT]) : "none");
}
