/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/solving.h"

#include "verifier/cli/inputs.h"
#include "verifier/cli/runs.h"

#include <fcntl.h>

int sb_cli_load_fact_set(struct sb_invocation *call, struct sb_fact_set *out, bool *given, struct sb_err *err)
{
	const char *path = sb_arg_value(call, "facts");
	struct sb_span text;

	*given = path != NULL;
	*out = (struct sb_fact_set){0};
	if (!path)
		return 0;
	int rc = sb_cli_load_file(call, path, SB_LIMIT_OF(DOCUMENT_BYTES), &text, err);
	if (rc) {
		if (rc != SB_NOMEM && err)
			err->code = SB_USAGE;
		return rc == SB_NOMEM ? rc : sb_reidentify(err, "facts-malformed");
	}
	return sb_fact_set_read(text, sb_path_base(path), call->arena, out, err);
}

int sb_cli_open_roots(struct sb_invocation *call, struct sb_cli_roots *out, struct sb_err *err)
{
	const char *path;
	size_t count = 0;

	while (sb_arg_nth(call, "toolchain", count))
		count++;
	if (count && !sb_arg_given(call, "solve") && !sb_arg_given(call, "facts"))
		return sb_fail(err, SB_USAGE, "option-value", "--toolchain is for --solve and --facts: the manifest says what the plain rebuild is made with");
	out->items = sb_arena_array(call->arena, count, sizeof *out->items);
	if (!out->items)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	while (out->count < count) {
		path = sb_arg_nth(call, "toolchain", out->count);
		struct sb_other_root *root = &out->items[out->count];
		*root = (struct sb_other_root){.name = sb_path_base(path), .fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
		if (root->fd < 0) {
			sb_fail_errno(err, "toolchain-unreadable", "cannot read %s", path);
			if (err)
				err->code = SB_USAGE;
			return SB_USAGE;
		}
		out->count++;
	}
	return 0;
}

void sb_cli_close_roots(struct sb_cli_roots *roots)
{
	for (size_t i = 0; i < roots->count; i++)
		sb_close_fd(&roots->items[i].fd);
	roots->count = 0;
}

int sb_cli_keep_facts(struct sb_invocation *call, const char *id, const struct sb_solving *solving, struct sb_err *err)
{
	const struct sb_fact_set *facts = sb_solving_best(solving);
	const char *folder = facts ? sb_run_folder(call, id) : NULL;
	SB_BUF struct sb_buf text = {0};
	SB_CLOSING int dir = -1;

	if (!facts)
		return 0;
	int rc = sb_fact_set_write(facts, &text, err);
	if (rc)
		return rc;
	dir = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (dir < 0)
		return sb_fail_errno(err, "run-unwritable", "cannot open the folder of run %s", id);
	rc = sb_io_publish(dir, "facts.json", 0644, sb_buf_span(&text), err);
	if (!rc || rc == SB_NOMEM)
		return rc;
	if (err)
		err->code = SB_TEMPORARY;
	return sb_reidentify(err, "run-unwritable");
}
