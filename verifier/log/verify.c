/* SPDX-License-Identifier: Apache-2.0 */
/* What was seen of a log before must be the beginning of what is seen now. */
#include "verifier/log/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/** A head that was remembered; size and root of the empty log when there is none yet. */
struct memory {
	const char *path;
	struct sb_signed_checkpoint known;
	bool exists;
};

static int recall(const char *path, const struct sb_note_key *log, struct sb_arena *arena, struct memory *out, struct sb_err *err)
{
	SB_FREEING char *text = NULL;
	size_t n = 0;
	struct sb_err why = {0};

	*out = (struct memory){.path = path};
	if (!path)
		return 0;
	errno = 0;
	int rc = sb_io_slurp(AT_FDCWD, path, SB_LIMIT_OF(NOTE_BYTES), &text, &n, &why);
	if (rc == SB_IO && errno == ENOENT)
		return 0;
	const char *copy = rc ? NULL : sb_arena_copy(arena, sb_span_of(text, n));
	if (!rc && !copy)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (!rc)
		rc = sb_checkpoint_open(sb_span_of(copy, n), log, arena, &out->known, &why);
	out->exists = !rc;
	if (rc && err) {
		*err = why;
		return rc == SB_NOMEM || rc == SB_EVIDENCE ? rc : sb_reidentify(err, "log-unreadable");
	}
	return rc;
}

static int equivocation(const struct memory *memory, const struct sb_signed_checkpoint *head, struct sb_err *err)
{
	char name[512];

	if ((size_t)snprintf(name, sizeof name, "%s.equivocation", memory->path) >= sizeof name - 64)
		return sb_fail(err, SB_EVIDENCE, "log-equivocation", "the log has signed two histories; the name of the memory is too long to keep them");
	int rc = sb_log_keep_both(AT_FDCWD, name, memory->known.bytes, head->bytes, err);
	return rc ? rc : sb_fail(err, SB_EVIDENCE, "log-equivocation", "the log has signed two histories; both heads are kept in %s", name);
}

/* At the place where the remembered log ended, it must have been the same one. */
static bool parts_here(const struct memory *memory, const struct sb_merkle_run *tree)
{
	uint8_t root[SB_MERKLE_BYTES];

	if (!memory->exists || tree->size != memory->known.head.size)
		return false;
	sb_merkle_run_root(tree, root);
	return memcmp(root, memory->known.head.root, sizeof root) != 0;
}

/* Two heads contradict each other only when the later one is what the log holds: else it is this copy that is damaged. */
static int walk_all(const struct sb_log_files *files, const struct memory *memory, const struct sb_signed_checkpoint *head, struct sb_err *err)
{
	struct sb_log_walk *walk = NULL;
	struct sb_span entry;
	bool parted = false;
	int rc = sb_log_walk_begin(files, &head->head, &walk, err);

	if (rc)
		return rc;
	do {
		parted = parted || parts_here(memory, sb_log_walk_tree(walk));
		rc = sb_log_walk_next(walk, &entry, err);
	} while (!rc && entry.p);
	sb_log_walk_end(&walk);
	return !rc && parted ? equivocation(memory, head, err) : rc;
}

static int remember(const struct memory *memory, const struct sb_signed_checkpoint *head, struct sb_err *err)
{
	if (!memory->path || (memory->exists && sb_span_equal(memory->known.bytes, head->bytes)))
		return 0;
	int rc = sb_io_publish(AT_FDCWD, memory->path, 0644, head->bytes, err);
	if (!rc || rc == SB_NOMEM)
		return rc;
	if (err)
		err->code = SB_TEMPORARY;
	return sb_reidentify(err, "log-unwritable");
}

int sb_log_verify(const struct sb_log_files *files, const struct sb_note_key *log, const struct sb_signed_checkpoint *head, const char *remembered,
                  struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct memory memory;

	if (!arena)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = recall(remembered, log, arena, &memory, err);
	if (rc)
		return rc;
	bool same_size = memory.exists && memory.known.head.size == head->head.size;
	if (same_size && memcmp(memory.known.head.root, head->head.root, SB_MERKLE_BYTES) != 0) /* two signatures are proof enough, whatever the entries are */
		return equivocation(&memory, head, err);
	if (memory.exists && memory.known.head.size > head->head.size)
		return sb_fail(err, SB_EVIDENCE, "log-rolled-back", "the log has %llu entries, and had %llu before", (unsigned long long)head->head.size,
		               (unsigned long long)memory.known.head.size);
	rc = walk_all(files, &memory, head, err);
	return rc ? rc : remember(&memory, head, err);
}
