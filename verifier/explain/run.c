/* SPDX-License-Identifier: Apache-2.0 */
/* Every difference gets exactly one claim: the first explainer that proves it owns it, else a hint that owns nothing. */
#include "verifier/explain/image.h"
#include "verifier/explain/meaning.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct sb_explainer *const explainers[] = {
	&sb_explain_derived, &sb_explain_position,    &sb_explain_listed,    &sb_explain_size,        &sb_explain_offset,    &sb_explain_signature, &sb_explain_cleartext,
	&sb_explain_build_id, &sb_explain_debuglink, &sb_explain_macho_uuid,
	&sb_explain_installed_size, &sb_explain_environment, &sb_explain_recorded_time, &sb_explain_timestamp, &sb_explain_padding,  &sb_explain_encoding,
	&sb_explain_packing, &sb_explain_inode,   &sb_explain_order,       &sb_explain_layout,    &sb_explain_disk_id, &sb_explain_volume_id,
};

const char *sb_explain_note(struct sb_explaining *in, const char *fmt, ...)
{
	va_list args, again;

	va_start(args, fmt);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, fmt, args);
	char *out = n < 0 ? NULL : sb_arena_alloc(in->arena, (size_t)n + 1);
	if (out)
		vsnprintf(out, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(args);
	in->no_memory |= !out;
	return out ? out : "";
}

const char *sb_explain_shown(struct sb_explaining *in, struct sb_span text)
{
	enum { MOST = 200 };
	bool cut = text.n > MOST;
	const char *out = sb_escape_copy(in->arena, sb_span_of(text.p, cut ? MOST : text.n));
	in->no_memory |= !out;
	return !out ? "" : cut ? sb_explain_note(in, "%s...", out) : out;
}

struct sb_span sb_diff_bytes(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side)
{
	struct sb_span bytes = {0};
	const struct sb_diff_side *at = &diff->side[side];
	return at->present && sb_span_cut(pair->bytes[side], at->offset, at->length, &bytes) ? bytes : (struct sb_span){0};
}

bool sb_diff_is_field(const struct sb_diff *diff, enum sb_field_kind kind)
{
	return diff->kind == SB_DIFF_FIELD && diff->side[SB_SHIPPED].field.kind == kind && diff->side[SB_REBUILT].field.kind == kind;
}

/* What stands for many places is judged by where they stand alone, unless all of them hold the same: nobody looks at each of them. */
static bool may_look_at(const struct sb_explainer *explainer, const struct sb_diff *diff)
{
	return diff->more == 0 || explainer == &sb_explain_layout || explainer == &sb_explain_timestamp || (explainer == &sb_explain_recorded_time && diff->alike);
}

/* Each claim is built from nothing, so that an explainer that declines leaves no trace. */
static struct sb_claim explain_diff(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff)
{
	for (size_t i = 0; i < sizeof explainers / sizeof *explainers; i++) {
		struct sb_claim claim = {.pair = pair, .diff = diff, .cause = explainers[i]->cause, .rule = explainers[i]->rule,
		                         .cap = SB_LEVEL_DIFFERENT, .severity = SB_SEVERITY_INFO};
		if (may_look_at(explainers[i], diff) && explainers[i]->claim(in, pair, diff, &claim)) {
			claim.by = (unsigned)i + 1;
			return claim;
		}
	}
	struct sb_claim claim = {.pair = pair, .diff = diff, .cap = SB_LEVEL_DIFFERENT, .primary = true};
	sb_explain_hint(in, pair, diff, &claim);
	return claim;
}

static bool is_unreadable(const struct sb_pair *pair)
{
	return pair->state == SB_PAIR_UNDECIDED || pair->state == SB_PAIR_REJECTED || pair->state == SB_PAIR_OPAQUE;
}

static int add(struct sb_vec *claims, const struct sb_claim *claim, struct sb_err *err)
{
	struct sb_claim *slot = sb_vec_push(claims);
	if (!slot)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*slot = *claim;
	return 0;
}

static int explain_pair(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, struct sb_err *err)
{
	size_t first = claims->count;
	int rc = 0;

	if (is_unreadable(pair)) {
		struct sb_claim claim = {.pair = pair, .primary = true};
		sb_explain_state(in, pair, &claim);
		rc = add(claims, &claim, err);
	}
	for (size_t i = 0; !rc && i < pair->diff_count; i++) {
		struct sb_claim claim = explain_diff(in, pair, &pair->diffs[i]);
		rc = add(claims, &claim, err);
	}
	if (!rc)
		rc = sb_explain_image(in, pair, claims, first, err);
	if (!rc)
		rc = sb_explain_meaning(in, pair, claims, first, err);
	if (!rc)
		rc = sb_explain_stale(in, pair, claims, err);
	if (!rc)
		rc = sb_explain_disagreeing(in, pair, claims, err);
	sb_explain_moved(in, pair, claims, first);
	sb_explain_repeated(in, claims, first);
	size_t below = claims->count;
	for (size_t i = 0; !rc && i < pair->child_count; i++)
		rc = explain_pair(in, pair->children[i], claims, err);
	sb_explain_numbering(in, pair, claims, below);
	return rc;
}

static int explain_artifact(struct sb_explaining in, struct sb_explained *out, struct sb_err *err)
{
	SB_VEC struct sb_vec claims = {.size = sizeof(struct sb_claim)};

	if (in.artifact->identical)
		return 0;
	int rc = explain_pair(&in, in.artifact->pair, &claims, err);
	if (!rc)
		sb_explain_encoders(&in, &claims);
	free(in.crcs);
	sb_identifiers_release(&in);
	if (rc)
		return rc;
	struct sb_claim *kept = sb_arena_array(in.arena, claims.count, sizeof *kept);
	if (!kept)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (claims.count)
		memcpy(kept, claims.items, claims.count * sizeof *kept);
	sb_explain_attribute(&in, kept, claims.count);
	if (in.no_memory)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	out->claims = kept;
	out->count = claims.count;
	return 0;
}

/* "derived/1 size/1 …": a changed rule is a changed version of the set. */
static const char *rules_version(struct sb_arena *arena)
{
	struct sb_buf text = {.ceiling = 4096};
	for (size_t i = 0; i < sizeof explainers / sizeof *explainers; i++)
		sb_buf_printf(&text, "%s%s/%u", i ? " " : "", explainers[i]->name, explainers[i]->version);
	const char *out = text.bad ? NULL : sb_arena_copy(arena, sb_buf_span(&text));
	sb_buf_release(&text);
	return out;
}

static void count_uses(const struct sb_explained *explained, struct sb_rule_use *uses)
{
	for (size_t i = 0; i < explained->count; i++)
		if (explained->claims[i].by && sb_claim_owns(&explained->claims[i]))
			uses[explained->claims[i].by - 1].applied++;
}

static struct sb_rule_use *list_rules(struct sb_arena *arena, size_t *count)
{
	struct sb_rule_use *uses;

	*count = sizeof explainers / sizeof *explainers;
	uses = sb_arena_array(arena, *count, sizeof *uses);
	for (size_t i = 0; uses && i < *count; i++)
		uses[i] = (struct sb_rule_use){.name = explainers[i]->name, .version = explainers[i]->version, .kind = explainers[i]->rule};
	return uses;
}

int sb_explain_run(const struct sb_comparison *comparison, const struct sb_facts *facts, struct sb_explanation *out, struct sb_err *err)
{
	struct sb_explanation made = {.arena = sb_arena_new(0), .count = comparison->count};
	struct sb_explained *artifacts = made.arena ? sb_arena_array(made.arena, comparison->count, sizeof *artifacts) : NULL;
	struct sb_rule_use *uses = artifacts ? list_rules(made.arena, &made.use_count) : NULL;
	int rc = uses && (made.rules = rules_version(made.arena)) ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");

	for (size_t i = 0; !rc && i < comparison->count; i++)
		rc = explain_artifact((struct sb_explaining){.comparison = comparison, .artifact = &comparison->artifacts[i], .facts = facts, .arena = made.arena},
		                      &artifacts[i], err);
	for (size_t i = 0; !rc && i < comparison->count; i++)
		count_uses(&artifacts[i], uses);
	made.uses = uses;
	made.artifacts = artifacts;
	if (rc)
		sb_explanation_release(&made);
	else
		*out = made;
	return rc;
}

void sb_explanation_release(struct sb_explanation *explanation)
{
	sb_arena_free(&explanation->arena);
	*explanation = (struct sb_explanation){0};
}
