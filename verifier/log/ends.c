/* SPDX-License-Identifier: Apache-2.0 */
/* The last, partial tiles and the last, partial bundle of entries: where a log grows. */
#include "verifier/log/growing.h"

#include <string.h>

static int load_rows(struct sb_log_growing *g, struct sb_err *err)
{
	uint64_t size = g->head.head.size;
	int rc = 0;

	for (unsigned level = 0; !rc && level < SB_LOG_LEVELS; level++) {
		unsigned width = (unsigned)(size >> 8 * level) % SB_LOG_TILE;
		if (!width)
			continue;
		rc = sb_log_tile_read(&g->files, level, (size >> 8 * level) / SB_LOG_TILE, width, &g->rows[level], err);
		if (!rc)
			g->rows[level].len = (size_t)width * SB_MERKLE_BYTES;
	}
	return rc;
}

/* Entries are copied into the next file: only when they are those that were signed for. */
static int load_bundle(struct sb_log_growing *g, struct sb_err *err)
{
	unsigned width = (unsigned)(g->head.head.size % SB_LOG_TILE);
	struct sb_span rest, entry;
	uint8_t leaf[SB_MERKLE_BYTES];

	if (!width)
		return 0;
	int rc = sb_log_bundle_read(&g->files, g->head.head.size / SB_LOG_TILE, width, &g->bundle, err);
	rest = sb_buf_span(&g->bundle);
	for (unsigned i = 0; !rc && i < width; i++) {
		if (!sb_log_bundle_next(&rest, &entry))
			return sb_log_damaged(err, "an entry is cut off", "tile/entries");
		sb_merkle_leaf(entry, leaf);
		if (memcmp(leaf, g->rows[0].data + (size_t)i * SB_MERKLE_BYTES, sizeof leaf) != 0)
			return sb_log_damaged(err, "an entry is not the one that was signed for", "tile/entries");
	}
	g->bundle.len -= rest.n;
	return rc;
}

int sb_log_load_ends(struct sb_log_growing *g, struct sb_err *err)
{
	int rc = load_rows(g, err);
	return rc ? rc : load_bundle(g, err);
}

static int write_tile(const struct sb_log_growing *g, unsigned level, uint64_t index, unsigned width, const struct sb_buf *bytes, struct sb_err *err)
{
	char name[SB_LOG_NAME];

	sb_log_tile_name(level, index, width, name);
	int rc = sb_buf_ok(bytes, err);
	return rc ? rc : sb_log_publish(g->dir, name, sb_buf_span(bytes), err);
}

/* A full tile is written at once, and is one hash of the next level. */
static int add_hash(struct sb_log_growing *g, unsigned level, const uint8_t hash[SB_MERKLE_BYTES], struct sb_err *err)
{
	uint8_t up[SB_MERKLE_BYTES];
	int rc = 0;

	memcpy(up, hash, sizeof up);
	for (; !rc && level < SB_LOG_LEVELS; level++) {
		struct sb_buf *row = &g->rows[level];
		sb_buf_add(row, up, sizeof up);
		if (row->len < (size_t)SB_LOG_TILE * SB_MERKLE_BYTES)
			return sb_buf_ok(row, err);
		rc = write_tile(g, level, (g->run.size - 1) >> 8 * (level + 1), SB_LOG_TILE, row, err);
		if (!rc)
			sb_log_row_root((const uint8_t *)row->data, SB_LOG_TILE, up);
		row->len = 0;
	}
	return rc;
}

int sb_log_add_entry(struct sb_log_growing *g, struct sb_span entry, struct sb_err *err)
{
	const uint8_t length[2] = {(uint8_t)(entry.n >> 8), (uint8_t)entry.n};
	uint8_t leaf[SB_MERKLE_BYTES];
	int rc = 0;

	if (entry.n > SB_LIMIT_OF(LOG_ENTRY_BYTES))
		return sb_fail_limit(err, SB_LIMIT_ROW_LOG_ENTRY_BYTES, entry.n);
	sb_merkle_leaf(entry, leaf);
	sb_merkle_run_add(&g->run, leaf);
	sb_buf_add(&g->bundle, length, sizeof length);
	sb_buf_add(&g->bundle, entry.p, entry.n);
	if (g->run.size % SB_LOG_TILE == 0) {
		rc = write_tile(g, SB_LOG_ENTRIES, g->run.size / SB_LOG_TILE - 1, SB_LOG_TILE, &g->bundle, err);
		g->bundle.len = 0;
	}
	return rc ? rc : add_hash(g, 0, leaf, err);
}

int sb_log_write_ends(const struct sb_log_growing *g, struct sb_err *err)
{
	uint64_t size = g->run.size;
	int rc = 0;

	if (size % SB_LOG_TILE)
		rc = write_tile(g, SB_LOG_ENTRIES, size / SB_LOG_TILE, (unsigned)(size % SB_LOG_TILE), &g->bundle, err);
	for (unsigned level = 0; !rc && level < SB_LOG_LEVELS; level++) {
		unsigned width = (unsigned)(size >> 8 * level) % SB_LOG_TILE;
		if (width)
			rc = write_tile(g, level, (size >> 8 * level) / SB_LOG_TILE, width, &g->rows[level], err);
	}
	return rc;
}

void sb_log_drop_partial(const struct sb_log_growing *g)
{
	for (unsigned level = 0; level <= SB_LOG_LEVELS; level++) {
		unsigned shift = level == SB_LOG_LEVELS ? 0 : 8 * level;
		uint64_t first = (g->head.head.size >> shift) / SB_LOG_TILE, full = (g->run.size >> shift) / SB_LOG_TILE;
		char name[SB_LOG_NAME], *end;
		if (first >= full)
			continue;
		sb_log_tile_name(level == SB_LOG_LEVELS ? SB_LOG_ENTRIES : level, first, 1, name);
		end = strrchr(name, '/');
		if (end)
			*end = '\0';
		if (sb_path_remove_tree(g->dir, name, NULL))
			return;
	}
}

void sb_log_let_go(struct sb_log_growing *g)
{
	sb_buf_release(&g->bundle);
	for (unsigned level = 0; level < SB_LOG_LEVELS; level++)
		sb_buf_release(&g->rows[level]);
}
