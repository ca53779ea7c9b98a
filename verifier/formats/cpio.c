/* SPDX-License-Identifier: Apache-2.0 */
/* cpio: the portable ASCII formats (odc, newc, newc with checksums) and the old binary one, several archives in a row.
 */
#include "verifier/formats/emit.h"
#include "verifier/formats/rows.h"

#include <stdlib.h>
#include <string.h>

/** Tags of header regions. */
enum variant { NONE = 0, ODC, NEWC, CRC, BIN_LE, BIN_BE };

/** One header, read. */
struct header {
	enum variant variant;
	uint64_t ino, dev, dev_minor, mode, uid, gid, links, rdev, rdev_minor, mtime, size, name_size, check;
	size_t length, align; /* of the header itself; what name and content are filled up to */
};

struct walk {
	struct sb_view *view;
	uint64_t at;
	size_t *by_inode; /* hash table of 1 + member index, for hard links; grows with the members */
	size_t slots, used;
	struct sb_vec inodes; /* struct inode, one per member */
};

/** What makes two members one file. */
struct inode {
	uint64_t ino, dev, dev_minor;
};

static enum variant variant_of(struct sb_span file, uint64_t at)
{
	if (sb_magic(file, at, "070701", 6))
		return NEWC;
	if (sb_magic(file, at, "070702", 6))
		return CRC;
	if (sb_magic(file, at, "070707", 6))
		return ODC;
	if (sb_magic(file, at, "\xc7\x71", 2))
		return BIN_LE;
	return sb_magic(file, at, "\x71\xc7", 2) ? BIN_BE : NONE;
}

/* A number of exactly @n digits. */
static uint64_t digits(struct sb_rd *rd, size_t n, unsigned base)
{
	struct sb_span text = sb_rd_bytes(rd, n);
	uint64_t value = 0;

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		unsigned digit = c >= '0' && c <= '9'   ? c - (unsigned)'0'
				 : c >= 'a' && c <= 'f' ? c - 'a' + 10u
				 : c >= 'A' && c <= 'F' ? c - 'A' + 10u
							: 99;
		rd->bad |= digit >= base;
		value = value * base + digit;
	}
	return value;
}

/* Source: cpio(5) of FreeBSD, "New ASCII Format"; SVR4. */
static void read_newc(struct sb_rd *rd, struct header *out)
{
	uint64_t *const order[] = {&out->ino,        &out->mode,      &out->uid,  &out->gid,       &out->links,
				   &out->mtime,      &out->size,      &out->dev,  &out->dev_minor, &out->rdev,
				   &out->rdev_minor, &out->name_size, &out->check};
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		*order[i] = digits(rd, 8, 16);
	out->align = 4;
}

/* Source: POSIX.1-1997, "cpio Interchange Format". */
static void read_odc(struct sb_rd *rd, struct header *out)
{
	uint64_t *const order[] = {&out->dev, &out->ino, &out->mode, &out->uid, &out->gid, &out->links, &out->rdev};
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		*order[i] = digits(rd, 6, 8);
	out->mtime = digits(rd, 11, 8);
	out->name_size = digits(rd, 6, 8);
	out->size = digits(rd, 11, 8);
	out->align = 1;
}

/* Source: cpio(5) of FreeBSD, "Old Binary Format": 16-bit words; the two long numbers have the more significant word
 * first. */
static void read_binary(struct sb_rd *rd, struct header *out)
{
	uint64_t *const order[] = {&out->dev, &out->ino, &out->mode, &out->uid, &out->gid, &out->links, &out->rdev};
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		*order[i] = sb_rd_uint(rd, 2);
	out->mtime = sb_rd_uint(rd, 2) << 16;
	out->mtime |= sb_rd_uint(rd, 2);
	out->name_size = sb_rd_uint(rd, 2);
	out->size = sb_rd_uint(rd, 2) << 16;
	out->size |= sb_rd_uint(rd, 2);
	out->align = 2;
}

static int read_header(struct sb_span file, uint64_t at, struct header *out, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(file, variant_of(file, at) == BIN_BE);

	*out = (struct header){.variant = variant_of(file, at)};
	sb_rd_seek(&rd, at);
	switch (out->variant) {
	case NONE:
		return sb_damaged(err, "archive-damaged", at, "no header stands where the next one should");
	case NEWC:
	case CRC:
		sb_rd_bytes(&rd, 6);
		read_newc(&rd, out);
		break;
	case ODC:
		sb_rd_bytes(&rd, 6);
		read_odc(&rd, out);
		break;
	case BIN_LE:
	case BIN_BE:
		sb_rd_bytes(&rd, 2);
		read_binary(&rd, out);
		break;
	}
	out->length = rd.at - (size_t)at;
	if (rd.bad || out->mode > 0177777)
		return sb_damaged(err, "archive-damaged", at,
				  "a header that is cut or holds a number that cannot be read");
	return out->name_size ? 0 : sb_damaged(err, "archive-damaged", at, "a member without a name");
}

/* Fill up to the alignment, counted from the start of the archive, which is itself aligned. */
static int take_padding(struct walk *walk, const struct header *header, uint64_t length, uint32_t member,
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
static int take_head(struct walk *walk, const struct header *header, uint32_t member, const char *region,
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

static enum sb_member_type type_of(uint64_t mode)
{
	switch (mode & 0170000) {
	case 0100000:
		return SB_MEMBER_FILE;
	case 0040000:
		return SB_MEMBER_DIR;
	case 0120000:
		return SB_MEMBER_SYMLINK;
	case 0020000:
		return SB_MEMBER_CHAR;
	case 0060000:
		return SB_MEMBER_BLOCK;
	case 0010000:
		return SB_MEMBER_FIFO;
	case 0140000:
		return SB_MEMBER_SOCKET;
	}
	return SB_MEMBER_UNKNOWN;
}

static size_t hash(const struct inode *inode)
{
	uint64_t h = inode->ino * UINT64_C(0x9e3779b97f4a7c15) ^ inode->dev * UINT64_C(0xc2b2ae3d27d4eb4f) ^
		     inode->dev_minor;
	return (size_t)(h ^ h >> 29);
}

/* Slot of @inode: 0 in it when the inode is new. */
static size_t *slot_of(struct walk *walk, const struct inode *inode)
{
	for (size_t i = hash(inode);; i++) {
		size_t *slot = &walk->by_inode[i & (walk->slots - 1)];
		const struct inode *known = *slot ? sb_vec_at(&walk->inodes, *slot - 1) : NULL;
		if (!known ||
		    (known->ino == inode->ino && known->dev == inode->dev && known->dev_minor == inode->dev_minor))
			return slot;
	}
}

static bool grow_table(struct walk *walk)
{
	size_t old_slots = walk->slots, *old = walk->by_inode, slots = old_slots ? old_slots * 2 : 256;

	if (walk->used * 2 < walk->slots)
		return true;
	if (!(walk->by_inode = calloc(slots, sizeof *old))) {
		walk->by_inode = old;
		return false;
	}
	walk->slots = slots;
	for (size_t i = 0; i < old_slots; i++)
		if (old[i])
			*slot_of(walk, sb_vec_at(&walk->inodes, old[i] - 1)) = old[i];
	free(old);
	return true;
}

/*
 * Members with the same inode are one file. Some writers put its content behind every name, some behind the first (odc)
 * or the last (newc) alone. It belongs to the first member of the inode wherever it stands, and the other names are
 * links to that one. *first is the index of that member plus one, 0 when there is none before.
 */
static int find_link(struct walk *walk, const struct header *header, size_t *first, struct sb_err *err)
{
	struct inode *inode = sb_vec_push(&walk->inodes);

	if (!inode)
		return sb_no_memory(err);
	*inode = (struct inode){header->ino, header->dev, header->dev_minor};
	bool linked = header->links > 1 && type_of(header->mode) == SB_MEMBER_FILE;
	*first = 0;
	if (!linked) /* its own inode must not be found by others: nothing enters the table */
		return 0;
	if (!grow_table(walk))
		return sb_no_memory(err);
	size_t *slot = slot_of(walk, inode);
	*first = *slot;
	if (*slot == 0) {
		*slot = walk->inodes.count;
		walk->used++;
	}
	return 0;
}

static int take_content(struct walk *walk, const struct header *header, struct sb_member *member, uint32_t ordinal,
			struct sb_err *err)
{
	struct sb_region content = {.kind = SB_REGION_CONTENT, .member = ordinal, .name = "content"};
	struct sb_member *owner = member;
	struct sb_span bytes = {0};
	size_t first = 0;

	int rc = find_link(walk, header, &first, err);
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

static int take_member(struct walk *walk, const struct header *header, struct sb_err *err)
{
	uint32_t ordinal = (uint32_t)walk->view->members.count + 1;
	struct sb_member member = {
		.type = type_of(header->mode),
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
		struct header header;
		struct sb_span name;
		int rc = read_header(walk->view->file, walk->at, &header, err);
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
	return at < file.n && at % 4 == 0 && variant_of(file, at) >= ODC && variant_of(file, at) <= CRC ? at : 0;
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
		if (walk->slots)
			memset(walk->by_inode, 0, walk->slots * sizeof *walk->by_inode);
		walk->used = 0;
		if (!rc)
			rc = take_archive(walk, err);
	}
	return rc ? rc : take_compressed(walk, err);
}

static int open_cpio(struct sb_view *view, const char *hint, struct sb_err *err)
{
	struct walk walk = {.view = view, .inodes = {.size = sizeof(struct inode)}};
	int rc = take_all(&walk, err);

	(void)hint;
	free(walk.by_inode);
	sb_vec_release(&walk.inodes);
	return rc;
}

#define NUMBER(at_, length_, kind_, base, name_)                                                                       \
	{                                                                                                              \
		.at = (at_), .length = (length_), .kind = SB_FIELD_##kind_, .encoding = SB_ENC_##base, .name = (name_) \
	}
static const struct sb_layout_row newc_rows[] = {
	NUMBER(0, 6, MAGIC, TEXT, "magic"),           NUMBER(6, 8, INODE, HEX_TEXT, "ino"),
	NUMBER(14, 8, MODE, HEX_TEXT, "mode"),        NUMBER(22, 8, OWNER, HEX_TEXT, "uid"),
	NUMBER(30, 8, OWNER, HEX_TEXT, "gid"),        NUMBER(38, 8, INODE, HEX_TEXT, "nlink"),
	NUMBER(46, 8, TIME, HEX_TEXT, "mtime"),       NUMBER(54, 8, SIZE, HEX_TEXT, "filesize"),
	NUMBER(62, 8, INODE, HEX_TEXT, "devmajor"),   NUMBER(70, 8, INODE, HEX_TEXT, "devminor"),
	NUMBER(78, 8, DEVICE, HEX_TEXT, "rdevmajor"), NUMBER(86, 8, DEVICE, HEX_TEXT, "rdevminor"),
	NUMBER(94, 8, SIZE, HEX_TEXT, "namesize"),
};

static const struct sb_layout_row odc_rows[] = {
	NUMBER(0, 6, MAGIC, TEXT, "magic"),      NUMBER(6, 6, INODE, OCTAL, "dev"),
	NUMBER(12, 6, INODE, OCTAL, "ino"),      NUMBER(18, 6, MODE, OCTAL, "mode"),
	NUMBER(24, 6, OWNER, OCTAL, "uid"),      NUMBER(30, 6, OWNER, OCTAL, "gid"),
	NUMBER(36, 6, INODE, OCTAL, "nlink"),    NUMBER(42, 6, DEVICE, OCTAL, "rdev"),
	NUMBER(48, 11, TIME, OCTAL, "mtime"),    NUMBER(59, 6, SIZE, OCTAL, "namesize"),
	NUMBER(65, 11, SIZE, OCTAL, "filesize"),
};

/* Words in the byte order of the machine that wrote them; of the long numbers the more significant word comes first. */
static const struct sb_layout_row binary_rows[] = {
	NUMBER(0, 2, MAGIC, RAW, "magic"),    NUMBER(2, 2, INODE, RAW, "dev"),      NUMBER(4, 2, INODE, RAW, "ino"),
	NUMBER(6, 2, MODE, RAW, "mode"),      NUMBER(8, 2, OWNER, RAW, "uid"),      NUMBER(10, 2, OWNER, RAW, "gid"),
	NUMBER(12, 2, INODE, RAW, "nlink"),   NUMBER(14, 2, DEVICE, RAW, "rdev"),   NUMBER(16, 4, TIME, RAW, "mtime"),
	NUMBER(20, 2, SIZE, RAW, "namesize"), NUMBER(22, 4, SIZE, RAW, "filesize"),
};

static void set_byte_order(struct sb_view *view, bool be)
{
	for (size_t i = 0; i < view->fields.count; i++) {
		struct sb_field *field = sb_vec_at(&view->fields, i);
		field->encoding = be ? SB_ENC_BE : field->length == 4 ? SB_ENC_PDP : SB_ENC_LE;
	}
}

/* Only the variant with checksums fills the last field: the sum of the content's bytes. */
static int describe_check(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_field check = {.offset = region->offset + 102,
				 .length = 8,
				 .kind = SB_FIELD_VALUE,
				 .encoding = SB_ENC_HEX_TEXT,
				 .name = "check"};
	const struct sb_member *member = region->member ? sb_view_member(view, region->member - 1) : NULL;

	if (region->tag == CRC && member && member->type != SB_MEMBER_HARDLINK) {
		check.kind = SB_FIELD_DERIVED;
		check.derived.algorithm = SB_DERIVE_CPIO_SUM;
		check.derived.over_offset = member->offset;
		check.derived.over_length = member->length;
	}
	return sb_emit_field(view, &check, err);
}

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_field name = {.kind = SB_FIELD_NAME, .encoding = SB_ENC_TEXT, .name = "name"};
	size_t head = 110;
	int rc = 0;

	switch ((enum variant)region->tag) {
	case NEWC:
	case CRC:
		rc = sb_emit_layout(view, region, SB_ROWS(newc_rows), err);
		if (!rc)
			rc = describe_check(view, region, err);
		break;
	case ODC:
		head = 76;
		rc = sb_emit_layout(view, region, SB_ROWS(odc_rows), err);
		break;
	case BIN_LE:
	case BIN_BE:
		head = 26;
		rc = sb_emit_layout(view, region, SB_ROWS(binary_rows), err);
		set_byte_order(view, region->tag == BIN_BE);
		break;
	case NONE:
		return 0;
	}
	name.offset = region->offset + head;
	name.length = region->length - head;
	return rc ? rc : sb_emit_field(view, &name, err);
}

/* The binary magic is two bytes, so the whole header must make sense. */
static unsigned probe(struct sb_span file, const char *hint)
{
	struct header header;

	(void)hint;
	if (read_header(file, 0, &header, NULL) != 0 || header.name_size > SB_LIMIT_OF(PATH_BYTES) + 1)
		return 0;
	uint64_t last = header.length + header.name_size - 1;
	if (last >= file.n || file.p[last] != '\0')
		return 0;
	return header.variant == BIN_LE || header.variant == BIN_BE ? 24 : 48;
}

const struct sb_format sb_format_cpio = {
	.name = "cpio",
	.spec = "POSIX.1-1997, cpio interchange format; cpio(5) of FreeBSD 13, new ASCII and old binary formats",
	.version = 2,
	.probe = probe,
	.open = open_cpio,
	.describe = describe,
	.archive = true,
};
