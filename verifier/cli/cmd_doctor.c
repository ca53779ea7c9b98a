/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/exits.h"
#include "verifier/cli/verbs.h"
#include "verifier/sandbox/sandbox.h"

static void add_text(struct sb_invocation *call, const struct sb_probe *probes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		sb_buf_printf(&call->out, "  %-8s %-22s %s\n", probes[i].present ? "present" : probes[i].required ? "ABSENT" : "absent", probes[i].name,
		              sb_cli_escape(call, probes[i].detail));
		if (!probes[i].present && probes[i].mend)
			sb_buf_printf(&call->out, "           %-22s to get it: %s\n", "", probes[i].mend);
	}
}

static int to_document(struct sb_invocation *call, const struct sb_probe *probes, size_t count, bool fit, struct sb_err *err)
{
	struct sb_arena *arena = call->arena;
	struct sb_node *document = sb_cli_new_document(call, "samebuild-doctor/1"), *list = sb_node_list(arena);
	bool good = document && list && sb_node_put(arena, document, "fit", sb_node_bool(arena, fit));

	for (size_t i = 0; good && i < count; i++) {
		struct sb_node *map = sb_node_map(arena);
		good = sb_node_put(arena, map, "name", sb_node_text(arena, probes[i].name)) &&
		       sb_node_put(arena, map, "present", sb_node_bool(arena, probes[i].present)) &&
		       sb_node_put(arena, map, "required", sb_node_bool(arena, probes[i].required)) &&
		       sb_node_put(arena, map, "detail", sb_node_text(arena, probes[i].detail)) &&
		       sb_node_put(arena, map, "mend", sb_node_text(arena, probes[i].mend)) && sb_node_push(arena, list, map);
	}
	good = good && sb_node_put(arena, document, "walls", list);
	return sb_cli_document(call, good ? document : NULL, err);
}

static int run(struct sb_invocation *call, struct sb_err *err)
{
	struct sb_probe *probes = NULL;
	size_t count = 0;
	bool fit = true;

	int rc = sb_sandbox_probe(call->arena, &probes, &count, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < count; i++)
		fit &= probes[i].present || !probes[i].required;
	if (call->json)
		rc = to_document(call, probes, count, fit, err);
	else
		add_text(call, probes, count);
	return rc ? rc : fit ? SB_EXIT_OK : SB_EXIT_UNDECIDED;
}

static const struct sb_option doctor_options[] = {
	{0},
};

const struct sb_verb sb_verb_doctor = {
	.name = "doctor",
	.summary = "show which walls this machine gives a build",
	.operands = "",
	.options = doctor_options,
	.run = run,
};
