/* SPDX-License-Identifier: Apache-2.0 */
/* A list of properties that grows while the environment is described: any number of additions, one check at the end. */
#ifndef VERIFIER_SANDBOX_LISTING_H
#define VERIFIER_SANDBOX_LISTING_H

#include "verifier/model/model.h"

/** Both borrowed. */
struct sb_listing {
	struct sb_arena *arena;
	struct sb_properties *to;
	bool failed; /* out of memory, or too many; what was added since is lost */
};

/** @name  borrowed; @value is copied, NULL counts as out of memory. */
void sb_listing_text(struct sb_listing *list, const char *name, const char *value);
void sb_listing_number(struct sb_listing *list, const char *name, uint64_t value);

#endif
