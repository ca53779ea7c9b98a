/* SPDX-License-Identifier: Apache-2.0 */
/* A drop ingested and ready to be built: what `rebuild` and `shell` share. */
#ifndef VERIFIER_CLI_BUILDING_H
#define VERIFIER_CLI_BUILDING_H

#include "verifier/cli/inputs.h"
#include "verifier/ingest/ingest.h"
#include "verifier/rebuild/rebuild.h"
#include "verifier/rebuild/rebuild.h"

struct sb_building {
	struct sb_loaded_drop loaded;
	struct sb_sources sources;
	struct sb_tree root, tree;
};

/** Read and ingest the manifest that the first operand names. Release in any case. */
SB_MUST_USE int sb_building_open(struct sb_invocation *call, struct sb_building *out, struct sb_err *err);
void sb_building_release(struct sb_building *building);

/** The end of the build's log, as far as it was kept, on stderr, escaped. Silent with -q. */
void sb_building_say_log(struct sb_invocation *call, const struct sb_rebuilt *rebuilt);

#endif
