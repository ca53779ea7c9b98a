/* SPDX-License-Identifier: Apache-2.0 */
/* The row of the table: whose file it is, and the fields that have a type of their own. */
#include "verifier/formats/class/class.h"

enum { FIRST_MAJOR = 45, LAST_MAJOR = 99 };

static const uint8_t magic[4] = {0xca, 0xfe, 0xba, 0xbe};

static const struct sb_layout_row header_rows[] = {
	{.at = 0, .length = 4, .kind = SB_FIELD_MAGIC, .encoding = SB_ENC_BE, .name = "magic"},
	{.at = 4, .length = 2, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "minor version"},
	{.at = 6, .length = 2, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "major version"},
};

static const struct sb_layout_row class_rows[] = {
	{.at = 0, .length = 2, .kind = SB_FIELD_FLAGS, .encoding = SB_ENC_BE, .name = "access flags"},
	{.at = 2, .length = 2, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "this class"},
	{.at = 4, .length = 2, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "super class"},
};

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	if (region->tag == SB_CLASS_TAG_HEADER)
		return sb_emit_layout(view, region, SB_ROWS(header_rows), err);
	return region->tag == SB_CLASS_TAG_CLASS ? sb_emit_layout(view, region, SB_ROWS(class_rows), err) : 0;
}

/* Mach-O files of several architectures begin alike; where those count them, a class has its major version. */
static unsigned probe(struct sb_span file, const char *hint)
{
	struct sb_rd rd = sb_rd_of(file, true);

	(void)hint;
	sb_rd_bytes(&rd, 6);
	uint64_t major = sb_rd_uint(&rd, 2);
	return !rd.bad && major >= FIRST_MAJOR && major <= LAST_MAJOR ? sb_magic(file, 0, magic, sizeof magic) : 0;
}

static const struct sb_meaning_format meaning = {.gists = sb_class_gists, .clauses = sb_class_clauses, .show = sb_class_show};

const struct sb_format sb_format_class = {
	.name = "class",
	.spec = "The Java Virtual Machine Specification, Java SE 17, chapter 4",
	.version = 3,
	.probe = probe,
	.open = sb_class_open,
	.describe = describe,
	.meaning = &meaning,
	.acted_on = sb_class_acted_on,
};
