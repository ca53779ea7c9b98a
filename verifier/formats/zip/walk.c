/* SPDX-License-Identifier: Apache-2.0 */
/* All records of a zip file as owners of bytes, put in order; what nobody owns is a gap. */
#include "verifier/formats/zip/zip.h"

#include <stdlib.h>
#include <string.h>

struct walk {
	struct sb_view *view;
	struct sb_zip_end end;
	struct sb_vec owners; /* struct sb_region, unordered, may overlap */
};

static int own(struct walk *walk, struct sb_region region, struct sb_err *err)
{
	struct sb_region *slot = region.length ? sb_vec_push(&walk->owners) : NULL;
	if (slot)
		*slot = region;
	return slot || region.length == 0 ? 0 : sb_no_memory(err);
}

/* 4.3.9: the descriptor behind the data repeats what the directory says; its form is found by trying. Length 0: none.
 */
static uint64_t descriptor_length(struct sb_span file, uint64_t at, const struct sb_zip_header *central)
{
	static const struct {
		bool signature;
		unsigned width;
		uint64_t length;
	} forms[] = {{true, 4, 16}, {true, 8, 24}, {false, 4, 12}, {false, 8, 20}};

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct sb_rd rd = sb_rd_of(file, false);
		sb_rd_seek(&rd, at);
		bool fits = !forms[i].signature || sb_rd_uint(&rd, 4) == 0x08074b50;
		fits = sb_rd_uint(&rd, 4) == central->crc && fits;
		fits = sb_rd_uint(&rd, forms[i].width) == central->packed && fits;
		fits = sb_rd_uint(&rd, forms[i].width) == central->size && fits;
		if (fits && !rd.bad)
			return forms[i].length;
	}
	return 0;
}

static int own_member(struct walk *walk, const struct sb_zip_header *local, const struct sb_zip_header *central,
		      const struct sb_member *member, uint32_t ordinal, struct sb_err *err)
{
	struct sb_region header = {.offset = local->at,
				   .length = local->length,
				   .kind = SB_REGION_HEADER,
				   .member = ordinal,
				   .tag = SB_ZIP_TAG_LOCAL,
				   .name = "header"};
	struct sb_region content = {.offset = member->offset,
				    .length = member->length,
				    .member = ordinal,
				    .name = "content",
				    .kind = member->codec == SB_CODEC_NONE ? SB_REGION_CONTENT : SB_REGION_ENCODED};
	struct sb_region descriptor = {.offset = member->offset + member->length,
				       .kind = SB_REGION_CHECK,
				       .member = ordinal,
				       .tag = SB_ZIP_TAG_DESCRIPTOR,
				       .name = "descriptor"};

	if (local->flags & SB_ZIP_FLAG_DESCRIPTOR)
		descriptor.length = descriptor_length(walk->view->file, descriptor.offset, central);
	int rc = own(walk, header, err);
	if (!rc)
		rc = own(walk, content, err);
	return rc ? rc : own(walk, descriptor, err);
}

static int take_member(struct walk *walk, const struct sb_zip_header *central, struct sb_err *err)
{
	struct sb_member member = {.length = central->packed, .size = central->size};
	uint32_t ordinal = (uint32_t)walk->view->members.count + 1;
	struct sb_zip_header local;
	struct sb_span bytes;
	uint64_t at;

	if (!sb_add(central->local, walk->end.shift, &at) || !sb_zip_local(walk->view->file, at, &local))
		return sb_damaged(err, "archive-damaged", central->at, "a directory entry that leads to no header");
	member.offset = local.at + local.length;
	member.codec = central->method == SB_ZIP_DEFLATED ? SB_CODEC_DEFLATE : SB_CODEC_NONE;
	if (!sb_span_cut(walk->view->file, member.offset, member.length, &bytes))
		return sb_damaged(err, "archive-truncated", central->at,
				  "a member that reaches beyond the end of the archive");
	if (central->method == SB_ZIP_STORED && central->packed != central->size &&
	    !(central->flags & SB_ZIP_FLAG_ENCRYPTED))
		return sb_damaged(err, "archive-readers-disagree", central->at, "a stored member with two sizes");
	int rc = sb_keep(walk->view, central->name, &member.name, err);
	if (!rc)
		rc = sb_zip_facts(walk->view, central, &member, err);
	if (!rc)
		rc = sb_zip_check_names(walk->view, central, &local, ordinal, err);
	if (!rc)
		rc = own_member(walk, &local, central, &member, ordinal, err);
	/* What cannot be decoded is shown as it is. */
	if (member.refusal)
		member.codec = SB_CODEC_NONE;
	return rc ? rc : sb_emit_member(walk->view, &member, err);
}

static int take_directory(struct walk *walk, struct sb_err *err)
{
	uint64_t at = walk->end.directory, stop = at + walk->end.directory_length, count = 0;
	struct sb_zip_header central;
	int rc = 0;

	for (; !rc && at < stop && sb_zip_central(walk->view->file, at, &central) && central.length <= stop - at;
	     at += central.length, count++) {
		struct sb_region entry = {.offset = at,
					  .length = central.length,
					  .kind = SB_REGION_TABLE,
					  .tag = SB_ZIP_TAG_CENTRAL,
					  .member = (uint32_t)walk->view->members.count + 1,
					  .name = "directory entry"};
		rc = own(walk, entry, err);
		if (!rc)
			rc = take_member(walk, &central, err);
	}
	/* 4.4.22: the short record counts modulo 2^16 in files of careless writers. */
	if (!rc && (at != stop ||
		    (count != walk->end.entries && !walk->end.end64 && (count & UINT16_MAX) != walk->end.entries) ||
		    (walk->end.end64 && count != walk->end.entries)))
		return sb_damaged(err, "archive-damaged", at, "the directory is not as long as the end record says");
	return rc;
}

static int own_end(struct walk *walk, struct sb_err *err)
{
	const struct sb_zip_end *e = &walk->end;
	const struct sb_region records[] = {
		{.offset = e->end64,
		 .length = e->end64_length,
		 .kind = SB_REGION_HEADER,
		 .tag = SB_ZIP_TAG_END64,
		 .name = "zip64 end record"},
		{.offset = e->locator,
		 .length = e->locator ? SB_ZIP_LOCATOR : 0,
		 .kind = SB_REGION_HEADER,
		 .tag = SB_ZIP_TAG_LOCATOR,
		 .name = "zip64 locator"},
		{.offset = e->end,
		 .length = e->end_length,
		 .kind = SB_REGION_HEADER,
		 .tag = SB_ZIP_TAG_END,
		 .name = "end record"},
	};
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof records / sizeof *records; i++)
		rc = own(walk, records[i], err);
	if (!rc && e->ambiguous)
		rc = sb_emit_remark(
			walk->view,
			(struct sb_notice){.id = "archive-readers-disagree", .offset = e->end, .refuse_drop = true},
			err, "more than one end record could be meant");
	return rc;
}

static int by_offset(const void *a, const void *b)
{
	const struct sb_region *x = a, *y = b;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return (x->length > y->length) - (x->length < y->length);
}

/* Bytes between two records that nothing refers to. */
static int emit_gap(struct walk *walk, uint64_t at, uint64_t to, struct sb_err *err)
{
	struct sb_region gap = {
		.offset = at, .length = to - at, .kind = SB_REGION_GAP, .name = at == 0 ? "prepended" : "gap"};
	struct sb_notice notice = {
		.id = at == 0 ? "archive-prepended" : "archive-trailing", .offset = at, .refuse_drop = true};

	if (at == to)
		return 0;
	int rc = sb_emit_remark(walk->view, notice, err,
				at == 0 ? "%llu bytes stand before the first member" : "%llu bytes belong to no member",
				(unsigned long long)gap.length);
	return rc ? rc : sb_emit_region(walk->view, &gap, err);
}

/* The first owner keeps the bytes; who overlaps it gets the rest, and a notice. */
static int sweep(struct walk *walk, struct sb_err *err)
{
	uint64_t at = 0;
	int rc = 0;

	qsort(walk->owners.items, walk->owners.count, walk->owners.size, by_offset);
	for (size_t i = 0; !rc && i < walk->owners.count; i++) {
		struct sb_region owner = *(const struct sb_region *)sb_vec_at(&walk->owners, i);
		uint64_t end = owner.offset + owner.length;
		if (owner.offset < at)
			rc = sb_emit_remark(walk->view,
					    (struct sb_notice){.id = "archive-overlap",
							       .offset = owner.offset,
							       .member = owner.member,
							       .refuse_drop = true},
					    err, "it shares bytes with what stands before it");
		else
			rc = emit_gap(walk, at, owner.offset, err);
		if (owner.offset < at) {
			owner.tag = SB_ZIP_TAG_NONE; /* its fields are not all its own */
			owner.offset = at;
			owner.length = end > at ? end - at : 0;
		}
		if (!rc)
			rc = sb_emit_region(walk->view, &owner, err);
		at = end > at ? end : at;
	}
	return rc || at == walk->view->file.n ? rc : sb_emit_rest(walk->view, at, "fill", err);
}

static int open_zip(struct sb_view *view, const char *hint, struct sb_err *err)
{
	struct walk walk = {.view = view,
			    .owners = {.size = sizeof(struct sb_region), .ceiling = (size_t)SB_LIMIT_OF(REGIONS)}};

	(void)hint;
	if (!sb_zip_find_end(view->file, &walk.end))
		return sb_damaged(err, "archive-truncated", view->file.n,
				  "the zip file has no directory: it is cut or damaged");
	int rc = take_directory(&walk, err);
	if (!rc)
		rc = own_end(&walk, err);
	if (!rc)
		rc = sb_zip_own_signing_block(view, walk.end.directory, &walk.owners, err);
	if (!rc)
		rc = sweep(&walk, err);
	sb_vec_release(&walk.owners);
	return rc;
}

/* With something in front a zip is known by its end alone; then its name must promise one. */
static unsigned probe(struct sb_span file, const char *hint)
{
	size_t n = strlen(hint);
	bool named = n > 4 && (strcmp(hint + n - 4, ".zip") == 0 || strcmp(hint + n - 4, ".jar") == 0 ||
			       strcmp(hint + n - 4, ".whl") == 0 || strcmp(hint + n - 4, ".apk") == 0);
	struct sb_zip_end end;
	unsigned bits = sb_magic(file, 0, "PK\x03\x04", 4);

	if (!bits)
		bits = sb_magic(file, 0, "PK\x05\x06", 4);
	if (!bits)
		bits = sb_magic(file, 0, "JM\x01\x00PK\x03\x04", 8); /* a jmod of the JDK */
	return bits ? bits : named && sb_zip_find_end(file, &end) ? 8 : 0;
}

const struct sb_format sb_format_zip = {
	.name = "zip",
	.spec = "PKWARE APPNOTE.TXT 6.3.10 (2022), sections 4.3 to 4.5; Info-ZIP extra fields; APK Signing Block",
	.version = 2,
	.probe = probe,
	.open = open_zip,
	.describe = sb_zip_describe,
	.archive = true,
};
