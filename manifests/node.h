/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One tree for YAML and JSON: the only shape in which documents are looked at. Readers are strict (DESIGN section 3);
 * scalars stay text in YAML until a schema says what they are.
 */
#ifndef MANIFESTS_NODE_H
#define MANIFESTS_NODE_H

#include "base/base.h"

enum sb_node_type { SB_NODE_NULL = 0, SB_NODE_BOOL, SB_NODE_INT, SB_NODE_TEXT, SB_NODE_LIST, SB_NODE_MAP };

struct sb_node;
struct sb_node_member {
	const char *key;      /* ASCII or UTF-8, no control characters */
	unsigned line, column; /* of the key; 0 in JSON */
	struct sb_node *value;
};

struct sb_node {
	enum sb_node_type type;
	bool plain;           /* a plain (unquoted) YAML scalar: the schema may read it as integer or boolean */
	unsigned line, column; /* 1-based; 0 in JSON */
	int64_t number;       /* INT; BOOL: 0 or 1 */
	struct sb_span text;  /* TEXT; NUL-terminated beyond n */
	struct sb_node **items; /* LIST */
	struct sb_node_member *members; /* MAP, in document order; keys are unique */
	size_t count;         /* of items or members */
};

/**
 * Read a strict YAML subset by libyaml's events: no anchors, aliases, tags, merge keys, directives or second documents; UTF-8
 * without BOM; U+0085, U+2028, U+2029, lone CR and control characters refused; depth, events and bytes capped.
 * @name  shown in errors (err->where).
 * Errors: USAGE "yaml-syntax", "yaml-feature", "repeated-key", "not-utf8"; LIMIT; NOMEM; with line and column.
 */
SB_MUST_USE int sb_node_read_yaml(struct sb_span text, const char *name, struct sb_arena *arena, struct sb_node **out,
                                  struct sb_err *err);
/**
 * Read strict JSON by jansson: object at the top, no duplicate keys, no keys that differ only in case, no reals, no BOM, depth
 * capped before parsing. Errors: FORMAT "json-syntax", "repeated-key"; LIMIT; NOMEM.
 */
SB_MUST_USE int sb_node_read_json(struct sb_span text, uint64_t most, const char *name, struct sb_arena *arena,
                                  struct sb_node **out, struct sb_err *err);
/** How many values JSON @text can hold at most, in one pass that costs no memory. */
uint64_t sb_json_values(struct sb_span text);
/** Canonical JSON: keys sorted by bytes, no white space, UTF-8, only what RFC 8259 demands escaped. No final newline. */
void sb_node_write_json(const struct sb_node *node, struct sb_buf *out);

/** Value of @key in a map, or NULL. */
const struct sb_node *sb_node_get(const struct sb_node *map, const char *key);

/* Making trees; all return NULL when out of memory, and accept NULL values so that errors can be checked once at the end. */
struct sb_node *sb_node_map(struct sb_arena *arena);
struct sb_node *sb_node_list(struct sb_arena *arena);
struct sb_node *sb_node_int(struct sb_arena *arena, int64_t number);
struct sb_node *sb_node_bool(struct sb_arena *arena, bool value);
struct sb_node *sb_node_null(struct sb_arena *arena);
/** Foreign bytes are escaped by sb_escape, so that the result is UTF-8. NULL @text gives null. */
struct sb_node *sb_node_text(struct sb_arena *arena, const char *text);
struct sb_node *sb_node_hex(struct sb_arena *arena, const uint8_t *bytes, size_t n);
/** False when out of memory, or @key is already there, or any argument is NULL. */
SB_MUST_USE bool sb_node_put(struct sb_arena *arena, struct sb_node *map, const char *key, struct sb_node *value);
SB_MUST_USE bool sb_node_push(struct sb_arena *arena, struct sb_node *list, struct sb_node *value);

#endif
