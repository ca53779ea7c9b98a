/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: what was built, and what follows from it for one file. */
#ifndef VERIFIER_VARY_SEARCH_H
#define VERIFIER_VARY_SEARCH_H

#include "verifier/vary/vary.h"

enum { SB_VARY_BUILDS_MOST = 160, SB_VARY_NOT_SEEN = 255, SB_VARY_CLASSES_MOST = 250 };

/** An outcome of a file that is not that of the first build. */
struct sb_vary_outcome {
	uint8_t id[SB_VARY_ID_BYTES];
	uint8_t class;
	const struct sb_vary_outcome *next;
};

/** One file; the first of all is the build itself, which differs when it fails. */
struct sb_vary_unit {
	uint8_t control[SB_VARY_ID_BYTES];
	const struct sb_vary_outcome *outcomes;
	uint8_t classes;
	bool touched;   /* it was unequal once */
	bool unsteady;  /* chance plays a part */
	bool stuck;     /* nothing more can be found out */
	uint32_t together[SB_VARY_TOGETHER_MOST];
	size_t together_count;
};

struct sb_vary {
	struct sb_arena *arena;
	uint32_t axes, random;
	size_t unit_count;
	struct sb_vary_unit *units;
	uint32_t masks[SB_VARY_BUILDS_MOST];
	uint8_t *classes[SB_VARY_BUILDS_MOST]; /* of every unit: 0 as the first build, NOT_SEEN nothing known */
	size_t build_count, build_most;
};

/** What all builds together say of one unit. */
struct sb_vary_facts {
	uint32_t innocent;   /* in a set that changed nothing */
	uint32_t guilty;     /* all that is left of a set that changed something */
	uint32_t together;   /* members of sets that change it only as a whole */
	uint32_t unknown;    /* of the axes that are searched */
	uint32_t hypothesis; /* if one axis alone is guilty, it is one of these */
	bool puzzled;        /* a set changed something and none of the above says why: */
	uint32_t puzzle;     /* that set, the one with the fewest suspects */
	uint32_t suspects;   /* of it; 0: only together can they be guilty */
};

void sb_vary_look(const struct sb_vary *vary, size_t unit, uint32_t axes, struct sb_vary_facts *out);

/** Axes that change a unit, alone or together. */
static inline uint32_t sb_vary_named(const struct sb_vary_facts *facts)
{
	return facts->guilty | facts->together;
}
/** A build that @unit is known of in which, of the axes @all, just those @wanted were varied; SIZE_MAX: none. */
size_t sb_vary_find_evidence(const struct sb_vary *vary, size_t unit, uint32_t all, uint32_t wanted);
/** Axes that files are searched among: those that do not make the build itself fail. */
uint32_t sb_vary_searched(const struct sb_vary *vary);

/** How many axes a set has, and the first half of them. */
unsigned sb_vary_size(uint32_t set);
uint32_t sb_vary_half(uint32_t set);
/** Was this very set built, whatever came of it? */
bool sb_vary_built(const struct sb_vary *vary, uint32_t mask);

/**
 * Look for a smallest set within @set, which changed @unit although each part of it seems innocent. True: it is in *out. False: *out is to be built first.
 */
bool sb_vary_narrow(const struct sb_vary *vary, size_t unit, uint32_t set, uint32_t *out);

/** Does every build agree with what was concluded? One outcome for one set of guilty axes, and none without. */
bool sb_vary_agrees(const struct sb_vary *vary, size_t unit, const struct sb_vary_facts *facts);

#endif
