/* SPDX-License-Identifier: Apache-2.0 */
/* One member of an archive to one entry of the tree: names, types, modes, times. */
#include "verifier/ingest/unpack.h"

#include <stdio.h>
#include <string.h>

/* Highest time that the tree may carry: the last second of the year 9999. */
#define LATEST INT64_C(253402300799)

static int refuse(struct sb_err *err, const char *id, const char *why)
{
	return sb_fail(err, SB_FORMAT, id, "%s", why);
}

static const char *id_of(enum sb_path_fault fault)
{
	switch (fault) {
	case SB_PATH_ABSOLUTE:
	case SB_PATH_PARENT:
		return "archive-escape";
	case SB_PATH_FINE:
	case SB_PATH_EMPTY:
	case SB_PATH_NUL:
	case SB_PATH_LONG:
	case SB_PATH_DEEP:
		return "archive-bad-name";
	}
	return "archive-bad-name";
}

/* Drop @strip leading components; NULL when nothing is left. */
static const char *strip_components(const char *path, unsigned strip)
{
	for (; path && strip; strip--) {
		path = strchr(path, '/');
		path = path ? path + 1 : NULL;
	}
	return path;
}

/**
 * The path that @name gets in the tree. *out is NULL when stripping leaves nothing of it.
 */
static int place_name(struct sb_unpack *unpack, struct sb_span name, const struct sb_placement *where, const char **out, struct sb_err *err)
{
	enum sb_path_fault fault;
	const char *path = NULL;

	int rc = sb_path_normalise(name, unpack->arena, &path, &fault, err);
	if (rc)
		return rc;
	if (fault != SB_PATH_FINE)
		return refuse(err, id_of(fault), sb_path_fault_text(fault));
	*out = strcmp(path, ".") == 0 ? (where->strip ? NULL : path) : strip_components(path, where->strip);
	if (!*out || strcmp(where->into, ".") == 0)
		return 0;
	*out = strcmp(*out, ".") == 0 ? where->into : sb_arena_printf(unpack->arena, "%s/%s", where->into, *out);
	if (!*out)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	return strlen(*out) > SB_LIMIT_OF(PATH_BYTES) ? refuse(err, "archive-bad-name", "the name is too long") : 0;
}

static enum sb_entry_type entry_type(enum sb_member_type type)
{
	switch (type) {
	case SB_MEMBER_FILE:
	case SB_MEMBER_PART:
		return SB_ENTRY_FILE;
	case SB_MEMBER_DIR:
		return SB_ENTRY_DIR;
	case SB_MEMBER_SYMLINK:
		return SB_ENTRY_SYMLINK;
	case SB_MEMBER_HARDLINK:
		return SB_ENTRY_HARDLINK;
	case SB_MEMBER_CHAR:
		return SB_ENTRY_CHAR;
	case SB_MEMBER_BLOCK:
		return SB_ENTRY_BLOCK;
	case SB_MEMBER_FIFO:
		return SB_ENTRY_FIFO;
	case SB_MEMBER_SOCKET:
		return SB_ENTRY_SOCKET;
	case SB_MEMBER_UNKNOWN:
		return SB_ENTRY_UNKNOWN;
	}
	return SB_ENTRY_UNKNOWN;
}

static const char *special_name(enum sb_entry_type type)
{
	switch (type) {
	case SB_ENTRY_CHAR:
		return "a character device";
	case SB_ENTRY_BLOCK:
		return "a block device";
	case SB_ENTRY_FIFO:
		return "a FIFO";
	case SB_ENTRY_SOCKET:
		return "a socket";
	case SB_ENTRY_UNKNOWN:
		return "of an unknown type";
	case SB_ENTRY_FILE:
	case SB_ENTRY_DIR:
	case SB_ENTRY_SYMLINK:
	case SB_ENTRY_HARDLINK:
		return NULL;
	}
	return "of an unknown type";
}

static int check_type(const struct sb_unpack *unpack, enum sb_entry_type type, struct sb_err *err)
{
	const char *special = special_name(type);
	if (!special || (unpack->profile == SB_INGEST_ROOT && type != SB_ENTRY_UNKNOWN))
		return 0;
	return sb_fail(err, SB_FORMAT, "archive-special-file", "the entry is %s; source drops hold files, folders and links", special);
}

static int set_link(struct sb_unpack *unpack, const struct sb_member *member, const struct sb_placement *where, struct sb_entry *entry,
                    struct sb_err *err)
{
	if (entry->type == SB_ENTRY_HARDLINK) {
		int rc = place_name(unpack, member->link, where, &entry->link, err);
		if (rc == SB_FORMAT)
			return refuse(err, "archive-escape", "a hard link to a name that is absolute or contains \"..\"");
		return rc || entry->link ? rc : refuse(err, "archive-bad-link", "a hard link to a member that was stripped away");
	}
	if (entry->type != SB_ENTRY_SYMLINK)
		return 0;
	if (member->link.n == 0 || member->link.n > SB_LIMIT_OF(PATH_BYTES) || memchr(member->link.p, 0, member->link.n))
		return refuse(err, "archive-bad-link", "a symbolic link whose target is empty, too long or holds a NUL byte");
	entry->link = sb_arena_copy(unpack->arena, member->link);
	return entry->link ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* Content that lies in the archive as it is. */
static int set_content(const struct sb_view *view, const struct sb_member *member, unsigned spool, struct sb_entry *entry, struct sb_err *err)
{
	struct sb_span inside;

	if (entry->type != SB_ENTRY_FILE || member->codec != SB_CODEC_NONE)
		return 0;
	entry->spool = spool;
	entry->offset = member->offset;
	entry->size = member->length;
	return sb_span_cut(view->file, member->offset, member->length, &inside)
	               ? 0
	               : sb_fail(err, SB_INTERNAL, "tiling-violated", "a member lies outside its archive");
}

/* Metadata that is recorded but not applied: worth a sentence, no reason to refuse. */
static int note_oddities(struct sb_unpack *unpack, const struct sb_member *member, struct sb_err *err)
{
	bool set_id = member->has_mode && (member->mode & 06000);
	bool odd_time = member->has_mode && (member->mtime < 0 || member->mtime > LATEST || member->mtime_ns > 999999999);
	bool odd_name = !sb_escape_is_plain(member->name), foreign = sb_ingest_name_is_foreign(member->name);

	if (unpack->profile == SB_INGEST_ROOT || !(set_id || odd_time || odd_name || foreign))
		return 0;
	char *shown = sb_escape_copy(unpack->arena, member->name);
	if (!shown)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = 0;
	if (set_id)
		rc = sb_ingest_note(unpack, err, "archive-setuid", "%s is setuid or setgid (mode %04o); the bit is not applied", shown,
		                    (unsigned)member->mode);
	if (!rc && odd_time)
		rc = sb_ingest_note(unpack, err, "archive-odd-time", "%s has a time outside 1970 to 9999; it is clamped", shown);
	if (!rc && odd_name)
		rc = sb_ingest_note(unpack, err, "archive-odd-name", "%s has a name with control or invisible characters, or not in UTF-8", shown);
	if (!rc && foreign)
		rc = sb_ingest_note(unpack, err, "archive-foreign-name", "%s has a name that other systems change or refuse", shown);
	return rc;
}

static int note_stripped(struct sb_unpack *unpack, const struct sb_member *member, struct sb_err *err)
{
	char *shown = sb_escape_copy(unpack->arena, member->name);
	return shown ? sb_ingest_note(unpack, err, "archive-stripped-away", "nothing is left of the name %s after stripping; it is left out", shown)
	             : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int fill_entry(struct sb_unpack *unpack, struct sb_view *view, const struct sb_member *member, unsigned spool,
                      const struct sb_placement *where, struct sb_err *err)
{
	struct sb_entry entry = {
		.type = entry_type(member->type),
		.mode = member->has_mode ? member->mode : member->type == SB_MEMBER_DIR ? 0755 : 0644,
		.uid = member->uid,
		.gid = member->gid,
		.mtime = member->mtime,
		.mtime_ns = member->mtime_ns,
		.rdev_major = member->rdev_major,
		.rdev_minor = member->rdev_minor,
		.origin = where->origin,
	};
	int rc = member->refusal ? refuse(err, member->refusal_id ? member->refusal_id : "archive-unsupported", member->refusal) : 0;

	if (!rc)
		rc = place_name(unpack, member->name, where, &entry.path, err);
	if (!rc)
		rc = check_type(unpack, entry.type, err);
	if (rc || !entry.path)
		return rc || entry.type == SB_ENTRY_DIR ? rc : note_stripped(unpack, member, err);
	rc = set_link(unpack, member, where, &entry, err);
	if (!rc)
		rc = set_content(view, member, spool, &entry, err);
	if (!rc)
		rc = note_oddities(unpack, member, err);
	if (rc)
		return rc;
	struct sb_entry *slot = sb_vec_push(&unpack->entries);
	if (!slot)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*slot = entry;
	return 0;
}

void sb_ingest_within(struct sb_err *err, const struct sb_member *member, size_t ordinal)
{
	char place[64];

	snprintf(place, sizeof place, "entry %zu", ordinal + 1);
	sb_within(err, member->name.n && member->name.p[0] ? (const char *)member->name.p : place);
}

int sb_ingest_member(struct sb_unpack *unpack, struct sb_view *view, size_t ordinal, unsigned spool, const struct sb_placement *where,
                     struct sb_err *err)
{
	const struct sb_member *member = sb_view_member(view, ordinal);
	int rc = fill_entry(unpack, view, member, spool, where, err);

	if (rc)
		sb_ingest_within(err, member, ordinal);
	return rc;
}
