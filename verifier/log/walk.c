/* SPDX-License-Identifier: Apache-2.0 */
/* All of a log against its head: entries make leaves, leaves make tiles, tiles make the root. Nothing of it is believed before the end. */
#include "verifier/log/inside.h"

#include <stdlib.h>
#include <string.h>

struct sb_log_walk {
	struct sb_log_files files;
	struct sb_checkpoint head;
	struct sb_merkle_run run;
	struct sb_buf bundle, tile;
	struct sb_span rest; /* of the bundle */
	uint8_t made[SB_LOG_LEVELS][SB_LOG_TILE][SB_MERKLE_BYTES]; /* the tiles that are being made of what was read */
	unsigned width[SB_LOG_LEVELS];
	uint64_t index[SB_LOG_LEVELS];
};

int sb_log_walk_begin(const struct sb_log_files *files, const struct sb_checkpoint *head, struct sb_log_walk **out, struct sb_err *err)
{
	struct sb_log_walk *walk = calloc(1, sizeof *walk);

	if (!walk)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	walk->files = *files;
	walk->head = *head;
	*out = walk;
	return 0;
}

void sb_log_walk_end(struct sb_log_walk **walk)
{
	if (*walk) {
		sb_buf_release(&(*walk)->bundle);
		sb_buf_release(&(*walk)->tile);
	}
	free(*walk);
	*walk = NULL;
}

const struct sb_merkle_run *sb_log_walk_tree(const struct sb_log_walk *walk)
{
	return &walk->run;
}

/* The tile of that level as it lies there must be the one that was made. */
static int check_tile(struct sb_log_walk *walk, unsigned level, struct sb_err *err)
{
	size_t n = (size_t)walk->width[level] * SB_MERKLE_BYTES;
	int rc = sb_log_tile_read(&walk->files, level, walk->index[level], walk->width[level], &walk->tile, err);

	if (!rc && memcmp(walk->tile.data, walk->made[level], n) != 0) {
		char name[SB_LOG_NAME];
		sb_log_tile_name(level, walk->index[level], walk->width[level], name);
		rc = sb_log_damaged(err, "does not follow from the entries", name);
	}
	return rc;
}

/* A full tile is one hash of the next level. */
static int add(struct sb_log_walk *walk, unsigned level, const uint8_t hash[SB_MERKLE_BYTES], struct sb_err *err)
{
	uint8_t root[SB_MERKLE_BYTES];
	int rc = 0;

	memcpy(walk->made[level][walk->width[level]++], hash, SB_MERKLE_BYTES);
	while (!rc && level < SB_LOG_LEVELS && walk->width[level] == SB_LOG_TILE) {
		rc = check_tile(walk, level, err);
		sb_log_row_root(walk->made[level][0], SB_LOG_TILE, root);
		walk->width[level] = 0;
		walk->index[level++]++;
		if (level < SB_LOG_LEVELS)
			memcpy(walk->made[level][walk->width[level]++], root, sizeof root);
	}
	return rc;
}

static int finish(struct sb_log_walk *walk, struct sb_err *err)
{
	uint8_t root[SB_MERKLE_BYTES];
	int rc = 0;

	for (unsigned level = 0; !rc && level < SB_LOG_LEVELS; level++)
		if (walk->width[level])
			rc = check_tile(walk, level, err);
	sb_merkle_run_root(&walk->run, root);
	if (!rc && memcmp(root, walk->head.root, sizeof root) != 0)
		rc = sb_log_damaged(err, "is not the root of the entries", "checkpoint");
	return rc;
}

int sb_log_walk_next(struct sb_log_walk *walk, struct sb_span *entry, struct sb_err *err)
{
	uint8_t leaf[SB_MERKLE_BYTES];
	uint64_t at = walk->run.size;
	int rc = 0;

	*entry = (struct sb_span){0};
	if (at == walk->head.size)
		return finish(walk, err);
	if (at % SB_LOG_TILE == 0) {
		rc = sb_log_bundle_read(&walk->files, at / SB_LOG_TILE, sb_log_tile_width(SB_LOG_ENTRIES, at / SB_LOG_TILE, walk->head.size), &walk->bundle, err);
		walk->rest = sb_buf_span(&walk->bundle);
	}
	if (rc || !sb_log_bundle_next(&walk->rest, entry))
		return rc ? rc : sb_log_damaged(err, "an entry is cut off", "tile/entries");
	sb_merkle_leaf(*entry, leaf);
	sb_merkle_run_add(&walk->run, leaf);
	return add(walk, 0, leaf, err);
}
