/* SPDX-License-Identifier: Apache-2.0 */
/* All processes of an environment counted by looking, where there is no control group that counts them. */
#ifndef VERIFIER_SANDBOX_FAMILY_H
#define VERIFIER_SANDBOX_FAMILY_H

#include "base/base.h"

struct sb_family {
	uint64_t memory;    /* bytes that are a process's own, summed */
	uint64_t processes;
	uint64_t most;      /* the most processes that were seen at once */
};

/** @proc  folder of a /proc that shows these processes only. What ends meanwhile is not counted. */
void sb_family_look(int proc, struct sb_family *family);

#endif
