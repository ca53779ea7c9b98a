/* SPDX-License-Identifier: Apache-2.0 */
/* Regions against regions: equal bytes first, then typed fields, then what no field covers. */
#include "verifier/compare/unit.h"

#include <string.h>

/** A region with what pairs it: the member pair that it belongs to, its kind and its name. */
struct keyed {
	const struct sb_region *region;
	uint64_t group; /* 0: no member; else 1 + index of the member pair */
};

static int by_key(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;
	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->region->kind != y->region->kind)
		return x->region->kind < y->region->kind ? -1 : 1;
	int order = strcmp(x->region->name, y->region->name);
	return order ? order : (x->region->offset > y->region->offset) - (x->region->offset < y->region->offset);
}

/* Order of counterparts: as by_key without the offset. */
static int same_key(const struct keyed *x, const struct keyed *y)
{
	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->region->kind != y->region->kind)
		return x->region->kind < y->region->kind ? -1 : 1;
	return strcmp(x->region->name, y->region->name);
}

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static struct sb_member_pair *pair_of(const struct sb_member_pairs *members, unsigned side, const struct sb_region *region)
{
	return region->member ? &members->items[members->of[side][region->member - 1]] : NULL;
}

static const struct sb_member *member_of(const struct sb_unit *unit, unsigned side, const struct sb_region *region)
{
	return region->member ? sb_view_member(&unit->views[side], region->member - 1) : NULL;
}

/* A child compares the bytes of its member and no others, whatever a format calls content. */
static bool lies_in(const struct sb_member *member, const struct sb_region *region)
{
	return region->offset >= member->offset && region->offset - member->offset <= member->length &&
	       region->length <= member->length - (region->offset - member->offset);
}

/** Who owns the bytes of a region, if not the region. */
enum owner { OWNER_REGION, OWNER_CHILD, OWNER_LONE_MEMBER, OWNER_EQUAL_SLICES };

/* A child pair, or the difference that a lone member is. Slices were compared in the order of the content, and may lie in any other. */
static enum owner owner_of(const struct sb_unit *unit, const struct sb_member_pairs *members, unsigned side, const struct sb_slice_index *slices,
                           const struct sb_region *region)
{
	const struct sb_member_pair *pair = pair_of(members, side, region);
	const struct sb_member *member = member_of(unit, side, region);

	if (!pair)
		return OWNER_REGION;
	if (pair->index[0] == UINT32_MAX || pair->index[1] == UINT32_MAX)
		return OWNER_LONE_MEMBER;
	if (region->kind != SB_REGION_CONTENT && region->kind != SB_REGION_ENCODED)
		return OWNER_REGION;
	if (member->codec == SB_CODEC_SLICES && sb_slices_hold(slices, region))
		return pair->content_differs ? OWNER_CHILD : OWNER_EQUAL_SLICES;
	return member->codec != SB_CODEC_SLICES && pair->content_differs && lies_in(member, region) ? OWNER_CHILD : OWNER_REGION;
}

static void count_equal(struct sb_unit *unit, unsigned side, uint64_t bytes)
{
	unit->pair.own_bytes += side == SB_SHIPPED ? bytes : 0;
	unit->pair.own_equal += side == SB_SHIPPED ? bytes : 0;
}

static int collect(struct sb_unit *unit, const struct sb_member_pairs *members, unsigned side, struct keyed **out, size_t *count,
                   struct sb_err *err)
{
	const struct sb_view *view = &unit->views[side];
	struct keyed *all = sb_arena_array(unit->arena, view->regions.count, sizeof *all);
	struct sb_slice_index slices;

	if (!all)
		return no_memory(err);
	int rc = sb_slices_index(unit, side, &slices, err);
	if (rc)
		return rc;
	*count = 0;
	for (size_t i = 0; i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		enum owner owner = owner_of(unit, members, side, &slices, region);
		if (owner == OWNER_EQUAL_SLICES)
			count_equal(unit, side, region->length);
		if (owner != OWNER_REGION)
			continue;
		all[*count].region = region;
		all[*count].group = region->member ? members->of[side][region->member - 1] + UINT64_C(1) : 0;
		++*count;
	}
	if (*count)
		qsort(all, *count, sizeof *all, by_key);
	*out = all;
	return 0;
}

static struct sb_span bytes_of(const struct sb_unit *unit, unsigned side, const struct sb_region *region)
{
	return sb_span_of(unit->views[side].file.p + region->offset, region->length);
}

int sb_region_note_lone(struct sb_unit *unit, unsigned side, const struct sb_region *region, struct sb_err *err)
{
	struct sb_diff *diff = sb_unit_diff(unit, SB_DIFF_REGION, err);

	if (!diff)
		return err ? err->code : SB_NOMEM;
	diff->bytes = region->length;
	diff->loaded = region->loaded;
	diff->side[side] = (struct sb_diff_side){
		.present = true, .offset = region->offset, .length = region->length, .region = region, .member = member_of(unit, side, region)};
	unit->pair.own_bytes += region->length;
	return 0;
}

/** Fields of a region on both sides. */
struct fields {
	const struct sb_region *region[SB_SIDES];
	const struct sb_field *items[SB_SIDES];
	size_t count;
	const struct sb_pair *child;
	struct sb_member_pair *members; /* that the regions belong to; NULL: none */
};

/* Fields may be paired only when both sides have the same shape: otherwise the region is one stretch of bytes. */
static bool are_alike(const struct fields *f, size_t a, size_t b)
{
	if (a != b || f->region[0]->length != f->region[1]->length)
		return false;
	for (size_t i = 0; i < a; i++) {
		const struct sb_field *x = &f->items[0][i], *y = &f->items[1][i];
		if (x->offset - f->region[0]->offset != y->offset - f->region[1]->offset || x->length != y->length || x->kind != y->kind ||
		    strcmp(x->name, y->name) != 0)
			return false;
	}
	return true;
}

/* On each side the bytes of the one that it is told with. */
static bool holds_the_same(const struct sb_unit *unit, const struct fields *f, size_t i, const struct sb_diff *like)
{
	for (unsigned side = 0; side < SB_SIDES; side++) {
		const struct sb_field *field = &f->items[side][i], *first = &like->side[side].field;
		const uint8_t *bytes = unit->views[side].file.p;
		if (field->length != first->length || memcmp(bytes + field->offset, bytes + first->offset, field->length) != 0)
			return false;
	}
	return true;
}

static int emit_field(struct sb_unit *unit, const struct fields *f, size_t i, struct sb_err *err)
{
	struct sb_diff *like = sb_unit_fold(unit, f->region, &f->items[SB_SHIPPED][i]);

	if (like) {
		like->alike = (like->more == 0 || like->alike) && holds_the_same(unit, f, i, like);
		like->more++;
		like->bytes += f->items[SB_SHIPPED][i].length;
		unit->pair.own_bytes += f->items[SB_SHIPPED][i].length;
		return 0;
	}
	struct sb_diff *diff = sb_unit_diff(unit, SB_DIFF_FIELD, err);
	if (!diff)
		return err ? err->code : SB_NOMEM;
	diff->name = f->items[SB_SHIPPED][i].name;
	diff->child = f->child;
	diff->bytes = f->items[SB_SHIPPED][i].length;
	for (unsigned side = 0; side < SB_SIDES; side++) {
		const struct sb_field *field = &f->items[side][i];
		diff->side[side] = (struct sb_diff_side){.present = true,
		                                         .offset = field->offset,
		                                         .length = field->length,
		                                         .region = f->region[side],
		                                         .field = *field,
		                                         .member = member_of(unit, side, f->region[side])};
		diff->loaded |= f->region[side]->loaded;
	}
	unit->pair.own_bytes += diff->bytes;
	if (f->members)
		f->members->differing |= 1U << f->items[SB_SHIPPED][i].kind;
	return 0;
}

/* The same stretch of both regions, counted from their starts. */
static int compare_stretch(struct sb_unit *unit, const struct fields *f, uint64_t from, uint64_t to, struct sb_err *err)
{
	struct sb_stretch stretch;

	for (unsigned side = 0; side < SB_SIDES; side++) {
		stretch.bytes[side] = sb_span_of(bytes_of(unit, side, f->region[side]).p + from, to - from);
		stretch.offset[side] = f->region[side]->offset + from;
		stretch.region[side] = f->region[side];
		stretch.member[side] = member_of(unit, side, f->region[side]);
	}
	return from < to ? sb_stretch_compare(unit, &stretch, err) : 0;
}

static int compare_fields(struct sb_unit *unit, const struct fields *f, struct sb_err *err)
{
	uint64_t at = 0;
	int rc = 0;

	for (size_t i = 0; !rc && i < f->count; i++) {
		const struct sb_field *a = &f->items[SB_SHIPPED][i], *b = &f->items[SB_REBUILT][i];
		uint64_t from = a->offset - f->region[SB_SHIPPED]->offset;
		rc = compare_stretch(unit, f, at, from, err);
		at = from + a->length;
		if (rc)
			break;
		if (!sb_reading_equal(unit->reading, sb_span_of(unit->views[0].file.p + a->offset, (size_t)a->length),
		                    sb_span_of(unit->views[1].file.p + b->offset, (size_t)a->length))) {
			rc = emit_field(unit, f, i, err);
		} else {
			unit->pair.own_bytes += a->length;
			unit->pair.own_equal += a->length;
		}
	}
	return rc ? rc : compare_stretch(unit, f, at, f->region[SB_SHIPPED]->length, err);
}

static int compare_whole(struct sb_unit *unit, const struct fields *f, struct sb_err *err)
{
	struct sb_stretch stretch;

	for (unsigned side = 0; side < SB_SIDES; side++) {
		stretch.bytes[side] = bytes_of(unit, side, f->region[side]);
		stretch.offset[side] = f->region[side]->offset;
		stretch.region[side] = f->region[side];
		stretch.member[side] = member_of(unit, side, f->region[side]);
	}
	return sb_stretch_compare(unit, &stretch, err);
}

/** Two regions that are counterparts, or one that has none. */
struct step {
	const struct sb_region *region[SB_SIDES];
	bool differs;
};

/** Steps that are described in one go. */
enum { WINDOW = 128 };

static int compare_pair(struct sb_unit *unit, const struct sb_member_pairs *members, const struct step *step,
                        const struct sb_description *described[SB_SIDES], struct sb_err *err)
{
	struct sb_member_pair *pair = pair_of(members, SB_SHIPPED, step->region[SB_SHIPPED]);
	struct fields f = {
		.region = {step->region[SB_SHIPPED], step->region[SB_REBUILT]},
		.items = {described[SB_SHIPPED]->fields, described[SB_REBUILT]->fields},
		.count = described[SB_SHIPPED]->count,
		.child = pair && pair->child ? &pair->child->pair : NULL,
		.members = pair,
	};
	return are_alike(&f, described[SB_SHIPPED]->count, described[SB_REBUILT]->count) ? compare_fields(unit, &f, err) : compare_whole(unit, &f, err);
}

static int take_step(struct sb_unit *unit, const struct sb_member_pairs *members, const struct step *step,
                     const struct sb_description *described[SB_SIDES], struct sb_err *err)
{
	if (!step->region[SB_REBUILT])
		return sb_region_note_lone(unit, SB_SHIPPED, step->region[SB_SHIPPED], err);
	if (!step->region[SB_SHIPPED])
		return sb_region_note_lone(unit, SB_REBUILT, step->region[SB_REBUILT], err);
	if (step->differs)
		return compare_pair(unit, members, step, described, err);
	unit->pair.own_bytes += step->region[SB_SHIPPED]->length;
	unit->pair.own_equal += step->region[SB_SHIPPED]->length;
	return 0;
}

/* Equal bytes need no description. */
static bool differs(const struct sb_unit *unit, const struct step *step)
{
	return step->region[SB_SHIPPED] && step->region[SB_REBUILT] &&
	       !sb_reading_equal(unit->reading, bytes_of(unit, SB_SHIPPED, step->region[SB_SHIPPED]), bytes_of(unit, SB_REBUILT, step->region[SB_REBUILT]));
}

/** Steps of a window, and what the regions of those that differ hold. Fields live only as long as their steps: what differs is copied. */
struct window {
	struct sb_unit *unit;
	struct sb_pool *pool;
	struct step steps[WINDOW];
	size_t count;
	struct sb_description described[SB_SIDES][WINDOW];
	size_t differing;
	struct sb_arena *scratch[SB_SIDES];
};

static int describe_side(void *ctx, size_t side, struct sb_err *err)
{
	struct window *window = ctx;

	window->scratch[side] = sb_arena_new(0);
	return window->scratch[side] ? sb_parsing_describe(&window->unit->views[side], window->described[side], window->differing, window->scratch[side], err)
	                             : no_memory(err);
}

/* A few regions are described before another thread has heard of them. */
static int describe_sides(struct window *window, struct sb_err *err)
{
	enum { WORTH_A_THREAD = 32 };
	int rc = 0;

	if (window->differing >= WORTH_A_THREAD)
		return sb_pool_share(window->pool, SB_SIDES, describe_side, window, err);
	for (size_t side = 0; !rc && window->differing && side < SB_SIDES; side++)
		rc = describe_side(window, side, err);
	return rc;
}

static int take_steps(struct window *window, const struct sb_member_pairs *members, struct sb_err *err)
{
	size_t at = 0;

	window->differing = 0;
	for (size_t i = 0; i < window->count; i++) {
		struct step *step = &window->steps[i];
		step->differs = differs(window->unit, step);
		for (unsigned side = 0; step->differs && side < SB_SIDES; side++)
			window->described[side][window->differing] = (struct sb_description){.region = step->region[side]};
		window->differing += step->differs;
	}
	int rc = describe_sides(window, err);
	for (size_t i = 0; !rc && i < window->count; i++) {
		const struct sb_description *of[SB_SIDES] = {&window->described[SB_SHIPPED][at], &window->described[SB_REBUILT][at]};
		rc = take_step(window->unit, members, &window->steps[i], of, err);
		at += window->steps[i].differs;
	}
	sb_arena_free(&window->scratch[SB_SHIPPED]);
	sb_arena_free(&window->scratch[SB_REBUILT]);
	return rc;
}

int sb_regions_compare(struct sb_unit *unit, const struct sb_member_pairs *members, struct sb_compare_run *run, struct sb_err *err)
{
	struct window window = {.unit = unit, .pool = run->pool};
	struct keyed *keyed[SB_SIDES];
	size_t count[SB_SIDES], a = 0, b = 0;
	int rc = 0;

	for (unsigned side = 0; !rc && side < SB_SIDES; side++)
		rc = collect(unit, members, side, &keyed[side], &count[side], err);
	while (!rc && (a < count[0] || b < count[1])) {
		for (window.count = 0; window.count < WINDOW && (a < count[0] || b < count[1]); window.count++) {
			int order = a == count[0] ? 1 : b == count[1] ? -1 : same_key(&keyed[0][a], &keyed[1][b]);
			window.steps[window.count] = (struct step){.region = {order <= 0 ? keyed[0][a].region : NULL, order >= 0 ? keyed[1][b].region : NULL}};
			a += order <= 0;
			b += order >= 0;
		}
		rc = take_steps(&window, members, err);
	}
	return rc;
}
