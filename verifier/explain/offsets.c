/* SPDX-License-Identifier: Apache-2.0 */
/* Fields that say where something lies: right when that thing lies there, on each side by itself. */
#include "verifier/explain/explainer.h"

#include <string.h>

static bool is_format(const struct sb_pair *pair, const char *name)
{
	return pair->format && strcmp(pair->format->name, name) == 0;
}

/* First region called @name, and the length of all of them; false when there is none. */
static bool find_regions(const struct sb_view *view, const char *name, uint64_t *offset, uint64_t *length)
{
	bool found = false;

	*length = 0;
	for (size_t i = 0; i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		if (strcmp(region->name, name) != 0)
			continue;
		if (!found)
			*offset = region->offset;
		found = true;
		*length += region->length;
	}
	return found;
}

/* The header of a member: where its first region lies. */
static bool header_of(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, unsigned side, uint64_t *offset)
{
	const struct sb_region *region = diff->side[side].region;
	const struct sb_region_list *all = region ? sb_regions_of_member(in, pair, side, region->member) : NULL;

	if (!all || strcmp(all->region->name, "header") != 0)
		return false;
	*offset = all->region->offset;
	return true;
}

/* How many members there are: the format has read them all. */
static uint64_t count_entries(const struct sb_view *view)
{
	uint64_t count = 0;

	for (size_t i = 0; i < view->regions.count; i++)
		count += strcmp(sb_view_region(view, i)->name, "directory entry") == 0;
	return count;
}

/* PKWARE APPNOTE 4.3.12, 4.3.14 to 4.3.16. */
static bool zip_says(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, unsigned side, uint64_t *expected)
{
	uint64_t offset, length;

	if (strcmp(diff->name, "local header") == 0)
		return header_of(in, pair, diff, side, expected);
	if (strcmp(diff->name, "end record") == 0)
		return find_regions(pair->view[side], "zip64 end record", expected, &length);
	if (strcmp(diff->name, "directory") == 0)
		return find_regions(pair->view[side], "directory entry", expected, &length);
	if (strcmp(diff->name, "entries") == 0 || strcmp(diff->name, "entries here") == 0) {
		*expected = count_entries(pair->view[side]);
		return true;
	}
	return strcmp(diff->name, "directory size") == 0 && find_regions(pair->view[side], "directory entry", &offset, expected);
}

static bool zip_is_right(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff)
{
	for (unsigned side = 0; side < SB_SIDES; side++) {
		uint64_t value, expected;
		if (!sb_field_number(sb_diff_bytes(pair, diff, side), SB_ENC_LE, &value) || !zip_says(in, pair, diff, side, &expected) || value != expected)
			return false;
	}
	return true;
}

/* An entry of the symbol table of a library leads to the header of a member: to which, and whether its name comes once. */
static const struct sb_member *led_to(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, unsigned side)
{
	const struct sb_view *view = pair->view[side];
	const struct sb_region *region;
	uint64_t value;

	if (!sb_field_number(sb_diff_bytes(pair, diff, side), diff->side[side].field.encoding, &value) || !(region = sb_view_region_at(view, value)) || region->offset != value ||
	    !region->member ||
	    strcmp(region->name, "header") != 0)
		return NULL;
	return sb_member_named(in, pair, side, sb_view_member(view, region->member - 1)->name);
}

static bool ar_is_right(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff)
{
	const struct sb_member *a = led_to(in, pair, diff, SB_SHIPPED), *b = led_to(in, pair, diff, SB_REBUILT);
	return a && b && sb_span_equal(a->name, b->name);
}

/* The walker calls a place of an image one only where it follows from the image before it and from its alignment. */
static bool universal_is_right(const struct sb_pair *pair, const struct sb_diff *diff)
{
	for (unsigned side = 0; side < SB_SIDES; side++) {
		const struct sb_member *member = diff->side[side].member;
		uint64_t value;
		if (!member || !sb_field_number(sb_diff_bytes(pair, diff, side), SB_ENC_BE, &value) || value != member->offset)
			return false;
	}
	return true;
}

static bool claim_offset(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	bool right = false;

	if (!sb_diff_is_field(diff, SB_FIELD_OFFSET) && !sb_diff_is_field(diff, SB_FIELD_SIZE))
		return false;
	if (is_format(pair, "zip"))
		right = zip_is_right(in, pair, diff);
	else if (is_format(pair, "ar"))
		right = sb_diff_is_field(diff, SB_FIELD_OFFSET) && strcmp(diff->name, "symbol offset") == 0 && ar_is_right(in, pair, diff);
	else if (is_format(pair, "universal"))
		right = sb_diff_is_field(diff, SB_FIELD_OFFSET) && universal_is_right(pair, diff);
	if (!right)
		return false;
	claim->cap = SB_LEVEL_UNSIGNED_IDENTICAL;
	claim->note = sb_explain_note(in, "%s is right on both sides: it follows from members that differ",
	                              sb_explain_shown(in, sb_span_text(diff->name)));
	return true;
}

const struct sb_explainer sb_explain_offset = {"offset", SB_CAUSE_CONTAINER_METADATA, SB_RULE_DERIVED, 3, claim_offset};
