/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a proof of a log, as a request to a witness and as an entry: what is read is written again byte for byte. */
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
	must(rc == 0 || ((rc == SB_EVIDENCE || rc == SB_LIMIT || rc == SB_NOMEM) && err->id));
}

static void read_proof(struct sb_span bytes, struct sb_arena *arena)
{
	SB_BUF struct sb_buf again = {0};
	struct sb_tlog_proof proof;
	struct sb_err err = {0};
	uint8_t nothing[SB_MERKLE_BYTES] = {0};
	int rc = sb_tlog_proof_read(bytes, arena, &proof, &err);

	check_code(rc, &err);
	if (rc)
		return;
	must(!sb_merkle_includes(nothing, proof.index, INT64_MAX, &proof.path, nothing));
	sb_tlog_proof_write(&proof, &again);
	must(again.bad || sb_span_equal(sb_buf_span(&again), bytes));
}

static void read_request(struct sb_span bytes)
{
	SB_BUF struct sb_buf again = {0};
	struct sb_witness_request request;
	struct sb_err err = {0};
	uint8_t nothing[SB_MERKLE_BYTES] = {0};
	int rc = sb_witness_request_read(bytes, &request, &err);

	check_code(rc, &err);
	if (rc)
		return;
	must(!sb_merkle_extends(request.old, nothing, INT64_MAX, nothing, &request.proof) || request.old == INT64_MAX);
	sb_witness_request_write(&request, &again);
	must(again.bad || sb_span_equal(sb_buf_span(&again), bytes));
}

static void read_entry(struct sb_span bytes, struct sb_arena *arena)
{
	SB_BUF struct sb_buf again = {0};
	struct sb_log_entry entry;
	struct sb_err err = {0};
	int rc = sb_log_entry_read(bytes, arena, &entry, &err);

	check_code(rc, &err);
	if (rc)
		return;
	sb_log_entry_write(&entry, &again);
	must(again.bad || sb_span_equal(sb_buf_span(&again), bytes));
	must(sb_log_entry_names(&entry, entry.subjects[entry.count - 1]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(64 << 20);

	must(arena && sb_hashing_start(NULL) == 0);
	read_proof(sb_span_of(data, n), arena);
	read_request(sb_span_of(data, n));
	read_entry(sb_span_of(data, n), arena);
	return 0;
}
