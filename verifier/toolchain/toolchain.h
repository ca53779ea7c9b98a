/* SPDX-License-Identifier: Apache-2.0 */
/* Making a pinned toolchain root by driving mmdebstrap and apt: the only place from which a network is reached, through them. */
#ifndef VERIFIER_TOOLCHAIN_TOOLCHAIN_H
#define VERIFIER_TOOLCHAIN_TOOLCHAIN_H

#include "hashing/hashing.h"
#include "manifests/manifests.h"

struct sb_toolchain_in {
	const char *suite;             /* "bookworm" */
	const char *const *build_deps; /* paths of .dsc files whose build dependencies are installed; NULL-terminated, may be NULL */
	const char *const *include;    /* further packages; NULL-terminated, may be NULL */
	const char *mirror;            /* a URI, a sources file, or NULL: the sources of this machine */
	bool indep;                    /* Build-Depends-Indep as well (arch:all packages) */
	int64_t epoch;                 /* mtimes in the archive; INT64_MIN: the newest date of the index */
	const char *out_dir;           /* gets root.tar.zst and root.lock.json */
	struct sb_progress *progress;
};

struct sb_toolchain_out {
	struct sb_arena *arena;
	const char *root_path, *lock_path;
	struct sb_digest root;         /* of the archive, both kinds */
	size_t packages;
};

/** Errors: ABSENT "tool-absent" (mmdebstrap; 5), FAILED "toolchain-failed" with the last lines of its log, IO. Nothing half-written stays. */
SB_MUST_USE int sb_toolchain_debian(const struct sb_toolchain_in *in, struct sb_toolchain_out *out, struct sb_err *err);
void sb_toolchain_release(struct sb_toolchain_out *out);

#endif
