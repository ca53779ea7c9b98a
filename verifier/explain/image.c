/* SPDX-License-Identifier: Apache-2.0 */
/* Executable files: how bad a place is, what follows from what moved, how the changed place reads. Nothing here owns a byte. */
#include "verifier/explain/image.h"

#include <inttypes.h>
#include <string.h>

/** Notes that show both sides, for one pair: enough for every page, bounded for hostile files; bytes of the largest file in which anything is folded. */
enum { MOST_SHOWN = 64, MOST_NOTICES = 1000, LARGEST = 64 << 20 };

static bool is_open(const struct sb_claim *claim)
{
	return claim->diff && !sb_claim_owns(claim);
}

static struct sb_place place_of(const struct sb_diff_side *side)
{
	return (struct sb_place){side->region, side->offset, side->length};
}

/* The worse of both sides. */
static void weigh(const struct sb_pair *pair, struct sb_claim *claim)
{
	enum sb_severity worst = SB_SEVERITY_INFO;

	for (unsigned side = 0; side < SB_SIDES; side++) {
		const struct sb_diff_side *at = &claim->diff->side[side];
		if (!at->present || !at->region)
			continue;
		struct sb_place place = place_of(at);
		enum sb_severity severity = sb_view_image(pair->view[side])->severity(pair->view[side], &place);
		worst = severity < worst ? severity : worst;
	}
	if (worst < SB_SEVERITY_INFO)
		claim->severity = worst;
}

static const char *show(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_claim *claim, unsigned side)
{
	const struct sb_diff_side *at = &claim->diff->side[side];
	struct sb_place place = place_of(at);
	const char *text = at->present && at->region ? sb_view_image(pair->view[side])->show(pair->view[side], &place, in->arena) : NULL;

	return text && strlen(text) > 300 ? NULL : text;
}

/* "…: cmp eax, 8 shipped, cmp eax, 7 rebuilt". */
static void add_reading(struct sb_explaining *in, const struct sb_pair *pair, struct sb_claim *claim)
{
	const char *shipped = show(in, pair, claim, SB_SHIPPED), *rebuilt = show(in, pair, claim, SB_REBUILT);

	if (!shipped && !rebuilt)
		return;
	claim->note = sb_explain_note(in, "%s; shipped: %s; rebuilt: %s", claim->note, shipped ? shipped : "nothing that can be shown",
	                              rebuilt ? rebuilt : "nothing that can be shown");
}

static size_t read_some(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, size_t first, enum sb_severity severity,
                        bool primary, size_t most)
{
	size_t shown = 0;

	for (size_t i = first; i < claims->count && shown < most; i++) {
		struct sb_claim *claim = sb_vec_at(claims, i);
		if (!is_open(claim) || claim->severity != severity || claim->primary != primary)
			continue;
		add_reading(in, pair, claim);
		shown++;
	}
	return shown;
}

/* The worst first, should there be too many, and what a person reads before what is folded. */
static void read_places(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, size_t first)
{
	size_t shown = 0;

	for (unsigned folded = 0; folded < 2; folded++)
		for (enum sb_severity severity = SB_SEVERITY_CRITICAL; severity < SB_SEVERITY_INFO; severity++)
			shown += read_some(in, pair, claims, first, severity, !folded, MOST_SHOWN - shown);
}

/* Zero fill between two parts is as long as they leave it. */
static bool is_fill(const struct sb_pair *pair, const struct sb_diff *diff)
{
	if (diff->kind != SB_DIFF_BYTES && diff->kind != SB_DIFF_REGION)
		return false;
	for (unsigned side = 0; side < SB_SIDES; side++) {
		const struct sb_region *region = diff->side[side].region;
		struct sb_span bytes;
		if (!region)
			continue;
		if (region->kind != SB_REGION_GAP || !sb_span_cut(pair->bytes[side], region->offset, region->length, &bytes) || !sb_span_all_zero(bytes))
			return false;
	}
	return true;
}

static void fold_fill(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, size_t first)
{
	for (size_t i = first; i < claims->count; i++) {
		struct sb_claim *claim = sb_vec_at(claims, i);
		if (!is_open(claim) || !is_fill(pair, claim->diff))
			continue;
		claim->primary = false;
		claim->severity = SB_SEVERITY_INFO;
		claim->note = sb_explain_note(in, "zero fill, as long as the parts around it leave it");
	}
}

/* Is the hash table of a side's symbols what their names give? */
static bool has_right_hashes(const struct sb_pair *pair, unsigned side)
{
	SB_VEC struct sb_vec facts = {.size = sizeof(struct sb_fact)};

	if (sb_view_image(pair->view[side])->facts(pair->view[side], &facts, NULL))
		return false;
	for (size_t i = 0; i < facts.count; i++) {
		const struct sb_fact *fact = sb_vec_at(&facts, i);
		if (strcmp(fact->name, "symbol hashes") == 0)
			return fact->strength > 0;
	}
	return false;
}

/* A table of hashes that was recomputed on both sides is a function of the symbols, which have findings of their own. */
static void fold_hashes(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, size_t first)
{
	bool asked = false, right = false;

	for (size_t i = first; i < claims->count; i++) {
		struct sb_claim *claim = sb_vec_at(claims, i);
		const struct sb_region *region = claim->diff ? claim->diff->side[SB_SHIPPED].region : NULL;
		if (!is_open(claim) || !region || (strcmp(region->name, ".gnu.hash") != 0 && strcmp(region->name, ".hash") != 0))
			continue;
		if (!asked)
			right = has_right_hashes(pair, SB_SHIPPED) && has_right_hashes(pair, SB_REBUILT);
		asked = true;
		if (!right)
			continue;
		claim->primary = false;
		claim->severity = SB_SEVERITY_INFO;
		claim->note = sb_explain_note(in, "it follows: the hashes are those of the symbols, recomputed on both sides");
	}
}

/* The first difference of code that does not follow from others. */
static struct sb_claim *first_of_code(const struct sb_address_map *map, struct sb_vec *claims, size_t first)
{
	for (size_t i = first; i < claims->count; i++) {
		struct sb_claim *claim = sb_vec_at(claims, i);
		const struct sb_region *region = claim->diff ? claim->diff->side[SB_SHIPPED].region : NULL;
		if (is_open(claim) && claim->primary && claim->severity == SB_SEVERITY_CRITICAL && region && region->kind == SB_REGION_SECTION &&
		    sb_address_map_has_functions(map, SB_SHIPPED, region))
			return claim;
	}
	return NULL;
}

/* It gets a sentence on all functions; where most of them differ, what made them differ comes first. */
static int add_functions(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_address_map *map, struct sb_vec *claims, size_t first,
                         struct sb_err *err)
{
	struct sb_claim *code = first_of_code(map, claims, first);
	struct sb_functions functions;

	if (!code || !sb_explain_functions(in, pair, map, &functions))
		return 0;
	code->note = sb_explain_note(in, "%s; %s", code->note, functions.text);
	return sb_explain_build(in, pair, map, &functions, claims, first, err);
}

static int fold(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, size_t first, struct sb_err *err)
{
	struct sb_address_map map;
	int rc = sb_address_map_build(pair, &map, err);

	if (!rc)
		rc = sb_explain_shift(in, pair, &map, claims, first, err);
	if (!rc) {
		fold_fill(in, pair, claims, first);
		fold_hashes(in, pair, claims, first);
		sb_explain_group(in, claims, first);
		read_places(in, pair, claims, first);
		rc = add_functions(in, pair, &map, claims, first, err);
	}
	sb_address_map_release(&map);
	return rc;
}

static bool has_notice(const struct sb_view *view, const char *text)
{
	for (size_t i = 0; i < view->notices.count && i < MOST_NOTICES; i++)
		if (strcmp(((const struct sb_notice *)sb_vec_at(&view->notices, i))->text, text) == 0)
			return true;
	return false;
}

static int add_notice(const struct sb_pair *pair, const char *note, struct sb_vec *claims, struct sb_err *err)
{
	struct sb_claim *slot = sb_vec_push(claims);
	if (!slot)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*slot = (struct sb_claim){
		.pair = pair, .kind = "notice", .cap = SB_LEVEL_DIFFERENT, .severity = SB_SEVERITY_MAJOR, .primary = true, .note = note};
	return 0;
}

/* What is odd about one side only: an overlap, a part that lies outside. No linker writes such a thing. */
static int add_notices(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, struct sb_err *err)
{
	size_t count[SB_SIDES] = {pair->view[SB_SHIPPED]->notices.count, pair->view[SB_REBUILT]->notices.count};
	int rc = 0;

	for (unsigned side = 0; side < SB_SIDES; side++) {
		for (size_t i = 0; !rc && i < count[side] && i < MOST_NOTICES; i++) {
			const struct sb_notice *notice = sb_vec_at(&pair->view[side]->notices, i);
			if (!has_notice(pair->view[!side], notice->text))
				rc = add_notice(pair, sb_explain_note(in, "on the %s side only, at offset %" PRIu64 ": %s", side == SB_SHIPPED ? "shipped" : "rebuilt",
				                                      notice->offset, notice->text), claims, err);
		}
	}
	if (!rc && count[SB_SHIPPED] != count[SB_REBUILT] && (count[SB_SHIPPED] > MOST_NOTICES || count[SB_REBUILT] > MOST_NOTICES))
		rc = add_notice(pair, sb_explain_note(in, "%zu parts overlap or lie outside as shipped, %zu as rebuilt", count[SB_SHIPPED], count[SB_REBUILT]),
		                claims, err);
	return rc;
}

/* Nothing of a program follows from an object, and nothing is folded in large files. */
static bool is_foldable(const struct sb_pair *pair)
{
	return pair->view[SB_SHIPPED]->unlinked == pair->view[SB_REBUILT]->unlinked && pair->bytes[SB_SHIPPED].n <= LARGEST &&
	       pair->bytes[SB_REBUILT].n <= LARGEST;
}

int sb_explain_image(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, size_t first, struct sb_err *err)
{
	bool open = false;

	if (pair->state != SB_PAIR_OPENED || !pair->format->image)
		return 0;
	for (size_t i = first; i < claims->count; i++) {
		struct sb_claim *claim = sb_vec_at(claims, i);
		if (!is_open(claim))
			continue;
		weigh(pair, claim);
		open = true;
	}
	int rc = open && is_foldable(pair) ? fold(in, pair, claims, first, err) : 0;
	if (!rc)
		rc = add_notices(in, pair, claims, err);
	return rc ? rc : sb_explain_hardening(in, pair, claims, err);
}
