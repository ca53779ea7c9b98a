/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs and logs as evidence: which heads count, and what lies below them. */
#include "verifier/log/inside.h"

#include <stdlib.h>
#include <string.h>

/** A head that was looked at once, however many proofs carry it. */
struct head {
	uint8_t sha256[SB_SHA256_BYTES]; /* of its bytes */
	bool counts;
	uint64_t size;
	uint8_t root[SB_MERKLE_BYTES];
	int64_t when;  /* by which enough witnesses had signed */
	int64_t still; /* as many had signed at that time or later; INT64_MIN: none are asked for */
};

struct proof {
	struct sb_span bytes;
	size_t head;
	bool hinted;
	uint8_t pae[SB_SHA256_BYTES]; /* when it says for which statement it is */
};

/** An entry of a whole log that names a wanted file. */
struct listed {
	size_t wanted;
	uint8_t pae[SB_SHA256_BYTES];
};

struct sb_log_view {
	const struct sb_log_trust *trust;
	struct sb_arena *arena;
	struct head *heads;
	struct proof *proofs;
	size_t head_count, proof_count, head_room, proof_room;
	uint8_t (*leaves)[SB_MERKLE_BYTES]; /* of the whole log, sorted */
	size_t leaf_count;
	int64_t whole_when;
	uint64_t whole_size;
	struct listed *listed;
	size_t listed_count, listed_room;
	bool whole_walked, whole, contradicts;
	struct sb_log_view_counts counts;
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

struct sb_log_view *sb_log_view_new(const struct sb_log_trust *trust, struct sb_arena *arena)
{
	struct sb_log_view *view = sb_arena_alloc(arena, sizeof *view);

	if (view)
		*view = (struct sb_log_view){.trust = trust, .arena = arena, .whole_when = INT64_MAX};
	return view;
}

/* Room for one more in an array of an arena, which keeps the old ones until it dies: they double. */
static void *grown(struct sb_arena *arena, void *items, size_t count, size_t size, size_t *room)
{
	size_t wider = *room ? 2 * *room : 16;
	void *larger;

	if (count < *room)
		return items;
	larger = sb_arena_array(arena, wider, size);
	if (larger && count)
		memcpy(larger, items, count * size);
	if (larger)
		*room = wider;
	return larger;
}

/* ---- heads ---- */

static int by_time(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* When as many had signed as are needed; false when too few have, or one whom we know has not. */
static bool is_witnessed(const struct sb_log_view *view, const struct sb_note *note, struct head *out)
{
	const struct sb_log_trust *trust = view->trust;
	int64_t times[SB_LOG_WITNESSES];
	size_t count = 0;

	for (size_t i = 0; i < trust->witness_count && i < SB_LOG_WITNESSES; i++) {
		int64_t time = 0;
		enum sb_note_said said = sb_note_signed_by(note, &trust->witnesses[i], &time);
		if (said == SB_NOTE_BAD)
			return false;
		if (said == SB_NOTE_GOOD && time <= trust->time)
			times[count++] = time;
	}
	out->when = INT64_MAX;
	out->still = INT64_MIN;
	if (count < trust->need)
		return false;
	qsort(times, count, sizeof *times, by_time);
	if (trust->need) {
		out->when = times[trust->need - 1];
		out->still = times[count - trust->need];
	}
	return true;
}

static void note_contradiction(struct sb_log_view *view, const struct head *head)
{
	for (size_t i = 0; i < view->head_count; i++)
		view->contradicts |= view->heads[i].size == head->size && memcmp(view->heads[i].root, head->root, SB_MERKLE_BYTES) != 0;
}

/* Heads that the log has signed are kept, whoever has witnessed them: two of one size speak against it. */
static int look_at(struct sb_log_view *view, struct sb_span bytes, struct head *out, bool *is_signed, struct sb_err *err)
{
	SB_ARENA struct sb_arena *apart = sb_arena_new(0);
	struct sb_signed_checkpoint head;
	struct sb_err why = {0};
	int rc = apart ? sb_checkpoint_open(bytes, view->trust->log, apart, &head, &why) : SB_NOMEM;

	if (rc == SB_NOMEM)
		return no_memory(err);
	*is_signed = rc == 0;
	if (rc)
		return 0;
	out->size = head.head.size;
	memcpy(out->root, head.head.root, SB_MERKLE_BYTES);
	out->counts = is_witnessed(view, &head.note, out);
	return 0;
}

/* Witnesses may sign one head again, which says that there still is no larger one. */
static void note_largest(struct sb_log_view *view, const struct head *head)
{
	struct sb_log_view_counts *counts = &view->counts;

	counts->heads++;
	if (counts->heads == 1 || head->size > counts->size || (head->size == counts->size && head->still > counts->still))
		counts->still = head->still;
	if (head->size > counts->size)
		counts->size = head->size;
}

/* The index of a head, looked at when it is new; SIZE_MAX when it does not count. */
static int head_of(struct sb_log_view *view, struct sb_span bytes, size_t *index, struct sb_err *err)
{
	struct head made = {0};
	struct sb_digest digest;
	bool is_signed = false;

	sb_hash_span(bytes, SB_DIGEST_SHA256, &digest);
	*index = SIZE_MAX;
	for (size_t i = view->head_count; i-- > 0;)
		if (memcmp(view->heads[i].sha256, digest.sha256, SB_SHA256_BYTES) == 0) {
			*index = view->heads[i].counts ? i : SIZE_MAX;
			return 0;
		}
	if (view->head_count >= SB_LIMIT_OF(LOG_HEADS)) {
		view->counts.left_out++;
		return 0;
	}
	int rc = look_at(view, bytes, &made, &is_signed, err);
	if (rc)
		return rc;
	view->counts.uncounted += !made.counts;
	if (!is_signed)
		return 0;
	memcpy(made.sha256, digest.sha256, SB_SHA256_BYTES);
	view->heads = grown(view->arena, view->heads, view->head_count, sizeof *view->heads, &view->head_room);
	if (!view->heads)
		return no_memory(err);
	note_contradiction(view, &made);
	if (made.counts)
		note_largest(view, &made);
	*index = made.counts ? view->head_count : SIZE_MAX;
	view->heads[view->head_count++] = made;
	return 0;
}

/* ---- proofs ---- */

int sb_log_view_add_proof(struct sb_log_view *view, struct sb_span bytes, struct sb_err *err)
{
	SB_ARENA struct sb_arena *apart = sb_arena_new(0);
	struct sb_tlog_proof read;
	struct sb_err why = {0};
	struct proof made = {.bytes = bytes};

	view->counts.proofs++;
	int rc = apart ? sb_tlog_proof_read(bytes, apart, &read, &why) : SB_NOMEM;
	if (rc) {
		view->counts.unreadable += rc != SB_NOMEM;
		return rc == SB_NOMEM ? no_memory(err) : 0;
	}
	rc = head_of(view, read.checkpoint, &made.head, err);
	if (rc || made.head == SIZE_MAX)
		return rc;
	made.hinted = read.extra.n == SB_SHA256_BYTES;
	if (made.hinted)
		memcpy(made.pae, read.extra.p, SB_SHA256_BYTES);
	if (view->proof_count >= SB_LIMIT_OF(LOG_PROOFS)) {
		view->counts.left_out++;
		return 0;
	}
	view->proofs = grown(view->arena, view->proofs, view->proof_count, sizeof *view->proofs, &view->proof_room);
	if (!view->proofs)
		return no_memory(err);
	view->proofs[view->proof_count++] = made;
	return 0;
}

static bool shows(const struct sb_log_view *view, const struct proof *proof, const uint8_t leaf[SB_MERKLE_BYTES])
{
	SB_ARENA struct sb_arena *apart = sb_arena_new(0);
	const struct head *head = &view->heads[proof->head];
	struct sb_tlog_proof read;

	return apart && sb_tlog_proof_read(proof->bytes, apart, &read, NULL) == 0 && sb_merkle_includes(leaf, read.index, head->size, &read.path, head->root);
}

static int by_leaf(const void *a, const void *b)
{
	return memcmp(a, b, SB_MERKLE_BYTES);
}

bool sb_log_view_has(const struct sb_log_view *view, const uint8_t pae[SB_SHA256_BYTES], const uint8_t leaf[SB_MERKLE_BYTES], int64_t *when)
{
	int64_t earliest = INT64_MAX;
	bool has = view->leaf_count && bsearch(leaf, view->leaves, view->leaf_count, SB_MERKLE_BYTES, by_leaf) != NULL;

	if (view->contradicts)
		return false;
	if (has)
		earliest = view->whole_when;
	for (size_t i = 0; i < view->proof_count; i++) {
		const struct proof *proof = &view->proofs[i];
		if ((proof->hinted && memcmp(proof->pae, pae, SB_SHA256_BYTES) != 0) || !shows(view, proof, leaf))
			continue;
		has = true;
		if (view->heads[proof->head].when < earliest)
			earliest = view->heads[proof->head].when;
	}
	if (when)
		*when = earliest;
	return has;
}

/* ---- whole logs ---- */

static int list(struct sb_log_view *view, const struct sb_log_entry *entry, struct sb_err *err)
{
	for (size_t i = 0; i < view->trust->wanted_count; i++) {
		if (!sb_log_entry_names(entry, view->trust->wanted[i]))
			continue;
		view->listed = grown(view->arena, view->listed, view->listed_count, sizeof *view->listed, &view->listed_room);
		if (!view->listed)
			return no_memory(err);
		struct listed *row = &view->listed[view->listed_count++];
		row->wanted = i;
		memcpy(row->pae, entry->pae, SB_SHA256_BYTES);
	}
	return 0;
}

/* An entry that is not ours could be about anything: with one, nobody can say that all was read. */
static int hear_entry(struct sb_log_view *view, struct sb_span text, bool *readable, struct sb_err *err)
{
	SB_ARENA struct sb_arena *apart = sb_arena_new(0);
	struct sb_log_entry entry;
	struct sb_err why = {0};
	int rc = apart ? sb_log_entry_read(text, apart, &entry, &why) : SB_NOMEM;

	if (rc == SB_NOMEM)
		return no_memory(err);
	*readable = *readable && rc == 0;
	return rc ? 0 : list(view, &entry, err);
}

static int walk_all(struct sb_log_view *view, struct sb_log_walk *walk, bool *readable, struct sb_err *err)
{
	uint8_t(*leaves)[SB_MERKLE_BYTES] = NULL;
	size_t count = 0, room = 0;
	struct sb_span text;
	int rc;

	while (!(rc = sb_log_walk_next(walk, &text, err)) && text.p) {
		leaves = grown(view->arena, leaves, count, sizeof *leaves, &room);
		if (!leaves)
			return no_memory(err);
		sb_merkle_leaf(text, leaves[count++]);
		if ((rc = hear_entry(view, text, readable, err)))
			return rc;
	}
	if (!rc && leaves) {
		qsort(leaves, count, sizeof *leaves, by_leaf);
		view->leaves = leaves;
		view->leaf_count = count;
	}
	return rc;
}

int sb_log_view_add_log(struct sb_log_view *view, const struct sb_log_files *files, struct sb_err *err)
{
	struct sb_signed_checkpoint head;
	struct sb_log_walk *walk = NULL;
	bool readable = true;
	size_t index = SIZE_MAX, listed = view->listed_count;

	if (view->whole_walked)
		return sb_fail(err, SB_USAGE, "option-value", "one log is enough");
	int rc = sb_log_head(files, view->trust->log, view->arena, &head, err);
	if (!rc)
		rc = head_of(view, head.bytes, &index, err);
	if (!rc && index == SIZE_MAX)
		rc = sb_fail(err, SB_EVIDENCE, "log-unwitnessed", "too few of the witnesses have signed the head of the log");
	if (!rc)
		rc = sb_log_walk_begin(files, &head.head, &walk, err);
	if (!rc)
		rc = walk_all(view, walk, &readable, err);
	sb_log_walk_end(&walk);
	if (rc) {
		view->listed_count = listed; /* of a log that does not hold, nothing is said */
		return rc;
	}
	view->whole_walked = true;
	view->whole = readable;
	view->whole_size = head.head.size;
	view->whole_when = view->heads[index].when;
	return 0;
}

bool sb_log_view_contradicts(const struct sb_log_view *view)
{
	return view->contradicts;
}

bool sb_log_view_is_whole(const struct sb_log_view *view)
{
	return view->whole && view->whole_size >= view->counts.size && !view->contradicts;
}

const uint8_t *sb_log_view_listed(const struct sb_log_view *view, size_t wanted, size_t nth)
{
	for (size_t i = 0; i < view->listed_count; i++)
		if (view->listed[i].wanted == wanted && nth-- == 0)
			return view->listed[i].pae;
	return NULL;
}

struct sb_log_view_counts sb_log_view_count(const struct sb_log_view *view)
{
	return view->counts;
}
