/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The APK Signing Block, between the last member and the directory. Source: Android Open Source Project, "APK Signature Scheme v2",
 * "APK Signing Block": size, pairs of length, id and value, size again, magic; sizes are 64-bit and count everything but the first one.
 */
#include "verifier/formats/zip/zip.h"

static const char magic[] = "APK Sig Block 42";

enum { MAGIC = 16, SIZE = 8, TRAILER = SIZE + MAGIC, VERITY_PADDING = 0x42726577 };

static const struct {
	uint64_t id;
	const char *name;
} known[] = {
	{0x7109871a, "APK signature v2"},    {0xf05368c0, "APK signature v3"},    {0x1b93ad61, "APK signature v3.1"},
	{0x2b09189e, "APK source stamp v1"}, {0x6dff800d, "APK source stamp v2"},
};

static int add(struct sb_vec *owners, struct sb_region region, struct sb_err *err)
{
	struct sb_region *slot = sb_vec_push(owners);
	if (!slot)
		return sb_no_memory(err);
	*slot = region;
	return 0;
}

/* A pair is a signature when its id is one; fill may be zero only; whatever else somebody put there is content. */
static int add_pair(struct sb_view *view, struct sb_region pair, struct sb_span record, struct sb_vec *owners, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(record, false);
	sb_rd_seek(&rd, SIZE);
	uint64_t id = sb_rd_uint(&rd, 4);

	pair.kind = SB_REGION_HEADER;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (known[i].id != id)
			continue;
		pair.kind = SB_REGION_SIGNATURE;
		pair.name = known[i].name;
	}
	if (id == VERITY_PADDING)
		pair.name = "APK verity padding";
	if (!pair.name)
		pair.name = sb_arena_printf(view->arena, "APK signing pair 0x%08llx", (unsigned long long)id);
	return pair.name ? add(owners, pair, err) : sb_no_memory(err);
}

/* Do the pairs fill [@at, @end)? Looked at before any of them is owned. */
static bool pairs_tile(struct sb_span file, uint64_t at, uint64_t end)
{
	struct sb_rd rd = sb_rd_of(file, false);

	while (at < end) {
		sb_rd_seek(&rd, at);
		uint64_t length = sb_rd_uint(&rd, SIZE);
		if (rd.bad || end - at < SIZE + 4 || length < 4 || length > end - at - SIZE)
			return false;
		at += SIZE + length;
	}
	return at == end;
}

/* Offset of the block that ends at @end; false when there is none. */
static bool find_block(struct sb_span file, uint64_t end, uint64_t *start)
{
	struct sb_rd rd = sb_rd_of(file, false);

	if (end < SIZE + TRAILER || !sb_magic(file, end - MAGIC, magic, MAGIC))
		return false;
	sb_rd_seek(&rd, end - TRAILER);
	uint64_t size = sb_rd_uint(&rd, SIZE);
	if (rd.bad || size < TRAILER || size > end - SIZE)
		return false;
	*start = end - size - SIZE;
	sb_rd_seek(&rd, *start);
	return sb_rd_uint(&rd, SIZE) == size && !rd.bad && pairs_tile(file, *start + SIZE, end - TRAILER);
}

int sb_zip_own_signing_block(struct sb_view *view, uint64_t directory, struct sb_vec *owners, struct sb_err *err)
{
	uint64_t start, at, end = directory - TRAILER;
	struct sb_rd rd = sb_rd_of(view->file, false);

	if (!find_block(view->file, directory, &start))
		return 0;
	int rc = sb_emit_remark(view, (struct sb_notice){.id = "archive-trailing", .offset = start, .refuse_drop = true}, err,
	                        "an APK signing block, %llu bytes that belong to no member", (unsigned long long)(directory - start));
	if (!rc)
		rc = add(owners, (struct sb_region){.offset = start, .length = SIZE, .kind = SB_REGION_HEADER, .name = "APK signing block", .tag = SB_ZIP_TAG_BLOCK}, err);
	for (at = start + SIZE; !rc && at < end;) {
		struct sb_span record;
		sb_rd_seek(&rd, at);
		struct sb_region pair = {.offset = at, .length = SIZE + sb_rd_uint(&rd, SIZE)};
		if (!sb_span_cut(view->file, at, pair.length, &record))
			return sb_damaged(err, "archive-damaged", at, "a signing block that leaves the file");
		rc = add_pair(view, pair, record, owners, err);
		at += pair.length;
	}
	return rc ? rc : add(owners, (struct sb_region){.offset = end, .length = TRAILER, .kind = SB_REGION_HEADER, .name = "APK signing block end", .tag = SB_ZIP_TAG_BLOCK_END}, err);
}

/* Both sizes count from behind the first one to the directory. */
int sb_zip_describe_block(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	bool last = region->tag == SB_ZIP_TAG_BLOCK_END;
	struct sb_rd rd = sb_rd_of(view->file, false);
	sb_rd_seek(&rd, region->offset);
	uint64_t size = sb_rd_uint(&rd, SIZE), end = last ? region->offset + TRAILER : region->offset + SIZE + size;
	struct sb_field field = {.offset = region->offset, .length = SIZE, .kind = SB_FIELD_DERIVED, .encoding = SB_ENC_LE, .name = "signing block size",
	                         .derived = {.algorithm = SB_DERIVE_LENGTH, .over_offset = end - size, .over_length = size}};
	struct sb_field mark = {.offset = region->offset + SIZE, .length = MAGIC, .kind = SB_FIELD_MAGIC, .encoding = SB_ENC_TEXT, .name = "magic"};
	int rc = sb_emit_field(view, &field, err);
	return rc || !last ? rc : sb_emit_field(view, &mark, err);
}
