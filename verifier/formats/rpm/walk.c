/* SPDX-License-Identifier: Apache-2.0 */
/* From the lead to the payload: every row of both indexes and everything that they lead to is an owner of its own. */
#include "verifier/formats/rpm/rpm.h"

#include <stdlib.h>
#include <string.h>

enum { HEADERSIGNATURES = 62, HEADERIMMUTABLE = 63, PAYLOADCOMPRESSOR = 1125, TRAILER = 16 };

static const uint8_t lead_magic[] = {0xed, 0xab, 0xee, 0xdb};

static int by_place(const void *a, const void *b)
{
	const struct sb_rpm_entry *x = a, *y = b;
	if (x->data != y->data)
		return x->data < y->data ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

/* Both stores hold the same tags in part: the name says which header is meant where that is not plain. */
static const char *name_of(struct sb_view *view, unsigned which, uint32_t tag, const char *end)
{
	const struct sb_rpm_tag *row = sb_rpm_tag(which, tag);
	if (row && !*end)
		return row->name;
	if (row)
		return sb_arena_printf(view->arena, "%s%s", row->name, end);
	return sb_arena_printf(view->arena, "%s %u%s", which == SB_RPM_MAIN ? "tag" : "signature tag", tag, end);
}

static int emit_entries(struct sb_view *view, unsigned which, const struct sb_rpm_header *header, struct sb_rpm_entry *entries, struct sb_err *err)
{
	uint64_t total = 0;
	int rc = 0;

	for (uint32_t i = 0; !rc && i < header->entries; i++) {
		struct sb_region row = {.offset = header->at + SB_RPM_INTRO + (uint64_t)i * SB_RPM_ENTRY,
					.length = SB_RPM_ENTRY,
					.kind = SB_REGION_TABLE,
					.tag = sb_rpm_part(SB_RPM_PART_ENTRY, which, i)};
		if (!sb_rpm_entry(view->file, header, i, &entries[i]))
			return sb_damaged(err, "archive-damaged", row.offset, "an entry of a header that leads out of it or is of no known type");
		total += entries[i].length; /* checked at once: data that overlaps must not be measured again and again */
		if (total > header->store_length)
			return sb_damaged(err, "archive-overlap", row.offset, "the entries of a header hold more than there is");
		row.name = name_of(view, which, entries[i].tag, " entry");
		rc = row.name ? sb_emit_region(view, &row, err) : sb_no_memory(err);
	}
	return rc;
}

/* Fill that aligns numbers is zero; anything else between data belongs to nothing. */
static int emit_between(struct sb_view *view, unsigned which, uint64_t at, uint64_t to, struct sb_err *err)
{
	struct sb_region fill = {.offset = at, .length = to - at, .kind = SB_REGION_PADDING, .name = which == SB_RPM_MAIN ? "alignment" : "signature alignment"};
	struct sb_span bytes;

	if (at == to)
		return 0;
	if (fill.length >= 8 || !sb_span_cut(view->file, at, fill.length, &bytes) || !sb_span_all_zero(bytes)) {
		fill.kind = SB_REGION_GAP;
		fill.name = which == SB_RPM_MAIN ? "gap" : "signature gap";
	}
	return sb_emit_region(view, &fill, err);
}

static int emit_data(struct sb_view *view, unsigned which, const struct sb_rpm_entry *entry, struct sb_err *err)
{
	const struct sb_rpm_tag *row = sb_rpm_tag(which, entry->tag);
	struct sb_region data = {.offset = entry->data,
				 .length = entry->length,
				 .kind = row && row->signature                     ? SB_REGION_SIGNATURE
					 : row && row->kind == SB_FIELD_PADDING ? SB_REGION_PADDING
										: SB_REGION_HEADER,
				 .tag = sb_rpm_part(SB_RPM_PART_DATA, which, entry->index),
				 .name = name_of(view, which, entry->tag, "")};

	if ((entry->tag == HEADERSIGNATURES || entry->tag == HEADERIMMUTABLE) && entry->type == SB_RPM_BIN && entry->length == TRAILER) {
		data.tag = sb_rpm_part(SB_RPM_PART_TRAILER, which, entry->index);
		data.name = which == SB_RPM_MAIN ? "region trailer" : "signature region trailer";
	}
	return data.name ? sb_emit_region(view, &data, err) : sb_no_memory(err);
}

static int emit_store(struct sb_view *view, unsigned which, const struct sb_rpm_header *header, struct sb_rpm_entry *entries, struct sb_err *err)
{
	uint64_t at = header->store;
	int rc = 0;

	qsort(entries, (size_t)header->entries, sizeof *entries, by_place);
	for (uint64_t i = 0; !rc && i < header->entries; i++) {
		if (entries[i].data < at)
			return sb_damaged(err, "archive-overlap", entries[i].data, "two entries of a header share bytes");
		rc = emit_between(view, which, at, entries[i].data, err);
		if (!rc)
			rc = emit_data(view, which, &entries[i], err);
		at = entries[i].data + entries[i].length;
	}
	return rc ? rc : emit_between(view, which, at, header->store + header->store_length, err);
}

static int by_tag(const void *a, const void *b)
{
	const struct sb_rpm_entry *x = a, *y = b;
	return (x->tag > y->tag) - (x->tag < y->tag);
}

static bool has_repeats(struct sb_rpm_entry *entries, uint64_t count)
{
	qsort(entries, (size_t)count, sizeof *entries, by_tag);
	for (uint64_t i = 1; i < count; i++)
		if (entries[i - 1].tag == entries[i].tag)
			return true;
	return false;
}

static int take_header(struct sb_view *view, unsigned which, uint64_t *at, struct sb_rpm_header *out, struct sb_err *err)
{
	struct sb_rpm_header header;
	int rc = sb_rpm_header(view->file, *at, &header, err);

	if (rc)
		return rc;
	const struct sb_region intro = {.offset = *at,
					.length = SB_RPM_INTRO,
					.kind = SB_REGION_HEADER,
					.tag = sb_rpm_part(SB_RPM_PART_INTRO, which, 0),
					.name = which == SB_RPM_MAIN ? "main header" : "signature header"};
	struct sb_rpm_entry *entries = calloc((size_t)header.entries, sizeof *entries);
	rc = entries ? sb_emit_region(view, &intro, err) : sb_no_memory(err);
	if (!rc)
		rc = emit_entries(view, which, &header, entries, err);
	if (!rc)
		rc = emit_store(view, which, &header, entries, err);
	header.repeats = !rc && has_repeats(entries, header.entries);
	free(entries);
	*at = header.store + header.store_length;
	*out = header;
	return rc;
}

/* The signature header is filled up to a multiple of 8. */
static int take_padding(struct sb_view *view, uint64_t *at, struct sb_err *err)
{
	struct sb_region fill = {.offset = *at, .length = (8 - *at % 8) % 8, .kind = SB_REGION_PADDING, .name = "signature padding"};
	struct sb_span bytes;

	if (!sb_span_cut(view->file, *at, fill.length, &bytes))
		return sb_damaged(err, "archive-truncated", *at, "the package ends behind its signatures");
	if (!sb_span_all_zero(bytes))
		fill.kind = SB_REGION_GAP;
	*at += fill.length;
	return sb_emit_region(view, &fill, err);
}

/* What rpm unpacks the payload with (lib/rpmte.c, lib/psm.c): what the header says, wherever it says so once. */
static const char *packing_of(struct sb_view *view, const struct sb_rpm_header *header)
{
	static const char *const known[] = {"gzip", "bzip2", "xz", "lzma", "zstd"};
	struct sb_rpm_entry entry;

	if (header->repeats || !sb_rpm_find(view->file, header, PAYLOADCOMPRESSOR, &entry) || entry.type != SB_RPM_STRING)
		return NULL;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (entry.length == strlen(known[i]) + 1 && memcmp(view->file.p + entry.data, known[i], (size_t)entry.length) == 0)
			return known[i];
	return NULL;
}

static int take_payload(struct sb_view *view, uint64_t at, const struct sb_rpm_header *header, struct sb_err *err)
{
	const struct sb_region content = {.offset = at, .length = view->file.n - at, .kind = SB_REGION_CONTENT, .member = 1, .name = "payload"};
	const struct sb_member payload = {.name = sb_span_text("payload"),
					  .type = SB_MEMBER_PART,
					  .offset = at,
					  .length = view->file.n - at,
					  .size = view->file.n - at,
					  .packing = packing_of(view, header),
					  .refusal = "an rpm package; give what rpm2cpio makes of it",
					  .refusal_id = "archive-unsupported"};
	int rc = sb_emit_region(view, &content, err);
	return rc ? rc : sb_emit_member(view, &payload, err);
}

static int open_rpm(struct sb_view *view, const char *hint, struct sb_err *err)
{
	const struct sb_region lead = {.length = SB_RPM_LEAD, .kind = SB_REGION_HEADER, .tag = sb_rpm_part(SB_RPM_PART_LEAD, 0, 0), .name = "lead"};
	struct sb_rpm *rpm = sb_arena_alloc(view->arena, sizeof *rpm);
	uint64_t at = SB_RPM_LEAD;

	(void)hint;
	if (!rpm)
		return sb_no_memory(err);
	view->own = rpm;
	if (view->file.n < SB_RPM_LEAD)
		return sb_damaged(err, "archive-truncated", 0, "the package ends inside its lead");
	int rc = sb_emit_region(view, &lead, err);
	if (!rc)
		rc = take_header(view, SB_RPM_SIGNATURE, &at, &rpm->header[SB_RPM_SIGNATURE], err);
	if (!rc)
		rc = take_padding(view, &at, err);
	if (!rc)
		rc = take_header(view, SB_RPM_MAIN, &at, &rpm->header[SB_RPM_MAIN], err);
	rpm->payload = at;
	return rc ? rc : take_payload(view, at, &rpm->header[SB_RPM_MAIN], err);
}

static unsigned probe(struct sb_span file, const char *hint)
{
	(void)hint;
	return sb_magic(file, 0, lead_magic, sizeof lead_magic);
}

const struct sb_format sb_format_rpm = {
	.name = "rpm",
	.spec = "RPM 4.18 reference manual, package and header format; LSB Core 4.1, chapter 22",
	.version = 2,
	.probe = probe,
	.open = open_rpm,
	.describe = sb_rpm_describe,
	.archive = true,
};
