/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/report/summary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

uint64_t sb_artifact_bytes(const struct sb_artifact *artifact)
{
	return artifact->shipped.kinds ? artifact->shipped.size : artifact->rebuilt.kinds ? artifact->rebuilt.size : artifact->coverage.bytes;
}

bool sb_level_passes(enum sb_level level)
{
	return level >= SB_LEVEL_EXPLAINED;
}

static void count_file(struct sb_summary *out, enum sb_level level, uint64_t files, uint64_t bytes)
{
	out->level[level].files += files;
	out->level[level].bytes += bytes;
	out->all.files += files;
	out->all.bytes += bytes;
}

static void count_artifacts(const struct sb_result *result, struct sb_summary *out)
{
	for (size_t i = 0; i < result->artifact_count; i++) {
		const struct sb_artifact *artifact = &result->artifacts[i];
		count_file(out, artifact->level, 1, sb_artifact_bytes(artifact));
		out->coverage.bytes += artifact->coverage.bytes;
		out->coverage.equal += artifact->coverage.equal;
		out->coverage.claimed += artifact->coverage.claimed;
		out->coverage.residual += artifact->coverage.residual;
		out->coverage.opaque += artifact->coverage.opaque;
	}
	if (result->equal.present) {
		count_file(out, SB_LEVEL_IDENTICAL, result->equal.files, result->equal.bytes);
		out->coverage.bytes += result->equal.bytes;
		out->coverage.equal += result->equal.bytes;
	}
}

/* Unproven first, then how many files it touches, then how often. */
static int by_need(const void *a, const void *b)
{
	const struct sb_cause_count *x = a, *y = b;
	if ((x->unproven > 0) != (y->unproven > 0))
		return x->unproven > 0 ? -1 : 1;
	if (x->worst != y->worst)
		return x->worst < y->worst ? -1 : 1;
	if (x->artifacts != y->artifacts)
		return x->artifacts > y->artifacts ? -1 : 1;
	if (x->findings != y->findings)
		return x->findings > y->findings ? -1 : 1;
	return (x->cause > y->cause) - (x->cause < y->cause);
}

struct touched {
	enum sb_cause cause;
	const char *artifact;
};

static int by_touch(const void *a, const void *b)
{
	const struct touched *x = a, *y = b;
	return x->cause != y->cause ? (x->cause > y->cause) - (x->cause < y->cause) : strcmp(x->artifact, y->artifact);
}

/* How many artifacts each cause touches. */
static int count_touched(const struct sb_result *result, uint64_t touched[SB_CAUSES], struct sb_err *err)
{
	SB_FREEING struct touched *all = calloc(result->finding_count ? result->finding_count : 1, sizeof *all);

	if (!all)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < result->finding_count; i++)
		all[i] = (struct touched){result->findings[i].cause, result->findings[i].artifact};
	qsort(all, result->finding_count, sizeof *all, by_touch);
	for (size_t i = 0; i < result->finding_count; i++)
		touched[all[i].cause] += i == 0 || by_touch(&all[i - 1], &all[i]) != 0;
	return 0;
}

static int count_findings(const struct sb_result *result, struct sb_summary *out, struct sb_err *err)
{
	uint64_t touched[SB_CAUSES] = {0};
	struct sb_cause_count causes[SB_CAUSES] = {{0}};

	for (size_t i = 0; i < result->finding_count; i++) {
		const struct sb_finding *finding = &result->findings[i];
		struct sb_cause_count *cause = &causes[finding->cause];
		if (cause->findings == 0 || finding->severity < cause->worst)
			cause->worst = finding->severity;
		cause->cause = finding->cause;
		cause->findings++;
		cause->unproven += finding->rule <= SB_RULE_HINT;
		out->primary += finding->primary;
		out->severity[finding->severity] += finding->primary;
	}
	out->listed = result->finding_count;
	out->findings = result->finding_count + result->findings_left_out;
	int rc = count_touched(result, touched, err);
	for (size_t i = 0; i < SB_CAUSES; i++) {
		if (causes[i].findings == 0)
			continue;
		causes[i].artifacts = touched[i];
		out->causes[out->cause_count++] = causes[i];
	}
	qsort(out->causes, out->cause_count, sizeof *out->causes, by_need);
	return rc;
}

int sb_summarize(const struct sb_result *result, struct sb_summary *out, struct sb_err *err)
{
	*out = (struct sb_summary){0};
	count_artifacts(result, out);
	int rc = count_findings(result, out, err);
	for (size_t i = 0; i < result->freedom_count; i++) {
		out->freedom += result->freedom[i].bytes;
		out->loaded += result->freedom[i].loaded ? result->freedom[i].bytes : 0;
	}
	for (size_t i = 0; i < result->artifact_count; i++) {
		out->missing += result->artifacts[i].shipped.kinds && !result->artifacts[i].rebuilt.kinds;
		out->extra += !result->artifacts[i].shipped.kinds && result->artifacts[i].rebuilt.kinds;
	}
	return rc;
}

void sb_add_number(struct sb_buf *out, uint64_t number)
{
	char digits[24];
	int n = snprintf(digits, sizeof digits, "%" PRIu64, number);

	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			sb_buf_text(out, ",");
		sb_buf_add(out, digits + i, 1);
	}
}

void sb_add_count(struct sb_buf *out, uint64_t number, const char *one)
{
	sb_add_number(out, number);
	sb_buf_printf(out, " %s%s", one, number == 1 ? "" : "s");
}

void sb_add_percent(struct sb_buf *out, uint64_t part, uint64_t whole)
{
	uint64_t tenths = whole == 0 ? 0 : (uint64_t)(1000.0 * (double)part / (double)whole + 0.5);

	if (part && tenths == 0)
		tenths = 1;
	if (part < whole && tenths > 999)
		tenths = 999;
	sb_buf_printf(out, "%" PRIu64 ".%" PRIu64, tenths / 10, tenths % 10);
}

static const struct look {
	const char *symbol, *meaning;
} looks[SB_LEVELS] = {
	[SB_LEVEL_UNDETERMINED] = {"?", "not decided"},
	[SB_LEVEL_DIFFERENT] = {"✗", "something remains unexplained"},
	[SB_LEVEL_IMAGE_IDENTICAL] = {"○", "everything loaded at run time is equal"},
	[SB_LEVEL_REPACKAGED] = {"◔", "equal content, packed in another way"},
	[SB_LEVEL_EXPLAINED] = {"◑", "every differing byte has a proven reason"},
	[SB_LEVEL_UNSIGNED_IDENTICAL] = {"◎", "equal without signatures"},
	[SB_LEVEL_REPRODUCED] = {"◉", "equal when rebuilt in the vendor's environment"},
	[SB_LEVEL_IDENTICAL] = {"●", "equal to the last byte"},
};

const char *sb_level_symbol(enum sb_level level)
{
	return looks[level].symbol;
}

const char *sb_level_meaning(enum sb_level level)
{
	return looks[level].meaning;
}

static void add_verb(struct sb_buf *out, uint64_t number, const char *one, const char *many)
{
	sb_buf_text(out, number == 1 ? one : many);
}

/* "2 of 214 files are", "The one file is": how many files are at @level. */
static void add_files(const struct sb_summary *summary, uint64_t files, struct sb_buf *out)
{
	if (files == summary->all.files) {
		sb_buf_text(out, files == 1 ? "The one file" : "All ");
		if (files != 1)
			sb_add_count(out, files, "file");
		return;
	}
	sb_add_number(out, files);
	sb_buf_text(out, " of ");
	sb_add_count(out, summary->all.files, "file");
}

static void add_different(const struct sb_summary *summary, struct sb_buf *out)
{
	uint64_t files = summary->level[SB_LEVEL_DIFFERENT].files, lonely = summary->missing + summary->extra;
	uint64_t changed = files > lonely ? files - lonely : 0;

	if (changed) {
		add_files(summary, changed, out);
		add_verb(out, changed, " holds", " hold");
		sb_buf_text(out, " bytes that nothing explains: the source given does not build what was delivered");
	}
	if (summary->missing) {
		sb_buf_text(out, changed ? "; " : "");
		add_files(summary, summary->missing, out);
		add_verb(out, summary->missing, " was", " were");
		sb_buf_text(out, " delivered and never rebuilt");
	}
	if (summary->extra) {
		sb_buf_text(out, changed || summary->missing ? "; " : "");
		add_files(summary, summary->extra, out);
		add_verb(out, summary->extra, " was", " were");
		sb_buf_text(out, " rebuilt and never delivered");
	}
	sb_buf_text(out, ".");
}

static void add_explained(const struct sb_summary *summary, struct sb_buf *out)
{
	sb_buf_text(out, "Every byte is equal or differs for a proven reason; ");
	sb_add_count(out, summary->freedom, "byte");
	sb_buf_text(out, summary->freedom == 1 ? " was the vendor's to choose, " : " were the vendor's to choose, ");
	sb_add_number(out, summary->loaded);
	sb_buf_text(out, " of them loaded at run time.");
}

void sb_add_sentence(const struct sb_summary *summary, const struct sb_result *result, struct sb_buf *out)
{
	enum sb_level level = result->level;
	uint64_t files = summary->level[level].files;

	if (result->installed.present) {
		sb_buf_text(out, sb_deviant_sentence(result->installed.deviates));
		return;
	}
	if (summary->all.files == 0) {
		sb_buf_text(out, "Nothing was compared, so nothing is known.");
		return;
	}
	switch (level) {
	case SB_LEVEL_IDENTICAL:
		add_files(summary, files, out);
		add_verb(out, files, " is", " are");
		sb_buf_text(out, " equal to what the source builds, to the last byte.");
		return;
	case SB_LEVEL_REPRODUCED:
		add_files(summary, files, out);
		add_verb(out, files, " comes", " come");
		sb_buf_text(out, " out equal when rebuilt in the environment that the delivery itself tells of.");
		return;
	case SB_LEVEL_UNSIGNED_IDENTICAL:
		sb_buf_text(out, "Everything is equal but for signatures and what is derived from them.");
		return;
	case SB_LEVEL_EXPLAINED:
		add_explained(summary, out);
		return;
	case SB_LEVEL_REPACKAGED:
		add_files(summary, files, out);
		add_verb(out, files, " has", " have");
		sb_buf_text(out, " equal content, but the packing around it was made differently.");
		return;
	case SB_LEVEL_IMAGE_IDENTICAL:
		add_files(summary, files, out);
		add_verb(out, files, " is", " are");
		sb_buf_text(out, " equal in all that is loaded at run time, and different in what is not.");
		return;
	case SB_LEVEL_DIFFERENT:
		add_different(summary, out);
		return;
	case SB_LEVEL_UNDETERMINED:
		break;
	}
	add_files(summary, files, out);
	sb_buf_text(out, " could not be decided; that is never a pass.");
	if (summary->level[SB_LEVEL_DIFFERENT].files) {
		sb_buf_text(out, " ");
		add_files(summary, summary->level[SB_LEVEL_DIFFERENT].files, out);
		add_verb(out, summary->level[SB_LEVEL_DIFFERENT].files, " is different.", " are different.");
	}
}

struct ranked {
	const struct sb_artifact *artifact;
	size_t index;
};

static int by_level(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	/* What is different is worse news than what is undecided, although both fail. */
	static const unsigned char rank[SB_LEVELS] = {[SB_LEVEL_DIFFERENT] = 0, [SB_LEVEL_UNDETERMINED] = 1, [SB_LEVEL_IMAGE_IDENTICAL] = 2,
	                                              [SB_LEVEL_REPACKAGED] = 3, [SB_LEVEL_EXPLAINED] = 4, [SB_LEVEL_UNSIGNED_IDENTICAL] = 5,
	                                              [SB_LEVEL_REPRODUCED] = 6, [SB_LEVEL_IDENTICAL] = 7};
	unsigned p = rank[x->artifact->level], q = rank[y->artifact->level];
	if (p != q)
		return p < q ? -1 : 1;
	int order = strcmp(x->artifact->name, y->artifact->name);
	return order ? order : (x->index > y->index) - (x->index < y->index);
}

size_t *sb_artifacts_worst_first(const struct sb_result *result)
{
	size_t count = result->artifact_count ? result->artifact_count : 1, *out = calloc(count, sizeof *out);
	struct ranked *ranked = calloc(count, sizeof *ranked);

	if (!out || !ranked) {
		free(out);
		free(ranked);
		return NULL;
	}
	for (size_t i = 0; i < result->artifact_count; i++)
		ranked[i] = (struct ranked){&result->artifacts[i], i};
	qsort(ranked, result->artifact_count, sizeof *ranked, by_level);
	for (size_t i = 0; i < result->artifact_count; i++)
		out[i] = ranked[i].index;
	free(ranked);
	return out;
}
