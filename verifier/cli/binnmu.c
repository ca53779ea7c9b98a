/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/binnmu.h"
#include "verifier/ingest/ingest.h"
#include "verifier/recipe/recipe.h"

#include <string.h>

bool sb_binnmu_named(const char *deb)
{
	const char *version = strchr(sb_path_base(deb), '_'), *end = version ? strrchr(version, '_') : NULL, *digits = end;

	while (digits && digits > version + 2 && digits[-1] >= '0' && digits[-1] <= '9')
		digits--;
	return digits && digits < end && digits > version + 2 && digits[-1] == 'b' && digits[-2] == '+';
}

static int none(const char *deb, const char *why, struct sb_err *err)
{
	return sb_fail(err, SB_USAGE, "init-binnmu", "%s is a binary rebuild, and %s", deb, why);
}

static bool starts(const char *text, const char *head)
{
	return strncmp(text, head, strlen(head)) == 0;
}

static const struct sb_entry *find(const struct sb_unpack *unpack, size_t from, const char *head, const char *middle)
{
	for (size_t i = from; i < unpack->entries.count; i++) {
		const struct sb_entry *entry = sb_vec_at(&unpack->entries, i);
		if (entry->type == SB_ENTRY_FILE && starts(entry->path, head) && strstr(entry->path, middle))
			return entry;
	}
	return NULL;
}

static bool bytes_of(const struct sb_unpack *unpack, const struct sb_entry *entry, struct sb_span *out)
{
	const struct sb_blob *spool = sb_vec_at(&unpack->spools, entry->spool);
	return sb_span_cut(spool->bytes, entry->offset, entry->size, out);
}

/* The package's files, behind its own members. */
static int unpack_data(struct sb_unpack *unpack, const char *deb, struct sb_err *err)
{
	const struct sb_placement where = {.into = "."};
	struct sb_span inner;
	int rc = sb_ingest_archive(unpack, 0, deb, &where, err);
	const struct sb_entry *data = rc ? NULL : find(unpack, 0, "data.tar", "");

	if (rc)
		return rc;
	if (!data || !bytes_of(unpack, data, &inner))
		return none(deb, "holds no files", err);
	const char *name = data->path;
	struct sb_blob copy = {.fd = -1}, *slot = NULL;
	rc = sb_blob_copy(inner, &copy, err);
	if (rc)
		return rc;
	if (!(slot = sb_vec_push(&unpack->spools))) {
		sb_blob_release(&copy);
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	}
	*slot = copy;
	return sb_ingest_archive(unpack, (unsigned)(unpack->spools.count - 1), name, &where, err);
}

static int decode_only_member(struct sb_unpack *unpack, struct sb_parser_side *side, struct sb_source *source, const struct sb_view *view,
                              struct sb_blob *out, struct sb_err *err)
{
	if (view->members.count != 1)
		return sb_fail(err, SB_FORMAT, "archive-damaged", "a changelog with %zu payloads", view->members.count);
	struct sb_decoding payload = {.member = sb_view_member(view, 0), .blob.fd = -1};
	int rc = sb_parsing_decode(side, source, &payload, 1, &unpack->budget, err);
	if (!rc && payload.rc && err)
		*err = payload.why;
	*out = payload.blob;
	return rc ? rc : payload.rc;
}

static int decompress(struct sb_unpack *unpack, struct sb_span packed, struct sb_blob *out, struct sb_err *err)
{
	const struct sb_format *gzip = sb_formats_named("gzip");
	struct sb_parser_side *side = sb_parser_side_new(unpack->parsers);
	struct sb_source source;
	struct sb_view view = {0};

	if (!gzip || !side) {
		sb_parser_side_free(&side);
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	}
	sb_source_init(&source, side, NULL, packed, NULL);
	int rc = sb_parsing_open(side, &source, gzip, "changelog.gz", unpack->arena, &view, err);
	if (!rc) {
		rc = decode_only_member(unpack, side, &source, &view, out, err);
		sb_view_release(&view);
	}
	sb_source_close(&source);
	sb_parser_side_free(&side);
	return rc;
}

/* It becomes a text in the manifest: each line must be plain, and none may end the here-document that it is put into. */
static bool is_plain_entry(const char *entry)
{
	for (const char *line = entry; *line;) {
		size_t n = strcspn(line, "\n");
		if (!sb_escape_is_plain(sb_span_of(line, n)) || starts(line, "=END=") || (n && line[0] == '\t'))
			return false;
		line += n + (line[n] == '\n');
	}
	return entry[0] != '\0' && entry[0] != ' ';
}

static int read_entry(struct sb_unpack *unpack, const char *deb, const char **entry, int64_t *epoch, struct sb_err *err)
{
	SB_BLOB struct sb_blob text = {.fd = -1};
	struct sb_span packed, newest;
	int rc = unpack_data(unpack, deb, err);
	const struct sb_entry *found = rc ? NULL : find(unpack, 0, "usr/share/doc/", "/changelog.Debian.");

	if (rc)
		return rc;
	/* "changelog.Debian.gz" is the source's own; the rebuild's has the architecture in its name. */
	while (found && strcmp(sb_path_base(found->path), "changelog.Debian.gz") == 0)
		found = find(unpack, (size_t)(found - (const struct sb_entry *)unpack->entries.items) + 1, "usr/share/doc/", "/changelog.Debian.");
	if (!found || !bytes_of(unpack, found, &packed))
		return none(deb, "does not hold the changelog entry of it", err);
	rc = decompress(unpack, packed, &text, err);
	if (rc)
		return rc;
	if (!sb_recipe_changelog_date(text.bytes, epoch, &newest) || memchr(newest.p, 0, newest.n))
		return none(deb, "its changelog entry cannot be read", err);
	*entry = sb_arena_copy(unpack->arena, newest);
	if (!*entry)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	return is_plain_entry(*entry) ? 0 : none(deb, "its changelog entry holds characters that are not plain text", err);
}

int sb_binnmu_entry(int fd, const char *deb, struct sb_parsers *parsers, struct sb_arena *arena, const char **entry, int64_t *epoch,
                    struct sb_err *err)
{
	struct sb_unpack unpack = {.profile = SB_INGEST_ROOT, .budget = {.most = SB_LIMIT_OF(UNPACKED_TOTAL)},
	                           .most_entries = SB_LIMIT_OF(ENTRIES), .jobs = 1, .parsers = parsers, .arena = arena};

	sb_unpack_init(&unpack);
	struct sb_blob *blob = sb_vec_push(&unpack.spools);
	int rc = blob ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (blob)
		blob->fd = -1;
	if (!rc)
		rc = sb_blob_take(fd, SB_LIMIT_OF(UNPACKED_TOTAL), blob, err);
	if (!rc) {
		unpack.budget.packed = blob->bytes.n;
		rc = read_entry(&unpack, deb, entry, epoch, err);
	}
	sb_unpack_release(&unpack);
	return rc;
}
