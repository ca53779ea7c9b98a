/* SPDX-License-Identifier: Apache-2.0 */
/* The level that rests on facts: given by judge, written, read back; and everything that is said without them refused. */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>
#include <string.h>

#include "manifests/manifests.h"
#include "verifier/judge/judge.h"

TestSuite(reproduced, .fini = no_leaks);

/** One artifact that a rebuild under two facts made equal. */
struct sample {
	struct sb_arena *arena;
	struct sb_artifact artifact;
	struct sb_evidence evidence[2];
	struct sb_trial trial;
	struct sb_solved_file file;
	struct sb_solving solving;
	struct sb_result result;
};

static void prepare(struct sample *s)
{
	*s = (struct sample){.arena = sb_arena_new(0)};
	s->artifact = (struct sb_artifact){.name = "prog", .level = SB_LEVEL_IDENTICAL, .members = 1, .coverage = {.bytes = 4, .equal = 4}};
	s->artifact.shipped = s->artifact.rebuilt = (struct sb_digest){.kinds = SB_DIGEST_BOTH, .size = 4, .sha256 = {1}, .blake2b = {2}};
	s->evidence[0] = (struct sb_evidence){.knob = SB_KNOB_PATH, .value = "/home/ci", .artifact = "prog", .where = "prog > .rodata, offset 4", .how = "text", .rebuild = 1};
	s->evidence[1] = (struct sb_evidence){.knob = SB_KNOB_USER, .value = "ann", .artifact = "prog", .where = "prog", .how = "text", .rebuild = 1};
	s->trial = (struct sb_trial){.end = SB_TRIAL_EQUAL, .why = "", .facts = {.value = {[SB_KNOB_PATH] = "/home/ci", [SB_KNOB_USER] = "ann"}}};
	s->file = (struct sb_solved_file){.name = "prog", .rebuild = 1, .before = 40};
	s->solving = (struct sb_solving){.present = true, .most = 3, .stop = SB_SOLVE_EQUAL, .trials = &s->trial, .trial_count = 1, .evidence = s->evidence, .evidence_count = 2,
	                                 .files = &s->file, .file_count = 1};
	s->result = (struct sb_result){.tool_version = "0", .rules = "r/1", .level = SB_LEVEL_IDENTICAL, .artifacts = &s->artifact, .artifact_count = 1};
}

static int judge(struct sample *s)
{
	return sb_judge_reproduced(&s->solving, s->arena, &s->result, NULL);
}

Test(reproduced, equal_bytes_under_facts)
{
	struct sample s;

	prepare(&s);
	cr_assert_eq(judge(&s), 0);
	cr_assert_eq(s.result.level, SB_LEVEL_REPRODUCED);
	cr_assert_eq(s.result.artifacts[0].level, SB_LEVEL_REPRODUCED);
	cr_assert_eq(s.result.finding_count, 2);
	for (size_t i = 0; i < 2; i++) {
		cr_assert_eq(s.result.findings[i].rule, SB_RULE_COUNTERFACTUAL);
		cr_assert_eq(s.result.findings[i].severity, SB_SEVERITY_INFO);
	}
	cr_assert_eq(s.result.freedom_count, 2);
	cr_assert_eq(s.result.freedom[0].cause, SB_CAUSE_BUILD_PATH);
	cr_assert_eq(s.result.freedom[0].bytes, strlen("/home/ci"));
	cr_assert_eq(s.result.freedom[1].bytes, strlen("ann"));
	sb_arena_free(&s.arena);
}

/* Each way to call a file reproduced that is not. */
static void break_it(struct sample *s, unsigned how)
{
	static const struct sb_fact_set nothing = {{NULL}};

	switch (how) {
	case 0:
		s->artifact.rebuilt.sha256[3] ^= 1;
		break;
	case 1:
		s->artifact.rebuilt.blake2b[63] ^= 1;
		break;
	case 2:
		s->artifact.rebuilt.size++;
		break;
	case 3:
		s->artifact.rebuilt.kinds = SB_DIGEST_NONE;
		break;
	case 4:
		s->artifact.level = SB_LEVEL_EXPLAINED;
		break;
	case 5:
		s->artifact.level = SB_LEVEL_DIFFERENT;
		break;
	case 6:
		s->trial.facts = nothing;
		break;
	case 7:
		s->solving.evidence_count = 1;
		break;
	case 8:
		s->file.rebuild = 2;
		break;
	case 9:
		s->file.name = "another";
		break;
	case 10:
		s->trial.facts.value[SB_KNOB_USER] = s->evidence[1].value = "\x1b[31mann";
		break;
	default:
		s->artifact.level = SB_LEVEL_UNDETERMINED;
		break;
	}
}

Test(reproduced, nothing_less_is)
{
	for (unsigned how = 0; how < 12; how++) {
		struct sample s;
		prepare(&s);
		break_it(&s, how);
		enum sb_level before = s.artifact.level;
		cr_assert_eq(judge(&s), SB_INTERNAL, "%u", how);
		cr_assert_eq(s.result.artifacts[0].level, before);
		cr_assert_eq(s.result.finding_count, 0);
		sb_arena_free(&s.arena);
	}
}

Test(reproduced, a_file_that_stays_unequal_keeps_its_level)
{
	struct sample s;

	prepare(&s);
	s.artifact.level = s.result.level = SB_LEVEL_DIFFERENT;
	s.artifact.rebuilt.sha256[0] ^= 1;
	s.artifact.coverage = (struct sb_coverage){.bytes = 4, .equal = 3, .residual = 1};
	s.file.rebuild = 0;
	s.trial.end = SB_TRIAL_CLOSER;
	cr_assert_eq(judge(&s), 0);
	cr_assert_eq(s.result.level, SB_LEVEL_DIFFERENT);
	cr_assert_eq(s.result.finding_count + s.result.freedom_count, 0);
	cr_assert(s.result.solving.present);
	sb_arena_free(&s.arena);
}

static int write_and_read(struct sample *s, struct sb_result *back, struct sb_err *err)
{
	SB_BUF struct sb_buf text = {0};

	cr_assert_eq(sb_record_write(&s->result, &text, NULL), 0);
	return sb_record_read(sb_buf_span(&text), s->arena, back, err);
}

Test(reproduced, written_and_read_back)
{
	struct sample s;
	struct sb_result back = {0};

	prepare(&s);
	s.file.left = (const char *const[]){".text > f"};
	s.file.left_count = 1;
	s.solving.needed = &(struct sb_needed){.what = "gcc-12", .version = "12.2.0-14", .ours = "", .artifact = "prog", .where = "prog > .comment"};
	s.solving.needed_count = 1;
	cr_assert_eq(judge(&s), 0);
	cr_assert_eq(write_and_read(&s, &back, NULL), 0);
	cr_assert_eq(back.level, SB_LEVEL_REPRODUCED);
	cr_assert_eq(back.solving.trial_count, 1);
	cr_assert_str_eq(back.solving.trials[0].facts.value[SB_KNOB_PATH], "/home/ci");
	cr_assert_str_eq(back.solving.evidence[1].value, "ann");
	cr_assert_str_eq(back.solving.needed[0].what, "gcc-12");
	cr_assert_str_eq(back.solving.files[0].left[0], ".text > f");
	cr_assert(sb_fact_set_equal(sb_solving_best(&back.solving), &s.trial.facts));
	sb_arena_free(&s.arena);
}

Test(reproduced, a_forged_record_is_refused)
{
	for (unsigned how = 0; how < 6; how++) {
		struct sample s;
		struct sb_result back = {0};
		struct sb_artifact forged;
		prepare(&s);
		cr_assert_eq(judge(&s), 0);
		forged = s.result.artifacts[0];
		s.result.artifacts = &forged;
		if (how == 0)
			s.result.solving.present = false;
		else if (how == 1)
			s.result.solving.file_count = 0;
		else if (how == 2)
			s.result.solving.evidence_count = 0;
		else if (how == 3)
			forged.rebuilt.sha256[0] ^= 1;
		else if (how == 4)
			forged.level = SB_LEVEL_IDENTICAL; /* and a rebuild that is said to have made it equal */
		else
			s.trial.facts.value[SB_KNOB_PATH] = s.evidence[0].value = "/a/../b";
		cr_assert_neq(write_and_read(&s, &back, NULL), 0, "%u", how);
		cr_assert_eq(back.level, SB_LEVEL_UNDETERMINED);
		sb_arena_free(&s.arena);
	}
}

static int state(struct sample *s, struct sb_statement *out)
{
	SB_BUF struct sb_buf text = {0};
	const struct sb_statement_context context = {.verifier_id = "urn:x", .resource_uri = "pkg:generic/x@1", .report = {.name = "record.json"}};

	cr_assert_eq(sb_statement_write(&s->result, &context, &text, NULL), 0);
	return sb_statement_read(sb_buf_span(&text), s->arena, out, NULL);
}

Test(reproduced, a_statement_says_what_was_inferred_exactly_when_something_was)
{
	struct sb_statement statement = {0};
	struct sb_artifact changed;
	struct sample s;

	prepare(&s);
	cr_assert_eq(judge(&s), 0);
	cr_assert_eq(state(&s, &statement), 0);
	cr_assert_eq(statement.subjects[0].level, SB_LEVEL_REPRODUCED);
	changed = s.result.artifacts[0];
	s.result.artifacts = &changed;
	changed.level = s.result.level = SB_LEVEL_IDENTICAL;
	cr_assert_eq(state(&s, &statement), SB_EVIDENCE, "facts, and nothing that rests on them");
	s.result.solving = (struct sb_solving){0};
	cr_assert_eq(state(&s, &statement), 0);
	changed.level = s.result.level = SB_LEVEL_REPRODUCED;
	cr_assert_eq(state(&s, &statement), SB_EVIDENCE, "reproduced by nothing");
	sb_arena_free(&s.arena);
}

static int read_set(const char *text, struct sb_fact_set *out, struct sb_arena *arena)
{
	struct sb_err err = {0};
	int rc = sb_fact_set_read(sb_span_text(text), "facts.json", arena, out, &err);
	cr_assert(rc == 0 || strcmp(err.id, "facts-malformed") == 0, "%s", err.id);
	return rc;
}

Test(reproduced, facts_that_are_remembered)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	SB_BUF struct sb_buf text = {0};
	const struct sb_fact_set set = {.value = {[SB_KNOB_PATH] = "/p", [SB_KNOB_EPOCH] = "1700000000", [SB_KNOB_UMASK] = "027", [SB_KNOB_CLOCK] = "frozen", [SB_KNOB_INPUT_TIME] = "1600000000"}};
	struct sb_fact_set back;
	struct sb_facts facts;

	cr_assert_eq(sb_fact_set_write(&set, &text, NULL), 0);
	cr_assert_eq(read_set(text.data, &back, arena), 0);
	cr_assert(sb_fact_set_equal(&set, &back));
	cr_assert_eq(sb_facts_read(sb_buf_span(&text), "facts.json", arena, &facts, NULL), 0, "compare takes the same document");
	cr_assert_eq(facts.epoch, 1700000000);
	static const char *const bad[] = {"{}", "[]", "{\"schema\":\"samebuild-facts/2\"}", "{\"schema\":\"samebuild-facts/1\",\"path\":\"../x\"}",
	                                  "{\"schema\":\"samebuild-facts/1\",\"user\":\"a\\u001bb\"}", "{\"schema\":\"samebuild-facts/1\",\"epoch\":\"1700000000\"}",
	                                  "{\"schema\":\"samebuild-facts/1\",\"epoch\":7}", "{\"schema\":\"samebuild-facts/1\",\"paths\":\"/x\"}",
	                                  "{\"schema\":\"samebuild-facts/1\",\"umask\":\"777\"}"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_assert_eq(read_set(bad[i], &back, arena), SB_USAGE, "%s", bad[i]);
}
