/* SPDX-License-Identifier: Apache-2.0 */
/* Answers to logs: C2SP tlog-witness, add-checkpoint. One head is remembered for each log, and only one that continues it is signed. */
#include "verifier/log/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/** A request that is being looked at. */
struct asking {
	const struct sb_log_witness_in *in;
	struct sb_arena *arena;
	struct sb_witness_request request;
	const struct sb_note_key *log;
	struct sb_signed_checkpoint head;
	char name[2 * SB_SHA256_BYTES + 16]; /* of what is remembered */
	bool knows;
	struct sb_signed_checkpoint known;
	uint8_t known_root[SB_MERKLE_BYTES]; /* of the empty log when nothing is */
	uint64_t known_size;
};

/* The origin is the first line of the note; whose key checks it follows from that. */
static int find_log(struct asking *a, struct sb_err *err)
{
	struct sb_note note;
	struct sb_checkpoint head;
	int rc = sb_note_read(a->request.checkpoint, a->arena, &note, err);

	if (!rc)
		rc = sb_checkpoint_read(note.text, a->arena, &head, err);
	for (size_t i = 0; !rc && !a->log && i < a->in->log_count; i++)
		if (strcmp(a->in->logs[i].name, head.origin) == 0)
			a->log = &a->in->logs[i];
	if (!rc && !a->log)
		rc = sb_fail(err, SB_EVIDENCE, "log-unknown", "no log of this origin is witnessed here");
	return rc ? rc : sb_checkpoint_open(a->request.checkpoint, a->log, a->arena, &a->head, err);
}

static int recall(struct asking *a, struct sb_err *err)
{
	SB_FREEING char *text = NULL;
	struct sb_merkle_run empty = {0};
	struct sb_digest digest;
	char hex[2 * SB_SHA256_BYTES + 1];
	struct sb_err why = {0};
	size_t n;

	sb_hash_span(sb_span_text(a->log->name), SB_DIGEST_SHA256, &digest);
	sb_text_hex(sb_span_of(digest.sha256, SB_SHA256_BYTES), hex);
	snprintf(a->name, sizeof a->name, "%s.checkpoint", hex);
	sb_merkle_run_root(&empty, a->known_root);
	errno = 0;
	int rc = sb_io_slurp(a->in->state, a->name, SB_LIMIT_OF(NOTE_BYTES), &text, &n, &why);
	if (rc == SB_IO && errno == ENOENT)
		return 0;
	const char *copy = rc ? NULL : sb_arena_copy(a->arena, sb_span_of(text, n));
	if (!rc)
		rc = copy ? sb_checkpoint_open(sb_span_of(copy, n), a->log, a->arena, &a->known, &why) : sb_fail(&why, SB_NOMEM, "out-of-memory", "out of memory");
	if (rc) {
		if (err)
			*err = why;
		return rc == SB_NOMEM || rc == SB_EVIDENCE ? rc : sb_reidentify(err, "log-unreadable");
	}
	a->knows = true;
	a->known_size = a->known.head.size;
	memcpy(a->known_root, a->known.head.root, SB_MERKLE_BYTES);
	return 0;
}

static int equivocation(const struct asking *a, struct sb_err *err)
{
	char name[2 * SB_SHA256_BYTES + 32];

	snprintf(name, sizeof name, "%.*s.equivocation", 2 * SB_SHA256_BYTES, a->name);
	int rc = sb_log_keep_both(a->in->state, name, a->known.bytes, a->head.bytes, err);
	return rc ? rc : sb_fail(err, SB_EVIDENCE, "log-equivocation", "the log has signed two roots of one size; both heads are kept in %s", name);
}

/* In the order of the protocol, but that two heads of one size are seen before anything else is asked. */
static int judge(struct asking *a, bool *stale, struct sb_err *err)
{
	const struct sb_checkpoint *head = &a->head.head;

	if (a->knows && head->size == a->known_size && memcmp(head->root, a->known_root, SB_MERKLE_BYTES) != 0)
		return equivocation(a, err);
	if (a->request.old > head->size)
		return sb_fail(err, SB_EVIDENCE, "request-malformed", "the size that is known cannot be larger than the new one");
	*stale = a->request.old != a->known_size;
	if (*stale || sb_merkle_extends(a->known_size, a->known_root, head->size, head->root, &a->request.proof))
		return 0;
	return sb_fail(err, SB_EVIDENCE, "proof-wrong", "the proof does not lead from %" PRIu64 " to %" PRIu64 " entries", a->known_size, head->size);
}

/* What is kept has our signature as well, and can be shown as it is. */
static int sign_and_remember(struct asking *a, struct sb_buf *answer, struct sb_err *err)
{
	SB_BUF struct sb_buf line = {0};
	SB_BUF struct sb_buf note = {0};

	int rc = sb_note_sign(a->head.note.text, a->in->own, a->in->secret, a->in->time, &line, err);
	sb_buf_add(&note, a->head.note.text.p, a->head.note.text.n);
	sb_buf_text(&note, "\n");
	for (size_t i = 0; !rc && i < a->head.note.count; i++)
		if (a->head.note.lines[i].id == a->log->id && strcmp(a->head.note.lines[i].name, a->log->name) == 0)
			sb_note_line_write(&a->head.note.lines[i], &note);
	sb_buf_add(&note, line.data, line.len);
	if (!rc)
		rc = sb_buf_ok(&note, err);
	if (!rc)
		rc = sb_log_publish(a->in->state, a->name, sb_buf_span(&note), err);
	if (rc)
		return rc;
	sb_buf_add(answer, line.data, line.len);
	return sb_buf_ok(answer, err);
}

int sb_log_witness(const struct sb_log_witness_in *in, struct sb_span request, struct sb_buf *answer, bool *stale, struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct asking a = {.in = in, .arena = arena};
	SB_CLOSING int lock = -1;

	*stale = false;
	if (!arena)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = sb_witness_request_read(request, &a.request, err);
	if (!rc)
		rc = find_log(&a, err);
	if (!rc)
		rc = sb_log_lock(in->state, &lock, err);
	if (!rc)
		rc = recall(&a, err);
	if (!rc)
		rc = judge(&a, stale, err);
	if (rc)
		return rc;
	if (!*stale)
		return sign_and_remember(&a, answer, err);
	sb_buf_printf(answer, "%" PRIu64 "\n", a.known_size);
	return sb_buf_ok(answer, err);
}
