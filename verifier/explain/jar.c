/* SPDX-License-Identifier: Apache-2.0 */
/* META-INF/MANIFEST.MF and META-INF/X.SF as lists: digests of files in the manifest, digests of the manifest and of its sections in a signature file. */
#include "verifier/explain/jar.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_manifest(const struct sb_pair *text)
{
	return sb_jar_is_zip(text->parent) && strcmp(text->name, "META-INF/MANIFEST.MF") == 0;
}

static bool is_signature_file(const struct sb_pair *text)
{
	size_t n = strlen(text->name);
	return sb_jar_is_zip(text->parent) && n > 12 && strncmp(text->name, "META-INF/", 9) == 0 && !strchr(text->name + 9, '/') &&
	       strcasecmp(text->name + n - 3, ".SF") == 0;
}

static bool read_manifest(struct sb_listed_side *side)
{
	return sb_jar_read(side, side->text->bytes[side->side], NULL);
}

static int by_name(const void *a, const void *b)
{
	return sb_span_compare(((const struct sb_jar_section *)a)->name, ((const struct sb_jar_section *)b)->name);
}

/* A signature file, and the manifest of its side, which it covers. Its main section is not sorted: it has the empty name. */
static bool read_signature_file(struct sb_listed_side *side)
{
	struct sb_listed_side manifest = *side;

	side->sections.size = sizeof(struct sb_jar_section);
	if (!sb_listed_content(side, sb_span_text("META-INF/MANIFEST.MF"), &side->lists))
		return false;
	bool fine = sb_jar_read(&manifest, side->lists, &side->sections);
	sb_vec_release(&manifest.items);
	if (!fine || side->sections.count == 0)
		return false;
	qsort(side->sections.items, side->sections.count, sizeof(struct sb_jar_section), by_name);
	return sb_jar_read(side, side->text->bytes[side->side], NULL);
}

static bool manifest_is_right(struct sb_listed_side *side, const struct sb_listed_item *item)
{
	enum sb_declared_digest kind;
	struct sb_span rest, content;

	return item->name.n && sb_jar_digest_kind(item->key, &kind, &rest) && sb_span_equal(rest, sb_span_text("-Digest")) &&
	       sb_listed_content(side, item->name, &content) && sb_jar_says(side->in, item->value, kind, content);
}

/* The one section of the manifest with that name. */
static const struct sb_jar_section *section_named(const struct sb_listed_side *side, struct sb_span name)
{
	const struct sb_jar_section key = {.name = name}, *found;
	const struct sb_jar_section *all = side->sections.items, *end = all + side->sections.count;

	if (!(found = bsearch(&key, all, side->sections.count, sizeof *all, by_name)))
		return NULL;
	bool twice = (found > all && by_name(found - 1, found) == 0) || (found + 1 < end && by_name(found + 1, found) == 0);
	return twice ? NULL : found;
}

static bool signature_is_right(struct sb_listed_side *side, const struct sb_listed_item *item)
{
	const struct sb_jar_section *section = section_named(side, item->name);
	enum sb_declared_digest kind;
	struct sb_span rest;

	if (!section || !sb_jar_digest_kind(item->key, &kind, &rest))
		return false;
	if (item->name.n)
		return sb_span_equal(rest, sb_span_text("-Digest")) && sb_jar_says(side->in, item->value, kind, section->bytes);
	if (sb_span_equal(rest, sb_span_text("-Digest-Manifest")))
		return sb_jar_says(side->in, item->value, kind, side->lists);
	return sb_span_equal(rest, sb_span_text("-Digest-Manifest-Main-Attributes")) && sb_jar_says(side->in, item->value, kind, section->bytes);
}

const struct sb_listed_format sb_listed_jar_manifest = {.is_mine = is_manifest, .read = read_manifest, .is_right = manifest_is_right};
const struct sb_listed_format sb_listed_jar_signature = {.is_mine = is_signature_file, .read = read_signature_file, .is_right = signature_is_right};
