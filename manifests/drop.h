/* SPDX-License-Identifier: Apache-2.0 */
/* The drop manifest, schema samebuild-drop/1: DESIGN section 3. */
#ifndef MANIFESTS_DROP_H
#define MANIFESTS_DROP_H

#include "hashing/hashing.h"
#include "manifests/node.h"

enum sb_source_kind { SB_SOURCE_SOURCE = 0, SB_SOURCE_BLOB };

struct sb_drop_source {
	const char *path;            /* relative to the manifest's folder, normalised */
	uint8_t sha256[SB_SHA256_BYTES];
	const char *into;            /* relative to build.path, "." by default */
	unsigned strip;
	bool unpack;                 /* true by default */
	enum sb_source_kind kind;
	const char *reason;          /* of a blob */
	unsigned line, column;
};

enum sb_step_kind { SB_STEP_RUN = 0, SB_STEP_SHELL };
struct sb_drop_step {
	enum sb_step_kind kind;
	const char *const *argv;     /* RUN: NULL-terminated */
	const char *script;          /* SHELL */
	const char *name;            /* or NULL */
	const char *cwd;             /* relative to build.path, "." by default */
	uint64_t timeout;            /* seconds, 0: none of its own */
};

enum sb_clock { SB_CLOCK_REAL = 0, SB_CLOCK_SHIFT, SB_CLOCK_FROZEN };

/** In which order the files of a folder are made, and so listed and numbered. */
enum sb_order { SB_ORDER_SORTED = 0, SB_ORDER_REVERSED, SB_ORDER_SHUFFLED };

/** What the build sees of the times of files: they follow its clock, or stay what the kernel stamps on them. */
enum sb_file_times { SB_FILE_TIMES_SHIFT = 0, SB_FILE_TIMES_REAL };

/** Every nondeterminism that the sandbox sets. */
struct sb_controls {
	int64_t epoch;               /* seconds; SOURCE_DATE_EPOCH and the start of the build's clock */
	enum sb_clock clock;
	enum sb_file_times file_times; /* of no effect when the clock is real */
	const char *hostname, *user, *locale, *timezone;
	unsigned jobs;
	unsigned umask;
	const char *home;            /* default /nonexistent */
	const char *domain;          /* of the host, "(none)" by default */
	const char *kernel;          /* release string to show, NULL: the host's */
	const char *kernel_version;  /* what uname -v shows, NULL: the host's, or a plain one when kernel is given */
	bool aslr;                   /* addresses differ from run to run */
	enum sb_order order;
	unsigned pid_offset;         /* process numbers begin after it */
	unsigned inode_offset;       /* numbers of source files begin after it */
	uint64_t source_age;         /* seconds by which sources look older than they are */
	int64_t source_time;         /* latest time of a source; 0: the epoch */
	unsigned cpus;               /* shown to the build, 0: as jobs */
	uint64_t seed;               /* of the randomness stream; 0: real randomness */
};

struct sb_drop_limits {
	uint64_t wall;      /* seconds */
	uint64_t memory, disk; /* bytes */
	uint64_t processes;
	uint64_t inodes, open_files;           /* 0 here and below: the environment's default */
	uint64_t file_size, log;               /* bytes */
	uint64_t output_size, output_file_size, output_count;
	uint64_t unpacked, entries; /* of the sources */
};

struct sb_drop_output {
	const char *shipped; /* relative to the manifest's folder; file or directory */
	const char *built;   /* relative to build.path */
	unsigned line, column;
};

struct sb_drop_env { const char *name, *value; };

struct sb_drop {
	const char *name, *version, *vendor; /* vendor may be NULL */
	const struct sb_drop_source *sources;
	size_t source_count;
	struct {
		bool host;             /* root: host */
		const char *root;      /* else: archive, relative to the manifest's folder */
		uint8_t sha256[SB_SHA256_BYTES];
		const char *const *packages; /* that it consists of as the vendor says: "name", "name:arch", either with "=version"; NULL: nothing is said */
		size_t package_count;
	} toolchain;
	const char *build_path;
	const struct sb_drop_env *env; /* sorted by name */
	size_t env_count;
	const struct sb_drop_step *steps;
	size_t step_count;
	struct sb_controls control;
	struct sb_drop_limits limits;
	bool allow_ptrace;                         /* build.allow */
	const struct sb_drop_output *outputs;
	size_t output_count;
	uint8_t canonical_sha256[SB_SHA256_BYTES]; /* of the canonical JSON of the whole manifest */
	uint8_t recipe_sha256[SB_SHA256_BYTES];    /* of the canonical JSON of its build section */
};

/**
 * Read drop.yaml or drop.json (chosen by @name's ending). All strings live in @arena.
 * On failure @problems (may be NULL) holds up to SB_PROBLEMS_MAX failures with line, column and "did you mean", and @err the first of
 * them. @out is untouched then. Ids: drop-*, yaml-*, json-*, repeated-key, unknown-key, missing-key, wrong-type, bad-value, path-escapes.
 * A value beginning with TODO is "drop-todo". Defaults are those of docs/manifest.md.
 */
SB_MUST_USE int sb_drop_read(struct sb_span text, const char *name, struct sb_arena *arena, struct sb_drop *out,
                             struct sb_problems *problems, struct sb_err *err);

#endif
