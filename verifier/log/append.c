/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log grows: entries and tiles first, then the signed head. What an append that died has left is beyond the head, where nobody looks and the
 * next append writes over it.
 */
#include "verifier/log/growing.h"

#include <stdlib.h>
#include <string.h>

/** An entry that was given. */
struct placed {
	uint8_t leaf[SB_MERKLE_BYTES];
	size_t given; /* index among what was given */
};

static int by_leaf(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	int order = memcmp(x->leaf, y->leaf, SB_MERKLE_BYTES);
	return order ? order : (x->given > y->given) - (x->given < y->given);
}

static const struct placed *find(const struct placed *rows, size_t count, const uint8_t leaf[SB_MERKLE_BYTES])
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (memcmp(rows[middle].leaf, leaf, SB_MERKLE_BYTES) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && memcmp(rows[low].leaf, leaf, SB_MERKLE_BYTES) == 0 ? &rows[low] : NULL;
}

static int look_up(const struct sb_log_growing *g, const struct placed *rows, size_t count, uint64_t *indexes, struct sb_err *err)
{
	SB_BUF struct sb_buf tile = {0};
	int rc = 0;

	for (uint64_t at = 0; !rc && at * SB_LOG_TILE < g->head.head.size; at++) {
		unsigned width = sb_log_tile_width(0, at, g->head.head.size);
		rc = sb_log_tile_read(&g->files, 0, at, width, &tile, err);
		for (unsigned i = 0; !rc && i < width; i++) {
			const struct placed *row = find(rows, count, (const uint8_t *)tile.data + (size_t)i * SB_MERKLE_BYTES);
			if (row && indexes[row->given] == UINT64_MAX)
				indexes[row->given] = at * SB_LOG_TILE + i;
		}
	}
	return rc;
}

/* Of each entry given where it is; those of UINT64_MAX are new. One that is given twice is looked up by its first. */
static int place(struct sb_log_growing *g, const struct sb_span *entries, size_t count, struct placed *rows, uint64_t *indexes, struct sb_err *err)
{
	for (size_t i = 0; i < count; i++) {
		sb_merkle_leaf(entries[i], rows[i].leaf);
		rows[i].given = i;
		indexes[i] = UINT64_MAX;
	}
	qsort(rows, count, sizeof *rows, by_leaf);
	int rc = look_up(g, rows, count, indexes, err);
	for (size_t i = 0; !rc && i < count; i++) {
		uint8_t leaf[SB_MERKLE_BYTES];
		sb_merkle_leaf(entries[i], leaf);
		uint64_t *first = &indexes[find(rows, count, leaf)->given];
		if (*first == UINT64_MAX) {
			*first = g->run.size;
			rc = sb_log_add_entry(g, entries[i], err);
		}
		indexes[i] = *first;
	}
	return rc;
}

static int grow(struct sb_log_growing *g, const struct sb_span *entries, size_t count, struct sb_log_appended *out, struct sb_err *err)
{
	struct placed *rows = sb_arena_array(g->arena, count + 1, sizeof *rows);
	struct sb_checkpoint head = g->head.head;

	out->indexes = sb_arena_array(g->arena, count + 1, sizeof *out->indexes);
	if (!rows || !out->indexes)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = place(g, entries, count, rows, out->indexes, err);
	out->before = head.size;
	out->size = g->run.size;
	if (rc || head.size == g->run.size)
		return rc;
	rc = sb_log_write_ends(g, err);
	head.size = g->run.size;
	sb_merkle_run_root(&g->run, head.root);
	if (!rc)
		rc = sb_log_sign_head(g->dir, &head, g->log, g->secret, err);
	if (!rc)
		sb_log_drop_partial(g);
	return rc;
}

int sb_log_append(int dir, const struct sb_note_key *log, const struct sb_secret *secret, const struct sb_span *entries, size_t count, struct sb_arena *arena,
                  struct sb_log_appended *out, struct sb_err *err)
{
	struct sb_log_growing g = {.dir = dir, .files = sb_log_folder(&dir), .log = log, .secret = secret, .arena = arena};
	struct sb_log_appended made = {0};
	SB_CLOSING int lock = -1;

	int rc = sb_log_lock(dir, &lock, err);
	if (!rc)
		rc = sb_log_open_to_grow(&g, err);
	if (!rc)
		rc = sb_log_load_ends(&g, err);
	if (!rc)
		rc = grow(&g, entries, count, &made, err);
	sb_log_let_go(&g);
	if (!rc)
		*out = made;
	return rc;
}
