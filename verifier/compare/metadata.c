/* SPDX-License-Identifier: Apache-2.0 */
/* What members are, beside their content: in a file system a name, an inode and its attributes lie in different places. */
#include "verifier/compare/unit.h"

#include <string.h>

/** One property: do both have the same, which difference it is, and which typed fields say so already. */
struct property {
	enum sb_diff_kind kind;
	bool (*same)(const struct sb_member *a, const struct sb_member *b);
	uint32_t fields;
};

#define FIELD(kind) (1U << SB_FIELD_##kind)

static bool same_type(const struct sb_member *a, const struct sb_member *b)
{
	return a->type == b->type;
}

static bool same_mode(const struct sb_member *a, const struct sb_member *b)
{
	return a->has_mode == b->has_mode && (!a->has_mode || a->mode == b->mode);
}

static bool same_owner(const struct sb_member *a, const struct sb_member *b)
{
	return a->has_mode == b->has_mode && (!a->has_mode || (a->uid == b->uid && a->gid == b->gid));
}

static bool same_link(const struct sb_member *a, const struct sb_member *b)
{
	return sb_span_equal(a->link, b->link);
}

static bool same_device(const struct sb_member *a, const struct sb_member *b)
{
	return a->rdev_major == b->rdev_major && a->rdev_minor == b->rdev_minor;
}

static bool same_xattrs(const struct sb_member *a, const struct sb_member *b)
{
	return sb_span_equal(a->xattrs, b->xattrs);
}

static const struct property properties[] = {
	{SB_DIFF_TYPE, same_type, 0},
	{SB_DIFF_MODE, same_mode, FIELD(MODE)},
	{SB_DIFF_OWNER, same_owner, FIELD(OWNER)},
	{SB_DIFF_LINK, same_link, FIELD(LINK)},
	{SB_DIFF_DEVICE, same_device, FIELD(DEVICE)},
	{SB_DIFF_XATTR, same_xattrs, 0},
};

static int note(struct sb_unit *unit, enum sb_diff_kind kind, const struct sb_member *of[SB_SIDES], struct sb_err *err)
{
	struct sb_diff *diff = sb_unit_diff(unit, kind, err);

	if (!diff)
		return err ? err->code : SB_NOMEM;
	for (unsigned side = 0; side < SB_SIDES; side++)
		diff->side[side] = (struct sb_diff_side){.present = true, .offset = of[side]->offset, .member = of[side]};
	if (kind != SB_DIFF_MODE)
		return 0;
	diff->name = sb_arena_printf(unit->arena, "0%03o → 0%03o", of[SB_SHIPPED]->mode & 07777, of[SB_REBUILT]->mode & 07777);
	return diff->name ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

int sb_metadata_compare(struct sb_unit *unit, const struct sb_member_pairs *members, struct sb_err *err)
{
	for (size_t i = 0; i < members->count; i++) {
		const struct sb_member_pair *pair = &members->items[i];
		if (pair->index[0] == UINT32_MAX || pair->index[1] == UINT32_MAX)
			continue;
		const struct sb_member *of[SB_SIDES] = {sb_view_member(&unit->views[0], pair->index[0]), sb_view_member(&unit->views[1], pair->index[1])};
		for (size_t k = 0; k < sizeof properties / sizeof *properties; k++) {
			const struct property *property = &properties[k];
			if (property->same(of[0], of[1]) || (pair->differing & property->fields))
				continue;
			int rc = note(unit, property->kind, of, err);
			if (rc)
				return rc;
		}
	}
	return 0;
}
