/* SPDX-License-Identifier: Apache-2.0 */
/* LZMA alone, the format before xz. It has no magic and no trailer: only the decoder knows where it ends, so all of the
 * file is one payload, and a decoder that leaves bytes over refutes that. */
#include "verifier/formats/emit.h"
#include "verifier/formats/rows.h"

#include <string.h>

/* Source: LZMA SDK 9.35, lzma.txt, "lzma file format"; the plausibility rules are those of xz(1), "--format=lzma". */
enum { HEADER = 13 };

static bool plausible(struct sb_span file)
{
	struct sb_rd rd = sb_rd_of(file, false);
	uint64_t properties = sb_rd_uint(&rd, 1), dictionary = sb_rd_uint(&rd, 4), size = sb_rd_uint(&rd, 8),
		 first = sb_rd_uint(&rd, 1);
	uint64_t lowest = dictionary & (0 - dictionary);

	if (rd.bad || properties >= 9 * 5 * 5 || dictionary == 0 || first != 0)
		return false;
	/* 2^n or 2^n + 2^(n-1), which every encoder in use writes. */
	bool usual = dictionary == lowest || dictionary == 3 * lowest || dictionary == UINT32_MAX;
	return usual && (size == UINT64_MAX || size < UINT64_C(1) << 38);
}

static int open_lzma(struct sb_view *view, const char *hint, struct sb_err *err)
{
	static const char *const suffixes[] = {".tlzma", ".lzma", NULL};
	struct sb_rd rd = sb_rd_of(view->file, false);
	struct sb_member payload = {.codec = SB_CODEC_LZMA, .length = view->file.n};
	struct sb_region header = {.length = HEADER, .kind = SB_REGION_HEADER, .member = 1, .tag = 1, .name = "header"};
	struct sb_region body = {.offset = HEADER,
				 .length = view->file.n - HEADER,
				 .kind = SB_REGION_ENCODED,
				 .member = 1,
				 .name = "payload"};

	if (!plausible(view->file))
		return sb_damaged(err, "archive-damaged", 0, "an LZMA header that makes no sense");
	sb_rd_seek(&rd, 5);
	payload.size = sb_rd_uint(&rd, 8);
	int rc = sb_emit_region(view, &header, err);
	if (!rc)
		rc = sb_emit_region(view, &body, err);
	return rc ? rc : sb_emit_payload(view, hint, suffixes, &payload, err);
}

static const struct sb_layout_row rows[] = {
	{.at = 0, .length = 1, .kind = SB_FIELD_ENCODING, .encoding = SB_ENC_LE, .name = "properties"},
	{.at = 1, .length = 4, .kind = SB_FIELD_ENCODING, .encoding = SB_ENC_LE, .name = "dictionary size"},
	{.at = 5, .length = 8, .kind = SB_FIELD_SIZE, .encoding = SB_ENC_LE, .name = "size"},
};

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	return region->tag ? sb_emit_layout(view, region, SB_ROWS(rows), err) : 0;
}

/* Without a magic the name has to say so as well, or the most usual header stand there. */
static unsigned probe(struct sb_span file, const char *hint)
{
	size_t n = strlen(hint);
	bool named = (n > 5 && strcmp(hint + n - 5, ".lzma") == 0) || (n > 4 && strcmp(hint + n - 4, ".tlz") == 0);

	if (!plausible(file))
		return 0;
	return named ? 24 : sb_magic(file, 0, "\x5d\x00\x00", 3) ? 20 : 0;
}

const struct sb_format sb_format_lzma = {
	.name = "lzma",
	.spec = "LZMA SDK 9.35, lzma.txt",
	.version = 1,
	.probe = probe,
	.open = open_lzma,
	.describe = describe,
	.compression = true,
};
