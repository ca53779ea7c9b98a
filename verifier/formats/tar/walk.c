/* SPDX-License-Identifier: Apache-2.0 */
/* From block to block: entries, their prefix headers, and the end. Touches headers and padding, never content. */
#include "verifier/formats/tar/tar.h"

#include <stdio.h>
#include <string.h>

/** What stands before an entry and belongs to it. */
struct prefix {
	bool any; /* an extension header waits for its entry */
	bool pax;
	struct sb_span name, link; /* GNU long name and link; p is NULL when there is none */
	struct sb_tar_overrides own;
};

struct walk {
	struct sb_view *view;
	uint64_t at;
	struct sb_tar_overrides global;
	struct prefix prefix;
};

static uint32_t next_member(const struct walk *walk)
{
	return (uint32_t)walk->view->members.count + 1;
}

static struct sb_notice refusal(const struct walk *walk, const char *id)
{
	return (struct sb_notice){.id = id, .offset = walk->at, .member = next_member(walk), .refuse_drop = true};
}

/* The last part of an entry whose size is no multiple of a block. */
static int take_padding(struct walk *walk, uint32_t member, struct sb_err *err)
{
	uint64_t length = (SB_TAR_BLOCK - walk->at % SB_TAR_BLOCK) % SB_TAR_BLOCK;
	struct sb_region padding = {
		.offset = walk->at, .length = length, .kind = SB_REGION_PADDING, .member = member, .name = "padding"};
	struct sb_span bytes;

	if (!sb_span_cut(walk->view->file, walk->at, length, &bytes))
		return sb_damaged(err, "archive-truncated", walk->at, "the archive ends inside an entry");
	int rc = 0;
	if (!sb_span_all_zero(bytes))
		rc = sb_emit_remark(walk->view, (struct sb_notice){.offset = walk->at, .member = member}, err,
				    "the padding of an entry is not zero");
	walk->at += length;
	return rc ? rc : sb_emit_region(walk->view, &padding, err);
}

static int take_block(struct walk *walk, const struct sb_tar_header *header, uint32_t member, const char *name,
		      struct sb_err *err)
{
	struct sb_region block = {.offset = walk->at,
				  .length = SB_TAR_BLOCK,
				  .kind = SB_REGION_HEADER,
				  .member = member,
				  .tag = header->tag,
				  .name = name};
	walk->at += SB_TAR_BLOCK;
	return sb_emit_region(walk->view, &block, err);
}

/* What follows an extension header: @body is the region's pattern, *payload its bytes. */
static int take_payload(struct walk *walk, const struct sb_tar_header *header, struct sb_region body,
			struct sb_span *payload, struct sb_err *err)
{
	if ((uint64_t)header->size > SB_LIMIT_OF(PAX_BYTES))
		return sb_fail_limit(err, SB_LIMIT_ROW_PAX_BYTES, (uint64_t)header->size);
	if (!sb_span_cut(walk->view->file, walk->at, (uint64_t)header->size, payload))
		return sb_damaged(err, "archive-truncated", walk->at, "the archive ends inside an extended header");
	body.offset = walk->at;
	body.length = payload->n;
	walk->at += payload->n;
	int rc = sb_emit_region(walk->view, &body, err);
	return rc ? rc : take_padding(walk, body.member, err);
}

static int take_global(struct walk *walk, const struct sb_tar_header *header, struct sb_err *err)
{
	struct sb_region body = {.kind = SB_REGION_HEADER, .tag = SB_TAR_TAG_RECORDS, .name = "global records"};
	struct sb_span payload = {0};

	int rc = take_block(walk, header, 0, "global header", err);
	if (!rc)
		rc = take_payload(walk, header, body, &payload, err);
	return rc ? rc
		  : sb_tar_pax(walk->view, payload, (uint64_t)(payload.p - walk->view->file.p), true, &walk->global,
			       err);
}

static int take_records(struct walk *walk, const struct sb_tar_header *header, struct sb_err *err)
{
	struct sb_region body = {.kind = SB_REGION_HEADER,
				 .member = next_member(walk),
				 .tag = SB_TAR_TAG_RECORDS,
				 .name = "pax records"};
	struct sb_span payload = {0};
	int rc = 0;

	if (walk->prefix.pax)
		rc = sb_emit_remark(walk->view, refusal(walk, "archive-duplicate-record"), err,
				    "an entry has two extended headers");
	walk->prefix.pax = walk->prefix.any = true;
	if (!rc)
		rc = take_block(walk, header, body.member, "pax header", err);
	if (!rc)
		rc = take_payload(walk, header, body, &payload, err);
	return rc ? rc
		  : sb_tar_pax(walk->view, payload, (uint64_t)(payload.p - walk->view->file.p), false,
			       &walk->prefix.own, err);
}

/* GNU 'L' and 'K': the text ends at its first NUL, and nothing may stand behind that. */
static int take_long(struct walk *walk, const struct sb_tar_header *header, struct sb_err *err)
{
	bool is_link = header->type == 'K';
	struct sb_span *text = is_link ? &walk->prefix.link : &walk->prefix.name, payload = {0};
	struct sb_region body = {.kind = SB_REGION_HEADER,
				 .member = next_member(walk),
				 .tag = SB_TAR_TAG_LONG,
				 .name = is_link ? "long link" : "long name"};
	int rc = 0;

	if (text->p)
		rc = sb_emit_remark(walk->view, refusal(walk, "archive-duplicate-record"), err,
				    "an entry has two long names");
	walk->prefix.any = true;
	if (!rc)
		rc = take_block(walk, header, body.member, is_link ? "long link header" : "long name header", err);
	if (!rc)
		rc = take_payload(walk, header, body, &payload, err);
	if (rc)
		return rc;
	*text = sb_tar_text(payload, 0, payload.n);
	if (sb_span_all_zero(sb_span_of(text->p + text->n, payload.n - text->n)))
		return 0;
	return sb_emit_remark(walk->view, refusal(walk, "archive-nul-name"), err,
			      "a long name holds a NUL byte, at which readers cut it");
}

static enum sb_member_type type_of(uint8_t typeflag)
{
	switch (typeflag) {
	case '\0':
	case '0':
	case '7':
	case 'S':
		return SB_MEMBER_FILE;
	case '1':
		return SB_MEMBER_HARDLINK;
	case '2':
		return SB_MEMBER_SYMLINK;
	case '3':
		return SB_MEMBER_CHAR;
	case '4':
		return SB_MEMBER_BLOCK;
	case '5':
		return SB_MEMBER_DIR;
	case '6':
		return SB_MEMBER_FIFO;
	}
	return SB_MEMBER_UNKNOWN;
}

/* Name and link target of the entry: pax, then GNU, then the header itself. */
static int set_names(struct walk *walk, const struct sb_tar_header *header, struct sb_member *member,
		     struct sb_err *err)
{
	const struct prefix *prefix = &walk->prefix;
	struct sb_span name = sb_tar_text(header->block, SB_TAR_NAME, 100),
		       link = sb_tar_text(header->block, SB_TAR_LINK, 100);
	struct sb_span folder =
		header->tag == SB_TAR_TAG_USTAR ? sb_tar_text(header->block, SB_TAR_PREFIX, 155) : (struct sb_span){0};
	const struct sb_tar_overrides *pax = prefix->own.has_path ? &prefix->own : &walk->global;
	const struct sb_tar_overrides *pax_link = prefix->own.has_link ? &prefix->own : &walk->global;
	char joined[155 + 1 + 100 + 1];
	int rc = 0;

	if (folder.n) {
		memcpy(joined, folder.p, folder.n);
		joined[folder.n] = '/';
		memcpy(joined + folder.n + 1, name.p, name.n);
		name = sb_span_of(joined, folder.n + 1 + name.n);
	}
	if ((prefix->name.p && prefix->own.has_path) || (prefix->link.p && prefix->own.has_link))
		rc = sb_emit_remark(walk->view, refusal(walk, "archive-readers-disagree"), err,
				    "an entry has both a GNU and a pax name");
	if (!rc)
		rc = sb_keep(walk->view,
			     pax->has_path    ? pax->path
			     : prefix->name.p ? prefix->name
					      : name,
			     &member->name, err);
	if (rc || (member->type != SB_MEMBER_SYMLINK && member->type != SB_MEMBER_HARDLINK))
		return rc;
	return sb_keep(walk->view,
		       pax_link->has_link ? pax_link->link
		       : prefix->link.p   ? prefix->link
					  : link,
		       &member->link, err);
}

static void set_facts(const struct walk *walk, const struct sb_tar_header *header, struct sb_member *member)
{
	const struct sb_tar_overrides *own = &walk->prefix.own, *all = &walk->global;
	const struct sb_tar_overrides *time = own->has_mtime ? own : all;

	member->has_mode = true;
	member->mode = (uint32_t)header->mode & 07777;
	member->uid = own->has_uid ? own->uid : all->has_uid ? all->uid : (uint64_t)header->uid;
	member->gid = own->has_gid ? own->gid : all->has_gid ? all->gid : (uint64_t)header->gid;
	member->mtime = time->has_mtime ? time->mtime : header->mtime;
	member->mtime_ns = time->has_mtime ? time->mtime_ns : 0;
	if (member->type == SB_MEMBER_CHAR || member->type == SB_MEMBER_BLOCK) {
		member->rdev_major = (uint64_t)header->major;
		member->rdev_minor = (uint64_t)header->minor;
	}
}

/* A header's own size that differs from the record's splits readers: those that skip pax see other entries. */
static int set_size(struct walk *walk, const struct sb_tar_header *header, struct sb_member *member, struct sb_err *err)
{
	const struct sb_tar_overrides *own = &walk->prefix.own, *pax = own->has_size ? own : &walk->global;
	const uint64_t most_octal = UINT64_C(077777777777);

	member->length = pax->has_size ? pax->size : (uint64_t)header->size;
	member->size = member->length;
	if (pax->has_size && pax->size != (uint64_t)header->size && pax->size <= most_octal)
		return sb_emit_remark(walk->view, refusal(walk, "archive-readers-disagree"), err,
				      "the header says %lld bytes and its extended record %llu",
				      (long long)header->size, (unsigned long long)pax->size);
	return 0;
}

/* Does a block that could follow an entry stand at @at: a header with a right sum, zeros, or the end? */
static bool plausible_next(struct sb_span file, uint64_t at)
{
	struct sb_span block;
	bool signed_sum;
	if (at == file.n)
		return true;
	return sb_span_cut(file, at, SB_TAR_BLOCK, &block) &&
	       (sb_span_all_zero(block) || sb_tar_sum_holds(block, &signed_sum));
}

/* Folders, links and devices have no content; for a hard link old writers leave the size of its target, and nothing
 * follows. */
static int check_bodiless(const struct walk *walk, struct sb_member *member, struct sb_err *err)
{
	bool bodiless = member->type != SB_MEMBER_FILE && member->type != SB_MEMBER_UNKNOWN;

	if (!bodiless || member->length == 0)
		return 0;
	if (member->type != SB_MEMBER_HARDLINK || !plausible_next(walk->view->file, walk->at + SB_TAR_BLOCK))
		return sb_damaged(err, "archive-readers-disagree", walk->at, "a folder, link or device with content");
	member->length = 0;
	member->size = 0;
	return 0;
}

static void refuse_odd(const struct walk *walk, const struct sb_tar_header *header, struct sb_member *member)
{
	if (header->type == 'S' || walk->prefix.own.sparse || walk->global.sparse) {
		member->refusal = "a sparse file; pack it with its holes written out (tar without --sparse)";
		member->refusal_id = "archive-sparse";
	} else if (member->type == SB_MEMBER_UNKNOWN) {
		member->refusal = "an entry of a type that only its writer knows";
		member->refusal_id = "archive-unsupported";
	}
}

/* Old GNU sparse files: further blocks of the map stand between header and content. */
static int take_sparse_map(struct walk *walk, const struct sb_tar_header *header, uint32_t member, struct sb_err *err)
{
	struct sb_region map = {.offset = walk->at, .kind = SB_REGION_TABLE, .member = member, .tag = SB_TAR_TAG_MAP, .name = "sparse map"};
	bool more = header->type == 'S' && header->tag == SB_TAR_TAG_GNU && header->block.p[SB_TAR_IS_EXTENDED];
	struct sb_span block;

	while (more) {
		if (!sb_span_cut(walk->view->file, walk->at, SB_TAR_BLOCK, &block))
			return sb_damaged(err, "archive-truncated", walk->at, "the archive ends inside a sparse map");
		more = block.p[SB_TAR_MAP_IS_EXTENDED];
		walk->at += SB_TAR_BLOCK;
		map.length += SB_TAR_BLOCK;
	}
	return sb_emit_region(walk->view, &map, err);
}

static int take_content(struct walk *walk, struct sb_member *member, uint32_t ordinal, struct sb_err *err)
{
	struct sb_region content = {.offset = walk->at,
				    .length = member->length,
				    .kind = SB_REGION_CONTENT,
				    .member = ordinal,
				    .name = "content"};
	struct sb_span bytes;

	if (!sb_span_cut(walk->view->file, walk->at, member->length, &bytes))
		return sb_damaged(err, "archive-truncated", walk->at, "the archive ends inside an entry");
	member->offset = walk->at;
	walk->at += member->length;
	int rc = sb_emit_region(walk->view, &content, err);
	if (!rc)
		rc = take_padding(walk, ordinal, err);
	return rc ? rc : sb_emit_member(walk->view, member, err);
}

static int take_entry(struct walk *walk, const struct sb_tar_header *header, struct sb_err *err)
{
	struct sb_member member = {.type = type_of(header->type)};
	uint32_t ordinal = next_member(walk);

	int rc = set_names(walk, header, &member, err);
	if (!rc)
		rc = set_size(walk, header, &member, err);
	if (rc)
		return rc;
	/* Since before type '5' existed a name that ends in a slash is a folder's (POSIX, "name"). */
	if (member.type == SB_MEMBER_FILE && member.name.n && member.name.p[member.name.n - 1] == '/')
		member.type = SB_MEMBER_DIR;
	set_facts(walk, header, &member);
	refuse_odd(walk, header, &member);
	rc = check_bodiless(walk, &member, err);
	if (!rc)
		rc = take_block(walk, header, ordinal, "header", err);
	if (!rc)
		rc = take_sparse_map(walk, header, ordinal, err);
	if (!rc)
		rc = take_content(walk, &member, ordinal, err);
	walk->prefix = (struct prefix){0};
	return rc;
}

static int take_next(struct walk *walk, struct sb_err *err)
{
	struct sb_tar_header header;

	int rc = sb_tar_header(walk->view->file, walk->at, &header, err);
	if (rc)
		return rc;
	switch (header.type) {
	case 'g':
		return take_global(walk, &header, err);
	case 'x':
		return take_records(walk, &header, err);
	case 'L':
	case 'K':
		return take_long(walk, &header, err);
	case 'X':
		return sb_damaged(err, "archive-unsupported", walk->at, "an extended header of old Solaris tar");
	}
	return take_entry(walk, &header, err);
}

/* Two blocks of zeros end an archive; without them nobody can tell a whole one from one that was cut between two
 * entries. */
static int take_end(struct walk *walk, struct sb_err *err)
{
	struct sb_region end = {.offset = walk->at, .length = SB_TAR_BLOCK, .kind = SB_REGION_PADDING, .name = "end"};
	struct sb_span second;
	int rc = 0;

	if (walk->prefix.any)
		return sb_damaged(err, "archive-damaged", walk->at, "an extended header without its entry");
	bool whole = sb_span_cut(walk->view->file, walk->at + SB_TAR_BLOCK, SB_TAR_BLOCK, &second) &&
		     sb_span_all_zero(second);
	if (whole)
		end.length = 2 * SB_TAR_BLOCK;
	else
		rc = sb_emit_remark(
			walk->view,
			(struct sb_notice){.id = "archive-truncated", .offset = walk->at, .refuse_drop = true}, err,
			"the two blocks of zeros that end an archive are not there");
	if (!rc && walk->at < walk->view->file.n) {
		rc = sb_emit_region(walk->view, &end, err);
		walk->at += end.length;
	}
	return rc ? rc : sb_emit_rest(walk->view, walk->at, "fill", err);
}

static bool at_end(const struct walk *walk)
{
	struct sb_span block;
	if (walk->at == walk->view->file.n)
		return true;
	return sb_span_cut(walk->view->file, walk->at, SB_TAR_BLOCK, &block) && sb_span_all_zero(block);
}

int sb_tar_walk(struct sb_view *view, const char *hint, struct sb_err *err)
{
	struct walk walk = {.view = view};
	int rc = 0;

	(void)hint;
	while (!rc && !at_end(&walk))
		rc = take_next(&walk, err);
	return rc ? rc : take_end(&walk, err);
}

/* An old tar has no magic but its checksum; an archive of nothing is told from zeros by its name alone. */
static unsigned probe(struct sb_span file, const char *hint)
{
	struct sb_span block;
	bool signed_sum;
	size_t n = strlen(hint);

	if (!sb_span_cut(file, 0, SB_TAR_BLOCK, &block))
		return 0;
	if (sb_span_all_zero(block))
		return n > 4 && strcmp(hint + n - 4, ".tar") == 0 ? 1 : 0;
	return (sb_tar_sum_holds(block, &signed_sum) ? 18 : 0) + sb_magic(file, SB_TAR_MAGIC, "ustar", 5);
}

const struct sb_format sb_format_tar = {
	.name = "tar",
	.spec = "POSIX.1-2017, pax, ustar and pax interchange formats; GNU tar 1.34 manual, basic tar format",
	.version = 1,
	.probe = probe,
	.open = sb_tar_walk,
	.describe = sb_tar_describe,
	.archive = true,
};
