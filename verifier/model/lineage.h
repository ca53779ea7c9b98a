/* SPDX-License-Identifier: Apache-2.0 */
/* What every shipped file was made of, as the trace of the build shows it; the `trace` object of the result record is this, written down. */
#ifndef VERIFIER_MODEL_LINEAGE_H
#define VERIFIER_MODEL_LINEAGE_H

#include "base/base.h"

/** How something got into an output, weakest first. Zero: it did not, as far as is known. */
enum sb_inflow {
	SB_INFLOW_NONE = 0,
	SB_INFLOW_CONTROL, /* read by what started the programs that made it: makefiles, scripts */
	SB_INFLOW_RUN,     /* run, or loaded, to make it */
	SB_INFLOW_DATA,    /* read by a program that wrote it, or wrote what it was made of */
};
#define SB_INFLOWS 4

/** What the build did with a file of the drop. Zero: not known. */
enum sb_use {
	SB_USE_UNKNOWN = 0,
	SB_USE_UNREAD, /* nobody opened it, and its access time says the same */
	SB_USE_COPIED, /* read by programs that only move bytes, and so were the copies */
	SB_USE_READ,
};
#define SB_USES 4

/** Where an input comes from. Zero: not known. */
enum sb_origin {
	SB_ORIGIN_UNKNOWN = 0,
	SB_ORIGIN_SOURCE,    /* the drop */
	SB_ORIGIN_TOOLCHAIN, /* the root file system */
	SB_ORIGIN_BUILT,     /* written by the build itself */
	SB_ORIGIN_GIVEN,     /* made by the environment: /etc/passwd and its like */
	SB_ORIGIN_DEVICE,
};
#define SB_ORIGINS 6

/** What a program of the build is for. Zero: anything else. */
enum sb_trade { SB_TRADE_OTHER = 0, SB_TRADE_COMPILER, SB_TRADE_ASSEMBLER, SB_TRADE_LINKER, SB_TRADE_ARCHIVER, SB_TRADE_INTERPRETER, SB_TRADE_CARRIER };
#define SB_TRADES 7

/** What is said of a package beside what was used of it. Zero: nothing was declared, so nothing can be said. */
enum sb_declaration { SB_DECLARATION_NOTHING = 0, SB_DECLARATION_YES, SB_DECLARATION_OTHER_VERSION, SB_DECLARATION_NO };
#define SB_DECLARATIONS 4

/** Names in the record ("data", "unread", "toolchain", "linker", "other-version"); the readers return false for an unknown word. */
const char *sb_inflow_name(enum sb_inflow inflow);
const char *sb_use_name(enum sb_use use);
const char *sb_origin_name(enum sb_origin origin);
const char *sb_trade_name(enum sb_trade trade);
const char *sb_declaration_name(enum sb_declaration declaration);
SB_MUST_USE bool sb_inflow_parse(const char *name, enum sb_inflow *out);
SB_MUST_USE bool sb_use_parse(const char *name, enum sb_use *out);
SB_MUST_USE bool sb_origin_parse(const char *name, enum sb_origin *out);
SB_MUST_USE bool sb_trade_parse(const char *name, enum sb_trade *out);
SB_MUST_USE bool sb_declaration_parse(const char *name, enum sb_declaration *out);

/** A file that the build was made from. Sorted by origin, then path. */
struct sb_lineage_input {
	const char *path;       /* raw; of the drop below the build path, else absolute */
	enum sb_origin origin;
	bool hashed;            /* sha256 and size are known */
	uint8_t sha256[SB_SHA256_BYTES];
	uint64_t size;          /* bytes */
	bool has_gitoid;        /* only in the run that traced it: records do not keep it */
	uint8_t gitoid[SB_SHA256_BYTES]; /* SHA-256 of "blob SIZE", NUL and the content */
	const char *package;    /* that owns it; NULL: none does, or it is of the drop */
};

/** Indexes of inputs, ascending. */
struct sb_lineage_list {
	const uint32_t *items;
	size_t count;
};

/** One shipped file and what it was made of. */
struct sb_lineage_output {
	const char *name;  /* of the artifact, raw */
	const char *built; /* below the build path, raw */
	bool traced;       /* who wrote it is known; false: nothing of the lists means anything */
	bool has_gitoid;   /* of what was built; as of inputs */
	uint8_t gitoid[SB_SHA256_BYTES];
	struct sb_lineage_list inputs[SB_INFLOWS]; /* by the strongest way in; that of NONE is empty */
	uint64_t left_out; /* inputs over SB_LIMIT_LINEAGE_LINKS */
};

/** Where bytes of a prebuilt file lie in a shipped file. */
struct sb_lineage_place {
	const char *inside; /* way to the member of a packed file that they lie in; "" the file itself; escaped */
	const char *part;   /* section of the prebuilt file; "" all of it; raw */
	uint64_t from;     /* offset in the prebuilt file, or in what it encodes */
	uint64_t offset;   /* in the shipped file, or in that member of it */
	uint64_t length;   /* bytes of both */
	uint64_t equal;    /* of them; the rest is what linkers patch */
};

/** A shipped file that a prebuilt one gets into. */
struct sb_lineage_reached {
	const char *name;  /* of the artifact, raw */
	enum sb_inflow reach;
	bool searched;     /* its bytes were looked for; a packed file hides them */
	const struct sb_lineage_place *places; /* by offset */
	size_t place_count;
};

/** Format of a ready-made archive that nobody could look into: what lies in it may be anything. */
#define SB_PREBUILT_UNREAD "archive, not looked into"

/** Something ready-made: among the sources, or a file of the toolchain that was copied into what was delivered. */
struct sb_lineage_prebuilt {
	const char *path;   /* below the build path, or absolute: of the toolchain; raw */
	const char *format; /* "ELF", "C array": static or of the drop */
	uint8_t sha256[SB_SHA256_BYTES];
	uint64_t size;      /* bytes */
	enum sb_use use;
	const struct sb_lineage_reached *reached; /* by name */
	size_t reached_count;
};

/** A program that ran. */
struct sb_lineage_program {
	const char *path;    /* raw, as of inputs */
	enum sb_trade trade;
	enum sb_origin origin;
	bool hashed;
	uint8_t sha256[SB_SHA256_BYTES];
	const char *package, *version; /* that it belongs to; NULL: none */
	uint64_t runs;
};

/** A package of the root of which something was read or run. */
struct sb_lineage_package {
	const char *name, *arch, *version;
	enum sb_declaration declared;
	uint64_t files; /* of it that were used */
};

/** Something that the build tried and that a hermetic build does not do. */
struct sb_lineage_attempt {
	const char *kind;    /* "network", "clock" …: a word of the recorder */
	const char *program; /* path of who tried; raw */
	const char *text;    /* what; escaped */
	uint64_t count;
};

/** Zeroed: nothing is known. */
struct sb_lineage {
	bool trusted;            /* false: some of what follows may be wrong or missing, for these reasons */
	const char *const *reasons, *const *witnesses; /* escaped; words */
	size_t reason_count, witness_count;
	uint64_t processes, files, edges; /* of the graph */
	bool documented;
	uint8_t document[SB_SHA256_BYTES]; /* of the trace document */
	const struct sb_lineage_input *inputs;
	size_t input_count;
	const struct sb_lineage_output *outputs; /* in the order of the artifacts */
	size_t output_count;
	const struct sb_lineage_prebuilt *prebuilt; /* by path */
	size_t prebuilt_count;
	uint64_t sources;                            /* files of the drop, and what archives in it hold: "a.tar.xz!/a/x.c" */
	const char *const *unread, *const *copied, *const *untold; /* of them; raw, sorted. Of the last it is not known whether they were read */
	size_t unread_count, copied_count, untold_count;
	const struct sb_lineage_program *programs;   /* by trade, then path */
	size_t program_count;
	const struct sb_lineage_package *packages;   /* by name and architecture */
	size_t package_count;
	const char *const *unused;                   /* declared packages of which nothing was used */
	size_t unused_count;
	bool declared;                               /* the drop says which packages its toolchain consists of */
	const struct sb_lineage_attempt *attempts;   /* by kind, program, text */
	size_t attempt_count;
	uint64_t left_out;                           /* entries of these lists over their limits */
};

#endif
