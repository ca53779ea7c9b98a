/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include "verifier/attest/attest.h"

#include <criterion/criterion.h>
#include <string.h>

static void start(void)
{
	cr_assert_eq(sb_hashing_start(NULL), 0);
}

TestSuite(attest, .init = start, .fini = no_leaks);

static struct sb_secret *key_of(uint8_t first)
{
	uint8_t seed[32];
	struct sb_secret *secret = NULL;
	for (unsigned i = 0; i < 32; i++)
		seed[i] = (uint8_t)(first + i);
	cr_assert_eq(sb_secret_from_seed(seed, &secret, NULL), 0);
	return secret;
}

Test(attest, the_published_vector_of_the_envelope)
{
	struct sb_secret *secret = key_of(0);
	SB_BUF struct sb_buf line = {0};
	cr_assert_eq(sb_dsse_sign(SB_DSSE_INTOTO, sb_span_text("{}"), secret, &line, NULL), 0);
	cr_assert_str_eq(line.data, "{\"payload\":\"e30=\",\"payloadType\":\"application/vnd.in-toto+json\",\"signatures\":[{\"keyid\":\"SHA256:"
	                            "lbmsoA0yIEcEiVDRnMWuzm+nV+3ZEEpVIURqFoeSspg\",\"sig\":\"dWG98CPWh3lAzt/"
	                            "mxzJ7Nc6Avgf2tjap4msM5gNmMV9Lpu+TWkZMk3lP/u6Su450zcqkLQw21MTZfwU07XgjCw==\"}]}\n");
	sb_secret_free(&secret);
}

#define SIG "dWG98CPWh3lAzt/mxzJ7Nc6Avgf2tjap4msM5gNmMV9Lpu+TWkZMk3lP/u6Su450zcqkLQw21MTZfwU07XgjCw=="
#define URL "dWG98CPWh3lAzt_mxzJ7Nc6Avgf2tjap4msM5gNmMV9Lpu-TWkZMk3lP_u6Su450zcqkLQw21MTZfwU07XgjCw=="
#define TYPE "\"payloadType\":\"application/vnd.in-toto+json\""
#define ONE(sig) "\"signatures\":[{\"sig\":\"" sig "\"}]"

/* The rows of the table in which published readers of envelopes disagree, and what we say of each. */
Test(attest, envelopes_on_which_readers_disagree)
{
	static const struct {
		const char *text;
		bool accepted;
	} rows[] = {
		{"{\"payload\":\"e30=\"," TYPE "," ONE(SIG) "}", true},
		{"{\"payload\":\"e30=\"," TYPE "," ONE(URL) "}", true},
		{"{\"payload\":\"e30\"," TYPE "," ONE(SIG) "}", false},
		{"{\"payload\":\"e3\\n0=\"," TYPE "," ONE(SIG) "}", false},
		{"{\"payload\":\"e31=\"," TYPE "," ONE(SIG) "}", false},
		{"{\"payload\":\"AAAA\",\"payload\":\"e30=\"," TYPE "," ONE(SIG) "}", false},
		{"{\"payload\":\"e30=\",\"payload\":\"AAAA\"," TYPE "," ONE(SIG) "}", false},
		{"{\"payload\":\"e30=\",\"Payload\":\"AAAA\"," TYPE "," ONE(SIG) "}", false},
		{"{\"PAYLOAD\":\"e30=\"," TYPE "," ONE(SIG) "}", false},
		{"{\"extra\":1,\"payload\":\"e30=\"," TYPE "," ONE(SIG) "}", true},
		{"{\"payload\":\"e30=\"," TYPE ",\"signatures\":[{\"keyid\":\"\",\"sig\":\"" SIG "\"}]}", true},
		{"{\"payload\":\"e30=\"," TYPE ",\"signatures\":[{\"keyid\":\"wrong\",\"sig\":\"" SIG "\"}]}", true},
		{"{\"payload\":\"e30=\"," TYPE ",\"signatures\":[{\"sig\":\"AAAA\"},{\"sig\":\"" SIG "\"}]}", true},
		{"{\"payload\":\"e30=\"," TYPE ",\"signatures\":[]}", false},
		{"{\"payload\":\"e30=\",\"payloadType\":\"text/plain\"," ONE(SIG) "}", false},
		{"{\"payload\":\"e30=\"," TYPE "," ONE(SIG) "}x", false},
		{"\xef\xbb\xbf{\"payload\":\"e30=\"," TYPE "," ONE(SIG) "}", false},
		{"{\"payload\":\"e30=\"," TYPE "," ONE("AAAA") "}", false},
		{"{\"payload\":\"e30=\",\"payloadType\":\"\xc3\xa9\"," ONE(SIG) "}", false},
		{"{\"payload\":\"e30=\"," TYPE ",\"signatures\":[{\"sig\":\"!\"},{\"sig\":\"" SIG "\"}]}", false},
	};
	struct sb_secret *secret = key_of(0);
	uint8_t public_key[SB_PUBLIC_BYTES];
	sb_secret_public(secret, public_key);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		SB_ARENA struct sb_arena *arena = sb_arena_new(0);
		struct sb_dsse envelope;
		bool good = sb_dsse_read(sb_span_text(rows[i].text), arena, &envelope, NULL) == 0 && sb_dsse_signed_by(&envelope, public_key);
		cr_assert_eq(good, rows[i].accepted, "row %zu", i);
	}
	sb_secret_free(&secret);
}

/** A signed run with one artifact. */
struct signed_run {
	struct sb_artifact artifact;
	struct sb_result result;
	struct sb_secret *secret;
	uint8_t public_key[SB_PUBLIC_BYTES];
	struct sb_buf line;
};

static void sign_run(struct signed_run *run, enum sb_level level)
{
	const struct sb_statement_context context = {.verifier_id = "urn:lab", .resource_uri = "pkg:generic/acme@1", .has_source = true};
	*run = (struct signed_run){.secret = key_of(7)};
	sb_hash_span(sb_span_text("shipped bytes"), SB_DIGEST_BOTH, &run->artifact.shipped);
	run->artifact.rebuilt = run->artifact.shipped;
	run->artifact.name = "acme.bin";
	run->artifact.level = level;
	run->artifact.coverage = (struct sb_coverage){.bytes = 13, .equal = 13};
	run->artifact.members = 1;
	run->result = (struct sb_result){.tool_version = "0", .rules = "r", .level = level, .artifacts = &run->artifact, .artifact_count = 1};
	sb_secret_public(run->secret, run->public_key);
	cr_assert_eq(sb_attest_sign(&run->result, &context, run->secret, &run->line, NULL), 0);
}

static void release_run(struct signed_run *run)
{
	sb_buf_release(&run->line);
	sb_secret_free(&run->secret);
}

static int check(const struct signed_run *run, struct sb_span lines, enum sb_level least, bool *good)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	const uint8_t(*keys)[SB_PUBLIC_BYTES] = (const uint8_t(*)[SB_PUBLIC_BYTES])&run->public_key;
	const struct sb_attest_verify_in in = {.lines = lines, .keys = keys, .key_count = 1, .artifacts = &run->artifact.shipped, .artifact_count = 1, .least = least};
	struct sb_attest_verified out = {0};
	int rc = sb_attest_verify(&in, arena, &out, NULL);
	*good = rc == 0 && out.good;
	return rc;
}

Test(attest, a_good_statement_passes_and_a_low_level_does_not)
{
	struct signed_run run;
	bool good;
	sign_run(&run, SB_LEVEL_IDENTICAL);
	cr_assert_eq(check(&run, sb_buf_span(&run.line), SB_LEVEL_EXPLAINED, &good), 0);
	cr_assert(good);
	release_run(&run);
	sign_run(&run, SB_LEVEL_DIFFERENT);
	cr_assert_eq(check(&run, sb_buf_span(&run.line), SB_LEVEL_EXPLAINED, &good), 0);
	cr_assert_not(good);
	release_run(&run);
	sign_run(&run, SB_LEVEL_UNDETERMINED);
	check(&run, sb_buf_span(&run.line), SB_LEVEL_EXPLAINED, &good);
	cr_assert_not(good);
	release_run(&run);
}

Test(attest, no_changed_byte_of_the_line_passes)
{
	struct signed_run run;
	bool good;
	sign_run(&run, SB_LEVEL_IDENTICAL);
	char *keyid = strstr(run.line.data, "\"keyid\""), *sig = strstr(run.line.data, "\"sig\"");
	for (size_t i = 0; i < run.line.len; i += 3) {
		char before = run.line.data[i];
		bool hint = run.line.data + i >= keyid && run.line.data + i < sig;
		run.line.data[i] ^= 1;
		check(&run, sb_buf_span(&run.line), SB_LEVEL_EXPLAINED, &good);
		cr_assert(!good || hint, "byte %zu", i);
		run.line.data[i] = before;
	}
	for (size_t n = 0; n + 1 < run.line.len; n += 5) {
		check(&run, sb_span_of(run.line.data, n), SB_LEVEL_EXPLAINED, &good);
		cr_assert_not(good, "%zu bytes", n);
	}
	release_run(&run);
}

Test(attest, another_file_or_another_key_is_no_evidence)
{
	struct signed_run run;
	bool good;
	sign_run(&run, SB_LEVEL_IDENTICAL);
	run.artifact.shipped.blake2b[0] ^= 1;
	cr_assert_eq(check(&run, sb_buf_span(&run.line), SB_LEVEL_EXPLAINED, &good), SB_EVIDENCE);
	run.artifact.shipped.blake2b[0] ^= 1;
	run.artifact.shipped.sha256[0] ^= 1;
	cr_assert_eq(check(&run, sb_buf_span(&run.line), SB_LEVEL_EXPLAINED, &good), SB_EVIDENCE);
	run.artifact.shipped.sha256[0] ^= 1;
	struct sb_secret *other = key_of(99);
	sb_secret_public(other, run.public_key);
	cr_assert_eq(check(&run, sb_buf_span(&run.line), SB_LEVEL_EXPLAINED, &good), SB_EVIDENCE);
	sb_secret_free(&other);
	release_run(&run);
}

Test(attest, junk_lines_change_nothing_and_cost_nothing)
{
	struct signed_run run;
	bool good;
	SB_BUF struct sb_buf lines = {0};
	sign_run(&run, SB_LEVEL_IDENTICAL);
	for (int i = 0; i < 20000; i++)
		sb_buf_text(&lines, i % 2 ? "{\"payload\":\"e30=\"}\n" : "junk\n");
	check(&run, sb_buf_span(&lines), SB_LEVEL_EXPLAINED, &good);
	cr_assert_not(good);
	sb_buf_add(&lines, run.line.data, run.line.len);
	check(&run, sb_buf_span(&lines), SB_LEVEL_EXPLAINED, &good);
	cr_assert(good);
	release_run(&run);
}
