/* SPDX-License-Identifier: Apache-2.0 */
/* What a run found, as plain data; the result record (manifests/record.h) is this, written down. */
#ifndef VERIFIER_MODEL_RESULT_H
#define VERIFIER_MODEL_RESULT_H

#include "verifier/model/builds.h"
#include "verifier/model/lineage.h"
#include "verifier/model/solving.h"
#include "verifier/model/vocabulary.h"

/** Bytes of an artifact by what is known of them, counted at their innermost owner; bytes = equal + claimed + residual + opaque. */
struct sb_coverage {
	uint64_t bytes, equal, claimed, residual, opaque;
};
/** True when the sum holds without overflow. */
bool sb_coverage_adds_up(const struct sb_coverage *coverage);

/** A rule that could have raised a level in this run. */
struct sb_rule_use {
	const char *name;
	unsigned version;
	enum sb_rule kind;
	uint64_t applied; /* differences that it owns */
};

/** One difference, and what is known of it. */
struct sb_finding {
	const char *id;       /* stable within a result: "f1", "f2" … in report order */
	const char *artifact; /* name of the artifact it belongs to */
	const char *const *where; /* way in, outermost first, raw bytes as C strings */
	size_t where_count;
	const char *kind; /* what differs: "bytes", "field", "text", "member", "order", "type", "mode", "limit", "parse" … */
	enum sb_cause cause;
	enum sb_rule rule;
	bool primary; /* false: its bytes are a function of another finding */
	enum sb_severity severity;
	struct sb_extent shipped, rebuilt;
	const char *note; /* one sentence for a person; foreign parts already escaped; never NULL */
	bool located;     /* nobody owns it, and its extents are bytes of the one thing that `inside` leads to: no other has this way on either side */
	const char *const *inside; /* names of the things in things, below the artifact; raw */
	size_t inside_count;
};

/** One shipped file and its rebuilt counterpart. */
struct sb_artifact {
	const char *name; /* raw */
	enum sb_level level;
	struct sb_digest shipped, rebuilt; /* kinds == 0: that side is absent */
	struct sb_coverage coverage;
	uint64_t members; /* leaves below it, at least 1 */
	enum sb_level otherwise; /* that it would have without the differences that nobody owns; UNDETERMINED: not known */
};

/** Bytes that the vendor was free to choose, per cause. */
struct sb_freedom {
	enum sb_cause cause;
	uint64_t bytes;
	bool loaded; /* mapped or read at run time */
};

/** A name with a value; numbers are decimal text with is_int set. */
struct sb_property {
	const char *name, *value;
	bool is_int;
};
struct sb_properties {
	struct sb_property *items;
	size_t count;
};

/** The value of @name, or NULL. */
const char *sb_property_named(const struct sb_properties *properties, const char *name);

/** What the rebuild ran under; all empty for `compare` but the walls around parsers. */
struct sb_environment {
	bool present;
	struct sb_properties host;     /* arch, kernel, cpu-model */
	struct sb_properties walls;    /* name → "on", a detail, or "off: reason" */
	struct sb_properties limits;   /* kind, wall, memory …, and what was hit */
	struct sb_properties controls; /* epoch, clock, hostname … */
	struct sb_properties toolchain; /* root, sha256 … */
	struct sb_properties parsers;  /* walls around the processes that parsed foreign bytes; also of `compare` */
};

/** Equal files of two directories, summed up. */
struct sb_equal_files {
	bool present;
	uint64_t files, bytes;
	uint8_t tree[SB_BLAKE2B_BYTES];
};

/** A file by its name and digest. */
struct sb_named_digest {
	const char *name; /* raw; may be NULL where a document needs none */
	uint8_t sha256[SB_SHA256_BYTES];
};

/** What was evaluated. */
struct sb_delivery {
	const char *name, *version, *vendor; /* raw, never NULL */
	uint8_t manifest[SB_SHA256_BYTES];   /* of its canonical form */
	const struct sb_named_digest *inputs;
	size_t input_count;
	const struct sb_named_digest *prebuilt;     /* what the sources bring ready-made */
	size_t prebuilt_count;
};

/**
 * What runs in the network beside what was delivered and what the source builds. The artifacts of the other two pairs stand among those of
 * the run, named "installed-shipped//NAME" and "installed-rebuilt//NAME"; their `shipped` side is the first that the pair names.
 */
struct sb_installed {
	bool present;
	enum sb_level level[SB_PAIRINGS];
	enum sb_deviant deviates; /* as sb_deviant_of says */
};

/** A file, compared with itself in an earlier run. */
struct sb_changed {
	const char *name; /* raw */
	enum sb_change shipped, rebuilt; /* UNKNOWN where neither run has that side */
};

/** What changed since an earlier run. It never has a say in the level. */
struct sb_previous {
	bool present;
	uint8_t record[SB_SHA256_BYTES]; /* of the earlier record */
	enum sb_level level;             /* of the earlier run */
	const struct sb_changed *artifacts;
	size_t artifact_count;
	const char *const *fresh;        /* ids of findings whose artifact, way in and cause no earlier finding has */
	size_t fresh_count;
	uint64_t same;                   /* findings that an earlier one has, too */
	const struct sb_finding *gone;   /* earlier findings that are no more */
	size_t gone_count;
};

/** A limit that cut the analysis short. */
struct sb_limit_hit {
	const char *name; /* row of base/limits.h */
	uint64_t value;
	const char *where;
};

/** The result record of a run. Zeroed, it is `undetermined` and fails every gate. */
struct sb_result {
	const char *tool_version; /* SB_VERSION */
	const char *rules;        /* version of the rule set */
	const struct sb_rule_use *rule_uses; /* rules of that set; none in a record of an earlier version */
	size_t rule_use_count;
	enum sb_level level;
	const struct sb_delivery *delivery; /* of `verify`; else NULL */
	const struct sb_artifact *artifacts;
	size_t artifact_count;
	const struct sb_finding *findings;
	size_t finding_count;
	uint64_t findings_left_out; /* over SB_LIMIT_FINDINGS */
	const struct sb_freedom *freedom;
	size_t freedom_count;
	struct sb_environment environment;
	struct sb_span trace_document;     /* the bytes whose digest the lineage states; empty: not at hand, and never in the record */
	const struct sb_lineage *lineage; /* of `verify` with a trace; else NULL */
	struct sb_equal_files equal;
	struct sb_installed installed; /* of `compare --installed` */
	struct sb_previous previous;   /* of `compare --previous` */
	struct sb_builds builds;       /* of `verify --repeat` */
	struct sb_solving solving;     /* of `verify --solve` and `--facts` */
	const struct sb_limit_hit *limits;
	size_t limit_count;
};

/**
 * Facts of the rebuilt side, for environment claims. Absent ones are NULL, epoch INT64_MIN, jobs 0:
 * without a fact there is no claim.
 */
struct sb_facts {
	int64_t epoch;
	const char *path, *user, *host, *locale, *timezone, *kernel;
	unsigned jobs;
	/** Files of the toolchain that the build read: absolute paths, raw. What they spell may have come from them. */
	const char *const *tools;
	size_t tool_count;
	bool tools_known; /* all of them are listed */
};
#define SB_FACTS_NONE ((struct sb_facts){.epoch = INT64_MIN})

#endif
