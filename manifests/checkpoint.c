/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/checkpoint.h"

#include "manifests/note_text.h"

#include <inttypes.h>
#include <string.h>

static int malformed(struct sb_err *err, const char *what)
{
	return sb_fail(err, SB_EVIDENCE, "checkpoint-malformed", "%s", what);
}

/* Lines behind the third are the log's own affair, and signed with the rest. */
static bool has_sound_extensions(struct sb_span rest)
{
	struct sb_span line;

	while (sb_span_take_ended_line(&rest, &line))
		if (line.n == 0)
			return false;
	return rest.n == 0;
}

int sb_checkpoint_read(struct sb_span text, struct sb_arena *arena, struct sb_checkpoint *out, struct sb_err *err)
{
	struct sb_span rest = text, origin, size, root;
	struct sb_checkpoint made = {0};
	struct sb_merkle_run empty = {0};
	uint8_t nothing[SB_MERKLE_BYTES];

	if (!sb_span_take_ended_line(&rest, &origin) || !sb_span_take_ended_line(&rest, &size) || !sb_span_take_ended_line(&rest, &root) || origin.n == 0 ||
	    memchr(origin.p, 0, origin.n))
		return malformed(err, "a checkpoint has three lines: origin, size, root");
	if (!sb_note_decimal(size, &made.size) || !sb_note_unbase64(root, made.root, sizeof made.root) || !has_sound_extensions(rest))
		return malformed(err, "size or root of the checkpoint cannot be read");
	sb_merkle_run_root(&empty, nothing);
	if (made.size == 0 && memcmp(made.root, nothing, sizeof nothing) != 0)
		return malformed(err, "an empty log has another root");
	made.origin = sb_arena_copy(arena, origin);
	if (!made.origin)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*out = made;
	return 0;
}

void sb_checkpoint_write(const struct sb_checkpoint *checkpoint, struct sb_buf *out)
{
	sb_buf_printf(out, "%s\n%" PRIu64 "\n", checkpoint->origin, checkpoint->size);
	sb_base64(sb_span_of(checkpoint->root, sizeof checkpoint->root), out);
	sb_buf_text(out, "\n");
}

int sb_checkpoint_open(struct sb_span bytes, const struct sb_note_key *log, struct sb_arena *arena, struct sb_signed_checkpoint *out, struct sb_err *err)
{
	struct sb_signed_checkpoint made = {.bytes = bytes};
	int rc = sb_note_read(bytes, arena, &made.note, err);

	if (rc)
		return rc;
	switch (sb_note_signed_by(&made.note, log, NULL)) {
	case SB_NOTE_UNSIGNED:
		return sb_fail(err, SB_EVIDENCE, "checkpoint-unsigned", "the checkpoint is not signed by %s", log->name);
	case SB_NOTE_BAD:
		return sb_fail(err, SB_EVIDENCE, "checkpoint-unsigned", "the signature of %s on the checkpoint is not good", log->name);
	case SB_NOTE_GOOD:
		break;
	}
	rc = sb_checkpoint_read(made.note.text, arena, &made.head, err);
	if (!rc && strcmp(made.head.origin, log->name) != 0)
		rc = sb_fail(err, SB_EVIDENCE, "checkpoint-unsigned", "the checkpoint is of another log");
	if (!rc)
		*out = made;
	return rc;
}
