/* SPDX-License-Identifier: Apache-2.0 */
/* md5sums of a Debian package: the same files in the same lines, and every digest that differs is recomputed over the delivered files of its own side. */
#include "verifier/explain/listed.h"

#include <string.h>

enum { MD5 = 16 };

const struct sb_pair *sb_package_of(const struct sb_pair *pair)
{
	for (; pair; pair = pair->parent)
		if (pair->state == SB_PAIR_OPENED && strcmp(pair->format->name, "deb") == 0)
			return pair;
	return NULL;
}

static bool is_md5sums(const struct sb_pair *pair)
{
	const struct sb_pair *archive = pair->parent;
	return (strcmp(pair->name, "./md5sums") == 0 || strcmp(pair->name, "md5sums") == 0) && archive && strncmp(archive->name, "control.tar", 11) == 0;
}

const struct sb_pair *sb_package_data(const struct sb_pair *package)
{
	for (size_t i = 0; i < package->child_count; i++) {
		const struct sb_pair *data = package->children[i];
		if (strncmp(data->name, "data.tar", 8) != 0)
			continue;
		while (data->state == SB_PAIR_OPENED && data->format->compression && data->child_count == 1)
			data = data->children[0];
		return data->state == SB_PAIR_OPENED && data->format->archive ? data : NULL;
	}
	return NULL;
}

static bool names_member(struct sb_span member, struct sb_span path)
{
	return sb_span_starts(member, "./", 2) && sb_span_equal(sb_span_of(member.p + 2, member.n - 2), path);
}

/* A name that comes twice names nothing: unpackers disagree on which one counts. */
static const struct sb_member *member_named(const struct sb_view *view, struct sb_span path)
{
	const struct sb_member *found = NULL;

	for (size_t i = 0; i < view->members.count; i++) {
		const struct sb_member *member = sb_view_member(view, i);
		if (!names_member(member->name, path))
			continue;
		if (found)
			return NULL;
		found = member;
	}
	return found;
}

/* Of a hard link the content is that of the file it leads to. */
static bool content_named(const struct sb_view *view, struct sb_span path, struct sb_span *out)
{
	const struct sb_member *found = member_named(view, path);

	if (found && found->type == SB_MEMBER_HARDLINK)
		found = sb_span_starts(found->link, "./", 2) ? member_named(view, sb_span_of(found->link.p + 2, found->link.n - 2)) : NULL;
	return found && found->type == SB_MEMBER_FILE && found->codec == SB_CODEC_NONE && sb_span_cut(view->file, found->offset, found->length, out);
}

/* In lower case, as md5sum(1) writes it: the case of a digit is nobody's to choose. */
static bool is_digest_of(struct sb_reading *reading, struct sb_span digits, struct sb_span content)
{
	uint8_t computed[MD5];
	char text[2 * MD5 + 1];

	sb_declared_hash(reading, SB_DECLARED_MD5, content, computed);
	sb_text_hex(sb_span_of(computed, MD5), text);
	return sb_span_equal(digits, sb_span_text(text));
}

/* The text of md5sums on one side of a package: below its control archive and that one's compression. */
static bool md5sums_of(const struct sb_pair *package, unsigned side, struct sb_span *out, bool *known)
{
	*known = false;
	for (size_t i = 0; i < package->child_count; i++) {
		const struct sb_pair *control = package->children[i];
		if (strncmp(control->name, "control.tar", 11) != 0)
			continue;
		while (control->state == SB_PAIR_OPENED && control->format->compression && control->child_count == 1)
			control = control->children[0];
		if (control->state != SB_PAIR_OPENED || !control->format->archive)
			return false;
		*known = true;
		return content_named(control->view[side], sb_span_text("md5sums"), out);
	}
	return false;
}

static bool states(struct sb_reading *reading, struct sb_span text, struct sb_span path, struct sb_span content)
{
	while (text.n) {
		const uint8_t *end = memchr(text.p, '\n', text.n);
		size_t length = end ? (size_t)(end - text.p) : text.n;
		if (length == 2 * MD5 + 2 + path.n && memcmp(text.p + 2 * MD5 + 2, path.p, path.n) == 0)
			return is_digest_of(reading, sb_span_of(text.p, 2 * MD5), content);
		text = end ? sb_span_of(end + 1, text.n - length - 1) : (struct sb_span){0};
	}
	return true; /* not listed */
}

bool sb_md5sums_agree(struct sb_reading *reading, const struct sb_pair *pair)
{
	const struct sb_pair *package = sb_package_of(pair), *data = package ? sb_package_data(package) : NULL;

	if (!data || pair->parent != data || strncmp(pair->name, "./", 2) != 0)
		return true;
	for (unsigned side = 0; side < SB_SIDES; side++) {
		struct sb_span text;
		bool known;
		if (md5sums_of(package, side, &text, &known)) {
			if (!states(reading, text, sb_span_text(pair->name + 2), pair->bytes[side]))
				return false;
		} else if (!known) {
			return false; /* the control archives are equal: what they state cannot fit both contents, unless they state nothing */
		}
	}
	return true;
}

static bool is_listed_text(const struct sb_pair *text)
{
	const struct sb_pair *package = is_md5sums(text) ? sb_package_of(text) : NULL;
	return package && sb_package_data(package);
}

/* "<32 digits>  <path>" and a newline: dpkg's deb-md5sums(5). */
static bool read_lines(struct sb_listed_side *side)
{
	struct sb_span text = side->text->bytes[side->side];

	for (size_t at = 0; at < text.n;) {
		const uint8_t *line = text.p + at, *end = memchr(line, '\n', text.n - at);
		size_t n = end ? (size_t)(end - line) : 0, head = 2 * MD5 + 2;
		if (n <= head || line[2 * MD5] != ' ' || line[2 * MD5 + 1] != ' ')
			return false;
		const struct sb_listed_item item = {.name = sb_span_of(line + head, n - head), .key = sb_span_text("md5"), .value = sb_span_of(line, 2 * MD5),
		                                    .from = at, .to = at + 2 * MD5};
		if (!sb_listed_add(side, item))
			return false;
		at += n + 1;
	}
	return true;
}

/* Of a hard link the content is that of the file it leads to. */
static bool delivered(const struct sb_listed_side *side, const struct sb_pair *data, struct sb_span path, struct sb_span *out)
{
	SB_BUF struct sb_buf name = {.ceiling = (size_t)SB_LIMIT_OF(PATH_BYTES)};

	sb_buf_printf(&name, "./");
	sb_buf_add(&name, path.p, path.n);
	const struct sb_member *found = name.bad ? NULL : sb_member_named(side->in, data, side->side, sb_buf_span(&name));
	if (found && found->type == SB_MEMBER_HARDLINK)
		found = sb_member_named(side->in, data, side->side, found->link);
	return found && found->type == SB_MEMBER_FILE && found->codec == SB_CODEC_NONE &&
	       sb_span_cut(data->view[side->side]->file, found->offset, found->length, out);
}

static bool line_is_right(struct sb_listed_side *side, const struct sb_listed_item *item)
{
	struct sb_span content;

	return delivered(side, sb_package_data(sb_package_of(side->text)), item->name, &content) &&
	       is_digest_of(side->in->comparison->reading, item->value, content);
}

const struct sb_listed_format sb_listed_md5sums = {.is_mine = is_listed_text, .read = read_lines, .is_right = line_is_right, .in_order = true};
