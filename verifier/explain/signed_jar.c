/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A signed jar: META-INF/X.SF states digests of the manifest and of its sections, META-INF/X.RSA (DSA, EC) is a CMS message over X.SF, and
 * the manifest states digests of files. All of them are recomputed; whatever else a signature file says is refused. Source: JAR File
 * Specification (Java SE 17), "Signed JAR File".
 */
#include "verifier/explain/jar.h"
#include "verifier/explain/signed.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/** Signature files and blocks: each is looked for among all members. */
enum { MOST_SIGNATURES = 64 };

static const char folder[] = "META-INF/", manifest_name[] = "META-INF/MANIFEST.MF";

/** A manifest and its sections, sorted by name. */
struct manifest {
	struct sb_listed_side list; /* items */
	struct sb_vec sections;     /* struct sb_jar_section */
	struct sb_span text;
};

static int by_name(const void *a, const void *b)
{
	return sb_span_compare(((const struct sb_jar_section *)a)->name, ((const struct sb_jar_section *)b)->name);
}

static void release(struct manifest *manifest)
{
	sb_vec_release(&manifest->list.items);
	sb_vec_release(&manifest->sections);
}

/* @text is copied: what a decoder left may go. No name comes twice. */
static bool read_text(struct sb_explaining *in, struct sb_span text, struct manifest *out)
{
	*out = (struct manifest){
		.list = {.in = in, .items = {.size = sizeof(struct sb_listed_item), .ceiling = (size_t)SB_LIMIT_OF(ENTRIES)}},
		.sections = {.size = sizeof(struct sb_jar_section), .ceiling = (size_t)SB_LIMIT_OF(ENTRIES)},
	};
	const char *copy = sb_arena_copy(in->arena, text);
	if (!copy) {
		in->no_memory = true;
		return false;
	}
	out->text = sb_span_of(copy, text.n);
	if (!sb_jar_read(&out->list, out->text, &out->sections) || out->sections.count == 0)
		return false;
	qsort(out->sections.items, out->sections.count, sizeof(struct sb_jar_section), by_name);
	for (size_t i = 1; i < out->sections.count; i++)
		if (by_name(sb_vec_at(&out->sections, i - 1), sb_vec_at(&out->sections, i)) == 0)
			return false;
	return true;
}

static const struct sb_jar_section *section_named(const struct manifest *manifest, struct sb_span name)
{
	const struct sb_jar_section key = {.name = name};
	return bsearch(&key, manifest->sections.items, manifest->sections.count, sizeof key, by_name);
}

static bool is(struct sb_span text, const char *word)
{
	return sb_span_equal(text, sb_span_text(word));
}

/* Every digest of a file that the manifest states is that of the one file of that name. */
static bool files_are_right(struct sb_signed_side *side, struct sb_contents *contents, const struct manifest *manifest)
{
	for (size_t i = 0; i < manifest->list.items.count; i++) {
		const struct sb_listed_item *item = sb_vec_at(&manifest->list.items, i);
		enum sb_declared_digest kind;
		struct sb_span rest, content;
		if (!item->name.n || !sb_jar_digest_kind(item->key, &kind, &rest))
			continue;
		const struct sb_member *member = sb_member_named(side->in, side->pair, side->side, item->name);
		if (!is(rest, "-Digest") || !member || !sb_contents_of(contents, member, &content) || !sb_jar_says(side->in, item->value, kind, content))
			return sb_signed_blame(side, item->name, "the digest in the manifest is not that of the file");
	}
	return true;
}

/* Attributes of a signature file that are no digests. */
static bool may_say(const struct sb_listed_item *item)
{
	if (item->name.n)
		return is(item->key, "Name");
	return (is(item->key, "Signature-Version") && is(item->value, "1.0")) || is(item->key, "Created-By") ||
	       (is(item->key, "X-Android-APK-Signed") && item->value.n <= 16);
}

/* One digest of the manifest: of all of it, of its main section, or of a section. */
static bool states(const struct manifest *manifest, const struct sb_listed_item *item, enum sb_declared_digest kind, struct sb_span rest)
{
	const struct sb_jar_section *section = section_named(manifest, item->name);

	if (!section)
		return false;
	if (!item->name.n && is(rest, "-Digest-Manifest"))
		return sb_jar_says(manifest->list.in, item->value, kind, manifest->text);
	return is(rest, item->name.n ? "-Digest" : "-Digest-Manifest-Main-Attributes") && sb_jar_says(manifest->list.in, item->value, kind, section->bytes);
}

static bool signature_file_is_right(struct sb_signed_side *side, const struct manifest *manifest, struct sb_span name, struct sb_span text)
{
	struct manifest file;
	bool fine = read_text(side->in, text, &file);
	size_t digests = 0;

	if (!fine)
		sb_signed_blame(side, name, "it cannot be read, or names a section twice");
	for (size_t i = 0; fine && i < file.list.items.count; i++) {
		const struct sb_listed_item *item = sb_vec_at(&file.list.items, i);
		enum sb_declared_digest kind;
		struct sb_span rest;
		bool digest = sb_jar_digest_kind(item->key, &kind, &rest);
		digests += digest && !item->name.n;
		if (digest ? !states(manifest, item, kind, rest) : !may_say(item))
			fine = sb_signed_blame(side, name, digest ? "a digest that is not that of the manifest" : "an attribute that no signature needs");
	}
	release(&file);
	if (fine && digests == 0)
		return sb_signed_blame(side, name, "it states no digest of the manifest");
	return fine;
}

/* Length of "META-INF/X" when @name is that of a signature file or block of signer X; 0 for any other. */
static size_t stem(struct sb_span name, bool *block)
{
	static const struct {
		const char *ending;
		bool block;
	} endings[] = {{".SF", false}, {".RSA", true}, {".DSA", true}, {".EC", true}};
	size_t n = sizeof folder - 1;

	if (name.n <= n || strncasecmp((const char *)name.p, folder, n) != 0 || memchr(name.p + n, '/', name.n - n))
		return 0;
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t tail = strlen(endings[i].ending);
		if (name.n <= n + tail || strncasecmp((const char *)name.p + name.n - tail, endings[i].ending, tail) != 0)
			continue;
		*block = endings[i].block;
		return name.n - tail;
	}
	return 0;
}

/* The one counterpart of a signature file or block: the other half of the same signer. */
static const struct sb_member *other_half(const struct sb_view *view, const struct sb_member *member)
{
	const struct sb_member *found = NULL;
	bool block = false, other = false;
	size_t n = stem(member->name, &block);

	for (size_t i = 0; i < view->members.count; i++) {
		const struct sb_member *candidate = sb_view_member(view, i);
		if (candidate == member || !candidate->signature || stem(candidate->name, &other) != n ||
		    strncasecmp((const char *)candidate->name.p, (const char *)member->name.p, n) != 0)
			continue;
		if (found || other == block)
			return NULL;
		found = candidate;
	}
	return found;
}

static bool block_is_right(struct sb_signed_side *side, struct sb_span name, struct sb_span message, struct sb_span file)
{
	struct sb_cms cms;
	const char *why = NULL;

	if (!sb_cms_read(message, &cms, &why))
		return sb_signed_blame(side, name, why);
	if (cms.content.p || !sb_cms_states(side->in->comparison->reading, &cms, &file, 1))
		return sb_signed_blame(side, name, "the digest that it holds is not that of the signature file");
	side->found++;
	return true;
}

/* A signature file with its block: both are signatures to the format. */
static bool signer_is_right(struct sb_signed_side *side, struct sb_contents *contents, const struct manifest *manifest, const struct sb_member *file)
{
	const struct sb_member *block = other_half(side->pair->view[side->side], file);
	struct sb_span text, message;

	if (!block)
		return sb_signed_blame(side, file->name, "it has no counterpart, or more than one");
	if (!sb_contents_of(contents, file, &text))
		return sb_signed_blame(side, file->name, "it cannot be unpacked");
	const char *copy = sb_arena_copy(side->in->arena, text);
	if (!copy)
		return sb_signed_refuse(side, "no memory");
	text.p = (const uint8_t *)copy;
	if (!sb_contents_of(contents, block, &message))
		return sb_signed_blame(side, block->name, "it cannot be unpacked");
	return sb_signed_entry_is_right(side, block, message) && block_is_right(side, block->name, message, text) && sb_signed_entry_is_right(side, file, text) &&
	       signature_file_is_right(side, manifest, file->name, text);
}

static bool signers_are_right(struct sb_signed_side *side, struct sb_contents *contents, const struct manifest *manifest)
{
	const struct sb_view *view = side->pair->view[side->side];
	bool block = false;
	size_t count = 0;

	for (size_t i = 0; i < view->members.count; i++) {
		const struct sb_member *member = sb_view_member(view, i);
		if (!member->signature)
			continue;
		if (++count > MOST_SIGNATURES)
			return sb_signed_refuse(side, "more signatures than anybody gives");
		if (!stem(member->name, &block) || (block && !other_half(view, member)))
			return sb_signed_blame(side, member->name, "it has no counterpart, or more than one");
		if (!block && !signer_is_right(side, contents, manifest, member))
			return false;
	}
	return true;
}

/* Of a manifest that only this side has, nobody else has seen the main section: it says what a signer says. */
static bool main_section_is_plain(const struct manifest *manifest)
{
	for (size_t i = 0; i < manifest->list.items.count; i++) {
		const struct sb_listed_item *item = sb_vec_at(&manifest->list.items, i);
		enum sb_declared_digest kind;
		struct sb_span rest;
		bool plain = item->name.n ? is(item->key, "Name") || sb_jar_digest_kind(item->key, &kind, &rest)
		                          : (is(item->key, "Manifest-Version") && is(item->value, "1.0")) || is(item->key, "Created-By") || is(item->key, "Built-By");
		if (!plain)
			return false;
	}
	return true;
}

/* A manifest that only this side has came with the signature; of one on both sides the rest of the headers is compared. */
static bool manifest_is_right(struct sb_signed_side *side, const struct sb_member *member, const struct manifest *manifest)
{
	if (sb_member_named(side->in, side->pair, !side->side, member->name))
		return sb_signed_entry_may_change(side, member, manifest->text);
	if (!main_section_is_plain(manifest))
		return sb_signed_blame(side, member->name, "attributes that no signature needs");
	return sb_signed_entry_is_right(side, member, manifest->text);
}

bool sb_signed_jar_has(const struct sb_view *view)
{
	for (size_t i = 0; i < view->members.count; i++)
		if (sb_view_member(view, i)->signature)
			return true;
	return false;
}

static bool look_through(struct sb_signed_side *side, struct sb_contents *contents, bool is_signed)
{
	const struct sb_member *member = sb_member_named(side->in, side->pair, side->side, sb_span_text(manifest_name));
	struct manifest manifest = {0};
	struct sb_span text;

	if (!member)
		return !is_signed || sb_signed_refuse(side, "signatures without one manifest");
	bool fine = sb_contents_of(contents, member, &text) && read_text(side->in, text, &manifest);
	if (!fine)
		sb_signed_blame(side, member->name, "it cannot be read, or names a section twice");
	fine = fine && manifest_is_right(side, member, &manifest) && files_are_right(side, contents, &manifest) && signers_are_right(side, contents, &manifest);
	release(&manifest);
	return fine;
}

/* Digests of an unsigned side are looked at too where the other one is signed: its manifest may be told apart by them. */
bool sb_signed_jar_is_right(struct sb_signed_side *side)
{
	bool is_signed = sb_signed_jar_has(side->pair->view[side->side]);
	struct sb_contents contents;

	if (!is_signed && !sb_signed_jar_has(side->pair->view[!side->side]))
		return true;
	if (!sb_contents_begin(side->in, side->pair, side->side, &contents))
		return sb_signed_refuse(side, "no memory");
	bool fine = look_through(side, &contents, is_signed);
	sb_contents_end(&contents);
	return fine;
}

/* The text without digests, and without sections that hold nothing else. */
static void strip(const struct manifest *manifest, struct sb_buf *out)
{
	const struct sb_listed_item *items = manifest->list.items.items;
	size_t count = manifest->list.items.count, first = 0;

	while (first < count) {
		size_t end = first, kept = 0;
		for (; end < count && sb_span_equal(items[end].name, items[first].name); end++) {
			enum sb_declared_digest kind;
			struct sb_span rest;
			kept += !is(items[end].key, "Name") && !sb_jar_digest_kind(items[end].key, &kind, &rest);
		}
		for (size_t i = first; kept && i < end; i++) {
			enum sb_declared_digest kind;
			struct sb_span rest;
			if (items[i].name.n && sb_jar_digest_kind(items[i].key, &kind, &rest))
				continue;
			sb_buf_add(out, items[i].key.p, items[i].key.n);
			sb_buf_add(out, ": ", 2);
			sb_buf_add(out, manifest->text.p + items[i].from, items[i].to - items[i].from);
			sb_buf_add(out, "\n", 1);
		}
		first = end;
	}
}

static bool same_but_for_digests(struct sb_explaining *in, const struct sb_pair *text)
{
	SB_BUF struct sb_buf shipped = {0};
	SB_BUF struct sb_buf rebuilt = {0};
	struct manifest manifest[SB_SIDES] = {0};
	bool fine = true;

	for (unsigned side = 0; side < SB_SIDES; side++) {
		fine = read_text(in, text->bytes[side], &manifest[side]) && fine;
		if (fine)
			strip(&manifest[side], side == SB_SHIPPED ? &shipped : &rebuilt);
	}
	for (unsigned side = 0; side < SB_SIDES; side++)
		release(&manifest[side]);
	return fine && !shipped.bad && !rebuilt.bad && sb_span_equal(sb_buf_span(&shipped), sb_buf_span(&rebuilt));
}

bool sb_signed_jar_owns_manifest(struct sb_explaining *in, const struct sb_pair *text)
{
	if (!sb_jar_is_zip(text->parent) || strcmp(text->name, manifest_name) != 0 ||
	    (!sb_signed_jar_has(text->parent->view[SB_SHIPPED]) && !sb_signed_jar_has(text->parent->view[SB_REBUILT])))
		return false;
	if (in->manifest.pair != text) {
		in->manifest.owned = same_but_for_digests(in, text);
		in->manifest.pair = text;
	}
	return in->manifest.owned;
}
