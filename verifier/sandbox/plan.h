/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that init and the build need, worked out by the supervisor before the clone: init is a copy of a process that may
 * have had threads, so after the clone nobody allocates or reads a configuration.
 */
#ifndef VERIFIER_SANDBOX_PLAN_H
#define VERIFIER_SANDBOX_PLAN_H

#include "verifier/sandbox/board.h"
#include "verifier/sandbox/bounds.h"
#include "verifier/sandbox/recorder.h"
#include "verifier/sandbox/sandbox.h"

#include <linux/filter.h>
#include <sys/types.h>

/** A small file whose text we choose: /etc/passwd, what covers /proc/cpuinfo. */
struct sb_given_file {
	const char *path; /* relative to the root */
	const char *text; /* or the target, when it is a link */
	bool link;
};

struct sb_given_files {
	struct sb_given_file *items;
	size_t count;
};

/** Groups of calls that init answers in the kernel's place. */
enum sb_answers_bit {
	SB_ANSWERS_TIME = 1,
	SB_ANSWERS_RANDOM = 2,
	SB_ANSWERS_NAME = 4,    /* uname */
	SB_ANSWERS_MACHINE = 8, /* processors, memory */
	SB_ANSWERS_FILES = 16,  /* times of files */
	SB_ANSWERS_TRACE = 32,  /* which files and programs; opens are answered, the rest is noted */
};

struct sb_sandbox_plan {
	const struct sb_sandbox_spec *spec;
	struct sb_arena *arena;

	unsigned id;              /* user and group of the build, inside; which ids stand behind it: board->ids */

	/* controls with defaults filled in */
	const char *hostname, *domain, *user, *locale, *timezone, *home, *kernel, *kernel_version;
	unsigned cpus;

	/* controls in force, after the kernel had its say: sb_controls_choose */
	enum sb_clock clock;
	unsigned answers;         /* bits of enum sb_answers_bit; 0: nobody listens */
	unsigned stubs;           /* bits of enum sb_stub to put over the vDSO of every image */
	const char *clock_missing, *seed_missing, *names_missing, *trace_missing; /* why it is not in force although asked for, or NULL */

	/* what is run */
	char *const *variables;   /* "NAME=value", NULL-terminated */
	const char *search;       /* value of PATH */
	char *const **argv;       /* per step */
	const char *const *cwd;   /* per step, absolute */
	const char *out;          /* $OUT */

	/* file systems */
	const char *work_mount;   /* where the writable tmpfs of the build goes, absolute: build_path or its first component */
	const char *scratch_size, *scratch_inodes, *root_size; /* bytes and names, decimal */
	const char *owner;        /* id of the build, decimal */
	const size_t *order;      /* in which the source is filled, or NULL */
	struct sb_given_files etc, masks, sys; /* beneath the root */
	struct sb_given_files sysctls;         /* beneath /proc/sys */

	struct sb_bounds bounds;  /* limits in force; by what means: board->limits_kind */
	const char *limits_why;   /* why it is no better kind; empty: it is the best */

	struct sock_fprog filter;
	long landlock_abi;        /* 0: none */

	struct sb_board *board;
	struct sb_recorder *recorder; /* NULL: no trace */
	const struct sb_digest_book *book;     /* of what is known of the root; with a recorder */
	int control;              /* init's end of the channel */
	int log;                  /* write end of the log pipe */
	int terminal;             /* of the last step, or -1 */
};

/**
 * Work everything out; @arena must outlive the run. Check the spec first.
 * Errors: NOMEM, USAGE "build-path-taken".
 */
SB_MUST_USE int sb_plan_make(const struct sb_sandbox_spec *spec, struct sb_arena *arena, struct sb_board *board,
                             struct sb_sandbox_plan *out, struct sb_err *err);

#endif
