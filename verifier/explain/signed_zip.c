/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures of zip files: those of jars, which lie in members, and the signing block of Android in front of the directory. */
#include "verifier/explain/signed.h"

#include <string.h>

static const char *const block_parts[] = {"APK signing block", "APK signing block end", "APK verity padding"};

/*
 * The manifest as the signer of a jar wrote it: the member as a whole where only one side has it, and that side is signed, else the time at
 * which that was. A signing block alone says nothing of manifests.
 */
static bool is_manifest_part(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side)
{
	const struct sb_diff_side *at = &diff->side[side];

	if (!at->member || !sb_span_equal(at->member->name, sb_span_text("META-INF/MANIFEST.MF")))
		return false;
	if (diff->kind == SB_DIFF_MEMBER)
		return sb_signed_jar_has(pair->view[side]);
	return sb_diff_is_field(diff, SB_FIELD_TIME) && at->field.encoding == SB_ENC_DOS_TIME &&
	       (sb_signed_jar_has(pair->view[SB_SHIPPED]) || sb_signed_jar_has(pair->view[SB_REBUILT]));
}

static bool is_in_meta_inf(const struct sb_member *member)
{
	return sb_span_starts(member->name, "META-INF/", 9);
}

/* The next member from @at on that lies elsewhere. */
static const struct sb_member *next_outside(const struct sb_view *view, size_t *at)
{
	while (*at < view->members.count) {
		const struct sb_member *member = sb_view_member(view, (*at)++);
		if (!is_in_meta_inf(member))
			return member;
	}
	return NULL;
}

/* Who signs a jar puts META-INF in front: in archives where order has no meaning, and only when nothing else was moved. */
static bool is_order_part(const struct sb_pair *pair, const struct sb_diff *diff)
{
	size_t at[SB_SIDES] = {0, 0};

	if (diff->kind != SB_DIFF_ORDER || !diff->side[SB_SHIPPED].present ||
	    (!sb_signed_jar_has(pair->view[SB_SHIPPED]) && !sb_signed_jar_has(pair->view[SB_REBUILT])))
		return false;
	for (;;) {
		const struct sb_member *a = next_outside(pair->view[SB_SHIPPED], &at[SB_SHIPPED]), *b = next_outside(pair->view[SB_REBUILT], &at[SB_REBUILT]);
		if (!a || !b)
			return a == b;
		if (!sb_span_equal(a->name, b->name))
			return false;
	}
}

/* In front of the block apksigner fills up to a page. */
static bool is_alignment(const struct sb_pair *pair, const struct sb_region *region, unsigned side)
{
	enum { PAGE = 4096 };
	const struct sb_region *block = sb_view_region_named(pair->view[side], "APK signing block");
	struct sb_span bytes;

	return block && region->kind == SB_REGION_GAP && region->offset + region->length == block->offset && block->offset % PAGE == 0 && region->length < PAGE &&
	       sb_span_cut(pair->bytes[side], region->offset, region->length, &bytes) && sb_span_all_zero(bytes);
}

static bool is_part(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side)
{
	const struct sb_region *region = diff->side[side].region;

	for (size_t i = 0; region && !region->member && i < sizeof block_parts / sizeof *block_parts; i++)
		if (strcmp(region->name, block_parts[i]) == 0)
			return true;
	if (region && is_alignment(pair, region, side))
		return true;
	return is_manifest_part(pair, diff, side) || is_order_part(pair, diff);
}

static bool is_right(struct sb_signed_side *side)
{
	return sb_signed_jar_is_right(side) && sb_signed_apk_is_right(side);
}

const struct sb_signed_format sb_signed_zip = {.format = "zip", .is_part = is_part, .is_right = is_right};
