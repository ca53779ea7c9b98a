/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/unit/compare/sides.h"
#include "verifier/explain/explainer.h"

TestSuite(explain, .fini = no_leaks);

static bool reads(const char *text, enum sb_encoding encoding, uint64_t expected)
{
	uint64_t value = 77;
	return sb_field_number(sb_span_text(text), encoding, &value) && value == expected;
}

Test(explain, numbers_are_read_as_their_field_says)
{
	uint64_t value;
	cr_assert(reads("0000755", SB_ENC_OCTAL, 0755));
	cr_assert(reads("1700000000  ", SB_ENC_DECIMAL, 1700000000));
	cr_assert(reads("00FFa1", SB_ENC_HEX_TEXT, 0xffa1));
	cr_assert(reads("\x01\x02", SB_ENC_LE, 0x201));
	cr_assert(reads("\x01\x02", SB_ENC_BE, 0x102));
	cr_assert(!sb_field_number(sb_span_text("8"), SB_ENC_OCTAL, &value));
	cr_assert(!sb_field_number(sb_span_text("12a"), SB_ENC_DECIMAL, &value));
	cr_assert(!sb_field_number(sb_span_text(""), SB_ENC_DECIMAL, &value));
	cr_assert(!sb_field_number(sb_span_text("   "), SB_ENC_DECIMAL, &value));
	cr_assert(!sb_field_number(sb_span_text("99999999999999999999"), SB_ENC_DECIMAL, &value), "it does not fit");
	cr_assert(!sb_field_number(sb_span_text("123456789"), SB_ENC_LE, &value), "nine bytes are no number");
	cr_assert(!sb_field_number(sb_span_text("text"), SB_ENC_TEXT, &value));
	cr_assert(!sb_field_number(sb_span_text("7"), SB_ENC_RAW, &value));
}

/** Two sides, compared and explained. */
struct explained {
	struct sb_comparison comparison;
	struct sb_explanation explanation;
};

static struct explained explain(struct sb_span shipped, struct sb_span rebuilt, const struct sb_facts *facts)
{
	static const struct sb_facts none = SB_FACTS_NONE;
	struct explained out = {0};
	cr_assert_eq(compare_spans(shipped, rebuilt, 1, &out.comparison), 0);
	cr_assert_eq(sb_explain_run(&out.comparison, facts ? facts : &none, &out.explanation, NULL), 0);
	return out;
}

static void release(struct explained *both)
{
	sb_explanation_release(&both->explanation);
	sb_comparison_release(&both->comparison);
}

static size_t count_diffs(const struct sb_pair *pair)
{
	size_t n = pair->diff_count;
	for (size_t i = 0; i < pair->child_count; i++)
		n += count_diffs(pair->children[i]);
	return n;
}

static size_t count_owned(const struct sb_explained *explained)
{
	size_t n = 0;
	for (size_t i = 0; i < explained->count; i++)
		n += sb_claim_owns(&explained->claims[i]);
	return n;
}

Test(explain, each_difference_has_one_claim)
{
	static uint8_t a[8192], b[8192];
	struct explained both = explain(make_tar(a, (const char *const[][2]){{"one", "1"}, {"two", "22"}, {"x", "y"}}, 3),
	                                make_tar(b, (const char *const[][2]){{"two", "2"}, {"one", "1"}}, 2), NULL);
	const struct sb_explained *explained = &both.explanation.artifacts[0];

	cr_assert_eq(explained->count, count_diffs(both.comparison.artifacts[0].pair));
	for (size_t i = 0; i < explained->count; i++) {
		cr_assert(explained->claims[i].note && explained->claims[i].note[0]);
		for (size_t k = 0; k < i; k++)
			cr_assert_neq(explained->claims[i].diff, explained->claims[k].diff);
		if (!sb_claim_owns(&explained->claims[i]))
			cr_assert_eq(explained->claims[i].cap, SB_LEVEL_DIFFERENT);
	}
	release(&both);
}

Test(explain, size_and_checksum_of_a_tar_follow_from_content)
{
	static uint8_t a[4096], b[4096];
	struct explained both =
		explain(make_tar(a, (const char *const[][2]){{"one", "first"}}, 1), make_tar(b, (const char *const[][2]){{"one", "another"}}, 1), NULL);
	const struct sb_explained *explained = &both.explanation.artifacts[0];
	size_t derived = 0;

	for (size_t i = 0; i < explained->count; i++)
		if (explained->claims[i].diff->kind == SB_DIFF_FIELD) {
			cr_assert_eq(explained->claims[i].rule, SB_RULE_DERIVED);
			cr_assert(!explained->claims[i].primary);
			derived++;
		}
	cr_assert_eq(derived, 2);
	cr_assert_eq(count_owned(explained), explained->count - 1, "the content itself is nobody's");
	release(&both);
}

/* Two archives of one entry; @at of the shipped header gets @byte, and its checksum is mended. */
static struct explained with_header_byte(size_t at, const char *bytes, size_t n)
{
	static uint8_t a[4096], b[4096];
	struct sb_span shipped = make_tar(a, (const char *const[][2]){{"one", "1"}}, 1), rebuilt = make_tar(b, (const char *const[][2]){{"one", "1"}}, 1);
	char digits[24];
	unsigned sum = 0;

	memcpy(a + at, bytes, n);
	memset(a + 148, ' ', 8);
	for (size_t i = 0; i < 512; i++)
		sum += a[i];
	snprintf(digits, sizeof digits, "%06o", sum);
	memcpy(a + 148, digits, 7);
	return explain(shipped, rebuilt, NULL);
}

static const struct sb_claim *claim_on(const struct explained *both, const char *field)
{
	const struct sb_explained *explained = &both->explanation.artifacts[0];
	for (size_t i = 0; i < explained->count; i++)
		if (explained->claims[i].diff && explained->claims[i].diff->name && strcmp(explained->claims[i].diff->name, field) == 0)
			return &explained->claims[i];
	return NULL;
}

Test(explain, a_time_of_a_container_is_owned_in_its_one_form_only)
{
	struct explained both = with_header_byte(136, "14524770400", 12);
	const struct sb_claim *claim = claim_on(&both, "mtime");
	cr_assert(claim && claim->rule == SB_RULE_STRUCTURAL && claim->cap == SB_LEVEL_REPACKAGED);
	cr_assert(claim->freedom > 0);
	release(&both);
	both = with_header_byte(136, "          1", 12);
	claim = claim_on(&both, "mtime");
	cr_assert(claim && !sb_claim_owns(claim), "blanks before the digits");
	release(&both);
}

Test(explain, mode_owner_and_name_are_never_owned)
{
	struct explained both = with_header_byte(100, "0004755", 8);
	const struct sb_claim *claim = claim_on(&both, "mode");
	cr_assert(claim && !sb_claim_owns(claim));
	cr_assert_eq(claim->cause, SB_CAUSE_PERMISSIONS);
	cr_assert_eq(claim->severity, SB_SEVERITY_CRITICAL, "setuid");
	cr_assert(strstr(claim->note, "04755 → 0644") != NULL, "%s", claim->note);
	release(&both);
	both = with_header_byte(100, "0000666", 8);
	cr_assert_eq(claim_on(&both, "mode")->severity, SB_SEVERITY_MAJOR);
	release(&both);
	both = with_header_byte(108, "0001750", 8);
	claim = claim_on(&both, "uid");
	cr_assert(claim && !sb_claim_owns(claim) && claim->cause == SB_CAUSE_OWNERSHIP);
	release(&both);
}

Test(explain, values_of_the_environment_need_a_fact_and_one_value)
{
	const struct sb_facts facts = {.path = "/build/acme-1.0", .epoch = INT64_MIN};
	static const struct {
		const char *shipped;
		bool owned;
	} cases[] = {
		{"\1/home/x/acme1.0/a\1/home/x/acme1.0/b", true},
		{"\1/home/x/acme1.0/a\1/home/y/acme1.0/b", false}, /* two values */
		{"\1/home/x/acme1.0/a\1/build/acme-1.0/b", false}, /* a place of ours is left */
		{"\1/home/../acme1./a\1/home/../acme1./b", false}, /* climbs */
		{"\1relative/path12/a\1relative/path12/b", false},
		{"\1/home/x/acme1.0/a\1/home/x/acme1.0/c", false}, /* more than the value differs */
	};
	struct sb_span ours = sb_span_text("\1/build/acme-1.0/a\1/build/acme-1.0/b");

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct explained both = explain(sb_span_text(cases[i].shipped), ours, &facts);
		const struct sb_explained *explained = &both.explanation.artifacts[0];
		cr_assert(explained->count > 0);
		cr_assert_eq(count_owned(explained) == explained->count, cases[i].owned, "case %zu", i);
		release(&both);
		both = explain(sb_span_text(cases[i].shipped), ours, NULL);
		cr_assert_eq(count_owned(&both.explanation.artifacts[0]), 0, "without facts");
		release(&both);
	}
}

Test(explain, a_date_is_a_date)
{
	const struct sb_facts facts = {.epoch = 1700000000}; /* Nov 14 2023, 22:13:20 */
	static const struct {
		const char *shipped;
		bool owned;
	} cases[] = {
		{"\1Feb  3 2024", true}, {"\1Foo  3 2024", false}, {"\1Feb 33 2024", false}, {"\1Feb  3 9924", false}, {"\1Feb 03,2024", false},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct explained both = explain(sb_span_text(cases[i].shipped), sb_span_text("\1Nov 14 2023"), &facts);
		const struct sb_explained *explained = &both.explanation.artifacts[0];
		cr_assert_eq(explained->count > 0 && count_owned(explained) == explained->count, cases[i].owned, "case %zu", i);
		release(&both);
	}
}

Test(explain, foreign_text_in_notes_is_escaped)
{
	struct explained both = with_header_byte(265, "\033[31mroot", 9);
	const struct sb_explained *explained = &both.explanation.artifacts[0];
	for (size_t i = 0; i < explained->count; i++)
		cr_assert(!strchr(explained->claims[i].note, '\033'));
	release(&both);
}
