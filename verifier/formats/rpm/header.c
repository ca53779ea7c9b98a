/* SPDX-License-Identifier: Apache-2.0 */
/* A header and its entries, each read by itself. */
#include "verifier/formats/rpm/rpm.h"

#include <string.h>

/* What rpm itself allows (lib/header.c: HEADER_TAGS_MAX, HEADER_DATA_MAX). */
enum { MOST_ENTRIES = 0xffff, MOST_STORE = 256 << 20 };

int sb_rpm_header(struct sb_span file, uint64_t at, struct sb_rpm_header *out, struct sb_err *err)
{
	struct sb_rpm_header header = {.at = at};
	struct sb_rd rd = sb_rd_of(file, true);
	struct sb_span whole;

	sb_rd_seek(&rd, at);
	uint64_t magic = sb_rd_uint(&rd, 4);
	sb_rd_bytes(&rd, 4);
	header.entries = sb_rd_uint(&rd, 4);
	header.store_length = sb_rd_uint(&rd, 4);
	header.store = at + SB_RPM_INTRO + header.entries * SB_RPM_ENTRY;
	if (rd.bad)
		return sb_damaged(err, "archive-truncated", at, "the package ends inside a header");
	if (magic != 0x8eade801)
		return sb_damaged(err, "archive-damaged", at, "no header stands where one should");
	if (header.entries == 0 || header.entries > MOST_ENTRIES || header.store_length > MOST_STORE)
		return sb_damaged(err, "archive-damaged", at, "a header with more entries or data than rpm reads");
	if (!sb_span_cut(file, at, header.store - at + header.store_length, &whole))
		return sb_damaged(err, "archive-truncated", at, "the package ends inside a header");
	*out = header;
	return 0;
}

unsigned sb_rpm_width(uint32_t type)
{
	static const unsigned widths[] = {0, 1, 1, 2, 4, 8, 0, 1, 0, 0};
	return type < sizeof widths / sizeof *widths ? widths[type] : 0;
}

/* Bytes of @count strings, with their NULs. */
static bool strings_length(struct sb_span from, uint32_t count, uint64_t *out)
{
	size_t at = 0;

	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *end = at < from.n ? memchr(from.p + at, 0, from.n - at) : NULL;
		if (!end)
			return false;
		at = (size_t)(end - from.p) + 1;
	}
	*out = at;
	return true;
}

bool sb_rpm_entry(struct sb_span file, const struct sb_rpm_header *header, uint32_t index, struct sb_rpm_entry *out)
{
	struct sb_rd rd = sb_rd_of(file, true);
	struct sb_rpm_entry entry = {.index = index};
	struct sb_span rest;

	sb_rd_seek(&rd, header->at + SB_RPM_INTRO + (uint64_t)index * SB_RPM_ENTRY);
	entry.tag = (uint32_t)sb_rd_uint(&rd, 4);
	entry.type = (uint32_t)sb_rd_uint(&rd, 4);
	uint64_t offset = sb_rd_uint(&rd, 4);
	entry.count = (uint32_t)sb_rd_uint(&rd, 4);
	if (rd.bad || offset > header->store_length || entry.type > SB_RPM_I18N || entry.type == SB_RPM_NULL || entry.count == 0)
		return false;
	entry.data = header->store + offset;
	if (!sb_span_cut(file, entry.data, header->store_length - offset, &rest))
		return false;
	entry.length = (uint64_t)sb_rpm_width(entry.type) * entry.count;
	if (entry.length == 0 && !strings_length(rest, entry.type == SB_RPM_STRING ? 1 : entry.count, &entry.length))
		return false;
	*out = entry;
	return entry.length <= rest.n;
}

bool sb_rpm_find(struct sb_span file, const struct sb_rpm_header *header, uint32_t tag, struct sb_rpm_entry *out)
{
	struct sb_rd rd = sb_rd_of(file, true);

	for (uint32_t i = 0; i < header->entries; i++) {
		sb_rd_seek(&rd, header->at + SB_RPM_INTRO + (uint64_t)i * SB_RPM_ENTRY);
		if (sb_rd_uint(&rd, 4) == tag)
			return sb_rpm_entry(file, header, i, out);
	}
	return false;
}
