/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compressed files (fs/erofs/zmap.c): for each logical cluster an entry says whether compressed data begins in it, and where. Entries are written in full, or
 * in packs of bits with one place for all of a pack. What is compressed ends where its physical cluster does; zeros stand before it.
 */
#include "verifier/formats/erofs/erofs.h"

enum { HEADER = 8, FULL_ENTRY = 8, COUNT_FLAG = 1 << 11, PLACE = 4, FOUR_BYTES = 2, TWO_BYTES = 16 };
enum advise { ADVISE_TWO_BYTES = 1, ADVISE_BIG = 2, ADVISE_BIG_2 = 4, ADVISE_INLINE = 8, ADVISE_KNOWN = 15 };
enum kind { KIND_PLAIN = 0, KIND_HEAD, KIND_REST, KIND_HEAD_2 };
#define NOT_WRITTEN UINT64_MAX
enum algorithm { ALGORITHM_LZ4 = 0, ALGORITHM_LZMA = 1 };

/** One logical cluster. */
struct cluster {
	enum kind kind;
	uint64_t offset; /* of heads: where in it the data begins */
	uint64_t block;  /* of heads */
	uint64_t blocks; /* of the first rest behind a head of several blocks; else 0 */
	uint64_t behind, ahead; /* of rests: how far the head is, and the next one, as it is written; NOT_WRITTEN */
};

struct map {
	struct sb_erofs *fs;
	const struct sb_erofs_inode *inode;
	uint32_t ordinal;
	uint64_t entries;          /* where they begin */
	uint64_t count, four, two; /* clusters; packs of four bytes before those of two; clusters in these */
	uint64_t end;              /* behind the last entry, or the last pack */
	uint64_t advise, tail;     /* bytes of the last physical cluster when that follows the entries */
	enum algorithm algorithm[2];
	bool proper;               /* distances lead back to their heads, as the kernel follows them */
};

static int damaged(const struct map *map, const char *text, struct sb_err *err)
{
	return sb_damaged(err, "archive-damaged", map->inode->at, text);
}

/* ---- entries ---- */

static bool read_full(const struct map *map, uint64_t i, struct cluster *out)
{
	uint64_t at = map->entries + i * FULL_ENTRY, u = sb_erofs_uint(map->fs, at + 4, 4);

	*out = (struct cluster){.kind = (enum kind)(sb_erofs_uint(map->fs, at, 2) & 3), .offset = sb_erofs_uint(map->fs, at + 2, 2), .block = u, .behind = NOT_WRITTEN};
	out->ahead = u >> 16;
	if (u & COUNT_FLAG)
		out->blocks = u & (COUNT_FLAG - 1);
	else
		out->behind = u & 0xffff;
	return sb_erofs_uint(map->fs, at, 2) >> 2 == 0;
}

/** A pack: the places of @count entries of @bits bits each, and the block before the first that begins in it. */
struct pack {
	uint64_t at, count, bits;
};

static uint64_t take_bits(const struct map *map, const struct pack *pack, uint64_t i, enum kind *kind)
{
	uint64_t bit = i * pack->bits, word = 0;

	for (uint64_t k = 0; k < SB_EROFS_BLOCK_BITS + 2; k++, bit++)
		word |= (sb_erofs_uint(map->fs, pack->at + bit / 8, 1) >> bit % 8 & 1) << k;
	*kind = (enum kind)(word >> SB_EROFS_BLOCK_BITS);
	return word & (SB_EROFS_BLOCK - 1);
}

static struct pack pack_of(const struct map *map, uint64_t i, uint64_t *inside)
{
	uint64_t at = map->entries, size = 4, count = FOUR_BYTES;

	if (i >= map->four && i - map->four < map->two) {
		at += map->four * 4;
		i -= map->four;
		size = 2;
		count = TWO_BYTES;
	} else if (i >= map->four) {
		at += map->four * 4 + map->two * 2;
		i -= map->four + map->two;
	}
	*inside = i % count;
	return (struct pack){at + i / count * count * size, count, (count * size - PLACE) * 8 / count};
}

/* How many physical blocks of the pack lie before entry @i: z_erofs unpack_compacted_index. */
static uint64_t blocks_before(const struct map *map, const struct pack *pack, uint64_t i)
{
	bool big = map->advise & ADVISE_BIG;
	uint64_t blocks = big ? 0 : 1;
	int64_t at = (int64_t)i;

	while (at > 0) {
		enum kind kind;
		uint64_t low = take_bits(map, pack, (uint64_t)--at, &kind);
		if (kind != KIND_REST) {
			blocks++;
		} else if (!big) {
			at -= (int64_t)low;
			blocks += at >= 0;
		} else if (low & COUNT_FLAG) {
			at--;
			blocks += low & (COUNT_FLAG - 1);
		} else {
			at -= (int64_t)low - 2;
			if (low <= 1)
				return UINT64_MAX >> 1; /* leads outside of the image */
		}
	}
	return blocks;
}

static uint64_t base_of(const struct map *map, const struct pack *pack)
{
	return sb_erofs_uint(map->fs, pack->at + pack->count * (pack->count == FOUR_BYTES ? 4 : 2) - PLACE, 4);
}

/* In the last pack an entry may be left over. */
static bool is_rest_unused(const struct map *map)
{
	uint64_t inside;
	const struct pack pack = pack_of(map, map->count - 1, &inside);
	return inside + 1 == pack.count || sb_erofs_is_zero(map->fs, pack.at + 2, 2);
}

static bool read_packed(const struct map *map, uint64_t i, struct cluster *out)
{
	uint64_t inside;
	const struct pack pack = pack_of(map, i, &inside);
	enum kind kind;
	uint64_t low = take_bits(map, &pack, inside, &kind);

	*out = (struct cluster){.kind = kind, .offset = low, .behind = NOT_WRITTEN, .ahead = NOT_WRITTEN};
	if (kind == KIND_REST && low & COUNT_FLAG)
		out->blocks = low & (COUNT_FLAG - 1);
	else if (kind == KIND_REST)
		*(inside + 1 == pack.count ? &out->ahead : &out->behind) = low;
	else
		out->block = base_of(map, &pack) + blocks_before(map, &pack, inside);
	return pack.count == TWO_BYTES || sb_erofs_uint(map->fs, pack.at + 2 * inside + 1, 1) >> 6 == 0;
}

static bool read_cluster(const struct map *map, uint64_t i, struct cluster *out)
{
	return map->inode->layout == SB_EROFS_COMPRESSED_FULL ? read_full(map, i, out) : read_packed(map, i, out);
}

/* ---- from heads to slices ---- */

/** Data from one head to the next. */
struct extent {
	struct cluster head;
	uint64_t first;    /* its cluster */
	bool counted;      /* it says how many blocks it has */
	uint64_t from, to; /* in the file */
	uint64_t blocks;
	bool last;
};

static int take_plain(const struct map *map, uint64_t at, uint64_t room, uint64_t length, struct sb_err *err)
{
	if (length > room)
		return damaged(map, "plain data that is longer than its cluster", err);
	int rc = sb_erofs_share(map->fs, at, length, SB_REGION_CONTENT, "data", map->ordinal, err);
	return rc ? rc : sb_erofs_push(map->fs, (struct sb_slice){SB_CODEC_NONE, at, length, length, 0, length}, err);
}

/* Of a configured image only the kinds that it names are ready to decode, of any other LZ4. */
static bool is_ready(const struct sb_erofs *fs, enum algorithm algorithm)
{
	if (!(fs->features & SB_EROFS_CONFIGURED))
		return algorithm == ALGORITHM_LZ4;
	return algorithm <= ALGORITHM_LZMA && sb_erofs_uint(fs, SB_EROFS_SUPERBLOCK + 84, 2) >> (unsigned)algorithm & 1;
}

/* z_erofs_fixup_insize: zeros before the data are looked for in its first block, and with LZ4 only where the superblock says that they are there. */
static uint64_t skip_zeros(struct sb_erofs *fs, enum algorithm algorithm, uint64_t at, uint64_t room)
{
	uint64_t first = SB_EROFS_BLOCK - at % SB_EROFS_BLOCK, end = at + (room < first ? room : first);

	if (algorithm == ALGORITHM_LZ4 && !(fs->features & SB_EROFS_ZERO_PADDED))
		return at;
	while (at < end && fs->view->file.p[at] == 0)
		at++;
	return at;
}

static int take_encoded(const struct map *map, const struct extent *extent, uint64_t at, uint64_t room, struct sb_err *err)
{
	enum algorithm algorithm = map->algorithm[extent->head.kind == KIND_HEAD_2];
	enum sb_codec codec = algorithm == ALGORITHM_LZMA ? SB_CODEC_MICROLZMA : SB_CODEC_LZ4_BLOCK;
	uint64_t length = extent->to - extent->from, end = at + room;

	if (!is_ready(map->fs, algorithm))
		return sb_damaged(err, "archive-unsupported", map->inode->at, "a compression that is not known, or that the superblock does not have");
	at = skip_zeros(map->fs, algorithm, at, room);
	if (algorithm == ALGORITHM_LZ4)
		map->fs->used |= SB_EROFS_ZERO_PADDED;
	int rc = sb_erofs_share(map->fs, at, end - at, SB_REGION_ENCODED, "cluster", map->ordinal, err);
	return rc ? rc : sb_erofs_push(map->fs, (struct sb_slice){codec, at, end - at, length, 0, length}, err);
}

static bool is_tail(const struct map *map, const struct extent *extent)
{
	return extent->to == map->inode->size && map->advise & ADVISE_INLINE;
}

static int take_extent(const struct map *map, const struct extent *extent, struct sb_err *err)
{
	bool tail = is_tail(map, extent);
	uint64_t at = extent->head.block << SB_EROFS_BLOCK_BITS, room = extent->blocks << SB_EROFS_BLOCK_BITS;

	if (tail) {
		at = map->end;
		room = map->tail;
		map->fs->used |= SB_EROFS_TAILS;
	}
	if (tail && (room == 0 || at % SB_EROFS_BLOCK + room > SB_EROFS_BLOCK))
		return damaged(map, "a last cluster behind the map that crosses a block", err);
	if ((!tail && extent->head.block > map->fs->blocks) || at > map->fs->view->file.n || room > map->fs->view->file.n - at)
		return damaged(map, "compressed data that does not lie inside the image", err);
	if (extent->head.kind == KIND_PLAIN)
		return take_plain(map, at, room, extent->to - extent->from, err);
	return take_encoded(map, extent, at, room, err);
}

static uint64_t capped(uint64_t distance)
{
	return distance < COUNT_FLAG ? distance : COUNT_FLAG - 1;
}

/* The head that @extent begins with, and everything up to the next one. *i: the cluster of that one. */
static int read_extent(struct map *map, uint64_t *i, struct extent *out, struct sb_err *err)
{
	struct cluster next;

	*out = (struct extent){.first = *i, .blocks = 1, .to = map->inode->size, .last = true};
	if (!read_cluster(map, *i, &out->head) || out->head.kind == KIND_REST || out->head.offset >= SB_EROFS_BLOCK)
		return damaged(map, "a cluster that belongs to no data", err);
	out->from = *i * SB_EROFS_BLOCK + out->head.offset;
	for (++*i; *i < map->count; ++*i) {
		if (!read_cluster(map, *i, &next))
			return damaged(map, "a cluster with unknown marks", err);
		if (next.kind != KIND_REST) {
			out->to = *i * SB_EROFS_BLOCK + next.offset;
			out->last = false;
			break;
		}
		if (next.blocks && *i == out->first + 1 && map->advise & (ADVISE_BIG | ADVISE_BIG_2)) {
			out->counted = true;
			out->blocks = next.blocks;
		} else if (next.blocks) {
			return damaged(map, "a number of blocks where none should be", err);
		}
	}
	bool mark = out->last && out->from == out->to && out->head.kind == KIND_PLAIN; /* of the end, when that lies inside of a cluster */
	return mark || (out->to > out->from && out->to <= map->inode->size) ? 0 : damaged(map, "data that ends before it begins", err);
}

/*
 * What the kernel follows from the middle of a file: distances lead back to the head and on to the next one. A pack without a head of its own has the place that
 * the writer had come to.
 */
static bool is_consistent(const struct map *map, const struct extent *extent, uint64_t behind)
{
	uint64_t next = extent->to == map->inode->size ? UINT64_MAX : behind; /* a mark of the end is no head */

	for (uint64_t i = extent->first + 1; i < map->count && i <= behind; i++) {
		struct cluster cluster;
		if (i < behind && (!read_cluster(map, i, &cluster) || (cluster.behind != NOT_WRITTEN && cluster.behind != capped(i - extent->first)) ||
				   (cluster.ahead != NOT_WRITTEN && cluster.ahead != capped(extent->to / SB_EROFS_BLOCK - i))))
			return false;
		if (map->inode->layout == SB_EROFS_COMPRESSED_FULL && i < behind && cluster.offset != extent->head.offset)
			return false;
		if (map->inode->layout == SB_EROFS_COMPRESSED_FULL)
			continue;
		uint64_t inside;
		const struct pack pack = pack_of(map, i, &inside);
		uint64_t expected = extent->head.block + (extent->counted && extent->first + 1 < i ? extent->blocks : 0);
		if (inside == 0 && next >= i + pack.count && base_of(map, &pack) != expected)
			return false;
	}
	return true;
}

/* A cluster behind the map has a place all the same, at which nobody looks: the one that the writer had come to. */
static bool is_placed(const struct map *map, const struct extent *extent, uint64_t reached)
{
	return !is_tail(map, extent) || (extent->first ? extent->head.block == reached : extent->head.block <= map->fs->blocks);
}

static int take_all(struct map *map, struct sb_err *err)
{
	uint64_t i = 0, at = 0, reached = 0;
	int rc = 0;

	while (!rc && i < map->count) {
		struct extent extent;
		rc = read_extent(map, &i, &extent, err);
		if (!rc && extent.from != at)
			rc = damaged(map, "data that does not begin where the one before it ends", err);
		bool mark = extent.to == extent.from;
		if (!rc && !mark)
			rc = take_extent(map, &extent, err);
		if (mark)
			map->proper = map->proper && (map->inode->layout == SB_EROFS_COMPRESSED || extent.head.block == 0);
		else
			map->proper = map->proper && is_consistent(map, &extent, i) && is_placed(map, &extent, reached);
		at = extent.to;
		reached = extent.head.block + extent.blocks;
	}
	return rc;
}

static uint64_t packs_of_four(uint64_t clusters)
{
	return (clusters + FOUR_BYTES - 1) / FOUR_BYTES * FOUR_BYTES * 4;
}

/* Packs of two bytes begin at a multiple of 32; before and behind them stand packs of four. */
static void place_packs(struct map *map)
{
	uint64_t before = (32 - map->entries % 32) / 4 % 8;
	bool two = map->advise & ADVISE_TWO_BYTES && before < map->count;

	map->four = two ? before : map->count;
	map->two = two ? (map->count - before) / TWO_BYTES * TWO_BYTES : 0;
	map->end = map->entries + packs_of_four(map->four) + map->two * 2 + packs_of_four(map->count - map->four - map->two);
}

static void place_entries(struct map *map, uint64_t header)
{
	if (map->inode->layout == SB_EROFS_COMPRESSED) {
		map->entries = header + HEADER;
		place_packs(map);
	} else {
		map->entries = header + 2 * HEADER; /* a further eight bytes that nobody uses */
		map->end = map->entries + map->count * FULL_ENTRY;
	}
}

/*
 * z_erofs_fill_inode: without one of two features readers take the header of a full map for zeros, and what has several blocks needs the first of them. Both kinds
 * of heads of a packed map are read alike.
 */
static bool fits_features(const struct map *map, uint64_t algorithms)
{
	bool looked_at = map->fs->features & (SB_EROFS_CONFIGURED | SB_EROFS_TAILS) || map->inode->layout == SB_EROFS_COMPRESSED;
	bool big = map->advise & ADVISE_BIG, big_2 = map->advise & ADVISE_BIG_2;

	if (!looked_at && (map->advise || map->tail || algorithms))
		return false;
	if (map->advise & ADVISE_INLINE && !(map->fs->features & SB_EROFS_TAILS))
		return false;
	return (!big && !big_2) || (map->fs->features & SB_EROFS_CONFIGURED && (big == big_2 || map->inode->layout == SB_EROFS_COMPRESSED_FULL));
}

int sb_erofs_read_clusters(struct sb_erofs *fs, const struct sb_erofs_inode *inode, uint32_t ordinal, struct sb_err *err)
{
	uint64_t header = (inode->end + 7) & ~UINT64_C(7), algorithms = sb_erofs_uint(fs, header + 6, 1);
	struct map map = {.fs = fs, .inode = inode, .ordinal = ordinal, .advise = sb_erofs_uint(fs, header + 4, 2), .tail = sb_erofs_uint(fs, header + 2, 2)};

	map.algorithm[0] = (enum algorithm)(algorithms & 15);
	map.algorithm[1] = (enum algorithm)(algorithms >> 4);
	if (inode->type != SB_MEMBER_FILE || inode->size / SB_EROFS_BLOCK > fs->view->file.n || map.advise & ~(uint64_t)ADVISE_KNOWN || sb_erofs_uint(fs, header, 2) != 0 ||
	    sb_erofs_uint(fs, header + 7, 1) != 0)
		return sb_damaged(err, "archive-unsupported", inode->at, "a compressed file of a form that is not known");
	if (!fits_features(&map, algorithms))
		return sb_damaged(err, "archive-unsupported", inode->at, "a map of clusters that needs features which the superblock does not state");
	map.count = (inode->size + SB_EROFS_BLOCK - 1) / SB_EROFS_BLOCK;
	place_entries(&map, header);
	bool packed = inode->layout == SB_EROFS_COMPRESSED, fits = map.end <= fs->view->file.n;
	map.proper = fits && (map.advise & ADVISE_INLINE || map.tail == 0) &&
		     (packed ? is_rest_unused(&map) : !(map.advise & ADVISE_TWO_BYTES) && sb_erofs_is_zero(fs, header + HEADER, HEADER));
	int rc = fits ? take_all(&map, err) : damaged(&map, "a map that does not lie inside the image", err);
	return rc ? rc : sb_erofs_own(fs, header, map.end - header, map.proper ? SB_REGION_LAYOUT : SB_REGION_HEADER, "map of clusters", SB_EROFS_TAG_NONE, ordinal, err);
}
