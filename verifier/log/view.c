/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs and logs as evidence: which heads count, and what lies below them. */
#include "verifier/log/inside.h"

#include <stdlib.h>
#include <string.h>

/** What the log has signed, of whatever is written beside it. */
struct head {
	uint64_t size;
	uint8_t root[SB_MERKLE_BYTES];
	bool counts;   /* enough witnesses have signed it, on one note at least */
	int64_t when;  /* by which they had; the earliest that a note shows */
	int64_t still; /* as many had signed at that time or later, the latest; INT64_MIN: none are asked for */
};

/** A note that was looked at once, however many proofs carry it, and whatever strangers have put on it. */
struct sight {
	uint8_t sha256[SB_SHA256_BYTES]; /* of its text and of the signatures of those whom we know */
	size_t head; /* SIZE_MAX: it does not count */
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
	struct sight *sights;
	struct proof *proofs;
	size_t head_count, sight_count, proof_count, head_room, sight_room, proof_room;
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
	int64_t first[SB_LOG_WITNESSES], last[SB_LOG_WITNESSES];
	size_t count = 0;

	for (size_t i = 0; i < trust->witness_count && i < SB_LOG_WITNESSES; i++) {
		struct sb_note_times times = {0};
		enum sb_note_said said = sb_note_cosigned_by(note, &trust->witnesses[i], trust->time, &times);
		if (said == SB_NOTE_BAD)
			return false;
		if (said == SB_NOTE_UNSIGNED)
			continue;
		first[count] = times.first;
		last[count++] = times.last;
	}
	out->when = INT64_MAX;
	out->still = INT64_MIN;
	if (count < trust->need)
		return false;
	qsort(first, count, sizeof *first, by_time);
	qsort(last, count, sizeof *last, by_time);
	if (trust->need) {
		out->when = first[trust->need - 1];
		out->still = last[count - trust->need];
	}
	return true;
}

/* Heads that the log has signed are kept, whoever has witnessed them: two of one size speak against it. */
static int look_at(const struct sb_log_view *view, struct sb_span bytes, struct sb_arena *apart, struct head *out, bool *is_signed, struct sb_err *err)
{
	struct sb_signed_checkpoint head;
	struct sb_err why = {0};
	int rc = sb_checkpoint_open(bytes, view->trust->log, apart, &head, &why);

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

	if (counts->heads == 1 || head->size > counts->size || (head->size == counts->size && head->still > counts->still))
		counts->still = head->still;
	if (head->size > counts->size)
		counts->size = head->size;
}

/* One head of all notes that show it: of each of them what it shows is true. */
static int keep_head(struct sb_log_view *view, const struct head *made, size_t *index, struct sb_err *err)
{
	size_t at = 0;

	for (size_t i = 0; i < view->head_count; i++)
		view->contradicts |= view->heads[i].size == made->size && memcmp(view->heads[i].root, made->root, SB_MERKLE_BYTES) != 0;
	while (at < view->head_count && (view->heads[at].size != made->size || memcmp(view->heads[at].root, made->root, SB_MERKLE_BYTES) != 0))
		at++;
	if (at == view->head_count) {
		view->heads = grown(view->arena, view->heads, view->head_count, sizeof *view->heads, &view->head_room);
		if (!view->heads)
			return no_memory(err);
		view->heads[view->head_count++] = (struct head){.size = made->size, .when = INT64_MAX, .still = INT64_MIN};
		memcpy(view->heads[at].root, made->root, SB_MERKLE_BYTES);
	}
	struct head *head = &view->heads[at];
	*index = made->counts ? at : SIZE_MAX;
	if (!made->counts)
		return 0;
	view->counts.heads += !head->counts;
	head->counts = true;
	head->when = made->when < head->when ? made->when : head->when;
	head->still = made->still > head->still ? made->still : head->still;
	note_largest(view, head);
	return 0;
}

static bool is_of_somebody(const struct sb_log_trust *trust, const struct sb_note_line *line)
{
	bool found = sb_note_line_is_of(line, trust->log);

	for (size_t i = 0; i < trust->witness_count; i++)
		found |= sb_note_line_is_of(line, &trust->witnesses[i]);
	return found;
}

/* Lines of strangers make no other note: anybody could add them. */
static void tell_apart(const struct sb_log_trust *trust, const struct sb_note *note, uint8_t sha256[SB_SHA256_BYTES])
{
	struct sb_hash hash;
	struct sb_digest digest;

	sb_hash_init(&hash, SB_DIGEST_SHA256);
	sb_hash_update(&hash, note->text); /* names end with a NUL, which no text holds */
	for (size_t i = 0; i < note->count; i++) {
		const struct sb_note_line *line = &note->lines[i];
		if (!is_of_somebody(trust, line))
			continue;
		sb_hash_update(&hash, sb_span_of("\n", 1));
		sb_hash_update(&hash, sb_span_of(line->name, strlen(line->name) + 1));
		sb_hash_update(&hash, sb_span_of(&line->id, sizeof line->id));
		sb_hash_update(&hash, sb_span_of(&line->bytes.n, sizeof line->bytes.n));
		sb_hash_update(&hash, line->bytes);
	}
	sb_hash_final(&hash, &digest);
	memcpy(sha256, digest.sha256, SB_SHA256_BYTES);
}

static int look_once(struct sb_log_view *view, struct sb_span bytes, struct sb_arena *apart, size_t *index, struct sb_err *err)
{
	struct head made = {0};
	struct sb_note note;
	uint8_t sha256[SB_SHA256_BYTES];
	struct sb_err why = {0};
	bool is_signed = false;
	int rc = sb_note_read(bytes, apart, &note, &why);

	if (rc)
		return rc == SB_NOMEM ? no_memory(err) : 0;
	tell_apart(view->trust, &note, sha256);
	for (size_t i = view->sight_count; i-- > 0;)
		if (memcmp(view->sights[i].sha256, sha256, SB_SHA256_BYTES) == 0) {
			*index = view->sights[i].head;
			return 0;
		}
	if (view->sight_count >= SB_LIMIT_OF(LOG_HEADS)) {
		view->counts.left_out++;
		return 0;
	}
	view->sights = grown(view->arena, view->sights, view->sight_count, sizeof *view->sights, &view->sight_room);
	rc = view->sights ? look_at(view, bytes, apart, &made, &is_signed, err) : no_memory(err);
	if (!rc && is_signed)
		rc = keep_head(view, &made, index, err);
	if (rc)
		return rc;
	struct sight *sight = &view->sights[view->sight_count++];
	memcpy(sight->sha256, sha256, SB_SHA256_BYTES);
	sight->head = *index;
	return 0;
}

/* The index of a head, looked at when it is new; SIZE_MAX when it does not count. */
static int head_of(struct sb_log_view *view, struct sb_span bytes, size_t *index, struct sb_err *err)
{
	SB_ARENA struct sb_arena *apart = sb_arena_new(0);

	*index = SIZE_MAX;
	return apart ? look_once(view, bytes, apart, index, err) : no_memory(err);
}

/* ---- proofs ---- */

int sb_log_view_add_proof(struct sb_log_view *view, struct sb_span bytes, struct sb_err *err)
{
	SB_ARENA struct sb_arena *apart = sb_arena_new(0);
	struct sb_tlog_proof read;
	struct sb_err why = {0};
	struct proof made = {.bytes = bytes};

	if (view->whole_walked)
		return sb_fail(err, SB_USAGE, "option-value", "proofs come before a log, which is walked over for their heads");
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

static int by_size(const void *a, const void *b)
{
	const struct head *const *x = a, *const *y = b;
	return ((*x)->size > (*y)->size) - ((*x)->size < (*y)->size);
}

/** Heads that a walk comes past, in their order: each must be what the log was at its size. */
struct passing {
	const struct head **heads;
	size_t count, at;
	bool parted; /* one was not */
};

static int begin_passing(const struct sb_log_view *view, struct passing *out, struct sb_err *err)
{
	out->heads = sb_arena_array(view->arena, view->head_count + 1, sizeof(struct head *));
	if (!out->heads)
		return no_memory(err);
	for (size_t i = 0; i < view->head_count; i++)
		out->heads[i] = &view->heads[i];
	out->count = view->head_count;
	qsort(out->heads, out->count, sizeof(struct head *), by_size);
	return 0;
}

static void pass(struct passing *passing, const struct sb_merkle_run *tree)
{
	uint8_t root[SB_MERKLE_BYTES];

	for (; passing->at < passing->count && passing->heads[passing->at]->size <= tree->size; passing->at++) {
		sb_merkle_run_root(tree, root);
		passing->parted |= memcmp(root, passing->heads[passing->at]->root, sizeof root) != 0;
	}
}

static int walk_all(struct sb_log_view *view, struct sb_log_walk *walk, bool *readable, struct sb_err *err)
{
	uint8_t(*leaves)[SB_MERKLE_BYTES] = NULL;
	struct passing passing = {0};
	size_t count = 0, room = 0;
	struct sb_span text;
	int rc = begin_passing(view, &passing, err);

	if (rc)
		return rc;
	pass(&passing, sb_log_walk_tree(walk));
	while (!(rc = sb_log_walk_next(walk, &text, err)) && text.p) {
		leaves = grown(view->arena, leaves, count, sizeof *leaves, &room);
		if (!leaves)
			return no_memory(err);
		sb_merkle_leaf(text, leaves[count++]);
		pass(&passing, sb_log_walk_tree(walk));
		if ((rc = hear_entry(view, text, readable, err)))
			return rc;
	}
	if (!rc && leaves) {
		qsort(leaves, count, sizeof *leaves, by_leaf);
		view->leaves = leaves;
		view->leaf_count = count;
	}
	view->contradicts |= !rc && passing.parted; /* else it is this copy that is damaged */
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
	return view->whole && view->whole_size >= view->counts.size && !view->contradicts && !view->counts.left_out;
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
