/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Extra fields: APPNOTE 4.5.1 (a list of identity, size and body), 4.5.3 (zip64), 4.5.5 (NTFS times); Info-ZIP's extrafld.txt for 0x5455
 * (times), 0x5855 (old Unix), 0x7855 and 0x7875 (owners). Others are content.
 */
#include "verifier/formats/zip/zip.h"

enum { ZIP64 = 0x0001, NTFS = 0x000a, UNIX_TIME = 0x5455, OLD_UNIX = 0x5855, SHORT_IDS = 0x7855, UNIX_IDS = 0x7875 };

/** One extra field, as it is walked. */
struct extra {
	struct sb_view *view;
	const struct sb_zip_header *header;
	uint64_t at; /* of the body in the file */
	struct sb_span body;
	uint64_t done; /* bytes of the body that have fields */
};

static int put(struct extra *extra, struct sb_field field, struct sb_err *err)
{
	if (field.length > extra->body.n - extra->done)
		return 0;
	field.offset = extra->at + extra->done;
	extra->done += field.length;
	return sb_emit_field(extra->view, &field, err);
}

static int put_time(struct extra *extra, unsigned width, const char *name, struct sb_err *err)
{
	return put(extra, (struct sb_field){.length = width, .kind = SB_FIELD_TIME, .encoding = SB_ENC_LE, .name = name}, err);
}

static int put_number(struct extra *extra, unsigned width, enum sb_field_kind kind, const char *name, struct sb_err *err)
{
	return put(extra, (struct sb_field){.length = width, .kind = kind, .encoding = SB_ENC_LE, .name = name}, err);
}

/* 4.5.3: only what is saturated in the header stands there, in this order. */
static int describe_zip64(struct extra *extra, uint32_t member, struct sb_err *err)
{
	struct sb_span head;
	bool central = sb_magic(extra->view->file, extra->header->at, "PK\x01\x02", 4) != 0;
	uint64_t at = extra->header->at + (central ? 20 : 18);
	int rc = 0;

	if (!sb_span_cut(extra->view->file, at, 8, &head))
		return 0;
	struct sb_rd rd = sb_rd_of(head, false);
	bool packed = sb_rd_uint(&rd, 4) == UINT32_MAX, size = sb_rd_uint(&rd, 4) == UINT32_MAX;
	const struct sb_field whole = {.length = 8, .kind = SB_FIELD_DERIVED, .encoding = SB_ENC_LE, .name = "size",
	                               .derived = {.algorithm = SB_DERIVE_LENGTH, .decoded = member}};
	if (size)
		rc = put(extra, whole, err);
	if (!rc && packed)
		rc = put_number(extra, 8, SB_FIELD_SIZE, "packed size", err);
	return rc || !central ? rc : put_number(extra, 8, SB_FIELD_OFFSET, "local header", err);
}

static int describe_unix_time(struct extra *extra, struct sb_err *err)
{
	int rc = put_number(extra, 1, SB_FIELD_FLAGS, "which times", err);
	while (!rc && extra->body.n - extra->done >= 4)
		rc = put_time(extra, 4, "unix time", err);
	return rc;
}

static int describe_old_unix(struct extra *extra, struct sb_err *err)
{
	int rc = put_time(extra, 4, "unix access time", err);
	if (!rc)
		rc = put_time(extra, 4, "unix time", err);
	if (!rc)
		rc = put_number(extra, 2, SB_FIELD_OWNER, "uid", err);
	return rc ? rc : put_number(extra, 2, SB_FIELD_OWNER, "gid", err);
}

/* Version, then size and value of each id. */
static int describe_ids(struct extra *extra, struct sb_err *err)
{
	static const char *const names[] = {"uid", "gid"};
	int rc = put_number(extra, 1, SB_FIELD_VALUE, "owners version", err);

	for (size_t i = 0; !rc && i < 2 && extra->done < extra->body.n; i++) {
		unsigned width = extra->body.p[extra->done];
		rc = put_number(extra, 1, SB_FIELD_VALUE, "id size", err);
		if (!rc && width >= 1 && width <= 8)
			rc = put_number(extra, width, SB_FIELD_OWNER, names[i], err);
		else if (width != 0)
			break;
	}
	return rc;
}

/* Between 1980 and 2108, as in the DOS time beside it: nothing else is a time of a file. */
static bool is_ntfs_time(const struct extra *extra)
{
	struct sb_rd rd = sb_rd_of(extra->body, false);
	sb_rd_seek(&rd, extra->done);
	uint64_t value = sb_rd_uint(&rd, 8);
	return !rd.bad && value >= UINT64_C(119600064000000000) && value < UINT64_C(159992928000000000);
}

/* Reserved, then one attribute of 24 bytes: three times in steps of 100 ns since 1601. */
static int describe_ntfs(struct extra *extra, struct sb_err *err)
{
	static const char *const names[] = {"NTFS time", "NTFS access time", "NTFS creation time"};
	int rc = put_number(extra, 8, SB_FIELD_VALUE, "NTFS attribute", err);

	for (size_t i = 0; !rc && i < 3; i++)
		rc = is_ntfs_time(extra) ? put_time(extra, 8, names[i], err) : put_number(extra, 8, SB_FIELD_VALUE, names[i], err);
	return rc;
}

static int describe_one(struct extra *extra, uint64_t id, uint32_t member, struct sb_err *err)
{
	switch (id) {
	case ZIP64:
		return describe_zip64(extra, member, err);
	case NTFS:
		return describe_ntfs(extra, err);
	case UNIX_TIME:
		return describe_unix_time(extra, err);
	case OLD_UNIX:
		return describe_old_unix(extra, err);
	case SHORT_IDS: {
		int rc = put_number(extra, 2, SB_FIELD_OWNER, "uid", err);
		return rc ? rc : put_number(extra, 2, SB_FIELD_OWNER, "gid", err);
	}
	case UNIX_IDS:
		return describe_ids(extra, err);
	default:
		return 0;
	}
}

int sb_zip_describe_extra(struct sb_view *view, uint64_t at, const struct sb_zip_header *header, uint32_t member, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(header->extra, false);
	int rc = 0;

	while (!rc && rd.at < header->extra.n) {
		uint64_t from = at + rd.at, id = sb_rd_uint(&rd, 2), length = sb_rd_uint(&rd, 2);
		struct extra extra = {.view = view, .header = header, .at = from + 4, .body = sb_rd_bytes(&rd, (size_t)length)};
		struct sb_field identity = {.offset = from, .length = 2, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_LE, .name = "extra id"};
		struct sb_field size = {.offset = from + 2, .length = 2, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_LE, .name = "extra size"};
		if (rd.bad)
			break; /* no list: the rest has no fields */
		rc = sb_emit_field(view, &identity, err);
		if (!rc)
			rc = sb_emit_field(view, &size, err);
		if (!rc)
			rc = describe_one(&extra, id, member, err);
	}
	return rc;
}
