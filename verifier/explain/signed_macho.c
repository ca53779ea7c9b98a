/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code signatures of Mach-O: directories with a digest of each page of what stands before them, and a CMS message over the first. Source: xnu,
 * osfmk/kern/cs_blobs.h, bsd/kern/ubc_subr.c. Commands that say where the signature lies, and how long the last segment is because of it, follow from it.
 */
#include "verifier/explain/signed.h"

#include <string.h>

enum { HEAD = 8, FIXED = 44, LARGEST_PAGE = 16, MOST_NAME = 256, MOST_FILL = 16, SLOT_REQUIREMENTS = 2, SLOT_ENTITLEMENTS = 5, SLOT_DER = 7, MAIN_BINARY = 1, CODE_SIGNATURE = 0x1d };
/* Of a directory: offsets of fields, and the version that brought the last of them. */
enum { VERSION = 8, FLAGS = 12, PLATFORM = 38, RUNTIME = 88, WITH_RUNTIME = 0x20500 };

/** One side, and the directory at hand. */
struct directory {
	struct sb_signed_side *side;
	struct sb_view *view;
	const struct sb_region *region;
	struct sb_span bytes;
	uint64_t version, hashes, identifier, special, pages, limit, size, page;
	enum sb_declared_digest kind;
};

static uint64_t number(struct sb_span bytes, uint64_t at, unsigned width, bool be)
{
	struct sb_rd rd = sb_rd_of(bytes, be);

	sb_rd_seek(&rd, at);
	return sb_rd_uint(&rd, width);
}

static uint64_t field(struct sb_view *view, const struct sb_region *region, const char *name)
{
	struct sb_span bytes = sb_region_field(view, region, name);
	return bytes.n ? number(bytes, 0, (unsigned)bytes.n, false) : UINT64_MAX;
}

static const struct sb_region *command_named(const struct sb_view *view, const char *name)
{
	return sb_view_region_of(view, SB_REGION_HEADER, name);
}

/* The segment that ends with the signature; NULL when none is called so, or another one is too. */
static const struct sb_region *lowest_segment(const struct sb_view *view)
{
	const struct sb_region *found = NULL;

	for (size_t i = 0; i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		if (region->kind != SB_REGION_HEADER || strcmp(region->name, "LC_SEGMENT_64 __LINKEDIT") != 0)
			continue;
		if (found)
			return NULL;
		found = region;
	}
	return found;
}

static bool is_called(const struct sb_region *region, enum sb_region_kind kind, const char *name)
{
	return region && region->kind == kind && strcmp(region->name, name) == 0;
}

/* What follows from a signature: the command, how many there are, room for it, and the size of the segment that holds it. */
static bool is_part(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side)
{
	const struct sb_region *region = diff->side[side].region;
	bool in_field = diff->kind == SB_DIFF_FIELD && diff->name;

	if (is_called(region, SB_REGION_HEADER, "LC_CODE_SIGNATURE") || is_called(region, SB_REGION_PADDING, "room for load commands") ||
	    is_called(region, SB_REGION_PADDING, "signature padding"))
		return true;
	if (is_called(region, SB_REGION_HEADER, "header"))
		return in_field && (strcmp(diff->name, "ncmds") == 0 || strcmp(diff->name, "sizeofcmds") == 0);
	return region && in_field && (strcmp(diff->name, "filesize") == 0 || strcmp(diff->name, "vmsize") == 0) && region == lowest_segment(pair->view[side]);
}

/* ---- directories ---- */

static uint64_t fixed_size(uint64_t version)
{
	return version >= WITH_RUNTIME ? 96 : version >= 0x20400 ? 88 : version >= 0x20300 ? 64 : version >= 0x20200 ? 52 : version >= 0x20100 ? 48 : FIXED;
}

static bool read_directory(struct directory *directory)
{
	static const struct {
		enum sb_declared_digest kind;
		unsigned size;
	} kinds[] = {{0, 0}, {SB_DECLARED_SHA1, 20}, {SB_DECLARED_SHA256, 32}, {SB_DECLARED_SHA256, 20}, {SB_DECLARED_SHA384, 48}};
	struct sb_span bytes = directory->bytes;
	uint64_t type = number(bytes, 37, 1, true);

	if (bytes.n < FIXED || type == 0 || type >= sizeof kinds / sizeof *kinds)
		return false;
	directory->version = number(bytes, VERSION, 4, true);
	directory->hashes = number(bytes, 16, 4, true);
	directory->identifier = number(bytes, 20, 4, true);
	directory->special = number(bytes, 24, 4, true);
	directory->pages = number(bytes, 28, 4, true);
	directory->limit = number(bytes, 32, 4, true);
	directory->size = number(bytes, 36, 1, true);
	directory->kind = kinds[type].kind;
	uint64_t log = number(bytes, 39, 1, true);
	directory->page = UINT64_C(1) << (log <= LARGEST_PAGE ? log : 0);
	return log >= 12 && log <= LARGEST_PAGE && directory->size == kinds[type].size && directory->special <= 16 && directory->pages <= bytes.n && number(bytes, 40, 4, true) == 0;
}

static bool is_version(uint64_t version)
{
	static const uint32_t known[] = {0x20001, 0x20100, 0x20200, 0x20300, 0x20400, 0x20500};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (version == known[i])
			return true;
	return false;
}

/* Flags that a signer may set; a kernel sets the others by itself. Then fields that later versions brought: nothing scattered, nothing encrypted, no rights but that of a program. */
static bool is_plain(const struct directory *directory)
{
	enum { SIGNER_FLAGS = 0x33f03 };
	struct sb_span bytes = directory->bytes;
	uint64_t version = directory->version, text = field(directory->view, command_named(directory->view, "LC_SEGMENT_64 __TEXT"), "filesize");

	if (!is_version(version) || bytes.n < fixed_size(version) || number(bytes, FLAGS, 4, true) & ~(uint64_t)SIGNER_FLAGS || (version >= 0x20100 && number(bytes, 44, 4, true)))
		return false;
	if (version >= 0x20300 && (number(bytes, 52, 4, true) || number(bytes, 56, 8, true)))
		return false;
	if (version >= 0x20400 && (number(bytes, 64, 8, true) || number(bytes, 72, 8, true) != text || number(bytes, 80, 8, true) & ~(uint64_t)MAIN_BINARY))
		return false;
	return version < WITH_RUNTIME || number(bytes, 92, 4, true) == 0;
}

/* Names follow the fixed part, then a few zeros, then the digests, which end it. */
static bool is_dense(const struct directory *directory)
{
	struct sb_span bytes = directory->bytes;
	uint64_t at = fixed_size(directory->version), team = directory->version >= 0x20200 ? number(bytes, 48, 4, true) : 0;
	uint64_t first = directory->hashes - directory->special * directory->size;

	if (directory->identifier != at || directory->hashes > bytes.n || first > directory->hashes || bytes.n - directory->hashes != directory->pages * directory->size)
		return false;
	for (unsigned i = 0; i < (team ? 2U : 1U); i++) {
		const uint8_t *end = at < first ? memchr(bytes.p + at, 0, (size_t)(first - at)) : NULL;
		if (!end || (uint64_t)(end - bytes.p) - at > MOST_NAME || (i && at != team))
			return false;
		at = (uint64_t)(end - bytes.p) + 1;
	}
	return first >= at && first - at < MOST_FILL && sb_span_all_zero(sb_span_of(bytes.p + at, (size_t)(first - at)));
}

static bool states(const struct directory *directory, uint64_t at, struct sb_span over)
{
	uint8_t digest[SB_DECLARED_LARGEST];

	sb_declared_hash(directory->side->in->comparison->reading, directory->kind, over, digest);
	return memcmp(directory->bytes.p + at, digest, (size_t)directory->size) == 0;
}

static bool pages_are_right(const struct directory *directory)
{
	struct sb_span file = directory->view->file;
	const struct sb_region *signature = sb_view_region_of(directory->view, SB_REGION_SIGNATURE, "code signature");

	if (!signature || directory->limit != signature->offset || directory->pages != (directory->limit + directory->page - 1) / directory->page)
		return false;
	for (uint64_t i = 0; i < directory->pages; i++) {
		uint64_t from = i * directory->page, n = directory->limit - from < directory->page ? directory->limit - from : directory->page;
		if (!states(directory, directory->hashes + i * directory->size, sb_span_of(file.p + from, (size_t)n)))
			return false;
	}
	return true;
}

/** What a special digest is of: cs_blobs.h, "Special hash slots". */
struct slot {
	const char *region; /* of the image, that it is computed from; NULL: something beside the image */
	const char *what;
};

static const struct slot slots[] = {
	[1] = {"__TEXT,__info_plist", "Info.plist"},
	[SLOT_REQUIREMENTS] = {"requirements", "requirements"},
	[3] = {NULL, "the resources of its bundle (CodeResources)"},
	[4] = {NULL, "something that only its application knows"},
	[SLOT_ENTITLEMENTS] = {"entitlements", "entitlements"},
	[6] = {NULL, "the format of its disk image"},
	[SLOT_DER] = {"entitlements in DER", "entitlements in DER"},
};

static bool special_is_right(const struct directory *directory, uint64_t which)
{
	const struct slot *slot = which < sizeof slots / sizeof *slots ? &slots[which] : &slots[0];
	const struct sb_region *region = slot->region ? sb_view_region_named(directory->view, slot->region) : NULL;
	uint64_t at = directory->hashes - which * directory->size;
	const char *what = slot->what ? slot->what : "something unknown";
	struct sb_span blob;

	if (region && sb_span_cut(directory->view->file, region->offset, region->length, &blob))
		return states(directory, at, blob) || sb_signed_refuse(directory->side, sb_explain_note(directory->side->in, "code directory: the digest of %s is not that of what the file holds", what));
	return sb_span_all_zero(sb_span_of(directory->bytes.p + at, (size_t)directory->size)) ||
	       sb_signed_refuse(directory->side, sb_explain_note(directory->side->in, "code directory: a digest of %s, which is not in the file", what));
}

/* Of other parts of the signature, and of a property list in the image; of anything else there is none. */
static bool special_are_right(const struct directory *directory)
{
	for (uint64_t i = 1; i <= directory->special; i++)
		if (!special_is_right(directory, i))
			return false;
	return true;
}

static bool directory_is_right(struct directory *directory)
{
	if (!read_directory(directory) || !is_plain(directory) || !is_dense(directory))
		return sb_signed_refuse(directory->side, "code directory: something that no signer writes there");
	if (!special_are_right(directory))
		return false;
	return pages_are_right(directory) || sb_signed_refuse(directory->side, "code directory: the digests that it holds are not those of the image");
}

/* Ad hoc signatures have no message, or an empty one. */
static bool message_is_right(struct sb_signed_side *side, struct sb_view *view, struct sb_span blob)
{
	const struct sb_region *region = sb_view_region_of(view, SB_REGION_SIGNATURE, "code directory");
	struct sb_span directory, message = sb_span_of(blob.p + HEAD, blob.n - HEAD);
	struct sb_cms cms;

	if (message.n == 0)
		return true;
	if (!region || !sb_span_cut(view->file, region->offset, region->length, &directory))
		return sb_signed_refuse(side, "a message over no code directory");
	if (!sb_cms_read(message, &cms, &side->why))
		return false;
	return (!cms.content.p && sb_cms_states(side->in->comparison->reading, &cms, &directory, 1)) ||
	       sb_signed_refuse(side, "the digest that the message holds is not that of the code directory");
}

/* The last segment ends the file, and is mapped in whole pages, or as long as it is. */
static bool ends_are_right(struct sb_view *view)
{
	const struct sb_region *last = lowest_segment(view);
	uint64_t offset = field(view, last, "fileoff"), size = field(view, last, "filesize"), mapped = field(view, last, "vmsize");
	bool whole = mapped == size || mapped == (size + 0xfff) / 0x1000 * 0x1000 || mapped == (size + 0x3fff) / 0x4000 * 0x4000;
	const struct sb_region *signature = sb_view_region_of(view, SB_REGION_SIGNATURE, "code signature");

	if (offset > view->file.n || size != view->file.n - offset || !whole)
		return false;
	const struct sb_region *command = command_named(view, "LC_CODE_SIGNATURE");
	if (!signature)
		return !command;
	if (!command || number(view->file, command->offset, 4, false) != CODE_SIGNATURE) /* without the bit that asks a loader to know it */
		return false;
	return offset <= signature->offset && field(view, command, "dataoff") == signature->offset && field(view, command, "datasize") == view->file.n - signature->offset;
}

/* A loader takes the directory of the best digest; what protects a program is told of the first. */
static bool says_the_same(const struct directory *directory)
{
	const struct sb_region *region = sb_view_region_of(directory->view, SB_REGION_SIGNATURE, "code directory");
	struct sb_span first;

	if (!region || !sb_span_cut(directory->view->file, region->offset, region->length, &first) || number(first, VERSION, 4, true) != directory->version)
		return false;
	bool newest = directory->version >= WITH_RUNTIME;
	return number(first, FLAGS, 4, true) == number(directory->bytes, FLAGS, 4, true) && number(first, PLATFORM, 1, true) == number(directory->bytes, PLATFORM, 1, true) &&
	       (!newest || number(first, RUNTIME, 4, true) == number(directory->bytes, RUNTIME, 4, true));
}

static bool is_right(struct sb_signed_side *side)
{
	struct sb_view *view = side->pair->view[side->side];

	if (!ends_are_right(view))
		return sb_signed_refuse(side, "code signature: not where the commands say");
	for (size_t i = 0; i < view->regions.count; i++) {
		struct directory directory = {.side = side, .view = view, .region = sb_view_region(view, i)};
		if (directory.region->kind != SB_REGION_SIGNATURE || !sb_span_cut(view->file, directory.region->offset, directory.region->length, &directory.bytes))
			continue;
		bool code = strstr(directory.region->name, "code directory");
		if (code && !directory_is_right(&directory))
			return false;
		if (code && !says_the_same(&directory))
			return sb_signed_refuse(side, "code directory: a further one that says other things than the first");
		if (is_called(directory.region, SB_REGION_SIGNATURE, "signature message") && !message_is_right(side, view, directory.bytes))
			return false;
		side->found += is_called(directory.region, SB_REGION_SIGNATURE, "code directory");
	}
	return true;
}

const struct sb_signed_format sb_signed_macho = {.format = "macho", .is_part = is_part, .is_right = is_right};
