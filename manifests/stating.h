/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: the parts of a statement that is written. What a part cannot have is remembered in make.failed. */
#ifndef MANIFESTS_STATING_H
#define MANIFESTS_STATING_H

#include "manifests/making.h"
#include "manifests/statement.h"

/** What a statement is made of. */
struct sb_stating {
	struct sb_making make;
	const struct sb_result *result;
	const struct sb_statement_context *context;
	struct sb_node *record; /* the result as a tree */
};

/** {"sha256": HEX} */
struct sb_node *sb_state_sha256(struct sb_stating *s, const uint8_t digest[SB_SHA256_BYTES]);
/** in-toto's ResourceDescriptor of a name and a digest. */
struct sb_node *sb_state_descriptor(struct sb_stating *s, const struct sb_named_digest *named);

/** The shipped files that were compared, with both digests. */
struct sb_node *sb_state_subjects(struct sb_stating *s);
/** The artifacts of the record, one for each subject, with what their findings are. */
struct sb_node *sb_state_artifacts(struct sb_stating *s);
struct sb_node *sb_state_rules(struct sb_stating *s);
struct sb_node *sb_state_source(struct sb_stating *s);
/** Only of a run that has a trace. */
struct sb_node *sb_state_toolchain(struct sb_stating *s);
/** What came ready-made: as the drop has it, and as the trace found it. */
struct sb_node *sb_state_opaque(struct sb_stating *s);

#endif
