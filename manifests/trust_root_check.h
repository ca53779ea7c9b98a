/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: what must hold of a root beyond its form. */
#ifndef MANIFESTS_TRUST_ROOT_CHECK_H
#define MANIFESTS_TRUST_ROOT_CHECK_H

#include "manifests/policy_keys.h"
#include "manifests/trust_root.h"

/** Report keys that stand in two places that exclude each other, parties of two kinds, and `targets` that are not those who sign policies. */
void sb_trust_root_check(struct sb_schema *s, struct sb_place place, const struct sb_trust_root *root);

#endif
