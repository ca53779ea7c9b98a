/* SPDX-License-Identifier: Apache-2.0 */
/* All of a log against its signed head and what was seen of it before. */
#include "verifier/cli/evidence.h"
#include "verifier/cli/inputs.h"
#include "verifier/cli/logs.h"
#include "verifier/cli/verbs.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

/* A folder, or a bundle that holds a log. */
static int open_either(struct sb_invocation *call, int *dir, struct sb_parcel *bundle, struct sb_log_files *out, struct sb_err *err)
{
	struct stat st;
	struct sb_span bytes;

	if (stat(call->words[0], &st) != 0 || !S_ISREG(st.st_mode)) {
		*out = sb_log_folder(dir);
		return sb_log_open(call->words[0], dir, err);
	}
	*out = sb_cli_bundled_log(bundle);
	int rc = sb_cli_load_file(call, call->words[0], SB_LIMIT_OF(EVIDENCE_BYTES), &bytes, err);
	if (rc)
		return rc == SB_NOMEM || rc == SB_LIMIT ? rc : sb_reidentify(err, "log-absent");
	return sb_parcel_read(bytes, call->arena, bundle, err);
}

static int run_verify(struct sb_invocation *call, struct sb_err *err)
{
	struct sb_note_key log;
	struct sb_signed_checkpoint head;
	struct sb_parcel bundle = {0};
	struct sb_log_files files;
	SB_CLOSING int dir = -1;

	int rc = sb_logs_log_key(call, &log, err);
	if (!rc)
		rc = open_either(call, &dir, &bundle, &files, err);
	if (!rc)
		rc = sb_log_head(&files, &log, call->arena, &head, err);
	if (!rc)
		rc = sb_log_verify(&files, &log, &head, sb_arg_value(call, "remember"), err);
	if (rc)
		return rc;
	if (!call->json) {
		sb_buf_printf(&call->out, "%s: %" PRIu64 " entries, all as the head says\n", sb_cli_escape(call, head.head.origin), head.head.size);
		return sb_buf_ok(&call->out, err);
	}
	struct sb_node *document = sb_cli_new_document(call, "samebuild-log-verified/1");
	bool good = document && sb_node_put(call->arena, document, "origin", sb_node_text(call->arena, head.head.origin)) &&
	            sb_node_put(call->arena, document, "size", sb_node_int(call->arena, (int64_t)head.head.size)) &&
	            sb_node_put(call->arena, document, "root", sb_node_hex(call->arena, head.head.root, SB_MERKLE_BYTES));
	return sb_cli_document(call, good ? document : NULL, err);
}

static const struct sb_option log_verify_options[] = {
	{"log", 0, "VKEY", false},
	{"remember", 0, "FILE", false},
	{0},
};

const struct sb_verb sb_verb_log_verify = {
	.name = "log verify",
	.summary = "check all of a log against its signed head",
	.operands = "LOG",
	.options = log_verify_options,
	.least_words = 1,
	.most_words = 1,
	.run = run_verify,
};
