/* SPDX-License-Identifier: Apache-2.0 */
/* What --solve tried, for people: the facts that served, what a rebuild failed by, and which tools would be needed. */
#include "verifier/report/solving.h"

#include "verifier/report/summary.h"
#include "verifier/report/writers.h"

#include <string.h>

enum { SHOWN = 10, SPAN_MOST = 400, LINE_MOST = 600 };

static const char *const stops[SB_SOLVE_STOPS] = {
	[SB_SOLVE_UNKNOWN] = "it was not begun",
	[SB_SOLVE_EQUAL] = "every file is equal",
	[SB_SOLVE_NO_NEW_FACT] = "nothing more was found to try",
	[SB_SOLVE_ROUNDS] = "no round was left",
};

void sb_add_solving_sentence(const struct sb_solving *solving, struct sb_buf *out)
{
	size_t equal = 0;

	for (size_t i = 0; i < solving->file_count; i++)
		equal += solving->files[i].rebuild != 0;
	sb_add_count(out, solving->trial_count, "rebuild");
	sb_buf_text(out, " under facts made ");
	sb_add_number(out, equal);
	sb_buf_text(out, " of ");
	sb_add_count(out, solving->file_count, "file");
	sb_buf_printf(out, " equal; %s.", stops[solving->stop]);
}

const struct sb_evidence *sb_solving_evidence(const struct sb_solving *solving, enum sb_knob knob, const char *value)
{
	for (size_t i = 0; i < solving->evidence_count; i++)
		if (solving->evidence[i].knob == knob && strcmp(solving->evidence[i].value, value) == 0)
			return &solving->evidence[i];
	return NULL;
}

/* ---- a terminal ---- */

static void add_line(struct sb_buf *out, const char *escaped)
{
	struct sb_span text = sb_span_text(escaped);
	size_t n = sb_cut_text(text, LINE_MOST);

	sb_buf_add(out, text.p, n);
	if (n < text.n)
		sb_buf_printf(out, "... (the first %zu of %zu bytes)", n, text.n);
}

static void add_facts(const struct sb_solving *solving, const struct sb_fact_set *facts, struct sb_buf *out)
{
	for (unsigned knob = 0; knob < SB_KNOBS; knob++) {
		const char *value = facts->value[knob];
		const struct sb_evidence *seen = value ? sb_solving_evidence(solving, (enum sb_knob)knob, value) : NULL;
		if (!value)
			continue;
		sb_buf_printf(out, "            %s ", sb_knob_name((enum sb_knob)knob));
		sb_escape(out, sb_span_text(value));
		if (seen) {
			sb_buf_text(out, ": ");
			add_line(out, seen->where);
		}
		sb_buf_text(out, "\n");
	}
}

static void add_failures(const struct sb_solving *solving, struct sb_buf *out)
{
	for (size_t i = 0; i < solving->trial_count && i < SHOWN; i++) {
		if (solving->trials[i].end != SB_TRIAL_FAILED)
			continue;
		sb_buf_printf(out, "            rebuild %zu failed: ", i + 1);
		add_line(out, solving->trials[i].why);
		sb_buf_text(out, "\n");
	}
}

static void add_needed(const struct sb_needed *needed, struct sb_buf *out)
{
	sb_buf_text(out, "  needs     ");
	add_line(out, needed->what);
	sb_buf_text(out, " ");
	add_line(out, needed->version);
	if (needed->ours[0]) {
		sb_buf_text(out, " instead of ");
		add_line(out, needed->ours);
	}
	sb_buf_text(out, ": ");
	add_line(out, needed->where);
	sb_buf_text(out, "\n");
}

void sb_text_solving(const struct sb_solving *solving, struct sb_buf *out)
{
	const struct sb_fact_set *facts = sb_solving_best(solving);

	if (!solving->present)
		return;
	sb_buf_text(out, "  solve     ");
	sb_add_solving_sentence(solving, out);
	sb_buf_text(out, "\n");
	if (facts)
		add_facts(solving, facts, out);
	add_failures(solving, out);
	for (size_t i = 0; i < solving->needed_count && i < SHOWN; i++)
		add_needed(&solving->needed[i], out);
	if (solving->needed_count > SHOWN)
		sb_buf_printf(out, "  needs     and %zu more; all are in the JSON record\n", solving->needed_count - SHOWN);
}

/* ---- a merge request ---- */

static void add_code(struct sb_buf *out, const char *before, const char *escaped)
{
	sb_buf_text(out, before);
	sb_add_code_span(out, escaped, SPAN_MOST);
}

static void list_facts(const struct sb_solving *solving, const struct sb_fact_set *facts, struct sb_buf *out)
{
	for (unsigned knob = 0; knob < SB_KNOBS; knob++) {
		const char *value = facts->value[knob];
		const struct sb_evidence *seen = value ? sb_solving_evidence(solving, (enum sb_knob)knob, value) : NULL;
		if (!value)
			continue;
		sb_buf_printf(out, "- %s", sb_knob_name((enum sb_knob)knob));
		add_code(out, " ", value);
		if (seen)
			add_code(out, ", read from ", seen->where);
		sb_buf_text(out, "\n");
	}
}

static void list_needed(const struct sb_solving *solving, struct sb_buf *out)
{
	for (size_t i = 0; i < solving->needed_count && i < SHOWN; i++) {
		const struct sb_needed *needed = &solving->needed[i];
		add_code(out, "- needs ", needed->what);
		add_code(out, " ", needed->version);
		if (needed->ours[0])
			add_code(out, " instead of ", needed->ours);
		add_code(out, ": ", needed->where);
		sb_buf_text(out, "\n");
	}
	if (solving->needed_count > SHOWN)
		sb_buf_printf(out, "\nShown %d of %zu needed tools, the rest in the JSON record.\n", SHOWN, solving->needed_count);
}

void sb_markdown_solving(const struct sb_solving *solving, struct sb_buf *out)
{
	const struct sb_fact_set *facts = sb_solving_best(solving);

	if (!solving->present)
		return;
	sb_buf_text(out, "### Solved\n\n");
	sb_add_solving_sentence(solving, out);
	sb_buf_text(out, "\n\n");
	if (facts)
		list_facts(solving, facts, out);
	list_needed(solving, out);
	sb_buf_text(out, facts || solving->needed_count ? "\n" : "");
}
