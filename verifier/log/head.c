/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signed head of a log that is written: it is made under another name, and renamed when it and everything below it is on the disk. What a
 * writer that died has left is a head that only has to be renamed, or lies beyond the head.
 */
#include "verifier/log/growing.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int sb_log_unwritable(struct sb_err *err, const char *what)
{
	int rc = sb_fail_errno(err, "log-unwritable", "cannot %s", what);

	if (err)
		err->code = SB_TEMPORARY;
	return rc ? SB_TEMPORARY : 0;
}

/* The name changes only when the bytes behind it are on the disk: no head that anybody saw is ever forgotten. */
static int put_in_place(int dir, struct sb_err *err)
{
	SB_CLOSING int folder = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0 || renameat(dir, SB_LOG_NEXT_HEAD, dir, SB_LOG_HEAD) != 0 || fsync(folder) != 0)
		return sb_log_unwritable(err, "put the new head in its place");
	return 0;
}

int sb_log_sign_head(int dir, const struct sb_checkpoint *head, const struct sb_note_key *log, const struct sb_secret *secret, struct sb_err *err)
{
	SB_BUF struct sb_buf text = {0};
	SB_BUF struct sb_buf note = {0};

	sb_checkpoint_write(head, &text);
	sb_buf_add(&note, text.data, text.len);
	sb_buf_text(&note, "\n");
	int rc = sb_buf_ok(&note, err);
	if (!rc)
		rc = sb_note_sign(sb_buf_span(&text), log, secret, 0, &note, err);
	if (!rc)
		rc = sb_log_publish(dir, SB_LOG_NEXT_HEAD, sb_buf_span(&note), err);
	return rc ? rc : put_in_place(dir, err);
}

static int tree_of(const struct sb_log_growing *g, uint64_t size, struct sb_merkle_run *run, uint8_t root[SB_MERKLE_BYTES], struct sb_err *err)
{
	struct sb_log_tiles tiles;

	sb_log_tiles_begin(&tiles, &g->files, size);
	struct sb_merkle_source source = sb_log_tiles_source(&tiles);
	int rc = sb_merkle_run_resume(&source, size, run, err);
	sb_log_tiles_end(&tiles);
	if (!rc)
		sb_merkle_run_root(run, root);
	return rc;
}

/* A log whose beginning was cut short has a first head that only has to be renamed. */
static int begin_again(struct sb_log_growing *g, struct sb_err *err)
{
	SB_BUF struct sb_buf text = {0};
	struct sb_signed_checkpoint first;
	int rc = g->files.read(g->files.state, SB_LOG_HEAD, SB_LIMIT_OF(NOTE_BYTES), &text, err);

	if (rc != SB_ABSENT)
		return rc;
	text.len = 0;
	rc = g->files.read(g->files.state, SB_LOG_NEXT_HEAD, SB_LIMIT_OF(NOTE_BYTES), &text, err);
	if (!rc)
		rc = sb_checkpoint_open(sb_buf_span(&text), g->log, g->arena, &first, err);
	if (rc || first.head.size)
		return rc == SB_ABSENT ? 0 : rc; /* told by who reads the head */
	return put_in_place(g->dir, err);
}

static int open_head(struct sb_log_growing *g, struct sb_err *err)
{
	uint8_t root[SB_MERKLE_BYTES];
	int rc = begin_again(g, err);

	if (!rc)
		rc = sb_log_head(&g->files, g->log, g->arena, &g->head, err);
	if (!rc)
		rc = tree_of(g, g->head.head.size, &g->run, root, err);
	if (!rc && memcmp(root, g->head.head.root, sizeof root) != 0)
		rc = sb_log_damaged(err, "do not lead to the root of the checkpoint", "its tiles");
	return rc;
}

/* A head that was signed and is not in its place yet: the append that made it had written everything below it. */
static int recover(struct sb_log_growing *g, struct sb_err *err)
{
	SB_BUF struct sb_buf text = {0};
	struct sb_signed_checkpoint next;
	struct sb_merkle_run run;
	uint8_t root[SB_MERKLE_BYTES];
	int rc = g->files.read(g->files.state, SB_LOG_NEXT_HEAD, SB_LIMIT_OF(NOTE_BYTES), &text, err);

	if (rc)
		return rc == SB_ABSENT ? 0 : rc;
	const char *copy = sb_arena_copy(g->arena, sb_buf_span(&text));
	if (!copy)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	rc = sb_checkpoint_open(sb_span_of(copy, text.len), g->log, g->arena, &next, err);
	if (!rc && next.head.size < g->head.head.size)
		rc = sb_log_damaged(err, "is older than the checkpoint", SB_LOG_NEXT_HEAD);
	if (!rc)
		rc = tree_of(g, next.head.size, &run, root, err);
	if (!rc && memcmp(root, next.head.root, sizeof root) != 0)
		rc = sb_log_damaged(err, "is not the root of the tiles", SB_LOG_NEXT_HEAD);
	if (!rc)
		rc = put_in_place(g->dir, err);
	return rc ? rc : open_head(g, err);
}

int sb_log_open_to_grow(struct sb_log_growing *g, struct sb_err *err)
{
	int rc = open_head(g, err);
	return rc ? rc : recover(g, err);
}
