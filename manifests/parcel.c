/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/parcel.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 512, NAME_ROOM = 100, MAGIC_AT = 257, SUM_AT = 148 };

static const char mark_name[] = "BUNDLE", mark[] = "samebuild-bundle/1\n"; /* capitals come first in the order of bytes */

static int malformed(struct sb_err *err, const char *what)
{
	return sb_fail(err, SB_EVIDENCE, "parcel-malformed", "%s", what);
}

/* Letters, digits and ._-/ in components that are neither empty nor begin with a dot. */
static bool is_name(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/";
	size_t n = strlen(name);

	if (n == 0 || n >= NAME_ROOM || name[strspn(name, allowed)] != '\0' || name[n - 1] == '/')
		return false;
	for (const char *at = name; at; at = strchr(at, '/') ? strchr(at, '/') + 1 : NULL)
		if (*at == '.' || *at == '/' || *at == '\0')
			return false;
	return true;
}

static void put_octal(uint8_t *field, unsigned digits, uint64_t value)
{
	for (unsigned i = digits; i-- > 0; value >>= 3)
		field[i] = (uint8_t)('0' + (value & 7));
}

/* The header of a file of ours has no other form: it is read by writing it again. */
static void make_header(const char *name, uint64_t size, uint8_t out[BLOCK])
{
	uint64_t sum = 0;

	memset(out, 0, BLOCK);
	memcpy(out, name, strlen(name));
	put_octal(out + 100, 7, 0644);
	put_octal(out + 108, 7, 0);
	put_octal(out + 116, 7, 0);
	put_octal(out + 124, 11, size);
	put_octal(out + 136, 11, 0);
	memset(out + SUM_AT, ' ', 8);
	out[156] = '0';
	memcpy(out + MAGIC_AT, "ustar\0" "00", 8);
	put_octal(out + 329, 7, 0);
	put_octal(out + 337, 7, 0);
	for (size_t i = 0; i < BLOCK; i++)
		sum += out[i];
	put_octal(out + SUM_AT, 6, sum);
	out[SUM_AT + 6] = '\0';
}

static bool read_size(const uint8_t *field, uint64_t *out)
{
	*out = 0;
	for (unsigned i = 0; i < 11; i++) {
		if (field[i] < '0' || field[i] > '7')
			return false;
		*out = *out << 3 | (uint64_t)(field[i] - '0');
	}
	return true;
}

bool sb_parcel_is(struct sb_span bytes)
{
	return bytes.n >= BLOCK && sb_span_starts(bytes, mark_name, sizeof mark_name) && memcmp(bytes.p + MAGIC_AT, "ustar", 6) == 0;
}

/* ---- reading ---- */

static size_t padding_of(uint64_t size)
{
	return (size_t)((BLOCK - size % BLOCK) % BLOCK);
}

static int read_member(struct sb_span *rest, struct sb_arena *arena, struct sb_parcel_member *out, struct sb_err *err)
{
	uint8_t header[BLOCK];
	struct sb_span body;
	uint64_t size;
	size_t n = strnlen((const char *)rest->p, NAME_ROOM);

	char *name = sb_arena_copy(arena, sb_span_of(rest->p, n));
	if (!name)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (!is_name(name) || !read_size(rest->p + 124, &size))
		return malformed(err, "a member has a name or size that a bundle cannot have");
	make_header(name, size, header);
	if (memcmp(header, rest->p, BLOCK) != 0)
		return malformed(err, "a member is no plain file of a bundle");
	if (!sb_span_cut(*rest, BLOCK, size + padding_of(size), &body))
		return malformed(err, "the bundle is cut off");
	if (!sb_span_all_zero(sb_span_of(body.p + size, body.n - (size_t)size)))
		return malformed(err, "something stands behind a member");
	*out = (struct sb_parcel_member){name, sb_span_of(body.p, (size_t)size)};
	*rest = sb_span_of(body.p + body.n, rest->n - BLOCK - body.n);
	return 0;
}

/* How many members there can be: told by the headers alone, before anything is kept. */
static size_t count_members(struct sb_span rest)
{
	size_t count = 0;
	uint64_t size;

	while (rest.n >= BLOCK && rest.p[0] && read_size(rest.p + 124, &size)) {
		uint64_t all = BLOCK + size + padding_of(size);
		count++;
		if (all > rest.n)
			break;
		rest = sb_span_of(rest.p + all, rest.n - (size_t)all);
	}
	return count;
}

int sb_parcel_read(struct sb_span bytes, struct sb_arena *arena, struct sb_parcel *out, struct sb_err *err)
{
	struct sb_span rest = bytes;
	size_t most = count_members(bytes), count = 0;
	int rc = 0;

	if (most > SB_LIMIT_OF(EVIDENCE_FILES))
		return sb_fail_limit(err, SB_LIMIT_ROW_EVIDENCE_FILES, most);
	struct sb_parcel_member *members = sb_arena_array(arena, most + 1, sizeof *members);
	if (!members)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	while (!rc && count < most) {
		rc = read_member(&rest, arena, &members[count], err);
		if (!rc && count && strcmp(members[count - 1].name, members[count].name) >= 0)
			rc = malformed(err, "the members are not in order, or one is there twice");
		count++;
	}
	if (rc)
		return rc;
	if (count == 0 || strcmp(members[0].name, mark_name) != 0 || !sb_span_equal(members[0].bytes, sb_span_text(mark)))
		return malformed(err, "the mark of a bundle is missing");
	if (rest.n != (size_t)(2 * BLOCK) || !sb_span_all_zero(rest))
		return malformed(err, "the end of the bundle is missing, or something follows it");
	*out = (struct sb_parcel){members, count};
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct sb_parcel_member *x = a, *y = b;
	return strcmp(x->name, y->name);
}

struct sb_span sb_parcel_find(const struct sb_parcel *bundle, const char *name)
{
	const struct sb_parcel_member wanted = {.name = name};
	const struct sb_parcel_member *found = bundle->count ? bsearch(&wanted, bundle->members, bundle->count, sizeof wanted, by_name) : NULL;

	return found ? found->bytes : (struct sb_span){0};
}

/* ---- writing ---- */

static void write_member(const char *name, struct sb_span bytes, struct sb_buf *out)
{
	static const uint8_t zeros[BLOCK];
	uint8_t header[BLOCK];

	make_header(name, bytes.n, header);
	sb_buf_add(out, header, sizeof header);
	sb_buf_add(out, bytes.p, bytes.n);
	sb_buf_add(out, zeros, padding_of(bytes.n));
}

int sb_parcel_write(struct sb_parcel_member *members, size_t count, struct sb_buf *out, struct sb_err *err)
{
	static const uint8_t end[2 * BLOCK];

	if (count)
		qsort(members, count, sizeof *members, by_name);
	write_member(mark_name, sb_span_text(mark), out);
	for (size_t i = 0; i < count; i++) {
		if (!is_name(members[i].name) || strcmp(members[i].name, mark_name) <= 0)
			return sb_fail(err, SB_USAGE, "parcel-name", "%s cannot be the name of a member", members[i].name);
		if (i == 0 || strcmp(members[i - 1].name, members[i].name) != 0)
			write_member(members[i].name, members[i].bytes, out);
	}
	sb_buf_add(out, end, sizeof end);
	return sb_buf_ok(out, err);
}
