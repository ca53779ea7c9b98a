/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel module with an appended signature: a CMS message over everything before it, struct module_signature and a magic line,
 * and nothing behind it. Source: Linux include/linux/module_signature.h, scripts/sign-file.c.
 */
#include "verifier/explain/signed.h"

#include <string.h>

static const char magic[] = "~Module signature appended~\n";

enum { RECORD = 12, TRAILER = RECORD + sizeof magic - 1 };

/* struct module_signature: nothing but PKCS #7, and how long it is. */
static bool is_trailer(struct sb_span bytes, uint64_t length)
{
	static const uint8_t fixed[8] = {0, 0, 2};
	struct sb_rd rd = sb_rd_of(bytes, true);
	sb_rd_seek(&rd, sizeof fixed);

	return bytes.n == TRAILER && memcmp(bytes.p, fixed, sizeof fixed) == 0 && sb_rd_uint(&rd, 4) == length &&
	       memcmp(bytes.p + RECORD, magic, sizeof magic - 1) == 0;
}

static bool is_right(struct sb_signed_side *side)
{
	const struct sb_view *view = side->pair->view[side->side];

	for (size_t i = 0; i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		struct sb_span message, module = sb_span_of(view->file.p, region->offset);
		struct sb_cms cms;
		if (region->kind != SB_REGION_SIGNATURE)
			continue;
		if (region->length < TRAILER || !sb_span_cut(view->file, region->offset, region->length - TRAILER, &message) ||
		    !is_trailer(sb_span_of(message.p + message.n, view->file.n - region->offset - message.n), message.n))
			return sb_signed_refuse(side, "a signature without its end");
		if (!sb_cms_read(message, &cms, &side->why))
			return false;
		if (cms.content.p || !sb_cms_states(side->in->comparison->reading, &cms, &module, 1))
			return sb_signed_refuse(side, "the digest that it holds is not that of the module");
		side->found++;
	}
	return true;
}

const struct sb_signed_format sb_signed_module = {.format = "elf", .is_right = is_right};
