/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/order.h"
#include "verifier/sandbox/random.h"

/** Where an entry goes: first by depth, for a folder lies less deep than what is in it. */
struct place {
	size_t depth, key, entry;
};

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->depth != y->depth)
		return x->depth < y->depth ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

static size_t depth_of(const char *path)
{
	size_t depth = 0;

	for (; *path; path++)
		depth += *path == '/';
	return depth;
}

/** Fisher and Yates, over the keys. */
static void shuffle(struct place *places, size_t count, uint64_t seed)
{
	struct sb_random random;
	struct sb_random_kind kind;
	struct sb_hash hash;

	sb_random_kind_begin(&hash, seed, "order");
	kind = sb_random_kind_end(&hash);
	random = sb_random_of(&kind, 0);
	for (size_t left = count; left > 1; left--) {
		size_t other = (size_t)sb_random_below(&random, left), last = places[left - 1].key;

		places[left - 1].key = places[other].key;
		places[other].key = last;
	}
}

int sb_order_make(enum sb_order order, uint64_t seed, const struct sb_inventory *inventory, struct sb_arena *arena, const size_t **out,
                  struct sb_err *err)
{
	size_t count = inventory->count;
	struct place *places;
	size_t *made;

	*out = NULL;
	if (order == SB_ORDER_SORTED)
		return 0;
	places = sb_arena_array(arena, count, sizeof(*places));
	made = sb_arena_array(arena, count, sizeof(*made));
	if (!places || !made)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < count; i++)
		places[i] = (struct place){.depth = depth_of(inventory->entries[i].path), .key = count - i, .entry = i};
	if (order == SB_ORDER_SHUFFLED)
		shuffle(places, count, seed);
	if (count)
		qsort(places, count, sizeof(*places), by_place);
	for (size_t i = 0; i < count; i++)
		made[i] = places[i].entry;
	*out = made;
	return 0;
}
