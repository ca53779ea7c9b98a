/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the room: typed reading of a tree. Each getter reports what is wrong with line, column and the way to the key, and gives a
 * harmless value, so that one pass finds all problems; sb_schema_end says whether there were any. Scalars of YAML get their type here,
 * in the tree itself, so that a YAML and a JSON document that say the same have the same canonical form.
 */
#ifndef MANIFESTS_SCHEMA_H
#define MANIFESTS_SCHEMA_H

#include "manifests/node.h"

struct sb_schema {
	const char *document; /* file name for messages */
	struct sb_arena *arena;
	struct sb_problems problems;
};

/** A place in the tree: a node and the way to it ("outputs[2]"). A NULL node stands for an absent optional part. */
struct sb_place {
	struct sb_node *node;
	const char *way;
};

/** The tree of a document that a person writes: YAML, or JSON when @name ends in .json. Errors: USAGE, @malformed for JSON that is none; LIMIT; NOMEM. */
SB_MUST_USE int sb_schema_read(struct sb_span text, const char *name, const char *malformed, struct sb_arena *arena, struct sb_node **out, struct sb_err *err);

/** Report a problem at @place; printf-like. */
void sb_schema_problem(struct sb_schema *schema, struct sb_place place, const char *id, const char *fmt, ...) SB_PRINTF(4, 5);

/**
 * Check that @place is a mapping with only the keys in @keys (NULL-terminated; "did you mean" for others), and that those which begin
 * with '*' in the list are there. False when it is no mapping.
 */
bool sb_schema_map(struct sb_schema *schema, struct sb_place place, const char *const *keys);
/** True when @place is a list; reports otherwise. */
bool sb_schema_list(struct sb_schema *schema, struct sb_place place);
/** Value of @key; node NULL when absent. */
struct sb_place sb_schema_key(struct sb_schema *schema, struct sb_place map, const char *key);
struct sb_place sb_schema_item(struct sb_schema *schema, struct sb_place list, size_t index);

/** Text without NUL; @absent when there is none. A value beginning with TODO is "drop-todo". */
const char *sb_schema_text(struct sb_schema *schema, struct sb_place place, const char *absent);
uint64_t sb_schema_uint(struct sb_schema *schema, struct sb_place place, uint64_t least, uint64_t most, uint64_t absent);
bool sb_schema_bool(struct sb_schema *schema, struct sb_place place, bool absent);
/** One of @words (NULL-terminated): its index. */
size_t sb_schema_word(struct sb_schema *schema, struct sb_place place, const char *const *words, size_t absent);
/** 64 hexadecimal digits. */
void sb_schema_sha256(struct sb_schema *schema, struct sb_place place, uint8_t out[SB_SHA256_BYTES]);
/** "4G": powers of 1024, letters K M G T. */
uint64_t sb_schema_size(struct sb_schema *schema, struct sb_place place, uint64_t absent);
/** "30m": seconds, letters s m h. */
uint64_t sb_schema_duration(struct sb_schema *schema, struct sb_place place, uint64_t absent);
/** "365d": seconds, letters h d. */
uint64_t sb_schema_age(struct sb_schema *schema, struct sb_place place, uint64_t absent);
/** "2027-01-01T00:00:00Z" or a day: seconds since 1970. */
int64_t sb_schema_moment(struct sb_schema *schema, struct sb_place place, int64_t absent);
/** Relative path that never leaves its folder, normalised. */
const char *sb_schema_path(struct sb_schema *schema, struct sb_place place, const char *absent);

/** 0, or the first problem in @err; all of them in @problems (may be NULL). */
SB_MUST_USE int sb_schema_end(const struct sb_schema *schema, struct sb_problems *problems, struct sb_err *err);

#endif
