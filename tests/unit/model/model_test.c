/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>

#include "verifier/model/model.h"

#include <string.h>

TestSuite(model, .fini = no_leaks);

Test(model, zero_is_never_a_pass)
{
	const struct sb_result zero = {0};
	const struct sb_artifact artifact = {0};
	const struct sb_finding finding = {0};

	cr_assert_str_eq(sb_level_name(zero.level), "undetermined");
	cr_assert_str_eq(sb_level_name(artifact.level), "undetermined");
	cr_assert_str_eq(sb_cause_name(finding.cause), "unexplained");
	cr_assert_str_eq(sb_rule_name(finding.rule), "none");
	cr_assert_str_eq(sb_severity_name(finding.severity), "critical");
	cr_assert_not(finding.primary);
}

Test(model, levels_are_those_of_the_contract_worst_first)
{
	static const char *const order[SB_LEVELS] = {"undetermined", "different", "image-identical", "repackaged",
	                                             "explained", "unsigned-identical", "reproduced", "identical"};

	for (unsigned i = 0; i < SB_LEVELS; i++) {
		enum sb_level level = SB_LEVEL_IDENTICAL;
		cr_assert_str_eq(sb_level_name((enum sb_level)i), order[i]);
		cr_assert(sb_level_parse(order[i], &level));
		cr_assert_eq(level, i);
		for (unsigned k = 0; k < SB_LEVELS; k++)
			cr_assert_eq(sb_level_worse((enum sb_level)i, (enum sb_level)k), i < k ? i : k);
	}
}

Test(model, every_name_reads_back_as_its_value)
{
	for (unsigned i = 0; i < SB_CAUSES; i++) {
		enum sb_cause cause = SB_CAUSE_UNEXPLAINED;
		cr_assert(sb_cause_parse(sb_cause_name((enum sb_cause)i), &cause));
		cr_assert_eq(cause, i);
	}
	for (unsigned i = 0; i < SB_RULES; i++) {
		enum sb_rule rule = SB_RULE_NONE;
		cr_assert(sb_rule_parse(sb_rule_name((enum sb_rule)i), &rule));
		cr_assert_eq(rule, i);
	}
	for (unsigned i = 0; i < SB_SEVERITIES; i++) {
		enum sb_severity severity = SB_SEVERITY_CRITICAL;
		cr_assert(sb_severity_parse(sb_severity_name((enum sb_severity)i), &severity));
		cr_assert_eq(severity, i);
	}
}

Test(model, unknown_words_are_refused_and_leave_the_value)
{
	static const char *const words[] = {"", "IDENTICAL", "identical ", "identica", "identicall", "0", "pass"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		enum sb_level level = SB_LEVEL_DIFFERENT;
		enum sb_cause cause = SB_CAUSE_PADDING;
		enum sb_rule rule = SB_RULE_HINT;
		enum sb_severity severity = SB_SEVERITY_INFO;
		cr_assert_not(sb_level_parse(words[i], &level), "%s", words[i]);
		cr_assert_not(sb_cause_parse(words[i], &cause), "%s", words[i]);
		cr_assert_not(sb_rule_parse(words[i], &rule), "%s", words[i]);
		cr_assert_not(sb_severity_parse(words[i], &severity), "%s", words[i]);
		cr_assert_eq(level, SB_LEVEL_DIFFERENT);
		cr_assert_eq(cause, SB_CAUSE_PADDING);
		cr_assert_eq(rule, SB_RULE_HINT);
		cr_assert_eq(severity, SB_SEVERITY_INFO);
	}
}

Test(model, values_outside_the_lists_get_the_name_that_passes_nothing)
{
	int wild = 4711; /* what a damaged record holds */
	enum sb_level level;
	enum sb_rule rule;

	memcpy(&level, &wild, sizeof level);
	memcpy(&rule, &wild, sizeof rule);
	cr_assert_str_eq(sb_level_name(level), "undetermined");
	cr_assert_str_eq(sb_rule_name(rule), "none");
}

Test(model, coverage_adds_up_or_does_not)
{
	static const struct {
		struct sb_coverage coverage;
		bool good;
	} rows[] = {
		{{0}, true},
		{{10, 10, 0, 0, 0}, true},
		{{10, 1, 2, 3, 4}, true},
		{{10, 1, 2, 3, 3}, false},
		{{10, 10, 0, 0, 1}, false},
		{{0, 0, 0, 1, 0}, false},
		{{0, UINT64_MAX, 1, 0, 0}, false}, /* would be 0 if it could wrap */
		{{UINT64_MAX - 1, UINT64_MAX / 2, UINT64_MAX / 2, 0, 0}, true},
		{{1, UINT64_MAX / 2 + 1, UINT64_MAX / 2 + 1, 1, 0}, false},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		cr_assert_eq(sb_coverage_adds_up(&rows[i].coverage), rows[i].good, "row %zu", i);
}

Test(model, which_of_three_deviates_for_every_three_levels)
{
	for (unsigned a = 0; a < SB_LEVELS; a++) {
		for (unsigned b = 0; b < SB_LEVELS; b++) {
			for (unsigned c = 0; c < SB_LEVELS; c++) {
				const enum sb_level levels[SB_PAIRINGS] = {(enum sb_level)a, (enum sb_level)b, (enum sb_level)c};
				enum sb_deviant deviant = sb_deviant_of(levels);
				unsigned agree = 0u + (a >= SB_LEVEL_EXPLAINED) + (b >= SB_LEVEL_EXPLAINED) + (c >= SB_LEVEL_EXPLAINED);
				bool undetermined = !a || !b || !c;
				cr_assert_eq(deviant == SB_DEVIANT_UNDETERMINED, undetermined);
				cr_assert_eq(deviant == SB_DEVIANT_NONE, !undetermined && agree == 3, "%u %u %u", a, b, c);
				cr_assert_eq(deviant == SB_DEVIANT_ALL, !undetermined && agree == 0);
				cr_assert_eq(deviant == SB_DEVIANT_UNCLEAR, !undetermined && agree == 2);
				cr_assert_eq(deviant == SB_DEVIANT_INSTALLED, !undetermined && agree == 1 && a >= SB_LEVEL_EXPLAINED);
				cr_assert_eq(deviant == SB_DEVIANT_REBUILT, !undetermined && agree == 1 && b >= SB_LEVEL_EXPLAINED);
				cr_assert_eq(deviant == SB_DEVIANT_SHIPPED, !undetermined && agree == 1 && c >= SB_LEVEL_EXPLAINED);
			}
		}
	}
}
