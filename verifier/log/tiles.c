/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes of the tree out of tiles, and proofs made of them. */
#include "verifier/log/inside.h"

#include <string.h>

enum { HEIGHT = 8 }; /* rows of the tree in one tile */

void sb_log_row_root(const uint8_t *hashes, unsigned width, uint8_t out[SB_MERKLE_BYTES])
{
	struct sb_merkle_run run = {0};

	for (unsigned i = 0; i < width; i++)
		sb_merkle_run_add(&run, hashes + (size_t)i * SB_MERKLE_BYTES);
	sb_merkle_run_root(&run, out);
}

void sb_log_tiles_begin(struct sb_log_tiles *tiles, const struct sb_log_files *files, uint64_t size)
{
	*tiles = (struct sb_log_tiles){.files = *files, .size = size};
}

void sb_log_tiles_end(struct sb_log_tiles *tiles)
{
	sb_buf_release(&tiles->kept);
	tiles->has_kept = false;
}

static int load(struct sb_log_tiles *tiles, unsigned level, uint64_t index, struct sb_err *err)
{
	if (tiles->has_kept && tiles->level == level && tiles->index == index)
		return 0;
	tiles->has_kept = false;
	int rc = sb_log_tile_read(&tiles->files, level, index, sb_log_tile_width(level, index, tiles->size), &tiles->kept, err);
	if (rc)
		return rc;
	tiles->has_kept = true;
	tiles->level = level;
	tiles->index = index;
	return 0;
}

static int subtree(void *state, unsigned height, uint64_t index, uint8_t out[SB_MERKLE_BYTES], struct sb_err *err)
{
	struct sb_log_tiles *tiles = state;
	unsigned level = height / HEIGHT, rest = height % HEIGHT;
	uint64_t first = index << rest;

	int rc = load(tiles, level, first / SB_LOG_TILE, err);
	if (rc)
		return rc;
	size_t at = (size_t)(first % SB_LOG_TILE) * SB_MERKLE_BYTES;
	if (tiles->kept.len < at + ((size_t)SB_MERKLE_BYTES << rest))
		return sb_log_damaged(err, "a tile is too narrow", "tile");
	sb_log_row_root((const uint8_t *)tiles->kept.data + at, 1U << rest, out);
	return 0;
}

struct sb_merkle_source sb_log_tiles_source(struct sb_log_tiles *tiles)
{
	return (struct sb_merkle_source){subtree, tiles};
}

/* ---- proofs ---- */

static int find(struct sb_log_tiles *tiles, const uint8_t leaf[SB_MERKLE_BYTES], uint64_t *index, struct sb_err *err)
{
	for (uint64_t tile = 0; tile * SB_LOG_TILE < tiles->size; tile++) {
		unsigned width = sb_log_tile_width(0, tile, tiles->size);
		int rc = load(tiles, 0, tile, err);
		if (rc)
			return rc;
		for (unsigned i = 0; i < width; i++)
			if (memcmp(tiles->kept.data + (size_t)i * SB_MERKLE_BYTES, leaf, SB_MERKLE_BYTES) == 0) {
				*index = tile * SB_LOG_TILE + i;
				return 0;
			}
	}
	return sb_fail(err, SB_EVIDENCE, "entry-absent", "the log does not hold it");
}

int sb_log_prove_leaf(const struct sb_log_files *files, const struct sb_checkpoint *head, const uint8_t leaf[SB_MERKLE_BYTES], uint64_t *index,
                      struct sb_merkle_proof *out, struct sb_err *err)
{
	struct sb_log_tiles tiles;
	struct sb_merkle_proof proof = {0};
	uint64_t found = 0;

	sb_log_tiles_begin(&tiles, files, head->size);
	struct sb_merkle_source source = sb_log_tiles_source(&tiles);
	int rc = find(&tiles, leaf, &found, err);
	if (!rc)
		rc = sb_merkle_prove_inclusion(&source, found, head->size, &proof, err);
	if (!rc && !sb_merkle_includes(leaf, found, head->size, &proof, head->root))
		rc = sb_log_damaged(err, "do not lead to the root of the checkpoint", "its tiles");
	sb_log_tiles_end(&tiles);
	if (!rc) {
		*index = found;
		*out = proof;
	}
	return rc;
}

int sb_log_prove_since(const struct sb_log_files *files, const struct sb_checkpoint *head, uint64_t old, struct sb_merkle_proof *out, struct sb_err *err)
{
	struct sb_log_tiles tiles;
	struct sb_merkle_proof proof;
	uint8_t old_root[SB_MERKLE_BYTES];

	sb_log_tiles_begin(&tiles, files, head->size);
	struct sb_merkle_source source = sb_log_tiles_source(&tiles);
	int rc = sb_merkle_prove_consistency(&source, old, head->size, &proof, err);
	if (!rc)
		rc = sb_merkle_root(&source, old, old_root, err);
	if (!rc && !sb_merkle_extends(old, old_root, head->size, head->root, &proof))
		rc = sb_log_damaged(err, "do not lead to the root of the checkpoint", "its tiles");
	sb_log_tiles_end(&tiles);
	if (!rc)
		*out = proof;
	return rc;
}
