/* SPDX-License-Identifier: Apache-2.0 */
/* One archive, through its compressions, to entries. */
#include "verifier/ingest/unpack.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

void sb_unpack_init(struct sb_unpack *unpack)
{
	unpack->entries = (struct sb_vec){.size = sizeof(struct sb_entry)};
	unpack->spools = (struct sb_vec){.size = sizeof(struct sb_blob)};
	unpack->notices = (struct sb_vec){.size = sizeof(struct sb_ingest_notice), .ceiling = 1000};
}

void sb_unpack_release(struct sb_unpack *unpack)
{
	for (size_t i = 0; i < unpack->spools.count; i++)
		sb_blob_release(sb_vec_at(&unpack->spools, i));
	sb_vec_release(&unpack->entries);
	sb_vec_release(&unpack->spools);
	sb_vec_release(&unpack->notices);
}

int sb_ingest_note(struct sb_unpack *unpack, struct sb_err *err, const char *id, const char *fmt, ...)
{
	char text[768];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	if (unpack->notices.count == unpack->notices.ceiling) {
		unpack->unsaid++;
		return 0;
	}
	struct sb_ingest_notice *notice = sb_vec_push(&unpack->notices);
	if (!notice || !(notice->text = sb_arena_copy(unpack->arena, sb_span_text(text))))
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	notice->id = id;
	return 0;
}

int sb_ingest_note_rest(struct sb_unpack *unpack, struct sb_err *err)
{
	if (unpack->unsaid == 0)
		return 0;
	unpack->notices.ceiling++;
	return sb_ingest_note(unpack, err, "archive-more-notices", "%llu more remarks of these kinds are not shown",
	                      (unsigned long long)unpack->unsaid);
}

static bool is_limit_of_parsers(const struct sb_err *err)
{
	static const enum sb_limit_row rows[] = {SB_LIMIT_ROW_PARSER_SILENCE, SB_LIMIT_ROW_PARSER_SECONDS, SB_LIMIT_ROW_PARSER_FAILURES,
	                                         SB_LIMIT_ROW_DROP_PARSER_MEMORY, SB_LIMIT_ROW_DROP_PARTS_BYTES};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (err->limit == 1 + (unsigned)rows[i])
			return true;
	return false;
}

int sb_ingest_refuse(int rc, struct sb_err *err)
{
	if (rc == SB_INTERNAL && err && err->id && strcmp(err->id, "parser-failed") == 0) {
		err->code = SB_FORMAT;
		err->id = "archive-parser-failed";
		return SB_FORMAT;
	}
	if (rc == SB_FORMAT && (!err || !err->id || strncmp(err->id, "archive-", 8) != 0))
		sb_reidentify(err, "archive-damaged");
	if (rc == SB_LIMIT)
		sb_reidentify(err, err && is_limit_of_parsers(err) ? "archive-parser-limit" : "archive-limit");
	return rc;
}

static const char *const codings[] = {".gz", ".xz", ".bz2", ".zst", ".lz4", ".lzma", ".lz", NULL};

/* The length of @name without its last ending when that is one of @endings, else @n. */
static size_t without_ending(const char *name, size_t n, const char *const *endings)
{
	for (; *endings; endings++) {
		size_t ending = strlen(*endings);
		if (n > ending && strncasecmp(name + n - ending, *endings, ending) == 0)
			return n - ending;
	}
	return n;
}

/* Names that promise an archive: a file of such a name that is none is refused rather than placed as data. */
bool sb_ingest_promises_archive(const char *name)
{
	static const char *const archives[] = {".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".tzst", ".zip", ".jar", ".cpio", ".deb", ".tlz", ".7z", NULL};
	size_t n = strlen(name), before;

	do {
		before = n;
		n = without_ending(name, n, codings);
	} while (n < before);
	return without_ending(name, n, archives) < n;
}

static int fail_notice(const struct sb_view *view, const struct sb_notice *notice, struct sb_err *err)
{
	int rc = sb_fail(err, SB_FORMAT, notice->id ? notice->id : "archive-damaged", "%s", notice->text);
	if (err)
		err->offset = notice->offset;
	if (notice->member && notice->member <= view->members.count)
		sb_within(err, (const char *)sb_view_member(view, notice->member - 1)->name.p);
	return rc;
}

static int refuse_notices(const struct sb_view *view, struct sb_err *err)
{
	for (size_t i = 0; i < view->notices.count; i++) {
		const struct sb_notice *notice = sb_vec_at(&view->notices, i);
		if (notice->refuse_drop)
			return fail_notice(view, notice, err);
	}
	return 0;
}

/* The payload's name: what is left of "a.tar.xz" when the compression is gone. */
static const char *payload_name(const struct sb_member *member, const char *name)
{
	return member->name.n ? (const char *)member->name.p : name;
}

static int unpack_blob(struct sb_unpack *unpack, unsigned spool, const char *name, const struct sb_placement *where, unsigned depth,
                       struct sb_err *err);

/* What lies in "good.xz!" is "good". What it is called inside is for its maker to choose. */
static char *lone_name(struct sb_unpack *unpack, const struct sb_placement *where, unsigned depth)
{
	const char *name = sb_path_base(where->into);
	size_t n = strlen(name) - strlen(SB_PACKED);

	for (unsigned i = 0; i <= depth; i++)
		n = without_ending(name, n, codings);
	return sb_arena_printf(unpack->arena, "%s/%.*s", where->into, (int)n, name);
}

/* What was compressed by itself becomes the one member. */
static int place_lone(struct sb_unpack *unpack, unsigned spool, const struct sb_placement *where, unsigned depth, struct sb_err *err)
{
	const struct sb_blob *blob = sb_vec_at(&unpack->spools, spool);
	struct sb_entry entry = {.type = SB_ENTRY_FILE, .mode = 0644, .size = blob->bytes.n, .spool = spool, .origin = where->origin};
	struct sb_digest digest;

	if (unpack->entries.count >= unpack->most_entries)
		return sb_ingest_refuse(sb_fail_limit(err, SB_LIMIT_ROW_ENTRIES, unpack->entries.count + 1), err);
	entry.path = lone_name(unpack, where, depth);
	struct sb_entry *slot = entry.path ? sb_vec_push(&unpack->entries) : NULL;
	if (!slot)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	sb_hash_span(blob->bytes, SB_DIGEST_BLAKE2B, &digest);
	memcpy(entry.blake2b, digest.blake2b, sizeof entry.blake2b);
	*slot = entry;
	return 0;
}

static int unpack_payload(struct sb_unpack *unpack, const struct sb_view *view, struct sb_source *source, const char *name,
                          const struct sb_placement *where, unsigned depth, struct sb_err *err)
{
	struct sb_decoding payload = {.blob.fd = -1};

	if (view->members.count != 1)
		return sb_fail(err, SB_FORMAT, "archive-damaged", "a compressed file with %zu payloads", view->members.count);
	payload.member = sb_view_member(view, 0);
	int rc = sb_parsing_decode(unpack->side, source, &payload, 1, &unpack->budget, err);
	if (rc)
		return rc;
	if (payload.rc && err)
		*err = payload.why;
	if (payload.rc)
		return sb_ingest_refuse(payload.rc, err);
	struct sb_blob *spool = sb_vec_push(&unpack->spools);
	if (!spool) {
		sb_blob_release(&payload.blob);
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	}
	*spool = payload.blob;
	if (payload.consumed != payload.member->length)
		return sb_fail(err, SB_FORMAT, "archive-trailing", "%llu bytes follow the compressed stream",
		               (unsigned long long)(payload.member->length - payload.consumed));
	unsigned made = (unsigned)(unpack->spools.count - 1);
	if (unpack->lone && sb_ingest_probe_packed(payload.blob.bytes, "") == 0)
		return place_lone(unpack, made, where, depth, err);
	return unpack_blob(unpack, made, payload_name(payload.member, name), where, depth + 1, err);
}

static int unpack_members(struct sb_unpack *unpack, struct sb_view *view, struct sb_source *source, unsigned spool,
                          const struct sb_placement *where, struct sb_err *err)
{
	size_t first = unpack->entries.count, count = view->members.count;
	SB_FREEING size_t *ordinals = calloc(count ? count : 1, sizeof *ordinals);
	int rc = 0;

	if (!ordinals)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (count == 0)
		return sb_fail(err, SB_FORMAT, "archive-empty", "an archive without entries");
	if (count > unpack->most_entries || first > unpack->most_entries - count)
		return sb_ingest_refuse(sb_fail_limit(err, SB_LIMIT_ROW_ENTRIES, first + count), err);
	for (size_t i = 0; !rc && i < count; i++) {
		size_t before = unpack->entries.count;
		rc = sb_ingest_member(unpack, view, i, spool, where, err);
		if (unpack->entries.count > before)
			ordinals[before - first] = i + 1;
	}
	if (!rc)
		rc = sb_ingest_check_tree(unpack, first, ordinals, err);
	if (!rc)
		rc = sb_ingest_contents(unpack, view, source, first, ordinals, err);
	if (!rc)
		rc = sb_ingest_check_sums(unpack, view, first, ordinals, err);
	if (!rc && unpack->profile == SB_INGEST_DROP)
		rc = sb_ingest_hash_entries(unpack, first, err);
	return rc;
}

static int open_view(struct sb_unpack *unpack, struct sb_source *source, const char *name, struct sb_view *view, struct sb_err *err)
{
	const struct sb_format *format;

	if (source->bytes.n == 0)
		return sb_fail(err, SB_FORMAT, "archive-empty", "an empty file is no archive");
	int rc = sb_ingest_refuse(sb_parsing_probe(unpack->side, source, name, &format, err), err);
	if (rc)
		return rc;
	if (!format || (!format->archive && !format->compression))
		return sb_fail(err, SB_FORMAT, "archive-unrecognised", "no archive format recognises it");
	return sb_ingest_refuse(sb_parsing_open(unpack->side, source, format, name, unpack->arena, view, err), err);
}

static int unpack_source(struct sb_unpack *unpack, struct sb_source *source, unsigned spool, const char *name, const struct sb_placement *where,
                         unsigned depth, struct sb_err *err)
{
	struct sb_view view = {0};
	int rc = open_view(unpack, source, name, &view, err);

	if (rc)
		return rc;
	rc = refuse_notices(&view, err);
	if (!rc)
		rc = view.format->compression ? unpack_payload(unpack, &view, source, name, where, depth, err)
		                              : unpack_members(unpack, &view, source, spool, where, err);
	sb_view_release(&view);
	return rc;
}

static int unpack_blob(struct sb_unpack *unpack, unsigned spool, const char *name, const struct sb_placement *where, unsigned depth,
                       struct sb_err *err)
{
	const struct sb_blob *blob = sb_vec_at(&unpack->spools, spool);
	struct sb_source source;

	if (depth > SB_LIMIT_OF(NEST_DEPTH))
		return sb_ingest_refuse(sb_fail_limit(err, SB_LIMIT_ROW_NEST_DEPTH, depth), err);
	sb_source_init(&source, unpack->side, NULL, blob->bytes, blob);
	int rc = unpack_source(unpack, &source, spool, name, where, depth, err);
	sb_source_close(&source);
	if (rc && err)
		sb_within(err, name);
	return rc;
}

/* Workers of their own for each archive, so that none knows what is in another one. */
static int begin(struct sb_unpack *unpack, struct sb_err *err)
{
	const struct sb_parser_ceilings ceilings = {.memory = SB_LIMIT_ROW_DROP_PARSER_MEMORY, .records = SB_LIMIT_ROW_DROP_PARTS_BYTES};

	unpack->side = sb_parser_side_new(unpack->parsers);
	if (!unpack->side)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	sb_parser_side_allow(unpack->side, ceilings);
	return 0;
}

int sb_ingest_is_archive(struct sb_unpack *unpack, unsigned spool, const char *name, bool *out, struct sb_err *err)
{
	const struct sb_blob *blob = sb_vec_at(&unpack->spools, spool);
	const struct sb_format *format = NULL;
	struct sb_source source;

	*out = sb_ingest_promises_archive(name);
	if (*out)
		return 0;
	int rc = begin(unpack, err);
	if (rc)
		return rc;
	sb_source_init(&source, unpack->side, NULL, blob->bytes, blob);
	rc = sb_ingest_refuse(sb_parsing_probe(unpack->side, &source, name, &format, err), err);
	sb_source_close(&source);
	sb_parser_side_free(&unpack->side);
	*out = format && (format->archive || format->appended); /* of the latter it is told that it was not looked into */
	if (rc)
		sb_within(err, name);
	return rc;
}

int sb_ingest_archive(struct sb_unpack *unpack, unsigned spool, const char *name, const struct sb_placement *where, struct sb_err *err)
{
	int rc = begin(unpack, err);

	if (rc)
		return rc;
	rc = unpack_blob(unpack, spool, name, where, 0, err);
	sb_parser_side_free(&unpack->side);
	return rc;
}
