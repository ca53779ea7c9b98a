/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/formats/tree/tree.h"

int sb_emit_volume(struct sb_view *view, const struct sb_region *regions, size_t count, enum sb_codec codec, struct sb_err *err)
{
	struct sb_member tree = {.name = sb_span_text("tree"), .type = SB_MEMBER_PART, .codec = codec, .size = UINT64_MAX};
	int rc = 0;

	for (size_t i = 0; !rc && i < count; i++) {
		struct sb_region region = regions[i];
		region.member = 1;
		tree.length = region.offset + region.length;
		rc = sb_emit_region(view, &region, err);
	}
	if (!rc)
		rc = sb_emit_member(view, &tree, err);
	return rc ? rc : sb_emit_rest(view, tree.length, "fill", err);
}
