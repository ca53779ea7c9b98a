/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where each part of an image went from one build to the other: sections by name, then functions by name and texts by content, always in
 * rising order, so that no name can make one function stand for another that was elsewhere.
 */
#include "verifier/explain/image.h"

#include <stdlib.h>
#include <string.h>

/** Sections that are aligned by the names in them; of more than these only the bytes are looked at. */
enum { MOST_ALIGNED = 256 };

/** Bytes of a text that is compared by what it says. */
enum { LONGEST_TEXT = 4096 };

/** Functions in a row that must agree before a sequence is taken up again, and how many may be passed over to get there. */
enum { SURE = 4, MOST_SKIPPED = 16 };

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int by_name(const void *a, const void *b)
{
	const struct sb_anchor *const *x = a, *const *y = b;
	int order = strcmp((*x)->name, (*y)->name);
	return order ? order : ((*x)->address > (*y)->address) - ((*x)->address < (*y)->address);
}

/** Anchors of one side that are asked for, sorted by name. */
struct chosen {
	const struct sb_anchor **items;
	size_t count;
};

/* Anchors in [@from, @from + @length); sections when @length is 0. */
static int choose(const struct sb_vec *anchors, uint64_t from, uint64_t length, struct chosen *out, struct sb_err *err)
{
	*out = (struct chosen){.items = calloc(anchors->count ? anchors->count : 1, sizeof *out->items)};
	if (!out->items)
		return no_memory(err);
	for (size_t i = 0; i < anchors->count; i++) {
		const struct sb_anchor *anchor = sb_vec_at(anchors, i);
		bool wanted = length == 0 ? anchor->kind == SB_ANCHOR_SECTION
		                          : anchor->kind != SB_ANCHOR_SECTION && anchor->address >= from && anchor->address - from < length;
		if (wanted)
			out->items[out->count++] = anchor;
	}
	if (out->count)
		qsort(out->items, out->count, sizeof *out->items, by_name);
	return 0;
}

/* "" sorts first. */
static size_t end_of_nameless(const struct chosen *chosen)
{
	size_t end = 0;
	while (end < chosen->count && chosen->items[end]->name[0] == '\0')
		end++;
	return end;
}

static size_t end_of_name(const struct chosen *chosen, size_t at)
{
	size_t end = at + 1;
	while (end < chosen->count && strcmp(chosen->items[at]->name, chosen->items[end]->name) == 0)
		end++;
	return end;
}

static int by_length(const void *a, const void *b)
{
	const struct sb_anchor *const *x = a, *const *y = b;
	return (*x)->length != (*y)->length ? ((*x)->length < (*y)->length ? -1 : 1) : ((*x)->address > (*y)->address) - ((*x)->address < (*y)->address);
}

/* Is the anchor at @i the only one of its length? */
static bool is_lone_length(const struct sb_anchor **items, size_t count, size_t i)
{
	return (i == 0 || items[i - 1]->length != items[i]->length) && (i + 1 == count || items[i + 1]->length != items[i]->length);
}

static int add_mark(struct sb_vec *marks, const struct sb_anchor *a, const struct sb_anchor *b, uint64_t from_a, uint64_t from_b, struct sb_err *err)
{
	struct sb_piece *mark = sb_vec_push(marks);
	if (!mark)
		return no_memory(err);
	*mark = (struct sb_piece){a->address - from_a, b->address - from_b, 0};
	return 0;
}

/* Those in the middle whose length occurs once on each side. */
static int mark_lone_lengths(const struct chosen *a, const struct chosen *b, uint64_t from_a, uint64_t from_b, struct sb_vec *marks,
                             struct sb_err *err)
{
	int rc = 0;

	if (a->count && b->count) {
		qsort(a->items, a->count, sizeof *a->items, by_length);
		qsort(b->items, b->count, sizeof *b->items, by_length);
	}
	for (size_t i = 0, k = 0; !rc && i < a->count && k < b->count;) {
		uint64_t x = a->items[i]->length, y = b->items[k]->length;
		if (x == y && is_lone_length(a->items, a->count, i) && is_lone_length(b->items, b->count, k))
			rc = add_mark(marks, a->items[i], b->items[k], from_a, from_b, err);
		i += x <= y;
		k += y <= x;
	}
	return rc;
}

/* Do the next few lengths agree? */
static bool agree(const struct chosen *a, const struct chosen *b, size_t i, size_t k)
{
	for (size_t n = 0; n < SURE; n++) {
		if (i + n >= a->count || k + n >= b->count)
			return n > 0 && i + n == a->count && k + n == b->count;
		if (a->items[i + n]->length != b->items[k + n]->length)
			return false;
	}
	return true;
}

/* The nearest place after (@i, @k) from which on lengths agree again. */
static bool resume(const struct chosen *a, const struct chosen *b, size_t *i, size_t *k)
{
	bool changed = a->count - *i == b->count - *k; /* as many are left: none came or went */

	for (size_t n = 1; changed && n <= MOST_SKIPPED; n++) {
		if (agree(a, b, *i + n, *k + n)) {
			*i += n;
			*k += n;
			return true;
		}
	}
	for (size_t skipped = 1; skipped <= MOST_SKIPPED; skipped++) {
		for (size_t n = 0; n <= skipped; n++) {
			if (agree(a, b, *i + n, *k + skipped - n)) {
				*i += n;
				*k += skipped - n;
				return true;
			}
		}
	}
	return false;
}

/* Functions without names, by address: a sequence of lengths in which a few came, went or changed. */
static int mark_lengths(const struct chosen *named_a, const struct chosen *named_b, uint64_t from_a, uint64_t from_b, struct sb_vec *marks,
                        struct sb_err *err)
{
	struct chosen a = {named_a->items, end_of_nameless(named_a)}, b = {named_b->items, end_of_nameless(named_b)};
	size_t i = 0, k = 0;
	int rc = 0;

	while (!rc && i < a.count && k < b.count) {
		if (a.items[i]->length == b.items[k]->length)
			rc = add_mark(marks, a.items[i++], b.items[k++], from_a, from_b, err);
		else if (!resume(&a, &b, &i, &k))
			break;
	}
	a = (struct chosen){a.items + i, a.count - i};
	b = (struct chosen){b.items + k, b.count - k};
	return rc ? rc : mark_lone_lengths(&a, &b, from_a, from_b, marks, err);
}

/* Does the description of a frame say the same extent as the symbol? */
static bool has_frame(const struct chosen *chosen, const struct sb_anchor *function)
{
	size_t low = 0, high = end_of_nameless(chosen);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (chosen->items[middle]->address < function->address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < chosen->count && chosen->items[low]->name[0] == '\0' && chosen->items[low]->address == function->address &&
	       chosen->items[low]->length == function->length;
}

/* A function that got longer ends where it ended, if two tables of each side tell so independently. */
static int add_end(const struct chosen *in_a, const struct chosen *in_b, const struct sb_anchor *a, const struct sb_anchor *b, uint64_t from_a,
                   uint64_t from_b, struct sb_vec *marks, struct sb_err *err)
{
	struct sb_anchor end_a = *a, end_b = *b;

	if (a->length == b->length || a->kind != SB_ANCHOR_FUNCTION || !has_frame(in_a, a) || !has_frame(in_b, b))
		return 0;
	end_a.address += a->length;
	end_b.address += b->length;
	return add_mark(marks, &end_a, &end_b, from_a, from_b, err);
}

/* Functions and objects whose name occurs once on each side. */
static int mark_names(const struct chosen *a, const struct chosen *b, uint64_t from_a, uint64_t from_b, struct sb_vec *marks, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0, k = 0; !rc && i < a->count && k < b->count;) {
		int order = strcmp(a->items[i]->name, b->items[k]->name);
		size_t end_a = end_of_name(a, i), end_b = end_of_name(b, k);
		bool lone = order == 0 && a->items[i]->name[0] && end_a - i == 1 && end_b - k == 1;
		if (lone)
			rc = add_mark(marks, a->items[i], b->items[k], from_a, from_b, err);
		if (!rc && lone)
			rc = add_end(a, b, a->items[i], b->items[k], from_a, from_b, marks, err);
		i = order <= 0 ? end_a : i;
		k = order >= 0 ? end_b : k;
	}
	return rc;
}

bool sb_address_map_has_functions(const struct sb_address_map *map, unsigned side, const struct sb_region *region)
{
	const struct sb_vec *anchors = &map->anchors[side];

	for (size_t i = 0; i < anchors->count; i++) {
		const struct sb_anchor *anchor = sb_vec_at(anchors, i);
		if (anchor->kind == SB_ANCHOR_FUNCTION && anchor->offset >= region->offset && anchor->offset - region->offset < region->length)
			return true;
	}
	return false;
}

static bool holds_functions(const struct chosen *chosen)
{
	for (size_t i = 0; i < chosen->count; i++)
		if (chosen->items[i]->kind == SB_ANCHOR_FUNCTION)
			return true;
	return false;
}

/* Names of what lies in both sections; *code when that includes functions. */
static int find_marks(const struct sb_address_map *map, const struct sb_anchor *a, const struct sb_anchor *b, struct sb_vec *marks, bool *code,
                      struct sb_err *err)
{
	struct chosen in_a = {0}, in_b = {0};
	int rc = choose(&map->anchors[SB_SHIPPED], a->address, a->length, &in_a, err);

	if (!rc)
		rc = choose(&map->anchors[SB_REBUILT], b->address, b->length, &in_b, err);
	if (!rc)
		rc = mark_names(&in_a, &in_b, a->address, b->address, marks, err);
	if (!rc)
		rc = mark_lengths(&in_a, &in_b, a->address, b->address, marks, err);
	*code = holds_functions(&in_a);
	free(in_a.items);
	free(in_b.items);
	return rc;
}

static struct sb_span bytes_of(const struct sb_pair *pair, unsigned side, const struct sb_region *region)
{
	struct sb_span bytes = {0};
	return region && sb_span_cut(pair->bytes[side], region->offset, region->length, &bytes) ? bytes : (struct sb_span){0};
}

/* Pieces of @from, counted from the starts of two sections, as addresses or offsets. */
static int add_moved(const struct sb_vec *from, uint64_t a, uint64_t b, struct sb_vec *out, struct sb_err *err)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct sb_piece *piece = sb_vec_at(from, i);
		struct sb_piece *slot = sb_vec_push(out);
		if (!slot)
			return no_memory(err);
		*slot = (struct sb_piece){piece->a + a, piece->b + b, piece->length};
	}
	return 0;
}

static int add_whole(struct sb_vec *out, uint64_t a, uint64_t b, uint64_t length, struct sb_err *err)
{
	struct sb_piece *slot = length ? sb_vec_push(out) : NULL;

	if (length && !slot)
		return no_memory(err);
	if (slot)
		*slot = (struct sb_piece){a, b, length};
	return 0;
}

/* Two sections of one name. Without bytes (.bss), or with equal ones, they moved as a whole. */
static int map_section(const struct sb_pair *pair, struct sb_address_map *map, const struct sb_anchor *a, const struct sb_anchor *b,
                       struct sb_err *err)
{
	struct sb_span x = bytes_of(pair, SB_SHIPPED, a->region), y = bytes_of(pair, SB_REBUILT, b->region);
	SB_VEC struct sb_vec marks = {.size = sizeof(struct sb_piece)};
	SB_VEC struct sb_vec pieces = {.size = sizeof(struct sb_piece)};
	uint64_t shorter = a->length < b->length ? a->length : b->length;

	if (x.n == 0 || y.n == 0)
		return add_whole(&map->addresses, a->address, b->address, shorter, err);
	bool named = !sb_span_equal(x, y) && map->aligned++ < MOST_ALIGNED;
	bool code = false;
	int rc = named ? find_marks(map, a, b, &marks, &code, err) : 0;
	if (!rc && !code && !sb_span_equal(x, y))
		rc = sb_pieces_of_texts(x, y, &marks, err);
	if (!rc)
		rc = sb_pieces_align(x, y, &marks, &pieces, err);
	if (!rc)
		rc = add_moved(&pieces, a->address, b->address, &map->addresses, err);
	return rc ? rc : add_moved(&pieces, a->region->offset, b->region->offset, &map->offsets, err);
}

/* The k-th section of a name on one side is the k-th of that name on the other. */
static int map_sections(const struct sb_pair *pair, struct sb_address_map *map, struct sb_err *err)
{
	struct chosen a = {0}, b = {0};
	int rc = choose(&map->anchors[SB_SHIPPED], 0, 0, &a, err);

	if (!rc)
		rc = choose(&map->anchors[SB_REBUILT], 0, 0, &b, err);
	for (size_t i = 0, k = 0; !rc && i < a.count && k < b.count;) {
		int order = strcmp(a.items[i]->name, b.items[k]->name);
		size_t end_a = end_of_name(&a, i), end_b = end_of_name(&b, k);
		for (size_t n = 0; order == 0 && !rc && i + n < end_a && k + n < end_b; n++)
			rc = map_section(pair, map, a.items[i + n], b.items[k + n], err);
		i = order <= 0 ? end_a : i;
		k = order >= 0 ? end_b : k;
	}
	free(a.items);
	free(b.items);
	return rc;
}

static int by_region(const void *a, const void *b)
{
	const struct sb_region *const *x = a, *const *y = b;
	if ((*x)->kind != (*y)->kind)
		return (*x)->kind < (*y)->kind ? -1 : 1;
	int order = strcmp((*x)->name, (*y)->name);
	return order ? order : ((*x)->offset > (*y)->offset) - ((*x)->offset < (*y)->offset);
}

static const struct sb_region **sorted_regions(const struct sb_view *view)
{
	const struct sb_region **items = calloc(view->regions.count + 1, sizeof *items);

	for (size_t i = 0; items && i < view->regions.count; i++)
		items[i] = sb_view_region(view, i);
	if (items)
		qsort(items, view->regions.count, sizeof *items, by_region);
	return items;
}

/* Tables of texts are aligned by their texts, whatever else by its start and its end. */
static int map_unequal(const struct sb_pair *pair, const struct sb_region *a, const struct sb_region *b, struct sb_address_map *map,
                       struct sb_err *err)
{
	SB_VEC struct sb_vec marks = {.size = sizeof(struct sb_piece)};
	SB_VEC struct sb_vec pieces = {.size = sizeof(struct sb_piece)};
	struct sb_span x = bytes_of(pair, SB_SHIPPED, a), y = bytes_of(pair, SB_REBUILT, b);
	int rc = strstr(a->name, "str") ? sb_pieces_of_texts(x, y, &marks, err) : 0;

	if (!rc)
		rc = sb_pieces_align(x, y, &marks, &pieces, err);
	return rc ? rc : add_moved(&pieces, a->offset, b->offset, &map->offsets, err);
}

/* Regions that nothing maps, and tables. */
static int map_regions(const struct sb_pair *pair, struct sb_address_map *map, struct sb_err *err)
{
	const struct sb_view *view[SB_SIDES] = {pair->view[SB_SHIPPED], pair->view[SB_REBUILT]};
	const struct sb_region **a = sorted_regions(view[0]), **b = sorted_regions(view[1]);
	int rc = a && b ? 0 : no_memory(err);

	for (size_t i = 0, k = 0; !rc && i < view[0]->regions.count && k < view[1]->regions.count;) {
		int order = a[i]->kind != b[k]->kind ? (a[i]->kind < b[k]->kind ? -1 : 1) : strcmp(a[i]->name, b[k]->name);
		bool apart = order == 0 && !(a[i]->loaded && a[i]->kind == SB_REGION_SECTION);
		if (apart && a[i]->length == b[k]->length)
			rc = add_whole(&map->offsets, a[i]->offset, b[k]->offset, a[i]->length, err);
		else if (apart)
			rc = map_unequal(pair, a[i], b[k], map, err);
		i += order <= 0;
		k += order >= 0;
	}
	free(a);
	free(b);
	return rc;
}

static int by_a(const void *x, const void *y)
{
	const struct sb_piece *p = x, *q = y;
	if (p->a != q->a)
		return p->a < q->a ? -1 : 1;
	return (p->length > q->length) - (p->length < q->length);
}

int sb_address_map_build(const struct sb_pair *pair, struct sb_address_map *out, struct sb_err *err)
{
	int rc = 0;

	*out = (struct sb_address_map){
		.pair = pair,
		.addresses = {.size = sizeof(struct sb_piece)},
		.offsets = {.size = sizeof(struct sb_piece)},
		.anchors = {{.size = sizeof(struct sb_anchor)}, {.size = sizeof(struct sb_anchor)}},
	};
	for (unsigned side = 0; !rc && side < SB_SIDES; side++)
		rc = sb_view_image(pair->view[side])->anchors(pair->view[side], &out->anchors[side], err);
	if (!rc)
		rc = map_sections(pair, out, err);
	if (!rc)
		rc = map_regions(pair, out, err);
	if (rc)
		return rc;
	if (out->addresses.count)
		qsort(out->addresses.items, out->addresses.count, out->addresses.size, by_a);
	if (out->offsets.count)
		qsort(out->offsets.items, out->offsets.count, out->offsets.size, by_a);
	return 0;
}

void sb_address_map_release(struct sb_address_map *map)
{
	sb_vec_release(&map->addresses);
	sb_vec_release(&map->offsets);
	sb_vec_release(&map->anchors[SB_SHIPPED]);
	sb_vec_release(&map->anchors[SB_REBUILT]);
}

static size_t pieces_until(const struct sb_vec *pieces, uint64_t a)
{
	size_t low = 0, high = pieces->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct sb_piece *piece = sb_vec_at(pieces, middle);
		if (piece->a <= a)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t sb_address_map_from(const struct sb_vec *pieces, uint64_t a)
{
	enum { FARTHEST = 16 }; /* places without a length at one end */
	size_t until = pieces_until(pieces, a), from = until;

	while (from > 0 && until - from < FARTHEST) {
		const struct sb_piece *before = sb_vec_at(pieces, from - 1);
		if (before->a + before->length <= a && before->length)
			break;
		from--;
	}
	return from;
}

bool sb_address_map_find(const struct sb_vec *pieces, uint64_t a, uint64_t *b)
{
	size_t until = pieces_until(pieces, a);
	const struct sb_piece *piece = until ? sb_vec_at(pieces, until - 1) : NULL;

	if (!piece || a - piece->a > piece->length)
		return false;
	*b = piece->b + (a - piece->a);
	return true;
}

bool sb_address_map_leads(const struct sb_vec *pieces, uint64_t a, uint64_t b)
{
	enum { NEIGHBOURS = 4 }; /* pieces that end or begin at one place */
	size_t until = pieces_until(pieces, a);

	for (size_t i = until; i-- > 0 && until - i <= NEIGHBOURS;) {
		const struct sb_piece *piece = sb_vec_at(pieces, i);
		if (a - piece->a <= piece->length && piece->b + (a - piece->a) == b)
			return true;
	}
	return false;
}

/* What did not move at all needs no piece: the first segment begins with the ELF header, which is no section. */
static bool begins_alike(const struct sb_vec *pieces, const struct sb_reference *a, const struct sb_reference *b)
{
	return a->base == b->base || sb_address_map_leads(pieces, a->base, b->base);
}

/* A text that does not end is none. */
static bool read_text(const struct sb_address_map *map, unsigned side, uint64_t offset, struct sb_span *out)
{
	struct sb_span file = map->pair->bytes[side];
	size_t left = offset < file.n ? file.n - offset : 0, most = left < LONGEST_TEXT ? left : LONGEST_TEXT;

	*out = (struct sb_span){0};
	if (most)
		*out = sb_span_of(file.p + offset, strnlen((const char *)file.p + offset, most));
	return out->n < most;
}

static bool is_one_text(const struct sb_address_map *map, uint64_t a, uint64_t b)
{
	struct sb_span x, y;
	return read_text(map, SB_SHIPPED, a, &x) && read_text(map, SB_REBUILT, b, &y) && sb_span_equal(x, y);
}

bool sb_address_map_agrees(const struct sb_address_map *map, const struct sb_reference *a, const struct sb_reference *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case SB_REFERENCE_ADDRESS:
		return sb_address_map_leads(&map->addresses, a->target, b->target);
	case SB_REFERENCE_OFFSET:
		return sb_address_map_leads(&map->offsets, a->target, b->target);
	case SB_REFERENCE_SIZE:
		return sb_address_map_leads(&map->addresses, a->target, b->target) && begins_alike(&map->addresses, a, b);
	case SB_REFERENCE_FILE_SIZE:
		return sb_address_map_leads(&map->offsets, a->target, b->target) && begins_alike(&map->offsets, a, b);
	case SB_REFERENCE_TEXT:
		return is_one_text(map, a->target, b->target);
	}
	return false;
}

int64_t sb_reference_distance(const struct sb_reference *a, const struct sb_reference *b)
{
	uint64_t moved = b->target - a->target - (b->base - a->base);
	return (int64_t)(moved ? moved : b->offset - a->offset);
}
