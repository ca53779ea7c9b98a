/* SPDX-License-Identifier: Apache-2.0 */
/* What two directories have under one path. Bytes are kept only of files that differ. */
#include "verifier/compare/opening.h"

#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

/** Blobs whose descriptors stay open for parsers; those of any more are made again when they are needed. */
enum { MOST_OPEN = 256 };

/** What stands under one path, on one side or on both. */
struct couple {
	const struct sb_listed *entry[SB_SIDES]; /* NULL: the side has none */
	struct sb_listed read[SB_SIDES];         /* instead of it, of a file: what the descriptor says that the bytes come from */
	struct sb_blob blob[SB_SIDES];       /* kept, of those that are not equal */
	bool equal;
	uint8_t digest[SB_BLAKE2B_BYTES];    /* of those that are, and how long they are */
	uint64_t bytes;
};

/** Couples are looked at by all threads, so many at a time and so many in a row, and then added in their order. */
enum { WINDOW = 128, ROW = 8 };
struct window {
	struct sb_opening *open;
	struct couple items[WINDOW];
	size_t count;
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* Mode, owner and bytes are of one file, whatever stood under the name when the folder was listed. */
static int take(int dir, struct couple *couple, unsigned side, struct sb_err *err)
{
	struct sb_listed *read = &couple->read[side];
	SB_CLOSING int fd = -1;

	*read = *couple->entry[side];
	int rc = sb_path_open_file(dir, read->path, &fd, err);
	if (rc)
		return rc;
	if (fstat(fd, &read->st) != 0)
		return sb_fail_errno(err, "file-unreadable", "cannot look at %s", read->path);
	couple->entry[side] = read;
	return sb_blob_take(fd, SB_LIMIT_OF(UNPACKED_TOTAL), &couple->blob[side], err);
}

static void fill_side(const struct sb_opening *open, const struct sb_listed *entry, struct sb_side *out)
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

static bool same_but_bytes(const struct sb_opening *open, const struct sb_listed *a, const struct sb_listed *b)
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

static int note_equal(struct sb_opening *open, const struct couple *couple, struct sb_err *err)
{
	const struct sb_listed *entry = couple->entry[SB_SHIPPED];
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

static int add_artifact(struct sb_opening *open, struct couple *couple, struct sb_err *err)
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
static int look_at(struct sb_opening *open, struct couple *couple, struct sb_err *err)
{
	const struct sb_listed *const *entry = couple->entry;
	struct sb_reading reading = reading_of(couple->blob);
	int rc = 0;

	for (unsigned side = 0; !rc && side < SB_SIDES; side++)
		if (entry[side] && entry[side]->type == 'f')
			rc = take(open->side[side].dir, couple, side, err);
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
	struct sb_opening *open = window->open;
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

int sb_opening_pair(struct sb_opening *open, struct sb_err *err)
{
	SB_FREEING struct window *window = calloc(1, sizeof *window);
	size_t at[SB_SIDES] = {0};
	int rc = window ? 0 : no_memory(err);

	if (window)
		window->open = open;
	while (!rc && (at[0] < open->side[0].entries.count || at[1] < open->side[1].entries.count)) {
		const struct sb_listed *entry[SB_SIDES] = {NULL};
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
