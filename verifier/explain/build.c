/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another compiler or other options change nearly every function. Then that is what a person should read first, and what a linker lays out anew
 * with it is folded below. Presentation only, and only when most functions changed: a name of a compiler alone folds nothing.
 */
#include "verifier/explain/image.h"

#include <string.h>

/** Functions that differ, at least; fewer are read one by one whatever made them differ. */
enum { FEWEST = 8 };

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static size_t count_differing(const struct sb_functions *functions)
{
	return functions->changed + larger(functions->lone[SB_SHIPPED], functions->lone[SB_REBUILT]);
}

static size_t count_all(const struct sb_functions *functions)
{
	return functions->equal + functions->moved + count_differing(functions);
}

/* Half of the functions, or a quarter where the sides themselves say that they were made in another way. */
static bool is_other_build(const struct sb_functions *functions, bool told)
{
	size_t differing = count_differing(functions), paired = functions->equal + functions->moved + functions->changed;

	if (paired + functions->lone[SB_SHIPPED] < FEWEST || paired + functions->lone[SB_REBUILT] < FEWEST)
		return false; /* a side whose functions are not known was not built in another way */
	return differing >= FEWEST && differing * (told ? 4 : 2) >= count_all(functions);
}

/* Acted on by the kernel or the dynamic linker by itself, whatever code was made of the source. */
static bool is_acted_on(const char *section)
{
	static const char *const names[] = {".interp", ".note", ".dynamic", ".init_array", ".fini_array", ".preinit_array", ".ctors", ".dtors"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strncmp(section, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* Where a table says how the file is laid out; flags, types and the entry point are no layout. */
static bool is_layout(const struct sb_diff *diff)
{
	enum sb_field_kind kind = diff->side[SB_SHIPPED].field.kind;

	if (diff->kind != SB_DIFF_FIELD || !diff->name || strcmp(diff->name, "e_entry") == 0)
		return false;
	return kind == SB_FIELD_OFFSET || kind == SB_FIELD_SIZE || kind == SB_FIELD_ADDRESS || strcmp(diff->name, "e_shnum") == 0 ||
	       strcmp(diff->name, "e_shstrndx") == 0;
}

static const struct sb_region *region_of(const struct sb_diff *diff)
{
	return diff->side[SB_SHIPPED].region ? diff->side[SB_SHIPPED].region : diff->side[SB_REBUILT].region;
}

/* Code, data and tables that a compiler and a linker make of the source. */
static bool is_made(const struct sb_claim *claim)
{
	const struct sb_diff *diff = claim->diff;
	const struct sb_region *region = diff ? region_of(diff) : NULL;
	bool loaded = claim->severity < SB_SEVERITY_MINOR; /* or a linker reads it */

	if (!region || sb_claim_owns(claim))
		return false;
	if (region->kind == SB_REGION_HEADER || (region->kind == SB_REGION_TABLE && loaded))
		return is_layout(diff);
	if (diff->kind == SB_DIFF_REGION && loaded) /* a section that one side alone has */
		return false;
	return (region->kind == SB_REGION_SECTION && !is_acted_on(region->name)) || region->kind == SB_REGION_TABLE;
}

static size_t fold(struct sb_vec *claims, size_t first, enum sb_severity *worst)
{
	size_t folded = 0;

	for (size_t i = first; i < claims->count; i++) {
		struct sb_claim *claim = sb_vec_at(claims, i);
		if (!is_made(claim))
			continue;
		*worst = claim->severity < *worst ? claim->severity : *worst;
		claim->primary = false;
		folded++;
	}
	return folded;
}

/* In front of all other claims of the pair: it is what they come from. */
static int put_first(struct sb_vec *claims, size_t first, const struct sb_claim *claim, struct sb_err *err)
{
	if (!sb_vec_push(claims))
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	struct sb_claim *at = sb_vec_at(claims, first);
	memmove(at + 1, at, (claims->count - 1 - first) * sizeof *at);
	*at = *claim;
	return 0;
}

static int add(const struct sb_pair *pair, const char *name, enum sb_cause cause, enum sb_severity severity, const char *note, struct sb_vec *claims,
               size_t first, struct sb_err *err)
{
	const struct sb_claim claim = {
		.pair = pair,
		.kind = "build",
		.name = name,
		.cause = cause,
		.rule = cause == SB_CAUSE_UNEXPLAINED ? SB_RULE_NONE : SB_RULE_HINT,
		.cap = SB_LEVEL_DIFFERENT,
		.severity = severity,
		.primary = true,
		.note = note,
	};
	return put_first(claims, first, &claim, err);
}

int sb_explain_build(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_address_map *map, const struct sb_functions *functions,
                     struct sb_vec *claims, size_t first, struct sb_err *err)
{
	enum sb_cause cause;
	enum sb_severity worst = SB_SEVERITY_INFO;
	const char *makers = sb_guess_makers(in, pair, &cause);

	if (!is_other_build(functions, makers != NULL))
		return 0;
	size_t folded = fold(claims, first, &worst);
	const char *texts = sb_explain_texts(in, pair, map);
	int rc = texts ? add(pair, "texts", SB_CAUSE_UNEXPLAINED, SB_SEVERITY_MAJOR, texts, claims, first, err) : 0;
	const char *note = sb_explain_note(
	        in, "%s; %zu of %zu functions differ, and with them %zu places of code, data and tables: shown 0 of %zu, the rest is folded below; what one "
	        "function does beyond such a rebuild cannot be told from its code; %s",
	        makers ? makers : "one compiler, as far as the sides say, and most functions changed: other options, or another source", count_differing(functions),
	        count_all(functions), folded, folded, functions->text);
	cause = makers ? cause : SB_CAUSE_FLAGS;
	return rc ? rc : add(pair, sb_cause_name(cause), cause, worst, note, claims, first, err);
}
