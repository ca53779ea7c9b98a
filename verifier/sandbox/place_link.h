/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SANDBOX_PLACE_LINK_H
#define VERIFIER_SANDBOX_PLACE_LINK_H

#include "manifests/manifests.h"

/** A link of @root that would lead into a build at @path (relative), or to a folder above it. NULL: there is none. */
const struct sb_entry *sb_place_link(const struct sb_inventory *root, const char *path);

#endif
