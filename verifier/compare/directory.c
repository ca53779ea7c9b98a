/* SPDX-License-Identifier: Apache-2.0 */
/* Two files or two directories, opened without following anything below what was named. */
#include "verifier/compare/attributes.h"
#include "verifier/compare/compare.h"

#include <errno.h>
#include <limits.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/** Blobs whose descriptors stay open for parsers; those of any more are made again when they are needed. */
enum { MOST_OPEN = 256 };

/** One side of a directory comparison: its entries, sorted by path. */
struct listing {
	int dir;
	struct sb_arena *arena; /* of the entries */
	bool metadata;          /* attributes are read too */
	struct sb_vec entries; /* struct entry */
};
struct entry {
	const char *path;
	struct stat st;
	char type;
	const char *link;
	struct sb_span xattrs; /* with --metadata */
};

struct opening {
	struct sb_arena *arena;
	bool metadata;
	struct sb_progress *progress;
	struct listing side[SB_SIDES];
	struct sb_vec artifacts; /* struct sb_artifact_in */
	struct sb_vec blobs;     /* struct sb_blob */
	struct sb_vec leaves;    /* struct sb_tree_leaf of equal files */
	struct sb_equal_files equal;
	struct sb_depot *depot;
	struct sb_pool *pool;
};

/** What stands under one path, on one side or on both. */
struct couple {
	const struct entry *entry[SB_SIDES]; /* NULL: the side has none */
	struct sb_blob blob[SB_SIDES];       /* kept, of those that are not equal */
	bool equal;
	uint8_t digest[SB_BLAKE2B_BYTES];    /* of those that are, and how long they are */
	uint64_t bytes;
};

/** Couples are looked at by all threads, so many at a time and so many in a row, and then added in their order. */
enum { WINDOW = 128, ROW = 8 };
struct window {
	struct opening *open;
	struct couple items[WINDOW];
	size_t count;
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static char type_of(mode_t mode)
{
	return S_ISREG(mode) ? 'f' : S_ISDIR(mode) ? 'd' : S_ISLNK(mode) ? 'l' : S_ISFIFO(mode) ? 'p' : S_ISSOCK(mode) ? 's' : S_ISCHR(mode) ? 'c' : 'b';
}

static int read_target(struct listing *into, int dir, const char *name, const char **out, struct sb_err *err)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(dir, name, target, sizeof target);

	if (n < 0 || n == (ssize_t)sizeof target)
		return sb_fail_errno(err, "file-unreadable", "cannot read the link %s", name);
	*out = sb_arena_copy(into->arena, sb_span_of(target, (size_t)n));
	return *out ? 0 : no_memory(err);
}

static int list(struct listing *into, const char *folder, unsigned depth, struct sb_err *err);

static int visit(struct listing *into, int dir, const char *folder, const char *name, unsigned depth, struct sb_err *err)
{
	struct entry found = {.path = folder[0] ? sb_arena_printf(into->arena, "%s/%s", folder, name) : sb_arena_copy(into->arena, sb_span_text(name))};

	if (!found.path)
		return no_memory(err);
	if (fstatat(dir, name, &found.st, AT_SYMLINK_NOFOLLOW) != 0)
		return sb_fail_errno(err, "file-unreadable", "cannot look at %s", found.path);
	found.type = type_of(found.st.st_mode);
	int rc = found.type == 'l' ? read_target(into, dir, name, &found.link, err) : 0;
	if (!rc && into->metadata)
		rc = sb_attributes_read(dir, name, into->arena, &found.xattrs, err);
	if (rc)
		return rc;
	if (into->entries.count >= SB_LIMIT_OF(ENTRIES))
		return sb_fail_limit(err, SB_LIMIT_ROW_ENTRIES, into->entries.count + 1);
	struct entry *slot = sb_vec_push(&into->entries);
	if (!slot)
		return no_memory(err);
	*slot = found;
	return found.type == 'd' ? list(into, found.path, depth + 1, err) : 0;
}

static int list(struct listing *into, const char *folder, unsigned depth, struct sb_err *err)
{
	int fd = -1;

	if (depth > SB_LIMIT_OF(PATH_DEPTH))
		return sb_fail_limit(err, SB_LIMIT_ROW_PATH_DEPTH, depth);
	int rc = sb_path_open_dir(into->dir, folder[0] ? folder : ".", &fd, err);
	if (rc)
		return rc;
	SB_CLOSEDIR DIR *dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return sb_fail_errno(err, "file-unreadable", "cannot list %s", folder);
	}
	for (const char *name; !(rc = sb_path_next(dir, &name, err)) && name;)
		if ((rc = visit(into, dirfd(dir), folder, name, depth, err)))
			break;
	return rc;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

static int take(int dir, const char *path, struct sb_blob *out, struct sb_err *err)
{
	SB_CLOSING int fd = -1;
	int rc = sb_path_open_file(dir, path, &fd, err);
	return rc ? rc : sb_blob_take(fd, SB_LIMIT_OF(UNPACKED_TOTAL), out, err);
}

static void fill_side(const struct opening *open, const struct entry *entry, struct sb_side *out)
{
	out->present = true;
	out->type = entry->type;
	out->has_mode = entry->type != 'l';
	out->mode = entry->st.st_mode & 07777;
	out->link = entry->link;
	out->rdev = entry->type == 'c' || entry->type == 'b' ? entry->st.st_rdev : 0;
	out->has_owner = open->metadata;
	out->uid = entry->st.st_uid;
	out->gid = entry->st.st_gid;
	out->mtime = entry->st.st_mtime;
	out->xattrs = entry->xattrs;
}

static bool same_but_bytes(const struct opening *open, const struct entry *a, const struct entry *b)
{
	if (a->type != b->type || (a->type != 'l' && (a->st.st_mode & 07777) != (b->st.st_mode & 07777)))
		return false;
	if (a->type == 'l' && strcmp(a->link, b->link) != 0)
		return false;
	if ((a->type == 'c' || a->type == 'b') && a->st.st_rdev != b->st.st_rdev)
		return false;
	return !open->metadata || (a->st.st_uid == b->st.st_uid && a->st.st_gid == b->st.st_gid && a->st.st_mtime == b->st.st_mtime && sb_span_equal(a->xattrs, b->xattrs));
}

/* Both sides of a file, which may be large and are kept only when they differ. */
static void give_back(void *ctx)
{
	const struct sb_blob *blob = ctx;
	sb_blob_give_back(&blob[SB_SHIPPED]);
	sb_blob_give_back(&blob[SB_REBUILT]);
}

static struct sb_reading reading_of(struct sb_blob blob[SB_SIDES])
{
	return (struct sb_reading){.most = 4 << 20, .give_back = give_back, .ctx = blob};
}

static void hash_equal(struct couple *couple)
{
	struct sb_reading reading = reading_of(couple->blob);
	struct sb_digest made;
	struct sb_hash hash;

	sb_hash_init(&hash, SB_DIGEST_BLAKE2B);
	for (struct sb_span rest = couple->blob[SB_SHIPPED].bytes, piece; sb_reading_next(&reading, &rest, &piece);)
		sb_hash_update(&hash, piece);
	sb_hash_final(&hash, &made);
	memcpy(couple->digest, made.blake2b, SB_BLAKE2B_BYTES);
	couple->bytes = couple->blob[SB_SHIPPED].bytes.n;
}

static int note_equal(struct opening *open, const struct couple *couple, struct sb_err *err)
{
	const struct entry *entry = couple->entry[SB_SHIPPED];
	struct sb_tree_leaf *leaf = sb_vec_push(&open->leaves);
	uint8_t *digest = entry->type == 'f' ? sb_arena_alloc(open->arena, SB_BLAKE2B_BYTES) : NULL;

	if (!leaf || (entry->type == 'f' && !digest))
		return no_memory(err);
	*leaf = (struct sb_tree_leaf){.path = entry->path, .type = entry->type, .mode = entry->type == 'l' ? 0 : entry->st.st_mode & 07777,
	                              .link = entry->link, .blake2b = digest};
	if (entry->type == 'c' || entry->type == 'b')
		leaf->rdev = entry->st.st_rdev;
	if (entry->type == 'd')
		return 0;
	open->equal.files++;
	open->equal.bytes += couple->bytes;
	if (digest)
		memcpy(digest, couple->digest, SB_BLAKE2B_BYTES);
	return 0;
}

static int add_artifact(struct opening *open, struct couple *couple, struct sb_err *err)
{
	struct sb_artifact_in *artifact = sb_vec_push(&open->artifacts);

	for (unsigned side = 0; side < SB_SIDES; side++) {
		struct sb_blob *kept = artifact ? sb_vec_push(&open->blobs) : NULL;
		if (!kept)
			return no_memory(err);
		*kept = couple->blob[side];
		couple->blob[side] = (struct sb_blob){.fd = -1};
		if (open->blobs.count > MOST_OPEN)
			sb_close_fd(&kept->fd);
		struct sb_side *out = side == SB_SHIPPED ? &artifact->shipped : &artifact->rebuilt;
		if (couple->entry[side])
			fill_side(open, couple->entry[side], out);
		out->bytes = kept->bytes;
	}
	artifact->name = couple->entry[couple->entry[SB_SHIPPED] ? SB_SHIPPED : SB_REBUILT]->path;
	return 0;
}

static void release_couple(struct couple *couple)
{
	sb_blob_release(&couple->blob[SB_SHIPPED]);
	sb_blob_release(&couple->blob[SB_REBUILT]);
}

/* Bytes are kept only of files that become artifacts. */
static int look_at(struct opening *open, struct couple *couple, struct sb_err *err)
{
	const struct entry *const *entry = couple->entry;
	struct sb_reading reading = reading_of(couple->blob);
	int rc = 0;

	for (unsigned side = 0; !rc && side < SB_SIDES; side++)
		if (entry[side] && entry[side]->type == 'f')
			rc = take(open->side[side].dir, entry[side]->path, &couple->blob[side], err);
	couple->equal = !rc && entry[0] && entry[1] && same_but_bytes(open, entry[0], entry[1]) &&
	                sb_reading_equal(&reading, couple->blob[0].bytes, couple->blob[1].bytes);
	if (couple->equal) {
		hash_equal(couple);
		release_couple(couple);
	}
	for (unsigned side = 0; !rc && !couple->equal && side < SB_SIDES; side++)
		rc = sb_depot_keep(open->depot, &couple->blob[side], err);
	return rc;
}

static int look_at_row(void *ctx, size_t row, struct sb_err *err)
{
	struct window *window = ctx;
	int rc = 0;

	for (size_t i = row * ROW; !rc && i < window->count && i < (row + 1) * ROW; i++)
		rc = sb_stopping(window->open->progress) ? sb_fail(err, SB_INTERRUPTED, "interrupted", "stopped on request")
		                                         : look_at(window->open, &window->items[i], err);
	return rc;
}

static int pair_window(struct window *window, struct sb_err *err)
{
	struct opening *open = window->open;
	int rc = sb_pool_share(open->pool, (window->count + ROW - 1) / ROW, look_at_row, window, err);

	for (size_t i = 0; i < window->count; i++) {
		struct couple *couple = &window->items[i];
		if (!rc)
			rc = couple->equal ? note_equal(open, couple, err) : add_artifact(open, couple, err);
		release_couple(couple);
	}
	window->count = 0;
	return rc;
}

static int pair_listings(struct opening *open, struct sb_err *err)
{
	SB_FREEING struct window *window = calloc(1, sizeof *window);
	size_t at[SB_SIDES] = {0};
	int rc = window ? 0 : no_memory(err);

	if (window)
		window->open = open;
	while (!rc && (at[0] < open->side[0].entries.count || at[1] < open->side[1].entries.count)) {
		const struct entry *entry[SB_SIDES] = {NULL};
		for (unsigned side = 0; side < SB_SIDES; side++)
			if (at[side] < open->side[side].entries.count)
				entry[side] = sb_vec_at(&open->side[side].entries, at[side]);
		int order = !entry[0] ? 1 : !entry[1] ? -1 : strcmp(entry[0]->path, entry[1]->path);
		window->items[window->count++] = (struct couple){.entry = {order <= 0 ? entry[0] : NULL, order >= 0 ? entry[1] : NULL},
		                                                 .blob = {{.fd = -1}, {.fd = -1}}};
		at[0] += order <= 0;
		at[1] += order >= 0;
		if (window->count == WINDOW)
			rc = pair_window(window, err);
	}
	return rc ? rc : pair_window(window, err);
}

static int list_side(void *ctx, size_t side, struct sb_err *err)
{
	struct listing *into = &((struct opening *)ctx)->side[side];

	into->entries = (struct sb_vec){.size = sizeof(struct entry)};
	into->arena = sb_arena_new(0);
	into->metadata = ((const struct opening *)ctx)->metadata;
	int rc = into->arena ? list(into, "", 0, err) : no_memory(err);
	if (!rc && into->entries.count)
		qsort(into->entries.items, into->entries.count, sizeof(struct entry), by_path);
	return rc;
}

static int open_directories(struct opening *open, struct sb_err *err)
{
	int rc = sb_pool_share(open->pool, SB_SIDES, list_side, open, err);

	if (!rc)
		rc = pair_listings(open, err);
	if (!rc)
		rc = sb_tree_digest(open->leaves.items, open->leaves.count, open->equal.tree, err);
	open->equal.present = rc == 0;
	return rc;
}

/** Two files while they are taken. */
struct taking {
	struct opening *open;
	const int *fd;
	struct sb_blob *blob[SB_SIDES];
};

static int take_file(void *ctx, size_t side, struct sb_err *err)
{
	const struct taking *taking = ctx;
	struct sb_blob *blob = taking->blob[side];
	int rc = sb_blob_take(taking->fd[side], SB_LIMIT_OF(UNPACKED_TOTAL), blob, err);

	return !rc && blob->mapped ? sb_depot_keep(taking->open->depot, blob, err) : rc;
}

static int open_files(struct opening *open, const int fd[SB_SIDES], const char *name, struct sb_err *err)
{
	struct sb_artifact_in *artifact = sb_vec_push(&open->artifacts);
	struct taking taking = {.open = open, .fd = fd};

	for (unsigned side = 0; side < SB_SIDES; side++) {
		struct sb_blob *blob = artifact ? sb_vec_push(&open->blobs) : NULL;
		if (!blob)
			return no_memory(err);
		blob->fd = -1;
	}
	for (unsigned side = 0; side < SB_SIDES; side++)
		taking.blob[side] = sb_vec_at(&open->blobs, side);
	artifact->name = sb_arena_copy(open->arena, sb_span_text(sb_path_base(name)));
	int rc = artifact->name ? sb_pool_share(open->pool, SB_SIDES, take_file, &taking, err) : no_memory(err);
	if (rc)
		return rc;
	artifact->shipped = (struct sb_side){.present = true, .bytes = taking.blob[SB_SHIPPED]->bytes, .type = 'f'};
	artifact->rebuilt = (struct sb_side){.present = true, .bytes = taking.blob[SB_REBUILT]->bytes, .type = 'f'};
	return 0;
}

static bool is_stdin(const char *path)
{
	return strcmp(path, "-") == 0;
}

/* A pipe will do, unlike for a file that is named. */
static int open_stdin(int *fd, mode_t *mode, struct sb_err *err)
{
	struct stat st;

	*fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (*fd < 0 || fstat(*fd, &st) != 0)
		return sb_fail_errno(err, "file-unreadable", "cannot read stdin");
	if (S_ISDIR(st.st_mode))
		return sb_fail(err, SB_FORMAT, "not-a-regular-file", "stdin is a directory");
	*mode = S_IFREG;
	return 0;
}

/* The operands themselves may be links: the user named them. */
static int open_operand(const char *path, int *fd, mode_t *mode, struct sb_err *err)
{
	struct stat st;

	if (is_stdin(path))
		return open_stdin(fd, mode, err);
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*fd < 0 || fstat(*fd, &st) != 0)
		return sb_fail_errno(err, "file-unreadable", "cannot open %s", path);
	*mode = st.st_mode;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return sb_fail(err, SB_FORMAT, "not-a-regular-file", "%s is neither a file nor a directory", path);
	return 0;
}

static int hand_over(struct opening *open, unsigned jobs, struct sb_compare_paths *out, struct sb_err *err)
{
	struct sb_artifact_in *artifacts = sb_arena_array(open->arena, open->artifacts.count, sizeof *artifacts);
	struct sb_blob *blobs = sb_arena_array(open->arena, open->blobs.count, sizeof *blobs);

	if (!artifacts || !blobs)
		return no_memory(err);
	if (open->artifacts.count)
		memcpy(artifacts, open->artifacts.items, open->artifacts.count * sizeof *artifacts);
	if (open->blobs.count)
		memcpy(blobs, open->blobs.items, open->blobs.count * sizeof *blobs);
	for (size_t i = 0; i < open->artifacts.count; i++) { /* each was added with its two blobs */
		artifacts[i].shipped.blob = &blobs[2 * i];
		artifacts[i].rebuilt.blob = &blobs[2 * i + 1];
	}
	*out = (struct sb_compare_paths){
		.arena = open->arena,
		.listed = {open->side[SB_SHIPPED].arena, open->side[SB_REBUILT].arena},
		.depot = open->depot,
		.in = {.artifacts = artifacts, .count = open->artifacts.count, .equal = open->equal, .depot = open->depot, .jobs = jobs,
		       .progress = open->progress},
		.blobs = blobs,
		.blob_count = open->blobs.count,
	};
	return 0;
}

static int open_both(struct opening *open, const char *shipped, const char *rebuilt, int fd[SB_SIDES], struct sb_err *err)
{
	mode_t mode[SB_SIDES];
	if (is_stdin(shipped) && is_stdin(rebuilt))
		return sb_fail(err, SB_USAGE, "not-comparable", "stdin cannot be both sides");
	int rc = open_operand(shipped, &fd[SB_SHIPPED], &mode[SB_SHIPPED], err);
	if (!rc)
		rc = open_operand(rebuilt, &fd[SB_REBUILT], &mode[SB_REBUILT], err);
	if (rc)
		return rc;
	if (S_ISDIR(mode[0]) != S_ISDIR(mode[1]))
		return sb_fail(err, SB_USAGE, "not-comparable", "%s and %s: a file cannot be compared with a directory", shipped, rebuilt);
	open->side[0].dir = fd[0];
	open->side[1].dir = fd[1];
	return S_ISDIR(mode[0]) ? open_directories(open, err) : open_files(open, fd, shipped, err);
}

int sb_compare_open_paths(const char *shipped, const char *rebuilt, bool metadata, unsigned jobs, struct sb_progress *progress,
                          struct sb_compare_paths *out, struct sb_err *err)
{
	struct opening open = {
		.arena = sb_arena_new(0),
		.depot = sb_depot_new(),
		.pool = sb_pool_new(jobs),
		.metadata = metadata,
		.progress = progress,
		.artifacts = {.size = sizeof(struct sb_artifact_in)},
		.blobs = {.size = sizeof(struct sb_blob)},
		.leaves = {.size = sizeof(struct sb_tree_leaf)},
	};
	int fd[SB_SIDES] = {-1, -1};

	int rc = open.arena && open.depot && open.pool ? open_both(&open, shipped, rebuilt, fd, err) : no_memory(err);
	if (!rc)
		rc = hand_over(&open, jobs, out, err);
	for (size_t i = 0; rc && i < open.blobs.count; i++)
		sb_blob_release(sb_vec_at(&open.blobs, i));
	if (rc) {
		sb_depot_free(&open.depot);
		sb_arena_free(&open.arena);
		sb_arena_free(&open.side[SB_SHIPPED].arena);
		sb_arena_free(&open.side[SB_REBUILT].arena);
	}
	sb_pool_free(&open.pool);
	for (unsigned side = 0; side < SB_SIDES; side++) {
		sb_close_fd(&fd[side]);
		sb_vec_release(&open.side[side].entries);
	}
	sb_vec_release(&open.artifacts);
	sb_vec_release(&open.blobs);
	sb_vec_release(&open.leaves);
	return rc;
}

void sb_compare_close_paths(struct sb_compare_paths *paths)
{
	for (size_t i = 0; i < paths->blob_count; i++)
		sb_blob_release(&paths->blobs[i]);
	sb_depot_free(&paths->depot);
	sb_arena_free(&paths->arena);
	sb_arena_free(&paths->listed[SB_SHIPPED]);
	sb_arena_free(&paths->listed[SB_REBUILT]);
	*paths = (struct sb_compare_paths){0};
}
