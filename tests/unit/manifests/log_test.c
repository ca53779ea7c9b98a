/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of a log: notes, checkpoints, proofs, requests, entries. */
#include "manifests/manifests.h"
#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sb_arena *arena;

static void start(void)
{
	cr_assert_eq(sb_hashing_start(NULL), 0);
	arena = sb_arena_new(0);
	cr_assert_not_null(arena);
}

static void end(void)
{
	sb_arena_free(&arena);
	no_leaks();
}

TestSuite(log, .init = start, .fini = end);

#define DASH "\xe2\x80\x94 "
/* The example of C2SP signed-note. */
#define EXAMPLE_KEY "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define EXAMPLE_TEXT "This is an example message.\n"
#define EXAMPLE_LINE DASH "example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
#define OWN_KEY "example.test/log+b2e16d9b+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"

static struct sb_note_key key_of(const char *vkey)
{
	struct sb_note_key key = {0};
	cr_assert_eq(sb_note_key_read(sb_span_text(vkey), arena, &key, NULL), 0, "%s", vkey);
	return key;
}

/* Seed 00 01 … 1f. */
static struct sb_secret *own_secret(void)
{
	struct sb_secret *secret = NULL;
	uint8_t seed[32];
	for (uint8_t i = 0; i < sizeof seed; i++)
		seed[i] = i;
	cr_assert_eq(sb_secret_from_seed(seed, &secret, NULL), 0);
	return secret;
}

static int read_note(const char *text, struct sb_note *out)
{
	struct sb_err err = {0};
	int rc = sb_note_read(sb_span_text(text), arena, out, &err);
	cr_expect(rc == 0 || (rc == SB_EVIDENCE && strcmp(err.id, "note-malformed") == 0), "%d %s", rc, err.msg);
	return rc;
}

Test(log, the_published_note_is_good_and_no_changed_one)
{
	struct sb_note_key key = key_of(EXAMPLE_KEY);
	struct sb_note note;

	cr_assert_eq(read_note(EXAMPLE_TEXT "\n" EXAMPLE_LINE, &note), 0);
	cr_expect_eq(sb_note_signed_by(&note, &key, NULL), SB_NOTE_GOOD);
	cr_assert_eq(read_note("This is an example massage.\n\n" EXAMPLE_LINE, &note), 0);
	cr_expect_eq(sb_note_signed_by(&note, &key, NULL), SB_NOTE_BAD);
	key = key_of(OWN_KEY);
	cr_expect_eq(sb_note_signed_by(&note, &key, NULL), SB_NOTE_UNSIGNED);
}

Test(log, a_failing_signature_of_a_known_key_refuses_whatever_else_is_there)
{
	struct sb_note_key key = key_of(EXAMPLE_KEY);
	struct sb_note note;

	cr_assert_eq(read_note(EXAMPLE_TEXT "\n" EXAMPLE_LINE DASH "example.com/foo Uw2QOkn8\n", &note), 0);
	cr_expect_eq(sb_note_signed_by(&note, &key, NULL), SB_NOTE_BAD);
	cr_assert_eq(read_note(EXAMPLE_TEXT "\n" EXAMPLE_LINE DASH "example.com/bar Uw2QOkn8\n" DASH "example.com/foo Uw2QOUn8\n", &note), 0);
	cr_expect_eq(sb_note_signed_by(&note, &key, NULL), SB_NOTE_GOOD, "other names and ids are other keys");
}

Test(log, what_is_no_note_is_refused)
{
	static const char *const bad[] = {
		"", "\n", "\n\n", "text\n", "text\n\n", "text\n" EXAMPLE_LINE, "text\n\n" DASH "example.com/foo Uw2QOkn8", "text\n\n- example.com/foo Uw2QOkn8\n",
		"text\n\n" DASH "example.com/foo\n", "text\n\n" DASH " Uw2QOkn8\n", "text\n\n" DASH "a+b Uw2QOkn8\n", "text\n\n" DASH "a Uw2QOg==\n",
		"text\n\n" DASH "a Uw2Q-_n8\n", "text\n\n" DASH "a Uw2QOkn8 \n", "text\n\n" DASH "a Uw2QOkn8\nmore\n", "te\txt\n\n" EXAMPLE_LINE, "te\rxt\n\n" EXAMPLE_LINE,
		"te\xffxt\n\n" EXAMPLE_LINE, "text\n\n" DASH "a\xc2\xa0" "b Uw2QOkn8\n", "text\n\n" DASH "a\xe3\x80\x80 Uw2QOkn8\n", "text\n\n" DASH "a Uw2QOk\nn8\n",
	};
	struct sb_note note;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_expect_neq(read_note(bad[i], &note), 0, "%zu", i);
	cr_expect_eq(read_note("one\n\ntwo\n\n" EXAMPLE_LINE, &note), 0);
	cr_expect(sb_span_equal(note.text, sb_span_text("one\n\ntwo\n")), "the last empty line parts them");
}

Test(log, many_signatures_are_read_and_too_many_refused)
{
	for (size_t count = 16; count <= 65; count += 1) {
		SB_BUF struct sb_buf text = {0};
		struct sb_note note;
		struct sb_note_key key = key_of(EXAMPLE_KEY);
		sb_buf_text(&text, EXAMPLE_TEXT "\n");
		for (size_t i = 1; i < count; i++)
			sb_buf_printf(&text, DASH "stranger.example/%zu Uw2QOkn8\n", i);
		sb_buf_text(&text, EXAMPLE_LINE);
		cr_assert_eq(read_note(text.data, &note) == 0, count <= 64, "%zu", count);
		cr_expect(count > 64 || sb_note_signed_by(&note, &key, NULL) == SB_NOTE_GOOD);
	}
}

Test(log, keys_have_one_spelling)
{
	static const char *const bad[] = {"", "+", "a+b2e16d9b", "example.test/log+b2e16d9c+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
		"example.test/lug+b2e16d9b+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4", "example.test/log+B2E16D9B+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
		"example.test/log+b2e16d9b+AQOhB7_zzhC-HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4", OWN_KEY "\n", OWN_KEY "A", "example.test/log+b2e16d9b+BgOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"};
	struct sb_note_key key = key_of(OWN_KEY);
	SB_BUF struct sb_buf text = {0};

	sb_note_key_write(&key, &text);
	cr_expect_str_eq(text.data, OWN_KEY);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_expect_eq(sb_note_key_read(sb_span_text(bad[i]), arena, &key, NULL), SB_USAGE, "%zu", i);
}

/* A key of small order, with an id that is right: everything would be signed by it. */
Test(log, unsound_keys_are_refused)
{
	struct sb_note_key key;
	SB_BUF struct sb_buf text = {0};
	uint8_t zero[SB_PUBLIC_BYTES] = {0};

	cr_assert_eq(sb_note_key_make("a", SB_NOTE_PLAIN, zero, &key, NULL), 0);
	sb_note_key_write(&key, &text);
	cr_expect_eq(sb_note_key_read(sb_buf_span(&text), arena, &key, NULL), SB_EVIDENCE);
}

Test(log, what_is_signed_verifies_and_reserved_texts_are_not_signed)
{
	struct sb_secret *secret = own_secret();
	struct sb_note_key key = key_of(OWN_KEY), witness;
	SB_BUF struct sb_buf text = {0};
	struct sb_note note;
	struct sb_err err = {0};
	int64_t when = 0;

	cr_assert_eq(sb_note_key_make("witness.test/w", SB_NOTE_COSIGNATURE, key.key, &witness, NULL), 0);
	sb_buf_text(&text, "example.test/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n");
	struct sb_span body = sb_span_of(text.data, text.len - 1);
	cr_assert_eq(sb_note_sign(body, &key, secret, 0, &text, NULL), 0);
	body = sb_span_of(text.data, body.n);
	cr_assert_eq(sb_note_sign(body, &witness, secret, 1700000000, &text, NULL), 0);
	cr_assert_eq(read_note(text.data, &note), 0);
	cr_expect_eq(sb_note_signed_by(&note, &key, NULL), SB_NOTE_GOOD);
	cr_expect_eq(sb_note_signed_by(&note, &witness, &when), SB_NOTE_GOOD);
	cr_expect_eq(when, 1700000000);
	for (size_t i = 0; i < 3; i++) {
		static const char *const reserved[] = {"DSSEv1 1 a\n", "SSHSIG\n", "cosignature/v1\ntime 1\n"};
		cr_expect_eq(sb_note_sign(sb_span_text(reserved[i]), &key, secret, 0, &text, &err), SB_USAGE);
		cr_expect_str_eq(err.id, "note-reserved");
		cr_expect_eq(sb_note_sign(sb_span_text(reserved[i]), &witness, secret, 1, &text, NULL), SB_USAGE);
	}
	cr_expect_eq(sb_note_sign(sb_span_text("no end"), &key, secret, 0, &text, NULL), SB_USAGE);
	witness.key[0] ^= 1;
	cr_expect_eq(sb_note_sign(sb_span_text("x\n"), &witness, secret, 0, &text, NULL), SB_INTERNAL, "the name of somebody else's key");
	sb_secret_free(&secret);
}

Test(log, checkpoints_have_one_spelling)
{
	static const char *const bad[] = {"", "a\n", "a\n1\n", "\n1\n6MePgFEdYxH7QTzHELHmyLqfbnLHmkNQ1hzOyTO8hO8=\n", "a\n01\n6MePgFEdYxH7QTzHELHmyLqfbnLHmkNQ1hzOyTO8hO8=\n",
		"a\n-1\n6MePgFEdYxH7QTzHELHmyLqfbnLHmkNQ1hzOyTO8hO8=\n", "a\n9223372036854775808\n6MePgFEdYxH7QTzHELHmyLqfbnLHmkNQ1hzOyTO8hO8=\n",
		"a\n1\n6MePgFEdYxH7QTzHELHmyLqfbnLHmkNQ1hzOyTO8hO8\n", "a\n1\n6MePgFEdYxH7QTzHELHmyLqfbnLHmkNQ1hzOyTO8hO9=\n", "a\n1\nAAAA\n",
		"a\n1\n6MePgFEdYxH7QTzHELHmyLqfbnLHmkNQ1hzOyTO8hO8=", "a\n1\n6MePgFEdYxH7QTzHELHmyLqfbnLHmkNQ1hzOyTO8hO8=\n\nmore\n",
		"a\n0\n6MePgFEdYxH7QTzHELHmyLqfbnLHmkNQ1hzOyTO8hO8=\n"};
	struct sb_checkpoint checkpoint;
	SB_BUF struct sb_buf text = {0};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_expect_eq(sb_checkpoint_read(sb_span_text(bad[i]), arena, &checkpoint, NULL), SB_EVIDENCE, "%zu", i);
	cr_assert_eq(sb_checkpoint_read(sb_span_text("a\n9223372036854775807\n6MePgFEdYxH7QTzHELHmyLqfbnLHmkNQ1hzOyTO8hO8=\n"), arena, &checkpoint, NULL), 0);
	sb_checkpoint_write(&checkpoint, &text);
	cr_expect_str_eq(text.data, "a\n9223372036854775807\n6MePgFEdYxH7QTzHELHmyLqfbnLHmkNQ1hzOyTO8hO8=\n");
	cr_expect_eq(sb_checkpoint_read(sb_span_text("a\n1\n6MePgFEdYxH7QTzHELHmyLqfbnLHmkNQ1hzOyTO8hO8=\nmore\n"), arena, &checkpoint, NULL), 0);
}

#define HASH "6MePgFEdYxH7QTzHELHmyLqfbnLHmkNQ1hzOyTO8hO8=\n"
#define MAGIC "c2sp.org/tlog-proof@v1\n"

Test(log, proofs_and_requests_come_back_as_they_were_written)
{
	static const char *const proofs[] = {MAGIC "index 0\n\nnote", MAGIC "extra QQ==\nindex 73894\n" HASH HASH "\nnote"};
	static const char *const requests[] = {"old 0\n\nnote", "old 20852014\n" HASH "\nnote"};
	struct sb_tlog_proof proof;
	struct sb_witness_request request;

	for (size_t i = 0; i < 2; i++) {
		SB_BUF struct sb_buf a = {0};
		SB_BUF struct sb_buf b = {0};
		cr_assert_eq(sb_tlog_proof_read(sb_span_text(proofs[i]), arena, &proof, NULL), 0);
		sb_tlog_proof_write(&proof, &a);
		cr_expect_str_eq(a.data, proofs[i]);
		cr_assert_eq(sb_witness_request_read(sb_span_text(requests[i]), &request, NULL), 0);
		sb_witness_request_write(&request, &b);
		cr_expect_str_eq(b.data, requests[i]);
	}
}

Test(log, what_is_no_proof_or_request_is_refused)
{
	static const char *const bad[] = {"", MAGIC, MAGIC "index 0\n", MAGIC "index 00\n\nnote", MAGIC "extra QR==\nindex 0\n\nnote", MAGIC "extra QQ==\n", MAGIC "index 0\nAAAA\n\nnote",
		MAGIC "index 0\nextra QQ==\n\nnote", "c2sp.org/tlog-proof@v2\nindex 0\n\nnote", MAGIC "index  0\n\nnote", "old 0\n", "old\n\nnote", "old 00\n\nnote", "old -1\n\nnote", "old 1\nAAAA\n\nnote"};
	struct sb_tlog_proof proof;
	struct sb_witness_request request;
	SB_BUF struct sb_buf many = {0};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		cr_expect_eq(sb_tlog_proof_read(sb_span_text(bad[i]), arena, &proof, NULL), SB_EVIDENCE, "%zu", i);
		cr_expect_eq(sb_witness_request_read(sb_span_text(bad[i]), &request, NULL), SB_EVIDENCE, "%zu", i);
	}
	sb_buf_text(&many, "old 1\n");
	for (int i = 0; i < 64; i++)
		sb_buf_text(&many, HASH);
	sb_buf_text(&many, "\nnote");
	cr_expect_eq(sb_witness_request_read(sb_buf_span(&many), &request, NULL), SB_EVIDENCE);
}

#define A "00000000000000000000000000000000000000000000000000000000000000aa"
#define B "00000000000000000000000000000000000000000000000000000000000000bb"
#define ENTRY "samebuild-log-entry/1\npae sha256:" A "\ntype https://example.test/v1\n"

Test(log, entries_have_one_spelling)
{
	static const char *const bad[] = {"", ENTRY, "samebuild-log-entry/2\npae sha256:" A "\ntype t\nsubject sha256:" A "\n", ENTRY "subject sha256:" A, ENTRY "subject sha256:" B "\nsubject sha256:" A "\n",
		ENTRY "subject sha256:" A "\nsubject sha256:" A "\n", ENTRY "subject sha256:00000000000000000000000000000000000000000000000000000000000000AA\n", ENTRY "subject sha1:" A "\n",
		ENTRY "subject sha256:" A "\n\n", ENTRY "subject sha256:" A "\nmore\n", "samebuild-log-entry/1\npae sha256:" A "\ntype a b\nsubject sha256:" A "\n",
		"samebuild-log-entry/1\npae sha256:" A "\ntype \nsubject sha256:" A "\n", "samebuild-log-entry/1\r\npae sha256:" A "\ntype t\nsubject sha256:" A "\n"};
	struct sb_log_entry entry;
	SB_BUF struct sb_buf text = {0};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_expect_eq(sb_log_entry_read(sb_span_text(bad[i]), arena, &entry, NULL), SB_EVIDENCE, "%zu", i);
	cr_assert_eq(sb_log_entry_read(sb_span_text(ENTRY "subject sha256:" A "\nsubject sha256:" B "\n"), arena, &entry, NULL), 0);
	cr_expect_eq(entry.count, 2);
	sb_log_entry_write(&entry, &text);
	cr_expect_str_eq(text.data, ENTRY "subject sha256:" A "\nsubject sha256:" B "\n");
	cr_expect(sb_log_entry_names(&entry, entry.subjects[1]));
	uint8_t other[SB_SHA256_BYTES] = {1};
	cr_expect_not(sb_log_entry_names(&entry, other));
}

static struct sb_dsse envelope_of(struct sb_buf *payload)
{
	return (struct sb_dsse){.type = SB_DSSE_INTOTO, .payload = sb_buf_span(payload)};
}

Test(log, a_statement_about_many_files_is_several_entries_below_the_ceiling)
{
	SB_BUF struct sb_buf payload = {0};
	struct sb_log_entry *entries;
	size_t count, all = 0;

	sb_buf_text(&payload, "{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicateType\":\"https://example.test/v1\",\"subject\":[");
	for (int i = 1300; i > 0; i--)
		sb_buf_printf(&payload, "{\"digest\":{\"sha256\":\"%064x\"}},{\"digest\":{\"sha256\":\"%064X\"}}%s", i, i, i > 1 ? "," : "]}");
	struct sb_dsse envelope = envelope_of(&payload);
	cr_assert_eq(sb_log_entries_of(&envelope, arena, &entries, &count, NULL), 0);
	cr_assert_eq(count, 3);
	for (size_t i = 0; i < count; i++) {
		SB_BUF struct sb_buf text = {0};
		struct sb_log_entry back;
		uint8_t leaf[SB_MERKLE_BYTES];
		sb_log_entry_write(&entries[i], &text);
		cr_expect_leq(text.len, 65535);
		cr_assert_eq(sb_log_entry_read(sb_buf_span(&text), arena, &back, NULL), 0);
		cr_expect_arr_eq(back.pae, entries[0].pae, sizeof back.pae);
		cr_expect_eq(sb_log_entry_leaf(&entries[i], leaf, NULL), 0);
		all += back.count;
	}
	cr_expect_eq(all, 1300);
}

Test(log, what_is_no_statement_is_no_entry)
{
	static const char *const bad[] = {"", "[]", "{}", "{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicateType\":\"t\",\"subject\":[]}",
		"{\"_type\":\"https://in-toto.io/Statement/v0.1\",\"predicateType\":\"t\",\"subject\":[{\"digest\":{\"sha256\":\"" A "\"}}]}",
		"{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicateType\":\"a\\nb\",\"subject\":[{\"digest\":{\"sha256\":\"" A "\"}}]}",
		"{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicateType\":\"t\",\"subject\":[{\"digest\":{\"sha1\":\"" A "\"}}]}",
		"{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicateType\":\"t\",\"subject\":[{\"digest\":{\"sha256\":\"" A "\"}},{}]}"};
	struct sb_log_entry *entries;
	size_t count;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		SB_BUF struct sb_buf payload = {0};
		struct sb_err err = {0};
		sb_buf_text(&payload, bad[i]);
		struct sb_dsse envelope = envelope_of(&payload);
		cr_expect_eq(sb_log_entries_of(&envelope, arena, &entries, &count, &err), SB_EVIDENCE, "%zu", i);
		cr_expect_str_eq(err.id, "entry-no-statement");
	}
}
