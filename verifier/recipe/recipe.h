/* SPDX-License-Identifier: Apache-2.0 */
/* Starter manifests: which build system a drop has, and the recipe that goes with it. Knows no files; text only. */
#ifndef VERIFIER_RECIPE_RECIPE_H
#define VERIFIER_RECIPE_RECIPE_H

#include "manifests/manifests.h"

/** A file of the drop as it enters the manifest; names are relative to the manifest's folder. */
struct sb_recipe_file {
	const char *path;
	uint8_t sha256[SB_SHA256_BYTES];
};

/** What is known of the drop; all borrowed. */
struct sb_recipe_in {
	const char *name, *version;
	const struct sb_recipe_file *sources;
	size_t source_count;
	const struct sb_recipe_file *root; /* NULL: host */
	const char *const *shipped;
	size_t shipped_count;
	unsigned jobs;
	int64_t epoch;                     /* INT64_MIN: not known */
	bool epoch_guessed;                /* no document states it: it gets a comment */
	const struct sb_fact_set *facts;   /* of an earlier release, plausible; or NULL. Its times are those of another build and are left out */
};

/** A build system recognised by a file at the top of a source tree. */
struct sb_recipe_system {
	const char *name, *marker;         /* "autotools", "configure" */
	const char *const *steps;          /* YAML list items, NULL-terminated */
};

/** The system that the tree shows, or NULL. @strip: leading components that all names share and that are dropped. */
const struct sb_recipe_system *sb_recipe_recognise(const struct sb_inventory *tree, unsigned *strip);

/** Manifest for a source tree built by @system; outputs are TODO where they cannot be guessed. Errors: NOMEM, USAGE "init-name". */
SB_MUST_USE int sb_recipe_write_tree(const struct sb_recipe_in *in, const struct sb_recipe_system *system, unsigned strip, struct sb_buf *out,
                                     struct sb_err *err);
/**
 * Manifest for a Debian source package: the first source is the .dsc. @binnmu: changelog entry that the delivered packages have in front of
 * the source's (Debian binary rebuilds), or NULL. Errors: NOMEM, USAGE "init-name".
 */
SB_MUST_USE int sb_recipe_write_debian(const struct sb_recipe_in *in, const struct sb_dsc *dsc, const char *binnmu, struct sb_buf *out,
                                       struct sb_err *err);

/**
 * Date of the newest entry of a Debian changelog (Debian Policy 4.4), as seconds; its text up to the end of the trailer line in *entry.
 * False when there is none.
 */
SB_MUST_USE bool sb_recipe_changelog_date(struct sb_span changelog, int64_t *epoch, struct sb_span *entry);

/** A text as a YAML scalar in double quotes; false for what is not plain text (then nothing is added). */
SB_MUST_USE bool sb_recipe_quote(struct sb_buf *out, const char *text);

#endif
