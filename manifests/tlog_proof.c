/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/tlog_proof.h"

#include "manifests/note_text.h"

#include <inttypes.h>

enum { MOST_HASHES = 63 };

static const char magic[] = "c2sp.org/tlog-proof@v1\n";

static int malformed(struct sb_err *err, const char *id, const char *what)
{
	return sb_fail(err, SB_EVIDENCE, id, "%s", what);
}

/* Lines of one hash each up to an empty line; what follows it is the checkpoint. */
static int read_hashes(struct sb_span rest, const char *id, struct sb_merkle_proof *out, struct sb_span *checkpoint, struct sb_err *err)
{
	struct sb_span line;

	while (sb_span_take_ended_line(&rest, &line)) {
		if (line.n == 0) {
			*checkpoint = rest;
			return 0;
		}
		if (out->count == MOST_HASHES || !sb_note_unbase64(line, out->hashes[out->count], SB_MERKLE_BYTES))
			return malformed(err, id, "a line is no hash, or there are more than a log needs");
		out->count++;
	}
	return malformed(err, id, "the checkpoint is missing");
}

static void write_hashes(const struct sb_merkle_proof *proof, struct sb_span checkpoint, struct sb_buf *out)
{
	for (size_t i = 0; i < proof->count; i++) {
		sb_base64(sb_span_of(proof->hashes[i], SB_MERKLE_BYTES), out);
		sb_buf_text(out, "\n");
	}
	sb_buf_text(out, "\n");
	sb_buf_add(out, checkpoint.p, checkpoint.n);
}

bool sb_tlog_proof_is(struct sb_span bytes)
{
	return sb_span_starts(bytes, magic, sizeof magic - 1);
}

static int read_extra(struct sb_span text, struct sb_arena *arena, struct sb_span *out, struct sb_err *err)
{
	SB_BUF struct sb_buf bytes = {.ceiling = SB_LIMIT_OF(NOTE_BYTES)};
	int rc = sb_note_unbase64_any(text, &bytes, err);

	if (rc)
		return rc == SB_EVIDENCE ? malformed(err, "proof-malformed", "what is extra is not base64") : rc;
	if (bytes.len == 0)
		return malformed(err, "proof-malformed", "what is extra is empty");
	const char *copy = sb_arena_copy(arena, sb_buf_span(&bytes));
	*out = sb_span_of(copy, bytes.len);
	return copy ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

int sb_tlog_proof_read(struct sb_span bytes, struct sb_arena *arena, struct sb_tlog_proof *out, struct sb_err *err)
{
	struct sb_tlog_proof proof = {0};
	struct sb_span rest = bytes, line, value;
	int rc = 0;

	if (bytes.n > SB_LIMIT_OF(NOTE_BYTES))
		return sb_fail_limit(err, SB_LIMIT_ROW_NOTE_BYTES, bytes.n);
	if (!sb_tlog_proof_is(bytes) || !sb_span_take_ended_line(&rest, &line) || !sb_span_take_ended_line(&rest, &line))
		return malformed(err, "proof-malformed", "this is no proof of a log");
	if (sb_note_after(line, "extra ", &value)) {
		rc = read_extra(value, arena, &proof.extra, err);
		if (!rc && !sb_span_take_ended_line(&rest, &line))
			rc = malformed(err, "proof-malformed", "the index is missing");
	}
	if (!rc && (!sb_note_after(line, "index ", &value) || !sb_note_decimal(value, &proof.index)))
		rc = malformed(err, "proof-malformed", "the index cannot be read");
	if (!rc)
		rc = read_hashes(rest, "proof-malformed", &proof.path, &proof.checkpoint, err);
	if (!rc)
		*out = proof;
	return rc;
}

void sb_tlog_proof_write(const struct sb_tlog_proof *proof, struct sb_buf *out)
{
	sb_buf_text(out, magic);
	if (proof->extra.n) {
		sb_buf_text(out, "extra ");
		sb_base64(proof->extra, out);
		sb_buf_text(out, "\n");
	}
	sb_buf_printf(out, "index %" PRIu64 "\n", proof->index);
	write_hashes(&proof->path, proof->checkpoint, out);
}

int sb_witness_request_read(struct sb_span bytes, struct sb_witness_request *out, struct sb_err *err)
{
	struct sb_witness_request request = {0};
	struct sb_span rest = bytes, line, value;

	if (bytes.n > SB_LIMIT_OF(NOTE_BYTES))
		return sb_fail_limit(err, SB_LIMIT_ROW_NOTE_BYTES, bytes.n);
	if (!sb_span_take_ended_line(&rest, &line) || !sb_note_after(line, "old ", &value) || !sb_note_decimal(value, &request.old))
		return malformed(err, "request-malformed", "a request begins with the size that is known: old N");
	int rc = read_hashes(rest, "request-malformed", &request.proof, &request.checkpoint, err);
	if (!rc)
		*out = request;
	return rc;
}

void sb_witness_request_write(const struct sb_witness_request *request, struct sb_buf *out)
{
	sb_buf_printf(out, "old %" PRIu64 "\n", request->old);
	write_hashes(&request->proof, request->checkpoint, out);
}
