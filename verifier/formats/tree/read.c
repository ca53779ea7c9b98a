/* SPDX-License-Identifier: Apache-2.0 */
/* The stream as a format: entries are members, their heads and values have typed fields. */
#include "verifier/formats/tree/layout.h"

#include "verifier/formats/rows.h"

/** Seconds that a time may have to count as one: 2^35 is the end of what ext4 can say. A larger number is somebody's message. */
static const uint64_t END_OF_TIME = UINT64_C(1) << 35;
enum { NANOSECONDS = 1000000000 };

static bool makes_sense(const struct sb_member *member)
{
	bool has_content = member->type == SB_MEMBER_FILE || member->type == SB_MEMBER_PART;
	return member->type > SB_MEMBER_UNKNOWN && member->type <= SB_MEMBER_PART && (has_content || member->length == 0);
}

static int take_entry(struct sb_view *view, struct sb_rd *rd, struct sb_err *err)
{
	struct sb_member member = {.codec = SB_CODEC_NONE};
	uint32_t ordinal = (uint32_t)view->members.count + 1;
	uint64_t at = rd->at - 4;

	member.type = (enum sb_member_type)sb_rd_uint(rd, 2);
	member.has_mode = sb_rd_uint(rd, 2) == 1;
	member.size = member.length = sb_rd_uint(rd, 8);
	member.mode = (uint32_t)sb_rd_uint(rd, 4);
	member.mtime_ns = (uint32_t)sb_rd_uint(rd, 4);
	member.mtime = (int64_t)sb_rd_uint(rd, 8);
	member.uid = sb_rd_uint(rd, 8);
	member.gid = sb_rd_uint(rd, 8);
	member.rdev_major = sb_rd_uint(rd, 4);
	member.rdev_minor = sb_rd_uint(rd, 4);
	size_t name = (size_t)sb_rd_uint(rd, 4), link = (size_t)sb_rd_uint(rd, 4);
	sb_rd_seek(rd, at + SB_TREE_HEAD);
	const struct sb_span names[] = {sb_rd_bytes(rd, name), sb_rd_bytes(rd, link)};
	const struct sb_region head = {.offset = at, .length = rd->at - at, .kind = SB_REGION_HEADER, .member = ordinal, .tag = SB_TREE_ENTRY, .name = "entry"};
	const struct sb_region content = {.offset = rd->at, .length = member.length, .kind = SB_REGION_CONTENT, .member = ordinal, .name = "content"};
	member.offset = rd->at;
	sb_rd_bytes(rd, (size_t)member.length);
	if (rd->bad || !makes_sense(&member))
		return sb_damaged(err, "archive-damaged", at, "an entry that makes no sense");
	int rc = sb_keep(view, names[0], &member.name, err);
	if (!rc)
		rc = sb_keep(view, names[1], &member.link, err);
	if (!rc)
		rc = sb_emit_region(view, &head, err);
	if (!rc)
		rc = sb_emit_region(view, &content, err);
	return rc ? rc : sb_emit_member(view, &member, err);
}

static int take_value(struct sb_view *view, struct sb_rd *rd, uint64_t record, struct sb_err *err)
{
	struct sb_region region = {.offset = rd->at - 4, .kind = SB_REGION_HEADER, .member = (uint32_t)view->members.count + 1, .tag = (uint32_t)record};
	size_t name = (size_t)sb_rd_uint(rd, 4), length = (size_t)sb_rd_uint(rd, 4);
	struct sb_span text = sb_rd_bytes(rd, name);

	sb_rd_bytes(rd, length);
	region.length = rd->at - region.offset;
	if (rd->bad || (record != SB_TREE_XATTR && record != SB_TREE_OTHER))
		return sb_damaged(err, "archive-damaged", region.offset, "a value of an entry that makes no sense");
	if (!(region.name = sb_arena_copy(view->arena, text)))
		return sb_no_memory(err);
	return sb_emit_region(view, &region, err);
}

static unsigned probe(struct sb_span file, const char *hint)
{
	(void)hint;
	return sb_magic(file, 0, SB_TREE_MAGIC, SB_TREE_MAGIC_SIZE);
}

static int open_tree(struct sb_view *view, const char *hint, struct sb_err *err)
{
	const struct sb_region magic = {.length = SB_TREE_MAGIC_SIZE, .kind = SB_REGION_HEADER, .name = "magic"};
	struct sb_rd rd = sb_rd_of(view->file, false);
	bool open = false; /* values wait for their entry */

	if (!probe(view->file, hint))
		return sb_damaged(err, "archive-damaged", 0, "no tree");
	int rc = sb_emit_region(view, &magic, err);
	sb_rd_seek(&rd, SB_TREE_MAGIC_SIZE);
	while (!rc && rd.at < view->file.n) {
		uint64_t record = sb_rd_uint(&rd, 4);
		open = record != SB_TREE_ENTRY;
		rc = open ? take_value(view, &rd, record, err) : take_entry(view, &rd, err);
	}
	if (!rc && open)
		rc = sb_damaged(err, "archive-damaged", rd.at, "a value without an entry");
	return rc;
}

static const struct sb_layout_row head_rows[] = {
	{.at = SB_TREE_AT_RECORD, .length = 4, .kind = SB_FIELD_MAGIC, .name = "record"},
	{.at = SB_TREE_AT_TYPE, .length = 2, .encoding = SB_ENC_LE, .name = "type"},
	{.at = SB_TREE_AT_HAS_MODE, .length = 2, .encoding = SB_ENC_LE, .name = "has mode"},
	{.at = SB_TREE_AT_SIZE, .length = 8, .kind = SB_FIELD_SIZE, .encoding = SB_ENC_LE, .name = "size"},
	{.at = SB_TREE_AT_MODE, .length = 4, .kind = SB_FIELD_MODE, .encoding = SB_ENC_LE, .name = "mode"},
	{.at = SB_TREE_AT_UID, .length = 8, .kind = SB_FIELD_OWNER, .encoding = SB_ENC_LE, .name = "uid"},
	{.at = SB_TREE_AT_GID, .length = 8, .kind = SB_FIELD_OWNER, .encoding = SB_ENC_LE, .name = "gid"},
	{.at = SB_TREE_AT_MAJOR, .length = 4, .kind = SB_FIELD_DEVICE, .encoding = SB_ENC_LE, .name = "device major"},
	{.at = SB_TREE_AT_MINOR, .length = 4, .kind = SB_FIELD_DEVICE, .encoding = SB_ENC_LE, .name = "device minor"},
	{.at = SB_TREE_AT_NAME, .length = 4, .encoding = SB_ENC_LE, .name = "name size"},
	{.at = SB_TREE_AT_LINK, .length = 4, .encoding = SB_ENC_LE, .name = "link size"},
	{.at = SB_TREE_AT_FLAGS, .length = 4, .kind = SB_FIELD_FLAGS, .encoding = SB_ENC_LE, .name = "flags"},
	{.at = SB_TREE_AT_GENERATION, .length = 4, .encoding = SB_ENC_LE, .name = "generation"},
	{.at = SB_TREE_AT_PROJECT, .length = 4, .kind = SB_FIELD_OWNER, .encoding = SB_ENC_LE, .name = "project"},
};

/** Times, in seconds or nanoseconds. */
static const struct {
	uint16_t at;
	bool fraction;
	const char *name;
} time_rows[] = {
	{SB_TREE_AT_MTIME, false, "mtime"},   {SB_TREE_AT_MTIME_NS, true, "mtime ns"},   {SB_TREE_AT_ATIME, false, "atime"},
	{SB_TREE_AT_ATIME_NS, true, "atime ns"}, {SB_TREE_AT_CTIME, false, "ctime"},   {SB_TREE_AT_CTIME_NS, true, "ctime ns"},
	{SB_TREE_AT_CRTIME, false, "crtime"}, {SB_TREE_AT_CRTIME_NS, true, "crtime ns"},
};

static int describe_times(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof time_rows / sizeof *time_rows; i++) {
		unsigned width = time_rows[i].fraction ? 4 : 8;
		struct sb_field field = {.offset = region->offset + time_rows[i].at, .length = width, .encoding = SB_ENC_LE, .name = time_rows[i].name};
		struct sb_rd rd = sb_rd_of(view->file, false);
		sb_rd_seek(&rd, field.offset);
		field.kind = sb_rd_uint(&rd, width) < (time_rows[i].fraction ? NANOSECONDS : END_OF_TIME) ? SB_FIELD_TIME : SB_FIELD_VALUE;
		rc = sb_emit_field(view, &field, err);
	}
	return rc;
}

static int describe_entry(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	const struct sb_member *member = sb_view_member(view, region->member - 1);
	const struct sb_field name = {.offset = region->offset + SB_TREE_HEAD, .length = member->name.n, .kind = SB_FIELD_NAME, .encoding = SB_ENC_TEXT, .name = "name"};
	const struct sb_field link = {.offset = name.offset + name.length, .length = member->link.n, .kind = SB_FIELD_LINK, .encoding = SB_ENC_TEXT, .name = "link"};
	int rc = sb_emit_layout(view, region, SB_ROWS(head_rows), err);

	if (!rc)
		rc = describe_times(view, region, err);
	if (!rc && name.length)
		rc = sb_emit_field(view, &name, err);
	return rc || !link.length ? rc : sb_emit_field(view, &link, err);
}

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	return region->tag == SB_TREE_ENTRY ? describe_entry(view, region, err) : 0;
}

const struct sb_format sb_format_tree = {
	.name = "tree",
	.spec = "docs/formats/tree.md",
	.version = 1,
	.probe = probe,
	.open = open_tree,
	.describe = describe,
	.container = true,
};
