/* SPDX-License-Identifier: Apache-2.0 */
/* The records of a zip file, each read by itself. */
#include "verifier/formats/zip/zip.h"

#include <string.h>

bool sb_zip_extra(struct sb_span extra, unsigned id, struct sb_span *out)
{
	struct sb_rd rd = sb_rd_of(extra, false);

	while (!rd.bad && rd.at < extra.n) {
		uint64_t found = sb_rd_uint(&rd, 2), length = sb_rd_uint(&rd, 2);
		struct sb_span body = sb_rd_bytes(&rd, (size_t)length);
		if (!rd.bad && found == id) {
			*out = body;
			return true;
		}
	}
	return false;
}

/* 4.5.3: only the values that do not fit stand there, in this order. */
static bool widen(struct sb_zip_header *header)
{
	struct sb_span body;

	if (header->packed != UINT32_MAX && header->size != UINT32_MAX && header->local != UINT32_MAX)
		return true;
	if (!sb_zip_extra(header->extra, 1, &body))
		return header->local !=
		       UINT32_MAX; /* a size of exactly 2^32 - 1 is possible, an offset of it in practice not */
	struct sb_rd rd = sb_rd_of(body, false);
	header->zip64 = true;
	if (header->size == UINT32_MAX)
		header->size = sb_rd_uint(&rd, 8);
	if (header->packed == UINT32_MAX)
		header->packed = sb_rd_uint(&rd, 8);
	if (header->local == UINT32_MAX)
		header->local = sb_rd_uint(&rd, 8);
	return !rd.bad;
}

/* 4.3.7. */
bool sb_zip_local(struct sb_span file, uint64_t at, struct sb_zip_header *out)
{
	struct sb_rd rd = sb_rd_of(file, false);

	*out = (struct sb_zip_header){.at = at};
	sb_rd_seek(&rd, at);
	bool magic = sb_rd_uint(&rd, 4) == 0x04034b50;
	sb_rd_bytes(&rd, 2);
	out->flags = (unsigned)sb_rd_uint(&rd, 2);
	out->method = (unsigned)sb_rd_uint(&rd, 2);
	out->dos_time = sb_rd_uint(&rd, 4);
	out->crc = sb_rd_uint(&rd, 4);
	out->packed = sb_rd_uint(&rd, 4);
	out->size = sb_rd_uint(&rd, 4);
	uint64_t name = sb_rd_uint(&rd, 2), extra = sb_rd_uint(&rd, 2);
	out->name = sb_rd_bytes(&rd, (size_t)name);
	out->extra = sb_rd_bytes(&rd, (size_t)extra);
	out->length = rd.at - at;
	return magic && !rd.bad && widen(out);
}

/* 4.3.12. */
bool sb_zip_central(struct sb_span file, uint64_t at, struct sb_zip_header *out)
{
	struct sb_rd rd = sb_rd_of(file, false);

	*out = (struct sb_zip_header){.at = at};
	sb_rd_seek(&rd, at);
	bool magic = sb_rd_uint(&rd, 4) == 0x02014b50;
	out->host = (unsigned)(sb_rd_uint(&rd, 2) >> 8);
	sb_rd_bytes(&rd, 2);
	out->flags = (unsigned)sb_rd_uint(&rd, 2);
	out->method = (unsigned)sb_rd_uint(&rd, 2);
	out->dos_time = sb_rd_uint(&rd, 4);
	out->crc = sb_rd_uint(&rd, 4);
	out->packed = sb_rd_uint(&rd, 4);
	out->size = sb_rd_uint(&rd, 4);
	uint64_t name = sb_rd_uint(&rd, 2), extra = sb_rd_uint(&rd, 2), comment = sb_rd_uint(&rd, 2);
	rd.bad |= sb_rd_uint(&rd, 2) != 0; /* on another disk */
	sb_rd_bytes(&rd, 2);
	out->external = sb_rd_uint(&rd, 4);
	out->local = sb_rd_uint(&rd, 4);
	out->name = sb_rd_bytes(&rd, (size_t)name);
	out->extra = sb_rd_bytes(&rd, (size_t)extra);
	sb_rd_bytes(&rd, (size_t)comment);
	out->length = rd.at - at;
	return magic && !rd.bad && widen(out);
}

/* 4.3.16: the record at @at as it is, without zip64. */
static bool read_end(struct sb_span file, uint64_t at, struct sb_zip_end *out)
{
	struct sb_rd rd = sb_rd_of(file, false);

	*out = (struct sb_zip_end){.end = at};
	sb_rd_seek(&rd, at);
	bool magic = sb_rd_uint(&rd, 4) == 0x06054b50;
	sb_rd_bytes(&rd, 6);
	out->entries = sb_rd_uint(&rd, 2);
	out->directory_length = sb_rd_uint(&rd, 4);
	out->directory = sb_rd_uint(&rd, 4);
	sb_rd_bytes(&rd, (size_t)sb_rd_uint(&rd, 2));
	out->end_length = rd.at - at;
	return magic && !rd.bad;
}

/* A value that the short record has and the long one contradicts means two readers. */
static bool agrees(uint64_t small, uint64_t saturated, uint64_t large)
{
	return small == saturated || small == large;
}

/* 4.3.14, 4.3.15: a locator right in front of the end record leads to the long one. */
static bool read_end64(struct sb_span file, struct sb_zip_end *end)
{
	struct sb_rd rd = sb_rd_of(file, false);

	if (end->end < SB_ZIP_LOCATOR + SB_ZIP_END64 || !sb_magic(file, end->end - SB_ZIP_LOCATOR, "PK\x06\x07", 4))
		return true;
	end->locator = end->end - SB_ZIP_LOCATOR;
	/* What the locator says may be off by what stands in front; the record itself ends at the locator. */
	uint64_t at = end->locator - SB_ZIP_END64;
	sb_rd_seek(&rd, at);
	rd.bad |= sb_rd_uint(&rd, 4) != 0x06064b50;
	rd.bad |= sb_rd_uint(&rd, 8) != SB_ZIP_END64 - 12;
	sb_rd_bytes(&rd, 20);
	uint64_t entries = sb_rd_uint(&rd, 8), length = sb_rd_uint(&rd, 8), directory = sb_rd_uint(&rd, 8);
	if (rd.bad)
		return false;
	end->ambiguous = !agrees(end->entries, UINT16_MAX, entries) ||
			 !agrees(end->directory_length, UINT32_MAX, length) ||
			 !agrees(end->directory, UINT32_MAX, directory);
	end->end64 = at;
	end->end64_length = SB_ZIP_END64;
	end->entries = entries;
	end->directory_length = length;
	end->directory = directory;
	return true;
}

/* Offsets count from the first member, or from the start of the file: the directory ends where the end records begin.
 */
static bool place_directory(struct sb_zip_end *end)
{
	uint64_t stop = end->end64 ? end->end64 : end->locator ? end->locator : end->end, said;

	if (!sb_add(end->directory, end->directory_length, &said) || said > stop)
		return false;
	end->shift = stop - said;
	end->directory += end->shift;
	return true;
}

/*
 * The end record is the last whose comment ends with the file; failing that, the last one at all. Any signature behind
 * the one taken, and any other whose comment ends with the file as well, makes the file ambiguous: readers search in
 * different ways.
 */
bool sb_zip_find_end(struct sb_span file, struct sb_zip_end *out)
{
	uint64_t lowest = file.n > SB_ZIP_END + UINT16_MAX ? file.n - SB_ZIP_END - UINT16_MAX : 0;
	unsigned behind = 0, exact = 0;
	struct sb_zip_end end, taken = {0};

	for (uint64_t at = file.n; at-- > lowest;) {
		if (!sb_magic(file, at, "PK\x05\x06", 4) || file.n - at < SB_ZIP_END)
			continue;
		bool reads = read_end(file, at, &end), fits = reads && at + end.end_length == file.n;
		if ((fits && exact == 0) || (reads && taken.end_length == 0))
			taken = end;
		else if (exact == 0)
			behind++;
		exact += fits;
	}
	if (taken.end_length == 0)
		return false;
	bool ambiguous = behind != 0 || exact > 1;
	if (!read_end64(file, &taken) || !place_directory(&taken))
		return false;
	taken.ambiguous |= ambiguous;
	*out = taken;
	return true;
}
