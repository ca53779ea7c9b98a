/* SPDX-License-Identifier: Apache-2.0 */
/* From member to member, and from archive to archive. */
#include "verifier/formats/cpio/cpio.h"

#include <string.h>

struct walk {
	struct sb_view *view;
	uint64_t at;
	struct sb_cpio_links links;
};

/* Fill up to the alignment, counted from the start of the archive, which is itself aligned. */
static int take_padding(struct walk *walk, const struct sb_cpio_header *header, uint64_t length, uint32_t member,
			struct sb_err *err)
{
	struct sb_region padding = {.offset = walk->at,
				    .kind = SB_REGION_PADDING,
				    .member = member,
				    .name = "padding",
				    .length = (header->align - length % header->align) % header->align};
	struct sb_span bytes;
	int rc = 0;

	if (!sb_span_cut(walk->view->file, walk->at, padding.length, &bytes))
		return sb_damaged(err, "archive-truncated", walk->at, "the archive ends inside a member");
	if (!sb_span_all_zero(bytes))
		rc = sb_emit_remark(walk->view, (struct sb_notice){.offset = walk->at, .member = member}, err,
				    "the padding of a member is not zero");
	walk->at += padding.length;
	return rc ? rc : sb_emit_region(walk->view, &padding, err);
}

static int take_part(struct walk *walk, struct sb_region region, uint64_t length, struct sb_span *bytes,
		     struct sb_err *err)
{
	region.offset = walk->at;
	region.length = length;
	if (!sb_span_cut(walk->view->file, walk->at, length, bytes))
		return sb_damaged(err, "archive-truncated", walk->at, "the archive ends inside a member");
	walk->at += length;
	return sb_emit_region(walk->view, &region, err);
}

/* Header and name, which the formats fill up together. */
static int take_head(struct walk *walk, const struct sb_cpio_header *header, uint32_t member, const char *region,
		     struct sb_span *name, struct sb_err *err)
{
	struct sb_region head = {.kind = SB_REGION_HEADER, .member = member, .tag = header->variant, .name = region};
	struct sb_span bytes;

	int rc = take_part(walk, head, header->length + header->name_size, &bytes, err);
	if (!rc)
		rc = take_padding(walk, header, bytes.n, member, err);
	if (rc)
		return rc;
	*name = sb_span_of(bytes.p + header->length, bytes.n - header->length - 1);
	if (name->p[name->n] != '\0')
		return sb_damaged(err, "archive-damaged", walk->at, "a name without its closing NUL byte");
	return 0;
}

/*
 * Members with the same inode are one file. Some writers put its content behind every name, some behind the first (odc)
 * or the last (newc) alone. It belongs to the first member of the inode wherever it stands, and the other names are
 * links to that one.
 */
static int take_content(struct walk *walk, const struct sb_cpio_header *header, struct sb_member *member, uint32_t ordinal,
			struct sb_err *err)
{
	struct sb_region content = {.kind = SB_REGION_CONTENT, .member = ordinal, .name = "content"};
	struct sb_member *owner = member;
	struct sb_span bytes = {0};
	size_t first = 0;

	bool linked = header->links > 1 && sb_type_of_mode(header->mode) == SB_MEMBER_FILE;
	int rc = sb_cpio_link(&walk->links, header, linked, &first, err);
	struct sb_member *other = !rc && first ? sb_vec_at(&walk->view->members, first - 1) : NULL;
	if (other && (header->size == 0 || other->length == 0)) {
		member->type = SB_MEMBER_HARDLINK;
		member->link = other->name;
		if (header->size) {
			owner = other;
			content.member = (uint32_t)first;
		}
	}
	if (!rc)
		rc = take_part(walk, content, header->size, &bytes, err);
	if (rc)
		return rc;
	owner->offset = walk->at - header->size;
	owner->length = owner->size = header->size;
	rc = take_padding(walk, header, header->size, ordinal, err);
	if (!rc && member->type == SB_MEMBER_SYMLINK)
		rc = sb_keep(walk->view, bytes, &member->link, err);
	return rc ? rc : sb_emit_member(walk->view, member, err);
}

static int take_member(struct walk *walk, const struct sb_cpio_header *header, struct sb_err *err)
{
	uint32_t ordinal = (uint32_t)walk->view->members.count + 1;
	struct sb_member member = {
		.type = sb_type_of_mode(header->mode),
		.has_mode = true,
		.mode = (uint32_t)header->mode & 07777,
		.uid = header->uid,
		.gid = header->gid,
		.mtime = (int64_t)header->mtime,
		.rdev_major = header->rdev,
		.rdev_minor = header->rdev_minor,
	};
	struct sb_span name;

	int rc = take_head(walk, header, ordinal, "header", &name, err);
	if (!rc && memchr(name.p, 0, name.n))
		rc = sb_emit_remark(
			walk->view,
			(struct sb_notice){
				.id = "archive-nul-name", .offset = walk->at, .member = ordinal, .refuse_drop = true},
			err, "a name holds a NUL byte, at which readers cut it");
	if (!rc)
		rc = sb_keep(walk->view, name, &member.name, err);
	if (rc)
		return rc;
	if (header->size && member.type != SB_MEMBER_FILE && member.type != SB_MEMBER_SYMLINK &&
	    member.type != SB_MEMBER_UNKNOWN)
		return sb_damaged(err, "archive-readers-disagree", walk->at, "a folder or device with content");
	if (member.type == SB_MEMBER_UNKNOWN) {
		member.refusal = "a member of an unknown type";
		member.refusal_id = "archive-unsupported";
	}
	return take_content(walk, header, &member, ordinal, err);
}

/* One archive up to and with its trailer. */
static int take_archive(struct walk *walk, struct sb_err *err)
{
	static const char trailer[] = "TRAILER!!!";

	for (;;) {
		struct sb_cpio_header header;
		struct sb_span name;
		int rc = sb_cpio_header(walk->view->file, walk->at, &header, err);
		if (rc)
			return rc;
		if (header.name_size == sizeof trailer && header.size == 0 &&
		    sb_magic(walk->view->file, walk->at + header.length, trailer, sizeof trailer))
			return take_head(walk, &header, 0, "trailer", &name, err);
		rc = take_member(walk, &header, err);
		if (rc)
			return rc;
	}
}

/* Zeros between two archives, as the kernel's initramfs buffers have them. */
static uint64_t next_archive(struct sb_span file, uint64_t at)
{
	while (at < file.n && file.p[at] == 0)
		at++;
	return at < file.n && at % 4 == 0 && sb_cpio_variant(file, at) >= SB_CPIO_ODC && sb_cpio_variant(file, at) <= SB_CPIO_CRC ? at : 0;
}

/*
 * An initramfs may go on with a compressed archive behind any number of zeros: early microcode does so (Linux,
 * Documentation/driver-api/early-userspace/buffer-format.rst). It is a member, to be looked at by itself, up to the end of the file.
 */
static int take_compressed(struct walk *walk, struct sb_err *err)
{
	struct sb_span file = walk->view->file;
	uint64_t at = walk->at;

	while (at < file.n && file.p[at] == 0)
		at++;
	const struct sb_format *format = at < file.n ? sb_formats_probe(sb_span_of(file.p + at, file.n - at), "") : NULL;
	if (!format || !format->compression)
		return sb_emit_rest(walk->view, walk->at, "fill", err);
	const struct sb_region fill = {.offset = walk->at, .length = at - walk->at, .kind = SB_REGION_PADDING, .name = "fill"};
	const struct sb_member member = {.name = sb_span_text("compressed archive"), .type = SB_MEMBER_PART, .offset = at,
					 .length = file.n - at, .size = file.n - at,
					 .refusal = "another archive, compressed, behind the end of the first", .refusal_id = "archive-trailing"};
	const struct sb_region content = {.offset = at, .length = file.n - at, .kind = SB_REGION_CONTENT, .name = "content",
					  .member = (uint32_t)walk->view->members.count + 1};
	int rc = sb_emit_region(walk->view, &fill, err);
	if (!rc)
		rc = sb_emit_remark(walk->view, (struct sb_notice){.id = "archive-trailing", .offset = at, .refuse_drop = true}, err,
				    "a compressed archive follows the first");
	if (!rc)
		rc = sb_emit_region(walk->view, &content, err);
	return rc ? rc : sb_emit_member(walk->view, &member, err);
}

static int take_all(struct walk *walk, struct sb_err *err)
{
	int rc = take_archive(walk, err);

	/* Each archive numbers its inodes anew. */
	for (uint64_t next; !rc && (next = next_archive(walk->view->file, walk->at)) != 0;) {
		struct sb_region fill = {
			.offset = walk->at, .length = next - walk->at, .kind = SB_REGION_PADDING, .name = "fill"};
		rc = sb_emit_region(walk->view, &fill, err);
		if (!rc)
			rc = sb_emit_remark(
				walk->view,
				(struct sb_notice){.id = "archive-trailing", .offset = next, .refuse_drop = true}, err,
				"another archive follows the first");
		walk->at = next;
		sb_cpio_links_clear(&walk->links);
		if (!rc)
			rc = take_archive(walk, err);
	}
	return rc ? rc : take_compressed(walk, err);
}

int sb_cpio_walk(struct sb_view *view, const char *hint, struct sb_err *err)
{
	struct walk walk = {.view = view, .links = {.inodes = {.size = sizeof(struct sb_cpio_inode)}}};
	int rc = take_all(&walk, err);

	(void)hint;
	sb_cpio_links_release(&walk.links);
	return rc;
}
