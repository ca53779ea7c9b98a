/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the room: what counts although a file system's own readers do not ask for it. Where content lies counts once the image holds bytes that
 * nobody here knows: code that loads sectors, or another file system over the same data. Which of two names comes first counts where a reader takes
 * them for one.
 */
#ifndef VERIFIER_FORMATS_PLACES_H
#define VERIFIER_FORMATS_PLACES_H

#include "verifier/formats/emit.h"

/** Every member of @view that has bytes gets an attribute "where it lies". Errors: NOMEM. */
SB_MUST_USE int sb_places_tell(struct sb_view *view, struct sb_err *err);

/** Names of all folders, as a reader that does not tell cases apart sees them. Zeroed is empty; release it. */
struct sb_meetings {
	struct sb_vec names;
};

/**
 * Note a name of @member, counted from 1, in @folder, which is any number that tells folders apart. Cases of ASCII count as one, and so do names with and
 * without dots and blanks at their ends.
 * Errors: LIMIT, NOMEM.
 */
SB_MUST_USE int sb_meetings_add(struct sb_meetings *meetings, struct sb_view *view, uint64_t folder, struct sb_span name, uint32_t member, struct sb_err *err);
/** Once all are noted: a member that has the name of one before it gets an attribute "behind" that names it. Errors: NOMEM. */
SB_MUST_USE int sb_meetings_tell(struct sb_meetings *meetings, struct sb_view *view, struct sb_err *err);
void sb_meetings_release(struct sb_meetings *meetings);

#endif
