/* SPDX-License-Identifier: Apache-2.0 */
/* The closed lists of the contract: levels, causes, rules, severities. */
#ifndef VERIFIER_MODEL_VOCABULARY_H
#define VERIFIER_MODEL_VOCABULARY_H

#include "base/base.h"

/** How much was proven, worst first: the zero value is never a pass, and the smaller of two levels is the worse. */
enum sb_level {
	SB_LEVEL_UNDETERMINED = 0,
	SB_LEVEL_DIFFERENT,
	SB_LEVEL_IMAGE_IDENTICAL,
	SB_LEVEL_REPACKAGED,
	SB_LEVEL_EXPLAINED,
	SB_LEVEL_UNSIGNED_IDENTICAL,
	SB_LEVEL_REPRODUCED,
	SB_LEVEL_IDENTICAL,
};
#define SB_LEVELS 8

/** Why bytes differ; the closed list of the contract. Zero is the honest answer when nothing is known. */
enum sb_cause {
	SB_CAUSE_UNEXPLAINED = 0,
	SB_CAUSE_TIMESTAMP, SB_CAUSE_BUILD_PATH, SB_CAUSE_USER, SB_CAUSE_HOST, SB_CAUSE_KERNEL, SB_CAUSE_LOCALE,
	SB_CAUSE_TIMEZONE, SB_CAUSE_UMASK, SB_CAUSE_CPU_COUNT, SB_CAUSE_PARALLELISM, SB_CAUSE_ORDER, SB_CAUSE_READDIR,
	SB_CAUSE_RANDOM, SB_CAUSE_PID, SB_CAUSE_ASLR, SB_CAUSE_BUILD_ID, SB_CAUSE_CHECKSUM, SB_CAUSE_SIGNATURE,
	SB_CAUSE_COMPRESSION, SB_CAUSE_CONTAINER_METADATA, SB_CAUSE_OWNERSHIP, SB_CAUSE_PERMISSIONS, SB_CAUSE_DEBUG_INFO,
	SB_CAUSE_COMPILER, SB_CAUSE_FLAGS, SB_CAUSE_LINE_NUMBER, SB_CAUSE_PADDING, SB_CAUSE_COMPONENT_VERSION,
	SB_CAUSE_SOURCE_CHANGE, SB_CAUSE_MISSING, SB_CAUSE_EXTRA, SB_CAUSE_PREBUILT,
};
#define SB_CAUSES 33

/** What kind of argument owns a difference (DESIGN section 4). NONE and HINT own nothing. */
enum sb_rule {
	SB_RULE_NONE = 0,
	SB_RULE_HINT,
	SB_RULE_DERIVED,
	SB_RULE_STRUCTURAL,
	SB_RULE_ENVIRONMENT,
	SB_RULE_IDENTIFIER,
	SB_RULE_COUNTERFACTUAL,
};
#define SB_RULES 7

/** Zero is the worst, so that a forgotten severity is loud. */
enum sb_severity { SB_SEVERITY_CRITICAL = 0, SB_SEVERITY_MAJOR, SB_SEVERITY_MINOR, SB_SEVERITY_INFO };
#define SB_SEVERITIES 4

/** Which two of the things that are compared three ways; the first is what a run is about. */
enum sb_pairing { SB_PAIRING_SHIPPED_REBUILT = 0, SB_PAIRING_INSTALLED_SHIPPED, SB_PAIRING_INSTALLED_REBUILT };
#define SB_PAIRINGS 3

/** Which of three things is unlike the other two. Zero: not known. */
enum sb_deviant {
	SB_DEVIANT_UNDETERMINED = 0, /* a pair is undetermined */
	SB_DEVIANT_NONE,             /* all pairs agree */
	SB_DEVIANT_INSTALLED,        /* only shipped and rebuilt agree */
	SB_DEVIANT_SHIPPED,
	SB_DEVIANT_REBUILT,
	SB_DEVIANT_ALL,              /* no two agree */
	SB_DEVIANT_UNCLEAR,          /* two pairs agree and the third does not */
};
#define SB_DEVIANTS 7

/** What became of a file since an earlier run. Zero: not known. */
enum sb_change {
	SB_CHANGE_UNKNOWN = 0,
	SB_CHANGE_SAME,    /* the same digests */
	SB_CHANGE_CHANGED,
	SB_CHANGE_NEW,     /* listed now and not then */
	SB_CHANGE_GONE,    /* listed then and not now */
};
#define SB_CHANGES 5

/* Names of the contract ("image-identical", "build-path"); the readers return false for an unknown word. */
const char *sb_level_name(enum sb_level level);
const char *sb_cause_name(enum sb_cause cause);
const char *sb_rule_name(enum sb_rule rule);
const char *sb_severity_name(enum sb_severity severity);
const char *sb_pairing_name(enum sb_pairing pairing);
const char *sb_deviant_name(enum sb_deviant deviant);
const char *sb_change_name(enum sb_change change);
SB_MUST_USE bool sb_change_parse(const char *name, enum sb_change *out);
SB_MUST_USE bool sb_level_parse(const char *name, enum sb_level *out);
SB_MUST_USE bool sb_cause_parse(const char *name, enum sb_cause *out);
SB_MUST_USE bool sb_rule_parse(const char *name, enum sb_rule *out);
SB_MUST_USE bool sb_severity_parse(const char *name, enum sb_severity *out);

/** Which of the three is unlike the others; two agree when they are at `explained` or better. */
enum sb_deviant sb_deviant_of(const enum sb_level level[SB_PAIRINGS]);

/** The worse of two levels. */
enum sb_level sb_level_worse(enum sb_level a, enum sb_level b);

#endif
