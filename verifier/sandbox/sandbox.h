/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The controlled environment: runs steps on a private copy of a tree, with a read-only root and no way out.
 * The only room that calls namespaces, mounts, seccomp and landlock.
 */
#ifndef VERIFIER_SANDBOX_SANDBOX_H
#define VERIFIER_SANDBOX_SANDBOX_H

#include "base/base.h"
#include "manifests/manifests.h"
#include "verifier/model/model.h"

/** A tree whose bytes lie in blobs: an inventory and the spools that its entries point into. */
struct sb_tree {
	const struct sb_inventory *inventory;
	const struct sb_blob *spools;
	size_t spool_count;
};

/** What to run, all borrowed. */
struct sb_sandbox_spec {
	bool host_root;                 /* read-only system directories of this machine; else: */
	const struct sb_tree *root;     /* the whole file system that the build sees, filled into a tmpfs */
	const char *build_path;         /* absolute; where the tree appears */
	const struct sb_tree *source;   /* copied below build_path in sorted order, mtimes clamped to the epoch */
	const struct sb_drop_env *env;  /* on top of the fixed environment */
	size_t env_count;
	const struct sb_drop_step *steps;
	size_t step_count;
	struct sb_controls control;
	struct sb_drop_limits limits;
	const char *const *outputs;     /* paths relative to build_path to collect, files or directories */
	size_t output_count;
	int log;                        /* descriptor that gets the steps' stdout and stderr, raw */
	bool allow_ptrace;              /* tests of debuggers: the build may trace its own processes */
	bool trace;                     /* record which process read and wrote which file */
	const char *digests;            /* folder of the caller where digests of the root's files are kept for the next trace; or NULL */
	bool interactive;               /* `samebuild shell`: stdin, stdout, stderr of the caller for the last step, no log */
	struct sb_progress *progress;
};

enum sb_sandbox_end {
	SB_END_UNKNOWN = 0,
	SB_END_DONE,        /* every step exited 0 */
	SB_END_STEP_FAILED, /* step, status */
	SB_END_LIMIT,       /* limit */
	SB_END_INTERRUPTED,
};

#define SB_LIMIT_USE_UNKNOWN UINT64_MAX

/** The limit that a build met. Values are bytes, seconds or counts, as the name says. */
struct sb_limit_met {
	const char *name; /* "wall", "timeout", "memory", "disk", "inodes", "processes", "file-size", "open-files", "log", "output-size" … */
	uint64_t value;
	uint64_t used;    /* or SB_LIMIT_USE_UNKNOWN: only the build's own words at the end of its log tell, which are in how */
	uint64_t asked;   /* what the manifest asked, when this machine could not give it; else 0 */
	const char *how;  /* what happened then, or NULL; static */
};

/** What came of it. Strings live in the arena given to sb_sandbox_run; the spools are the caller's to release. */
struct sb_sandbox_result {
	enum sb_sandbox_end end;
	size_t step;                    /* index of the step that ended it */
	int status;                     /* its wait status */
	struct sb_limit_met limit;
	uint64_t log_bytes;
	struct sb_inventory outputs;    /* collected without following anything; paths relative to build_path; devices, fifos, sockets recorded, never opened */
	struct sb_blob *spools;         /* heap array; release with sb_sandbox_release */
	size_t spool_count;
	struct sb_environment environment; /* walls, limits, controls in force */
	struct sb_trace trace;          /* of a spec that asked for it, when every step exited 0; else not present */
};

/**
 * Run the steps. Nothing remains after it, whatever happened: no process, mount, control group, file.
 * Errors: ABSENT "no-user-namespaces" and siblings (the switch is named, exit 5), IO, NOMEM, INTERRUPTED; a failing step is no error but an end.
 */
SB_MUST_USE int sb_sandbox_run(const struct sb_sandbox_spec *spec, struct sb_arena *arena, struct sb_sandbox_result *out,
                               struct sb_err *err);
void sb_sandbox_release(struct sb_sandbox_result *result);

/**
 * Is @name beneath @folder, something that was delivered, out of sight of a build with host_root? A build that sees it makes it by copying it.
 * By path: a second mount of it elsewhere is not found. Errors: USAGE "drop-visible"; IO "sandbox-setup".
 */
SB_MUST_USE int sb_sandbox_check_apart(int folder, const char *name, struct sb_err *err);

/** "memory: 512 MiB allowed, 512 MiB used, the kernel ended the build". */
void sb_sandbox_limit_text(const struct sb_limit_met *limit, char *out, size_t n);

enum sb_probe_part { SB_PROBE_WALL = 0, SB_PROBE_LIMIT, SB_PROBE_CONTROL };

/** One wall, limit or control that `doctor` looked at. */
struct sb_probe {
	enum sb_probe_part part;
	const char *name;   /* "user-namespace", "memory", "clock" */
	bool present;       /* in force as it should be; a limit: by the kernel, over all processes together */
	bool required;      /* no build is possible without it */
	const char *detail; /* "ABI 7", or why not */
	const char *mend;   /* how to get it, or NULL */
};

/** What this machine gives a build. All of it lives in the arena. */
struct sb_survey {
	bool possible;      /* a build can run */
	const char *why;    /* why not; NULL when it can */
	struct sb_probe *probes;
	size_t count;
};

/** Try everything out by doing it. */
SB_MUST_USE int sb_sandbox_survey(struct sb_arena *arena, struct sb_survey *out, struct sb_err *err);

/** Walls around a process that only parses foreign bytes: what is named here, and no more, is what it may do. */
struct sb_parser_cell {
	const void *filter;         /* of the room */
	struct sb_properties walls; /* name → "on", a detail, or "off: reason" */
};

/** Ceilings of one such process. */
struct sb_parser_limits {
	uint64_t data;    /* bytes of heap */
	uint64_t address; /* bytes of address space, with the files that it maps */
	uint64_t seconds; /* of CPU */
};

/**
 * Called once by the single-threaded process that parsers are forked from: namespaces of their own (user, network, IPC, UTS) where the kernel gives
 * them, no new privileges, no capabilities, no core dumps, and the seccomp filter made ready. What cannot be had is "off" in out->walls.
 * Errors: NOMEM, INTERNAL "sandbox-filter", IO "sandbox-setup".
 */
SB_MUST_USE int sb_parser_cell_prepare(struct sb_arena *arena, struct sb_parser_cell *out, struct sb_err *err);

/**
 * Called by the forked process before it reads a foreign byte: limits, then the filter. From then on it may read, write and receive on
 * @channel, map memory (never executable), and exit; anything else ends it. Errors: IO "sandbox-setup": the process must exit.
 */
SB_MUST_USE int sb_parser_cell_enter(const struct sb_parser_cell *cell, const struct sb_parser_limits *limits, int channel, struct sb_err *err);

#endif
