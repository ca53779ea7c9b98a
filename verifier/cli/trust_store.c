/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/trust_store.h"

#include "verifier/cli/places.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>

#define STATE "state.json"

/** A version with its file; its arena lives until the next one was judged. */
struct version {
	struct sb_span file;
	struct sb_trust_root root;
	uint8_t sha256[SB_SHA256_BYTES];
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int as_evidence(int rc, struct sb_err *err)
{
	if (!rc || rc == SB_NOMEM)
		return rc;
	if (err)
		err->code = SB_EVIDENCE;
	(void)sb_reidentify(err, "trust-damaged");
	return SB_EVIDENCE;
}

static int as_unwritable(int rc, struct sb_err *err)
{
	if (!rc || rc == SB_NOMEM)
		return rc;
	if (err)
		err->code = SB_TEMPORARY;
	(void)sb_reidentify(err, "trust-unwritable");
	return SB_TEMPORARY;
}

/* A name becomes a folder: no way leads elsewhere. */
static int folder_of(struct sb_invocation *call, const char *name, const char **out, struct sb_err *err)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	const char *base = sb_place_data(call->arena, "trust");

	if (!name[0] || name[0] == '.' || strlen(name) > 64 || name[strspn(name, allowed)])
		return sb_fail(err, SB_USAGE, "trust-name", "%s: the name of a root has 1 to 64 letters, digits and . _ -, and begins with none of these signs but - and _", name);
	if (!base)
		return sb_fail(err, SB_USAGE, "no-home", "neither HOME nor XDG_DATA_HOME is set to an absolute path");
	*out = sb_arena_printf(call->arena, "%s/%s", base, name);
	return *out ? 0 : no_memory(err);
}

static int check_owner(int dir, const char *path, struct sb_err *err)
{
	struct stat st;

	if (fstat(dir, &st) != 0)
		return as_evidence(sb_fail_errno(err, "trust-damaged", "cannot look at %s", path), err);
	if ((st.st_uid != geteuid() && st.st_uid != 0) || (st.st_mode & 022))
		return sb_fail(err, SB_EVIDENCE, "trust-unsafe", "others may write to %s", path);
	return 0;
}

static int open_folder(const char *path, const char *name, int *out, struct sb_err *err)
{
	SB_CLOSING int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (dir < 0 && errno == ENOENT)
		return sb_fail(err, SB_EVIDENCE, "trust-unknown", "no root %s is pinned here", name);
	if (dir < 0)
		return as_evidence(sb_fail_errno(err, "trust-damaged", "cannot open %s", path), err);
	SB_CLOSING int above = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* who may write there may put another folder in its place */
	if (above < 0)
		return as_evidence(sb_fail_errno(err, "trust-damaged", "cannot open the folder of %s", path), err);
	int rc = check_owner(dir, path, err);
	if (!rc)
		rc = check_owner(above, path, err);
	if (!rc)
		*out = sb_steal_fd(&dir);
	return rc;
}

static int slurp(int dir, const char *name, struct sb_arena *arena, struct sb_span *out, struct sb_err *err)
{
	SB_FREEING char *text = NULL;
	size_t n = 0;
	int rc = sb_io_slurp(dir, name, (size_t)SB_LIMIT_OF(DOCUMENT_BYTES), &text, &n, err);

	if (rc)
		return rc;
	const char *copy = sb_arena_copy(arena, sb_span_of(text, n));
	*out = sb_span_of(copy, n);
	return copy ? 0 : no_memory(err);
}

static void name_of(uint64_t version, char out[40])
{
	snprintf(out, 40, "%" PRIu64 ".root.json", version);
}

static int take(struct sb_span file, const char *name, struct sb_arena *arena, struct version *out, struct sb_err *err)
{
	struct sb_digest digest;

	out->file = file;
	sb_hash_span(file, SB_DIGEST_SHA256, &digest);
	memcpy(out->sha256, digest.sha256, SB_SHA256_BYTES);
	return sb_trust_root_read(file, name, arena, &out->root, err);
}

static int read_version(int dir, uint64_t number, struct sb_arena *arena, struct version *out, struct sb_err *err)
{
	char name[40];
	struct sb_span file;

	name_of(number, name);
	int rc = as_evidence(slurp(dir, name, arena, &file, err), err);
	if (!rc)
		rc = take(file, name, arena, out, err);
	if (!rc && out->root.version != number)
		rc = sb_fail(err, SB_EVIDENCE, "trust-damaged", "%s holds another version", name);
	return rc;
}

static int read_state(int dir, struct sb_trust_state *out, struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_span text;

	if (!arena)
		return no_memory(err);
	int rc = as_evidence(slurp(dir, STATE, arena, &text, err), err);
	if (!rc)
		rc = sb_trust_state_read(text, STATE, out, err);
	if (!rc && out->highest - out->anchor >= SB_LIMIT_OF(TRUST_VERSIONS))
		rc = sb_fail_limit(err, SB_LIMIT_ROW_TRUST_VERSIONS, out->highest - out->anchor + 1);
	return rc;
}

/* From the pinned version on, each by the one before; two are in memory at a time, and the last one stays. */
static int walk(int dir, const struct sb_trust_state *state, struct sb_arena *kept, struct version *out, struct sb_err *err)
{
	SB_ARENA struct sb_arena *before = NULL;
	struct version last = {0};
	int rc = 0;

	for (uint64_t number = state->anchor; !rc && number <= state->highest; number++) {
		SB_ARENA struct sb_arena *apart = number == state->highest ? NULL : sb_arena_new(0);
		struct sb_arena *arena = apart ? apart : kept;
		struct version next = {0};
		if (number != state->highest && !apart)
			return no_memory(err);
		rc = read_version(dir, number, arena, &next, err);
		if (!rc)
			rc = number == state->anchor ? sb_attest_trust_begin(&next.root, next.file, state->anchor_sha256, err)
			                             : sb_attest_trust_follow(&last.root, &next.root, err);
		last = next;
		sb_arena_free(&before);
		before = sb_steal(apart);
	}
	if (!rc && memcmp(last.sha256, state->highest_sha256, SB_SHA256_BYTES) != 0)
		rc = sb_fail(err, SB_EVIDENCE, "trust-damaged", "the version in use is not the one that was taken");
	if (!rc)
		*out = last;
	return rc;
}

static int load(struct sb_invocation *call, const char *name, int dir, struct sb_trust_held *out, struct sb_err *err)
{
	struct version last = {0};

	*out = (struct sb_trust_held){.name = name};
	int rc = read_state(dir, &out->state, err);
	if (!rc)
		rc = walk(dir, &out->state, call->arena, &last, err);
	out->root = last.root;
	return rc;
}

int sb_trust_load(struct sb_invocation *call, const char *name, struct sb_trust_held *out, struct sb_err *err)
{
	SB_CLOSING int dir = -1;
	const char *path;

	int rc = folder_of(call, name, &path, err);
	if (!rc)
		rc = open_folder(path, name, &dir, err);
	return rc ? rc : load(call, name, dir, out, err);
}

int sb_trust_check_clock(const struct sb_trust_held *held, int64_t now, struct sb_err *err)
{
	char text[SB_MOMENT_TEXT];

	if (now >= held->state.updated)
		return 0;
	(void)sb_moment_write(held->state.updated, text);
	return sb_fail(err, SB_EVIDENCE, "clock-behind", "the clock is behind %s, when the root %s was last updated", text, held->name);
}

static int lock(int dir, struct sb_err *err)
{
	while (flock(dir, LOCK_EX) != 0)
		if (errno != EINTR)
			return as_unwritable(sb_fail_errno(err, "trust-unwritable", "cannot lock the folder of the root"), err);
	return 0;
}

static int write_state(int dir, const struct sb_trust_state *state, struct sb_err *err)
{
	SB_BUF struct sb_buf text = {.ceiling = 4096};

	int rc = sb_trust_state_write(state, &text, err);
	return rc ? rc : as_unwritable(sb_io_publish(dir, STATE, 0644, sb_buf_span(&text), err), err);
}

/* A file of that version that an interrupted update left was verified then; it is the same one, or somebody signs two of them. */
static int write_version(int dir, const struct version *version, struct sb_arena *arena, struct sb_err *err)
{
	char name[40];
	struct sb_span there;

	name_of(version->root.version, name);
	int rc = sb_io_publish_new(dir, name, 0644, version->file, err);
	if (!rc || errno != EEXIST)
		return as_unwritable(rc, err);
	rc = as_evidence(slurp(dir, name, arena, &there, err), err);
	if (!rc && !sb_span_equal(there, version->file))
		rc = sb_fail(err, SB_EVIDENCE, "root-conflict", "another document of version %" PRIu64 " is kept here", version->root.version);
	return rc;
}

static void make_highest(struct sb_trust_state *state, const struct version *version, int64_t now)
{
	state->highest = version->root.version;
	memcpy(state->highest_sha256, version->sha256, SB_SHA256_BYTES);
	state->since = now;
}

int sb_trust_pin(struct sb_invocation *call, const char *name, struct sb_span file, const uint8_t sha256[SB_SHA256_BYTES], int64_t now,
                 struct sb_trust_held *out, struct sb_err *err)
{
	SB_CLOSING int dir = -1;
	struct version first = {0};
	struct stat st;
	const char *path;

	int rc = folder_of(call, name, &path, err);
	if (!rc)
		rc = take(file, "root", call->arena, &first, err);
	if (!rc)
		rc = sb_attest_trust_begin(&first.root, file, sha256, err);
	if (!rc)
		rc = as_unwritable(sb_path_make_dirs(AT_FDCWD, path, err), err);
	if (!rc)
		rc = open_folder(path, name, &dir, err);
	if (!rc)
		rc = lock(dir, err);
	if (!rc && (fstatat(dir, STATE, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT))
		rc = sb_fail(err, SB_USAGE, "trust-known", "a root %s is pinned here already", name);
	if (!rc)
		rc = write_version(dir, &first, call->arena, err);
	if (rc)
		return rc;
	*out = (struct sb_trust_held){.name = name, .root = first.root, .state = {.anchor = first.root.version, .updated = now}};
	memcpy(out->state.anchor_sha256, first.sha256, SB_SHA256_BYTES);
	make_highest(&out->state, &first, now);
	return write_state(dir, &out->state, err);
}

static int by_version(const void *a, const void *b)
{
	const struct version *x = a, *y = b;
	return (x->root.version > y->root.version) - (x->root.version < y->root.version);
}

static int take_all(struct sb_invocation *call, const struct sb_span *files, size_t count, struct version *out, struct sb_err *err)
{
	for (size_t i = 0; i < count; i++) {
		int rc = take(files[i], "root", call->arena, &out[i], err);
		if (rc)
			return rc;
	}
	qsort(out, count, sizeof *out, by_version);
	return 0;
}

/* A version that is known: the very file that is kept here, or somebody shows different things to different people. */
static int check_known(int dir, const struct version *given, struct sb_arena *arena, struct sb_err *err)
{
	struct version kept;
	int rc = read_version(dir, given->root.version, arena, &kept, err);

	if (!rc && memcmp(kept.sha256, given->sha256, SB_SHA256_BYTES) != 0)
		rc = sb_fail(err, SB_EVIDENCE, "root-conflict", "another document of version %" PRIu64 " is kept here", given->root.version);
	return rc;
}

/* Each file is durable before the state says that it is in use. */
static int take_later(int dir, const struct version *given, size_t count, struct sb_arena *arena, int64_t now, struct sb_trust_held *held, struct sb_err *err)
{
	uint64_t before = held->state.highest;
	int rc = 0;

	for (size_t i = 0; !rc && i < count; i++) {
		if (given[i].root.version < held->state.anchor)
			continue; /* from before the pin: nothing is believed of it */
		if (given[i].root.version <= before)
			rc = check_known(dir, &given[i], arena, err);
		else if (i == 0 || given[i].root.version != given[i - 1].root.version || !sb_span_equal(given[i].file, given[i - 1].file))
			rc = sb_attest_trust_follow(&held->root, &given[i].root, err);
		if (!rc && given[i].root.version - held->state.anchor >= SB_LIMIT_OF(TRUST_VERSIONS))
			rc = sb_fail_limit(err, SB_LIMIT_ROW_TRUST_VERSIONS, given[i].root.version - held->state.anchor + 1);
		if (rc || given[i].root.version <= held->state.highest)
			continue;
		rc = write_version(dir, &given[i], arena, err);
		held->root = given[i].root;
		make_highest(&held->state, &given[i], now);
	}
	return rc;
}

int sb_trust_advance(struct sb_invocation *call, const char *name, const struct sb_span *files, size_t count, int64_t now, struct sb_trust_held *out,
                     struct sb_err *err)
{
	struct version *given = sb_arena_array(call->arena, count, sizeof *given);
	SB_CLOSING int dir = -1;
	const char *path;

	if (!given)
		return no_memory(err);
	int rc = folder_of(call, name, &path, err);
	if (!rc)
		rc = open_folder(path, name, &dir, err);
	if (!rc)
		rc = lock(dir, err);
	if (!rc)
		rc = load(call, name, dir, out, err);
	if (!rc)
		rc = sb_trust_check_clock(out, now, err);
	if (!rc)
		rc = take_all(call, files, count, given, err);
	if (!rc && count && given[count - 1].root.version < out->state.highest)
		rc = sb_fail(err, SB_EVIDENCE, "root-rollback", "version %" PRIu64 " is older than version %" PRIu64 ", which is known here",
		             given[count - 1].root.version, out->state.highest);
	if (!rc)
		rc = take_later(dir, given, count, call->arena, now, out, err);
	if (rc)
		return rc;
	out->state.updated = now;
	rc = write_state(dir, &out->state, err);
	return rc ? rc : sb_attest_trust_current(&out->root, out->state.since, 0, now, err);
}
