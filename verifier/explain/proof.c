/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a difference follows from the map: walked piece by piece, so that bytes are compared with those that they became, and in each piece
 * field by field.
 */
#include "verifier/explain/image.h"

#include <stdlib.h>

/** One way to lay both sides of a difference beside each other. */
struct attempt {
	const struct sb_prover *prover;
	struct sb_span file[SB_SIDES];
	uint64_t done[SB_SIDES]; /* offsets in the files: what lies before them is accounted for */
	size_t next[SB_SIDES];   /* references that are not used up */
	struct sb_proof proof;
	struct sb_vec *fields;
	struct sb_vec *open; /* of each side; NULL when nobody asks */
	bool no_memory;
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static void keep_open(struct attempt *attempt, unsigned side, uint64_t at, uint64_t bytes)
{
	struct sb_vec *all = &attempt->open[side];
	struct sb_stretch *last = all->count ? sb_vec_at(all, all->count - 1) : NULL;

	if (last && last->offset + last->length == at) {
		last->length += bytes;
		return;
	}
	struct sb_stretch *slot = sb_vec_push(all);
	if (slot)
		*slot = (struct sb_stretch){at, bytes};
	else
		attempt->no_memory = true;
}

static void add_unproven(struct attempt *attempt, unsigned side, uint64_t at, uint64_t bytes)
{
	if (bytes && attempt->open)
		keep_open(attempt, side, at, bytes);
	if (bytes && attempt->proof.unproven == 0) {
		attempt->proof.side = side;
		attempt->proof.at = at;
	}
	attempt->proof.unproven += bytes;
}

static bool differs_at(const struct attempt *attempt, const struct sb_piece *piece, uint64_t i)
{
	return attempt->file[SB_SHIPPED].p[piece->a + i] != attempt->file[SB_REBUILT].p[piece->b + i];
}

/* Bytes [from, to) of a piece that differ and belong to no proven field. */
static void count_unproven(struct attempt *attempt, const struct sb_piece *piece, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++) {
		if (!differs_at(attempt, piece, i))
			continue;
		add_unproven(attempt, SB_SHIPPED, piece->a + i, 1);
		if (attempt->open)
			keep_open(attempt, SB_REBUILT, piece->b + i, 1);
	}
}

static bool differs(const struct attempt *attempt, const struct sb_piece *piece, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++)
		if (differs_at(attempt, piece, i))
			return true;
	return false;
}

static void keep_field(struct attempt *attempt, const struct sb_reference *a, const struct sb_reference *b)
{
	struct sb_proven_field *slot = sb_vec_push(attempt->fields);

	attempt->proof.fields++;
	if (slot)
		*slot = (struct sb_proven_field){.offset = a->offset, .distance = sb_reference_distance(a, b)};
	else
		attempt->no_memory = true;
}

static const struct sb_reference *next_reference(const struct attempt *attempt, unsigned side)
{
	const struct sb_vec *all = &attempt->prover->references[side];
	return attempt->next[side] < all->count ? sb_vec_at(all, attempt->next[side]) : NULL;
}

/* Walk both lists of fields side by side; fields at other places on the two sides prove nothing. */
static void walk_piece(struct attempt *attempt, const struct sb_piece *piece)
{
	const struct sb_reference *a, *b;
	uint64_t done = 0;

	while ((a = next_reference(attempt, SB_SHIPPED)) && (b = next_reference(attempt, SB_REBUILT))) {
		int64_t x = (int64_t)(a->offset - piece->a), y = (int64_t)(b->offset - piece->b), length = (int64_t)piece->length;
		if (x >= length && y >= length)
			break;
		attempt->next[SB_SHIPPED] += x <= y;
		attempt->next[SB_REBUILT] += y <= x;
		if (x != y || a->length != b->length || !sb_address_map_agrees(attempt->prover->map, a, b))
			continue;
		uint64_t from = x < 0 ? 0 : (uint64_t)x, end = (uint64_t)(x + (int64_t)a->length);
		end = end < piece->length ? end : piece->length;
		if (x + (int64_t)a->length <= (int64_t)done || !differs(attempt, piece, from > done ? from : done, end))
			continue;
		count_unproven(attempt, piece, done, from);
		keep_field(attempt, a, b);
		done = end;
	}
	count_unproven(attempt, piece, done, piece->length);
}

/* The part of a piece that both sides of the difference hold and that no earlier piece took. */
static bool clip(const struct attempt *attempt, const uint64_t end[SB_SIDES], struct sb_piece *piece)
{
	uint64_t low = 0, high = piece->length;
	uint64_t from_a = attempt->done[SB_SHIPPED], from_b = attempt->done[SB_REBUILT];

	low = from_a > piece->a ? from_a - piece->a : low;
	low = from_b > piece->b && from_b - piece->b > low ? from_b - piece->b : low;
	if (piece->a >= end[SB_SHIPPED] || piece->b >= end[SB_REBUILT])
		return false;
	high = end[SB_SHIPPED] - piece->a < high ? end[SB_SHIPPED] - piece->a : high;
	high = end[SB_REBUILT] - piece->b < high ? end[SB_REBUILT] - piece->b : high;
	if (low >= high)
		return false;
	*piece = (struct sb_piece){piece->a + low, piece->b + low, high - low};
	return true;
}

/* What lies before a piece stands on one side only. */
static void advance(struct attempt *attempt, const struct sb_piece *piece)
{
	add_unproven(attempt, SB_SHIPPED, attempt->done[SB_SHIPPED], piece->a - attempt->done[SB_SHIPPED]);
	add_unproven(attempt, SB_REBUILT, attempt->done[SB_REBUILT], piece->b - attempt->done[SB_REBUILT]);
	attempt->done[SB_SHIPPED] = piece->a + piece->length;
	attempt->done[SB_REBUILT] = piece->b + piece->length;
}

static void try_pieces(struct attempt *attempt, const struct sb_place place[SB_SIDES], const struct sb_piece *pieces, size_t count)
{
	uint64_t end[SB_SIDES];

	for (unsigned side = 0; side < SB_SIDES; side++) {
		attempt->done[side] = place[side].offset;
		end[side] = place[side].offset + place[side].length;
	}
	for (size_t i = 0; i < count && pieces[i].a < end[SB_SHIPPED]; i++) {
		struct sb_piece piece = pieces[i];
		if (!clip(attempt, end, &piece))
			continue;
		advance(attempt, &piece);
		walk_piece(attempt, &piece);
	}
	advance(attempt, &(struct sb_piece){end[SB_SHIPPED], end[SB_REBUILT], 0});
}

static void try_map(struct attempt *attempt, const struct sb_place place[SB_SIDES])
{
	const struct sb_vec *pieces = &attempt->prover->map->offsets;
	size_t first = sb_address_map_from(pieces, place[SB_SHIPPED].offset);

	try_pieces(attempt, place, first < pieces->count ? sb_vec_at(pieces, first) : NULL, pieces->count - first);
}

static int find_references(struct sb_prover *prover, const struct sb_place place[SB_SIDES], struct sb_err *err)
{
	int rc = 0;

	prover->fields.count = 0;
	for (unsigned side = 0; !rc && side < SB_SIDES; side++) {
		struct sb_view *view = prover->pair->view[side];
		prover->references[side].count = 0;
		rc = sb_view_image(view)->references(view, &place[side], &prover->references[side], err);
	}
	return rc;
}

static bool lie_inside(const struct sb_prover *prover, const struct sb_place place[SB_SIDES])
{
	struct sb_span bytes;

	for (unsigned side = 0; side < SB_SIDES; side++)
		if (!sb_span_cut(prover->pair->bytes[side], place[side].offset, place[side].length, &bytes))
			return false;
	return true;
}

static struct attempt begin(const struct sb_prover *prover, struct sb_vec *fields)
{
	return (struct attempt){.prover = prover, .file = {prover->pair->bytes[SB_SHIPPED], prover->pair->bytes[SB_REBUILT]}, .fields = fields};
}

/* By what the map says, unless the bytes as they lie beside each other leave no more open. */
static int choose(struct sb_prover *prover, const struct sb_place place[SB_SIDES], struct sb_proof *out, struct sb_err *err)
{
	SB_VEC struct sb_vec spare = {.size = sizeof(struct sb_proven_field)};
	struct attempt plain = begin(prover, &prover->fields), mapped = begin(prover, &spare);
	bool in_place = place[SB_SHIPPED].length == place[SB_REBUILT].length;

	if (in_place)
		try_pieces(&plain, place, &(struct sb_piece){place[SB_SHIPPED].offset, place[SB_REBUILT].offset, place[SB_SHIPPED].length}, 1);
	if (!in_place || plain.proof.unproven)
		try_map(&mapped, place);
	bool better = !in_place || (plain.proof.unproven && mapped.proof.unproven < plain.proof.unproven);
	*out = better ? mapped.proof : plain.proof;
	if (better) {
		struct sb_vec swapped = prover->fields;
		prover->fields = spare;
		spare = swapped;
	}
	return plain.no_memory || mapped.no_memory ? no_memory(err) : 0;
}

int sb_prove(struct sb_prover *prover, const struct sb_diff *diff, struct sb_proof *out, struct sb_err *err)
{
	struct sb_place place[SB_SIDES];
	bool present = true;

	*out = (struct sb_proof){0};
	for (unsigned side = 0; side < SB_SIDES; side++) {
		const struct sb_diff_side *at = &diff->side[side];
		place[side] = (struct sb_place){at->region, at->offset, at->length};
		present &= at->present;
	}
	if (!present || !lie_inside(prover, place))
		return 0;
	int rc = find_references(prover, place, err);
	return rc ? rc : choose(prover, place, out, err);
}

int sb_prove_regions(struct sb_prover *prover, const struct sb_region *a, const struct sb_region *b, struct sb_vec open[SB_SIDES], struct sb_err *err)
{
	const struct sb_place place[SB_SIDES] = {{a, a->offset, a->length}, {b, b->offset, b->length}};
	int rc = find_references(prover, place, err);
	struct attempt attempt = begin(prover, &prover->fields);

	attempt.open = open;
	if (!rc && lie_inside(prover, place))
		try_map(&attempt, place);
	return !rc && attempt.no_memory ? no_memory(err) : rc;
}

void sb_prover_init(struct sb_prover *prover, const struct sb_pair *pair, const struct sb_address_map *map)
{
	*prover = (struct sb_prover){
		.pair = pair,
		.map = map,
		.references = {{.size = sizeof(struct sb_reference)}, {.size = sizeof(struct sb_reference)}},
		.fields = {.size = sizeof(struct sb_proven_field)},
	};
}

void sb_prover_release(struct sb_prover *prover)
{
	sb_vec_release(&prover->references[SB_SHIPPED]);
	sb_vec_release(&prover->references[SB_REBUILT]);
	sb_vec_release(&prover->fields);
}
