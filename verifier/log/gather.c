/* SPDX-License-Identifier: Apache-2.0 */
/* The files that make up a log at the size of its head: for who takes a copy along. Nothing is checked; who reads the copy does. */
#include "verifier/log/inside.h"

#include <string.h>

/** What was gathered so far. */
struct gathering {
	const struct sb_log_files *files;
	struct sb_arena *arena;
	struct sb_vec list; /* struct sb_log_file */
	struct sb_buf bytes;
	uint64_t total;
};

static int keep(struct gathering *g, const char *name, struct sb_err *err)
{
	struct sb_log_file *slot = sb_vec_push(&g->list);
	const char *copy = sb_arena_copy(g->arena, sb_buf_span(&g->bytes)), *called = sb_arena_copy(g->arena, sb_span_text(name));

	if (!slot || !copy || !called)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*slot = (struct sb_log_file){called, sb_span_of(copy, g->bytes.len)};
	g->total += g->bytes.len;
	return g->total > SB_LIMIT_OF(EVIDENCE_BYTES) ? sb_fail_limit(err, SB_LIMIT_ROW_EVIDENCE_BYTES, g->total) : 0;
}

/* A full tile may stand where a partial one was: what follows the head in it is left out. */
static int take_tile(struct gathering *g, unsigned level, uint64_t index, unsigned width, struct sb_err *err)
{
	char name[SB_LOG_NAME];
	struct sb_span rest, entry;
	int rc;

	if (level != SB_LOG_ENTRIES) {
		rc = sb_log_tile_read(g->files, level, index, width, &g->bytes, err);
		g->bytes.len = rc ? g->bytes.len : (size_t)width * SB_MERKLE_BYTES;
	} else {
		rc = sb_log_bundle_read(g->files, index, width, &g->bytes, err);
		rest = sb_buf_span(&g->bytes);
		for (unsigned i = 0; !rc && i < width; i++)
			if (!sb_log_bundle_next(&rest, &entry))
				rc = sb_log_damaged(err, "an entry is cut off", "tile/entries");
		g->bytes.len -= rest.n;
	}
	sb_log_tile_name(level, index, width, name);
	return rc ? rc : keep(g, name, err);
}

static int take_level(struct gathering *g, unsigned level, uint64_t size, struct sb_err *err)
{
	unsigned width;
	int rc = 0;

	for (uint64_t index = 0; !rc && (width = sb_log_tile_width(level, index, size)); index++)
		rc = take_tile(g, level, index, width, err);
	return rc;
}

static int take_all(struct gathering *g, struct sb_err *err)
{
	struct sb_note note;
	struct sb_checkpoint head;
	int rc = g->files->read(g->files->state, "checkpoint", SB_LIMIT_OF(NOTE_BYTES), &g->bytes, err);

	if (rc)
		return rc == SB_ABSENT ? sb_fail(err, SB_EVIDENCE, "log-absent", "there is no checkpoint") : rc;
	rc = sb_note_read(sb_buf_span(&g->bytes), g->arena, &note, err);
	if (!rc)
		rc = sb_checkpoint_read(note.text, g->arena, &head, err);
	if (!rc)
		rc = keep(g, "checkpoint", err);
	for (unsigned level = 0; !rc && level < SB_LOG_LEVELS; level++)
		rc = take_level(g, level, head.size, err);
	return rc ? rc : take_level(g, SB_LOG_ENTRIES, head.size, err);
}

int sb_log_gather(const struct sb_log_files *files, struct sb_arena *arena, const struct sb_log_file **out, size_t *count, struct sb_err *err)
{
	struct gathering g = {.files = files, .arena = arena, .list = {.size = sizeof(struct sb_log_file)}};
	int rc = take_all(&g, err);
	struct sb_log_file *made = sb_arena_array(arena, g.list.count + 1, sizeof *made);

	if (made && g.list.count)
		memcpy(made, g.list.items, g.list.count * sizeof *made);
	*out = made;
	*count = g.list.count;
	sb_vec_release(&g.list);
	sb_buf_release(&g.bytes);
	return rc ? rc : made ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}
