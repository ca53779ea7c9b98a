/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: builds beside the first one, and what they made. */
#ifndef VERIFIER_PIPELINE_LINE_H
#define VERIFIER_PIPELINE_LINE_H

#include "verifier/pipeline/pipeline.h"

/** Where the rebuilt side of delivered files comes from. */
struct sb_line_sides {
	const struct sb_rebuilt *base;           /* the plain one */
	const struct sb_rebuilt *const *instead; /* one for each delivered file, NULL: base; the whole array may be NULL */
	bool extra;                              /* list what was built in a delivered folder and not delivered */
};
/** The rebuild that made what stands beside delivered file number @file. */
const struct sb_rebuilt *sb_line_made(const struct sb_line_sides *sides, size_t file);
/** Those that stand beside one of so many @files, each once (const struct sb_rebuilt *), onto @builds; the plain one when there are no files. Errors: NOMEM. */
SB_MUST_USE int sb_line_builds(const struct sb_line_sides *sides, size_t files, struct sb_vec *builds, struct sb_err *err);

/** Build @drop, which may differ from in->drop in its environment, from sources that were taken in once. Errors as sb_rebuild_run. Release @out in any case. */
SB_MUST_USE int sb_line_build(const struct sb_verify_in *in, const struct sb_sources *sources, const struct sb_drop *drop, struct sb_rebuilt *out,
                              struct sb_err *err);

/** The content of an output: of a hard link, that of the file it leads to; NULL for NULL. */
const struct sb_entry *sb_line_content(const struct sb_inventory *outputs, const struct sb_entry *entry);
/** What a build made at @path, as a side of a comparison; absent when it made nothing there, or a folder. Borrowed from @rebuilt. */
SB_MUST_USE int sb_line_side(const struct sb_rebuilt *rebuilt, const char *path, struct sb_side *out, struct sb_err *err);
/** How a file was carried sets its permissions, but nothing innocent sets or drops setuid, setgid and sticky: compared where they differ. */
void sb_line_special_bits(struct sb_artifact_in *artifact);
/** @path below @folder, relative to it; NULL when it is not. */
const char *sb_line_below(const char *path, const char *folder);
/** What @rest, below the built folder of @rule, is called in the delivery. NULL when out of memory. */
char *sb_line_name(const struct sb_drop_output *rule, const char *rest, struct sb_arena *arena);
/**
 * What stands on one side only of the folders that rules name, in any rebuild that stands beside a delivered file: artifacts for files that were made and not delivered in the rule's own folder, for
 * empty folders, and for folders that differ in setuid, setgid or sticky, onto @artifacts (struct sb_artifact_in). Errors: NOMEM, INTERNAL.
 */
SB_MUST_USE int sb_line_extra(const struct sb_drop *drop, const struct sb_sources *sources, const struct sb_line_sides *sides, struct sb_arena *arena,
                              struct sb_vec *artifacts, struct sb_err *err);

/** An output of one build or another. */
struct sb_line_unit {
	const char *path; /* relative to build.path */
	const char *name; /* as its artifact is called; raw */
};

/** Everything but folders that one of these builds made, each once for each name that it was delivered under. Strings live in @arena. Errors: NOMEM. */
SB_MUST_USE int sb_line_units(const struct sb_drop *drop, const struct sb_sources *sources, const struct sb_rebuilt *const *builds, size_t count,
                              struct sb_arena *arena, struct sb_vec *out, struct sb_err *err);

/** A digest of all that is compared of an output: type, content, target of a link, setuid, setgid and sticky. */
void sb_line_identity(const struct sb_rebuilt *rebuilt, const char *path, uint8_t out[SB_BLAKE2B_BYTES]);

/**
 * What two builds made of these outputs, compared: @first is the `shipped` side. Artifacts are sorted by name. @facts of the second one.
 * Errors as sb_pipeline_compare.
 */
SB_MUST_USE int sb_line_between(const struct sb_verify_in *in, const struct sb_rebuilt *first, const struct sb_rebuilt *second, const struct sb_line_unit *units,
                                size_t count, const struct sb_facts *facts, struct sb_arena *arena, struct sb_result *out, struct sb_err *err);

/**
 * What each delivered file was made of, into out->result.lineage, and findings about what came ready-made. Without a trace of the build nothing changes.
 * Errors as sb_trace_run.
 */
SB_MUST_USE int sb_line_trace(const struct sb_verify_in *in, struct sb_verified *out, struct sb_err *err);

/** Texts of the recipe's steps and variables, for what traces are told; in @arena. Errors: NOMEM, LIMIT. */
SB_MUST_USE int sb_line_texts(const struct sb_drop *drop, struct sb_arena *arena, struct sb_trace_in *out, struct sb_err *err);

/** Rebuilds under facts. */
struct sb_solver;
/**
 * in->repeat builds in one environment, and as many under the facts of each rebuild that made a delivered file equal: what differs between those of one
 * environment becomes findings, and all of it out->result.builds. @solver  NULL: there are no such facts. Errors as sb_pipeline_verify.
 */
SB_MUST_USE int sb_line_repeat(const struct sb_verify_in *in, struct sb_verified *out, struct sb_solver *solver, struct sb_err *err);

/** Name, inputs and ready-made files of @drop become out->result.delivery, in its arena. Errors: NOMEM. */
SB_MUST_USE int sb_line_name_delivery(const struct sb_drop *drop, struct sb_verified *out, struct sb_err *err);
/** The digest of the root archive beside what the sandbox says of the toolchain; nothing with the root of this machine. Errors: NOMEM. */
SB_MUST_USE int sb_line_pin_root(const struct sb_drop *drop, struct sb_arena *arena, struct sb_properties *toolchain, struct sb_err *err);

#endif
