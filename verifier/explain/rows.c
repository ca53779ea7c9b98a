/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables in which a row came or went: each other row is paired with the one that leads to the same thing, and must be equal but for
 * fields that follow from what moved.
 */
#include "verifier/explain/image.h"

#include <stdlib.h>
#include <string.h>

/** Rows with one and the same key that are tried: aliases of a symbol, relocations of one place. */
enum { MOST_ALIASES = 32 };
/** Bytes of a text that its key is made of: tables of hostile files lead to one long text again and again. */
enum { LONGEST_KEY = 256 };

/** A row with what it leads to. */
struct keyed {
	struct sb_row row;
	size_t first, count; /* its references */
	bool has_key, decoded;
	enum sb_reference_kind kind;
	uint64_t key;
	size_t order;
	bool taken; /* it has a counterpart */
};

struct side {
	struct keyed *rows;
	size_t count;
	struct sb_vec references; /* struct sb_reference */
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static const struct sb_reference *reference_at(const struct side *side, size_t i)
{
	return sb_vec_at(&side->references, i);
}

/* FNV-1a: what two rows lead to is the same text, wherever it lies. */
static uint64_t key_of(struct sb_span text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < text.n; i++)
		hash = (hash ^ text.p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static uint64_t key_of_text(struct sb_span file, uint64_t offset)
{
	struct sb_span rest;

	if (offset >= file.n || !sb_span_cut(file, offset, file.n - offset < LONGEST_KEY ? file.n - offset : LONGEST_KEY, &rest))
		return key_of((struct sb_span){0});
	return key_of(sb_span_of(rest.p, strnlen((const char *)rest.p, rest.n)));
}

/* An address before a text or an offset: many rows share the latter. */
static void find_key(const struct side *side, struct sb_span file, struct keyed *row)
{
	row->decoded = row->row.says.p;
	if (row->decoded) {
		row->has_key = true;
		row->kind = SB_REFERENCE_TEXT;
		row->key = key_of(row->row.says);
		return;
	}
	for (size_t i = row->first; i < row->first + row->count; i++) {
		const struct sb_reference *at = reference_at(side, i);
		bool usable = at->kind == SB_REFERENCE_ADDRESS || ((at->kind == SB_REFERENCE_OFFSET || at->kind == SB_REFERENCE_TEXT) && !row->has_key);
		if (!usable || (row->has_key && row->kind == SB_REFERENCE_ADDRESS))
			continue;
		row->has_key = true;
		row->kind = at->kind;
		row->key = at->kind == SB_REFERENCE_TEXT ? key_of_text(file, at->target) : at->target;
	}
}

static int read_side(const struct sb_pair *pair, unsigned side, const struct sb_region *region, struct side *out, struct sb_err *err)
{
	const struct sb_image_format *image = sb_view_image(pair->view[side]);
	SB_VEC struct sb_vec rows = {.size = sizeof(struct sb_row)};
	int rc = image->rows(pair->view[side], region, &rows, err);

	out->references = (struct sb_vec){.size = sizeof(struct sb_reference)};
	if (!rc && rows.count)
		rc = image->references(pair->view[side], &(struct sb_place){region, region->offset, region->length}, &out->references, err);
	if (rc)
		return rc;
	out->rows = calloc(rows.count + 1, sizeof *out->rows);
	if (!out->rows)
		return no_memory(err);
	out->count = rows.count;
	for (size_t i = 0, at = 0; i < rows.count; i++) {
		struct keyed *row = &out->rows[i];
		row->row = *(const struct sb_row *)sb_vec_at(&rows, i);
		row->order = i;
		while (at < out->references.count && reference_at(out, at)->offset < row->row.offset)
			at++;
		row->first = at;
		while (at < out->references.count && reference_at(out, at)->offset < row->row.offset + row->row.length)
			at++;
		row->count = at - row->first;
		find_key(out, pair->bytes[side], row);
	}
	return 0;
}

static int by_key(const void *a, const void *b)
{
	const struct keyed *const *x = a, *const *y = b;
	if ((*x)->has_key != (*y)->has_key)
		return (*x)->has_key ? 1 : -1;
	if ((*x)->kind != (*y)->kind)
		return (*x)->kind < (*y)->kind ? -1 : 1;
	if ((*x)->key != (*y)->key)
		return (*x)->key < (*y)->key ? -1 : 1;
	return ((*x)->order > (*y)->order) - ((*x)->order < (*y)->order);
}

/** What pairs the rows of two sides. */
struct pairing {
	const struct sb_pair *pair;
	const struct sb_address_map *map;
	struct side side[SB_SIDES];
	struct keyed **sorted; /* rebuilt rows by key */
	size_t next;                 /* first rebuilt row that may still be paired */
};

static struct sb_span bytes_of(const struct pairing *pairing, unsigned side, const struct keyed *row)
{
	struct sb_span bytes;
	return sb_span_cut(pairing->pair->bytes[side], row->row.offset, row->row.length, &bytes) ? bytes : (struct sb_span){0};
}

/* What no part that the map knows holds, such as a header, and did not move. */
static bool stays(const struct pairing *pairing, const struct sb_reference *a, const struct sb_reference *b)
{
	const struct sb_vec *pieces = a->kind == SB_REFERENCE_ADDRESS ? &pairing->map->addresses : &pairing->map->offsets;
	bool lone = a->kind == SB_REFERENCE_ADDRESS || a->kind == SB_REFERENCE_OFFSET;
	uint64_t to;

	return lone && a->kind == b->kind && a->rest == b->rest && a->target == b->target && !sb_address_map_find(pieces, a->target, &to);
}

/* Rows that say the same, and lead to the same things. */
static bool says_same(const struct pairing *pairing, const struct keyed *a, const struct keyed *b, struct sb_moved_row *out)
{
	if (!b->decoded || a->count != b->count || !sb_span_equal(a->row.says, b->row.says))
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct sb_reference *p = reference_at(&pairing->side[0], a->first + i), *q = reference_at(&pairing->side[1], b->first + i);
		if (stays(pairing, p, q))
			continue;
		if (!sb_address_map_agrees(pairing->map, p, q))
			return false;
		if (p->target == q->target && p->base == q->base)
			continue;
		out->distance = out->fields++ ? out->distance : sb_reference_distance(p, q);
	}
	return true;
}

/* Equal but for fields that lead to the same thing; what differs is counted into @out. */
static bool is_same(const struct pairing *pairing, const struct keyed *a, const struct keyed *b, struct sb_moved_row *out)
{
	struct sb_span x = bytes_of(pairing, SB_SHIPPED, a), y = bytes_of(pairing, SB_REBUILT, b);
	uint64_t done = 0;

	*out = (struct sb_moved_row){.offset = a->row.offset, .length = a->row.length};
	if (a->decoded)
		return says_same(pairing, a, b, out);
	if (b->decoded || x.n != y.n || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct sb_reference *p = reference_at(&pairing->side[0], a->first + i), *q = reference_at(&pairing->side[1], b->first + i);
		uint64_t from = p->offset - a->row.offset;
		if (from != q->offset - b->row.offset || p->length != q->length || from < done || from + p->length > x.n ||
		    memcmp(x.p + done, y.p + done, (size_t)(from - done)) != 0)
			return false;
		done = from + p->length;
		if (memcmp(x.p + from, y.p + from, (size_t)p->length) == 0)
			continue;
		if (!sb_address_map_agrees(pairing->map, p, q))
			return false;
		out->distance = out->fields++ ? out->distance : sb_reference_distance(p, q);
	}
	return memcmp(x.p + done, y.p + done, (size_t)(x.n - done)) == 0;
}

/* What the key of a rebuilt row must be that leads to the same thing as @a. */
static bool find_counterpart(const struct pairing *pairing, const struct keyed *a, uint64_t *key)
{
	*key = a->key;
	if (!a->has_key || a->kind == SB_REFERENCE_TEXT)
		return true;
	return sb_address_map_find(a->kind == SB_REFERENCE_ADDRESS ? &pairing->map->addresses : &pairing->map->offsets, a->key, key);
}

/* Where in the sorted rebuilt rows those with the counterpart of @a's key begin. */
static size_t find_first(const struct pairing *pairing, const struct keyed *a)
{
	struct keyed wanted = {.has_key = a->has_key, .kind = a->kind};
	const struct keyed *probe = &wanted;
	size_t low = 0, high = pairing->side[SB_REBUILT].count;

	if (!find_counterpart(pairing, a, &wanted.key))
		return SIZE_MAX;
	wanted.order = a->row.free ? 0 : pairing->next;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (by_key(&pairing->sorted[middle], &probe) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct keyed *find_partner(const struct pairing *pairing, const struct keyed *a, struct sb_moved_row *out)
{
	size_t first = find_first(pairing, a);

	for (size_t i = first; first != SIZE_MAX && i < pairing->side[SB_REBUILT].count && i - first < MOST_ALIASES; i++) {
		struct keyed *b = pairing->sorted[i];
		if (b->has_key != a->has_key || b->kind != a->kind || (b->has_key && b->key != pairing->sorted[first]->key))
			return NULL;
		if ((b->order >= pairing->next || a->row.free) && !b->taken && is_same(pairing, a, b, out))
			return b;
	}
	return NULL;
}

static int keep(struct sb_vec *rows, const struct sb_moved_row *row, struct sb_err *err)
{
	struct sb_moved_row *slot = sb_vec_push(rows);
	if (!slot)
		return no_memory(err);
	*slot = *row;
	return 0;
}

static int by_offset(const void *a, const void *b)
{
	const struct sb_moved_row *x = a, *y = b;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

static int pair_rows(struct pairing *pairing, struct sb_moved_rows *out, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < pairing->side[SB_REBUILT].count; i++)
		pairing->sorted[i] = &pairing->side[SB_REBUILT].rows[i];
	if (pairing->side[SB_REBUILT].count)
		qsort(pairing->sorted, pairing->side[SB_REBUILT].count, sizeof *pairing->sorted, by_key);
	for (size_t i = 0; !rc && i < pairing->side[SB_SHIPPED].count; i++) {
		struct sb_moved_row moved;
		struct keyed *partner = find_partner(pairing, &pairing->side[SB_SHIPPED].rows[i], &moved);
		if (!partner)
			continue;
		partner->taken = true;
		pairing->next = partner->order + 1;
		rc = keep(&out->rows[SB_SHIPPED], &moved, err);
		if (!rc)
			rc = keep(&out->rows[SB_REBUILT], &(struct sb_moved_row){.offset = partner->row.offset, .length = partner->row.length}, err);
	}
	if (out->rows[SB_REBUILT].count)
		qsort(out->rows[SB_REBUILT].items, out->rows[SB_REBUILT].count, out->rows[SB_REBUILT].size, by_offset);
	return rc;
}

int sb_moved_rows_find(const struct sb_pair *pair, const struct sb_address_map *map, const struct sb_region *a, const struct sb_region *b,
                       struct sb_moved_rows *out, struct sb_err *err)
{
	struct pairing pairing = {.pair = pair, .map = map};
	int rc = 0;

	*out = (struct sb_moved_rows){.region = {a, b}, .rows = {{.size = sizeof(struct sb_moved_row)}, {.size = sizeof(struct sb_moved_row)}}};
	rc = read_side(pair, SB_SHIPPED, a, &pairing.side[SB_SHIPPED], err);
	if (!rc)
		rc = read_side(pair, SB_REBUILT, b, &pairing.side[SB_REBUILT], err);
	pairing.sorted = calloc(pairing.side[SB_REBUILT].count + 1, sizeof *pairing.sorted);
	if (!rc)
		rc = pairing.sorted ? pair_rows(&pairing, out, err) : no_memory(err);
	for (unsigned side = 0; !rc && side < SB_SIDES; side++) {
		out->lone[side] = pairing.side[side].count - out->rows[side].count;
		out->encoded |= pairing.side[side].count && pairing.side[side].rows[0].decoded;
	}
	free(pairing.sorted);
	for (unsigned side = 0; side < SB_SIDES; side++) {
		free(pairing.side[side].rows);
		sb_vec_release(&pairing.side[side].references);
	}
	return rc;
}

void sb_moved_rows_release(struct sb_moved_rows *rows)
{
	sb_vec_release(&rows->rows[SB_SHIPPED]);
	sb_vec_release(&rows->rows[SB_REBUILT]);
}

size_t sb_moved_rows_from(const struct sb_moved_rows *rows, unsigned side, uint64_t offset)
{
	const struct sb_vec *all = &rows->rows[side];
	size_t low = 0, high = all->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct sb_moved_row *row = sb_vec_at(all, middle);
		if (row->offset + row->length <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint64_t sb_moved_rows_until(const struct sb_moved_rows *rows, unsigned side, uint64_t from, uint64_t length)
{
	const struct sb_vec *all = &rows->rows[side];
	uint64_t end = from + length;

	for (size_t i = sb_moved_rows_from(rows, side, from); from < end && i < all->count; i++) {
		const struct sb_moved_row *row = sb_vec_at(all, i);
		if (row->offset > from)
			break;
		from = row->offset + row->length;
	}
	return from < end ? from : end;
}
