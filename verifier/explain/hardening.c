/* SPDX-License-Identifier: Apache-2.0 */
/* What protects a program at run time: a change is a finding of its own, never owned by a claim. */
#include "verifier/explain/image.h"

#include <string.h>

static const struct sb_fact *fact_named(const struct sb_vec *facts, const char *name)
{
	for (size_t i = 0; i < facts->count; i++) {
		const struct sb_fact *fact = sb_vec_at(facts, i);
		if (strcmp(fact->name, name) == 0)
			return fact;
	}
	return NULL;
}

/* Weaker as shipped is worst; another value of the same strength (a search path) may be anything. */
static enum sb_severity severity_of(const struct sb_fact *shipped, const struct sb_fact *rebuilt)
{
	if (!shipped || !rebuilt || shipped->strength == rebuilt->strength)
		return SB_SEVERITY_MAJOR;
	return shipped->strength < rebuilt->strength ? SB_SEVERITY_CRITICAL : SB_SEVERITY_MINOR;
}

/* A rebuild is signed by its linker, which asks for nothing: only what the shipped signature asks less for is a loss. */
static bool is_up_to_signer(const struct sb_fact *shipped, const struct sb_fact *rebuilt)
{
	return (shipped ? shipped : rebuilt)->signed_for && (!shipped || !rebuilt || shipped->strength > rebuilt->strength);
}

static int add(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_fact *shipped, const struct sb_fact *rebuilt,
               struct sb_vec *claims, struct sb_err *err)
{
	if (shipped && rebuilt && shipped->strength == rebuilt->strength && strcmp(shipped->value, rebuilt->value) == 0)
		return 0;
	if (is_up_to_signer(shipped, rebuilt))
		return 0;
	struct sb_claim *slot = sb_vec_push(claims);
	if (!slot)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*slot = (struct sb_claim){
		.pair = pair,
		.kind = "hardening",
		.name = shipped ? shipped->name : rebuilt->name,
		.cause = SB_CAUSE_FLAGS,
		.rule = SB_RULE_HINT,
		.cap = SB_LEVEL_DIFFERENT,
		.severity = severity_of(shipped, rebuilt),
		.primary = true,
		.note = sb_explain_note(in, "%s: %s as shipped, %s as rebuilt", shipped ? shipped->name : rebuilt->name, shipped ? shipped->value : "not known",
	                                rebuilt ? rebuilt->value : "not known"),
	};
	return 0;
}

static int compare(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_vec facts[SB_SIDES], struct sb_vec *claims,
                   struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < facts[SB_SHIPPED].count; i++) {
		const struct sb_fact *shipped = sb_vec_at(&facts[SB_SHIPPED], i);
		rc = add(in, pair, shipped, fact_named(&facts[SB_REBUILT], shipped->name), claims, err);
	}
	for (size_t i = 0; !rc && i < facts[SB_REBUILT].count; i++) {
		const struct sb_fact *rebuilt = sb_vec_at(&facts[SB_REBUILT], i);
		if (!fact_named(&facts[SB_SHIPPED], rebuilt->name))
			rc = add(in, pair, NULL, rebuilt, claims, err);
	}
	return rc;
}

int sb_explain_hardening(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, struct sb_err *err)
{
	struct sb_vec facts[SB_SIDES] = {{.size = sizeof(struct sb_fact)}, {.size = sizeof(struct sb_fact)}};
	int rc = 0;

	for (unsigned side = 0; !rc && side < SB_SIDES; side++)
		rc = sb_view_image(pair->view[side])->facts(pair->view[side], &facts[side], err);
	if (!rc)
		rc = compare(in, pair, facts, claims, err);
	sb_vec_release(&facts[SB_SHIPPED]);
	sb_vec_release(&facts[SB_REBUILT]);
	return rc;
}
