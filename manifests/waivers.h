/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: the waivers of a policy. */
#ifndef MANIFESTS_WAIVERS_H
#define MANIFESTS_WAIVERS_H

#include "manifests/policy.h"
#include "manifests/schema.h"

/** The list "waivers". False: out of memory. */
SB_MUST_USE bool sb_policy_read_waivers(struct sb_schema *s, struct sb_place list, struct sb_policy *out);

#endif
