/* SPDX-License-Identifier: Apache-2.0 */
/*
 * _gpgorigin and its like in a Debian package: a detached OpenPGP signature over debian-binary, control and data as they lie there, one
 * behind the other. Source: debsigs(1), deb-version "2.0" of deb(5).
 */
#include "verifier/explain/signed.h"

#include <string.h>

/* Whose signature it is, by its name; each comes once. */
static const char *const names[] = {"_gpgorigin", "_gpgmaint", "_gpgarchive"};

static bool is_known(struct sb_span name)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (sb_span_equal(name, sb_span_text(names[i])))
			return true;
	return false;
}

/* The three members that are signed, which stand in front of all signatures. */
static bool collect(const struct sb_signed_side *side, struct sb_span parts[3])
{
	const struct sb_view *view = side->pair->view[side->side];
	static const char *const begins[3] = {"debian-binary", "control.tar", "data.tar"};

	for (size_t i = 0; i < 3; i++) {
		if (i >= view->members.count)
			return false;
		const struct sb_member *member = sb_view_member(view, i);
		if (!sb_span_starts(member->name, begins[i], strlen(begins[i])) ||
		    !sb_span_cut(side->pair->bytes[side->side], member->offset, member->length, &parts[i]))
			return false;
	}
	return true;
}

static bool is_right(struct sb_signed_side *side)
{
	const struct sb_view *view = side->pair->view[side->side];
	struct sb_span parts[3], bytes;

	for (size_t i = 0; i < view->members.count; i++) {
		const struct sb_member *member = sb_view_member(view, i);
		if (!member->signature)
			continue;
		if (!is_known(member->name) || sb_member_named(side->in, side->pair, side->side, member->name) != member)
			return sb_signed_blame(side, member->name, "a signature of an unknown name, or one that comes twice");
		if (member->mode & 07000 || !collect(side, parts) || i < 3)
			return sb_signed_blame(side, member->name, "not behind debian-binary, control and data, or of an unusual mode");
		if (!sb_span_cut(side->pair->bytes[side->side], member->offset, member->length, &bytes))
			return sb_signed_refuse(side, "a signature outside of its package");
		if (!sb_signed_by_pgp(side, member->name, bytes, parts, 3))
			return false;
	}
	return true;
}

const struct sb_signed_format sb_signed_deb = {.format = "deb", .is_right = is_right};
