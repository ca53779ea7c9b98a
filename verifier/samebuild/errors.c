/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of the rooms as errors of the library, and back for the program. */
#include "verifier/samebuild/library.h"

#include <string.h>

/* The enumerators are the same numbers: a room's failure keeps its kind. */
_Static_assert((int)SAMEBUILD_NO_MEMORY == (int)SB_NOMEM && (int)SAMEBUILD_IO == (int)SB_IO && (int)SAMEBUILD_FORMAT == (int)SB_FORMAT &&
                   (int)SAMEBUILD_LIMIT == (int)SB_LIMIT && (int)SAMEBUILD_USAGE == (int)SB_USAGE && (int)SAMEBUILD_EVIDENCE == (int)SB_EVIDENCE &&
                   (int)SAMEBUILD_INTERNAL == (int)SB_INTERNAL && (int)SAMEBUILD_TEMPORARY == (int)SB_TEMPORARY &&
                   (int)SAMEBUILD_INTERRUPTED == (int)SB_INTERRUPTED && (int)SAMEBUILD_ABSENT == (int)SB_ABSENT,
               "codes agree");
_Static_assert((int)SAMEBUILD_UNDETERMINED == (int)SB_LEVEL_UNDETERMINED && (int)SAMEBUILD_DIFFERENT == (int)SB_LEVEL_DIFFERENT &&
                   (int)SAMEBUILD_IMAGE_IDENTICAL == (int)SB_LEVEL_IMAGE_IDENTICAL && (int)SAMEBUILD_REPACKAGED == (int)SB_LEVEL_REPACKAGED &&
                   (int)SAMEBUILD_EXPLAINED == (int)SB_LEVEL_EXPLAINED && (int)SAMEBUILD_UNSIGNED_IDENTICAL == (int)SB_LEVEL_UNSIGNED_IDENTICAL &&
                   (int)SAMEBUILD_REPRODUCED == (int)SB_LEVEL_REPRODUCED && (int)SAMEBUILD_IDENTICAL == (int)SB_LEVEL_IDENTICAL,
               "levels agree");

int sb_library_fail(const struct sb_err *err, struct samebuild_error *error)
{
	enum samebuild_code code = err->code < 0 && (int)err->code >= SAMEBUILD_ABSENT ? (enum samebuild_code)err->code : SAMEBUILD_INTERNAL;

	if (!error)
		return code;
	*error = (struct samebuild_error){.code = code, .id = err->id ? err->id : "internal", .offset = err->offset, .line = err->line, .column = err->column};
	_Static_assert(sizeof error->where == sizeof err->where && sizeof error->message == sizeof err->msg, "texts fit");
	memcpy(error->where, err->where, sizeof error->where);
	memcpy(error->message, err->msg, sizeof error->message);
	return code;
}

int sb_samebuild_fail(const struct samebuild_error *from, struct sb_err *err)
{
	if (!err)
		return (int)from->code;
	*err = (struct sb_err){.code = (enum sb_rc)from->code, .id = from->id, .offset = from->offset, .line = from->line, .column = from->column};
	memcpy(err->where, from->where, sizeof err->where);
	memcpy(err->msg, from->message, sizeof err->msg);
	return (int)from->code;
}
