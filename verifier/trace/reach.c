/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/trace/reach.h"

#include <stdlib.h>
#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

int sb_reaching_init(struct sb_reaching *reaching, const struct sb_analysis *a, struct sb_err *err)
{
	*reaching = (struct sb_reaching){.a = a};
	return sb_leaks_init(&reaching->leaks, &a->graph, a->uses, a->use_count, err);
}

void sb_reaching_release(struct sb_reaching *reaching)
{
	for (size_t i = 0; i < SB_REACH_ROWS; i++)
		free(reaching->rows[i].inflow);
	sb_leaks_release(&reaching->leaks);
}

bool sb_reach_is_in(const struct sb_lineage_output *output, enum sb_inflow inflow, uint32_t number)
{
	const struct sb_lineage_list *list = &output->inputs[inflow];
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (list->items[middle] == number)
			return true;
		if (list->items[middle] < number)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* Not all that got into it is known. */
static bool is_vague(const struct sb_lineage_output *output)
{
	return output->left_out || !output->traced;
}

/* Where not all inputs are listed, or nothing is known of them, anything that was read may be one. */
static enum sb_inflow reach_of_file(const struct sb_analysis *a, size_t which, uint32_t file)
{
	const struct sb_lineage_output *output = &a->out->outputs[which];
	uint32_t input = file == SB_TRACE_NONE ? 0 : a->input_of[file];

	if (file == SB_TRACE_NONE)
		return SB_INFLOW_NONE;
	if (a->output_file[which] == file)
		return SB_INFLOW_DATA;
	for (unsigned inflow = SB_INFLOW_DATA; input && inflow > SB_INFLOW_NONE; inflow--)
		if (sb_reach_is_in(output, (enum sb_inflow)inflow, input - 1))
			return (enum sb_inflow)inflow;
	return is_vague(output) ? SB_INFLOW_CONTROL : SB_INFLOW_NONE;
}

static enum sb_inflow reach_of_leak(const struct sb_reaching *reaching, size_t which)
{
	const struct sb_analysis *a = reaching->a;

	if (sb_leaks_reach(&reaching->leaks, a->output_file[which]))
		return SB_INFLOW_DATA;
	return reaching->leaks.escaped && is_vague(&a->out->outputs[which]) ? SB_INFLOW_CONTROL : SB_INFLOW_NONE;
}

/* What became of the archive, worked out once as long as it is asked for again and again. */
static int row_of(struct sb_reaching *reaching, size_t archive, bool strict, const uint8_t **out, struct sb_err *err)
{
	struct sb_reach_row *row = &reaching->rows[(2 * archive + strict) % SB_REACH_ROWS];
	size_t count = reaching->a->out->output_count;

	*out = row->inflow;
	if (row->archive == archive + 1 && row->strict == strict)
		return 0;
	if (!row->inflow)
		row->inflow = calloc(count + 1, 1);
	int rc = row->inflow ? sb_leaks_follow(&reaching->leaks, archive, strict, err) : no_memory(err);
	if (rc)
		return rc;
	for (size_t i = 0; i < count; i++)
		row->inflow[i] = (uint8_t)reach_of_leak(reaching, i);
	row->archive = archive + 1;
	row->strict = strict;
	*out = row->inflow;
	return 0;
}

int sb_reaching_ask(struct sb_reaching *reaching, struct sb_source_use *use, uint8_t *row, struct sb_err *err)
{
	const struct sb_analysis *a = reaching->a;
	struct sb_source_use *archive = use->packed ? sb_use_archive(a->uses, (size_t)(use - a->uses)) : NULL;
	bool strict = use->file == SB_TRACE_NONE;
	int rc = 0;

	for (size_t i = 0; i < a->out->output_count; i++)
		row[i] = (uint8_t)reach_of_file(a, i, use->file);
	for (; !rc && archive; archive = sb_use_archive(a->uses, (size_t)(archive - a->uses))) {
		const uint8_t *leaked = NULL;
		rc = row_of(reaching, (size_t)(archive - a->uses), strict, &leaked, err);
		for (size_t i = 0; !rc && i < a->out->output_count; i++)
			row[i] = leaked[i] > row[i] ? leaked[i] : row[i];
	}
	return rc;
}
