/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checksums that an archive states of its members. tar has none, the decoders of whole files verify their own; zip and cpio leave it
 * to the reader, and a reader that does not look takes damage for source.
 */
#include "verifier/ingest/unpack.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/** Regions that are described in one go. */
enum { WINDOW = 128 };

struct checks {
	const struct sb_unpack *unpack;
	struct sb_view *view;
	const size_t *entries; /* for each member 1 + index of its entry; 0: none */
};

static bool leaves_checks_to_us(const struct sb_format *format)
{
	return strcmp(format->name, "zip") == 0 || strcmp(format->name, "cpio") == 0;
}

/* What the entry of member @number holds; false when it is no file of the tree. */
static bool content_of(const struct checks *all, uint32_t number, struct sb_span *out)
{
	size_t at = number ? all->entries[number - 1] : 0;
	const struct sb_entry *entry = at ? sb_vec_at(&all->unpack->entries, at - 1) : NULL;

	if (!entry || entry->type != SB_ENTRY_FILE)
		return false;
	const struct sb_blob *spool = sb_vec_at(&all->unpack->spools, entry->spool);
	return sb_span_cut(spool->bytes, entry->offset, entry->size, out);
}

static bool number_of(const struct checks *all, const struct sb_field *field, uint64_t *out)
{
	struct sb_span bytes;
	uint8_t binary[4];

	if (!sb_span_cut(all->view->file, field->offset, field->length, &bytes))
		return false;
	if (field->encoding == SB_ENC_LE) {
		struct sb_rd rd = sb_rd_of(bytes, false);
		*out = sb_rd_uint(&rd, (unsigned)bytes.n);
		return !rd.bad;
	}
	if (field->encoding != SB_ENC_HEX_TEXT || !sb_text_unhex(bytes, binary, sizeof binary))
		return false;
	struct sb_rd rd = sb_rd_of(sb_span_of(binary, sizeof binary), true);
	*out = sb_rd_uint(&rd, sizeof binary);
	return true;
}

static uint32_t byte_sum(struct sb_span bytes)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < bytes.n; i++)
		sum += bytes.p[i];
	return sum;
}

static bool holds(const struct checks *all, const struct sb_field *field, struct sb_span content)
{
	uint64_t stated;
	bool crc = field->derived.algorithm == SB_DERIVE_CRC32;
	return number_of(all, field, &stated) && stated == (crc ? crc32_z(0, content.p, content.n) : byte_sum(content));
}

static bool is_check(const struct sb_field *field)
{
	return field->kind == SB_FIELD_DERIVED &&
	       (field->derived.algorithm == SB_DERIVE_CRC32 || field->derived.algorithm == SB_DERIVE_BYTE_SUM);
}

static int check_region(const struct checks *all, const struct sb_description *described, struct sb_err *err)
{
	const struct sb_region *region = described->region;
	struct sb_span content;
	int rc = 0;

	if (!content_of(all, region->member, &content))
		return 0;
	if (described->rc)
		return sb_fail(err, SB_FORMAT, "archive-damaged", "what is said of its content cannot be read");
	for (size_t i = 0; !rc && i < described->count; i++) {
		const struct sb_field *field = &described->fields[i];
		if (!is_check(field) || holds(all, field, content))
			continue;
		rc = sb_fail(err, SB_FORMAT, "archive-damaged", "the checksum of its content is wrong");
		sb_at_offset(err, field->offset);
		sb_within(err, (const char *)sb_view_member(all->view, region->member - 1)->name.p);
	}
	return rc;
}

static bool may_hold_checks(const struct checks *all, const struct sb_region *region)
{
	struct sb_span content;
	return (region->kind == SB_REGION_HEADER || region->kind == SB_REGION_TABLE || region->kind == SB_REGION_CHECK) &&
	       content_of(all, region->member, &content);
}

/* The next regions from *at on, described in one go. */
static int check_some(const struct checks *all, size_t *at, struct sb_err *err)
{
	struct sb_description window[WINDOW];
	struct sb_arena *scratch = sb_arena_new(0);
	size_t n = 0;

	if (!scratch)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (; n < WINDOW && *at < all->view->regions.count; ++*at)
		if (may_hold_checks(all, sb_view_region(all->view, *at)))
			window[n++] = (struct sb_description){.region = sb_view_region(all->view, *at)};
	int rc = n ? sb_ingest_refuse(sb_parsing_describe(all->view, window, n, scratch, err), err) : 0;
	for (size_t i = 0; !rc && i < n; i++)
		rc = check_region(all, &window[i], err);
	sb_arena_free(&scratch);
	return rc;
}

int sb_ingest_check_sums(const struct sb_unpack *unpack, struct sb_view *view, size_t first, const size_t *ordinals, struct sb_err *err)
{
	if (!leaves_checks_to_us(view->format))
		return 0;
	SB_FREEING size_t *entries = calloc(view->members.count, sizeof *entries);
	const struct checks all = {.unpack = unpack, .view = view, .entries = entries};
	int rc = 0;

	if (!entries)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = first; i < unpack->entries.count; i++)
		entries[ordinals[i - first] - 1] = i + 1;
	for (size_t at = 0; !rc && at < view->regions.count;)
		rc = check_some(&all, &at, err);
	return rc;
}
