/* SPDX-License-Identifier: Apache-2.0 */
/* An opened pair: members become children, then regions are compared. */
#include "verifier/compare/unit.h"

#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* What a decoder's refusal means; the encoded bytes stand in for the content. A limit says more than damage does. */
static void note_refusal(struct sb_unit *child, struct sb_decoding *const item[SB_SIDES])
{
	const int rc[SB_SIDES] = {item[0] ? item[0]->rc : 0, item[1] ? item[1]->rc : 0};
	unsigned side = rc[SB_REBUILT] == SB_LIMIT && rc[SB_SHIPPED] != SB_LIMIT ? SB_REBUILT : rc[SB_SHIPPED] ? SB_SHIPPED : SB_REBUILT;
	const struct sb_err *why = &item[side]->why;
	bool damaged = (!rc[0] || rc[0] == SB_FORMAT) && (!rc[1] || rc[1] == SB_FORMAT);
	char *shown = sb_escape_copy(child->arena, sb_span_text(why->msg));

	child->pair.why = shown ? sb_arena_printf(child->arena, "the %s side: %s", side == SB_SHIPPED ? "shipped" : "rebuilt", shown) : NULL;
	if (!child->pair.why)
		child->pair.why = "it cannot be decoded";
	if (rc[side] == SB_LIMIT)
		child->pair.limit = sb_unit_limit(child, why);
	child->pair.state = !damaged ? SB_PAIR_UNDECIDED : rc[0] && rc[1] ? SB_PAIR_OPAQUE : SB_PAIR_REJECTED;
}

/** Member pairs whose content differs, in batches: a batch goes to the decoders in one go. */
struct children {
	struct sb_unit *unit;
	struct sb_member_pairs *members;
	const uint32_t *which;
	size_t count, batch;
	struct sb_compare_run *run;
};

/** One batch being decoded. */
struct batch {
	const struct children *all;
	size_t from, count;
	struct sb_decoding *items[SB_SIDES]; /* member NULL: not encoded */
};

static const struct sb_member *member_at(const struct children *all, size_t i, unsigned side)
{
	return sb_view_member(&all->unit->views[side], all->members->items[all->which[i]].index[side]);
}

/* Stands together what is encoded, since that is what decoders want. */
static int decode_side(void *ctx, size_t side, struct sb_err *err)
{
	struct batch *batch = ctx;
	size_t count = 0;

	for (size_t i = 0; i < batch->count; i++) {
		const struct sb_member *member = member_at(batch->all, batch->from + i, (unsigned)side);
		if (member->codec != SB_CODEC_NONE)
			batch->items[side][count++] = (struct sb_decoding){.member = member, .blob.fd = -1};
	}
	return sb_parsing_decode(batch->all->run->side[side], &batch->all->unit->source[side], batch->items[side], count, &batch->all->run->budget[side], err);
}

/* A trouble of this machine, such as a full disk: it says nothing about the files, so no verdict may be built on it. */
static bool is_ours(int rc)
{
	return rc == SB_NOMEM || rc == SB_IO || rc == SB_TEMPORARY || rc == SB_INTERRUPTED;
}

/* Content of one side of a child; @item: what its decoder made, or NULL. */
static int fill_side(struct sb_unit *child, const struct sb_unit *unit, unsigned side, struct sb_decoding *item, struct sb_compare_run *run,
                     struct sb_err *err)
{
	const struct sb_member *member = child->pair.member[side];

	if (!sb_span_cut(unit->views[side].file, member->offset, member->length, &child->pair.bytes[side]))
		return sb_fail(err, SB_INTERNAL, "tiling-violated", "a member outside its file");
	if (item && is_ours(item->rc)) {
		if (err)
			*err = item->why;
		return item->rc;
	}
	if (item && !item->rc && item->consumed != member->length)
		item->rc = sb_fail(&item->why, SB_FORMAT, "archive-trailing", "bytes follow the compressed stream");
	if (!item) {
		sb_source_cut(&child->source[side], run->side[side], child->pair.bytes[side], &unit->source[side]);
	} else if (!item->rc) {
		child->decoded[side] = item->blob;
		item->blob = (struct sb_blob){.fd = -1};
	}
	return 0;
}

/* What was decoded is read again by those who explain, so it is kept; small equal bytes once. Large ones are kept before they are read. */
static int keep_decoded(struct sb_unit *child, struct sb_depot *depot, struct sb_err *err)
{
	struct sb_blob *shipped = &child->decoded[SB_SHIPPED], *rebuilt = &child->decoded[SB_REBUILT];
	bool equal = !shipped->mapped && !rebuilt->mapped && sb_span_equal(shipped->bytes, rebuilt->bytes);
	int rc = sb_depot_keep(depot, shipped, err);

	if (!rc && !equal)
		return sb_depot_keep(depot, rebuilt, err);
	if (!rc) {
		sb_blob_release(rebuilt);
		*rebuilt = (struct sb_blob){.bytes = shipped->bytes, .fd = -1, .kept = true};
	}
	return rc;
}

/* Both sides must have been decoded, else both stay as they lie in the file. */
static int use_decoded(struct sb_unit *child, struct sb_decoding *const item[SB_SIDES], struct sb_compare_run *run, struct sb_err *err)
{
	int rc = 0;

	if ((item[0] && item[0]->rc) || (item[1] && item[1]->rc)) {
		note_refusal(child, item);
		return 0;
	}
	child->pair.decoded = item[0] || item[1];
	if (item[0] && item[1])
		rc = keep_decoded(child, run->depot, err);
	else if (child->pair.decoded)
		rc = sb_depot_keep(run->depot, &child->decoded[item[0] ? SB_SHIPPED : SB_REBUILT], err);
	for (unsigned side = 0; !rc && side < SB_SIDES; side++) {
		if (!item[side])
			continue;
		child->pair.bytes[side] = child->decoded[side].bytes;
		sb_source_init(&child->source[side], run->side[side], sb_depot_reading(run->depot), child->decoded[side].bytes, &child->decoded[side]);
	}
	return rc;
}

static int compare_child(struct batch *batch, size_t i, size_t used[SB_SIDES], struct sb_err *err)
{
	const struct children *all = batch->all;
	struct sb_unit *child = all->unit->children[batch->from + i];
	struct sb_decoding *item[SB_SIDES];
	int rc = 0;

	for (unsigned side = 0; !rc && side < SB_SIDES; side++) {
		child->pair.member[side] = member_at(all, batch->from + i, side);
		item[side] = child->pair.member[side]->codec == SB_CODEC_NONE ? NULL : &batch->items[side][used[side]++];
		rc = fill_side(child, all->unit, side, item[side], all->run, err);
	}
	if (rc)
		return rc;
	rc = use_decoded(child, item, all->run, err);
	return rc ? rc : sb_unit_compare(child, all->run, err);
}

static void release_batch(struct batch *batch)
{
	for (unsigned side = 0; side < SB_SIDES; side++) {
		for (size_t i = 0; batch->items[side] && i < batch->count; i++)
			sb_blob_release(&batch->items[side][i].blob);
		free(batch->items[side]);
	}
}

static int compare_batch(void *ctx, size_t number, struct sb_err *err)
{
	const struct children *all = ctx;
	struct batch batch = {.all = all, .from = number * all->batch};
	size_t used[SB_SIDES] = {0};
	int rc = 0;

	batch.count = all->count - batch.from < all->batch ? all->count - batch.from : all->batch;
	for (unsigned side = 0; side < SB_SIDES; side++)
		if (!(batch.items[side] = calloc(batch.count, sizeof **batch.items)))
			rc = no_memory(err);
	if (!rc)
		rc = sb_pool_share(all->run->pool, SB_SIDES, decode_side, &batch, err);
	for (size_t i = 0; !rc && i < batch.count; i++)
		rc = compare_child(&batch, i, used, err);
	release_batch(&batch);
	return rc;
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

/* Large enough to cost nothing, small enough that every thread gets its share and decoded bytes are few at a time. */
static size_t batch_of(size_t count, unsigned jobs)
{
	enum { MOST = 32 };
	size_t share = count / (4 * (size_t)jobs);
	return share < 1 ? 1 : share > MOST ? MOST : share;
}

static int compare_children(struct sb_unit *unit, struct sb_member_pairs *members, struct sb_compare_run *run, struct sb_err *err)
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
	struct children all = {unit, members, which, count, batch_of(count, sb_pool_jobs(run->pool)), run};
	rc = sb_pool_share(run->pool, (count + all.batch - 1) / all.batch, compare_batch, &all, err);
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

/* Encoded bytes whose content a child compares: not counted again, but their encoder was free. */
static int note_encodings(struct sb_unit *unit, const struct sb_member_pairs *members, struct sb_err *err)
{
	for (size_t i = 0; i < members->count; i++) {
		const struct sb_member_pair *pair = &members->items[i];
		if (!pair->child || !pair->child->pair.decoded)
			continue;
		struct sb_diff *diff = sb_unit_diff(unit, SB_DIFF_ENCODING, err);
		if (!diff)
			return err ? err->code : SB_NOMEM;
		diff->child = &pair->child->pair;
		for (unsigned side = 0; side < SB_SIDES; side++) {
			const struct sb_member *member = sb_view_member(&unit->views[side], pair->index[side]);
			diff->side[side] = (struct sb_diff_side){.present = true, .offset = member->offset, .length = sb_member_packed(member), .member = member};
		}
	}
	return 0;
}

int sb_unit_compare_parts(struct sb_unit *unit, struct sb_compare_run *run, struct sb_err *err)
{
	struct sb_member_pairs members;
	int rc = sb_members_pair(unit, &members, err);

	if (rc)
		return rc;
	unit->pair.leaves = members.count ? members.count : 1;
	rc = compare_children(unit, &members, run, err);
	if (!rc)
		rc = unit->pair.recoded ? sb_recoded_regions(unit, err) : sb_regions_compare(unit, &members, run, err);
	if (!rc)
		rc = note_encodings(unit, &members, err);
	if (!rc && unit->pair.format->tree)
		rc = sb_metadata_compare(unit, &members, err);
	if (!rc)
		rc = note_lone_members(unit, &members, err);
	return rc ? rc : sb_order_compare(unit, &members, err);
}
