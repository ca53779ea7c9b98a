/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flips bits of the shipped side of a pair that is accepted, and judges each. Outside of claimed places the level must fall every time.
 * usage: flip_probe SHIPPED REBUILT FACTS|- COUNT SEED [VALUE…]    VALUE: a text of the rebuilt side whose places are claimed as a whole
 */
#include "manifests/facts.h"
#include "verifier/compare/compare.h"
#include "verifier/explain/explain.h"
#include "verifier/judge/judge.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/** One side in memory that may be changed, the other as it is. */
struct pair {
	uint8_t *shipped;
	size_t size;
	struct sb_blob blobs[2];
	struct sb_facts facts;
	struct sb_arena *arena;
};

/** What was seen of flips of one kind. */
struct tally {
	uint64_t tried, kept;
};

static void die(const char *what, const struct sb_err *err)
{
	fprintf(stderr, "flip_probe: %s: %s\n", what, err && err->msg[0] ? err->msg : "failed");
	exit(70);
}

static void load(struct pair *pair, char **argv)
{
	struct sb_err err = {0};
	struct sb_blob text = {.fd = -1};

	*pair = (struct pair){.arena = sb_arena_new(0), .facts = SB_FACTS_NONE, .blobs = {{.fd = -1}, {.fd = -1}}};
	for (int i = 0; i < 2; i++) {
		int fd = open(argv[i], O_RDONLY | O_CLOEXEC);
		if (fd < 0 || sb_blob_take(fd, UINT64_C(1) << 30, &pair->blobs[i], &err))
			die(argv[i], &err);
		close(fd);
	}
	pair->size = pair->blobs[0].bytes.n;
	pair->shipped = malloc(pair->size);
	if (!pair->arena || !pair->shipped)
		die("memory", NULL);
	memcpy(pair->shipped, pair->blobs[0].bytes.p, pair->size);
	if (strcmp(argv[2], "-") == 0)
		return;
	int fd = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || sb_blob_take(fd, 1 << 20, &text, &err) || sb_facts_read(text.bytes, argv[2], pair->arena, &pair->facts, &err))
		die(argv[2], &err);
	close(fd);
	sb_blob_release(&text);
}

/* Bytes of the shipped file that some claim owns; what lies in decoded content is nowhere in the file. */
static void mark_claims(const struct pair *pair, const struct sb_explained *explained, bool *claimed)
{
	for (size_t i = 0; i < explained->count; i++) {
		const struct sb_claim *claim = &explained->claims[i];
		if (!claim->diff || !sb_claim_owns(claim) || !claim->diff->side[SB_SHIPPED].present)
			continue;
		const uint8_t *at = claim->pair->bytes[SB_SHIPPED].p + claim->diff->side[SB_SHIPPED].offset;
		if (at < pair->shipped || at >= pair->shipped + pair->size)
			continue;
		memset(claimed + (at - pair->shipped), true, (size_t)claim->diff->side[SB_SHIPPED].length);
	}
}

static enum sb_level judge(const struct pair *pair, bool *claimed)
{
	const struct sb_artifact_in artifact = {
		.name = "file",
		.shipped = {.present = true, .bytes = sb_span_of(pair->shipped, pair->size), .type = 'f'},
		.rebuilt = {.present = true, .bytes = pair->blobs[1].bytes, .type = 'f'},
	};
	const struct sb_compare_in in = {.artifacts = &artifact, .count = 1, .jobs = 1};
	struct sb_comparison comparison = {0};
	struct sb_explanation explanation = {0};
	struct sb_arena *arena = sb_arena_new(0);
	struct sb_result result = {0};
	struct sb_err err = {0};

	if (!arena || sb_compare_run(&in, &comparison, &err) || sb_explain_run(&comparison, &pair->facts, &explanation, &err) ||
	    sb_judge_run(&comparison, &explanation, arena, &result, &err))
		die("judge", &err);
	if (claimed)
		mark_claims(pair, &explanation.artifacts[0], claimed);
	enum sb_level level = result.level;
	sb_explanation_release(&explanation);
	sb_comparison_release(&comparison);
	sb_arena_free(&arena);
	return level;
}

static void mark_values(const struct pair *pair, char **values, bool *claimed)
{
	struct sb_span rebuilt = pair->blobs[1].bytes;

	for (; *values; values++) {
		size_t n = strlen(*values);
		const uint8_t *at = rebuilt.p;
		while ((at = memmem(at, rebuilt.n - (size_t)(at - rebuilt.p), *values, n))) {
			if ((size_t)(at - rebuilt.p) + n <= pair->size)
				memset(claimed + (at - rebuilt.p), true, n);
			at++;
		}
	}
}

/* xorshift64*: the same flips in every run. */
static uint64_t draw(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(0x2545F4914F6CDD1D);
}

static void flip_all(struct pair *pair, const bool *claimed, enum sb_level base, unsigned long count, uint64_t seed)
{
	struct tally outside = {0, 0}, inside = {0, 0};

	for (unsigned long i = 0; i < count; i++) {
		size_t at = (size_t)(draw(&seed) % pair->size);
		uint8_t bit = (uint8_t)(1U << (draw(&seed) >> 32 & 7));
		struct tally *tally = claimed[at] ? &inside : &outside;
		pair->shipped[at] ^= bit;
		bool kept = judge(pair, NULL) >= base;
		pair->shipped[at] ^= bit;
		tally->tried++;
		tally->kept += kept;
		if (kept)
			printf("kept %s by a flip at offset %zu, bit %u\n", claimed[at] ? "inside" : "outside", at, bit);
	}
	printf("level %s, outside %" PRIu64 " kept %" PRIu64 ", inside %" PRIu64 " kept %" PRIu64 "\n", sb_level_name(base), outside.tried, outside.kept,
	       inside.tried, inside.kept);
}

int main(int argc, char **argv)
{
	struct pair pair;

	if (argc < 6)
		return 2;
	load(&pair, argv + 1);
	bool *claimed = calloc(pair.size + 1, sizeof *claimed);
	if (!claimed)
		die("memory", NULL);
	enum sb_level base = judge(&pair, claimed);
	mark_values(&pair, argv + 6, claimed);
	flip_all(&pair, claimed, base, strtoul(argv[4], NULL, 10), strtoul(argv[5], NULL, 10) | 1);
	free(claimed);
	free(pair.shipped);
	for (int i = 0; i < 2; i++)
		sb_blob_release(&pair.blobs[i]);
	sb_arena_free(&pair.arena);
	return 0;
}
