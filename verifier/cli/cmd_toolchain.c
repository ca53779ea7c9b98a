/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/exits.h"
#include "verifier/cli/verbs.h"
#include "verifier/toolchain/toolchain.h"

/* All values of a repeated option, NULL-terminated. */
static const char **values(struct sb_invocation *call, const char *name)
{
	const char **out = sb_arena_array(call->arena, call->arg_count + 1, sizeof *out);
	for (size_t i = 0; out && sb_arg_nth(call, name, i); i++)
		out[i] = sb_arg_nth(call, name, i);
	return out;
}

static int show(struct sb_invocation *call, const struct sb_toolchain_out *made, struct sb_err *err)
{
	char hex[2 * SB_SHA256_BYTES + 1];

	sb_text_hex(sb_span_of(made->root.sha256, SB_SHA256_BYTES), hex);
	if (!call->json) {
		sb_buf_printf(&call->out, "%s   %zu packages\ntoolchain: {root: %s, sha256: %s}\n", sb_cli_escape(call, made->lock_path), made->packages,
		              sb_cli_escape(call, made->root_path), hex);
		return sb_buf_ok(&call->out, err);
	}
	struct sb_node *document = sb_cli_new_document(call, "samebuild-toolchain/1");
	bool good = document && sb_node_put(call->arena, document, "root", sb_node_text(call->arena, made->root_path)) &&
	            sb_node_put(call->arena, document, "sha256", sb_node_text(call->arena, hex)) &&
	            sb_node_put(call->arena, document, "packages", sb_node_int(call->arena, (int64_t)made->packages));
	return sb_cli_document(call, good ? document : NULL, err);
}

static int run(struct sb_invocation *call, struct sb_err *err)
{
	const char *suite = sb_arg_value(call, "suite");
	struct sb_toolchain_in in = {
		.suite = suite ? suite : "bookworm",
		.build_deps = values(call, "build-deps"),
		.include = values(call, "include"),
		.mirror = sb_arg_value(call, "mirror"),
		.indep = sb_arg_given(call, "indep"),
		.epoch = INT64_MIN,
		.out_dir = sb_arg_value(call, "output-dir"),
		.progress = call->progress,
	};
	struct sb_toolchain_out made = {0};

	if (!in.build_deps || !in.include)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (!in.out_dir)
		return sb_fail(err, SB_USAGE, "option-missing", "toolchain debian needs -O DIR");
	int rc = sb_toolchain_debian(&in, &made, err);
	if (!rc)
		rc = show(call, &made, err);
	sb_toolchain_release(&made);
	return rc;
}

static const struct sb_option toolchain_debian_options[] = {
	{"suite", 0, "SUITE", false},
	{"build-deps", 0, "FILE", true},
	{"include", 0, "PACKAGE", true},
	{"indep", 0, NULL, false},
	{"mirror", 0, "MIRROR", false},
	{"output-dir", 'O', "DIR", false},
	{0},
};

const struct sb_verb sb_verb_toolchain_debian = {
	.name = "toolchain debian",
	.summary = "make a pinned toolchain root from Debian packages",
	.operands = "",
	.options = toolchain_debian_options,
	.stoppable = true,
	.run = run,
};
