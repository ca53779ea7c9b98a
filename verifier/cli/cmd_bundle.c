/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence into one file, for places without a network. Nothing is judged here: whoever reads it does. */
#include "verifier/cli/evidence.h"
#include "verifier/cli/inputs.h"
#include "verifier/cli/output.h"
#include "verifier/cli/verbs.h"

#include <inttypes.h>
#include <string.h>

/** Members so far. */
struct packing {
	struct sb_invocation *call;
	struct sb_vec members; /* struct sb_parcel_member */
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int add(struct packing *packing, const char *name, struct sb_span bytes, struct sb_err *err)
{
	struct sb_parcel_member *slot = name ? sb_vec_push(&packing->members) : NULL;

	if (!slot)
		return no_memory(err);
	*slot = (struct sb_parcel_member){name, bytes};
	return 0;
}

/* Called by what they hold: the same file is there once, whatever it was called. */
static int add_hashed(struct packing *packing, const char *folder, const char *ending, struct sb_span bytes, struct sb_err *err)
{
	struct sb_digest digest;
	char hex[2 * SB_SHA256_BYTES + 1];

	sb_hash_span(bytes, SB_DIGEST_SHA256, &digest);
	sb_text_hex(sb_span_of(digest.sha256, SB_SHA256_BYTES), hex);
	return add(packing, sb_arena_printf(packing->call->arena, "%s/%.32s.%s", folder, hex, ending), bytes, err);
}

/* A file that says nothing would be carried, and believed to be evidence. */
static bool says_something(const struct sb_named_evidence *evidence)
{
	for (size_t i = 0; i < evidence->line_files; i++)
		for (struct sb_span rest = evidence->lines[i]; rest.n;)
			if (sb_span_take_line(&rest).n)
				return true;
	return evidence->proof_count > 0;
}

static int add_evidence(struct packing *packing, struct sb_err *err)
{
	struct sb_named_evidence evidence = {0};
	int rc = sb_cli_load_evidence(packing->call, &evidence, err);

	if (!rc && !says_something(&evidence))
		rc = sb_fail(err, SB_EVIDENCE, "evidence-absent", "there is no statement in what --attestations names");
	for (size_t i = 0; !rc && i < evidence.line_files; i++)
		rc = add_hashed(packing, "statements", "intoto.jsonl", evidence.lines[i], err);
	for (size_t i = 0; !rc && i < evidence.proof_count; i++)
		rc = add_hashed(packing, "proofs", "tlog-proof", evidence.proofs[i], err);
	return rc;
}

/* In a bundle a file has no folder of its own: of two that are called the same one would be gone. */
static int add_named(struct packing *packing, const char *path, const char *name, struct sb_span bytes, struct sb_err *err)
{
	for (size_t i = 0; name && i < packing->members.count; i++) {
		const struct sb_parcel_member *member = sb_vec_at(&packing->members, i);
		if (strcmp(member->name, name) == 0 && !sb_span_equal(member->bytes, bytes))
			return sb_fail(err, SB_USAGE, "parcel-name", "%s: there is another %s", path, name);
	}
	return add(packing, name, bytes, err);
}

static int add_files(struct packing *packing, const char *option, const char *folder, struct sb_err *err)
{
	const char *path;
	int rc = 0;

	for (size_t i = 0; !rc && (path = sb_arg_nth(packing->call, option, i)); i++) {
		struct sb_span bytes;
		rc = sb_cli_load_file(packing->call, path, SB_LIMIT_OF(RECORD_BYTES), &bytes, err);
		if (rc)
			return rc == SB_NOMEM || rc == SB_LIMIT ? rc : sb_reidentify(err, "evidence-absent");
		rc = add_named(packing, path, sb_arena_printf(packing->call->arena, "%s/%s", folder, sb_path_base(path)), bytes, err);
	}
	return rc;
}

static int add_log(struct packing *packing, struct sb_err *err)
{
	const char *path = sb_arg_value(packing->call, "log");
	const struct sb_log_file *list = NULL;
	SB_CLOSING int dir = -1;
	size_t count = 0;

	if (!path)
		return 0;
	int rc = sb_log_open(path, &dir, err);
	struct sb_log_files files = sb_log_folder(&dir);
	if (!rc)
		rc = sb_log_gather(&files, packing->call->arena, &list, &count, err);
	for (size_t i = 0; !rc && i < count; i++)
		rc = add(packing, sb_arena_printf(packing->call->arena, "log/%s", list[i].name), list[i].bytes, err);
	return rc;
}

/* Objects are hashed again as they come out of the store. */
static int add_objects(struct packing *packing, struct sb_err *err)
{
	struct sb_store *store = NULL;
	const char *hex;
	int rc = sb_arg_given(packing->call, "object") ? sb_cli_open_store(packing->call, &store, err) : 0;

	for (size_t i = 0; !rc && (hex = sb_arg_nth(packing->call, "object", i)); i++) {
		SB_BLOB struct sb_blob blob = {.fd = -1};
		uint8_t digest[SB_BLAKE2B_BYTES];
		if (!sb_text_unhex(sb_span_text(hex), digest, sizeof digest))
			rc = sb_fail(err, SB_USAGE, "option-value", "--object %s: the BLAKE2b of an object, 128 digits, is due here", hex);
		if (!rc)
			rc = sb_store_get(store, digest, &blob, err);
		const char *copy = rc ? NULL : sb_arena_copy(packing->call->arena, blob.bytes);
		if (!rc)
			rc = copy ? add(packing, sb_arena_printf(packing->call->arena, "store/%.64s-%.63s", hex, hex + 64), sb_span_of(copy, blob.bytes.n), err) : no_memory(err);
	}
	sb_store_close(&store);
	return rc;
}

static int write_out(struct packing *packing, struct sb_err *err)
{
	struct sb_invocation *call = packing->call;
	SB_BUF struct sb_buf bundle = {.ceiling = SB_LIMIT_OF(EVIDENCE_BYTES)};
	struct sb_digest digest;
	char hex[2 * SB_SHA256_BYTES + 1];

	int rc = sb_parcel_write(packing->members.items, packing->members.count, &bundle, err);
	if (!rc && (rc = sb_output_publish(call->words[0], sb_buf_span(&bundle), err)) && rc != SB_NOMEM) {
		if (err)
			err->code = SB_TEMPORARY;
		rc = sb_reidentify(err, "report-unwritable");
	}
	if (rc)
		return rc;
	sb_hash_span(sb_buf_span(&bundle), SB_DIGEST_SHA256, &digest);
	sb_text_hex(sb_span_of(digest.sha256, SB_SHA256_BYTES), hex);
	if (!call->json) {
		sb_buf_printf(&call->out, "%s  %s\n", hex, sb_cli_escape(call, call->words[0]));
		return sb_buf_ok(&call->out, err);
	}
	struct sb_node *document = sb_cli_new_document(call, "samebuild-bundle/1");
	bool good = document && sb_node_put(call->arena, document, "sha256", sb_node_text(call->arena, hex)) &&
	            sb_node_put(call->arena, document, "bytes", sb_node_int(call->arena, (int64_t)bundle.len)) &&
	            sb_node_put(call->arena, document, "members", sb_node_int(call->arena, (int64_t)packing->members.count));
	return sb_cli_document(call, good ? document : NULL, err);
}

static int run(struct sb_invocation *call, struct sb_err *err)
{
	struct packing packing = {.call = call, .members = {.size = sizeof(struct sb_parcel_member), .ceiling = SB_LIMIT_OF(EVIDENCE_FILES)}};

	int rc = add_evidence(&packing, err);
	if (!rc)
		rc = add_files(&packing, "policy", "policy", err);
	if (!rc)
		rc = add_files(&packing, "root", "root", err);
	if (!rc)
		rc = add_files(&packing, "report", "report", err);
	if (!rc)
		rc = add_log(&packing, err);
	if (!rc)
		rc = add_objects(&packing, err);
	if (!rc)
		rc = write_out(&packing, err);
	sb_vec_release(&packing.members);
	return rc;
}

static const struct sb_option attest_bundle_options[] = {
	{"attestations", 0, "PATH", true},
	{"log", 0, "DIR", false},
	{"policy", 0, "FILE", true},
	{"root", 0, "FILE", true},
	{"report", 0, "FILE", true},
	{"object", 0, "DIGEST", true},
	{"store", 0, "DIR", false},
	{0},
};

const struct sb_verb sb_verb_attest_bundle = {
	.name = "attest bundle",
	.summary = "put evidence into one file",
	.operands = "FILE",
	.options = attest_bundle_options,
	.least_words = 1,
	.most_words = 1,
	.run = run,
};
