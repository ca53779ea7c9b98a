/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/solving.h"

#include "verifier/cli/inputs.h"
#include "verifier/cli/runs.h"

#include <fcntl.h>
#include <inttypes.h>

enum { SHOWN = 5 };

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

static const char *words_of(enum sb_solve_stop stop)
{
	switch (stop) {
	case SB_SOLVE_EQUAL:
		return "every file is equal";
	case SB_SOLVE_NO_NEW_FACT:
		return "nothing more was found to try";
	case SB_SOLVE_ROUNDS:
		return "no round was left";
	case SB_SOLVE_UNKNOWN:
		break;
	}
	return "it was not begun";
}

static void tell_facts(struct sb_invocation *call, const struct sb_fact_set *facts)
{
	for (unsigned knob = 0; knob < SB_KNOBS; knob++)
		if (facts->value[knob])
			sb_buf_printf(&call->out, "            %s %s\n", sb_knob_name((enum sb_knob)knob), sb_cli_escape(call, facts->value[knob]));
}

static void tell_needed(struct sb_invocation *call, const struct sb_solving *solving)
{
	for (size_t i = 0; i < solving->needed_count && i < SHOWN; i++) {
		const struct sb_needed *needed = &solving->needed[i];
		sb_buf_printf(&call->out, "  needs     %s %s", needed->what, needed->version);
		if (needed->ours[0])
			sb_buf_printf(&call->out, " instead of %s", needed->ours);
		sb_buf_printf(&call->out, ": %s\n", needed->where);
	}
	if (solving->needed_count > SHOWN)
		sb_buf_printf(&call->out, "  needs     and %zu more, in the JSON record\n", solving->needed_count - SHOWN);
}

void sb_cli_tell_solving(struct sb_invocation *call, const struct sb_solving *solving)
{
	const struct sb_fact_set *facts = sb_solving_best(solving);
	size_t equal = 0;

	if (!solving->present)
		return;
	for (size_t i = 0; i < solving->file_count; i++)
		equal += solving->files[i].rebuild != 0;
	sb_buf_printf(&call->out, "  solve     %zu rebuilds under facts made %zu of %zu files equal; %s\n", solving->trial_count, equal, solving->file_count,
	              words_of(solving->stop));
	if (facts)
		tell_facts(call, facts);
	tell_needed(call, solving);
}
