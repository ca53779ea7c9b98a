/* SPDX-License-Identifier: Apache-2.0 */
/* Prefix codes: by Huffman's method, with ties and words that are too long settled as GNU gzip settles them. */
#include "verifier/formats/encode/gzip.h"

#include <string.h>

enum { NODES = 2 * SB_CODE_MOST };

/** A tree in the making. Leaves are the symbols, and what joins two nodes is numbered behind them. */
struct tree {
	uint32_t weight[NODES];
	uint16_t parent[NODES];
	uint8_t depth[NODES], bits[NODES];
	uint16_t heap[SB_CODE_MOST + 1]; /* from 1 on, the lightest first */
	unsigned heaped;
	uint16_t order[NODES];           /* nodes as they were joined, the root last */
	unsigned joined;
};

/* Of equal weight the flatter one goes first. */
static bool goes_first(const struct tree *tree, unsigned a, unsigned b)
{
	return tree->weight[a] < tree->weight[b] || (tree->weight[a] == tree->weight[b] && tree->depth[a] <= tree->depth[b]);
}

static void sink(struct tree *tree, unsigned at)
{
	uint16_t node = tree->heap[at];

	for (unsigned next = 2 * at; next <= tree->heaped; next *= 2) {
		if (next < tree->heaped && goes_first(tree, tree->heap[next + 1], tree->heap[next]))
			next++;
		if (goes_first(tree, node, tree->heap[next]))
			break;
		tree->heap[at] = tree->heap[next];
		at = next;
	}
	tree->heap[at] = node;
}

/* The symbols that occur. Returns how many there are up to the last one. */
static unsigned plant(struct tree *tree, const uint16_t *often, unsigned symbols)
{
	unsigned end = 0;

	for (unsigned i = 0; i < symbols; i++)
		if (often[i]) {
			tree->heap[++tree->heaped] = (uint16_t)i;
			tree->weight[i] = often[i];
			end = i + 1;
		}
	while (tree->heaped < 2) {
		unsigned added = end < 3 ? end++ : 0;
		tree->heap[++tree->heaped] = (uint16_t)added;
		tree->weight[added] = 1;
	}
	for (unsigned i = tree->heaped / 2; i >= 1; i--)
		sink(tree, i);
	return end;
}

static void join(struct tree *tree, unsigned symbols)
{
	for (unsigned node = symbols; tree->heaped >= 2; node++) {
		unsigned first = tree->heap[1];
		tree->heap[1] = tree->heap[tree->heaped--];
		sink(tree, 1);
		unsigned second = tree->heap[1];
		tree->order[tree->joined++] = (uint16_t)first;
		tree->order[tree->joined++] = (uint16_t)second;
		tree->weight[node] = tree->weight[first] + tree->weight[second];
		tree->depth[node] = (uint8_t)((tree->depth[first] > tree->depth[second] ? tree->depth[first] : tree->depth[second]) + 1);
		tree->parent[first] = tree->parent[second] = (uint16_t)node;
		tree->heap[1] = (uint16_t)node;
		sink(tree, 1);
	}
	tree->order[tree->joined++] = tree->heap[1];
}

/* Bits of each node from the root on. Returns how many nodes would have more than @longest. */
static int measure(struct tree *tree, unsigned symbols, unsigned longest, uint16_t count[SB_CODE_BITS + 1])
{
	int over = 0;

	for (unsigned i = tree->joined - 1; i-- > 0;) {
		unsigned node = tree->order[i], bits = tree->bits[tree->parent[node]] + 1U;
		if (bits > longest) {
			bits = longest;
			over++;
		}
		tree->bits[node] = (uint8_t)bits;
		count[bits] = (uint16_t)(count[bits] + (node < symbols));
	}
	return over;
}

/* Words that were cut need room: a shorter one moves a bit down, and one of them beside it. */
static void shorten(struct tree *tree, unsigned symbols, unsigned longest, int over, uint16_t count[SB_CODE_BITS + 1])
{
	unsigned next = 0;

	for (; over > 0; over -= 2) {
		unsigned bits = longest - 1;
		while (count[bits] == 0)
			bits--;
		count[bits]--;
		count[bits + 1] = (uint16_t)(count[bits + 1] + 2);
		count[longest]--;
	}
	for (unsigned bits = longest; bits >= 1; bits--)
		for (unsigned n = count[bits]; n > 0; next++)
			if (tree->order[next] < symbols) {
				tree->bits[tree->order[next]] = (uint8_t)bits;
				n--;
			}
}

void sb_prefix_code_words(struct sb_prefix_code *code, unsigned symbols)
{
	unsigned count[SB_CODE_BITS + 1] = {0}, next[SB_CODE_BITS + 1] = {0}, word = 0;

	for (unsigned i = 0; i < symbols; i++)
		count[code->bits[i]]++;
	count[0] = 0;
	for (unsigned bits = 1; bits <= SB_CODE_BITS; bits++)
		next[bits] = word = (word + count[bits - 1]) << 1;
	for (unsigned i = 0; i < symbols; i++) {
		unsigned forward = code->bits[i] ? next[code->bits[i]]++ : 0, turned = 0;
		for (unsigned bit = 0; bit < code->bits[i]; bit++)
			turned |= (forward >> bit & 1) << (code->bits[i] - 1U - bit);
		code->word[i] = (uint16_t)turned;
	}
}

unsigned sb_prefix_code_make(const uint16_t *often, unsigned symbols, unsigned longest, struct sb_prefix_code *out)
{
	struct tree tree = {0};
	uint16_t count[SB_CODE_BITS + 1] = {0};
	unsigned end = plant(&tree, often, symbols);

	join(&tree, symbols);
	int over = measure(&tree, symbols, longest, count);
	if (over > 0)
		shorten(&tree, symbols, longest, over, count);
	memset(out, 0, sizeof *out);
	memcpy(out->bits, tree.bits, symbols);
	sb_prefix_code_words(out, symbols);
	return end;
}
