/* SPDX-License-Identifier: Apache-2.0 */
/* One signature packet: RFC 4880, 4.2, 5.2; algorithms of RFC 9580, 9. */
#include "verifier/signature/private.h"

#include <string.h>

enum { TAG_SIGNATURE = 2, LONGEST_NUMBER = 16384, TRAILER = 6 };
/** Subpackets: 5.2.3.1. */
enum { CREATED = 2, EXPIRES = 3, ISSUER = 16, SIGNER = 28, FINGERPRINT = 33 };

/* The body of the packet that fills @bytes, with an old or a new header. */
static bool open_packet(struct sb_span bytes, struct sb_span *body)
{
	struct sb_rd rd = sb_rd_of(bytes, true);
	unsigned head = (unsigned)sb_rd_uint(&rd, 1), tag = head & 0x40 ? head & 0x3f : head >> 2 & 0xf;
	uint64_t length;

	if (!(head & 0x80) || tag != TAG_SIGNATURE || (!(head & 0x40) && (head & 3) == 3))
		return false;
	if (head & 0x40) {
		length = sb_rd_uint(&rd, 1);
		if (length >= 224 && length < 255)
			return false;
		length = length == 255 ? sb_rd_uint(&rd, 4) : length >= 192 ? ((length - 192) << 8) + sb_rd_uint(&rd, 1) + 192 : length;
	} else {
		length = sb_rd_uint(&rd, 1U << (head & 3));
	}
	*body = sb_rd_bytes(&rd, length);
	return !rd.bad && rd.at == bytes.n;
}

static bool digest_of(unsigned hash, enum sb_declared_digest *out)
{
	static const struct {
		unsigned hash;
		enum sb_declared_digest digest;
	} rows[] = {{1, SB_DECLARED_MD5}, {2, SB_DECLARED_SHA1}, {8, SB_DECLARED_SHA256}, {9, SB_DECLARED_SHA384}, {10, SB_DECLARED_SHA512}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].hash != hash)
			continue;
		*out = rows[i].digest;
		return true;
	}
	return false;
}

/* Numbers that the signature consists of; 0: an unknown algorithm. */
static unsigned numbers_of(unsigned algorithm)
{
	return algorithm == 1 || algorithm == 3 ? 1 : algorithm == 17 || algorithm == 19 || algorithm == 22 ? 2 : 0;
}

/* 3.2: as many bits as stated, the first of them set. */
static bool take_number(struct sb_rd *rd)
{
	unsigned bits = (unsigned)sb_rd_uint(rd, 2);
	struct sb_span bytes = sb_rd_bytes(rd, (bits + 7) / 8);

	return !rd->bad && bits > 0 && bits <= LONGEST_NUMBER && bytes.p[0] >> ((bits - 1) % 8) == 1;
}

static bool may_stand(unsigned type, struct sb_span body, bool hashed)
{
	switch (type) {
	case CREATED:
	case EXPIRES:
		return hashed && body.n == 4;
	case SIGNER:
		return hashed && body.n <= 256;
	case ISSUER:
		return body.n == 8;
	case FINGERPRINT:
		return body.n == 21 && body.p[0] == 4;
	default:
		return false;
	}
}

static bool subpackets_are_known(struct sb_span area, bool hashed, const char **why)
{
	struct sb_rd rd = sb_rd_of(area, true);
	uint64_t seen = 0;

	while (rd.at < area.n) {
		uint64_t length = sb_rd_uint(&rd, 1);
		if (length >= 192)
			length = length == 255 ? sb_rd_uint(&rd, 4) : ((length - 192) << 8) + sb_rd_uint(&rd, 1) + 192;
		struct sb_span body = sb_rd_bytes(&rd, length);
		if (rd.bad || body.n == 0)
			return sb_refuse(why, "a subpacket that leaves its area");
		unsigned type = body.p[0] & 0x7f;
		if (!may_stand(type, sb_span_of(body.p + 1, body.n - 1), hashed))
			return sb_refuse(why, hashed ? "a hashed subpacket that is not known" : "a subpacket outside of what is hashed that names no key");
		if (seen >> type & 1)
			return sb_refuse(why, "a subpacket that is there twice");
		seen |= UINT64_C(1) << type;
	}
	return true;
}

static bool read_v4(struct sb_rd *rd, struct sb_pgp_signature *out, unsigned *algorithm, const char **why)
{
	out->type = (unsigned)sb_rd_uint(rd, 1);
	*algorithm = (unsigned)sb_rd_uint(rd, 1);
	unsigned hash = (unsigned)sb_rd_uint(rd, 1);
	struct sb_span hashed = sb_rd_bytes(rd, (size_t)sb_rd_uint(rd, 2));
	out->hashed = sb_span_of(rd->in.p, rd->at);
	struct sb_span loose = sb_rd_bytes(rd, (size_t)sb_rd_uint(rd, 2));
	if (rd->bad || !digest_of(hash, &out->digest))
		return sb_refuse(why, "a signature that is cut or of an unknown digest");
	return subpackets_are_known(hashed, true, why) && subpackets_are_known(loose, false, why);
}

/* 5.2.2: type and time are hashed, and nothing follows them. */
static bool read_v3(struct sb_rd *rd, struct sb_pgp_signature *out, unsigned *algorithm, const char **why)
{
	bool fixed = sb_rd_uint(rd, 1) == 5;

	out->hashed = sb_rd_bytes(rd, 5);
	sb_rd_bytes(rd, 8); /* of the key */
	*algorithm = (unsigned)sb_rd_uint(rd, 1);
	if (!fixed || rd->bad || !digest_of((unsigned)sb_rd_uint(rd, 1), &out->digest))
		return sb_refuse(why, "a signature of version 3 that is cut or of an unknown digest");
	out->type = out->hashed.p[0];
	return true;
}

bool sb_pgp_read(struct sb_span bytes, struct sb_pgp_signature *out, const char **why)
{
	struct sb_span body;
	unsigned algorithm = 0;

	if (!open_packet(bytes, &body))
		return sb_refuse(why, "not one OpenPGP signature packet and nothing else");
	struct sb_rd rd = sb_rd_of(body, true);
	*out = (struct sb_pgp_signature){.version = (unsigned)sb_rd_uint(&rd, 1)};
	if (out->version != 3 && out->version != 4)
		return sb_refuse(why, "a signature of an unknown version");
	if (!(out->version == 4 ? read_v4 : read_v3)(&rd, out, &algorithm, why))
		return false;
	struct sb_span left = sb_rd_bytes(&rd, sizeof out->left);
	unsigned numbers = numbers_of(algorithm);
	if (rd.bad || numbers == 0)
		return sb_refuse(why, "a signature of an unknown algorithm");
	memcpy(out->left, left.p, sizeof out->left);
	for (unsigned i = 0; i < numbers; i++)
		if (!take_number(&rd))
			return sb_refuse(why, "a number of the signature that is cut or has another length than it says");
	if (rd.at != body.n)
		return sb_refuse(why, "something behind the numbers of the signature");
	return out->type == SB_PGP_BINARY || out->type == SB_PGP_TEXT || sb_refuse(why, "a signature of something that is no document");
}

/* 5.2.4: the document, what of the packet is hashed, and for version 4 its length. */
bool sb_pgp_states(struct sb_reading *reading, const struct sb_pgp_signature *signature, const struct sb_span *parts, size_t count)
{
	struct sb_span all[SB_PGP_PARTS + 2];
	uint8_t digest[SB_DECLARED_LARGEST], trailer[TRAILER] = {4, 0xff};

	if (count > SB_PGP_PARTS)
		return false;
	memcpy(all, parts, count * sizeof *all);
	all[count++] = signature->hashed;
	for (unsigned i = 0; i < 4; i++)
		trailer[2 + i] = (uint8_t)(signature->hashed.n >> (24 - 8 * i));
	if (signature->version == 4)
		all[count++] = sb_span_of(trailer, sizeof trailer);
	sb_declared_hash_row(reading, signature->digest, all, count, digest);
	return memcmp(digest, signature->left, sizeof signature->left) == 0;
}
