/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/fill.h"
#include "verifier/sandbox/beneath.h"
#include "verifier/sandbox/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define CURSOR __attribute__((cleanup(sb_cursor_release)))

struct filler {
	struct sb_fill *fill;
	const struct sb_tree *tree;
	struct sb_cursor cursor;
	struct sb_cursor *targets; /* folders of what hard links point to */
};

static int failed(const struct sb_entry *entry, const char *what, struct sb_err *err)
{
	sb_fail_errno(err, "sandbox-fill", "cannot %s", what);
	return sb_within(err, entry->path);
}

static void times_of(const struct sb_fill *fill, const struct sb_entry *entry, struct timespec times[2])
{
	times[0] = (struct timespec){.tv_sec = 1};
	times[1] = (struct timespec){.tv_sec = entry->mtime, .tv_nsec = entry->mtime_ns};
	if (entry->mtime >= fill->latest)
		times[1] = (struct timespec){.tv_sec = fill->latest};
	if (!fill->age)
		return;
	if (times[1].tv_sec <= 1 || (uint64_t)times[1].tv_sec - 1 < fill->age)
		times[1] = (struct timespec){.tv_sec = 1};
	else
		times[1].tv_sec -= (time_t)fill->age;
}

static mode_t mode_of(const struct sb_fill *fill, const struct sb_entry *entry)
{
	return (mode_t)(entry->mode & 0777 & ~fill->mask);
}

static int make_file(struct filler *f, int dir, const char *name, const struct sb_entry *entry, struct sb_err *err)
{
	SB_CLOSING int fd = -1;
	struct timespec times[2];
	struct sb_span bytes;
	int rc = sb_tree_bytes(f->tree, entry, &bytes, err);

	if (rc != 0)
		return rc;
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode_of(f->fill, entry));
	if (fd < 0)
		return failed(entry, "create the file", err);
	rc = sb_io_write(fd, bytes, err);
	if (rc != 0) {
		sb_reidentify(err, "sandbox-fill");
		return sb_within(err, entry->path);
	}
	times_of(f->fill, entry, times);
	return futimens(fd, times) == 0 ? 0 : failed(entry, "set the file's times", err);
}

static int make_link(struct filler *f, int dir, const char *name, const struct sb_entry *entry, struct sb_err *err)
{
	struct timespec times[2];

	times_of(f->fill, entry, times);
	if (symlinkat(entry->link, dir, name) != 0 || utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) != 0)
		return failed(entry, "create the link", err);
	return 0;
}

static int make_hard_link(struct filler *f, int dir, const char *name, const struct sb_entry *entry, struct sb_err *err)
{
	const char *target;
	int from = sb_cursor_parent(f->targets, entry->link, false, &target);

	if (from < 0 || linkat(from, target, dir, name, 0) != 0)
		return failed(entry, "create the hard link", err);
	return 0;
}

static int make_fifo(struct filler *f, int dir, const char *name, const struct sb_entry *entry, struct sb_err *err)
{
	return mkfifoat(dir, name, mode_of(f->fill, entry)) == 0 ? 0 : failed(entry, "create the fifo", err);
}

static int make_dir(int dir, const char *name, const struct sb_entry *entry, struct sb_err *err)
{
	return mkdirat(dir, name, 0700) == 0 ? 0 : failed(entry, "create the folder", err);
}

static int settle_dir(struct filler *f, int dir, const char *name, const struct sb_entry *entry, struct sb_err *err)
{
	struct timespec times[2];

	times_of(f->fill, entry, times);
	if (fchmodat(dir, name, mode_of(f->fill, entry) | 0700, 0) != 0 || utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) != 0)
		return failed(entry, "set the folder's mode and times", err);
	return 0;
}

enum pass { PASS_CONTENT, PASS_HARD_LINKS, PASS_LINKS, PASS_FOLDERS };

static bool belongs(enum pass pass, enum sb_entry_type type)
{
	switch (type) {
	case SB_ENTRY_FILE:
	case SB_ENTRY_FIFO:
		return pass == PASS_CONTENT;
	case SB_ENTRY_DIR:
		return pass == PASS_CONTENT || pass == PASS_FOLDERS;
	case SB_ENTRY_HARDLINK:
		return pass == PASS_HARD_LINKS;
	case SB_ENTRY_SYMLINK:
		return pass == PASS_LINKS;
	case SB_ENTRY_UNKNOWN:
	case SB_ENTRY_CHAR:
	case SB_ENTRY_BLOCK:
	case SB_ENTRY_SOCKET:
		return false;
	}
	return false;
}

static int make(struct filler *f, enum pass pass, const struct sb_entry *entry, struct sb_err *err)
{
	const char *name;
	int dir = sb_cursor_parent(&f->cursor, entry->path, false, &name);

	if (dir < 0)
		return failed(entry, "enter its folder", err);
	if (entry->type == SB_ENTRY_DIR)
		return pass == PASS_FOLDERS ? settle_dir(f, dir, name, entry, err) : make_dir(dir, name, entry, err);
	if (entry->type == SB_ENTRY_SYMLINK)
		return make_link(f, dir, name, entry, err);
	if (entry->type == SB_ENTRY_HARDLINK)
		return make_hard_link(f, dir, name, entry, err);
	if (entry->type == SB_ENTRY_FIFO)
		return make_fifo(f, dir, name, entry, err);
	return make_file(f, dir, name, entry, err);
}

static bool is_top(const struct sb_entry *entry)
{
	return entry->path[0] == '.' && entry->path[1] == 0;
}

static int run_pass(struct filler *f, enum pass pass, struct sb_err *err)
{
	const struct sb_inventory *inventory = f->tree->inventory;

	for (size_t i = 0; i < inventory->count; i++) {
		/* a folder's mode may lock us out of what is in it, and making things in it moves its mtime: children first */
		size_t at = pass == PASS_FOLDERS ? inventory->count - 1 - i : i;
		const struct sb_entry *entry = &inventory->entries[f->fill->order ? f->fill->order[at] : at];
		int rc = belongs(pass, entry->type) && !is_top(entry) ? make(f, pass, entry, err) : 0;

		if (rc != 0)
			return rc;
	}
	return 0;
}

/** In a frame of its own: a cursor is large. */
static int run_hard_links(struct filler *f, struct sb_err *err)
{
	CURSOR struct sb_cursor targets;

	sb_cursor_init(&targets, f->fill->top);
	f->targets = &targets;
	return run_pass(f, PASS_HARD_LINKS, err);
}

static uint64_t count_left_out(const struct sb_inventory *inventory)
{
	uint64_t count = 0;

	for (size_t i = 0; i < inventory->count; i++) {
		enum sb_entry_type type = inventory->entries[i].type;

		if (type == SB_ENTRY_CHAR || type == SB_ENTRY_BLOCK || type == SB_ENTRY_SOCKET || type == SB_ENTRY_UNKNOWN)
			count++;
	}
	return count;
}

/* A tmpfs numbers its files as they are made, and uses no number twice. */
static int skip_numbers(const struct sb_fill *fill, struct sb_err *err)
{
	for (unsigned i = 0; i < fill->skipped; i++)
		if (mkdirat(fill->top, ".skipped", 0700) != 0 || unlinkat(fill->top, ".skipped", AT_REMOVEDIR) != 0)
			return sb_fail_errno(err, "sandbox-fill", "cannot use up numbers of files");
	return 0;
}

int sb_fill_tree(struct sb_fill *fill, const struct sb_tree *tree, struct sb_err *err)
{
	struct filler f = {.fill = fill, .tree = tree};
	int rc;

	sb_cursor_init(&f.cursor, fill->top);
	rc = skip_numbers(fill, err);
	if (rc == 0)
		rc = run_pass(&f, PASS_CONTENT, err);
	if (rc == 0)
		rc = run_hard_links(&f, err);
	if (rc == 0)
		rc = run_pass(&f, PASS_LINKS, err);
	if (rc == 0)
		rc = run_pass(&f, PASS_FOLDERS, err);
	sb_cursor_release(&f.cursor);
	fill->left_out += count_left_out(tree->inventory);
	return rc;
}
