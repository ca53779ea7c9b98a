/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a signed note, as lines of signatures, as a key and as a checkpoint: what is read has one spelling, and lies in what was given. */
#include "manifests/manifests.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_code(int rc, const struct sb_err *err)
{
	must(rc == 0 || ((rc == SB_EVIDENCE || rc == SB_LIMIT || rc == SB_NOMEM || rc == SB_USAGE) && err->id));
}

static void read_key(struct sb_span bytes, struct sb_arena *arena)
{
	SB_BUF struct sb_buf text = {0};
	struct sb_note_key key;
	struct sb_err err = {0};
	int rc = sb_note_key_read(bytes, arena, &key, &err);

	check_code(rc, &err);
	if (rc)
		return;
	sb_note_key_write(&key, &text);
	must(sb_span_equal(sb_buf_span(&text), bytes));
}

static void read_checkpoint(struct sb_span text, struct sb_arena *arena)
{
	SB_BUF struct sb_buf again = {0};
	struct sb_checkpoint checkpoint;
	struct sb_err err = {0};
	int rc = sb_checkpoint_read(text, arena, &checkpoint, &err);

	check_code(rc, &err);
	if (rc)
		return;
	sb_checkpoint_write(&checkpoint, &again);
	must(sb_span_starts(text, again.data, again.len)); /* extension lines may follow */
}

static void read_note(struct sb_span bytes, struct sb_arena *arena)
{
	struct sb_note note;
	struct sb_err err = {0};
	int rc = sb_note_read(bytes, arena, &note, &err);

	check_code(rc, &err);
	if (rc)
		return;
	must(note.text.p == bytes.p && note.text.n < bytes.n && note.count > 0);
	for (size_t i = 0; i < note.count; i++) {
		struct sb_note_key key = {.name = note.lines[i].name, .id = note.lines[i].id, .type = SB_NOTE_COSIGNATURE};
		must(note.lines[i].bytes.n > 0 && sb_note_signed_by(&note, &key, NULL) == SB_NOTE_BAD); /* nobody signs by the zero key */
	}
	read_checkpoint(note.text, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(64 << 20);
	struct sb_note lines;
	struct sb_err err = {0};

	must(arena && sb_hashing_start(NULL) == 0);
	read_note(sb_span_of(data, n), arena);
	read_key(sb_span_of(data, n), arena);
	read_checkpoint(sb_span_of(data, n), arena);
	check_code(sb_note_read_lines(sb_span_of(data, n), arena, &lines, &err), &err);
	return 0;
}
