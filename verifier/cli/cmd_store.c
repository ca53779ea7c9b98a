/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/inputs.h"
#include "verifier/cli/exits.h"
#include "verifier/cli/verbs.h"

#include <inttypes.h>

static int to_document(struct sb_invocation *call, const struct sb_store_report *report, struct sb_err *err)
{
	struct sb_node *map = sb_cli_new_document(call, "samebuild-store/1");
	bool good = map && sb_node_put(call->arena, map, "objects", sb_node_int(call->arena, (int64_t)report->objects)) &&
	            sb_node_put(call->arena, map, "bytes", sb_node_int(call->arena, (int64_t)report->bytes)) &&
	            sb_node_put(call->arena, map, "damaged", sb_node_int(call->arena, (int64_t)report->damaged)) &&
	            sb_node_put(call->arena, map, "strays", sb_node_int(call->arena, (int64_t)report->strays));
	return sb_cli_document(call, good ? map : NULL, err);
}

static int run(struct sb_invocation *call, struct sb_err *err)
{
	struct sb_store *store = NULL;
	struct sb_store_report report = {0};

	int rc = sb_cli_open_store(call, &store, err);
	if (!rc)
		rc = sb_store_check(store, call->jobs, &report, err);
	if (!rc && call->json)
		rc = to_document(call, &report, err);
	else if (!rc)
		sb_buf_printf(&call->out, "%s%" PRIu64 " objects, %" PRIu64 " bytes, %" PRIu64 " damaged, %" PRIu64 " strays\n",
		              report.names.data ? report.names.data : "", report.objects, report.bytes, report.damaged, report.strays);
	sb_buf_release(&report.names);
	sb_store_close(&store);
	return rc ? rc : report.damaged ? SB_EXIT_EVIDENCE : SB_EXIT_OK;
}

static const struct sb_option store_check_options[] = {
	{"store", 0, "DIR", false},
	{0},
};

const struct sb_verb sb_verb_store_check = {
	.name = "store check",
	.summary = "check the objects of the store against their names",
	.operands = "",
	.options = store_check_options,
	.run = run,
};
