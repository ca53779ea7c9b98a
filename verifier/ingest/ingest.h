/* SPDX-License-Identifier: Apache-2.0 */
/* First stage: from files of a drop to verified bytes, an inventory and pairs to compare. Nothing foreign is ever written to a file system here. */
#ifndef VERIFIER_INGEST_INGEST_H
#define VERIFIER_INGEST_INGEST_H

#include "hashing/hashing.h"
#include "manifests/manifests.h"
#include "verifier/formats/formats.h"

/** How strict to be about an archive. */
enum sb_ingest_profile {
	SB_INGEST_DROP = 0, /* source of a vendor: the table of docs/ingest.md, anything odd is refused */
	SB_INGEST_ROOT,     /* toolchain root pinned by digest: devices and hard links to later members are recorded, duplicates still refused */
};

struct sb_ingest_in {
	int dir;                      /* folder of the manifest */
	const struct sb_drop *drop;
	struct sb_store *store;       /* originals are kept here; may be NULL (`check` without a store) */
	unsigned jobs;
	struct sb_progress *progress;
};

/** A prebuilt binary found in the sources. */
struct sb_prebuilt {
	const char *path;   /* in the inventory */
	const char *format; /* name of the format that recognised it */
	const char *reason; /* from the manifest when declared as blob, else NULL */
	uint64_t size;
};

struct sb_shipped {
	const char *path;   /* relative to the manifest's folder */
	const char *built;  /* its counterpart, relative to build.path */
	struct sb_blob blob;
	struct sb_digest digest; /* both kinds */
};

/** A fact about names or metadata that is worth telling: setuid members, names that differ by case, clamped times. */
struct sb_ingest_notice {
	const char *id, *text; /* row of docs/errors.md; sentence, escaped */
};

/** Everything that was handed over, verified. Release with sb_ingest_release. */
struct sb_sources {
	struct sb_arena *arena;
	struct sb_inventory inventory;      /* the build tree below build.path */
	struct sb_blob *spools;
	size_t spool_count;
	struct sb_digest *source_digests;   /* one per drop source, both kinds */
	struct sb_inventory root;           /* toolchain root; empty when host */
	struct sb_blob *root_spools;
	size_t root_spool_count;
	struct sb_digest root_digest;
	struct sb_prebuilt *prebuilt;
	size_t prebuilt_count;
	struct sb_shipped *shipped;         /* sorted by path; every one matches exactly one output rule */
	size_t shipped_count;
	struct sb_ingest_notice *notices;
	size_t notice_count;
};

/**
 * Verify digests, scan and unpack the sources, pair shipped files with output rules. Archives of a .dsc are plain sources here.
 * Errors (exit 3 unless said): "drop-missing-file", "digest-mismatch", "archive-*" with the entry in err->where, "limit-exceeded";
 * "drop-unmatched-shipped", "drop-double-match" (2). @out is empty then.
 */
SB_MUST_USE int sb_ingest_run(const struct sb_ingest_in *in, struct sb_sources *out, struct sb_err *err);
void sb_ingest_release(struct sb_sources *sources);

/**
 * Unpack one archive into entries: the part of sb_ingest_run that `toolchain` and tests use. Entries are unsealed; blake2b is set.
 * @blob  the archive, verified; stays the caller's. New spools are appended to @spools (struct sb_blob).
 */
SB_MUST_USE int sb_ingest_archive(struct sb_span archive, const char *name, enum sb_ingest_profile profile, unsigned strip, const char *into,
                                  struct sb_unpack_budget *budget, struct sb_arena *arena, struct sb_vec *entries /* struct sb_entry */,
                                  struct sb_vec *spools, struct sb_vec *notices, struct sb_err *err);

#endif
