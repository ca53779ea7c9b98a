/* SPDX-License-Identifier: Apache-2.0 */
/* Extended records: what they override, and what makes two readers see different things. */
#include "verifier/formats/tar/tar.h"

#include <stdlib.h>
#include <string.h>

bool sb_tar_record(struct sb_rd *rd, struct sb_tar_record *out)
{
	struct sb_rd in = *rd;
	struct sb_tar_record record = {.at = rd->at};
	uint64_t length;

	if (rd->bad || rd->at >= rd->in.n)
		return false;
	rd->bad = true;
	while (in.at < in.in.n && in.at - record.at < 8 && in.in.p[in.at] >= '0' && in.in.p[in.at] <= '9')
		in.at++;
	record.digits = sb_span_of(rd->in.p + record.at, in.at - record.at);
	if (!sb_text_uint(record.digits, &length) || record.digits.p[0] == '0' || length > rd->in.n - record.at ||
	    length < record.digits.n + 4 || in.in.p[in.at] != ' ')
		return false;
	record.length = (size_t)length;
	in.at++;
	struct sb_span rest = sb_span_of(in.in.p + in.at, record.at + record.length - in.at);
	const uint8_t *equals = memchr(rest.p, '=', rest.n);
	if (!equals || equals == rest.p || rest.p[rest.n - 1] != '\n')
		return false;
	record.key = sb_span_of(rest.p, (size_t)(equals - rest.p));
	record.value = sb_span_of(equals + 1, rest.n - record.key.n - 2);
	rd->bad = false;
	rd->at = record.at + record.length;
	*out = record;
	return true;
}

static bool is(struct sb_span key, const char *name)
{
	return sb_span_equal(key, sb_span_text(name));
}

static bool begins(struct sb_span key, const char *name)
{
	return sb_span_starts(key, name, strlen(name));
}

/* Seconds with an optional sign and fraction; digits beyond nanoseconds are dropped, before the epoch towards the past.
 */
static bool read_time(struct sb_span text, int64_t *seconds, uint32_t *ns)
{
	bool negative = text.n && text.p[0] == '-';
	const uint8_t *dot = memchr(text.p, '.', text.n);
	size_t from = negative ? 1 : 0, whole = dot ? (size_t)(dot - text.p) : text.n;
	uint64_t value;
	uint32_t part = 0, unit = 100000000;

	if (whole < from || !sb_text_uint(sb_span_of(text.p + from, whole - from), &value) || value > INT64_MAX / 2)
		return false;
	for (size_t i = whole + 1; i < text.n; i++, unit /= 10) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		part += unit * (uint32_t)(text.p[i] - '0');
	}
	*seconds = negative ? -(int64_t)value - (part != 0) : (int64_t)value;
	*ns = negative && part ? 1000000000 - part : part;
	return true;
}

/* An empty value takes an override away (POSIX "pax Extended Header"). */
static void apply(const struct sb_tar_record *record, struct sb_tar_overrides *out)
{
	bool set = record->value.n != 0;

	if (is(record->key, "path")) {
		out->path = record->value;
		out->has_path = set;
	} else if (is(record->key, "linkpath")) {
		out->link = record->value;
		out->has_link = set;
	} else if (is(record->key, "size"))
		out->has_size = set && sb_text_uint(record->value, &out->size);
	else if (is(record->key, "uid"))
		out->has_uid = set && sb_text_uint(record->value, &out->uid);
	else if (is(record->key, "gid"))
		out->has_gid = set && sb_text_uint(record->value, &out->gid);
	else if (is(record->key, "mtime"))
		out->has_mtime = set && read_time(record->value, &out->mtime, &out->mtime_ns);
	else if (begins(record->key, "GNU.sparse."))
		out->sparse = true;
}

static bool number_unread(const struct sb_tar_record *record, const struct sb_tar_overrides *out)
{
	return record->value.n != 0 &&
	       ((is(record->key, "size") && !out->has_size) || (is(record->key, "uid") && !out->has_uid) ||
		(is(record->key, "gid") && !out->has_gid) || (is(record->key, "mtime") && !out->has_mtime));
}

/* Extended attributes are binary; any other value with a NUL is cut there by some readers and not by others. */
static bool hides_nul(const struct sb_tar_record *record)
{
	if (memchr(record->key.p, 0, record->key.n))
		return true;
	return memchr(record->value.p, 0, record->value.n) && !begins(record->key, "SCHILY.xattr.") &&
	       !begins(record->key, "RHT.");
}

static int remark_record(struct sb_view *view, const struct sb_tar_record *record, uint64_t offset, bool global,
			 struct sb_err *err)
{
	struct sb_notice notice = {.offset = offset + record->at,
				   .member = global ? 0 : (uint32_t)view->members.count + 1,
				   .refuse_drop = true};
	int rc = 0;

	if (hides_nul(record)) {
		notice.id = "archive-nul-name";
		rc = sb_emit_remark(view, notice, err,
				    "an extended record holds a NUL byte, at which some readers cut it");
	}
	if (!rc && global && (is(record->key, "path") || is(record->key, "linkpath") || is(record->key, "size"))) {
		notice.id = "archive-readers-disagree";
		rc = sb_emit_remark(
			view, notice, err,
			"a global record renames or resizes all later entries, which not every reader honours");
	}
	return rc;
}

static int by_key(const void *a, const void *b)
{
	return sb_span_compare(*(const struct sb_span *)a, *(const struct sb_span *)b);
}

static int remark_repeats(struct sb_view *view, struct sb_vec *keys, uint64_t offset, struct sb_err *err)
{
	if (keys->count < 2)
		return 0;
	qsort(keys->items, keys->count, keys->size, by_key);
	for (size_t i = 1; i < keys->count; i++) {
		const struct sb_span *a = sb_vec_at(keys, i - 1), *b = sb_vec_at(keys, i);
		if (!sb_span_equal(*a, *b))
			continue;
		struct sb_notice notice = {.id = "archive-duplicate-record",
					   .offset = offset,
					   .refuse_drop = true,
					   .member = (uint32_t)view->members.count + 1};
		char *shown = sb_escape_copy(view->arena, *a);
		return shown ? sb_emit_remark(view, notice, err, "the extended record %s stands there twice", shown)
			     : sb_no_memory(err);
	}
	return 0;
}

int sb_tar_pax(struct sb_view *view, struct sb_span payload, uint64_t offset, bool global, struct sb_tar_overrides *out,
	       struct sb_err *err)
{
	SB_VEC struct sb_vec keys = {.size = sizeof(struct sb_span)};
	struct sb_rd rd = sb_rd_of(payload, false);
	struct sb_tar_record record;
	int rc = 0;

	while (!rc && sb_tar_record(&rd, &record)) {
		struct sb_span *key = sb_vec_push(&keys);
		if (!key)
			return sb_no_memory(err);
		*key = record.key;
		apply(&record, out);
		if (number_unread(&record, out))
			return sb_damaged(err, "archive-damaged", offset + record.at,
					  "an extended record with a number that cannot be read");
		rc = remark_record(view, &record, offset, global, err);
	}
	if (!rc && rd.bad)
		return sb_damaged(err, "archive-damaged", offset + rd.at,
				  "an extended header that is no list of records");
	return rc ? rc : remark_repeats(view, &keys, offset, err);
}
