/* SPDX-License-Identifier: Apache-2.0 */
/* Names and files: C2SP tlog-tiles, "Merkle Tree" and "Log entries". */
#include "verifier/log/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { LENGTH_BYTES = 2 };

int sb_log_damaged(struct sb_err *err, const char *what, const char *name)
{
	return sb_fail(err, SB_EVIDENCE, "log-damaged", "%s: %s", name, what);
}

/* ---- names ---- */

/* Three digits a folder, an x before all but the last ones. */
static int write_index(uint64_t index, char *out, size_t room)
{
	char digits[32];
	int n = 0, count = snprintf(digits, sizeof digits, "%03" PRIu64, index), first = count % 3;

	/* the digits in groups of three, the first one filled up with zeros */
	for (int at = first ? first - 3 : 0; at < count; at += 3) {
		bool last = at + 3 >= count;
		n += snprintf(out + n, room - (size_t)n, "%s%c%c%c%s", last ? "" : "x", at < 0 ? '0' : digits[at], at + 1 < 0 ? '0' : digits[at + 1], digits[at + 2],
		              last ? "" : "/");
	}
	return n;
}

void sb_log_tile_name(unsigned level, uint64_t index, unsigned width, char out[SB_LOG_NAME])
{
	int n = level == SB_LOG_ENTRIES ? snprintf(out, SB_LOG_NAME, "tile/entries/") : snprintf(out, SB_LOG_NAME, "tile/%u/", level);

	n += write_index(index, out + n, SB_LOG_NAME - (size_t)n);
	if (width < SB_LOG_TILE)
		snprintf(out + n, SB_LOG_NAME - (size_t)n, ".p/%u", width);
}

unsigned sb_log_tile_width(unsigned level, uint64_t index, uint64_t size)
{
	uint64_t hashes = level == SB_LOG_ENTRIES ? size : level >= SB_LOG_LEVELS ? 0 : size >> 8 * level;
	uint64_t before = index * SB_LOG_TILE;

	return before >= hashes ? 0 : hashes - before < SB_LOG_TILE ? (unsigned)(hashes - before) : SB_LOG_TILE;
}

/* ---- reading ---- */

static int read_file(const void *state, const char *name, size_t most, struct sb_buf *out, struct sb_err *err)
{
	const int *dir = state;
	SB_CLOSING int fd = -1;
	SB_FREEING char *piece = malloc(1 << 16);
	struct sb_err why = {0};
	size_t got = 1;

	if (!piece)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = sb_path_open_file(*dir, name, &fd, &why);
	if (rc && errno == ENOENT && why.code == SB_IO)
		return sb_fail(err, SB_ABSENT, "log-damaged", "%s is not there", name);
	while (!rc && got) {
		rc = sb_io_read(fd, piece, 1 << 16, &got, &why);
		if (!rc && out->len + got > most)
			rc = sb_fail(&why, SB_EVIDENCE, "log-damaged", "%s is larger than it can be", name);
		if (!rc)
			sb_buf_add(out, piece, got);
	}
	if (!rc)
		return sb_buf_ok(out, err);
	if (err)
		*err = why;
	return rc == SB_EVIDENCE || rc == SB_NOMEM ? rc : sb_reidentify(err, "log-unreadable");
}

struct sb_log_files sb_log_folder(const int *dir)
{
	return (struct sb_log_files){read_file, dir};
}

int sb_log_open(const char *path, int *dir, struct sb_err *err)
{
	*dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *dir >= 0 ? 0 : sb_fail(err, SB_EVIDENCE, "log-absent", "cannot open the log %s: %s", path, strerror(errno));
}

/* The file of just that width, or the full one, which begins with it. */
static int read_either(const struct sb_log_files *files, unsigned level, uint64_t index, unsigned width, size_t most, struct sb_buf *out, bool *full,
                       struct sb_err *err)
{
	char name[SB_LOG_NAME];
	int rc;

	out->len = 0;
	*full = width == SB_LOG_TILE;
	sb_log_tile_name(level, index, width, name);
	rc = files->read(files->state, name, most, out, err);
	if (rc == SB_ABSENT && !*full) {
		*full = true;
		sb_log_tile_name(level, index, SB_LOG_TILE, name);
		rc = files->read(files->state, name, most, out, err);
	}
	return rc == SB_ABSENT ? sb_log_damaged(err, "is not there", name) : rc;
}

int sb_log_tile_read(const struct sb_log_files *files, unsigned level, uint64_t index, unsigned width, struct sb_buf *out, struct sb_err *err)
{
	bool full;
	int rc = read_either(files, level, index, width, (size_t)SB_LOG_TILE * SB_MERKLE_BYTES, out, &full, err);

	if (!rc && out->len != (size_t)(full ? SB_LOG_TILE : width) * SB_MERKLE_BYTES) {
		char name[SB_LOG_NAME];
		sb_log_tile_name(level, index, full ? SB_LOG_TILE : width, name);
		rc = sb_log_damaged(err, "has another length than such a tile", name);
	}
	return rc;
}

bool sb_log_bundle_next(struct sb_span *rest, struct sb_span *entry)
{
	size_t n = rest->n < LENGTH_BYTES ? 0 : (size_t)rest->p[0] << 8 | rest->p[1];

	if (rest->n < LENGTH_BYTES || rest->n - LENGTH_BYTES < n)
		return false;
	*entry = sb_span_of(rest->p + LENGTH_BYTES, n);
	*rest = sb_span_of(rest->p + LENGTH_BYTES + n, rest->n - LENGTH_BYTES - n);
	return true;
}

int sb_log_bundle_read(const struct sb_log_files *files, uint64_t index, unsigned width, struct sb_buf *out, struct sb_err *err)
{
	size_t most = (size_t)SB_LOG_TILE * (LENGTH_BYTES + SB_LIMIT_OF(LOG_ENTRY_BYTES));
	struct sb_span rest, entry;
	bool full;
	int rc = read_either(files, SB_LOG_ENTRIES, index, width, most, out, &full, err);

	if (rc)
		return rc;
	rest = sb_buf_span(out);
	for (unsigned i = 0; i < (full ? SB_LOG_TILE : width); i++)
		if (!sb_log_bundle_next(&rest, &entry))
			return sb_log_damaged(err, "an entry is cut off", "tile/entries");
	return rest.n == 0 ? 0 : sb_log_damaged(err, "something follows the last entry", "tile/entries");
}

int sb_log_head(const struct sb_log_files *files, const struct sb_note_key *log, struct sb_arena *arena, struct sb_signed_checkpoint *out,
                struct sb_err *err)
{
	SB_BUF struct sb_buf text = {0};
	int rc = files->read(files->state, "checkpoint", SB_LIMIT_OF(NOTE_BYTES), &text, err);

	if (rc)
		return rc == SB_ABSENT ? sb_fail(err, SB_EVIDENCE, "log-absent", "there is no checkpoint") : rc;
	char *copy = sb_arena_copy(arena, sb_buf_span(&text));
	if (!copy)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	return sb_checkpoint_open(sb_span_of(copy, text.len), log, arena, out, err);
}

/* ---- writing ---- */

static int unwritable(struct sb_err *err, const char *what, const char *name)
{
	int rc = sb_fail_errno(err, "log-unwritable", "cannot %s %s", what, name);

	if (err)
		err->code = SB_TEMPORARY;
	return rc ? SB_TEMPORARY : 0;
}

/* A new folder is an entry of the one above, which must be durable as well. */
static int make_folder(int dir, const char *path, struct sb_err *err)
{
	const char *slash = strrchr(path, '/');
	char above[SB_LOG_NAME] = ".";

	if (mkdirat(dir, path, 0755) != 0)
		return errno == EEXIST ? 0 : unwritable(err, "create the folder", path);
	if (slash)
		snprintf(above, sizeof above, "%.*s", (int)(slash - path), path);
	SB_CLOSING int folder = openat(dir, above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder >= 0 && fsync(folder) == 0 ? 0 : unwritable(err, "make durable the folder", path);
}

int sb_log_publish(int dir, const char *name, struct sb_span bytes, struct sb_err *err)
{
	char part[256];
	int rc = 0;

	snprintf(part, sizeof part, "%s", name);
	for (char *at = strchr(part, '/'); !rc && at; at = strchr(at + 1, '/')) {
		*at = '\0';
		rc = make_folder(dir, part, err);
		*at = '/';
	}
	if (rc || !(rc = sb_io_publish(dir, name, 0644, bytes, err)) || rc == SB_NOMEM)
		return rc;
	if (err)
		err->code = SB_TEMPORARY;
	return sb_reidentify(err, "log-unwritable");
}

int sb_log_lock(int dir, int *lock, struct sb_err *err)
{
	*lock = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*lock < 0)
		return unwritable(err, "open", "the log");
	if (flock(*lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	return errno == EWOULDBLOCK ? sb_fail(err, SB_TEMPORARY, "log-locked", "another process is writing to it") : unwritable(err, "lock", "the log");
}

int sb_log_keep_both(int dir, const char *name, struct sb_span first, struct sb_span second, struct sb_err *err)
{
	const struct sb_span notes[2] = {first, second};
	int rc = 0;

	for (size_t i = 0; !rc && i < 2; i++) {
		struct sb_digest digest;
		char hex[2 * SB_SHA256_BYTES + 1], path[512];
		sb_hash_span(notes[i], SB_DIGEST_SHA256, &digest);
		sb_text_hex(sb_span_of(digest.sha256, SB_SHA256_BYTES), hex);
		if ((size_t)snprintf(path, sizeof path, "%s/%.16s.checkpoint", name, hex) >= sizeof path)
			return sb_fail(err, SB_TEMPORARY, "log-unwritable", "the name %s is too long", name);
		rc = mkdirat(dir, name, 0755) != 0 && errno != EEXIST ? unwritable(err, "create the folder", name) : 0;
		if (!rc && (rc = sb_io_publish(dir, path, 0644, notes[i], err)) && rc != SB_NOMEM) {
			if (err)
				err->code = SB_TEMPORARY;
			rc = sb_reidentify(err, "log-unwritable");
		}
	}
	return rc;
}
