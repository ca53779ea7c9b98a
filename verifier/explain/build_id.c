/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The build-id is a commitment to the file before it was stripped, not noise: it may be owned only where the file lacks what it commits
 * to (it is stripped), and only when every copy of it on each side agrees. Its bytes are freedom of the vendor.
 */
#include "verifier/explain/explainer.h"

#include <string.h>

static bool is_elf(const struct sb_pair *pair)
{
	return pair->state == SB_PAIR_OPENED && strcmp(pair->format->name, "elf") == 0;
}

struct sb_span sb_region_field(struct sb_view *view, const struct sb_region *region, const char *field)
{
	struct sb_span out = {0};

	if (!region || sb_view_describe(view, region, NULL))
		return out;
	for (size_t i = 0; i < view->fields.count; i++) {
		const struct sb_field *at = sb_vec_at(&view->fields, i);
		if (strcmp(at->name, field) == 0 && sb_span_cut(view->file, at->offset, at->length, &out))
			return out;
	}
	return (struct sb_span){0};
}

struct sb_span sb_elf_field(struct sb_view *view, const char *name, const char *field)
{
	return sb_region_field(view, sb_view_region_named(view, name), field);
}

static struct sb_span id_of(const struct sb_pair *pair, unsigned side)
{
	return sb_elf_field(pair->view[side], ".note.gnu.build-id", "build-id");
}

/* Debian names the separate debug file after the build-id: all digits but the first two, then ".debug". */
static bool link_agrees(const struct sb_pair *pair, unsigned side, struct sb_span id)
{
	char expected[2 * 64 + 8];
	struct sb_span name = sb_elf_field(pair->view[side], ".gnu_debuglink", "debuglink-name");

	if (name.n == 0)
		return true; /* no debug link: there is no other copy */
	if (id.n < 2 || id.n > 64)
		return false;
	sb_text_hex(sb_span_of(id.p + 1, id.n - 1), expected);
	memcpy(expected + 2 * (id.n - 1), ".debug", sizeof ".debug");
	return sb_span_equal(name, sb_span_of(expected, strlen(expected) + 1));
}

/* "<digits>.debug": a name that was made of some build-id. */
static bool is_of_some_id(struct sb_span name)
{
	const size_t tail = sizeof ".debug"; /* with its NUL */

	if (name.n <= tail + 8 || memcmp(name.p + name.n - tail, ".debug", tail) != 0)
		return false;
	for (size_t i = 0; i < name.n - tail; i++)
		if (!memchr("0123456789abcdef", name.p[i], 16))
			return false;
	return true;
}

/* The separate debug file carries the id too: another id with the same checksum of that file was not written by a linker. */
static bool crc_follows(const struct sb_pair *pair)
{
	struct sb_span a = sb_elf_field(pair->view[SB_SHIPPED], ".gnu_debuglink", "debuglink-crc");
	struct sb_span b = sb_elf_field(pair->view[SB_REBUILT], ".gnu_debuglink", "debuglink-crc");
	return (a.n == 0 && b.n == 0) || !sb_span_equal(a, b);
}

/* A link that is named after something else (the program) holds no copy of the id; it must then be the same on both sides. */
static bool links_agree(const struct sb_pair *pair, const struct sb_span id[SB_SIDES])
{
	struct sb_span a = sb_elf_field(pair->view[SB_SHIPPED], ".gnu_debuglink", "debuglink-name");
	struct sb_span b = sb_elf_field(pair->view[SB_REBUILT], ".gnu_debuglink", "debuglink-name");

	if (sb_span_equal(a, b) && !is_of_some_id(a))
		return true;
	return (link_agrees(pair, SB_SHIPPED, id[SB_SHIPPED]) && link_agrees(pair, SB_REBUILT, id[SB_REBUILT])) && crc_follows(pair);
}

/* The id covers the symbol table and the debug sections: a file that still has them gives its linker no second answer. */
static bool is_stripped(const struct sb_view *view)
{
	return !sb_view_region_named(view, ".symtab") && !sb_view_region_named(view, ".debug_info");
}

/* A digest holds many values, and not all of them are letters. */
static bool looks_like_digest(struct sb_span id)
{
	size_t values = 0, printable = 0;
	bool seen[256] = {false};

	if (id.n != 8 && id.n != 16 && id.n != 20 && id.n != 32)
		return false;
	for (size_t i = 0; i < id.n; i++) {
		values += !seen[id.p[i]];
		seen[id.p[i]] = true;
		printable += id.p[i] >= 0x20 && id.p[i] < 0x7f;
	}
	return values >= id.n / 2 && printable < id.n;
}

/* Ids are digests: two honest ones agree in a byte here and there, an edited one in nearly all. */
bool sb_ids_look_edited(const struct sb_span id[SB_SIDES])
{
	size_t same = 0;
	for (size_t i = 0; i < id[0].n; i++)
		same += id[0].p[i] == id[1].p[i];
	return same > id[0].n / 4 || !looks_like_digest(id[0]) || !looks_like_digest(id[1]);
}

/* Another note of that type would be a place for bytes that no linker writes. */
static bool has_one_id(struct sb_view *view)
{
	size_t found = 0;

	for (size_t i = 0; i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		if ((region->kind != SB_REGION_SECTION && region->kind != SB_REGION_TABLE) || sb_view_describe(view, region, NULL))
			continue;
		for (size_t k = 0; k < view->fields.count; k++)
			found += strcmp(((const struct sb_field *)sb_vec_at(&view->fields, k))->name, "build-id") == 0;
	}
	return found == 1;
}

/* Something that the id covers differs: whatever was in the file when it was linked. The debug link came later. */
static bool covers_difference(const struct sb_pair *pair)
{
	for (size_t i = 0; i < pair->diff_count; i++) {
		const struct sb_diff *diff = &pair->diffs[i];
		const struct sb_region *region = diff->side[SB_SHIPPED].region ? diff->side[SB_SHIPPED].region : diff->side[SB_REBUILT].region;
		if (region && region->kind == SB_REGION_SECTION && strcmp(region->name, ".note.gnu.build-id") != 0 && strncmp(region->name, ".gnu_debug", 10) != 0)
			return true;
	}
	return false;
}

bool sb_build_id_claimable(struct sb_reading *reading, const struct sb_pair *pair)
{
	if (!is_elf(pair))
		return false;
	const struct sb_span id[SB_SIDES] = {id_of(pair, SB_SHIPPED), id_of(pair, SB_REBUILT)};

	if (id[0].n == 0 || id[0].n != id[1].n || sb_span_equal(id[0], id[1]))
		return false;
	if (sb_ids_look_edited(id) || !has_one_id(pair->view[SB_SHIPPED]) || !has_one_id(pair->view[SB_REBUILT]) || !links_agree(pair, id) || !sb_md5sums_agree(reading, pair))
		return false;
	return (is_stripped(pair->view[SB_SHIPPED]) && is_stripped(pair->view[SB_REBUILT])) || covers_difference(pair);
}

static bool named(const struct sb_diff *diff, const char *name)
{
	return diff->name && strcmp(diff->name, name) == 0;
}

static bool claim_build_id(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	if (!sb_diff_is_field(diff, SB_FIELD_IDENTIFIER) || !named(diff, "build-id") || !sb_build_id_claimable(in->comparison->reading, pair))
		return false;
	claim->cap = SB_LEVEL_EXPLAINED;
	claim->primary = true;
	claim->freedom = diff->bytes;
	claim->severity = SB_SEVERITY_MINOR;
	claim->note = sb_explain_note(in, "the build-id differs; it commits to the unstripped file, which was not delivered: another compiler "
	                                  "version, path or debug information gives another id");
	return true;
}

const struct sb_explainer sb_explain_build_id = {"build-id", SB_CAUSE_BUILD_ID, SB_RULE_IDENTIFIER, 2, claim_build_id};
