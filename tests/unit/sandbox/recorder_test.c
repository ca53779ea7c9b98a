/* SPDX-License-Identifier: Apache-2.0 */
#include "hashing/hashing.h"
#include "tests/unit/leaks.h"
#include "verifier/sandbox/temporary.h"
#include "verifier/sandbox/trace_make.h"
#include "verifier/sandbox/witness.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(recorder, .fini = no_leaks);

static const struct sb_file_key a = {1, 10}, b = {1, 11}, c = {1, 12};

static struct sb_recorder *recorder_new(void)
{
	struct sb_recorder *recorder = NULL;

	cr_assert_eq(sb_recorder_new(&recorder, NULL), 0);
	return recorder;
}

static uint32_t process(struct sb_recorder *recorder, uint32_t parent, uint32_t image, const char *argv)
{
	struct sb_recorded_process row = {.parent = parent, .image = image, .argv = sb_recorder_name(recorder, sb_span_text(argv))};

	row.argv_length = (uint32_t)strlen(argv);
	memcpy(row.argv_sha256, argv, strlen(argv) < SB_SHA256_BYTES ? strlen(argv) : SB_SHA256_BYTES);
	return sb_recorder_process(recorder, &row);
}

static uint32_t write_to(struct sb_recorder *recorder, uint32_t by, struct sb_file_key key, bool truncates, bool alone)
{
	const struct sb_writing writing = {.process = by, .key = key, .path = "/build/x/f", .truncates = truncates, .alone = alone};

	return sb_recorder_write(recorder, &writing);
}

Test(recorder, what_nobody_has_read_stays_one_version)
{
	struct sb_recorder *recorder = recorder_new();
	uint32_t first = write_to(recorder, 0, a, true, true);

	cr_expect_not(sb_recorder_is_settled(recorder, a));
	cr_expect_eq(write_to(recorder, 1, a, true, true), first);
	cr_expect_eq(sb_recorder_find(recorder, a), first);
	cr_expect_eq(sb_recorder_find(recorder, b), SB_TRACE_NONE);
	sb_recorder_free(&recorder);
}

Test(recorder, what_was_read_and_is_written_anew_by_one_alone_has_nothing_of_the_old)
{
	struct sb_recorder *recorder = recorder_new();
	uint32_t first = write_to(recorder, 0, a, true, true);

	sb_recorder_use(recorder, 1, first, SB_TRACE_READ);
	cr_expect(sb_recorder_is_settled(recorder, a));
	uint32_t second = write_to(recorder, 2, a, true, true);
	cr_expect_neq(second, first);
	cr_expect_eq(sb_recorder_uses(recorder, 2, second), SB_TRACE_WRITE);
	cr_expect_eq(sb_recorder_uses(recorder, 2, first), 0);
	cr_expect_eq(sb_recorder_uses(recorder, 1, second), 0);
	sb_recorder_free(&recorder);
}

Test(recorder, what_is_added_to_holds_the_old)
{
	struct sb_recorder *recorder = recorder_new();
	uint32_t first = write_to(recorder, 0, a, true, true);

	sb_recorder_use(recorder, 1, first, SB_TRACE_READ);
	uint32_t second = write_to(recorder, 2, a, false, true);
	cr_expect_neq(second, first);
	cr_expect_eq(sb_recorder_uses(recorder, 2, first), SB_TRACE_READ);
	sb_recorder_free(&recorder);
}

/* A process that has the file open still reads what another one writes into it next. */
Test(recorder, a_reader_that_may_have_it_open_reads_what_is_written_next)
{
	struct sb_recorder *recorder = recorder_new();
	uint32_t built = write_to(recorder, 0, a, true, true), source;

	sb_recorder_use(recorder, 1, built, SB_TRACE_READ);
	cr_expect_eq(write_to(recorder, 2, a, true, false), built, "not told apart");
	sb_recorder_source(recorder, b, 7, (struct timespec){.tv_sec = 5});
	source = sb_recorder_find(recorder, b);
	sb_recorder_use(recorder, 1, source, SB_TRACE_READ);
	uint32_t next = write_to(recorder, 2, b, true, false);
	cr_expect_neq(next, source, "a source is never written to");
	cr_expect_eq(sb_recorder_uses(recorder, 1, next), SB_TRACE_READ);
	cr_expect_eq(sb_recorder_uses(recorder, 2, source), SB_TRACE_READ);
	sb_recorder_free(&recorder);
}

Test(recorder, edges_and_attempts_are_unique)
{
	struct sb_recorder *recorder = recorder_new();
	uint32_t file = write_to(recorder, 0, a, true, true);
	size_t count;

	sb_recorder_use(recorder, 0, file, SB_TRACE_READ);
	sb_recorder_use(recorder, SB_TRACE_NONE, file, SB_TRACE_READ);
	sb_recorder_use(recorder, 0, SB_TRACE_NONE, SB_TRACE_READ);
	cr_expect_eq(sb_recorder_edges(recorder, &count)->uses, SB_TRACE_READ | SB_TRACE_WRITE);
	cr_expect_eq(count, 1);
	sb_recorder_attempt(recorder, 0, SB_TRACE_ATTEMPT_ABSENT, "x");
	sb_recorder_attempt(recorder, 0, SB_TRACE_ATTEMPT_ABSENT, "x");
	sb_recorder_attempt(recorder, 0, SB_TRACE_ATTEMPT_HOST_FACT, "x");
	cr_expect_eq(sb_recorder_attempts(recorder, &count)->count, 2);
	cr_expect_eq(count, 2);
	sb_recorder_free(&recorder);
}

Test(recorder, what_does_not_fit_is_a_limit_that_was_met)
{
	struct sb_recorder *recorder = recorder_new();
	const struct sb_recorded_process row = {.parent = SB_TRACE_NONE, .image = SB_TRACE_NONE};

	for (uint64_t i = 0; i < SB_LIMIT_OF(TRACE_PROCESSES); i++)
		cr_assert_eq(sb_recorder_process(recorder, &row), i);
	cr_expect_eq(sb_recorder_limits(recorder), 0);
	cr_expect_eq(sb_recorder_process(recorder, &row), SB_TRACE_NONE);
	cr_expect_eq(sb_recorder_limits(recorder), UINT64_C(1) << SB_LIMIT_ROW_TRACE_PROCESSES);
	sb_recorder_free(&recorder);
}

/* ---- the kernel's own word ---- */

static void tell(struct sb_recorder *recorder, struct sb_file_key key, time_t read, time_t changed)
{
	const struct stat st = {.st_dev = key.device, .st_ino = key.inode, .st_size = 3, .st_atim = {.tv_sec = read}, .st_mtim = {.tv_sec = changed}};

	sb_witness_compare(recorder, &st, "/build/x/f");
}

static size_t doubts(struct sb_recorder *recorder, const char *id)
{
	size_t count, found = 0;
	const struct sb_recorded_doubt *rows = sb_recorder_doubts(recorder, &count);

	for (size_t i = 0; i < count; i++)
		found += strcmp(rows[i].id, id) == 0 && rows[i].integrity;
	return found;
}

Test(recorder, a_source_that_was_read_and_not_seen_to_be_is_a_violation)
{
	struct sb_recorder *recorder = recorder_new();

	sb_recorder_source(recorder, a, 0, (struct timespec){.tv_sec = 5});
	sb_recorder_source(recorder, b, 1, (struct timespec){.tv_sec = 5});
	tell(recorder, a, 1, 5);
	cr_expect_eq(doubts(recorder, "read-unseen"), 0);
	sb_recorder_use(recorder, 0, sb_recorder_find(recorder, b), SB_TRACE_READ);
	tell(recorder, b, 77, 5);
	cr_expect_eq(doubts(recorder, "read-unseen"), 0);
	tell(recorder, a, 77, 5);
	cr_expect_eq(doubts(recorder, "read-unseen"), 1);
	sb_recorder_free(&recorder);
}

Test(recorder, a_file_that_was_written_and_not_seen_to_be_is_a_violation)
{
	struct sb_recorder *recorder = recorder_new();

	sb_recorder_source(recorder, a, 0, (struct timespec){.tv_sec = 5});
	write_to(recorder, 0, b, true, true);
	tell(recorder, b, 9, 9);
	cr_expect_eq(doubts(recorder, "written-unseen"), 0);
	tell(recorder, a, 1, 6);
	cr_expect_eq(doubts(recorder, "written-unseen"), 1);
	sb_recorder_free(&recorder);
	recorder = recorder_new();
	tell(recorder, c, 9, 9);
	cr_expect_eq(doubts(recorder, "written-unseen"), 1, "nobody made it");
	sb_recorder_free(&recorder);
}

/* ---- names ---- */

static void becomes(const char *from, const char *to)
{
	char text[256];

	snprintf(text, sizeof(text), "%s", from);
	text[sb_temporary_names(text, strlen(text), "/tmp/work")] = 0;
	cr_expect_str_eq(text, to);
}

Test(recorder, random_names_are_no_part_of_a_trace)
{
	becomes("/tmp/ccAbCdEf.s", "/tmp/*.s");
	becomes("-plugin-opt=-fresolution=/tmp/ccX.res", "-plugin-opt=-fresolution=/tmp/*.res");
	becomes("/var/tmp/d.Xy12/file.c", "/var/tmp/*/file.c");
	becomes("-o/tmp/x", "-o/tmp/*");
	becomes("a:/tmp/p:/tmp/q.c", "a:/tmp/*:/tmp/*.c");
	becomes("/tmp", "/tmp");
	becomes("/tmp/", "/tmp/");
	becomes("/usr/tmp/x", "/usr/tmp/x");
	becomes("/home/tmp/x /tmp/y.AbCdEf", "/home/tmp/x /tmp/*");
	becomes("/tmp/y.toolong", "/tmp/*");
	becomes("/tmp/work/a.c", "/tmp/work/a.c");
	becomes("/tmp/worker/a.c", "/tmp/*/a.c");
	becomes("/dev/shm/sem.x", "/dev/shm/*.x");
}

/* ---- the trace ---- */

static const struct sb_inventory nothing;
static const struct sb_entry entries[] = {{.path = "a.c", .type = SB_ENTRY_FILE}};
static const struct sb_inventory inventory = {.entries = entries, .count = 1};
static struct sb_blob spool;
static const struct sb_tree source = {.inventory = &inventory, .spools = &spool, .spool_count = 1};

static void make(struct sb_recorder *recorder, struct sb_arena *arena, struct sb_trace *out)
{
	const struct sb_trace_request request = {.recorder = recorder, .build_path = "/build/x", .work_mount = "/build", .source = &source, .outputs = &nothing};
	struct sb_err err = {0};

	cr_assert_eq(sb_trace_make(&request, arena, out, &err), 0, "%s", err.msg);
}

/** Two compilers beside each other, and who of them came first. */
static void record_two(struct sb_recorder *recorder, bool swapped)
{
	sb_recorder_source(recorder, a, 0, (struct timespec){0});
	uint32_t image = sb_recorder_meet(recorder, b, SB_TRACE_ROOT, "/usr/bin/cc"), top = process(recorder, SB_TRACE_NONE, image, "make");

	for (int i = 0; i < 2; i++) {
		int which = swapped ? 1 - i : i;
		uint32_t child = process(recorder, top, image, which ? "cc one" : "cc two");
		const struct sb_writing writing = {.process = child, .key = {2, (uint64_t)i}, .path = "/tmp/ccXYZ.s", .truncates = true, .alone = true};

		sb_recorder_use(recorder, child, sb_recorder_find(recorder, a), SB_TRACE_READ);
		sb_recorder_write(recorder, &writing);
	}
}

Test(recorder, the_order_of_events_is_no_part_of_a_trace)
{
	struct sb_trace traces[2];
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);

	for (int i = 0; i < 2; i++) {
		struct sb_recorder *recorder = recorder_new();

		record_two(recorder, i);
		make(recorder, arena, &traces[i]);
		sb_recorder_free(&recorder);
		cr_expect(traces[i].present);
		cr_expect(traces[i].trusted);
		cr_assert_eq(traces[i].process_count, 3);
		cr_assert_eq(traces[i].edge_count, 4);
	}
	cr_expect_eq(traces[0].processes[0].parent, SB_TRACE_NONE);
	for (size_t i = 0; i < 3; i++)
		cr_expect_str_eq(traces[0].processes[i].argv, traces[1].processes[i].argv);
	for (size_t i = 0; i < traces[0].edge_count; i++)
		cr_expect_eq(memcmp(&traces[0].edges[i], &traces[1].edges[i], sizeof(struct sb_trace_edge)), 0);
}

static void write_gone(struct sb_recorder *recorder, uint32_t by, uint64_t inode, const char *path)
{
	const struct sb_writing writing = {.process = by, .key = {2, inode}, .path = path, .truncates = true, .alone = true};

	sb_recorder_write(recorder, &writing);
}

/* What is called as something that is there keeps its name, in spite of its number; so does a folder that is there. */
Test(recorder, what_was_drawn_at_random_is_no_part_of_a_trace_wherever_it_stands)
{
	static const char before[] = "cc\0-c\0a.c\0-Ia7\0./confaB3/t.c\0-oconf12.x\0conf12.y\0conf123.y\0b7.c\0--x=confaB3";
	static const char after[] = "cc\0-c\0a.c\0-Ia7\0./*/t.c\0-oconf*.x\0conf*.y\0conf123.y\0b7.c\0--x=*";
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_recorder *recorder = recorder_new();
	struct sb_recorded_process row = {.parent = SB_TRACE_NONE, .image = SB_TRACE_NONE, .argv = sb_recorder_name(recorder, sb_span_of(before, sizeof(before) - 1))};
	struct sb_digest digest;
	struct sb_trace trace;
	size_t found = 0;

	cr_assert_eq(sb_hashing_start(NULL), 0);
	row.argv_length = sizeof(before) - 1;
	row.cwd = sb_recorder_name(recorder, sb_span_text("/build/x/confaB3"));
	uint32_t by = sb_recorder_process(recorder, &row);
	write_gone(recorder, by, 1, "/build/x/confaB3/t.c");
	write_gone(recorder, by, 2, "/build/x/conf12.z");
	write_gone(recorder, by, 3, "/build/x/Kept/b7.o");
	write_gone(recorder, by, 4, "/build/x/Kept/b7.c");
	sb_recorder_final_name(recorder, sb_recorder_find(recorder, (struct sb_file_key){2, 4}), "/build/x/Kept/b7.c");
	sb_recorder_attempt(recorder, by, SB_TRACE_ATTEMPT_ABSENT, "/build/x/conf12.none");
	make(recorder, arena, &trace);
	cr_assert_eq(trace.process_count, 1);
	cr_expect_eq(trace.processes[0].argv_length, sizeof(after) - 1);
	cr_expect_arr_eq(trace.processes[0].argv, after, sizeof(after));
	sb_hash_span(sb_span_of(after, sizeof(after)), SB_DIGEST_SHA256, &digest);
	cr_expect_arr_eq(trace.processes[0].argv_sha256, digest.sha256, SB_SHA256_BYTES);
	cr_expect_str_eq(trace.processes[0].cwd, "*");
	cr_expect_str_eq(trace.attempts[0].text, "conf*.none");
	for (size_t i = 0; i < trace.file_count; i++)
		found += strcmp(trace.files[i].path, "*/t.c") == 0 || strcmp(trace.files[i].path, "conf*.z") == 0 || strcmp(trace.files[i].path, "Kept/b*.o") == 0 ||
		         strcmp(trace.files[i].path, "Kept/b7.c") == 0;
	cr_expect_eq(found, 4);
	sb_recorder_free(&recorder);
}

Test(recorder, a_limit_or_a_doubt_takes_the_trust)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_recorder *recorder = recorder_new();
	struct sb_trace trace;

	sb_recorder_doubt(recorder, "read-unseen", "/build/x/a.c", true);
	sb_recorder_doubt(recorder, "read-unseen", "/build/x/a.c", true);
	make(recorder, arena, &trace);
	sb_recorder_free(&recorder);
	cr_expect(trace.present);
	cr_expect_not(trace.trusted);
	cr_assert_eq(trace.doubt_count, 1);
	cr_expect_str_eq(trace.doubts[0].text, "a.c");
}
