/* SPDX-License-Identifier: Apache-2.0 */
/* An opened pair: members become children, then regions are compared. */
#include "verifier/compare/unit.h"

#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* What a decoder's refusal means; the encoded bytes stand in for the content. */
static void note_refusal(struct sb_unit *child, const int rc[SB_SIDES], const struct sb_err *why)
{
	bool limit = rc[0] == SB_LIMIT || rc[1] == SB_LIMIT, other = (rc[0] && rc[0] != SB_FORMAT && !limit) || (rc[1] && rc[1] != SB_FORMAT && !limit);
	char *shown = sb_escape_copy(child->arena, sb_span_text(why->msg));

	child->pair.why = shown ? shown : "it cannot be decoded";
	if (limit)
		child->pair.limit = (struct sb_limit_hit){.name = why->id ? why->id : "limit", .where = child->pair.name};
	if (limit || other)
		child->pair.state = SB_PAIR_UNDECIDED;
	else
		child->pair.state = rc[0] && rc[1] ? SB_PAIR_OPAQUE : SB_PAIR_REJECTED;
}

static int decode_side(const struct sb_unit *unit, unsigned side, const struct sb_member *member, struct sb_unpack_budget *budget,
                       struct sb_unit *child, struct sb_err *why)
{
	uint64_t consumed = 0;
	int rc = sb_formats_decode(unit->views[side].file, member, budget, &child->decoded[side], &consumed, why);

	if (!rc && consumed != member->length)
		rc = sb_fail(why, SB_FORMAT, "archive-trailing", "bytes follow the compressed stream");
	if (!rc)
		child->pair.bytes[side] = child->decoded[side].bytes;
	return rc;
}

/* A trouble of this machine, such as a full disk: it says nothing about the files, so no verdict may be built on it. */
static bool is_ours(int rc)
{
	return rc == SB_NOMEM || rc == SB_IO || rc == SB_TEMPORARY || rc == SB_INTERRUPTED;
}

/* Content of a member pair: the bytes themselves, or what a decoder makes of them. */
static int fill_child(const struct sb_unit *unit, const struct sb_member_pair *members, struct sb_compare_run *run, struct sb_unit *child,
                      struct sb_err *err)
{
	int rc[SB_SIDES] = {0};
	struct sb_err why = {0};
	bool encoded = false;

	for (unsigned side = 0; side < SB_SIDES; side++) {
		const struct sb_member *member = sb_view_member(&unit->views[side], members->index[side]);
		child->pair.member[side] = member;
		if (!sb_span_cut(unit->views[side].file, member->offset, member->length, &child->pair.bytes[side]))
			return sb_fail(err, SB_INTERNAL, "tiling-violated", "a member outside its file");
		encoded |= member->codec != SB_CODEC_NONE;
		if (member->codec != SB_CODEC_NONE)
			rc[side] = decode_side(unit, side, member, &run->budget, child, &why);
		if (is_ours(rc[side])) {
			if (err)
				*err = why;
			return rc[side];
		}
	}
	if (rc[0] || rc[1]) {
		for (unsigned side = 0; side < SB_SIDES; side++) /* both as they lie in the file */
			if (!sb_span_cut(unit->views[side].file, child->pair.member[side]->offset, child->pair.member[side]->length,
			                 &child->pair.bytes[side]))
				return sb_fail(err, SB_INTERNAL, "tiling-violated", "a member outside its file");
		note_refusal(child, rc, &why);
	} else {
		child->pair.decoded = encoded;
	}
	return 0;
}

struct children {
	struct sb_unit *unit;
	struct sb_member_pairs *members;
	const uint32_t *which; /* member pairs whose content differs */
	struct sb_compare_run *run;
	unsigned jobs;
};

static int compare_child(void *ctx, size_t i, struct sb_err *err)
{
	const struct children *all = ctx;
	const struct sb_member_pair *members = &all->members->items[all->which[i]];
	struct sb_unit *child = all->unit->children[i];
	int rc = fill_child(all->unit, members, all->run, child, err);

	return rc ? rc : sb_unit_compare(child, all->run, all->jobs, err);
}

static const char *member_name(const struct sb_unit *unit, const struct sb_member_pair *members)
{
	unsigned side = members->index[SB_SHIPPED] != UINT32_MAX ? SB_SHIPPED : SB_REBUILT;
	return (const char *)sb_view_member(&unit->views[side], members->index[side])->name.p;
}

/* Units are made here, in order, so that the schedule below cannot change what comes out. */
static int make_children(struct sb_unit *unit, struct sb_member_pairs *members, uint32_t *which, size_t count, struct sb_err *err)
{
	unit->children = calloc(count ? count : 1, sizeof *unit->children);
	if (!unit->children)
		return no_memory(err);
	for (size_t i = 0; i < count; i++) {
		struct sb_member_pair *pair = &members->items[which[i]];
		unit->children[i] = pair->child = sb_unit_new(&unit->pair, member_name(unit, pair), unit->depth + 1);
		if (!pair->child)
			return no_memory(err);
		unit->child_count++;
	}
	return 0;
}

static int compare_children(struct sb_unit *unit, struct sb_member_pairs *members, struct sb_compare_run *run, unsigned jobs,
                            struct sb_err *err)
{
	uint32_t *which = sb_arena_array(unit->arena, members->count, sizeof *which);
	size_t count = 0;

	if (!which)
		return no_memory(err);
	for (uint32_t i = 0; i < members->count; i++)
		if (members->items[i].content_differs)
			which[count++] = i;
	int rc = make_children(unit, members, which, count, err);
	if (rc)
		return rc;
	struct children all = {unit, members, which, run, count > 1 ? 1 : jobs};
	rc = sb_pool_run(jobs, count, compare_child, &all, err);
	struct sb_pair **published = sb_arena_array(unit->arena, count, sizeof *published);
	if (!published)
		return no_memory(err);
	for (size_t i = 0; i < count; i++)
		published[i] = &unit->children[i]->pair;
	unit->pair.children = published;
	return rc;
}

/* Bytes of all regions of each member of a side. */
static uint64_t *member_bytes(const struct sb_unit *unit, unsigned side)
{
	const struct sb_view *view = &unit->views[side];
	uint64_t *bytes = sb_arena_array(unit->arena, view->members.count, sizeof *bytes);

	for (size_t i = 0; bytes && i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		if (region->member)
			bytes[region->member - 1] += region->length;
	}
	return bytes;
}

/* A member that one side only has: all its regions are one difference. */
static int note_lone_members(struct sb_unit *unit, const struct sb_member_pairs *members, struct sb_err *err)
{
	const uint64_t *bytes[SB_SIDES] = {member_bytes(unit, SB_SHIPPED), member_bytes(unit, SB_REBUILT)};

	if (!bytes[SB_SHIPPED] || !bytes[SB_REBUILT])
		return no_memory(err);
	for (size_t i = 0; i < members->count; i++) {
		const struct sb_member_pair *pair = &members->items[i];
		if (pair->index[0] != UINT32_MAX && pair->index[1] != UINT32_MAX)
			continue;
		unsigned side = pair->index[SB_SHIPPED] != UINT32_MAX ? SB_SHIPPED : SB_REBUILT;
		const struct sb_member *member = sb_view_member(&unit->views[side], pair->index[side]);
		struct sb_diff *diff = sb_unit_diff(unit, SB_DIFF_MEMBER, err);
		if (!diff)
			return err ? err->code : SB_NOMEM;
		diff->name = (const char *)member->name.p;
		diff->bytes = bytes[side][pair->index[side]] ? bytes[side][pair->index[side]] : 1;
		diff->side[side] = (struct sb_diff_side){.present = true, .offset = member->offset, .length = member->length, .member = member};
		unit->pair.own_bytes += diff->bytes;
	}
	return 0;
}

int sb_unit_compare_parts(struct sb_unit *unit, struct sb_compare_run *run, unsigned jobs, struct sb_err *err)
{
	struct sb_member_pairs members;
	int rc = sb_members_pair(unit, &members, err);

	if (rc)
		return rc;
	unit->pair.leaves = members.count ? members.count : 1;
	rc = compare_children(unit, &members, run, jobs, err);
	if (!rc)
		rc = sb_regions_compare(unit, &members, err);
	if (!rc)
		rc = note_lone_members(unit, &members, err);
	return rc ? rc : sb_order_compare(unit, &members, err);
}
