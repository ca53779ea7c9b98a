/* SPDX-License-Identifier: Apache-2.0 */
/* ar, as ar(5) of the BSDs and GNU binutils write it, and the Debian package, which is one. */
#include "verifier/formats/emit.h"
#include "verifier/formats/rows.h"

#include <string.h>

enum { MAGIC = 8, HEADER = 60 };
enum tag { TAG_HEADER = 1, TAG_NAME, TAG_SYMBOLS, TAG_SYMBOLS64, TAG_BSD_SYMBOLS };

static const char magic[] = "!<arch>\n", thin_magic[] = "!<thin>\n";

/** One header, read. */
struct header {
	struct sb_span name; /* as it stands there, trailing blanks gone */
	uint64_t date, uid, gid, mode, size;
	uint64_t long_name; /* BSD "#1/N": bytes of the name in front of the content */
};

struct walk {
	struct sb_view *view;
	uint64_t at;
	bool thin;
	struct sb_span names; /* GNU table of long names */
};

/* A number padded with blanks; all blanks are 0, as symbol tables have it. */
static bool number(struct sb_span field, unsigned base, uint64_t *out)
{
	uint64_t value = 0;
	size_t n = field.n;

	while (n && field.p[n - 1] == ' ')
		n--;
	for (size_t i = 0; i < n; i++) {
		unsigned digit = (unsigned)field.p[i] - '0';
		if (digit >= base)
			return false;
		value = value * base + digit;
	}
	*out = value;
	return true;
}

static struct sb_span trim(struct sb_span text)
{
	while (text.n && text.p[text.n - 1] == ' ')
		text.n--;
	return text;
}

static bool read_header(struct sb_span at, struct header *out)
{
	*out = (struct header){.name = trim(sb_span_of(at.p, 16))};
	bool fine =
		number(sb_span_of(at.p + 16, 12), 10, &out->date) && number(sb_span_of(at.p + 28, 6), 10, &out->uid) &&
		number(sb_span_of(at.p + 34, 6), 10, &out->gid) && number(sb_span_of(at.p + 40, 8), 8, &out->mode) &&
		number(sb_span_of(at.p + 48, 10), 10, &out->size);
	if (fine && sb_span_starts(out->name, "#1/", 3))
		fine = number(sb_span_of(out->name.p + 3, out->name.n - 3), 10, &out->long_name) &&
		       out->long_name <= out->size;
	return fine;
}

static bool is(struct sb_span name, const char *text)
{
	return sb_span_equal(name, sb_span_text(text));
}

/** What a header is of when it is of no file. NULL: a file. */
static const char *table_name(struct sb_span name)
{
	if (is(name, "/") || is(name, "/SYM64/") || is(name, "__.SYMDEF") || is(name, "__.SYMDEF SORTED"))
		return "symbols"; /* the last two behind "#1/N" as well */
	return is(name, "//") ? "names" : NULL;
}

/* GNU: "/N" is an offset into the table, where a name ends with a slash and a newline. */
static bool look_up(struct sb_span names, struct sb_span digits, struct sb_span *out)
{
	uint64_t at;
	struct sb_span rest;

	if (!sb_text_uint(digits, &at) || at >= names.n || !sb_span_cut(names, at, names.n - at, &rest))
		return false;
	const uint8_t *end = memchr(rest.p, '\n', rest.n);
	if (!end)
		return false;
	rest.n = (size_t)(end - rest.p);
	if (rest.n && rest.p[rest.n - 1] == '/')
		rest.n--;
	*out = rest;
	return true;
}

static bool name_of(const struct walk *walk, const struct header *header, struct sb_span *out)
{
	struct sb_span name = header->name;

	if (header->long_name) {
		if (!sb_span_cut(walk->view->file, walk->at + HEADER, header->long_name, out))
			return false;
		while (out->n && out->p[out->n - 1] == '\0')
			out->n--;
		return true;
	}
	if (name.n > 1 && name.p[0] == '/' && name.p[1] >= '0' && name.p[1] <= '9')
		return look_up(walk->names, sb_span_of(name.p + 1, name.n - 1), out);
	if (name.n > 1 && name.p[name.n - 1] == '/')
		name.n--;
	*out = name;
	return true;
}

static int take_padding(struct walk *walk, uint32_t member, struct sb_err *err)
{
	struct sb_region padding = {.offset = walk->at,
				    .length = walk->at % 2,
				    .kind = SB_REGION_PADDING,
				    .member = member,
				    .name = "padding"};
	int rc = 0;

	if (padding.length == 0 || walk->at == walk->view->file.n)
		return 0;
	if (walk->view->file.p[walk->at] != '\n')
		rc = sb_emit_remark(walk->view, (struct sb_notice){.offset = walk->at, .member = member}, err,
				    "the padding of a member is no newline");
	walk->at++;
	return rc ? rc : sb_emit_region(walk->view, &padding, err);
}

static int take_table(struct walk *walk, const struct header *header, const char *name, struct sb_err *err)
{
	bool wide = is(header->name, "/SYM64/"), gnu = wide || is(header->name, "/"), names = is(header->name, "//");
	struct sb_region own_name = {.offset = walk->at + HEADER,
				     .length = header->long_name,
				     .kind = SB_REGION_HEADER,
				     .tag = TAG_NAME,
				     .name = "symbols name"};
	struct sb_region head = {.offset = walk->at,
				 .length = HEADER,
				 .kind = SB_REGION_HEADER,
				 .tag = TAG_HEADER,
				 .name = names ? "names header" : "symbols header"};
	struct sb_region body = {.offset = walk->at + HEADER + header->long_name,
				 .length = header->size - header->long_name,
				 .kind = SB_REGION_TABLE,
				 .name = name,
				 .tag = wide    ? TAG_SYMBOLS64
					: gnu   ? TAG_SYMBOLS
					: names ? 0
						: TAG_BSD_SYMBOLS};
	struct sb_span bytes;

	if (!sb_span_cut(walk->view->file, body.offset, body.length, &bytes))
		return sb_damaged(err, "archive-truncated", walk->at,
				  "the archive ends inside its table of symbols or names");
	if (names && walk->names.p)
		return sb_damaged(err, "archive-readers-disagree", walk->at, "the archive has two tables of names");
	if (names)
		walk->names = bytes;
	int rc = sb_emit_region(walk->view, &head, err);
	if (!rc)
		rc = sb_emit_region(walk->view, &own_name, err);
	if (!rc)
		rc = sb_emit_region(walk->view, &body, err);
	walk->at = body.offset + body.length;
	return rc ? rc : take_padding(walk, 0, err);
}

static int emit_parts(struct walk *walk, const struct header *header, const struct sb_member *member, uint32_t ordinal,
		      struct sb_err *err)
{
	const struct sb_region parts[] = {
		{.offset = walk->at,
		 .length = HEADER,
		 .kind = SB_REGION_HEADER,
		 .member = ordinal,
		 .tag = TAG_HEADER,
		 .name = "header"},
		{.offset = walk->at + HEADER,
		 .length = header->long_name,
		 .kind = SB_REGION_HEADER,
		 .member = ordinal,
		 .tag = TAG_NAME,
		 .name = "name"},
		{.offset = member->offset,
		 .length = member->length,
		 .kind = SB_REGION_CONTENT,
		 .member = ordinal,
		 .name = "content"},
	};
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof parts / sizeof *parts; i++)
		rc = sb_emit_region(walk->view, &parts[i], err);
	return rc;
}

/* What dpkg-sig and debsigs add to a package: _gpgbuilder, _gpgorigin and their like. */
static bool is_signature(const struct walk *walk, struct sb_span name)
{
	return walk->view->format == &sb_format_deb && sb_span_starts(name, "_gpg", 4);
}

/* deb(5): what the archives of a package may be packed with. */
static const struct {
	const char *stem, *suffix, *packing;
} archives[] = {
	{"control.tar", "", "none"},    {"control.tar", ".gz", "gzip"}, {"control.tar", ".xz", "xz"},    {"control.tar", ".zst", "zstd"},
	{"data.tar", "", "none"},       {"data.tar", ".gz", "gzip"},    {"data.tar", ".xz", "xz"},       {"data.tar", ".zst", "zstd"},
	{"data.tar", ".bz2", "bzip2"},  {"data.tar", ".lzma", "lzma"},
};

static void say_packing(const struct walk *walk, struct sb_member *member)
{
	for (size_t i = 0; walk->view->format == &sb_format_deb && i < sizeof archives / sizeof *archives; i++) {
		size_t stem = strlen(archives[i].stem), suffix = strlen(archives[i].suffix);
		if (member->name.n != stem + suffix || memcmp(member->name.p, archives[i].stem, stem) != 0 ||
		    memcmp(member->name.p + stem, archives[i].suffix, suffix) != 0)
			continue;
		member->stem = (uint32_t)stem;
		member->packing = archives[i].packing;
	}
}

static int take_member(struct walk *walk, const struct header *header, struct sb_err *err)
{
	struct sb_member member = {
		.type = SB_MEMBER_FILE,
		.has_mode = true,
		.mode = (uint32_t)header->mode & 07777,
		.uid = header->uid,
		.gid = header->gid,
		.mtime = (int64_t)header->date,
		.offset = walk->at + HEADER + header->long_name,
		.length = walk->thin ? 0 : header->size - header->long_name,
		.refusal = walk->thin ? "a thin archive, whose members lie elsewhere" : NULL,
		.refusal_id = walk->thin ? "archive-unsupported" : NULL,
	};
	uint32_t ordinal = (uint32_t)walk->view->members.count + 1;
	struct sb_span name, bytes;

	member.size = member.length;
	if (!name_of(walk, header, &name))
		return sb_damaged(err, "archive-damaged", walk->at, "a member whose name is not where its header says");
	if (!sb_span_cut(walk->view->file, member.offset, member.length, &bytes))
		return sb_damaged(err, "archive-truncated", walk->at, "the archive ends inside a member");
	member.signature = is_signature(walk, name);
	int rc = sb_keep(walk->view, name, &member.name, err);
	if (!rc)
		say_packing(walk, &member);
	if (!rc && memchr(member.name.p, 0, member.name.n))
		rc = sb_emit_remark(
			walk->view,
			(struct sb_notice){
				.id = "archive-nul-name", .offset = walk->at, .member = ordinal, .refuse_drop = true},
			err, "a name holds a NUL byte, at which some readers cut it");
	if (!rc)
		rc = emit_parts(walk, header, &member, ordinal, err);
	if (!rc)
		rc = sb_emit_member(walk->view, &member, err);
	walk->at = member.offset + member.length;
	return rc ? rc : take_padding(walk, ordinal, err);
}

static int take_next(struct walk *walk, struct sb_span bytes, struct sb_err *err)
{
	struct header header;

	if (!read_header(bytes, &header))
		return sb_damaged(err, "archive-damaged", walk->at, "a header with a number that cannot be read");
	struct sb_span name = header.name;
	if (header.long_name && !name_of(walk, &header, &name))
		return sb_damaged(err, "archive-truncated", walk->at, "the archive ends inside a name");
	const char *table = table_name(name);
	return table ? take_table(walk, &header, table, err) : take_member(walk, &header, err);
}

/* Every header ends in the same two bytes: where they are not, the archive has ended. */
static bool at_header(const struct walk *walk, struct sb_span *bytes)
{
	return sb_span_cut(walk->view->file, walk->at, HEADER, bytes) && memcmp(bytes->p + 58, "`\n", 2) == 0;
}

static int open_ar(struct sb_view *view, const char *hint, struct sb_err *err)
{
	struct walk walk = {.view = view, .at = MAGIC, .thin = sb_span_starts(view->file, thin_magic, MAGIC)};
	struct sb_region start = {.length = MAGIC, .kind = SB_REGION_HEADER, .name = "magic"};
	struct sb_span bytes;

	(void)hint;
	if (!walk.thin && !sb_span_starts(view->file, magic, MAGIC))
		return sb_damaged(err, "archive-damaged", 0, "the archive does not begin with \"!<arch>\"");
	int rc = sb_emit_region(view, &start, err);
	while (!rc && at_header(&walk, &bytes))
		rc = take_next(&walk, bytes, err);
	return rc || walk.at == view->file.n ? rc : sb_emit_rest(view, walk.at, "fill", err);
}

static const struct sb_layout_row header_rows[] = {
	{.at = 0, .length = 16, .kind = SB_FIELD_NAME, .encoding = SB_ENC_TEXT, .name = "name"},
	{.at = 16, .length = 12, .kind = SB_FIELD_TIME, .encoding = SB_ENC_DECIMAL, .name = "date"},
	{.at = 28, .length = 6, .kind = SB_FIELD_OWNER, .encoding = SB_ENC_DECIMAL, .name = "uid"},
	{.at = 34, .length = 6, .kind = SB_FIELD_OWNER, .encoding = SB_ENC_DECIMAL, .name = "gid"},
	{.at = 40, .length = 8, .kind = SB_FIELD_MODE, .encoding = SB_ENC_OCTAL, .name = "mode"},
	{.at = 48, .length = 10, .kind = SB_FIELD_SIZE, .encoding = SB_ENC_DECIMAL, .name = "size"},
	{.at = 58, .length = 2, .kind = SB_FIELD_MAGIC, .encoding = SB_ENC_TEXT, .name = "fmag"},
};

/* GNU: a count, so many offsets of members, all big endian, and the symbols' names. The names are content. */
static int describe_symbols(struct sb_view *view, const struct sb_region *region, unsigned width, struct sb_err *err)
{
	struct sb_field field = {.offset = region->offset,
				 .length = width,
				 .kind = SB_FIELD_SIZE,
				 .encoding = SB_ENC_BE,
				 .name = "symbol count"};
	struct sb_span bytes;
	int rc = 0;

	if (!sb_span_cut(view->file, region->offset, region->length, &bytes) || bytes.n < width)
		return 0;
	struct sb_rd rd = sb_rd_of(bytes, true);
	uint64_t count = sb_rd_uint(&rd, width);
	rc = sb_emit_field(view, &field, err);
	field.kind = SB_FIELD_OFFSET;
	field.name = "symbol offset";
	for (uint64_t i = 0; !rc && i < count && bytes.n - (field.offset - region->offset) >= 2 * width; i++) {
		field.offset += width;
		rc = sb_emit_field(view, &field, err);
	}
	return rc;
}

/* Does a table of BSD hold together when its words are read in this order? Bytes of pairs, pairs, bytes of names, names. */
static bool reads_as(struct sb_span table, bool be, uint64_t *pairs, uint64_t *names)
{
	struct sb_rd rd = sb_rd_of(table, be);

	*pairs = sb_rd_uint(&rd, 4);
	sb_rd_bytes(&rd, (size_t)*pairs);
	*names = sb_rd_uint(&rd, 4);
	sb_rd_bytes(&rd, (size_t)*names);
	return !rd.bad && *pairs % 8 == 0;
}

/* ranlib(5) of 4.4BSD: each pair is an index into the names and the offset of a member; in the byte order of the machine. */
static int describe_bsd_symbols(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_field field = {.offset = region->offset, .length = 4, .kind = SB_FIELD_SIZE, .name = "symbol table bytes"};
	struct sb_span table;
	uint64_t pairs, names;

	if (!sb_span_cut(view->file, region->offset, region->length, &table))
		return 0;
	bool le = reads_as(table, false, &pairs, &names);
	if (!le && !reads_as(table, true, &pairs, &names))
		return 0;
	field.encoding = le ? SB_ENC_LE : SB_ENC_BE;
	int rc = sb_emit_field(view, &field, err);
	for (uint64_t i = 0; !rc && i < pairs / 4; i++) {
		field.offset += 4;
		field.kind = i % 2 ? SB_FIELD_OFFSET : SB_FIELD_VALUE;
		field.name = i % 2 ? "symbol offset" : "symbol name index";
		rc = sb_emit_field(view, &field, err);
	}
	field.offset += 4;
	field.kind = SB_FIELD_SIZE;
	field.name = "symbol name bytes";
	return rc ? rc : sb_emit_field(view, &field, err);
}

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_field name = {.offset = region->offset,
				.length = region->length,
				.kind = SB_FIELD_NAME,
				.encoding = SB_ENC_TEXT,
				.name = "name"};

	if (region->tag == TAG_HEADER)
		return sb_emit_layout(view, region, SB_ROWS(header_rows), err);
	if (region->tag == TAG_NAME)
		return sb_emit_field(view, &name, err);
	if (region->tag == TAG_SYMBOLS || region->tag == TAG_SYMBOLS64)
		return describe_symbols(view, region, region->tag == TAG_SYMBOLS ? 4 : 8, err);
	return region->tag == TAG_BSD_SYMBOLS ? describe_bsd_symbols(view, region, err) : 0;
}

static unsigned probe_ar(struct sb_span file, const char *hint)
{
	unsigned thin = sb_magic(file, 0, thin_magic, MAGIC);
	(void)hint;
	return thin ? thin : sb_magic(file, 0, magic, MAGIC);
}

static unsigned probe_deb(struct sb_span file, const char *hint)
{
	unsigned first = sb_magic(file, MAGIC, "debian-binary", 13);
	(void)hint;
	return first && probe_ar(file, hint) ? first + 8 * MAGIC : 0;
}

const struct sb_format sb_format_ar = {
	.name = "ar",
	.spec = "ar(5) of 4.4BSD; System V ABI, chapter 7, archive file; GNU binutils 2.40, long names and /SYM64/; ranlib(5)",
	.version = 2,
	.probe = probe_ar,
	.open = open_ar,
	.describe = describe,
	.archive = true,
};

const struct sb_format sb_format_deb = {
	.name = "deb",
	.spec = "deb(5) of dpkg 1.21; ar(5)",
	.version = 3,
	.probe = probe_deb,
	.open = open_ar,
	.describe = describe,
	.archive = true,
};
