/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/report/made.h"

#include "verifier/report/summary.h"

#include <string.h>

uint64_t sb_count_ownerless(const struct sb_lineage *lineage)
{
	uint64_t count = 0;

	for (size_t i = 0; i < lineage->input_count; i++)
		count += lineage->inputs[i].origin == SB_ORIGIN_TOOLCHAIN && !lineage->inputs[i].package;
	return count;
}

uint64_t sb_count_inputs(const struct sb_lineage *lineage, const struct sb_lineage_list *list, enum sb_origin origin)
{
	uint64_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += lineage->inputs[list->items[i]].origin == origin;
	return count;
}

bool sb_is_sourceless(const struct sb_lineage *lineage, const struct sb_lineage_output *output)
{
	return output->traced && !output->left_out && !sb_count_inputs(lineage, &output->inputs[SB_INFLOW_DATA], SB_ORIGIN_SOURCE) &&
	       !sb_count_inputs(lineage, &output->inputs[SB_INFLOW_RUN], SB_ORIGIN_SOURCE);
}

static void add_sourceless(const struct sb_lineage *lineage, struct sb_buf *out)
{
	uint64_t count = 0;

	for (size_t i = 0; i < lineage->output_count; i++)
		count += sb_is_sourceless(lineage, &lineage->outputs[i]);
	if (!count)
		return;
	sb_buf_text(out, " No source file got into ");
	sb_add_count(out, count, "delivered file");
	sb_buf_text(out, ".");
}

void sb_add_sources_sentence(const struct sb_lineage *lineage, struct sb_buf *out)
{
	uint64_t idle = lineage->unread_count + lineage->copied_count + lineage->untold_count, read = lineage->sources > idle ? lineage->sources - idle : 0;

	sb_add_number(out, read);
	sb_buf_text(out, " of ");
	sb_add_count(out, lineage->sources, "source file");
	sb_buf_text(out, read == 1 ? " was read, " : " were read, ");
	sb_add_number(out, lineage->copied_count);
	sb_buf_text(out, " only copied, ");
	sb_add_number(out, lineage->unread_count);
	sb_buf_text(out, " never opened");
	if (lineage->untold_count) {
		sb_buf_text(out, "; of ");
		sb_add_number(out, lineage->untold_count);
		sb_buf_text(out, " it is not known");
	}
	sb_buf_text(out, ".");
	add_sourceless(lineage, out);
}

void sb_add_toolchain_sentence(const struct sb_lineage *lineage, struct sb_buf *out)
{
	sb_add_count(out, lineage->program_count, "program");
	sb_buf_text(out, " ran, ");
	sb_add_count(out, lineage->package_count, "package");
	sb_buf_text(out, " of the toolchain took part, ");
	sb_add_count(out, sb_count_ownerless(lineage), "file");
	sb_buf_text(out, " of it belong to none.");
}

void sb_add_attempts(const struct sb_lineage *lineage, struct sb_buf *out)
{
	for (size_t i = 0; i < lineage->attempt_count;) {
		uint64_t count = 0;
		size_t first = i;
		for (; i < lineage->attempt_count && strcmp(lineage->attempts[i].kind, lineage->attempts[first].kind) == 0; i++)
			count += lineage->attempts[i].count;
		sb_buf_text(out, first ? ", " : "");
		sb_add_number(out, count);
		sb_buf_text(out, " ");
		sb_escape(out, sb_span_text(lineage->attempts[first].kind));
	}
	if (lineage->attempt_count == 0)
		sb_buf_text(out, "none");
}

void sb_add_trust_sentence(const struct sb_lineage *lineage, struct sb_buf *out)
{
	if (lineage->trusted) {
		sb_buf_text(out, "The trace is complete; ");
		for (size_t i = 0; i < lineage->witness_count; i++) {
			sb_buf_text(out, i ? ", " : "witnesses that agree with it: ");
			sb_escape(out, sb_span_text(lineage->witnesses[i]));
		}
		sb_buf_text(out, lineage->witness_count ? "." : "no witness stands beside it.");
		return;
	}
	sb_buf_text(out, "THE TRACE MUST NOT BE TRUSTED");
	sb_buf_text(out, lineage->reason_count ? ": " : ".");
	for (size_t i = 0; i < lineage->reason_count && i < 3; i++)
		sb_buf_printf(out, "%s%s", i ? "; " : "", lineage->reasons[i]);
	if (lineage->reason_count > 3)
		sb_buf_printf(out, "; and %zu more reasons", lineage->reason_count - 3);
}

const char *sb_inflow_words(enum sb_inflow inflow)
{
	static const char *const words[SB_INFLOWS] = {"not known", "read by what started the programs", "run", "read"};
	return words[inflow];
}

const char *sb_declaration_words(enum sb_declaration declaration)
{
	static const char *const words[SB_DECLARATIONS] = {"nothing declared", "declared", "declared with another version", "not declared"};
	return words[declaration];
}
