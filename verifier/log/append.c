/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log grows: entries and tiles first, then the signed head under another name, then the rename. What an append that died has left is
 * either beyond the head, where nobody looks and the next append writes over it, or a head that only has to be renamed.
 */
#include "verifier/log/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char head_name[] = "checkpoint", next_name[] = "checkpoint.next";

/** A log that is being written: the ends of its tiles, and of its entries. */
struct growing {
	int dir;
	struct sb_log_files files;
	const struct sb_note_key *log;
	const struct sb_secret *secret;
	struct sb_arena *arena;
	struct sb_signed_checkpoint head;
	struct sb_merkle_run run;
	struct sb_buf bundle; /* entries of the last, partial bundle */
	struct sb_buf rows[SB_LOG_LEVELS]; /* hashes of the last, partial tiles */
};

static int failed(struct sb_err *err, const char *what)
{
	int rc = sb_fail_errno(err, "log-unwritable", "cannot %s", what);

	if (err)
		err->code = SB_TEMPORARY;
	return rc ? SB_TEMPORARY : 0;
}

static void let_go(struct growing *g)
{
	sb_buf_release(&g->bundle);
	for (unsigned level = 0; level < SB_LOG_LEVELS; level++)
		sb_buf_release(&g->rows[level]);
}

/* ---- the head ---- */

/* The name changes only when the bytes behind it are on the disk: no head that anybody saw is ever forgotten. */
static int put_in_place(int dir, struct sb_err *err)
{
	SB_CLOSING int folder = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0 || renameat(dir, next_name, dir, head_name) != 0 || fsync(folder) != 0)
		return failed(err, "put the new head in its place");
	return 0;
}

static int sign_head(int dir, const struct sb_checkpoint *head, const struct sb_note_key *log, const struct sb_secret *secret, struct sb_err *err)
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
		rc = sb_log_publish(dir, next_name, sb_buf_span(&note), err);
	return rc ? rc : put_in_place(dir, err);
}

static int tree_of(const struct growing *g, uint64_t size, struct sb_merkle_run *run, uint8_t root[SB_MERKLE_BYTES], struct sb_err *err)
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
static int begin_again(struct growing *g, struct sb_err *err)
{
	SB_BUF struct sb_buf text = {0};
	struct sb_signed_checkpoint first;
	int rc = g->files.read(g->files.state, head_name, SB_LIMIT_OF(NOTE_BYTES), &text, err);

	if (rc != SB_ABSENT)
		return rc;
	text.len = 0;
	rc = g->files.read(g->files.state, next_name, SB_LIMIT_OF(NOTE_BYTES), &text, err);
	if (!rc)
		rc = sb_checkpoint_open(sb_buf_span(&text), g->log, g->arena, &first, err);
	if (rc || first.head.size)
		return rc == SB_ABSENT ? 0 : rc; /* told by who reads the head */
	return put_in_place(g->dir, err);
}

static int open_head(struct growing *g, struct sb_err *err)
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
static int recover(struct growing *g, struct sb_err *err)
{
	SB_BUF struct sb_buf text = {0};
	struct sb_signed_checkpoint next;
	struct sb_merkle_run run;
	uint8_t root[SB_MERKLE_BYTES];
	int rc = g->files.read(g->files.state, next_name, SB_LIMIT_OF(NOTE_BYTES), &text, err);

	if (rc)
		return rc == SB_ABSENT ? 0 : rc;
	const char *copy = sb_arena_copy(g->arena, sb_buf_span(&text));
	if (!copy)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	rc = sb_checkpoint_open(sb_span_of(copy, text.len), g->log, g->arena, &next, err);
	if (!rc && next.head.size < g->head.head.size)
		rc = sb_log_damaged(err, "is older than the checkpoint", next_name);
	if (!rc)
		rc = tree_of(g, next.head.size, &run, root, err);
	if (!rc && memcmp(root, next.head.root, sizeof root) != 0)
		rc = sb_log_damaged(err, "is not the root of the tiles", next_name);
	if (!rc)
		rc = put_in_place(g->dir, err);
	return rc ? rc : open_head(g, err);
}

/* ---- the ends of tiles and entries ---- */

static int load_rows(struct growing *g, struct sb_err *err)
{
	uint64_t size = g->head.head.size;
	int rc = 0;

	for (unsigned level = 0; !rc && level < SB_LOG_LEVELS; level++) {
		unsigned width = (unsigned)(size >> 8 * level) % SB_LOG_TILE;
		if (!width)
			continue;
		rc = sb_log_tile_read(&g->files, level, (size >> 8 * level) / SB_LOG_TILE, width, &g->rows[level], err);
		if (!rc)
			g->rows[level].len = (size_t)width * SB_MERKLE_BYTES;
	}
	return rc;
}

/* Entries are copied into the next file: only when they are those that were signed for. */
static int load_bundle(struct growing *g, struct sb_err *err)
{
	unsigned width = (unsigned)(g->head.head.size % SB_LOG_TILE);
	struct sb_span rest, entry;
	uint8_t leaf[SB_MERKLE_BYTES];

	if (!width)
		return 0;
	int rc = sb_log_bundle_read(&g->files, g->head.head.size / SB_LOG_TILE, width, &g->bundle, err);
	rest = sb_buf_span(&g->bundle);
	for (unsigned i = 0; !rc && i < width; i++) {
		if (!sb_log_bundle_next(&rest, &entry))
			return sb_log_damaged(err, "an entry is cut off", "tile/entries");
		sb_merkle_leaf(entry, leaf);
		if (memcmp(leaf, g->rows[0].data + (size_t)i * SB_MERKLE_BYTES, sizeof leaf) != 0)
			return sb_log_damaged(err, "an entry is not the one that was signed for", "tile/entries");
	}
	g->bundle.len -= rest.n;
	return rc;
}

static int write_tile(const struct growing *g, unsigned level, uint64_t index, unsigned width, const struct sb_buf *bytes, struct sb_err *err)
{
	char name[SB_LOG_NAME];

	sb_log_tile_name(level, index, width, name);
	int rc = sb_buf_ok(bytes, err);
	return rc ? rc : sb_log_publish(g->dir, name, sb_buf_span(bytes), err);
}

/* A full tile is written at once, and is one hash of the next level. */
static int add_hash(struct growing *g, unsigned level, const uint8_t hash[SB_MERKLE_BYTES], struct sb_err *err)
{
	uint8_t up[SB_MERKLE_BYTES];
	int rc = 0;

	memcpy(up, hash, sizeof up);
	for (; !rc && level < SB_LOG_LEVELS; level++) {
		struct sb_buf *row = &g->rows[level];
		sb_buf_add(row, up, sizeof up);
		if (row->len < (size_t)SB_LOG_TILE * SB_MERKLE_BYTES)
			return sb_buf_ok(row, err);
		rc = write_tile(g, level, (g->run.size - 1) >> 8 * (level + 1), SB_LOG_TILE, row, err);
		if (!rc)
			sb_log_row_root((const uint8_t *)row->data, SB_LOG_TILE, up);
		row->len = 0;
	}
	return rc;
}

static int add_entry(struct growing *g, struct sb_span entry, struct sb_err *err)
{
	const uint8_t length[2] = {(uint8_t)(entry.n >> 8), (uint8_t)entry.n};
	uint8_t leaf[SB_MERKLE_BYTES];
	int rc = 0;

	if (entry.n > SB_LIMIT_OF(LOG_ENTRY_BYTES))
		return sb_fail_limit(err, SB_LIMIT_ROW_LOG_ENTRY_BYTES, entry.n);
	sb_merkle_leaf(entry, leaf);
	sb_merkle_run_add(&g->run, leaf);
	sb_buf_add(&g->bundle, length, sizeof length);
	sb_buf_add(&g->bundle, entry.p, entry.n);
	if (g->run.size % SB_LOG_TILE == 0) {
		rc = write_tile(g, SB_LOG_ENTRIES, g->run.size / SB_LOG_TILE - 1, SB_LOG_TILE, &g->bundle, err);
		g->bundle.len = 0;
	}
	return rc ? rc : add_hash(g, 0, leaf, err);
}

static int write_ends(const struct growing *g, struct sb_err *err)
{
	uint64_t size = g->run.size;
	int rc = 0;

	if (size % SB_LOG_TILE)
		rc = write_tile(g, SB_LOG_ENTRIES, size / SB_LOG_TILE, (unsigned)(size % SB_LOG_TILE), &g->bundle, err);
	for (unsigned level = 0; !rc && level < SB_LOG_LEVELS; level++) {
		unsigned width = (unsigned)(size >> 8 * level) % SB_LOG_TILE;
		if (width)
			rc = write_tile(g, level, (size >> 8 * level) / SB_LOG_TILE, width, &g->rows[level], err);
	}
	return rc;
}

/* Partial tiles of what is full now: C2SP tlog-tiles allows it. Whether it succeeds changes nothing. */
static void drop_partial(const struct growing *g)
{
	for (unsigned level = 0; level <= SB_LOG_LEVELS; level++) {
		unsigned shift = level == SB_LOG_LEVELS ? 0 : 8 * level;
		uint64_t first = (g->head.head.size >> shift) / SB_LOG_TILE, full = (g->run.size >> shift) / SB_LOG_TILE;
		char name[SB_LOG_NAME], *end;
		if (first >= full)
			continue;
		sb_log_tile_name(level == SB_LOG_LEVELS ? SB_LOG_ENTRIES : level, first, 1, name);
		end = strrchr(name, '/');
		if (end)
			*end = '\0';
		if (sb_path_remove_tree(g->dir, name, NULL))
			return;
	}
}

/* ---- what is there already ---- */

struct placed {
	uint8_t leaf[SB_MERKLE_BYTES];
	size_t given; /* index among what was given */
};

static int by_leaf(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	int order = memcmp(x->leaf, y->leaf, SB_MERKLE_BYTES);
	return order ? order : (x->given > y->given) - (x->given < y->given);
}

static const struct placed *find(const struct placed *rows, size_t count, const uint8_t leaf[SB_MERKLE_BYTES])
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (memcmp(rows[middle].leaf, leaf, SB_MERKLE_BYTES) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && memcmp(rows[low].leaf, leaf, SB_MERKLE_BYTES) == 0 ? &rows[low] : NULL;
}

static int look_up(const struct growing *g, const struct placed *rows, size_t count, uint64_t *indexes, struct sb_err *err)
{
	SB_BUF struct sb_buf tile = {0};
	int rc = 0;

	for (uint64_t at = 0; !rc && at * SB_LOG_TILE < g->head.head.size; at++) {
		unsigned width = sb_log_tile_width(0, at, g->head.head.size);
		rc = sb_log_tile_read(&g->files, 0, at, width, &tile, err);
		for (unsigned i = 0; !rc && i < width; i++) {
			const struct placed *row = find(rows, count, (const uint8_t *)tile.data + (size_t)i * SB_MERKLE_BYTES);
			if (row && indexes[row->given] == UINT64_MAX)
				indexes[row->given] = at * SB_LOG_TILE + i;
		}
	}
	return rc;
}

/* Of each entry given where it is; those of UINT64_MAX are new. One that is given twice is looked up by its first. */
static int place(struct growing *g, const struct sb_span *entries, size_t count, struct placed *rows, uint64_t *indexes, struct sb_err *err)
{
	for (size_t i = 0; i < count; i++) {
		sb_merkle_leaf(entries[i], rows[i].leaf);
		rows[i].given = i;
		indexes[i] = UINT64_MAX;
	}
	qsort(rows, count, sizeof *rows, by_leaf);
	int rc = look_up(g, rows, count, indexes, err);
	for (size_t i = 0; !rc && i < count; i++) {
		uint8_t leaf[SB_MERKLE_BYTES];
		sb_merkle_leaf(entries[i], leaf);
		uint64_t *first = &indexes[find(rows, count, leaf)->given];
		if (*first == UINT64_MAX) {
			*first = g->run.size;
			rc = add_entry(g, entries[i], err);
		}
		indexes[i] = *first;
	}
	return rc;
}

static int grow(struct growing *g, const struct sb_span *entries, size_t count, struct sb_log_appended *out, struct sb_err *err)
{
	struct placed *rows = sb_arena_array(g->arena, count + 1, sizeof *rows);
	struct sb_checkpoint head = g->head.head;

	out->indexes = sb_arena_array(g->arena, count + 1, sizeof *out->indexes);
	if (!rows || !out->indexes)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = place(g, entries, count, rows, out->indexes, err);
	out->before = head.size;
	out->size = g->run.size;
	if (rc || head.size == g->run.size)
		return rc;
	rc = write_ends(g, err);
	head.size = g->run.size;
	sb_merkle_run_root(&g->run, head.root);
	if (!rc)
		rc = sign_head(g->dir, &head, g->log, g->secret, err);
	if (!rc)
		drop_partial(g);
	return rc;
}

int sb_log_append(int dir, const struct sb_note_key *log, const struct sb_secret *secret, const struct sb_span *entries, size_t count, struct sb_arena *arena,
                  struct sb_log_appended *out, struct sb_err *err)
{
	struct growing g = {.dir = dir, .files = sb_log_folder(&dir), .log = log, .secret = secret, .arena = arena};
	struct sb_log_appended made = {0};
	SB_CLOSING int lock = -1;

	int rc = sb_log_lock(dir, &lock, err);
	if (!rc)
		rc = open_head(&g, err);
	if (!rc)
		rc = recover(&g, err);
	if (!rc)
		rc = load_rows(&g, err);
	if (!rc)
		rc = load_bundle(&g, err);
	if (!rc)
		rc = grow(&g, entries, count, &made, err);
	let_go(&g);
	if (!rc)
		*out = made;
	return rc;
}

/* ---- beginning, and what witnesses say ---- */

/* Nothing of anybody else's: a log in a folder with other files would serve them too. */
static int check_empty(const char *path, struct sb_err *err)
{
	SB_CLOSEDIR DIR *folder = opendir(path);
	const char *name = NULL;

	if (!folder)
		return failed(err, "open the folder of the log");
	int rc = sb_path_next(folder, &name, err);
	if (rc)
		return failed(err, "list the folder of the log");
	return name ? sb_fail(err, SB_USAGE, "log-exists", "%s is not empty", path) : 0;
}

int sb_log_init(const char *path, const struct sb_note_key *log, const struct sb_secret *secret, struct sb_err *err)
{
	struct sb_checkpoint head = {.origin = log->name};
	struct sb_merkle_run empty = {0};
	SB_CLOSING int dir = -1;
	SB_CLOSING int lock = -1;
	SB_CLOSING int above = -1;

	if (mkdir(path, 0755) != 0 && errno != EEXIST)
		return failed(err, "create the folder of the log");
	int rc = check_empty(path, err);
	if (!rc && (dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		rc = failed(err, "open the folder of the log");
	if (!rc)
		rc = sb_log_lock(dir, &lock, err);
	if (!rc && ((above = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 || fsync(above) != 0))
		rc = failed(err, "make the folder of the log durable");
	sb_merkle_run_root(&empty, head.root);
	return rc ? rc : sign_head(dir, &head, log, secret, err);
}

static bool has_line(const struct sb_note *note, const struct sb_note_line *line)
{
	for (size_t i = 0; i < note->count; i++)
		if (note->lines[i].id == line->id && strcmp(note->lines[i].name, line->name) == 0 && sb_span_equal(note->lines[i].bytes, line->bytes))
			return true;
	return false;
}

/* Only lines of witnesses that were named, and each of them must be good. */
static int gather_lines(struct growing *g, const struct sb_note *said, const struct sb_note_key *witnesses, size_t count, struct sb_buf *out, size_t *added,
                        struct sb_err *err)
{
	size_t good = 0;

	for (size_t i = 0; i < said->count; i++)
		for (size_t k = 0; k < count; k++) {
			struct sb_note one = {.text = g->head.note.text, .lines = &said->lines[i], .count = 1};
			enum sb_note_said word = sb_note_signed_by(&one, &witnesses[k], NULL);
			if (word == SB_NOTE_BAD)
				return sb_fail(err, SB_EVIDENCE, "cosignature-wrong", "the cosignature of %s is not of this head", witnesses[k].name);
			good += word == SB_NOTE_GOOD;
			if (word == SB_NOTE_GOOD && !has_line(&g->head.note, &said->lines[i])) {
				sb_note_line_write(&said->lines[i], out);
				++*added;
			}
		}
	return good ? 0 : sb_fail(err, SB_EVIDENCE, "cosignature-wrong", "no witness that was named has signed this head");
}

int sb_log_add_cosignatures(int dir, const struct sb_note_key *log, struct sb_span lines, const struct sb_note_key *witnesses, size_t count, size_t *added,
                            struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	SB_BUF struct sb_buf note = {.ceiling = SB_LIMIT_OF(NOTE_BYTES)};
	struct growing g = {.dir = dir, .files = sb_log_folder(&dir), .log = log, .arena = arena};
	struct sb_note said = {0};
	SB_CLOSING int lock = -1;

	*added = 0;
	if (!arena)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = sb_log_lock(dir, &lock, err);
	if (!rc)
		rc = open_head(&g, err);
	if (!rc)
		rc = recover(&g, err);
	if (!rc)
		rc = sb_note_read_lines(lines, arena, &said, err);
	if (rc)
		return rc;
	sb_buf_add(&note, g.head.bytes.p, g.head.bytes.n);
	rc = gather_lines(&g, &said, witnesses, count, &note, added, err);
	if (!rc)
		rc = sb_buf_ok(&note, err);
	struct sb_signed_checkpoint again;
	if (!rc)
		rc = sb_checkpoint_open(sb_buf_span(&note), log, arena, &again, err); /* still a note: not too many lines */
	return rc || !*added ? rc : sb_log_publish(dir, head_name, sb_buf_span(&note), err);
}
