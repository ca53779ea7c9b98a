/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/log_entry.h"

#include "manifests/note_text.h"
#include "manifests/statement.h"

#include <stdlib.h>
#include <string.h>

static const char first_line[] = "samebuild-log-entry/1";

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int malformed(struct sb_err *err)
{
	return sb_fail(err, SB_EVIDENCE, "entry-malformed", "this is no entry of a log of samebuild");
}

/* Printable ASCII without blanks: it is a URI, and stands on a line. */
static bool is_type(struct sb_span type)
{
	for (size_t i = 0; i < type.n; i++)
		if (type.p[i] <= 0x20 || type.p[i] > 0x7e)
			return false;
	return type.n > 0 && type.n <= SB_LIMIT_OF(PATH_BYTES);
}

static bool read_digest(struct sb_span hex, uint8_t out[SB_SHA256_BYTES])
{
	for (size_t i = 0; i < hex.n; i++)
		if (hex.p[i] >= 'A' && hex.p[i] <= 'F')
			return false;
	return sb_text_unhex(hex, out, SB_SHA256_BYTES);
}

static bool read_subjects(struct sb_span rest, uint8_t (*out)[SB_SHA256_BYTES], size_t *count)
{
	struct sb_span line, hex;

	while (sb_span_take_ended_line(&rest, &line)) {
		if (*count == SB_LIMIT_OF(LOG_SUBJECTS) || !sb_note_after(line, "subject sha256:", &hex) || !read_digest(hex, out[*count]))
			return false;
		if (*count && memcmp(out[*count - 1], out[*count], SB_SHA256_BYTES) >= 0)
			return false;
		++*count;
	}
	return *count > 0 && rest.n == 0;
}

int sb_log_entry_read(struct sb_span text, struct sb_arena *arena, struct sb_log_entry *out, struct sb_err *err)
{
	struct sb_span rest = text, line, value;
	struct sb_log_entry made = {0};

	if (text.n > SB_LIMIT_OF(LOG_ENTRY_BYTES))
		return sb_fail_limit(err, SB_LIMIT_ROW_LOG_ENTRY_BYTES, text.n);
	if (!sb_span_take_ended_line(&rest, &line) || !sb_span_equal(line, sb_span_text(first_line)))
		return malformed(err);
	if (!sb_span_take_ended_line(&rest, &line) || !sb_note_after(line, "pae sha256:", &value) || !read_digest(value, made.pae))
		return malformed(err);
	if (!sb_span_take_ended_line(&rest, &line) || !sb_note_after(line, "type ", &value) || !is_type(value))
		return malformed(err);
	uint8_t(*subjects)[SB_SHA256_BYTES] = sb_arena_array(arena, rest.n / (2 * SB_SHA256_BYTES) + 1, sizeof *subjects);
	made.type = sb_arena_copy(arena, value);
	if (!subjects || !made.type)
		return no_memory(err);
	if (!read_subjects(rest, subjects, &made.count))
		return malformed(err);
	made.subjects = (const uint8_t(*)[SB_SHA256_BYTES])subjects;
	*out = made;
	return 0;
}

void sb_log_entry_write(const struct sb_log_entry *entry, struct sb_buf *out)
{
	sb_buf_printf(out, "%s\npae sha256:", first_line);
	sb_buf_hex(out, sb_span_of(entry->pae, sizeof entry->pae));
	sb_buf_printf(out, "\ntype %s\n", entry->type);
	for (size_t i = 0; i < entry->count; i++) {
		sb_buf_text(out, "subject sha256:");
		sb_buf_hex(out, sb_span_of(entry->subjects[i], SB_SHA256_BYTES));
		sb_buf_text(out, "\n");
	}
}

int sb_log_entry_leaf(const struct sb_log_entry *entry, uint8_t out[SB_MERKLE_BYTES], struct sb_err *err)
{
	SB_BUF struct sb_buf text = {.ceiling = SB_LIMIT_OF(LOG_ENTRY_BYTES)};

	sb_log_entry_write(entry, &text);
	int rc = sb_buf_ok(&text, err);
	if (!rc)
		sb_merkle_leaf(sb_buf_span(&text), out);
	return rc;
}

bool sb_log_entry_names(const struct sb_log_entry *entry, const uint8_t sha256[SB_SHA256_BYTES])
{
	for (size_t i = 0; i < entry->count; i++)
		if (memcmp(entry->subjects[i], sha256, SB_SHA256_BYTES) == 0)
			return true;
	return false;
}

/* ---- from an envelope ---- */

static int no_statement(struct sb_err *err, const char *what)
{
	return sb_fail(err, SB_EVIDENCE, "entry-no-statement", "%s", what);
}

static const struct sb_node *get(const struct sb_node *map, const char *key, enum sb_node_type type)
{
	const struct sb_node *node = map && map->type == SB_NODE_MAP ? sb_node_get(map, key) : NULL;
	return node && node->type == type ? node : NULL;
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, SB_SHA256_BYTES);
}

/* Sorted, each digest once. */
static int gather_subjects(const struct sb_node *list, uint8_t (*out)[SB_SHA256_BYTES], size_t *count, struct sb_err *err)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct sb_node *sha256 = get(get(list->items[i], "digest", SB_NODE_MAP), "sha256", SB_NODE_TEXT);
		if (!sha256 || !sb_text_unhex(sha256->text, out[i], SB_SHA256_BYTES))
			return no_statement(err, "a subject of the statement has no SHA-256");
	}
	qsort(out, list->count, SB_SHA256_BYTES, by_bytes);
	for (size_t i = 0; i < list->count; i++)
		if (*count == 0 || memcmp(out[*count - 1], out[i], SB_SHA256_BYTES) != 0)
			memmove(out[(*count)++], out[i], SB_SHA256_BYTES);
	return 0;
}

static int digest_pae(const struct sb_dsse *envelope, uint8_t out[SB_SHA256_BYTES], struct sb_err *err)
{
	SB_BUF struct sb_buf pae = {0};
	struct sb_digest digest;

	sb_dsse_pae(envelope->type, envelope->payload, &pae);
	sb_hash_span(sb_buf_span(&pae), SB_DIGEST_SHA256, &digest);
	memcpy(out, digest.sha256, SB_SHA256_BYTES);
	return sb_buf_ok(&pae, err);
}

static int cut(const struct sb_log_entry *whole, struct sb_arena *arena, struct sb_log_entry **out, size_t *count, struct sb_err *err)
{
	size_t most = (size_t)SB_LIMIT_OF(LOG_SUBJECTS), n = (whole->count + most - 1) / most;
	struct sb_log_entry *entries = sb_arena_array(arena, n, sizeof *entries);

	if (!entries)
		return no_memory(err);
	for (size_t i = 0; i < n; i++) {
		entries[i] = *whole;
		entries[i].subjects = whole->subjects + i * most;
		entries[i].count = whole->count - i * most < most ? whole->count - i * most : most;
	}
	*out = entries;
	*count = n;
	return 0;
}

int sb_log_entries_of(const struct sb_dsse *envelope, struct sb_arena *arena, struct sb_log_entry **out, size_t *count, struct sb_err *err)
{
	SB_ARENA struct sb_arena *apart = sb_arena_new(0);
	struct sb_log_entry whole = {0};
	struct sb_node *top = NULL;

	if (!apart)
		return no_memory(err);
	if (strcmp(envelope->type, SB_DSSE_INTOTO) != 0)
		return no_statement(err, "the envelope does not hold an in-toto statement");
	int rc = sb_node_read_json(envelope->payload, SB_LIMIT_OF(RECORD_BYTES), "payload", apart, &top, err);
	if (rc)
		return rc == SB_FORMAT ? no_statement(err, "the payload is not strict JSON") : rc;
	const struct sb_node *kind = get(top, "_type", SB_NODE_TEXT), *type = get(top, "predicateType", SB_NODE_TEXT), *list = get(top, "subject", SB_NODE_LIST);
	if (!kind || !sb_span_equal(kind->text, sb_span_text(SB_STATEMENT_TYPE)) || !type || !is_type(type->text) || !list || list->count == 0)
		return no_statement(err, "the payload is no in-toto statement about anything");
	uint8_t(*subjects)[SB_SHA256_BYTES] = sb_arena_array(arena, list->count, sizeof *subjects);
	whole.type = sb_arena_copy(arena, type->text);
	if (!subjects || !whole.type)
		return no_memory(err);
	rc = gather_subjects(list, subjects, &whole.count, err);
	if (!rc)
		rc = digest_pae(envelope, whole.pae, err);
	whole.subjects = (const uint8_t(*)[SB_SHA256_BYTES])subjects;
	return rc ? rc : cut(&whole, arena, out, count, err);
}
