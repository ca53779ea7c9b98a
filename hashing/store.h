/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: the folder behind a store, and objects on their way into it. */
#ifndef HASHING_STORE_H
#define HASHING_STORE_H

#include "hashing/hashing.h"

struct sb_store {
	int dir;
};

/** "objects/ab/cd/<128 digits>" and a NUL. */
#define SB_STORE_NAME 160
void sb_store_name(const uint8_t blake2b[SB_BLAKE2B_BYTES], char out[SB_STORE_NAME]);

/** Out of the way, never overwritten: the next writer makes a new object, and the damaged one can be looked at. */
void sb_store_set_aside(const struct sb_store *store, const char *name);

/** An object that is being written. Nothing in the store is called by its digest until all of it is durable. */
struct sb_object {
	int fd;
	char temporary[48]; /* "" when the file system knows files without a name */
};

SB_MUST_USE int sb_object_begin(const struct sb_store *store, struct sb_object *object, struct sb_err *err);
SB_MUST_USE int sb_object_write(struct sb_object *object, struct sb_span bytes, struct sb_err *err);
/** Make it durable, then name it, then make the name durable. An object of that name and size that is there already is as good. */
SB_MUST_USE int sb_object_name(const struct sb_store *store, struct sb_object *object, const struct sb_digest *digest, struct sb_err *err);
/** Let go of it, named or not; what is unfinished disappears. */
void sb_object_end(const struct sb_store *store, struct sb_object *object);

/** Is an object of this name and size there? Then its name is made durable, since the process that gave it may have died. */
SB_MUST_USE int sb_object_known(const struct sb_store *store, const struct sb_digest *digest, bool *known, struct sb_err *err);

/** Remove what writers that died have left on file systems without nameless files. */
void sb_object_sweep(const struct sb_store *store);

/** TEMPORARY "store-full" when errno says that there is no room, else IO "store-unwritable". */
int sb_store_fail(struct sb_err *err, const char *what);

#endif
