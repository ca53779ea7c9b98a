/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first part of an Alpine package: a tar without its end, of one file, which is an RSA signature over the control as it is packed. It
 * holds no digest. Source: apk-package(5) of apk-tools 2.14, "Signature"; POSIX.1-2017 pax, "ustar Interchange Format".
 */
#include "verifier/explain/signed.h"

#include <string.h>

enum { FLAGS_AT = 3, BLOCK = 512, SIZE_AT = 124, TYPE_AT = 156, LINK_AT = 157, MAGIC_AT = 257, PREFIX_AT = 345, SMALLEST = 128, LARGEST = 1024 };

static bool is_signature_name(struct sb_span name)
{
	static const char *const begins[] = {".SIGN.RSA.", ".SIGN.RSA256.", ".SIGN.DSA."};

	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
		if (sb_span_starts(name, begins[i], strlen(begins[i])))
			return !memchr(name.p, '/', name.n);
	return false;
}

static struct sb_span part(struct sb_span header, size_t at, size_t n)
{
	struct sb_span out = {0};
	return sb_span_cut(header, at, n, &out) ? out : (struct sb_span){0};
}

/* One regular file, its name in the first field alone, and nothing but zeros behind what it holds. */
static const char *trouble_of(struct sb_span tar)
{
	struct sb_span header, rest;
	uint64_t size;

	if (!sb_span_cut(tar, 0, BLOCK, &header))
		return "no tar";
	struct sb_rd rd = sb_rd_of(part(header, 0, 100), true);
	if (!is_signature_name(sb_rd_cstring(&rd)) || !sb_span_all_zero(part(header, rd.at, 100 - rd.at)))
		return "its first file is no signature";
	if (header.p[TYPE_AT] != '0' || !sb_span_all_zero(part(header, LINK_AT, 100)) || !sb_span_starts(part(header, MAGIC_AT, 5), "ustar", 5) ||
	    !sb_span_all_zero(part(header, PREFIX_AT, BLOCK - PREFIX_AT)))
		return "a header with more than a name";
	if (!sb_field_number(part(header, SIZE_AT, 12), SB_ENC_OCTAL, &size) || size < SMALLEST || size > LARGEST)
		return "no signature has that length";
	if (tar.n < BLOCK + size || tar.n > BLOCK + (size + BLOCK - 1) / BLOCK * BLOCK + 2 * BLOCK ||
	    !sb_span_cut(tar, BLOCK + size, tar.n - BLOCK - size, &rest) || !sb_span_all_zero(rest))
		return "something behind the signature";
	return NULL;
}

/* RFC 1952, 2.3: a header without fields that say nothing of the tar, and no more than what one block, which is mostly zeros, and a signature pack to. */
static bool is_packed_plainly(struct sb_span packed, struct sb_span tar)
{
	return packed.n >= FLAGS_AT + 1 && packed.p[FLAGS_AT] == 0 && packed.n <= tar.n;
}

static const char *trouble_of_member(struct sb_contents *contents, const struct sb_member *member)
{
	struct sb_span packed, tar;

	if (!sb_span_cut(contents->pair->bytes[contents->side], member->offset, member->length, &packed) || !sb_contents_of(contents, member, &tar))
		return "it cannot be unpacked";
	const char *why = trouble_of(tar);
	return why || is_packed_plainly(packed, tar) ? why : "packed with a name, a comment or an extra field, or longer than it needs to be";
}

static bool signature_is_right(struct sb_signed_side *side, const struct sb_member *member)
{
	struct sb_member packed = *member;
	struct sb_contents contents;

	packed.codec = SB_CODEC_GZIP;
	packed.size = UINT64_MAX;
	if (!sb_contents_begin(side->in, side->pair, side->side, &contents))
		return sb_signed_refuse(side, "no memory");
	const char *why = trouble_of_member(&contents, &packed);
	sb_contents_end(&contents);
	side->found++;
	return !why || sb_signed_blame(side, member->name, why);
}

static bool is_right(struct sb_signed_side *side)
{
	const struct sb_view *view = side->pair->view[side->side];

	for (size_t i = 0; i < view->members.count; i++)
		if (sb_view_member(view, i)->signature && (side->found || !signature_is_right(side, sb_view_member(view, i))))
			return side->why ? false : sb_signed_refuse(side, "two signatures");
	return true;
}

const struct sb_signed_format sb_signed_alpine = {.format = "alpine", .is_right = is_right};
