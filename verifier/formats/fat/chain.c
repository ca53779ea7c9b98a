/* SPDX-License-Identifier: Apache-2.0 */
/* The table: for each cluster the next one of its chain. */
#include "verifier/formats/fat/fat.h"

static uint64_t ones(const struct sb_fat *fat)
{
	return fat->bits == 12 ? 0xfff : fat->bits == 16 ? 0xffff : 0x0fffffff;
}

static uint64_t entry_of(const struct sb_fat *fat, uint64_t cluster)
{
	if (fat->bits != 12)
		return sb_fat_uint(fat, fat->table + cluster * (fat->bits / 8), fat->bits / 8);
	uint64_t pair = sb_fat_uint(fat, fat->table + cluster + cluster / 2, 2);
	return cluster % 2 ? pair >> 4 : pair & 0xfff;
}

static int add_cluster(struct sb_fat *fat, uint64_t cluster, size_t first, struct sb_vec *runs, struct sb_err *err)
{
	uint64_t offset = fat->data + (cluster - SB_FAT_FIRST) * fat->cluster;
	struct sb_fat_run *last = runs->count > first ? sb_vec_at(runs, runs->count - 1) : NULL;

	if (last && last->offset + last->length == offset) {
		last->length += fat->cluster;
		return 0;
	}
	struct sb_fat_run *run = sb_vec_push(runs);
	if (!run)
		return sb_no_memory(err);
	*run = (struct sb_fat_run){offset, fat->cluster};
	return 0;
}

int sb_fat_chain(struct sb_fat *fat, uint64_t first, struct sb_vec *runs, struct sb_err *err)
{
	uint64_t end = ones(fat) - 7, cluster = first;
	size_t begin = runs->count;
	int rc = 0;

	if (first >= end)
		return sb_damaged(err, "archive-damaged", fat->table, "a chain that begins at its end");
	while (!rc && cluster < end) {
		if (cluster < SB_FAT_FIRST || cluster >= fat->clusters + SB_FAT_FIRST || fat->used[cluster])
			return sb_damaged(err, "archive-damaged", fat->table, "a chain of clusters that leaves the volume, or meets another one");
		fat->used[cluster] = 1;
		rc = add_cluster(fat, cluster, begin, runs, err);
		cluster = entry_of(fat, cluster);
	}
	fat->proper &= cluster == ones(fat) || cluster == end;
	return rc;
}

/* The first two entries belong to no cluster: the medium, and whether the volume was left in order. */
static bool is_plain_head(const struct sb_fat *fat)
{
	uint64_t media = sb_fat_uint(fat, 21, 1);
	uint64_t second = entry_of(fat, 1);
	return entry_of(fat, 0) == ((ones(fat) & ~UINT64_C(0xff)) | media) && (second == ones(fat) || second == ones(fat) - 7);
}

void sb_fat_settle(struct sb_fat *fat)
{
	uint64_t bits = (fat->clusters + SB_FAT_FIRST) * fat->bits, end = (bits + 7) / 8;
	struct sb_span rest;

	fat->proper &= is_plain_head(fat) && sb_span_cut(fat->view->file, fat->table + end, fat->table_size - end, &rest) && sb_span_all_zero(rest);
	if (bits % 8)
		fat->proper &= sb_fat_uint(fat, fat->table + end - 1, 1) >> 4 == 0;
	for (uint64_t i = SB_FAT_FIRST; i < fat->clusters + SB_FAT_FIRST; i++) {
		fat->free += !fat->used[i];
		fat->proper &= fat->used[i] || entry_of(fat, i) == 0;
	}
}
