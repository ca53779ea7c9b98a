/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/building.h"

int sb_building_open(struct sb_invocation *call, struct sb_building *out, struct sb_err *err)
{
	*out = (struct sb_building){.loaded = {.dir = -1}};
	const struct sb_parsers_options options = {.progress = call->progress};
	struct sb_parsers *parsers = NULL; /* started before anything foreign is there */
	int rc = sb_parsers_start(&options, &parsers, err);
	if (!rc)
		rc = sb_cli_load_drop(call, call->words[0], &out->loaded, err);
	const struct sb_ingest_in in = {
		.dir = out->loaded.dir, .drop = &out->loaded.drop, .jobs = call->jobs, .parsers = parsers, .progress = call->progress};
	if (!rc)
		rc = sb_ingest_run(&in, &out->sources, err);
	sb_parsers_stop(&parsers);
	if (rc)
		return rc;
	out->root = (struct sb_tree){&out->sources.root, out->sources.root_spools.items, out->sources.root_spools.count};
	out->tree = (struct sb_tree){&out->sources.inventory, out->sources.spools.items, out->sources.spools.count};
	return 0;
}

void sb_building_say_log(struct sb_invocation *call, const struct sb_rebuilt *rebuilt)
{
	struct sb_span rest = sb_buf_span(&rebuilt->log_tail);

	while (rest.n && !call->quiet) {
		const uint8_t *end = memchr(rest.p, '\n', rest.n);
		size_t n = end ? (size_t)(end - rest.p) : rest.n, taken = end ? n + 1 : n;
		const char *line = sb_escape_copy(call->arena, sb_span_of(rest.p, n));
		fprintf(stderr, "  | %s\n", line ? line : "?");
		rest = sb_span_of(rest.p + taken, rest.n - taken);
	}
}

void sb_building_release(struct sb_building *building)
{
	if (building->sources.arena)
		sb_ingest_release(&building->sources);
	sb_close_fd(&building->loaded.dir);
}
