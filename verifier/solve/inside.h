/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room. */
#ifndef VERIFIER_SOLVE_INSIDE_H
#define VERIFIER_SOLVE_INSIDE_H

#include "verifier/solve/solve.h"
#include "verifier/solve/stamp.h"

/* Ceilings of what is remembered; what lies beyond is not looked at, and costs a candidate at most. */
enum { SB_RUNS_MOST = 400000, SB_UNIQUE_MOST = 65536, SB_TEMPLATES_MOST = 512, SB_CANDIDATES_MOST = 65536, SB_CANDIDATES_OF_ONE = 512, SB_NEEDED_MOST = 64, SB_VOTES_MOST = 65536, SB_RUN_MOST = 4200 };

/**
 * Work that one artifact may cost, over all of its members: whoever chose the strings of both sides chose how long they take. A step is some
 * nanoseconds, so that all of them are a few seconds. When they are spent, candidates are fewer and never wrong: each is only proposed.
 */
enum { SB_STEPS_MOST = 1 << 28 };

/** Where something was read. Put into words only when a candidate comes of it: a file may have more places than memory has room for texts. */
struct sb_spot {
	const struct sb_pair *pair;
	size_t offset;        /* in the shipped side, or SIZE_MAX: of the whole */
	const char *how;      /* name of the extractor; static */
};

/** A moment that the shipped file has where the rebuilt one has its own. */
struct sb_time_vote {
	struct sb_stamp shipped, rebuilt;
	bool input;           /* a time of a file: it may be older than the build */
	uint64_t weight;
	struct sb_spot place;
};

/** Permissions of one file on both sides. */
struct sb_mode_vote {
	uint32_t shipped, rebuilt;
	struct sb_spot place;
};

/** One inference. */
struct sb_inferring {
	const struct sb_solve_in *in;
	struct sb_arena *arena;
	int64_t epoch;             /* ours; INT64_MIN: not known */
	struct sb_vec candidates;  /* struct sb_candidate */
	struct sb_vec needed;      /* struct sb_needed */
	struct sb_vec times;       /* struct sb_time_vote */
	struct sb_vec modes;       /* struct sb_mode_vote */
	const struct sb_compared *artifact; /* that is looked at: it is read by itself, since others may have been built elsewhere */
	size_t first;              /* its first candidate */
	uint64_t left;             /* steps that it may still cost */
	bool failed;               /* out of memory */
	bool stopped;              /* on request */
};

/** Reads facts from one pair whose bytes differ. One row of a const table; a fact may have several. */
struct sb_extractor {
	const char *name;
	void (*read)(struct sb_inferring *in, const struct sb_pair *pair);
};

extern const struct sb_extractor sb_extract_texts;    /* strings that hold a value of ours, with another one in its place */
extern const struct sb_extractor sb_extract_times;    /* typed fields, times of members */
extern const struct sb_extractor sb_extract_modes;    /* permissions of members */
extern const struct sb_extractor sb_extract_order;    /* members the other way round */
extern const struct sb_extractor sb_extract_padding;  /* what a removed run path leaves */
extern const struct sb_extractor sb_extract_years;    /* the year as a number in code */
extern const struct sb_extractor sb_extract_tools;    /* idents of compilers and tools: needed, not set */

/** Take @steps off what is left. False when they are not there, from then on, or when somebody asks to stop: nothing more is to be looked at. */
SB_MUST_USE bool sb_solve_spend(struct sb_inferring *in, uint64_t steps);
/** Does somebody ask to stop, or has somebody? */
SB_MUST_USE bool sb_solve_stops(struct sb_inferring *in);

/** What all pairs together say of time, and of the umask. */
void sb_solve_conclude_times(struct sb_inferring *in);
void sb_solve_conclude_modes(struct sb_inferring *in);

/** "a.deb > data.tar > ./usr/bin/x, .rodata at 0x12": escaped, in the arena; "" when out of memory, which is remembered. */
const char *sb_solve_where(struct sb_inferring *in, const struct sb_spot *place);

/** Speak for a value with @weight. One that is not plausible, or is ours already, is dropped. */
void sb_solve_propose(struct sb_inferring *in, enum sb_knob knob, struct sb_span value, uint64_t weight, const struct sb_spot *place);
/** The same of a number. */
void sb_solve_propose_number(struct sb_inferring *in, enum sb_knob knob, int64_t value, uint64_t weight, const struct sb_spot *place);
/** A moment on both sides. */
void sb_solve_vote_time(struct sb_inferring *in, const struct sb_time_vote *vote);

/** A tool that only another version of gives these bytes; texts are escaped here. The same is told once. */
void sb_solve_need(struct sb_inferring *in, struct sb_span what, struct sb_span version, struct sb_span ours, const struct sb_spot *place);

/** Ours of @knob; empty when not known. */
static inline struct sb_span sb_solve_ours_of(const struct sb_inferring *in, enum sb_knob knob)
{
	const char *value = in->in->ours->value[knob];
	return sb_span_text(value ? value : "");
}

/* ---- strings ---- */

/** Printable bytes in a row. */
struct sb_run {
	const uint8_t *p;
	uint32_t n, at; /* length; place among the runs of its side */
};
static inline struct sb_span sb_run_span(const struct sb_run *run)
{
	return sb_span_of(run->p, run->n);
}

/** Strings of both sides of one pair. */
struct sb_runs {
	struct sb_vec all[SB_SIDES];    /* struct sb_run, in order of appearance */
	struct sb_vec unique[SB_SIDES]; /* struct sb_run that the other side has not, each text once, sorted */
};
/** Strings of @pair that no child of it owns. Release in any case. False when out of memory. */
SB_MUST_USE bool sb_runs_read(struct sb_runs *runs, const struct sb_comparison *comparison, const struct sb_pair *pair);
void sb_runs_release(struct sb_runs *runs);
/** Do the two stand beside the same text, before or behind? */
bool sb_runs_are_neighbours(const struct sb_runs *runs, const struct sb_run *shipped, const struct sb_run *rebuilt);
/** Ask for tools in the strings of a pair; called with the strings that sb_extract_texts has read. */
void sb_tools_read(struct sb_inferring *in, const struct sb_pair *pair, const struct sb_runs *runs);

/* ---- strings with values in them ---- */

enum { SB_SLOTS_MOST = 8 };
struct sb_slot {
	enum sb_knob knob;
	unsigned form;      /* of EPOCH: how the time is written */
	uint32_t at, n;     /* in the text */
};
/** A text of ours, with places where another build would have written something else. */
struct sb_template {
	struct sb_span text;
	struct sb_slot slots[SB_SLOTS_MOST];
	unsigned count;
	size_t literal;     /* bytes outside slots */
};
/** Find our values in @text. False when there is none, or when it costs too much. */
SB_MUST_USE bool sb_template_make(struct sb_inferring *in, struct sb_span text, struct sb_template *out);
/** Is @text the same text with other values? Then they are in @values, one for each slot; one value for each knob but EPOCH.
 * False also when it costs too much. */
SB_MUST_USE bool sb_template_match(struct sb_inferring *in, const struct sb_template *template, struct sb_span text, struct sb_span values[SB_SLOTS_MOST]);

#endif
