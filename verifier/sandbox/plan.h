/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that init and the build need, worked out by the supervisor before the clone: init is a copy of a process that may
 * have had threads, so after the clone nobody allocates or reads a configuration.
 */
#ifndef VERIFIER_SANDBOX_PLAN_H
#define VERIFIER_SANDBOX_PLAN_H

#include "verifier/sandbox/board.h"
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

struct sb_sandbox_plan {
	const struct sb_sandbox_spec *spec;
	struct sb_arena *arena;

	/* who: ids inside and what they are outside */
	bool two_ids;             /* init is 0 and the build another id; needs CAP_SETUID and CAP_SETGID outside */
	unsigned id;              /* user and group of the build, inside */
	uid_t outer_uid;          /* what @id is outside */
	gid_t outer_gid;

	/* controls with defaults filled in */
	const char *hostname, *user, *locale, *timezone, *home;
	unsigned cpus;
	unsigned clone_optional;  /* namespaces that this kernel gives although we could do without */

	/* what is run */
	char *const *variables;   /* "NAME=value", NULL-terminated */
	const char *search;       /* value of PATH */
	char *const **argv;       /* per step */
	const char *const *cwd;   /* per step, absolute */
	const char *out;          /* $OUT */

	/* file systems */
	const char *work_mount;   /* where the writable tmpfs of the build goes, absolute: build_path or its first component */
	const char *work_size, *tmp_size, *root_size; /* bytes, decimal */
	const char *owner;        /* id of the build, decimal */
	struct sb_given_files etc, masks, sys;

	/* limits in force, after the machine had its say */
	uint64_t disk, memory, processes;

	struct sock_fprog filter;
	long landlock_abi;        /* 0: none */

	struct sb_board *board;
	int control;              /* init's end of the channel */
	int log;                  /* write end of the log pipe */
};

/**
 * Work everything out; @arena must outlive the run. Check the spec first.
 * Errors: NOMEM, USAGE "build-path-taken".
 */
SB_MUST_USE int sb_plan_make(const struct sb_sandbox_spec *spec, struct sb_arena *arena, struct sb_board *board,
                             struct sb_sandbox_plan *out, struct sb_err *err);

#endif
