/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of one run, after defaults and the machine had their say. */
#ifndef VERIFIER_SANDBOX_BOUNDS_H
#define VERIFIER_SANDBOX_BOUNDS_H

#include "manifests/manifests.h"

struct sb_bounds {
	uint64_t wall;             /* seconds; 0: none */
	uint64_t memory;           /* bytes of all processes together; of each of them where there is no control group */
	uint64_t disk, inodes;     /* bytes and names of everything that the build writes: build path, /tmp, /var/tmp */
	uint64_t processes;        /* processes and threads */
	uint64_t file_size;        /* bytes of one file */
	uint64_t open_files;       /* of one process */
	uint64_t log;              /* bytes */
	uint64_t output_size, output_file_size, output_count;
	uint64_t asked_memory, asked_disk; /* before this machine had its say */
	uint64_t ceiling;          /* bytes: memory with all files in it, since files live in memory */
};

/**
 * @root_bytes     what the toolchain root takes in memory, 0 when it is mounted.
 * @machine_bytes  memory of this machine; an eighth of it is left to everybody else.
 * Of what remains, memory gets at least half, and disk what memory leaves: so a full disk is ENOSPC and never the kernel's OOM killer.
 */
struct sb_bounds sb_bounds_choose(const struct sb_drop_limits *limits, uint64_t root_bytes, uint64_t machine_bytes);

/** Lower what the caller's own hard limits (setrlimit(2)) do not let a child have: the record tells what holds. */
void sb_bounds_lower(struct sb_bounds *bounds);

/** Memory of this machine, or of the control group around us when that is less. Bytes. */
uint64_t sb_bounds_machine(void);

#endif
