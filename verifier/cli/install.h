/* SPDX-License-Identifier: Apache-2.0 */
/* Put a file in its place only when it was let through, and just the bytes that were judged. */
#ifndef VERIFIER_CLI_INSTALL_H
#define VERIFIER_CLI_INSTALL_H

#include "hashing/hashing.h"

/** A new file beside its destination that nobody has seen yet. fd -1: nothing is to be installed. */
struct sb_installing {
	int dir, fd;
	const char *name; /* of the destination, in its folder; borrowed */
	char temporary[64];
};
#define SB_INSTALLING_NONE ((struct sb_installing){.dir = -1, .fd = -1})

/** Make the new file. Errors: USAGE "install-place" where something else than a file stands; TEMPORARY "install-failed". */
SB_MUST_USE int sb_install_begin(struct sb_installing *out, const char *destination, struct sb_err *err);
/** Copy @from to the new file @to and hash what was copied. Errors: IO "read-failed"; TEMPORARY "install-failed". */
SB_MUST_USE int sb_install_copy(int from, int to, struct sb_digest *out, struct sb_err *err);
/** Make it durable and put it in its place; nothing without one. On failure the old file stands. Errors: TEMPORARY "install-failed". */
SB_MUST_USE int sb_install_finish(struct sb_installing *installing, struct sb_err *err);
/** Remove what was not finished. */
void sb_install_abandon(struct sb_installing *installing);

#endif
