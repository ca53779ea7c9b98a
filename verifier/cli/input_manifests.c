/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of OmniBOR's specification 0.2, section 7: manifests/gitoid_blob_sha256/XX/REST, and an index of targets. */
#include "verifier/cli/input_manifests.h"

#include "manifests/manifests.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define KIND "manifests/gitoid_blob_sha256"

/** "TARGET MANIFEST", in hexadecimal. */
struct target {
	char line[4 * SB_SHA256_BYTES + 2];
};

static int by_line(const void *a, const void *b)
{
	return strcmp(((const struct target *)a)->line, ((const struct target *)b)->line);
}

static int as_unwritable(int rc, struct sb_err *err)
{
	if (!rc || rc == SB_NOMEM)
		return rc;
	if (err)
		err->code = SB_TEMPORARY;
	return sb_reidentify(err, "report-unwritable");
}

static int write_manifest(int dir, const struct sb_buf *text, char id[2 * SB_SHA256_BYTES + 1], struct sb_err *err)
{
	uint8_t gitoid[SB_SHA256_BYTES];
	char folder[sizeof KIND + 3], path[sizeof KIND + 3 + 2 * SB_SHA256_BYTES];

	sb_gitoid(sb_buf_span(text), gitoid);
	sb_text_hex(sb_span_of(gitoid, sizeof gitoid), id);
	snprintf(folder, sizeof folder, KIND "/%.2s", id);
	snprintf(path, sizeof path, "%s/%s", folder, id + 2);
	int rc = sb_path_make_dirs(dir, folder, err);
	return as_unwritable(rc ? rc : sb_io_publish(dir, path, 0644, sb_buf_span(text), err), err);
}

static int write_targets(int dir, struct sb_vec *targets, struct sb_err *err)
{
	SB_BUF struct sb_buf text = {0};

	if (targets->count)
		qsort(targets->items, targets->count, targets->size, by_line);
	for (size_t i = 0; i < targets->count; i++)
		if (i == 0 || by_line(sb_vec_at(targets, i - 1), sb_vec_at(targets, i)) != 0)
			sb_buf_printf(&text, "%s\n", ((const struct target *)sb_vec_at(targets, i))->line);
	int rc = sb_buf_ok(&text, err);
	return rc ? rc : as_unwritable(sb_io_publish(dir, "targets", 0644, sb_buf_span(&text), err), err);
}

static int write_one(struct sb_invocation *call, int dir, const struct sb_lineage *lineage, const struct sb_lineage_output *output, struct sb_vec *targets,
                     struct sb_err *err)
{
	SB_BUF struct sb_buf text = {0};
	char target[2 * SB_SHA256_BYTES + 1], manifest[2 * SB_SHA256_BYTES + 1];
	bool good = output->has_gitoid && sb_omnibor_write(lineage, output, &text);

	int rc = sb_buf_ok(&text, err);
	if (!rc && !good)
		sb_cli_say(call, "note: %s has no input manifest, since not all of its inputs are known", sb_cli_escape(call, output->name));
	if (rc || !good)
		return rc;
	rc = write_manifest(dir, &text, manifest, err);
	struct target *slot = rc ? NULL : sb_vec_push(targets);
	if (!slot)
		return rc ? rc : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	sb_text_hex(sb_span_of(output->gitoid, sizeof output->gitoid), target);
	snprintf(slot->line, sizeof slot->line, "%s %s", target, manifest);
	return 0;
}

int sb_input_manifests_write(struct sb_invocation *call, const struct sb_result *result, struct sb_err *err)
{
	const char *path = sb_arg_value(call, "input-manifests");
	const struct sb_lineage *lineage = result->lineage;
	SB_VEC struct sb_vec targets = {.size = sizeof(struct target)};

	if (!path)
		return 0;
	if (!lineage || !lineage->trusted)
		return sb_fail(err, SB_ABSENT, "input-manifest-absent", "the build has no trace that can be trusted, so no input manifest is written");
	int rc = as_unwritable(sb_path_make_dirs(AT_FDCWD, path, err), err);
	if (rc)
		return rc;
	SB_CLOSING int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return as_unwritable(sb_fail_errno(err, "write-failed", "cannot open %s", path), err);
	for (size_t i = 0; !rc && i < lineage->output_count; i++)
		rc = write_one(call, dir, lineage, &lineage->outputs[i], &targets, err);
	return rc ? rc : write_targets(dir, &targets, err);
}
