/* SPDX-License-Identifier: Apache-2.0 */
/* md5sums of a Debian package: every line that differs is recomputed over the delivered files of its own side. */
#include "verifier/explain/explainer.h"

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

/* "<32 digits>  <path>" and a newline: dpkg's deb-md5sums(5). */
static bool line_is_right(struct sb_reading *reading, struct sb_span line, const struct sb_view *data)
{
	uint8_t stated[MD5], computed[MD5];
	struct sb_span content;

	if (line.n < 2 * MD5 + 3 || line.p[2 * MD5] != ' ' || line.p[2 * MD5 + 1] != ' ' || !sb_text_unhex(sb_span_of(line.p, 2 * MD5), stated, MD5))
		return false;
	if (!content_named(data, sb_span_of(line.p + 2 * MD5 + 2, line.n - 2 * MD5 - 2), &content))
		return false;
	sb_declared_hash(reading, SB_DECLARED_MD5, content, computed);
	return memcmp(stated, computed, MD5) == 0;
}

static bool lines_are_right(struct sb_reading *reading, struct sb_span text, const struct sb_view *data)
{
	while (text.n) {
		const uint8_t *end = memchr(text.p, '\n', text.n);
		if (!end || !line_is_right(reading, sb_span_of(text.p, (size_t)(end - text.p)), data))
			return false;
		size_t taken = (size_t)(end - text.p) + 1;
		text = sb_span_of(text.p + taken, text.n - taken);
	}
	return true;
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
	uint8_t stated[MD5], computed[MD5];

	while (text.n) {
		const uint8_t *end = memchr(text.p, '\n', text.n);
		size_t length = end ? (size_t)(end - text.p) : text.n;
		if (length == 2 * MD5 + 2 + path.n && memcmp(text.p + 2 * MD5 + 2, path.p, path.n) == 0) {
			sb_declared_hash(reading, SB_DECLARED_MD5, content, computed);
			return sb_text_unhex(sb_span_of(text.p, 2 * MD5), stated, MD5) && memcmp(stated, computed, MD5) == 0;
		}
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

static bool claim_md5sums(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	const struct sb_pair *package = diff->kind == SB_DIFF_TEXT && is_md5sums(pair) ? sb_package_of(pair) : NULL;
	const struct sb_pair *data = package ? sb_package_data(package) : NULL;

	if (!data)
		return false;
	for (unsigned side = 0; side < SB_SIDES; side++)
		if (!diff->side[side].present || !lines_are_right(in->comparison->reading, sb_diff_bytes(pair, diff, side), data->view[side]))
			return false;
	claim->cap = SB_LEVEL_UNSIGNED_IDENTICAL;
	claim->note = sb_explain_note(in, "the checksums are right on both sides: they follow from files that differ");
	return true;
}

const struct sb_explainer sb_explain_md5sums = {"md5sums", SB_CAUSE_CHECKSUM, SB_RULE_DERIVED, 2, claim_md5sums};
