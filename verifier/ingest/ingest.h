/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First stage: from the files of a drop to verified bytes, an inventory and the files to compare. Nothing foreign is ever written
 * to a file system here: archives become entries that point into private blobs. What is refused and why: docs/ingest.md.
 */
#ifndef VERIFIER_INGEST_INGEST_H
#define VERIFIER_INGEST_INGEST_H

#include "hashing/hashing.h"
#include "manifests/manifests.h"
#include "verifier/parsing/parsing.h"

struct sb_ingest_in {
	int dir;                      /* folder of the manifest */
	const struct sb_drop *drop;
	struct sb_store *store;       /* the sources are kept here; may be NULL (`check`) */
	unsigned jobs;
	struct sb_parsers *parsers;   /* who parses and decodes archives; NULL: this process, without walls */
	struct sb_progress *progress;
};

/** A prebuilt binary found among the sources. */
struct sb_prebuilt {
	const char *path;   /* in the inventory of the tree, or of what is packed in it */
	const char *format; /* what it is: "ELF", "Java class" */
	const char *reason; /* from the manifest when declared as blob, else NULL */
	struct sb_span bytes; /* of a spool */
};

/** A delivered file and where its counterpart is to be found. */
struct sb_shipped {
	const char *path;        /* relative to the manifest's folder */
	const char *built;       /* relative to build.path */
	char type;               /* 'f' regular, 'l' link (of a shipped directory) */
	const char *link;        /* target of a link */
	uint32_t mode;           /* of a regular file, 07777 */
	struct sb_span capability; /* of a regular file: its security.capability as the kernel keeps it; empty without one */
	struct sb_blob blob;     /* of a regular file */
	struct sb_digest digest; /* both kinds */
};

/** A folder inside of a delivered one. */
struct sb_shipped_folder {
	const char *path;  /* relative to the manifest's folder */
	const char *built; /* relative to build.path */
	uint32_t mode;     /* 07777 */
	bool empty;        /* neither files nor links lie below it */
};

/** Something about names or metadata that is worth telling and no reason to refuse: setuid members, names that differ by case. */
struct sb_ingest_notice {
	const char *id;   /* row of docs/errors/ingest.md */
	const char *text; /* one sentence, escaped */
};

/** Everything that was handed over, verified. Release with sb_ingest_release. */
struct sb_sources {
	struct sb_arena *arena;
	struct sb_inventory inventory;    /* the tree below build.path */
	struct sb_vec spools;             /* struct sb_blob: what its entries point into */
	struct sb_digest *source_digests; /* one per drop source, both kinds */
	struct sb_inventory packed;       /* what archives hold that lie in the tree as they are: "a.tar.xz!/a/x.c", "a.tar.xz!/a/b.zip!/y" */
	struct sb_vec packed_spools;      /* what its entries point into */
	const char *const *unread;        /* sorted paths, in the tree or in what is packed: archives that could not be looked into */
	size_t unread_count;
	struct sb_inventory root;         /* toolchain root, without content digests; empty when `root: host` */
	struct sb_vec root_spools;
	struct sb_digest root_digest;     /* of the archive */
	struct sb_prebuilt *prebuilt;     /* sorted by path */
	size_t prebuilt_count;
	struct sb_shipped *shipped;       /* sorted by path; every one matches exactly one output rule */
	size_t shipped_count;
	struct sb_shipped_folder *folders; /* sorted by path */
	size_t folder_count;
	struct sb_ingest_notice *notices;
	size_t notice_count;
};

/**
 * Verify digests, scan and unpack the sources and the root, pair shipped files with output rules.
 * Errors (exit 3 unless said): "drop-missing-file", "digest-mismatch", archive-* with the entry in err->where;
 * "drop-unmatched-shipped", "drop-double-match", "drop-visible" (2); INTERRUPTED. @out is empty then.
 */
SB_MUST_USE int sb_ingest_run(const struct sb_ingest_in *in, struct sb_sources *out, struct sb_err *err);
void sb_ingest_release(struct sb_sources *sources);

/**
 * A toolchain root that is not the manifest's: the archive in @fd, which is called @name and must have this digest. Of @out only what is about the root is
 * set. Errors as for the root of sb_ingest_run; "drop-unreadable-file". @out is empty then.
 */
SB_MUST_USE int sb_ingest_other_root(const struct sb_ingest_in *in, int fd, const char *name, const uint8_t sha256[SB_SHA256_BYTES], struct sb_sources *out,
                                     struct sb_err *err);

/** The file that was changed last of those in archives that the recipe unpacks itself. */
struct sb_newest {
	int64_t time;
	const char *source; /* the archive, as the manifest calls it; NULL: there is no such file */
	const char *member; /* raw */
};
/**
 * Programs that compare times need not end when such a file is newer than the clock; of files that are placed for the build none is. Archives that
 * could not be looked into are passed over, and so are those that lie in others. Strings are those of @drop and @sources.
 */
struct sb_newest sb_ingest_newest(const struct sb_drop *drop, const struct sb_sources *sources);

/* ---- unpacking one archive: the part that is tested by itself ---- */

/** How strict to be. */
enum sb_ingest_profile {
	SB_INGEST_DROP = 0, /* source of a vendor: anything odd is refused */
	SB_INGEST_ROOT,     /* toolchain root pinned by digest: devices are recorded, directories may repeat, content is not hashed again */
};

/** What unpacking collects over all archives of a run. */
struct sb_unpack {
	enum sb_ingest_profile profile;
	struct sb_unpack_budget budget;
	uint64_t most_entries;
	bool lone;                    /* a compressed file need not hold an archive: then it is one of a single file */
	unsigned jobs;
	struct sb_parsers *parsers;   /* as in sb_ingest_in */
	struct sb_arena *arena;
	struct sb_vec entries; /* struct sb_entry, unsealed */
	struct sb_vec spools;  /* struct sb_blob */
	struct sb_vec notices; /* struct sb_ingest_notice */
	uint64_t unsaid;       /* notices beyond the first thousand */
	struct sb_parser_side *side; /* of the archive that is being unpacked */
};

/** Where an archive goes. */
struct sb_placement {
	const char *into; /* normalised folder, "." for the top */
	unsigned strip;   /* leading components to drop from each name */
	unsigned origin;  /* index of the drop source */
};

/** A zeroed struct with profile, budget, most_entries, jobs, parsers and arena set becomes ready for use. */
void sb_unpack_init(struct sb_unpack *unpack);
void sb_unpack_release(struct sb_unpack *unpack);

/**
 * Is the blob an archive, or a compressed archive? Looks at bytes only; a compressed payload is not decoded for this, so a lone
 * compressed file counts when @name says ".tar" (or .tgz, .cpio …).
 */
SB_MUST_USE int sb_ingest_is_archive(struct sb_unpack *unpack, unsigned spool, const char *name, bool *out, struct sb_err *err);
/** Does the name say so: ".tar", ".tgz", ".zip" …, whatever it is compressed with? */
bool sb_ingest_promises_archive(const char *name);

/**
 * Unpack blob @spool of @unpack->spools, called @name, into @unpack->entries. On failure entries added so far mean nothing.
 * Errors: FORMAT archive-* and LIMIT "archive-limit" (both exit 3), LIMIT "archive-parser-limit" (5), all with the way in; NOMEM, IO, INTERRUPTED.
 */
SB_MUST_USE int sb_ingest_archive(struct sb_unpack *unpack, unsigned spool, const char *name, const struct sb_placement *where,
                                  struct sb_err *err);

#endif
