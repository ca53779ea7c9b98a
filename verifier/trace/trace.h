/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the trace of a build to what each shipped file was made of. A pure stage: it reads what the sandbox recorded, the sources and the package
 * database of the root, and returns a record. What the words mean: docs/hygiene.md.
 */
#ifndef VERIFIER_TRACE_TRACE_H
#define VERIFIER_TRACE_TRACE_H

#include "manifests/manifests.h"
#include "verifier/parsing/parsing.h"
#include "verifier/sandbox/sandbox.h"

/** A file that a package database holds, and its text; borrowed. */
struct sb_package_list {
	const char *package; /* "gcc-12", "libc6:amd64": the name of its .list without the ending */
	struct sb_span text; /* one absolute path a line */
};

/** dpkg's database of the root that the build saw (dpkg(1), /var/lib/dpkg). Zeroed: there is none. */
struct sb_package_base {
	struct sb_span status;             /* deb822 paragraphs */
	const struct sb_package_list *lists; /* sorted by package */
	size_t count;
};

/** The database in an unpacked root; texts are those of its spools. Errors: NOMEM. */
SB_MUST_USE int sb_package_base_of_tree(const struct sb_tree *root, struct sb_arena *arena, struct sb_package_base *out, struct sb_err *err);
/** The database below the open folder @dpkg ("/var/lib/dpkg" of this machine); copied into @arena. A missing one is empty. Errors: NOMEM, IO. */
SB_MUST_USE int sb_package_base_of_folder(int dpkg, struct sb_arena *arena, struct sb_package_base *out, struct sb_err *err);

/** A delivered file whose making is asked for. */
struct sb_trace_artifact {
	const char *name;       /* of the artifact */
	const char *built;      /* below the build path; of a hard link, what it leads to */
	struct sb_span bytes;   /* as delivered; empty: not there, and nothing is searched in it */
	struct sb_span made;    /* as built; empty: not known */
};

/** A file of the drop that is no source. */
struct sb_trace_readymade {
	const char *path, *format; /* below the build path; "ELF" */
	uint8_t sha256[SB_SHA256_BYTES];
	struct sb_span bytes;
};

/** A text that the build was given besides files: a step of its recipe, a variable. */
struct sb_trace_text {
	const char *path; /* what it is called: "build.steps[0]" */
	struct sb_span whole, apart; /* as it is given, and with each word on a line of its own */
};

struct sb_trace_in {
	const struct sb_trace *trace;
	const struct sb_tree *source;               /* what the drop brought */
	const struct sb_tree *packed;               /* what archives in it hold; NULL: nothing is known of that */
	const struct sb_package_base *packages;
	const char *const *declared;                /* "name" or "name=version"; NULL: the drop declares nothing */
	size_t declared_count;
	const struct sb_trace_artifact *artifacts;
	size_t artifact_count;
	const struct sb_trace_readymade *prebuilt;  /* sorted by path */
	size_t prebuilt_count;
	const struct sb_trace_text *texts;
	size_t text_count;
	struct sb_parsers *parsers;                 /* who looks into prebuilt and packed files; NULL: this process */
};

/**
 * Everything in @out lives in @arena, strings of @in are borrowed. Without a trace @out is zeroed.
 * Errors: NOMEM; INTERNAL "trace-malformed" when an edge leads nowhere; INTERRUPTED.
 */
SB_MUST_USE int sb_trace_run(const struct sb_trace_in *in, struct sb_arena *arena, struct sb_lineage *out, struct sb_err *err);

/**
 * What files of several builds were made of, from what each build's trace says of its own: @parts, at least one, whose lists are renumbered. Trusted when all
 * are; a source is unread when nobody read it in any. Everything in @out lives in @arena or is borrowed from @parts. Errors: NOMEM, INTERNAL.
 */
SB_MUST_USE int sb_trace_join(struct sb_lineage *parts, size_t count, struct sb_arena *arena, struct sb_lineage *out, struct sb_err *err);

#endif
