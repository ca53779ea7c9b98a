/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: the changelog entry of a Debian binary rebuild, which only the delivered package holds. */
#ifndef VERIFIER_CLI_BINNMU_H
#define VERIFIER_CLI_BINNMU_H

#include "verifier/parsing/parsing.h"

/** "bzip2_1.0.8-5+b1_amd64.deb": the version ends in +b and a number. */
bool sb_binnmu_named(const char *deb);

/**
 * The newest entry of usr/share/doc/PACKAGE/changelog.Debian.ARCH.gz in the package behind @fd, up to its trailer line, and its date.
 * Errors: USAGE "init-binnmu" when there is none or its text is not plain; as sb_ingest_archive.
 */
SB_MUST_USE int sb_binnmu_entry(int fd, const char *deb, struct sb_parsers *parsers, struct sb_arena *arena, const char **entry, int64_t *epoch,
                                struct sb_err *err);

#endif
