/* SPDX-License-Identifier: Apache-2.0 */
/* What witnesses say of a head is put onto it. */
#include "verifier/log/growing.h"

#include <string.h>

static bool has_line(const struct sb_note *note, const struct sb_note_line *line)
{
	for (size_t i = 0; i < note->count; i++)
		if (note->lines[i].id == line->id && strcmp(note->lines[i].name, line->name) == 0 && sb_span_equal(note->lines[i].bytes, line->bytes))
			return true;
	return false;
}

/* Only lines of witnesses that were named, and each of them must be good. */
static int gather_lines(struct sb_log_growing *g, const struct sb_note *said, const struct sb_note_key *witnesses, size_t count, struct sb_buf *out, size_t *added,
                        struct sb_err *err)
{
	size_t good = 0;

	for (size_t i = 0; i < said->count; i++)
		for (size_t k = 0; k < count; k++) {
			struct sb_note one = {.text = g->head.note.text, .lines = &said->lines[i], .count = 1};
			enum sb_note_said word = sb_note_signed_by(&one, &witnesses[k], NULL);
			if (word == SB_NOTE_BAD)
				return sb_fail(err, SB_EVIDENCE, "cosignature-wrong", "the cosignature of %s is not of this head", witnesses[k].name);
			good += word == SB_NOTE_GOOD;
			if (word == SB_NOTE_GOOD && !has_line(&g->head.note, &said->lines[i])) {
				sb_note_line_write(&said->lines[i], out);
				++*added;
			}
		}
	return good ? 0 : sb_fail(err, SB_EVIDENCE, "cosignature-wrong", "no witness that was named has signed this head");
}

int sb_log_add_cosignatures(int dir, const struct sb_note_key *log, struct sb_span lines, const struct sb_note_key *witnesses, size_t count, size_t *added,
                            struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	SB_BUF struct sb_buf note = {.ceiling = SB_LIMIT_OF(NOTE_BYTES)};
	struct sb_log_growing g = {.dir = dir, .files = sb_log_folder(&dir), .log = log, .arena = arena};
	struct sb_note said = {0};
	SB_CLOSING int lock = -1;

	*added = 0;
	if (!arena)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = sb_log_lock(dir, &lock, err);
	if (!rc)
		rc = sb_log_open_to_grow(&g, err);
	if (!rc)
		rc = sb_note_read_lines(lines, arena, &said, err);
	if (rc)
		return rc;
	sb_buf_add(&note, g.head.bytes.p, g.head.bytes.n);
	rc = gather_lines(&g, &said, witnesses, count, &note, added, err);
	if (!rc)
		rc = sb_buf_ok(&note, err);
	struct sb_signed_checkpoint again;
	if (!rc)
		rc = sb_checkpoint_open(sb_buf_span(&note), log, arena, &again, err); /* still a note: not too many lines */
	return rc || !*added ? rc : sb_log_publish(dir, SB_LOG_HEAD, sb_buf_span(&note), err);
}
