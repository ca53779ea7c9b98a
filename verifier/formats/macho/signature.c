/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of a code signature: xnu, osfmk/kern/cs_blobs.h. What a loader grants because of it (entitlements) and what it demands of others (requirements) is content; digests of
 * the code and the message over them are the signature.
 */
#include "verifier/formats/macho/macho.h"

#include <string.h>

enum { INDEX = 12, ROW = 8, HEAD = 8, MOST_BLOBS = 16, EMPTY_REQUIREMENTS = 12 };
static const uint32_t SUPERBLOB = 0xfade0cc0, DIRECTORY = 0xfade0c02, REQUIREMENTS = 0xfade0c01, ENTITLEMENTS = 0xfade7171, ENTITLEMENTS_DER = 0xfade7172, MESSAGE = 0xfade0b01;

static uint64_t number(const struct sb_macho *macho, uint64_t at)
{
	struct sb_rd rd = sb_rd_of(macho->file, true);

	sb_rd_seek(&rd, at);
	return sb_rd_uint(&rd, 4);
}

static struct sb_region blob_of(uint64_t magic, uint64_t slot, uint64_t at, uint64_t length)
{
	struct sb_region region = {.offset = at, .length = length, .kind = SB_REGION_HEADER, .loaded = true, .name = "unknown part of the code signature"};

	if (magic == DIRECTORY) {
		region.kind = SB_REGION_SIGNATURE;
		region.name = slot == 0 ? "code directory" : "further code directory";
	} else if (magic == MESSAGE) {
		region.kind = SB_REGION_SIGNATURE;
		region.name = "signature message";
	} else if (magic == REQUIREMENTS) {
		region.kind = length == EMPTY_REQUIREMENTS ? SB_REGION_SIGNATURE : SB_REGION_HEADER;
		region.name = "requirements";
	} else if (magic == ENTITLEMENTS) {
		region.name = "entitlements";
	} else if (magic == ENTITLEMENTS_DER) {
		region.name = "entitlements in DER";
	}
	return region;
}

/* The slot that a part of that kind has: a reader looks for parts by their slots. */
static bool is_in_place(uint64_t magic, uint64_t slot)
{
	enum { FURTHER = 0x1000, MOST_FURTHER = 5 };

	if (magic == DIRECTORY)
		return slot == 0 || (slot >= FURTHER && slot < FURTHER + MOST_FURTHER);
	return magic == REQUIREMENTS ? slot == 2 : magic == ENTITLEMENTS ? slot == 5 : magic == ENTITLEMENTS_DER ? slot == 7 : magic == MESSAGE ? slot == 0x10000 : slot != 0;
}

/* Where the first part begins: behind the index, or, as lld does, at the next multiple of eight, with zeros on the way. */
static uint64_t first_blob(const struct sb_macho *macho, uint64_t count)
{
	uint64_t at = macho->signature, end = INDEX + ROW * count, aligned = (end + 7) / 8 * 8;
	bool filled = count && number(macho, at + INDEX + 4) == aligned && (end == aligned || number(macho, at + end) == 0);

	return at + (filled ? aligned : end);
}

/* Blobs follow each other in the order of the index, and nothing lies between them; *end is where the last one ends. */
static bool is_exact(const struct sb_macho *macho, uint64_t count, uint64_t *end)
{
	uint64_t at = macho->signature, next = first_blob(macho, count), last = 0;

	for (uint64_t i = 0; i < count; i++) {
		uint64_t offset = number(macho, at + INDEX + ROW * i + 4), length = number(macho, at + offset + 4);
		if (at + offset != next || length < HEAD || length > macho->signature_size || next + length > at + macho->signature_size)
			return false;
		uint64_t slot = number(macho, at + INDEX + ROW * i);
		if (!is_in_place(number(macho, next), slot) || (i && slot <= last))
			return false;
		last = slot;
		next += length;
	}
	*end = next;
	return next == at + number(macho, at + 4);
}

/* Segments are mapped in whole pages. */
static uint64_t page_of(const struct sb_macho *macho)
{
	enum { ARM64 = 0x0100000c, ARM64_32 = 0x0200000c };
	uint64_t machine = sb_macho_uint(macho, 4, 4);
	return machine == ARM64 || machine == ARM64_32 ? 0x4000 : 0x1000;
}

/* Bytes of a signature are the signer's to choose: of all that is mapped only the last segment may hold them, and nothing runs it or writes to it. */
static bool is_apart(const struct sb_macho *macho)
{
	enum { WRITE = 2, RUN = 4 };
	uint64_t from = macho->signature, to = from + macho->signature_size, page = page_of(macho);
	size_t last = 0;

	for (size_t i = 0; i < macho->segments.count; i++) {
		const struct sb_macho_segment *segment = sb_vec_at(&macho->segments, i);
		uint64_t end = (segment->offset + segment->size + page - 1) / page * page;
		if (strcmp(segment->name, "__LINKEDIT") == 0) {
			last++;
			if (segment->sections || segment->protection & (WRITE | RUN))
				return false;
		} else if (segment->size && segment->offset / page * page < to && from < end) {
			return false;
		}
	}
	return last == 1;
}

int sb_macho_own_signature(struct sb_macho *macho, struct sb_err *err)
{
	uint64_t at = macho->signature, size = macho->signature_size, count = number(macho, at + 8), end = 0;
	struct sb_span bytes;
	int rc = 0;

	if (size == 0)
		return 0;
	if (!sb_span_cut(macho->file, at, size, &bytes))
		return sb_damaged(err, "image-damaged", at, "a code signature that does not lie in the file");
	if (size < INDEX || number(macho, at) != SUPERBLOB || count > MOST_BLOBS || INDEX + ROW * count > size || !is_apart(macho) || !is_exact(macho, count, &end) ||
	    !sb_span_all_zero(sb_span_of(macho->file.p + end, (size_t)(at + size - end))))
		return sb_macho_own(macho, (struct sb_region){.offset = at, .length = size, .kind = SB_REGION_HEADER, .loaded = true, .name = "code signature that is not exact"}, err);
	rc = sb_macho_own(macho, (struct sb_region){.offset = at, .length = first_blob(macho, count) - at, .kind = SB_REGION_SIGNATURE, .name = "code signature"}, err);
	for (uint64_t i = 0; !rc && i < count; i++) {
		uint64_t slot = number(macho, at + INDEX + ROW * i), offset = at + number(macho, at + INDEX + ROW * i + 4);
		rc = sb_macho_own(macho, blob_of(number(macho, offset), slot, offset, number(macho, offset + 4)), err);
	}
	return rc ? rc : sb_macho_own(macho, (struct sb_region){.offset = end, .length = at + size - end, .kind = SB_REGION_SIGNATURE, .name = "fill of the code signature"}, err);
}
