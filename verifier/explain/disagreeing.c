/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places of a shipped archive where readers see different things, as its parser tells: equal content proves nothing there, since another reader
 * sees other content. What the rebuilt archive has as well, its packer writes.
 */
#include "verifier/explain/explainer.h"

#include <inttypes.h>
#include <string.h>

/** Of each side that are compared one by one. */
enum { MOST = 1000 };

static bool is_disagreement(const struct sb_notice *notice)
{
	static const char *const ids[] = {"archive-readers-disagree", "archive-names-disagree", "archive-overlap", "archive-duplicate-record"};

	for (size_t i = 0; notice->id && i < sizeof ids / sizeof *ids; i++)
		if (strcmp(notice->id, ids[i]) == 0)
			return true;
	return false;
}

static const struct sb_notice *notice_at(const struct sb_view *view, size_t i)
{
	return sb_vec_at(&view->notices, i);
}

static size_t count_of(const struct sb_view *view)
{
	size_t count = 0;

	for (size_t i = 0; i < view->notices.count; i++)
		count += is_disagreement(notice_at(view, i));
	return count;
}

static struct sb_span member_of(const struct sb_view *view, const struct sb_notice *notice)
{
	return notice->member && notice->member <= view->members.count ? sb_view_member(view, notice->member - 1)->name : (struct sb_span){0};
}

static bool is_in(const struct sb_view *view, const struct sb_notice *notice, struct sb_span member)
{
	for (size_t i = 0; i < view->notices.count; i++)
		if (is_disagreement(notice_at(view, i)) && strcmp(notice_at(view, i)->text, notice->text) == 0 && sb_span_equal(member_of(view, notice_at(view, i)), member))
			return true;
	return false;
}

static int add(const struct sb_pair *pair, const char *note, struct sb_vec *claims, struct sb_err *err)
{
	struct sb_claim *slot = sb_vec_push(claims);

	if (!slot)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*slot = (struct sb_claim){
		.pair = pair, .kind = "notice", .cap = SB_LEVEL_DIFFERENT, .severity = SB_SEVERITY_CRITICAL, .primary = true, .note = note};
	return 0;
}

static int add_each(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, struct sb_err *err)
{
	const struct sb_view *view = pair->view[SB_SHIPPED];
	int rc = 0;

	for (size_t i = 0; !rc && i < view->notices.count; i++) {
		const struct sb_notice *notice = notice_at(view, i);
		struct sb_span member = member_of(view, notice);
		if (!is_disagreement(notice) || is_in(pair->view[SB_REBUILT], notice, member))
			continue;
		rc = add(pair, sb_explain_note(in, "readers disagree on the shipped side only, at offset %" PRIu64 "%s%s: %s", notice->offset, member.n ? " in " : "",
		                               sb_explain_shown(in, member), notice->text), claims, err);
	}
	return rc;
}

int sb_explain_disagreeing(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, struct sb_err *err)
{
	if (pair->state != SB_PAIR_OPENED || !pair->format->archive)
		return 0;
	size_t shipped = count_of(pair->view[SB_SHIPPED]), rebuilt = shipped ? count_of(pair->view[SB_REBUILT]) : 0;
	if (shipped > MOST)
		return add(pair, sb_explain_note(in, "readers disagree at %zu places as shipped, at %zu as rebuilt", shipped, rebuilt), claims, err);
	return shipped ? add_each(in, pair, claims, err) : 0;
}
