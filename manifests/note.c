/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/note.h"

#include "manifests/note_text.h"

#include <inttypes.h>
#include <string.h>

enum { KEY_BYTES = 1 + SB_PUBLIC_BYTES, TIME_BYTES = 8, NAME_MOST = 255 };

static const char dash[] = "\xe2\x80\x94 "; /* U+2014 */

static int malformed(struct sb_err *err, const char *what)
{
	return sb_fail(err, SB_EVIDENCE, "note-malformed", "%s", what);
}

/* ---- names and keys ---- */

static bool is_blank(uint32_t cp)
{
	return cp <= 0x20 || cp == 0x7f || cp == 0x85 || cp == 0xa0 || cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200a) || cp == 0x2028 || cp == 0x2029 ||
	       cp == 0x202f || cp == 0x205f || cp == 0x3000;
}

static bool is_name(struct sb_span name)
{
	if (name.n == 0 || name.n > NAME_MOST)
		return false;
	for (size_t at = 0, n; at < name.n; at += n) {
		uint32_t cp = 0;
		n = sb_utf8_decode(sb_span_of(name.p + at, name.n - at), &cp);
		if (n == 0 || is_blank(cp) || cp == '+')
			return false;
	}
	return true;
}

static uint32_t id_of(const char *name, const uint8_t typed[KEY_BYTES])
{
	struct sb_hash hash;
	struct sb_digest digest;

	sb_hash_init(&hash, SB_DIGEST_SHA256);
	sb_hash_update(&hash, sb_span_text(name));
	sb_hash_update(&hash, sb_span_of("\n", 1));
	sb_hash_update(&hash, sb_span_of(typed, KEY_BYTES));
	sb_hash_final(&hash, &digest);
	return (uint32_t)digest.sha256[0] << 24 | (uint32_t)digest.sha256[1] << 16 | (uint32_t)digest.sha256[2] << 8 | digest.sha256[3];
}

static void type_key(enum sb_note_type type, const uint8_t key[SB_PUBLIC_BYTES], uint8_t out[KEY_BYTES])
{
	out[0] = (uint8_t)type;
	memcpy(out + 1, key, SB_PUBLIC_BYTES);
}

int sb_note_key_make(const char *name, enum sb_note_type type, const uint8_t key[SB_PUBLIC_BYTES], struct sb_note_key *out, struct sb_err *err)
{
	uint8_t typed[KEY_BYTES];

	if (!is_name(sb_span_text(name)))
		return sb_fail(err, SB_USAGE, "note-name", "%s cannot be the name of a key", name);
	type_key(type, key, typed);
	*out = (struct sb_note_key){.name = name, .id = id_of(name, typed), .type = type};
	memcpy(out->key, key, SB_PUBLIC_BYTES);
	return 0;
}

static bool read_id(struct sb_span text, uint32_t *out)
{
	uint8_t bytes[4];

	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] >= 'A' && text.p[i] <= 'F')
			return false;
	if (!sb_text_unhex(text, bytes, sizeof bytes))
		return false;
	*out = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
	return true;
}

int sb_note_key_read(struct sb_span vkey, struct sb_arena *arena, struct sb_note_key *out, struct sb_err *err)
{
	const uint8_t *plus = vkey.n ? memchr(vkey.p, '+', vkey.n) : NULL;
	size_t n = plus ? (size_t)(plus - vkey.p) : 0;
	struct sb_note_key made;
	uint8_t typed[KEY_BYTES];
	uint32_t id = 0;

	if (!plus || vkey.n < n + 10 || vkey.p[n + 9] != '+' || !read_id(sb_span_of(vkey.p + n + 1, 8), &id) ||
	    !sb_note_unbase64(sb_span_of(vkey.p + n + 10, vkey.n - n - 10), typed, sizeof typed))
		return sb_fail(err, SB_USAGE, "vkey-malformed", "a key like NAME+ID+BASE64, of Ed25519, is due here");
	if (typed[0] != SB_NOTE_PLAIN && typed[0] != SB_NOTE_COSIGNATURE)
		return sb_fail(err, SB_USAGE, "vkey-malformed", "keys of type %u are not known here", typed[0]);
	char *name = sb_arena_copy(arena, sb_span_of(vkey.p, n));
	if (!name)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (memchr(name, 0, n) || sb_note_key_make(name, (enum sb_note_type)typed[0], typed + 1, &made, NULL) || made.id != id)
		return sb_fail(err, SB_USAGE, "vkey-malformed", "name, id and key of the vkey do not belong together");
	int rc = sb_public_check(made.key, err);
	if (!rc)
		*out = made;
	return rc;
}

void sb_note_key_write(const struct sb_note_key *key, struct sb_buf *out)
{
	uint8_t typed[KEY_BYTES];

	type_key(key->type, key->key, typed);
	sb_buf_printf(out, "%s+%08" PRIx32 "+", key->name, key->id);
	sb_base64(sb_span_of(typed, sizeof typed), out);
}

/* ---- reading ---- */

static bool is_text(struct sb_span text)
{
	for (size_t at = 0, n; at < text.n; at += n) {
		uint32_t cp = 0;
		n = sb_utf8_decode(sb_span_of(text.p + at, text.n - at), &cp);
		if (n == 0 || (cp < 0x20 && cp != '\n'))
			return false;
	}
	return true;
}

static int read_line(struct sb_span line, struct sb_arena *arena, struct sb_note_line *out, struct sb_err *err)
{
	SB_BUF struct sb_buf bytes = {.ceiling = SB_LIMIT_OF(NOTE_BYTES)};
	struct sb_span rest;
	const uint8_t *blank;

	if (!sb_note_after(line, dash, &rest) || !(blank = memchr(rest.p, ' ', rest.n)) || !is_name(sb_span_of(rest.p, (size_t)(blank - rest.p))))
		return malformed(err, "a line of signature has no name");
	size_t n = (size_t)(blank - rest.p);
	int rc = sb_note_unbase64_any(sb_span_of(blank + 1, rest.n - n - 1), &bytes, err);
	if (rc)
		return rc;
	if (bytes.len < 5)
		return malformed(err, "a line of signature is too short");
	const char *name = sb_arena_copy(arena, sb_span_of(rest.p, n)), *copy = sb_arena_copy(arena, sb_buf_span(&bytes));
	if (!name || !copy)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	struct sb_rd rd = sb_rd_of(sb_span_of(copy, bytes.len), true);
	out->name = name;
	out->id = (uint32_t)sb_rd_uint(&rd, 4);
	out->bytes = sb_rd_bytes(&rd, bytes.len - 4);
	return 0;
}

int sb_note_read_lines(struct sb_span bytes, struct sb_arena *arena, struct sb_note *out, struct sb_err *err)
{
	size_t most = (size_t)SB_LIMIT_OF(NOTE_LINES), count = 0;
	struct sb_span rest = bytes, line;

	if (bytes.n > SB_LIMIT_OF(NOTE_BYTES))
		return sb_fail_limit(err, SB_LIMIT_ROW_NOTE_BYTES, bytes.n);
	if (!bytes.n || bytes.p[bytes.n - 1] != '\n' || !is_text(bytes))
		return malformed(err, "signatures are lines of UTF-8 without control characters");
	struct sb_note_line *lines = sb_arena_array(arena, most, sizeof *lines);
	if (!lines)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	while (sb_span_take_ended_line(&rest, &line)) {
		if (count == most)
			return malformed(err, "there are too many signatures");
		int rc = read_line(line, arena, &lines[count++], err);
		if (rc)
			return rc;
	}
	out->lines = lines;
	out->count = count;
	return 0;
}

/* The last empty line parts them: a text may have such lines of its own. */
int sb_note_read(struct sb_span bytes, struct sb_arena *arena, struct sb_note *out, struct sb_err *err)
{
	struct sb_note note = {0};
	size_t at = bytes.n < 2 ? 0 : bytes.n - 1;

	if (bytes.n > SB_LIMIT_OF(NOTE_BYTES))
		return sb_fail_limit(err, SB_LIMIT_ROW_NOTE_BYTES, bytes.n);
	while (at > 1 && (bytes.p[at] != '\n' || bytes.p[at - 1] != '\n'))
		at--;
	if (at < 1 || bytes.p[at] != '\n' || bytes.p[at - 1] != '\n')
		return malformed(err, "no empty line parts text and signatures");
	note.text = sb_span_of(bytes.p, at);
	if (!is_text(note.text))
		return malformed(err, "the text is not UTF-8, or has control characters");
	int rc = sb_note_read_lines(sb_span_of(bytes.p + at + 1, bytes.n - at - 1), arena, &note, err);
	if (!rc)
		*out = note;
	return rc;
}

/* ---- signatures ---- */

static void write_line(const char *name, uint32_t id, struct sb_span bytes, struct sb_buf *out)
{
	SB_BUF struct sb_buf all = {0};
	const uint8_t start[4] = {(uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id};

	sb_buf_add(&all, start, sizeof start);
	sb_buf_add(&all, bytes.p, bytes.n);
	sb_buf_printf(out, "%s%s ", dash, name);
	sb_base64(sb_buf_span(&all), out);
	sb_buf_text(out, "\n");
	if (all.bad && !out->bad)
		out->bad = all.bad;
}

void sb_note_line_write(const struct sb_note_line *line, struct sb_buf *out)
{
	write_line(line->name, line->id, line->bytes, out);
}

static void cosigned_text(struct sb_span text, int64_t when, struct sb_buf *out)
{
	sb_buf_printf(out, "cosignature/v1\ntime %" PRId64 "\n", when);
	sb_buf_add(out, text.p, text.n);
}

/* The time that was signed; negative: the signature is not good. */
static int64_t check_line(struct sb_span text, const struct sb_note_key *key, struct sb_span bytes)
{
	SB_BUF struct sb_buf timed = {0};
	struct sb_rd rd = sb_rd_of(bytes, true);

	if (key->type == SB_NOTE_PLAIN)
		return bytes.n == SB_SIGNATURE_BYTES && sb_signature_holds(key->key, text, bytes.p) ? 0 : -1;
	if (key->type != SB_NOTE_COSIGNATURE || bytes.n != TIME_BYTES + SB_SIGNATURE_BYTES)
		return -1;
	uint64_t when = sb_rd_uint(&rd, TIME_BYTES);
	if (when > INT64_MAX)
		return -1;
	cosigned_text(text, (int64_t)when, &timed);
	return !timed.bad && sb_signature_holds(key->key, sb_buf_span(&timed), bytes.p + TIME_BYTES) ? (int64_t)when : -1;
}

bool sb_note_line_is_of(const struct sb_note_line *line, const struct sb_note_key *key)
{
	return line->id == key->id && strcmp(line->name, key->name) == 0;
}

enum sb_note_said sb_note_cosigned_by(const struct sb_note *note, const struct sb_note_key *key, int64_t until, struct sb_note_times *times)
{
	struct sb_note_times found = {.first = INT64_MAX, .last = -1};

	for (size_t i = 0; i < note->count; i++) {
		const struct sb_note_line *line = &note->lines[i];
		if (!sb_note_line_is_of(line, key))
			continue;
		int64_t when = check_line(note->text, key, line->bytes);
		if (when < 0)
			return SB_NOTE_BAD;
		if (when <= until && when < found.first)
			found.first = when;
		if (when <= until && when > found.last)
			found.last = when;
	}
	if (found.last < 0)
		return SB_NOTE_UNSIGNED;
	*times = found;
	return SB_NOTE_GOOD;
}

enum sb_note_said sb_note_signed_by(const struct sb_note *note, const struct sb_note_key *key, int64_t *when)
{
	struct sb_note_times times = {0};
	enum sb_note_said said = sb_note_cosigned_by(note, key, INT64_MAX, &times);

	if (when && said != SB_NOTE_BAD)
		*when = times.first;
	return said;
}

static bool is_reserved(struct sb_span text)
{
	static const char *const prefixes[] = {"DSSEv1 ", "SSHSIG", "cosignature/"};

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (sb_span_starts(text, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

static int check_signing(struct sb_span text, const struct sb_note_key *key, const struct sb_secret *secret, int64_t when, struct sb_err *err)
{
	uint8_t own[SB_PUBLIC_BYTES];

	sb_secret_public(secret, own);
	if (memcmp(own, key->key, sizeof own) != 0 || key->type == SB_NOTE_NONE || when < 0)
		return sb_fail(err, SB_INTERNAL, "signing-failed", "the note is not to be signed by this key");
	if (!text.n || text.p[text.n - 1] != '\n' || !is_text(text))
		return sb_fail(err, SB_USAGE, "note-text", "a note is lines of UTF-8 without control characters");
	return is_reserved(text) ? sb_fail(err, SB_USAGE, "note-reserved", "a text that begins like another kind of signed bytes is not signed") : 0;
}

int sb_note_sign(struct sb_span text, const struct sb_note_key *key, const struct sb_secret *secret, int64_t when, struct sb_buf *out, struct sb_err *err)
{
	SB_BUF struct sb_buf timed = {0};
	uint8_t bytes[TIME_BYTES + SB_SIGNATURE_BYTES];
	bool plain = key->type == SB_NOTE_PLAIN;
	size_t at = plain ? 0 : TIME_BYTES;

	int rc = check_signing(text, key, secret, when, err);
	if (rc)
		return rc;
	for (unsigned i = 0; i < TIME_BYTES; i++)
		bytes[i] = (uint8_t)((uint64_t)when >> (56 - 8 * i));
	cosigned_text(text, when, &timed);
	rc = sb_buf_ok(&timed, err);
	if (!rc)
		rc = sb_sign(secret, plain ? text : sb_buf_span(&timed), bytes + at, err);
	if (rc)
		return rc;
	write_line(key->name, key->id, sb_span_of(bytes, at + SB_SIGNATURE_BYTES), out);
	return sb_buf_ok(out, err);
}
