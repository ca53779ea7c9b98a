/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/model/vocabulary.h"
#include "verifier/model/words.h"

static const char *const level_names[SB_LEVELS] = {
	[SB_LEVEL_UNDETERMINED] = "undetermined",
	[SB_LEVEL_DIFFERENT] = "different",
	[SB_LEVEL_IMAGE_IDENTICAL] = "image-identical",
	[SB_LEVEL_REPACKAGED] = "repackaged",
	[SB_LEVEL_EXPLAINED] = "explained",
	[SB_LEVEL_UNSIGNED_IDENTICAL] = "unsigned-identical",
	[SB_LEVEL_REPRODUCED] = "reproduced",
	[SB_LEVEL_IDENTICAL] = "identical",
};

static const char *const cause_names[SB_CAUSES] = {
	[SB_CAUSE_UNEXPLAINED] = "unexplained",
	[SB_CAUSE_TIMESTAMP] = "timestamp",
	[SB_CAUSE_BUILD_PATH] = "build-path",
	[SB_CAUSE_USER] = "user",
	[SB_CAUSE_HOST] = "host",
	[SB_CAUSE_KERNEL] = "kernel",
	[SB_CAUSE_LOCALE] = "locale",
	[SB_CAUSE_TIMEZONE] = "timezone",
	[SB_CAUSE_UMASK] = "umask",
	[SB_CAUSE_CPU_COUNT] = "cpu-count",
	[SB_CAUSE_PARALLELISM] = "parallelism",
	[SB_CAUSE_ORDER] = "order",
	[SB_CAUSE_READDIR] = "readdir",
	[SB_CAUSE_RANDOM] = "random",
	[SB_CAUSE_PID] = "pid",
	[SB_CAUSE_ASLR] = "aslr",
	[SB_CAUSE_BUILD_ID] = "build-id",
	[SB_CAUSE_CHECKSUM] = "checksum",
	[SB_CAUSE_SIGNATURE] = "signature",
	[SB_CAUSE_COMPRESSION] = "compression",
	[SB_CAUSE_CONTAINER_METADATA] = "container-metadata",
	[SB_CAUSE_OWNERSHIP] = "ownership",
	[SB_CAUSE_PERMISSIONS] = "permissions",
	[SB_CAUSE_DEBUG_INFO] = "debug-info",
	[SB_CAUSE_COMPILER] = "compiler",
	[SB_CAUSE_FLAGS] = "flags",
	[SB_CAUSE_LINE_NUMBER] = "line-number",
	[SB_CAUSE_PADDING] = "padding",
	[SB_CAUSE_COMPONENT_VERSION] = "component-version",
	[SB_CAUSE_SOURCE_CHANGE] = "source-change",
	[SB_CAUSE_MISSING] = "missing",
	[SB_CAUSE_EXTRA] = "extra",
	[SB_CAUSE_PREBUILT] = "prebuilt",
};

static const char *const rule_names[SB_RULES] = {
	[SB_RULE_NONE] = "none",
	[SB_RULE_HINT] = "hint",
	[SB_RULE_DERIVED] = "derived",
	[SB_RULE_STRUCTURAL] = "structural",
	[SB_RULE_ENVIRONMENT] = "environment",
	[SB_RULE_IDENTIFIER] = "identifier",
	[SB_RULE_COUNTERFACTUAL] = "counterfactual",
};

static const char *const severity_names[SB_SEVERITIES] = {
	[SB_SEVERITY_CRITICAL] = "critical",
	[SB_SEVERITY_MAJOR] = "major",
	[SB_SEVERITY_MINOR] = "minor",
	[SB_SEVERITY_INFO] = "info",
};

static const char *const pairing_names[SB_PAIRINGS] = {
	[SB_PAIRING_SHIPPED_REBUILT] = "shipped-rebuilt",
	[SB_PAIRING_INSTALLED_SHIPPED] = "installed-shipped",
	[SB_PAIRING_INSTALLED_REBUILT] = "installed-rebuilt",
};

static const char *const deviant_names[SB_DEVIANTS] = {
	[SB_DEVIANT_UNDETERMINED] = "undetermined",
	[SB_DEVIANT_NONE] = "none",
	[SB_DEVIANT_INSTALLED] = "installed",
	[SB_DEVIANT_SHIPPED] = "shipped",
	[SB_DEVIANT_REBUILT] = "rebuilt",
	[SB_DEVIANT_ALL] = "all",
	[SB_DEVIANT_UNCLEAR] = "unclear",
};

static const char *const change_names[SB_CHANGES] = {
	[SB_CHANGE_UNKNOWN] = "unknown",
	[SB_CHANGE_SAME] = "same",
	[SB_CHANGE_CHANGED] = "changed",
	[SB_CHANGE_NEW] = "new",
	[SB_CHANGE_GONE] = "gone",
};

const char *sb_level_name(enum sb_level level)
{
	return sb_word_of(level_names, SB_LEVELS, (size_t)level);
}

const char *sb_cause_name(enum sb_cause cause)
{
	return sb_word_of(cause_names, SB_CAUSES, (size_t)cause);
}

const char *sb_rule_name(enum sb_rule rule)
{
	return sb_word_of(rule_names, SB_RULES, (size_t)rule);
}

const char *sb_severity_name(enum sb_severity severity)
{
	return sb_word_of(severity_names, SB_SEVERITIES, (size_t)severity);
}

const char *sb_pairing_name(enum sb_pairing pairing)
{
	return sb_word_of(pairing_names, SB_PAIRINGS, (size_t)pairing);
}

const char *sb_deviant_name(enum sb_deviant deviant)
{
	return sb_word_of(deviant_names, SB_DEVIANTS, (size_t)deviant);
}

const char *sb_change_name(enum sb_change change)
{
	return sb_word_of(change_names, SB_CHANGES, (size_t)change);
}

bool sb_change_parse(const char *name, enum sb_change *out)
{
	size_t value;
	if (!sb_word_find(change_names, SB_CHANGES, name, &value))
		return false;
	*out = (enum sb_change)value;
	return true;
}

bool sb_level_parse(const char *name, enum sb_level *out)
{
	size_t value;
	if (!sb_word_find(level_names, SB_LEVELS, name, &value))
		return false;
	*out = (enum sb_level)value;
	return true;
}

bool sb_cause_parse(const char *name, enum sb_cause *out)
{
	size_t value;
	if (!sb_word_find(cause_names, SB_CAUSES, name, &value))
		return false;
	*out = (enum sb_cause)value;
	return true;
}

bool sb_rule_parse(const char *name, enum sb_rule *out)
{
	size_t value;
	if (!sb_word_find(rule_names, SB_RULES, name, &value))
		return false;
	*out = (enum sb_rule)value;
	return true;
}

bool sb_severity_parse(const char *name, enum sb_severity *out)
{
	size_t value;
	if (!sb_word_find(severity_names, SB_SEVERITIES, name, &value))
		return false;
	*out = (enum sb_severity)value;
	return true;
}

enum sb_level sb_level_worse(enum sb_level a, enum sb_level b)
{
	return a < b ? a : b;
}

enum sb_deviant sb_deviant_of(const enum sb_level level[SB_PAIRINGS])
{
	/* By which pairs agree: 1 shipped and rebuilt, 2 installed and shipped, 4 installed and rebuilt. */
	static const enum sb_deviant deviants[] = {SB_DEVIANT_ALL,     SB_DEVIANT_INSTALLED, SB_DEVIANT_REBUILT, SB_DEVIANT_UNCLEAR,
	                                           SB_DEVIANT_SHIPPED, SB_DEVIANT_UNCLEAR,   SB_DEVIANT_UNCLEAR, SB_DEVIANT_NONE};
	unsigned agree = 0;

	for (unsigned pairing = 0; pairing < SB_PAIRINGS; pairing++) {
		if (level[pairing] == SB_LEVEL_UNDETERMINED)
			return SB_DEVIANT_UNDETERMINED;
		agree |= (unsigned)(level[pairing] >= SB_LEVEL_EXPLAINED) << pairing;
	}
	return deviants[agree];
}
