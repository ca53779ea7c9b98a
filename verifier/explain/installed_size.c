/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Installed-Size of a Debian package: what dpkg-gencontrol(1) sums up, deb-substvars(5): each file and link in KiB rounded up, one for
 * anything else; over the delivered tree and over what stood beside the control file by then.
 */
#include "verifier/explain/explainer.h"

#include <string.h>

static const char label[] = "Installed-Size: ";

static bool is_control(const struct sb_pair *pair)
{
	const struct sb_pair *archive = pair->parent;
	return (strcmp(pair->name, "./control") == 0 || strcmp(pair->name, "control") == 0) && archive && strncmp(archive->name, "control.tar", 11) == 0 &&
	       archive->state == SB_PAIR_OPENED;
}

/* The control file itself and the checksums are written later. */
static bool comes_later(struct sb_span name)
{
	return sb_span_equal(name, sb_span_text("./control")) || sb_span_equal(name, sb_span_text("./md5sums"));
}

static uint64_t size_of(const struct sb_view *view, bool control)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < view->members.count; i++) {
		const struct sb_member *member = sb_view_member(view, i);
		if (control && comes_later(member->name))
			continue;
		if (member->type == SB_MEMBER_FILE)
			sum += (member->length + 1023) / 1024;
		else if (member->type == SB_MEMBER_SYMLINK)
			sum += (member->link.n + 1023) / 1024;
		else if (member->type != SB_MEMBER_HARDLINK)
			sum++;
	}
	return sum;
}

/* Nothing but the one line, and the right number in it, as the tool writes it. */
static bool is_right(const struct sb_pair *pair, const struct sb_diff *diff, const struct sb_pair *data, unsigned side)
{
	struct sb_span line = sb_diff_bytes(pair, diff, side);
	size_t head = sizeof label - 1;
	uint64_t value;

	if (!sb_span_starts(line, label, head) || line.n < head + 2 || line.p[line.n - 1] != '\n')
		return false;
	struct sb_span digits = sb_span_of(line.p + head, line.n - head - 1);
	if (digits.p[0] < '1' || digits.p[0] > '9' || digits.p[digits.n - 1] < '0' || digits.p[digits.n - 1] > '9')
		return false;
	return sb_field_number(digits, SB_ENC_DECIMAL, &value) && value == size_of(data->view[side], false) + size_of(pair->parent->view[side], true);
}

static bool claim_installed_size(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	const struct sb_pair *package = diff->kind == SB_DIFF_TEXT && is_control(pair) ? sb_package_of(pair) : NULL;
	const struct sb_pair *data = package ? sb_package_data(package) : NULL;

	if (!data || !is_right(pair, diff, data, SB_SHIPPED) || !is_right(pair, diff, data, SB_REBUILT))
		return false;
	claim->cap = SB_LEVEL_UNSIGNED_IDENTICAL;
	claim->note = sb_explain_note(in, "the installed size is right on both sides: it follows from sizes that differ");
	return true;
}

const struct sb_explainer sb_explain_installed_size = {"installed-size", SB_CAUSE_CONTAINER_METADATA, SB_RULE_DERIVED, 2, claim_installed_size};
