/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/runs.h"

#include "verifier/attest/attest.h"
#include "verifier/cli/also.h"
#include "verifier/cli/inputs.h"
#include "verifier/cli/output.h"
#include "verifier/cli/places.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { ID_DIGITS = 8 };

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static struct sb_node *digests_node(struct sb_arena *arena, const struct sb_named_digest *named, size_t count)
{
	struct sb_node *list = sb_node_list(arena);

	for (size_t i = 0; i < count; i++) {
		struct sb_node *map = sb_node_map(arena);
		if (!sb_node_put(arena, map, "name", sb_node_text(arena, named[i].name)) ||
		    !sb_node_put(arena, map, "sha256", sb_node_hex(arena, named[i].sha256, SB_SHA256_BYTES)) || !sb_node_push(arena, list, map))
			return NULL;
	}
	return list;
}

static int write_context(struct sb_arena *arena, const struct sb_run_context *context, struct sb_buf *out, struct sb_err *err)
{
	struct sb_node *top = sb_node_map(arena);
	bool good = top && sb_node_put(arena, top, "resource", sb_node_text(arena, context->resource_uri)) &&
	            sb_node_put(arena, top, "source", sb_node_bool(arena, context->has_source)) &&
	            sb_node_put(arena, top, "manifest", sb_node_hex(arena, context->manifest_sha256, SB_SHA256_BYTES)) &&
	            sb_node_put(arena, top, "recipe", sb_node_hex(arena, context->recipe_sha256, SB_SHA256_BYTES)) &&
	            sb_node_put(arena, top, "drops", digests_node(arena, context->drops, context->drop_count)) &&
	            sb_node_put(arena, top, "opaque", digests_node(arena, context->opaque, context->opaque_count));

	if (!good)
		return no_memory(err);
	sb_node_write_json(top, out);
	return sb_buf_ok(out, err);
}

static int as_unwritable(int rc, struct sb_err *err)
{
	if (!rc || rc == SB_NOMEM)
		return rc;
	if (err)
		err->code = SB_TEMPORARY;
	return sb_reidentify(err, "run-unwritable");
}

/* The digest that names a run: of its record and of its context, so that neither can change unseen. */
static void name_of_run(struct sb_span record, struct sb_span context, char out[ID_DIGITS + 1])
{
	uint8_t both[2 * SB_SHA256_BYTES];
	char hex[2 * SB_SHA256_BYTES + 1];
	struct sb_digest digest;

	sb_hash_span(record, SB_DIGEST_SHA256, &digest);
	memcpy(both, digest.sha256, SB_SHA256_BYTES);
	sb_hash_span(context, SB_DIGEST_SHA256, &digest);
	memcpy(both + SB_SHA256_BYTES, digest.sha256, SB_SHA256_BYTES);
	sb_hash_span(sb_span_of(both, sizeof both), SB_DIGEST_SHA256, &digest);
	sb_text_hex(sb_span_of(digest.sha256, SB_SHA256_BYTES), hex);
	memcpy(out, hex, ID_DIGITS);
	out[ID_DIGITS] = '\0';
}

int sb_run_keep(struct sb_invocation *call, const struct sb_result *result, const struct sb_run_context *context, const char **id,
                struct sb_err *err)
{
	SB_BUF struct sb_buf record = {0};
	SB_BUF struct sb_buf beside = {0};
	char name[ID_DIGITS + 1];

	int rc = sb_record_write(result, &record, err);
	if (!rc)
		rc = write_context(call->arena, context, &beside, err);
	if (rc)
		return rc;
	name_of_run(sb_buf_span(&record), sb_buf_span(&beside), name);
	*id = sb_arena_copy(call->arena, sb_span_text(name));
	const char *runs = sb_place_state(call->arena, "runs");
	const char *folder = *id && runs ? sb_arena_printf(call->arena, "%s/%s", runs, *id) : NULL;
	if (!folder)
		return sb_fail(err, SB_USAGE, "no-home", "neither HOME nor XDG_STATE_HOME is set to an absolute path");
	rc = as_unwritable(sb_path_make_dirs(AT_FDCWD, folder, err), err);
	if (rc)
		return rc;
	SB_CLOSING int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return sb_fail_errno(err, "run-unwritable", "cannot open %s", folder);
	rc = as_unwritable(sb_io_publish(dir, "context.json", 0644, sb_buf_span(&beside), err), err);
	if (!rc && result->trace_document.n)
		rc = as_unwritable(sb_io_publish(dir, "trace.json", 0644, result->trace_document, err), err);
	return rc ? rc : as_unwritable(sb_io_publish(dir, "record.json", 0644, sb_buf_span(&record), err), err);
}

static bool is_id(const char *text)
{
	return strlen(text) == ID_DIGITS && strspn(text, "0123456789abcdef") == ID_DIGITS;
}

const char *sb_run_folder(struct sb_invocation *call, const char *id)
{
	struct stat st;

	if (strchr(id, '/'))
		return id;
	const char *runs = sb_place_state(call->arena, "runs");
	const char *kept = runs ? sb_arena_printf(call->arena, "%s/%s", runs, id) : NULL;
	bool named = !is_id(id) && stat(id, &st) == 0 && S_ISDIR(st.st_mode);
	return named ? id : kept;
}

static int read_digests(struct sb_invocation *call, const struct sb_node *list, const struct sb_named_digest **out, size_t *count,
                        struct sb_err *err)
{
	*count = list && list->type == SB_NODE_LIST ? list->count : 0;
	struct sb_named_digest *digests = sb_arena_array(call->arena, *count, sizeof *digests);
	if (!digests)
		return no_memory(err);
	for (size_t i = 0; i < *count; i++) {
		const struct sb_node *name = sb_node_get(list->items[i], "name"), *sha256 = sb_node_get(list->items[i], "sha256");
		if (!name || name->type != SB_NODE_TEXT || !sha256 || !sb_text_unhex(sha256->text, digests[i].sha256, SB_SHA256_BYTES))
			return sb_fail(err, SB_FORMAT, "record-malformed", "the context of the run is damaged");
		digests[i].name = (const char *)name->text.p;
	}
	*out = digests;
	return 0;
}

static int read_context(struct sb_invocation *call, struct sb_span text, struct sb_run_context *out, struct sb_err *err)
{
	struct sb_node *top = NULL;
	int rc = sb_node_read_json(text, SB_LIMIT_OF(RECORD_BYTES), "context.json", call->arena, &top, err);

	if (rc)
		return rc == SB_FORMAT ? sb_reidentify(err, "record-malformed") : rc;
	const struct sb_node *resource = sb_node_get(top, "resource"), *source = sb_node_get(top, "source");
	const struct sb_node *manifest = sb_node_get(top, "manifest"), *recipe = sb_node_get(top, "recipe");
	if (!resource || resource->type != SB_NODE_TEXT || !source || !manifest || !recipe ||
	    !sb_text_unhex(manifest->text, out->manifest_sha256, SB_SHA256_BYTES) || !sb_text_unhex(recipe->text, out->recipe_sha256, SB_SHA256_BYTES))
		return sb_fail(err, SB_FORMAT, "record-malformed", "the context of the run is damaged");
	out->resource_uri = (const char *)resource->text.p;
	out->has_source = source->number != 0;
	rc = read_digests(call, sb_node_get(top, "drops"), &out->drops, &out->drop_count, err);
	return rc ? rc : read_digests(call, sb_node_get(top, "opaque"), &out->opaque, &out->opaque_count, err);
}

/* The trace document beside the record, where it is still there: it must be the one that the record names. */
static int load_trace(struct sb_invocation *call, const char *id, const char *folder, struct sb_result *result, struct sb_err *err)
{
	const char *path = sb_arena_printf(call->arena, "%s/trace.json", folder);
	struct sb_digest digest;
	struct sb_span text;

	if (!path)
		return no_memory(err);
	if (!result->lineage || !result->lineage->documented || access(path, F_OK) != 0)
		return 0;
	int rc = sb_cli_load_file(call, path, SB_LIMIT_OF(BUF), &text, err);
	if (rc)
		return rc == SB_NOMEM ? rc : sb_reidentify(err, "run-damaged");
	sb_hash_span(text, SB_DIGEST_SHA256, &digest);
	if (memcmp(digest.sha256, result->lineage->document, SB_SHA256_BYTES) != 0)
		return sb_fail(err, SB_EVIDENCE, "run-damaged", "the trace beside the run %s is not the one that its record names", id);
	result->trace_document = text;
	return 0;
}

int sb_run_load(struct sb_invocation *call, const char *id, struct sb_result *result, struct sb_run_context *context, struct sb_span *record,
                struct sb_err *err)
{
	const char *folder = sb_run_folder(call, id);
	const char *path = folder ? sb_arena_printf(call->arena, "%s/record.json", folder) : NULL;
	const char *beside = folder ? sb_arena_printf(call->arena, "%s/context.json", folder) : NULL;
	struct sb_span text;
	char name[ID_DIGITS + 1];

	if (!path || !beside)
		return sb_fail(err, SB_USAGE, "no-home", "neither HOME nor XDG_STATE_HOME is set to an absolute path");
	int rc = sb_cli_load_file(call, path, SB_LIMIT_OF(RECORD_BYTES), record, err);
	if (rc == SB_IO && (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG))
		return sb_fail(err, SB_USAGE, "run-unknown", "there is no run %s", id);
	if (rc)
		return rc == SB_NOMEM ? rc : sb_reidentify(err, "run-damaged");
	rc = sb_cli_load_file(call, beside, SB_LIMIT_OF(RECORD_BYTES), &text, err);
	if (rc)
		return rc == SB_NOMEM ? rc : sb_fail(err, SB_EVIDENCE, "run-damaged", "the run %s has no context that can be read", id);
	name_of_run(*record, text, name);
	if (is_id(id) && strcmp(name, id) != 0)
		return sb_fail(err, SB_EVIDENCE, "run-damaged", "the run %s does not hold what was written: its content has the id %s", id, name);
	rc = sb_record_read(*record, call->arena, result, err);
	if (!rc)
		rc = load_trace(call, id, folder, result, err);
	return rc || !context ? rc : read_context(call, text, context, err);
}

static int digest_program(uint8_t out[SB_SHA256_BYTES], struct sb_err *err)
{
	SB_CLOSING int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct sb_digest digest;

	if (fd < 0)
		return sb_fail_errno(err, "file-unreadable", "cannot read this program");
	int rc = sb_hash_fd(fd, SB_DIGEST_SHA256, &digest, err);
	if (!rc)
		memcpy(out, digest.sha256, SB_SHA256_BYTES);
	return rc;
}

static int write_signed(struct sb_invocation *call, const struct sb_result *result, const struct sb_statement_context *context,
                        const char *key_path, const char *path, struct sb_err *err)
{
	SB_BUF struct sb_buf envelope = {0};
	struct sb_secret *secret = NULL;

	int rc = sb_also_check(call, result, err);
	if (!rc)
		rc = sb_cli_load_secret(call, key_path, &secret, err);
	if (rc)
		return rc;
	rc = sb_attest_sign(result, context, secret, &envelope, err);
	if (!rc && (rc = sb_output_publish(path, sb_buf_span(&envelope), err)) && rc != SB_NOMEM) {
		if (err)
			err->code = SB_TEMPORARY;
		rc = sb_reidentify(err, "report-unwritable");
	}
	const struct sb_also_in in = {.result = result, .envelope = sb_buf_span(&envelope), .path = path, .secret = secret, .context = context};
	if (!rc)
		rc = sb_also_write(call, &in, err);
	sb_secret_free(&secret);
	return rc;
}

int sb_run_sign(struct sb_invocation *call, const char *id, const char *key_path, const char *path, struct sb_err *err)
{
	struct sb_result result = {0};
	struct sb_run_context run = {0};
	struct sb_statement_context context = {.verifier_id = sb_arg_value(call, "verifier"), .finished = sb_arg_value(call, "time")};
	struct sb_span record;
	struct sb_digest digest;
	int64_t unused;

	if (context.finished && !sb_moment_read(context.finished, &unused))
		return sb_fail(err, SB_USAGE, "option-value", "--time %s: a time like 2027-01-01T00:00:00Z is due here", context.finished);
	int rc = sb_run_load(call, id, &result, &run, &record, err);
	if (!rc)
		rc = digest_program(context.program_sha256, err);
	if (rc)
		return rc;
	sb_hash_span(record, SB_DIGEST_SHA256, &digest);
	context.verifier_id = context.verifier_id ? context.verifier_id : "urn:samebuild:unnamed";
	context.resource_uri = run.resource_uri;
	context.has_source = run.has_source;
	memcpy(context.manifest_sha256, run.manifest_sha256, SB_SHA256_BYTES);
	memcpy(context.recipe_sha256, run.recipe_sha256, SB_SHA256_BYTES);
	context.drops = run.drops;
	context.drop_count = run.drop_count;
	context.opaque = run.opaque;
	context.opaque_count = run.opaque_count;
	context.report.name = "record.json";
	memcpy(context.report.sha256, digest.sha256, SB_SHA256_BYTES);
	return write_signed(call, &result, &context, key_path, path, err);
}
