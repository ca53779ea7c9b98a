/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a zip file says of a member that signing added, beside its content: the header in front of it and the entry of the directory say
 * the same of a plain file of a plain name, and nothing that no signer needs. A reader that goes from header to header then gets what one
 * that goes by the directory gets. Source: PKWARE APPNOTE 6.3.10, 4.3.7, 4.3.9, 4.3.12, 4.5; Info-ZIP 0x5455; 0xcafe of java.util.jar.
 */
#include "verifier/explain/signed.h"
#include "verifier/explain/sums.h"

#include <string.h>

enum { MADE_ON_DOS = 0, MADE_ON_UNIX = 3, NEWEST_VERSION = 63, LONGEST_NAME = 64 };
/** Of flags: how hard deflate tried, sizes behind the data, names in UTF-8. */
enum { FLAG_DESCRIPTOR = 8, HARMLESS_FLAGS = 6 | FLAG_DESCRIPTOR | 1 << 11 };
enum { EXTRA_TIME = 0x5455, EXTRA_JAR = 0xcafe };
enum { TYPE_BITS = 0170000, REGULAR = 0100000, READ_AND_WRITE = 0666, DOS_ARCHIVE = 0x20 };

/** A header, as far as both kinds have it, and what an entry of the directory has beside it. */
struct entry {
	struct sb_span name, extra;
	uint64_t needed, flags, method, time, crc, packed, size;
	uint64_t made, comment, internal, external;
};

/** The four records of a member; empty: there is none. */
struct records {
	struct sb_span header, descriptor, directory;
	bool whole; /* each at most once, and nobody shares the bytes of the content */
};

static struct records find_records(struct sb_signed_side *side, const struct sb_member *member)
{
	const struct sb_view *view = side->pair->view[side->side];
	uint32_t ordinal = (uint32_t)(member - sb_view_member(view, 0)) + 1;
	struct records out = {.whole = true};
	unsigned contents = 0;

	for (const struct sb_region_list *all = sb_regions_of_member(side->in, side->pair, side->side, ordinal); all; all = all->next) {
		const struct sb_region *region = all->region;
		struct sb_span *slot = strcmp(region->name, "header") == 0 ? &out.header : strcmp(region->name, "descriptor") == 0 ? &out.descriptor : &out.directory;
		if (strcmp(region->name, "content") == 0) {
			out.whole = out.whole && contents++ == 0 && region->offset == member->offset && region->length == member->length;
			continue;
		}
		out.whole = out.whole && !slot->p && sb_span_cut(view->file, region->offset, region->length, slot);
	}
	out.whole = out.whole && contents == 1;
	return out;
}

/* What both kinds of header have in the same order. */
static void read_common(struct sb_rd *rd, struct entry *out)
{
	out->needed = sb_rd_uint(rd, 2);
	out->flags = sb_rd_uint(rd, 2);
	out->method = sb_rd_uint(rd, 2);
	out->time = sb_rd_uint(rd, 4);
	out->crc = sb_rd_uint(rd, 4);
	out->packed = sb_rd_uint(rd, 4);
	out->size = sb_rd_uint(rd, 4);
}

static bool read_local(struct sb_span bytes, struct entry *out)
{
	struct sb_rd rd = sb_rd_of(bytes, false);

	*out = (struct entry){0};
	bool magic = sb_rd_uint(&rd, 4) == 0x04034b50;
	read_common(&rd, out);
	uint64_t name = sb_rd_uint(&rd, 2), extra = sb_rd_uint(&rd, 2);
	out->name = sb_rd_bytes(&rd, (size_t)name);
	out->extra = sb_rd_bytes(&rd, (size_t)extra);
	return magic && !rd.bad && rd.at == bytes.n;
}

static bool read_central(struct sb_span bytes, struct entry *out)
{
	struct sb_rd rd = sb_rd_of(bytes, false);

	*out = (struct entry){0};
	bool magic = sb_rd_uint(&rd, 4) == 0x02014b50;
	out->made = sb_rd_uint(&rd, 2);
	read_common(&rd, out);
	uint64_t name = sb_rd_uint(&rd, 2), extra = sb_rd_uint(&rd, 2);
	out->comment = sb_rd_uint(&rd, 2);
	bool first_disk = sb_rd_uint(&rd, 2) == 0;
	out->internal = sb_rd_uint(&rd, 2);
	out->external = sb_rd_uint(&rd, 4);
	sb_rd_bytes(&rd, 4); /* where the other header is: it was followed */
	out->name = sb_rd_bytes(&rd, (size_t)name);
	out->extra = sb_rd_bytes(&rd, (size_t)extra);
	sb_rd_bytes(&rd, (size_t)out->comment);
	return magic && first_disk && !rd.bad && rd.at == bytes.n;
}

static bool are_alike(const struct entry *local, const struct entry *central)
{
	return local->needed == central->needed && local->flags == central->flags && local->method == central->method && sb_span_equal(local->name, central->name);
}

/* No name that a reader could take for a path or cut short. */
static bool is_plain_name(struct sb_span name)
{
	static const char folder[] = "META-INF/", alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";

	if (name.n <= sizeof folder - 1 || name.n > LONGEST_NAME)
		return false;
	for (size_t i = sizeof folder - 1; i < name.n; i++)
		if (!memchr(alphabet, name.p[i], sizeof alphabet - 1))
			return false;
	return true;
}

/* A regular file that nobody can run, also to readers that look for a mode whatever system made the file. */
static bool is_plain_file(const struct entry *central)
{
	uint64_t host = central->made >> 8, mode = central->external >> 16, dos = central->external & UINT16_MAX;
	bool plain = (mode & TYPE_BITS) == 0 || (mode & TYPE_BITS) == REGULAR;

	return (host == MADE_ON_DOS || host == MADE_ON_UNIX) && plain && (mode & ~(uint64_t)(TYPE_BITS | READ_AND_WRITE)) == 0 &&
	       (dos == 0 || dos == DOS_ARCHIVE) && central->internal <= 1 &&
	       (central->made & UINT8_MAX) <= NEWEST_VERSION && central->needed <= NEWEST_VERSION && (central->flags & ~(uint64_t)HARMLESS_FLAGS) == 0;
}

/* The time of the last change alone, or the mark that the jar tool puts at the first member; each once, and the same in both headers. */
static bool extras_are_known(const struct entry *local, const struct entry *central)
{
	struct sb_rd rd = sb_rd_of(central->extra, false);
	bool timed = false, marked = false;

	while (rd.at < central->extra.n) {
		uint64_t id = sb_rd_uint(&rd, 2);
		struct sb_span body = sb_rd_bytes(&rd, (size_t)sb_rd_uint(&rd, 2));
		bool *seen = id == EXTRA_TIME ? &timed : &marked;
		bool known = id == EXTRA_TIME ? body.n == 5 && body.p[0] == 1 : id == EXTRA_JAR && body.n == 0;
		if (rd.bad || !known || *seen)
			return false;
		*seen = true;
	}
	return sb_span_equal(local->extra, central->extra);
}

/* 4.4.6; no time at all is one too. */
static bool times_are_right(const struct entry *local, const struct entry *central)
{
	return local->time == central->time && (local->time == 0 || sb_is_dos_time(local->time));
}

static bool states(const struct entry *entry, uint64_t crc, uint64_t packed, uint64_t size)
{
	return entry->crc == crc && entry->packed == packed && entry->size == size;
}

/* 4.3.9: behind the data, with or without its magic; the header in front then states nothing, or all of it. */
static bool descriptor_is_right(struct sb_span bytes, const struct entry *central)
{
	struct sb_rd rd = sb_rd_of(bytes, false);
	bool magic = bytes.n != 16 || sb_rd_uint(&rd, 4) == 0x08074b50;
	struct entry said = {.crc = sb_rd_uint(&rd, 4)};

	said.packed = sb_rd_uint(&rd, 4);
	said.size = sb_rd_uint(&rd, 4);
	return magic && !rd.bad && rd.at == bytes.n && states(&said, central->crc, central->packed, central->size);
}

/* What deflate makes of anything is hardly longer than that. */
static bool is_bounded(uint64_t packed, uint64_t size)
{
	return packed <= size + size / 1000 + 64;
}

static bool sizes_are_right(const struct records *records, const struct sb_signed_side *side, const struct entry *local, const struct entry *central,
                            const struct sb_member *member, struct sb_span content)
{
	bool later = central->flags & FLAG_DESCRIPTOR;
	uint64_t crc = 0;

	if (!sb_sum(SB_DERIVE_CRC32, side->in->comparison->reading, content, (struct sb_span){0}, &crc) || !states(central, crc, member->length, content.n) ||
	    !is_bounded(member->length, content.n))
		return false;
	if (later ? !descriptor_is_right(records->descriptor, central) : records->descriptor.p != NULL)
		return false;
	return states(local, crc, member->length, content.n) || (later && states(local, 0, 0, 0));
}

static bool read_both(struct sb_signed_side *side, const struct sb_member *member, struct records *records, struct entry *local, struct entry *central)
{
	*records = find_records(side, member);
	return records->whole && read_local(records->header, local) && read_central(records->directory, central) && sb_span_equal(central->name, member->name);
}

bool sb_signed_entry_is_right(struct sb_signed_side *side, const struct sb_member *member, struct sb_span content)
{
	struct records records;
	struct entry local, central;

	if (!read_both(side, member, &records, &local, &central))
		return sb_signed_blame(side, member->name, "its headers cannot be read, or share their bytes with something else");
	if (!are_alike(&local, &central) || !is_plain_name(central.name))
		return sb_signed_blame(side, member->name, "its own header and the directory differ, or its name is none that a signer gives");
	if (!is_plain_file(&central))
		return sb_signed_blame(side, member->name, "the directory makes of it something else than a plain file");
	if (central.comment || !extras_are_known(&local, &central))
		return sb_signed_blame(side, member->name, "a comment or an extra field that no signature needs");
	if (!times_are_right(&local, &central))
		return sb_signed_blame(side, member->name, "a time that is none, or two times");
	return sizes_are_right(&records, side, &local, &central, member, content) ||
	       sb_signed_blame(side, member->name, "a size or checksum that is not that of its content");
}

bool sb_signed_entry_may_change(struct sb_signed_side *side, const struct sb_member *member, struct sb_span content)
{
	struct records records;
	struct entry local, central;

	if (!read_both(side, member, &records, &local, &central) || !times_are_right(&local, &central))
		return sb_signed_blame(side, member->name, "a time that is none, or two times");
	return is_bounded(member->length, content.n) || sb_signed_blame(side, member->name, "packed longer than it needs to be");
}
