/* SPDX-License-Identifier: Apache-2.0 */
/* Differences of one function, one object, the nameless rest of a section, or a section that nothing loads are read together: one stands for all. */
#include "verifier/explain/image.h"

#include <inttypes.h>
#include <string.h>

static const struct sb_region *region_of(const struct sb_diff *diff)
{
	return diff->side[SB_SHIPPED].region ? diff->side[SB_SHIPPED].region : diff->side[SB_REBUILT].region;
}

static bool is_open(const struct sb_claim *claim)
{
	return claim->diff && claim->primary && !sb_claim_owns(claim) && region_of(claim->diff);
}

static const char *name_of(const struct sb_claim *claim)
{
	return claim->name ? claim->name : claim->diff->name;
}

/* A section that a debugger reads; what a linker acts upon is worse than minor, whether it is loaded or not. */
static bool is_aside(const struct sb_claim *claim)
{
	const struct sb_region *region = region_of(claim->diff);
	return region->kind == SB_REGION_SECTION && !region->loaded && claim->severity >= SB_SEVERITY_MINOR;
}

/* Descriptions of how functions unwind follow from their code; nobody reads them one by one. */
static bool is_frame(const char *name)
{
	return name && strncmp(name, "frame of ", 9) == 0;
}

static bool is_one_place(const struct sb_claim *a, const struct sb_claim *b)
{
	const char *x = name_of(a), *y = name_of(b);
	bool frames = is_frame(x) && is_frame(y);

	if (region_of(a->diff) != region_of(b->diff) || a->diff->kind != SB_DIFF_BYTES || b->diff->kind != SB_DIFF_BYTES)
		return false;
	return (is_aside(a) && is_aside(b)) || (!x && !y) || frames || (x && y && strcmp(x, y) == 0);
}

/* What nobody can name a cause for stands first. */
static bool is_worse(const struct sb_claim *a, const struct sb_claim *b)
{
	if (a->severity != b->severity)
		return a->severity < b->severity;
	return a->cause == SB_CAUSE_UNEXPLAINED && b->cause != SB_CAUSE_UNEXPLAINED;
}

/** Loaded places without a name that are read one by one: two of them need not have to do with each other. */
enum { MOST_NAMELESS = 4 };

/* Claims [first, end) that are open and of one place. */
static void join(struct sb_explaining *in, struct sb_vec *claims, size_t first, size_t end)
{
	struct sb_claim *head = sb_vec_at(claims, first);
	size_t more = 0, kept = is_aside(head) || name_of(head) ? 1 : MOST_NAMELESS;
	uint64_t bytes = 0;

	for (size_t i = first; i < end; i++) {
		struct sb_claim *claim = sb_vec_at(claims, i);
		if (!is_open(claim))
			continue;
		head = is_worse(claim, head) ? claim : head;
		bytes += claim->diff->bytes;
		more++;
	}
	if (more <= kept)
		return;
	for (size_t i = first, stay = 1; i < end; i++) {
		struct sb_claim *claim = sb_vec_at(claims, i);
		if (is_open(claim) && claim != head)
			claim->primary = stay++ < kept;
	}
	head->note = sb_explain_note(in, "%s; %zu more place%s of %s differ%s, %" PRIu64 " bytes in all", head->note, more - 1, more == 2 ? "" : "s",
	                             is_aside(head) || !name_of(head) || is_frame(name_of(head)) ? "this section" : "it", more == 2 ? "s" : "", bytes);
}

void sb_explain_group(struct sb_explaining *in, struct sb_vec *claims, size_t first)
{
	for (size_t i = first, end; i < claims->count; i = end) {
		const struct sb_claim *head = sb_vec_at(claims, i);
		end = i + 1;
		if (!is_open(head))
			continue;
		for (; end < claims->count; end++) {
			const struct sb_claim *claim = sb_vec_at(claims, end);
			if (is_open(claim) && !is_one_place(head, claim))
				break;
		}
		join(in, claims, i, end);
	}
}
