/* SPDX-License-Identifier: Apache-2.0 */
/* Debian source control files: Debian Policy 5.4, fields of 5.6. */
#include "manifests/dsc.h"

#include <string.h>

static int malformed(struct sb_err *err, const char *what, const char *field)
{
	return sb_fail(err, SB_FORMAT, "dsc-malformed", "%s: %s", field, what);
}

/** The next word of @text, which moves past it; empty at the end. */
static struct sb_span next_word(struct sb_span *text)
{
	size_t from = 0;
	while (from < text->n && text->p[from] == ' ')
		from++;
	size_t to = from;
	while (to < text->n && text->p[to] != ' ')
		to++;
	struct sb_span word = sb_span_of(text->p + from, to - from);
	*text = sb_span_of(text->p + to, text->n - to);
	return word;
}

/* The name is joined to the folder of the .dsc, so it must be one plain component. */
static bool plain_name(struct sb_span name)
{
	if (name.n == 0 || name.n > SB_LIMIT_OF(NAME_BYTES) || name.p[0] == '.')
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] == '/' || name.p[i] < 0x21 || name.p[i] > 0x7e)
			return false;
	return true;
}

/* One line of Checksums-Sha256: "<digest> <size> <name>". */
static int read_file(struct sb_span line, struct sb_arena *arena, struct sb_dsc_file *out, struct sb_err *err)
{
	struct sb_span digest = next_word(&line), size = next_word(&line), name = next_word(&line);

	if (next_word(&line).n != 0 || digest.n != 2 * SB_SHA256_BYTES || !sb_text_unhex(digest, out->sha256, SB_SHA256_BYTES) ||
	    !sb_text_uint(size, &out->size))
		return malformed(err, "a line is not \"digest size name\"", "Checksums-Sha256");
	if (!plain_name(name))
		return malformed(err, "a file name is not a plain name", "Checksums-Sha256");
	out->name = sb_arena_copy(arena, name);
	return out->name ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int check_unique(const struct sb_dsc *dsc, struct sb_err *err)
{
	for (size_t i = 0; i < dsc->file_count; i++)
		for (size_t k = i + 1; k < dsc->file_count; k++)
			if (strcmp(dsc->files[i].name, dsc->files[k].name) == 0)
				return malformed(err, "a file is named twice", "Checksums-Sha256");
	return 0;
}

static size_t count_lines(const char *text)
{
	size_t n = 0;
	for (; *text; text++)
		n += *text == '\n';
	return n + 1;
}

static int read_files(const char *list, struct sb_arena *arena, struct sb_dsc *out, struct sb_err *err)
{
	enum { MOST_FILES = 1000 };
	size_t lines = count_lines(list);

	if (lines > MOST_FILES)
		return malformed(err, "more than 1000 files", "Checksums-Sha256");
	if (!(out->files = sb_arena_array(arena, lines, sizeof *out->files)))
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (const char *at = list; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL) {
		struct sb_span line = sb_span_of(at, strcspn(at, "\n"));
		if (line.n == 0)
			continue;
		int rc = read_file(line, arena, &out->files[out->file_count], err);
		if (rc)
			return rc;
		out->file_count++;
	}
	return out->file_count ? check_unique(out, err) : malformed(err, "names no file", "Checksums-Sha256");
}

int sb_dsc_read(struct sb_span text, struct sb_arena *arena, struct sb_dsc *out, struct sb_err *err)
{
	struct sb_deb822 fields;
	struct sb_dsc dsc = {0};

	int rc = sb_deb822_read(text, arena, &fields, &dsc.clear_signed, err);
	if (rc)
		return rc;
	dsc.source = sb_deb822_get(&fields, "Source");
	dsc.version = sb_deb822_get(&fields, "Version");
	dsc.format = sb_deb822_get(&fields, "Format");
	dsc.architecture = sb_deb822_get(&fields, "Architecture");
	dsc.binaries = sb_deb822_get(&fields, "Binary");
	const char *list = sb_deb822_get(&fields, "Checksums-Sha256");
	if (!dsc.source || !dsc.version || !dsc.format || !dsc.architecture)
		return malformed(err, "is missing", !dsc.source ? "Source" : !dsc.version ? "Version" : !dsc.format ? "Format" : "Architecture");
	if (!list)
		return malformed(err, "is missing", "Checksums-Sha256");
	if ((rc = read_files(list, arena, &dsc, err)))
		return rc;
	*out = dsc;
	return 0;
}
