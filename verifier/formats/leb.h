/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FORMATS_LEB_H
#define VERIFIER_FORMATS_LEB_H

#include "base/base.h"

/** Unsigned LEB128 of DWARF, at most 63 bits; a longer one makes @rd bad. */
uint64_t sb_leb(struct sb_rd *rd);
/** Likewise signed. */
int64_t sb_signed_leb(struct sb_rd *rd);

#endif
