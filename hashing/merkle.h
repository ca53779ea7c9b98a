/* SPDX-License-Identifier: Apache-2.0 */
/* Merkle trees of an append-only log, hashed as in RFC 6962 section 2.1 with SHA-256. Sizes count leaves; indexes begin at 0. */
#ifndef HASHING_MERKLE_H
#define HASHING_MERKLE_H

#include "base/base.h"

#define SB_MERKLE_BYTES 32
/** A tree has at most INT64_MAX leaves, so that no path is longer. */
#define SB_MERKLE_HEIGHT 64

/** SHA-256(00 ‖ @data). */
void sb_merkle_leaf(struct sb_span data, uint8_t out[SB_MERKLE_BYTES]);
/** SHA-256(01 ‖ @left ‖ @right); @out may be either of them. */
void sb_merkle_node(const uint8_t left[SB_MERKLE_BYTES], const uint8_t right[SB_MERKLE_BYTES], uint8_t out[SB_MERKLE_BYTES]);

/** A tree that grows leaf by leaf and knows its root. Zeroed, it is the empty tree. Plain data: a copy is the tree at that moment. */
struct sb_merkle_run {
	uint64_t size;
	uint8_t full[SB_MERKLE_HEIGHT][SB_MERKLE_BYTES]; /* by height: the complete subtree that ends there, when the bit of size is set */
};
void sb_merkle_run_add(struct sb_merkle_run *run, const uint8_t leaf[SB_MERKLE_BYTES]);
/** Of the empty tree: SHA-256 of nothing. */
void sb_merkle_run_root(const struct sb_merkle_run *run, uint8_t out[SB_MERKLE_BYTES]);

/** Where hashes come from: complete subtrees of 2^@height leaves, the @index-th of them. Errors are the source's own. */
struct sb_merkle_source {
	int (*subtree)(void *state, unsigned height, uint64_t index, uint8_t out[SB_MERKLE_BYTES], struct sb_err *err);
	void *state;
};

/** Hashes of an inclusion or consistency proof, in the order of RFC 6962: from the leaves up. */
struct sb_merkle_proof {
	size_t count;
	uint8_t hashes[SB_MERKLE_HEIGHT][SB_MERKLE_BYTES];
};

/** Root of the first @size leaves. Errors: of @source; LIMIT "tree-size" over INT64_MAX. */
SB_MUST_USE int sb_merkle_root(const struct sb_merkle_source *source, uint64_t size, uint8_t out[SB_MERKLE_BYTES], struct sb_err *err);
/** The tree of the first @size leaves, ready to grow. Errors: as for the root. */
SB_MUST_USE int sb_merkle_run_resume(const struct sb_merkle_source *source, uint64_t size, struct sb_merkle_run *out, struct sb_err *err);
/** That leaf @index is in the tree of @size leaves. Errors: of @source; USAGE "tree-size" when it cannot be, or the tree is too large. */
SB_MUST_USE int sb_merkle_prove_inclusion(const struct sb_merkle_source *source, uint64_t index, uint64_t size, struct sb_merkle_proof *out, struct sb_err *err);
/** That the tree of @size leaves begins with that of @old leaves. Nothing is needed for an empty or equal one. Errors: as for inclusion. */
SB_MUST_USE int sb_merkle_prove_consistency(const struct sb_merkle_source *source, uint64_t old, uint64_t size, struct sb_merkle_proof *out, struct sb_err *err);

/** True only when @proof leads from @leaf at @index to @root, by RFC 9162 section 2.1.3.2. */
bool sb_merkle_includes(const uint8_t leaf[SB_MERKLE_BYTES], uint64_t index, uint64_t size, const struct sb_merkle_proof *proof,
                        const uint8_t root[SB_MERKLE_BYTES]);
/**
 * True only when @proof leads to both roots, by RFC 9162 section 2.1.4.2. From the empty tree (whose root must be that of nothing) the empty
 * proof is right, as tlog-witness of C2SP wants it.
 */
bool sb_merkle_extends(uint64_t old, const uint8_t old_root[SB_MERKLE_BYTES], uint64_t size, const uint8_t root[SB_MERKLE_BYTES],
                       const struct sb_merkle_proof *proof);

#endif
