/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The APK Signing Block: signature schemes v2, v3 and v3.1, whose digests of the archive are recomputed. Source: Android Open Source Project,
 * "APK Signature Scheme v2" and "v3": every value is behind its length, 32 bits, little endian; contents are hashed in chunks of one MiB.
 */
#include "verifier/explain/signed.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 1 << 20, PAIR_HEAD = 12, END_DIRECTORY = 16, SIGNERS = 10, SECTIONS = 3, MOST_CERTIFICATES = 16 };
enum { STRIPPING_PROTECTION = 0xbeeff00d };

/** The archive without its signing block, in the three sections that are hashed. */
struct archive {
	struct sb_span section[SECTIONS];
	struct sb_reading *reading;
	uint8_t *end; /* end record with the place that the directory has without the block; owned */
	struct {
		bool made;
		uint8_t bytes[SB_DECLARED_LARGEST];
	} digest[2]; /* by SHA-256 and by SHA-512: of all schemes and signers one */
};

/* The next value behind its length. */
static bool take(struct sb_span *from, struct sb_span *out)
{
	struct sb_rd rd = sb_rd_of(*from, false);
	*out = sb_rd_bytes(&rd, (size_t)sb_rd_uint(&rd, 4));
	if (rd.bad)
		return false;
	*from = sb_span_of(from->p + rd.at, from->n - rd.at);
	return true;
}

static bool take_number(struct sb_span *from, uint32_t *out)
{
	struct sb_rd rd = sb_rd_of(*from, false);
	*out = (uint32_t)sb_rd_uint(&rd, 4);
	if (rd.bad)
		return false;
	*from = sb_span_of(from->p + 4, from->n - 4);
	return true;
}

static bool digest_of(uint32_t algorithm, enum sb_declared_digest *out)
{
	switch (algorithm) {
	case 0x0101: /* RSASSA-PSS, RSASSA-PKCS1-v1_5, ECDSA, DSA */
	case 0x0103:
	case 0x0201:
	case 0x0301:
		*out = SB_DECLARED_SHA256;
		return true;
	case 0x0102:
	case 0x0104:
	case 0x0202:
		*out = SB_DECLARED_SHA512;
		return true;
	default:
		return false;
	}
}

static void put32(uint8_t *to, uint64_t value)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

/* 0x5a, the number of chunks, and of each the digest of 0xa5, its length and its bytes. False when out of memory. */
static bool hash_archive(const struct archive *archive, enum sb_declared_digest kind, uint8_t *out)
{
	size_t width = sb_declared_size(kind), chunks = 0, at = 5;

	for (unsigned i = 0; i < SECTIONS; i++)
		chunks += (archive->section[i].n + CHUNK - 1) / CHUNK;
	uint8_t *list = malloc(5 + chunks * width);
	if (!list)
		return false;
	list[0] = 0x5a;
	put32(list + 1, chunks);
	for (unsigned i = 0; i < SECTIONS; i++) {
		for (struct sb_span rest = archive->section[i]; rest.n; at += width) {
			size_t n = rest.n < CHUNK ? rest.n : CHUNK;
			uint8_t head[5] = {0xa5};
			put32(head + 1, n);
			const struct sb_span parts[2] = {{head, sizeof head}, {rest.p, n}};
			sb_declared_hash_row(archive->reading, kind, parts, 2, list + at);
			rest = sb_span_of(rest.p + n, rest.n - n);
		}
	}
	sb_declared_hash(NULL, kind, sb_span_of(list, at), out);
	free(list);
	return true;
}

/* NULL when out of memory. */
static const uint8_t *archive_digest(struct archive *archive, enum sb_declared_digest kind)
{
	bool wide = kind == SB_DECLARED_SHA512;

	if (!archive->digest[wide].made)
		archive->digest[wide].made = hash_archive(archive, kind, archive->digest[wide].bytes);
	return archive->digest[wide].made ? archive->digest[wide].bytes : NULL;
}

static const char *digests_trouble(struct archive *archive, struct sb_span list)
{
	struct sb_span entry, value;
	uint32_t algorithm;
	uint64_t seen = 0;

	if (list.n == 0)
		return "it states no digest";
	while (list.n) {
		enum sb_declared_digest kind;
		if (!take(&list, &entry) || !take_number(&entry, &algorithm) || !take(&entry, &value) || entry.n || !digest_of(algorithm, &kind))
			return "a digest that cannot be read or recomputed";
		uint64_t bit = UINT64_C(1) << ((algorithm >> 8 & 3) * 8 + (algorithm & 7));
		if (seen & bit)
			return "a digest that is there twice";
		seen |= bit;
		const uint8_t *digest = archive_digest(archive, kind);
		if (!digest)
			return "no memory";
		if (!sb_span_equal(value, sb_span_of(digest, sb_declared_size(kind))))
			return "the digest that it holds is not that of the archive";
	}
	return NULL;
}

static bool certificates_are_whole(struct sb_span list)
{
	struct sb_span certificate;
	size_t count = 0;

	for (; list.n; count++)
		if (count == MOST_CERTIFICATES || !take(&list, &certificate) || !sb_der_is_whole(certificate) || certificate.p[0] != SB_DER_SEQUENCE)
			return false;
	return count == 1; /* one signer has one certificate; a lineage is another attribute */
}

/* Of attributes only the one that says which other scheme was used as well. */
static bool attributes_are_known(struct sb_span list)
{
	struct sb_span attribute;
	uint32_t id, scheme;
	size_t count = 0;

	for (; list.n; count++)
		if (count > 0 || !take(&list, &attribute) || !take_number(&attribute, &id) || id != STRIPPING_PROTECTION || !take_number(&attribute, &scheme) ||
		    attribute.n || scheme > 3)
			return false;
	return true;
}

static bool signatures_are_plausible(struct sb_span list)
{
	struct sb_span entry, value;
	uint32_t algorithm;
	size_t count = 0;

	for (; list.n; count++) {
		enum sb_declared_digest kind;
		if (count == 4 || !take(&list, &entry) || !take_number(&entry, &algorithm) || !digest_of(algorithm, &kind) || !take(&entry, &value) || entry.n ||
		    value.n < 8 || value.n > 2048)
			return false;
	}
	return count > 0;
}

/** Versions of the system that a signer is for; only v3 states them. */
struct versions {
	uint32_t from, to;
};

static bool take_versions(struct sb_span *from, bool v3, struct versions *out)
{
	*out = (struct versions){0};
	return !v3 || (take_number(from, &out->from) && take_number(from, &out->to));
}

/** What a signer consists of. */
struct signer {
	struct sb_span digests, certificates, attributes, signatures, key;
};

/* signer: signed data (digests, certificates, levels in v3, attributes, which may end in an empty value), levels in v3, signatures, key. */
static const char *read_signer(struct sb_span bytes, bool v3, struct signer *out)
{
	struct versions within, beside;
	struct sb_span data, empty;

	if (!take(&bytes, &data) || !take(&data, &out->digests) || !take(&data, &out->certificates) || !take_versions(&data, v3, &within) || !take(&data, &out->attributes))
		return "signed data that cannot be read";
	if (data.n && (!take(&data, &empty) || empty.n || data.n))
		return "something behind the signed data";
	if (!take_versions(&bytes, v3, &beside) || !take(&bytes, &out->signatures) || !take(&bytes, &out->key) || bytes.n)
		return "a signer that cannot be read, or something behind it";
	return within.from != beside.from || within.to != beside.to ? "a signer for other versions than its signed data says" : NULL;
}

static const char *signer_trouble(struct archive *archive, struct sb_span bytes, bool v3)
{
	struct signer signer;
	const char *why = read_signer(bytes, v3, &signer);

	if (why)
		return why;
	if (!certificates_are_whole(signer.certificates) || !sb_der_is_whole(signer.key))
		return "not one certificate and one key";
	if (!attributes_are_known(signer.attributes))
		return "an attribute that is not known";
	if (!signatures_are_plausible(signer.signatures))
		return "a signature of an unknown algorithm or no plausible length";
	return digests_trouble(archive, signer.digests);
}

static const char *scheme_trouble(struct archive *archive, struct sb_span value, bool v3, unsigned *found)
{
	struct sb_span signers, signer;
	const char *why = NULL;
	unsigned count = 0;

	if (!take(&value, &signers) || value.n || signers.n == 0)
		return "no list of signers that fills it";
	for (; !why && signers.n; count++)
		why = count == SIGNERS ? "more signers than are read" : !take(&signers, &signer) ? "a signer that leaves the list" : signer_trouble(archive, signer, v3);
	*found += count;
	return why;
}

static bool is_scheme(struct sb_span pair, bool *v3)
{
	struct sb_rd rd = sb_rd_of(pair, false);
	sb_rd_seek(&rd, PAIR_HEAD - 4);
	uint64_t id = sb_rd_uint(&rd, 4);

	*v3 = id == 0xf05368c0 || id == 0x1b93ad61;
	return *v3 || id == 0x7109871a;
}

static bool region_is_right(struct sb_signed_side *side, struct archive *archive, const struct sb_region *region)
{
	struct sb_span pair;
	bool v3 = false;

	if (!sb_span_cut(side->pair->bytes[side->side], region->offset, region->length, &pair) || pair.n < PAIR_HEAD)
		return sb_signed_refuse(side, "a pair outside of its block");
	if (strcmp(region->name, "APK verity padding") == 0)
		return sb_span_all_zero(sb_span_of(pair.p + PAIR_HEAD, pair.n - PAIR_HEAD)) || sb_signed_blame(side, sb_span_text(region->name), "fill that is not zero");
	if (sb_view_region_named(side->pair->view[side->side], region->name) != region)
		return sb_signed_blame(side, sb_span_text(region->name), "it is there twice");
	if (!is_scheme(pair, &v3))
		return sb_signed_blame(side, sb_span_text(region->name), "a kind of signature that is not detached");
	const char *why = scheme_trouble(archive, sb_span_of(pair.p + PAIR_HEAD, pair.n - PAIR_HEAD), v3, &side->found);
	return !why || sb_signed_blame(side, sb_span_text(region->name), why);
}

/* The end record says where the directory lies; without the block it lies where the block begins. */
static bool cut_archive(const struct sb_signed_side *side, uint64_t block, uint64_t block_end, struct archive *out)
{
	const struct sb_region *end = sb_view_region_named(side->pair->view[side->side], "end record");
	struct sb_span file = side->pair->bytes[side->side], record;

	if (!end || end->length <= END_DIRECTORY + 4 || end->offset < block_end || block > UINT32_MAX || !sb_span_cut(file, end->offset, file.n - end->offset, &record) ||
	    !(out->end = malloc(record.n)))
		return false;
	memcpy(out->end, record.p, record.n);
	put32(out->end + END_DIRECTORY, block);
	out->section[0] = sb_span_of(file.p, block);
	out->section[1] = sb_span_of(file.p + block_end, end->offset - block_end);
	out->section[2] = sb_span_of(out->end, record.n);
	return true;
}

static bool is_pair(const struct sb_region *region)
{
	return region->kind == SB_REGION_SIGNATURE || strcmp(region->name, "APK verity padding") == 0;
}

bool sb_signed_apk_is_right(struct sb_signed_side *side)
{
	const struct sb_view *view = side->pair->view[side->side];
	const struct sb_region *begin = sb_view_region_named(view, "APK signing block"), *end = sb_view_region_named(view, "APK signing block end");
	struct archive archive = {.reading = side->in->comparison->reading};
	bool fine = true;

	if (!begin || !end)
		return true;
	if (end->offset <= begin->offset || !cut_archive(side, begin->offset, end->offset + end->length, &archive))
		return sb_signed_refuse(side, "an archive whose end record is not behind its signing block");
	for (size_t i = 0; fine && i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		if (region->offset > begin->offset && region->offset < end->offset && is_pair(region))
			fine = region_is_right(side, &archive, region);
	}
	free(archive.end);
	return fine && (side->found || sb_signed_refuse(side, "a signing block without a signature"));
}
