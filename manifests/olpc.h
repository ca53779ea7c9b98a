/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical JSON of OLPC, which TUF metadata and in-toto links are signed over: http://wiki.laptop.org/go/Canonical_JSON. */
#ifndef MANIFESTS_OLPC_H
#define MANIFESTS_OLPC_H

#include "manifests/node.h"

/**
 * Keys sorted by bytes, no white space, integers only, and nothing escaped but quote and backslash: control bytes stand for themselves, so that the
 * text is not always JSON. It is signed and never sent. @out says by sb_buf_ok whether memory sufficed. No final newline.
 */
void sb_olpc_write(const struct sb_node *node, struct sb_buf *out);

#endif
