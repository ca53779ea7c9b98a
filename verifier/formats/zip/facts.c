/* SPDX-License-Identifier: Apache-2.0 */
/* What a member is beside its content, and where its two headers differ. */
#include "verifier/formats/zip/zip.h"

#include <string.h>
#include <strings.h>
#include <zlib.h>

enum { HOST_UNIX = 3 };
enum { EXTRA_UNIX_TIME = 0x5455, EXTRA_UNIX_IDS = 0x7875, EXTRA_UNICODE_NAME = 0x7075 };

/* Days from the first day of 1970 to the first of March of @year and @month, counted from March (Fliegel and van
 * Flandern's way). */
static int64_t days(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month < 3 ? year - 1 : year, m = month < 3 ? month + 9 : month - 3;
	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

/* 4.4.6: local time of nobody knows where, in steps of two seconds; taken as UTC. */
static int64_t from_dos(uint64_t dos)
{
	int64_t second = (int64_t)(dos & 31) * 2, minute = (int64_t)(dos >> 5 & 63), hour = (int64_t)(dos >> 11 & 31);
	int64_t day = (int64_t)(dos >> 16 & 31), month = (int64_t)(dos >> 21 & 15),
		year = (int64_t)(dos >> 25 & 127) + 1980;
	return ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
}

static void set_time(const struct sb_zip_header *header, struct sb_member *member)
{
	struct sb_span body;

	member->mtime = from_dos(header->dos_time);
	if (!sb_zip_extra(header->extra, EXTRA_UNIX_TIME, &body))
		return;
	struct sb_rd rd = sb_rd_of(body, false);
	bool has_mtime = sb_rd_uint(&rd, 1) & 1;
	int64_t mtime = (int32_t)sb_rd_uint(&rd, 4);
	if (has_mtime && !rd.bad)
		member->mtime = mtime;
}

/* Info-ZIP "Unix 3rd generation": version 1, sizes and values of uid and gid. */
static void set_owner(const struct sb_zip_header *local, struct sb_member *member)
{
	struct sb_span body;

	if (!sb_zip_extra(local->extra, EXTRA_UNIX_IDS, &body))
		return;
	struct sb_rd rd = sb_rd_of(body, false);
	bool known = sb_rd_uint(&rd, 1) == 1;
	uint64_t uid = sb_rd_uint(&rd, (unsigned)sb_rd_uint(&rd, 1)),
		 gid = sb_rd_uint(&rd, (unsigned)sb_rd_uint(&rd, 1));
	if (known && !rd.bad) {
		member->uid = uid;
		member->gid = gid;
	}
}

static enum sb_member_type type_of(const struct sb_zip_header *header)
{
	unsigned kind = (unsigned)(header->external >> 16) & 0170000;
	bool slash = header->name.n && header->name.p[header->name.n - 1] == '/';

	if (header->host != HOST_UNIX || kind == 0)
		return slash ? SB_MEMBER_DIR : SB_MEMBER_FILE;
	enum sb_member_type type = sb_type_of_mode(kind);
	return type == SB_MEMBER_FILE && slash ? SB_MEMBER_DIR : type;
}

/* The target of a link is its content, stored or deflated. */
static int set_link(struct sb_view *view, struct sb_member *member, struct sb_err *err)
{
	struct sb_span in;
	uLong room = (uLong)member->size;
	z_stream z = {0};

	if (member->size > SB_LIMIT_OF(PATH_BYTES) || !sb_span_cut(view->file, member->offset, member->length, &in))
		return 0; /* left empty: ingest refuses it, and its bytes are compared as they are */
	if (member->codec == SB_CODEC_NONE)
		return sb_keep(view, in, &member->link, err);
	uint8_t *out = sb_arena_alloc(view->arena, room + 1);
	if (!out || inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return sb_no_memory(err);
	union {
		const uint8_t *given;
		Bytef *wanted;
	} next = {.given = in.p};
	z.next_in = next.wanted;
	z.avail_in = in.n < UINT32_MAX ? (uInt)in.n : UINT32_MAX;
	z.next_out = out;
	z.avail_out = (uInt)room;
	if (inflate(&z, Z_FINISH) == Z_STREAM_END)
		member->link = sb_span_of(out, room - z.avail_out);
	inflateEnd(&z);
	return 0;
}

/* JAR File Specification, "Signed JAR File": signature files and blocks lie in META-INF itself, whatever the case of their names. */
static bool is_signature(struct sb_span name)
{
	static const char *const endings[] = {".SF", ".RSA", ".DSA", ".EC"};
	const char *text = (const char *)name.p;

	if (name.n <= 9 || strncasecmp(text, "META-INF/", 9) != 0 || memchr(name.p + 9, '/', name.n - 9))
		return false;
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t n = strlen(endings[i]);
		if (name.n > 9 + n && strncasecmp(text + name.n - n, endings[i], n) == 0)
			return true;
	}
	return false;
}

int sb_zip_facts(struct sb_view *view, const struct sb_zip_header *header, struct sb_member *member, struct sb_err *err)
{
	member->type = type_of(header);
	member->signature = is_signature(header->name);
	member->has_mode = header->host == HOST_UNIX && header->external >> 16 != 0;
	member->mode = member->has_mode ? (uint32_t)(header->external >> 16) & 07777 : 0;
	set_time(header, member);
	set_owner(header, member);
	if (header->flags & (SB_ZIP_FLAG_ENCRYPTED | SB_ZIP_FLAG_STRONG | SB_ZIP_FLAG_MASKED)) {
		member->refusal = "encrypted";
		member->refusal_id = "archive-encrypted";
	} else if (header->method != SB_ZIP_STORED && header->method != SB_ZIP_DEFLATED) {
		member->refusal = "compressed by a method other than deflate";
		member->refusal_id = "archive-unsupported";
	}
	return member->type == SB_MEMBER_SYMLINK && !member->refusal ? set_link(view, member, err) : 0;
}

/* 4.6.9: a second name in UTF-8, which some readers prefer. */
static bool has_other_name(const struct sb_zip_header *header)
{
	struct sb_span body, name;
	return sb_zip_extra(header->extra, EXTRA_UNICODE_NAME, &body) && body.n >= 5 &&
	       sb_span_cut(body, 5, body.n - 5, &name) && !sb_span_equal(name, header->name);
}

/* With a descriptor behind the data the local header may leave a size or the checksum zero. */
static bool says(uint64_t local, uint64_t central, bool later)
{
	return local == central || (later && local == 0);
}

static bool values_agree(const struct sb_zip_header *central, const struct sb_zip_header *local)
{
	bool later = local->flags & SB_ZIP_FLAG_DESCRIPTOR;
	const unsigned telling = SB_ZIP_FLAG_ENCRYPTED | SB_ZIP_FLAG_STRONG | SB_ZIP_FLAG_UTF8 | SB_ZIP_FLAG_MASKED;
	if (local->method != central->method || ((local->flags ^ central->flags) & telling))
		return false;
	return says(local->crc, central->crc, later) && says(local->packed, central->packed, later) &&
	       says(local->size, central->size, later);
}

int sb_zip_check_names(struct sb_view *view, const struct sb_zip_header *central, const struct sb_zip_header *local,
		       uint32_t ordinal, struct sb_err *err)
{
	struct sb_notice notice = {.offset = local->at, .member = ordinal, .refuse_drop = true};
	int rc = 0;

	if (!sb_span_equal(central->name, local->name) || has_other_name(central) || has_other_name(local)) {
		char *shown = sb_escape_copy(view->arena, local->name);
		notice.id = "archive-names-disagree";
		rc = shown ? sb_emit_remark(view, notice, err, "the member's own header calls it %s", shown)
			   : sb_no_memory(err);
	}
	if (!rc && !values_agree(central, local)) {
		notice.id = "archive-readers-disagree";
		rc = sb_emit_remark(
			view, notice, err,
			"the member's own header and the directory differ in method, flags, sizes or checksum");
	}
	unsigned kind = (unsigned)(central->external >> 16) & 0170000;
	if (!rc && central->host != HOST_UNIX && kind != 0 && kind != 0100000 && kind != 0040000) {
		notice.id = "archive-readers-disagree";
		rc = sb_emit_remark(view, notice, err,
				    "a link or device, written by a system on which only some readers look for them");
	}
	if (!rc && memchr(central->name.p, '\\', central->name.n)) {
		notice.id = "archive-backslash";
		rc = sb_emit_remark(view, notice, err, "the name holds a backslash");
	}
	if (!rc && memchr(central->name.p, 0, central->name.n)) {
		notice.id = "archive-nul-name";
		rc = sb_emit_remark(view, notice, err, "the name holds a NUL byte, at which some readers cut it");
	}
	return rc;
}
