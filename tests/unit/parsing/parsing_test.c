/* SPDX-License-Identifier: Apache-2.0 */
/* Workers whose format is hostile: whatever it does, the core goes on, says so, and never takes its bytes as equal. */
#include "tests/unit/parsing/hostile.h"
#include "verifier/compare/compare.h"
#include "verifier/parsing/pool.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

/** A pool in whose table gzip is hostile. */
static struct sb_parsers *start(unsigned silence)
{
	return hostile_pool(silence, 96 << 20);
}

/* Two files that gzip's probe takes; the letters say what happens when they are parsed. '-': parsed as one region. */
static void compare(struct sb_parsers *parsers, char shipped, char rebuilt, struct sb_comparison *out)
{
	uint8_t bytes[SB_SIDES][64] = {{0x1f, 0x8b, 8, 0, (uint8_t)shipped, 1}, {0x1f, 0x8b, 8, 0, (uint8_t)rebuilt, 2}};
	const struct sb_artifact_in artifact = {
		.name = "file",
		.shipped = {.present = true, .bytes = sb_span_of(bytes[0], sizeof bytes[0]), .type = 'f'},
		.rebuilt = {.present = true, .bytes = sb_span_of(bytes[1], sizeof bytes[1]), .type = 'f'},
	};
	const struct sb_compare_in in = {.artifacts = &artifact, .count = 1, .jobs = 2, .parsers = parsers};
	struct sb_err err = {0};

	cr_assert_eq(sb_compare_run(&in, out, &err), 0, "%s", err.msg);
	cr_assert_not(out->artifacts[0].identical);
}

static void expect_undecided(struct sb_parsers *parsers, char shipped, char rebuilt, const char *side, const char *why, const char *limit)
{
	struct sb_comparison made = {0};

	compare(parsers, shipped, rebuilt, &made);
	const struct sb_pair *pair = made.artifacts[0].pair;
	cr_expect_eq(pair->state, SB_PAIR_UNDECIDED, "%c %c: state %d", shipped, rebuilt, (int)pair->state);
	cr_expect(pair->why && strstr(pair->why, side) && strstr(pair->why, why), "%c %c: %s", shipped, rebuilt, pair->why ? pair->why : "no reason");
	cr_expect(limit ? pair->limit.name && strcmp(pair->limit.name, limit) == 0 : !pair->limit.name, "%c: limit %s", shipped,
	          pair->limit.name ? pair->limit.name : "none");
	cr_expect_eq(pair->own_equal, 0, "opaque bytes are never equal");
	sb_comparison_release(&made);
}

Test(parsing, a_well_meant_answer_is_taken)
{
	struct sb_parsers *parsers = start(0);
	struct sb_comparison made = {0};

	compare(parsers, '-', '-', &made);
	cr_expect_eq(made.artifacts[0].pair->state, SB_PAIR_OPENED);
	cr_expect_eq(made.artifacts[0].pair->diff_count, 1);
	sb_comparison_release(&made);
	sb_parsers_stop(&parsers);
	cr_expect_null(parsers);
}

#ifdef SB_SANITIZED
#define DIED "the parser"
#else
#define DIED "ended by signal 11"
#endif

Test(parsing, a_parser_that_dies)
{
	struct sb_parsers *parsers = start(0);

	expect_undecided(parsers, 'c', '-', "shipped", DIED, NULL);
	expect_undecided(parsers, '-', 'c', "rebuilt", DIED, NULL);
	expect_undecided(parsers, 'c', 'c', "", DIED, NULL);
	expect_undecided(parsers, 'e', '-', "shipped", "the parser died", NULL);
	sb_parsers_stop(&parsers);
}

Test(parsing, a_probe_that_dies)
{
	struct sb_parsers *parsers = start(0);

	expect_undecided(parsers, 'C', '-', "", DIED, NULL);
	expect_undecided(parsers, '-', 'C', "", DIED, NULL);
	sb_parsers_stop(&parsers);
}

Test(parsing, a_parser_that_hangs)
{
	struct sb_parsers *parsers = start(300);

	expect_undecided(parsers, 'l', '-', "shipped", "parser-silence", "parser-silence");
	expect_undecided(parsers, '-', 'l', "rebuilt", "parser-silence", "parser-silence");
	sb_parsers_stop(&parsers);
}

#ifndef SB_SANITIZED /* there the heap has no limit */
Test(parsing, a_parser_that_eats_memory)
{
	struct sb_parsers *parsers = start(0);

	expect_undecided(parsers, 'm', '-', "shipped", "parser-memory", "parser-memory");
	sb_parsers_stop(&parsers);
}
#endif

Test(parsing, a_parser_that_lies)
{
	struct sb_parsers *parsers = start(0);

	expect_undecided(parsers, 'h', '-', "shipped", "makes no sense", NULL);
	expect_undecided(parsers, '-', 'n', "rebuilt", "makes no sense", NULL);
	expect_undecided(parsers, 't', '-', "shipped", "a hole between regions", NULL);
	sb_parsers_stop(&parsers);
}

Test(parsing, a_parser_that_reaches_out)
{
	static const char acts[] = {'f', 's', 'p', 'k'};
	struct sb_parsers *parsers = start(0);

	unlink("/tmp/samebuild-parser-was-here");
	for (size_t i = 0; i < sizeof acts; i++)
		expect_undecided(parsers, acts[i], '-', "shipped", "may not do", NULL);
	cr_expect(access("/tmp/samebuild-parser-was-here", F_OK) != 0);
	sb_parsers_stop(&parsers);
}

Test(parsing, after_a_failure_the_next_one_goes_on)
{
	struct sb_parsers *parsers = start(0);
	struct sb_comparison made = {0};

	expect_undecided(parsers, 'c', 'c', "", DIED, NULL);
	compare(parsers, '-', '-', &made);
	cr_expect_eq(made.artifacts[0].pair->state, SB_PAIR_OPENED);
	sb_comparison_release(&made);
	sb_parsers_stop(&parsers);
}

/* Kills every grandchild: the workers. */
static void *kill_workers(void *stop)
{
	while (!__atomic_load_n((bool *)stop, __ATOMIC_RELAXED)) {
		DIR *proc = opendir("/proc");
		for (struct dirent *entry; proc && (entry = readdir(proc));) {
			char path[300], line[300];
			int pid, parent = 0, grandparent = 0;
			if (sscanf(entry->d_name, "%d", &pid) != 1)
				continue;
			for (int level = 0; level < 2; level++) {
				snprintf(path, sizeof path, "/proc/%d/stat", level ? parent : pid);
				FILE *stat = fopen(path, "re");
				int *into = level ? &grandparent : &parent;
				if (stat && fgets(line, sizeof line, stat) && strrchr(line, ')'))
					sscanf(strrchr(line, ')') + 1, " %*c %d", into);
				if (stat)
					fclose(stat);
			}
			if (parent && grandparent == getpid())
				kill(pid, SIGKILL);
		}
		if (proc)
			closedir(proc);
		usleep(1000);
	}
	return NULL;
}

Test(parsing, a_parser_that_is_killed_from_outside)
{
	struct sb_parsers *parsers = start(0);
	bool stop = false;
	pthread_t killer;

	cr_assert_eq(pthread_create(&killer, NULL, kill_workers, &stop), 0);
	expect_undecided(parsers, 'l', '-', "", "the parser died", NULL); /* on either side: all of them are killed */
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(killer, NULL);
	sb_parsers_stop(&parsers);
}

Test(parsing, what_holds_itself_is_opened_once)
{
	struct sb_parsers *parsers = start(0);
	struct sb_comparison made = {0};

	compare(parsers, 'q', 'q', &made);
	const struct sb_pair *pair = made.artifacts[0].pair;
	cr_assert_eq(pair->state, SB_PAIR_OPENED);
	cr_assert_eq(pair->child_count, 1);
	cr_expect_eq(pair->children[0]->state, SB_PAIR_UNDECIDED);
	cr_expect_str_eq(pair->children[0]->limit.name, "nest-repeat");
	sb_comparison_release(&made);
	sb_parsers_stop(&parsers);
}

Test(parsing, a_stuck_nursery_is_not_waited_for_without_end)
{
	const uint8_t bytes[SB_SIDES][64] = {{0x1f, 0x8b, 8, 0, '-', 1}, {0x1f, 0x8b, 8, 0, '-', 2}};
	const struct sb_artifact_in artifact = {
		.name = "file",
		.shipped = {.present = true, .bytes = sb_span_of(bytes[0], sizeof bytes[0]), .type = 'f'},
		.rebuilt = {.present = true, .bytes = sb_span_of(bytes[1], sizeof bytes[1]), .type = 'f'},
	};
	struct sb_parsers *parsers = start(300);
	const struct sb_compare_in in = {.artifacts = &artifact, .count = 1, .jobs = 1, .parsers = parsers};
	struct sb_comparison made = {0};
	struct sb_err err = {0};

	cr_assert_eq(kill(parsers->pid, SIGSTOP), 0);
	cr_expect_neq(sb_compare_run(&in, &made, &err), 0);
	cr_expect_str_eq(err.id, "parser-start");
	sb_parsers_stop(&parsers);
}

Test(parsing, walls_are_told)
{
	struct sb_parsers *parsers = start(0);
	const struct sb_properties walls = sb_parsers_walls(parsers);
	bool seccomp = false;

	for (size_t i = 0; i < walls.count; i++)
		seccomp |= strcmp(walls.items[i].name, "seccomp") == 0 && strcmp(walls.items[i].value, "on") == 0;
	cr_expect(seccomp);
	cr_expect_eq(sb_parsers_walls(NULL).count, 0);
	sb_parsers_stop(&parsers);
}

/* ---- content in slices ---- */

enum { BLOCKS = 700, BLOCK = 64, PACKED = 100 };

/** More blocks than one question holds, between plain bytes and holes. */
struct scattered {
	uint8_t file[BLOCKS * PACKED];
	struct sb_slice slices[BLOCKS];
};

static void scatter(struct scattered *all)
{
	for (unsigned i = 0; i < BLOCKS; i++) {
		uint8_t plain[BLOCK];
		uLongf n = PACKED;
		memset(plain, (int)i, sizeof plain);
		all->slices[i] = (struct sb_slice){SB_CODEC_ZLIB, i * PACKED, 0, BLOCK, 0, BLOCK};
		if (i % 7 == 0) {
			all->slices[i] = (struct sb_slice){SB_CODEC_HOLE, 0, 0, BLOCK, 0, BLOCK};
		} else if (i % 5 == 0) {
			memcpy(all->file + i * PACKED, plain, sizeof plain);
			all->slices[i].codec = SB_CODEC_NONE;
			all->slices[i].length = BLOCK;
		} else {
			cr_assert_eq(compress(all->file + i * PACKED, &n, plain, sizeof plain), Z_OK);
			all->slices[i].length = n;
		}
	}
}

/* Three members: all blocks, a damaged one, and one that lies in one place. */
static void decode_three(struct sb_parsers *parsers, const struct scattered *all, struct sb_decoding items[3])
{
	struct sb_slice damaged[3] = {all->slices[1], all->slices[2], all->slices[3]};
	damaged[1].whole = damaged[1].size = BLOCK - 1;
	const struct sb_member members[3] = {
		{.codec = SB_CODEC_SLICES, .length = sizeof all->file, .size = BLOCKS * BLOCK, .slices = all->slices, .slice_count = BLOCKS},
		{.codec = SB_CODEC_SLICES, .length = sizeof all->file, .size = 3 * BLOCK - 1, .slices = damaged, .slice_count = 3},
		{.codec = SB_CODEC_ZLIB, .offset = all->slices[4].offset, .length = all->slices[4].length, .size = BLOCK},
	};
	struct sb_unpack_budget budget = {.packed = sizeof all->file, .most = 1 << 30};
	struct sb_parser_side *side = sb_parser_side_new(parsers);
	struct sb_source source;
	struct sb_err err = {0};

	cr_assert_not_null(side);
	sb_source_init(&source, side, NULL, sb_span_of(all->file, sizeof all->file), NULL);
	for (unsigned i = 0; i < 3; i++)
		items[i] = (struct sb_decoding){.member = &members[i], .blob.fd = -1};
	cr_assert_eq(sb_parsing_decode(side, &source, items, 3, &budget, &err), 0, "%s", err.msg);
	cr_expect_eq(items[0].consumed, members[0].length);
	sb_source_close(&source);
	sb_parser_side_free(&side);
}

Test(parsing, content_in_slices, .timeout = 60)
{
	struct scattered *all = calloc(1, sizeof *all);
	struct sb_parsers *pools[2] = {start(0), NULL};

	cr_assert_not_null(all);
	scatter(all);
	for (unsigned k = 0; k < 2; k++) {
		struct sb_decoding items[3];
		decode_three(pools[k], all, items);
		cr_assert_eq(items[0].rc, 0, "%s", items[0].why.msg);
		cr_assert_eq(items[0].blob.bytes.n, BLOCKS * BLOCK);
		for (unsigned i = 0; i < BLOCKS; i++)
			cr_assert_eq(items[0].blob.bytes.p[i * BLOCK + BLOCK - 1], i % 7 ? (uint8_t)i : 0, "block %u", i);
		cr_expect_eq(items[1].rc, SB_FORMAT);
		cr_expect_eq(items[2].rc, 0);
		cr_expect(items[2].blob.bytes.n == BLOCK && items[2].blob.bytes.p[0] == 4);
		for (unsigned i = 0; i < 3; i++)
			sb_blob_release(&items[i].blob);
	}
	sb_parsers_stop(&pools[0]);
	free(all);
}

/* A file that the pool opens as one region, with deflated data at 10. */
static struct sb_span deflated_file(uint8_t *file, size_t room, struct sb_span text)
{
	const uint8_t head[10] = {0x1f, 0x8b, 8, 0, '-', 1};
	union {
		const uint8_t *given;
		Bytef *wanted;
	} in = {.given = text.p};
	z_stream z = {.next_in = in.wanted, .avail_in = (uInt)text.n, .next_out = file + sizeof head, .avail_out = (uInt)(room - sizeof head)};

	memcpy(file, head, sizeof head);
	cr_assert_eq(deflateInit2(&z, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	size_t n = sizeof head + z.total_out;
	deflateEnd(&z);
	return sb_span_of(file, n);
}

Test(parsing, encoding_again_is_asked_of_a_worker, .timeout = 60)
{
	static uint8_t text[50000], file[sizeof text];
	struct sb_parsers *parsers = start(0);
	struct sb_parser_side *side = sb_parser_side_new(parsers);
	struct sb_arena *arena = sb_arena_new(0);
	struct sb_source source;
	struct sb_view view;
	struct sb_err err = {0};
	struct sb_encoded_again again;

	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (uint8_t)(i * i / 7 % 31);
	struct sb_span whole = deflated_file(file, sizeof file, sb_span_of(text, sizeof text));
	sb_source_init(&source, side, NULL, whole, NULL);
	cr_assert_eq(sb_parsing_open(side, &source, sb_formats_named("gzip"), "x", arena, &view, &err), 0, "%s", err.msg);
	struct sb_member form = {.codec = SB_CODEC_DEFLATE, .offset = 10, .length = whole.n - 10, .size = sizeof text};
	cr_assert_eq(sb_parsing_encode_again(&view, &form, 5, &again, &err), 0, "%s", err.msg);
	cr_expect(again.same && again.content == sizeof text);
	sb_source_close(&source);
	sb_parser_side_rest(side);
	cr_assert_eq(sb_parsing_encode_again(&view, &form, 0, &again, &err), 0, "%s", err.msg);
	cr_expect_not(again.same);
	form.length--;
	cr_expect_eq(sb_parsing_encode_again(&view, &form, 5, &again, &err), SB_FORMAT);
	cr_expect_not(again.same);
	sb_source_close(&source);
	sb_view_release(&view);
	sb_parser_side_free(&side);
	sb_parsers_stop(&parsers);
	sb_arena_free(&arena);
}
