/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the format: Java class files. Source: The Java Virtual Machine Specification, Java SE 17, chapters 4 and 6. docs/formats/class.md says
 * what is owned and what it means.
 */
#ifndef VERIFIER_FORMATS_CLASS_CLASS_H
#define VERIFIER_FORMATS_CLASS_CLASS_H

#include "verifier/formats/emit.h"
#include "verifier/formats/rows.h"

enum { SB_CLASS_HEADER = 8 };

/** Tags of regions: what stands in them. */
enum sb_class_tag {
	SB_CLASS_TAG_NONE = 0, SB_CLASS_TAG_HEADER, SB_CLASS_TAG_POOL, SB_CLASS_TAG_CLASS, SB_CLASS_TAG_COUNT, SB_CLASS_TAG_FEATURE, SB_CLASS_TAG_ATTRIBUTE
};

/* Table 4.4-A. */
enum sb_constant_tag {
	SB_CONSTANT_UTF8 = 1, SB_CONSTANT_INTEGER = 3, SB_CONSTANT_FLOAT, SB_CONSTANT_LONG, SB_CONSTANT_DOUBLE, SB_CONSTANT_CLASS, SB_CONSTANT_STRING,
	SB_CONSTANT_FIELD, SB_CONSTANT_METHOD, SB_CONSTANT_INTERFACE_METHOD, SB_CONSTANT_NAME_AND_TYPE, SB_CONSTANT_HANDLE = 15, SB_CONSTANT_METHOD_TYPE,
	SB_CONSTANT_DYNAMIC, SB_CONSTANT_INVOKE_DYNAMIC, SB_CONSTANT_MODULE, SB_CONSTANT_PACKAGE
};

struct sb_constant {
	uint32_t offset; /* of its tag in the file */
	uint8_t tag;     /* 0: the place holds none */
};

/** What each constant denotes. */
struct sb_class_senses {
	struct sb_sense *constants; /* zeroed where a constant does not resolve */
	struct sb_sense pool;       /* of the bytes that all of it was resolved from */
};

struct sb_class {
	struct sb_span file;
	struct sb_constant *pool;
	size_t pool_count;              /* with the one that is not there */
	struct sb_class_senses senses;  /* made when first asked for */
	uint8_t *uses;                  /* bits of enum sb_constant_use, by number; NULL until somebody asks. Of number 0: a part cannot be read */
};

/** The region and its owners: behind open() of the format. Errors: FORMAT "file-damaged"; LIMIT, NOMEM. */
SB_MUST_USE int sb_class_open(struct sb_view *view, const char *hint, struct sb_err *err);

/** Kinds of constants that a number may lead to: a set of bits by tag. */
#define SB_CONSTANT_BIT(tag) (1U << (tag))

/** Who leads to a constant. */
enum sb_constant_use { SB_CONSTANT_USED = 1, SB_CONSTANT_QUOTED = 2 }; /* by its number; as the text of a String */

/** How a constant of one tag is written. */
struct sb_constant_form {
	uint8_t size;       /* bytes behind the tag; 0: no known tag */
	uint8_t rank;       /* 1 + the highest rank of what it leads to; 0: it leads nowhere; DYNAMIC: through a bootstrap method */
	uint8_t kind;       /* bytes in front of the numbers */
	uint32_t leads[2];  /* what its numbers may lead to; 0: it has no such number */
	const char *name;   /* "String" */
};
enum { SB_CONSTANT_RANK_DYNAMIC = 4 };
/** Of text only the length in front has a form. Never NULL. */
const struct sb_constant_form *sb_constant_form(uint64_t tag);

/** Read the pool at @rd, which ends behind it. Errors: FORMAT "file-damaged"; NOMEM. */
SB_MUST_USE int sb_class_read_pool(struct sb_class *class, struct sb_rd *rd, struct sb_arena *arena, struct sb_err *err);
/** Bytes of the constant behind its tag; empty when there is none. */
struct sb_span sb_class_constant(const struct sb_class *class, uint64_t index);
/** Text of a constant of kind Utf8; p NULL for any other. */
struct sb_span sb_class_text(const struct sb_class *class, uint64_t index);

/** Fill class->senses once. Linear: a constant that leads through more than some bootstrap methods does not resolve. Errors: NOMEM. */
SB_MUST_USE int sb_class_resolve(struct sb_view *view, struct sb_err *err);
/** What the number leads to. One that does not resolve leads to itself in this pool and in no other. sb_class_resolve goes before. */
struct sb_sense sb_class_sense(const struct sb_class *class, uint64_t index);
/** Bytes that cannot be read as what they should be: they mean the same with the same pool only. */
struct sb_sense sb_class_unreadable(const struct sb_class *class, struct sb_span bytes);
/** Of bytes that lead nowhere; @kind keeps things apart that are written alike. */
struct sb_sense sb_class_bytes_sense(unsigned kind, struct sb_span bytes);



/** How operands of an instruction are written (6.5). */
enum sb_operands {
	SB_OPERANDS_NONE = 0, SB_OPERANDS_BYTE, SB_OPERANDS_SHORT, SB_OPERANDS_LOCAL, SB_OPERANDS_INCREMENT, SB_OPERANDS_TYPE,
	SB_OPERANDS_SMALL_CONSTANT, SB_OPERANDS_CONSTANT, SB_OPERANDS_INTERFACE, SB_OPERANDS_DYNAMIC, SB_OPERANDS_ARRAY, /* those with a number of a constant */
	SB_OPERANDS_BRANCH, SB_OPERANDS_WIDE_BRANCH,
	SB_OPERANDS_TABLE, SB_OPERANDS_LOOKUP, SB_OPERANDS_WIDE
};

struct sb_instruction {
	uint64_t at, length; /* in the code, bytes */
	unsigned opcode;
	enum sb_operands operands;
	const char *name;    /* "invokevirtual" */
};
/** The instruction at @at; false when there is none, or not all of it. */
SB_MUST_USE bool sb_instruction_read(struct sb_span code, uint64_t at, struct sb_instruction *out);
/** Fill behind the opcode of a tableswitch or lookupswitch at @at. */
static inline uint64_t sb_switch_fill(uint64_t at)
{
	return 3 - at % 4;
}
/** Name of an opcode; NULL for none. */
const char *sb_opcode_name(unsigned opcode);

/** Parts that are not attributes, which follow by their place in the table of attributes; those of code by themselves. */
enum sb_class_part { SB_CLASS_PART_SELF = 0, SB_CLASS_PART_UNKNOWN, SB_CLASS_PART_ATTRIBUTES, SB_CLASS_PART_IN_CODE = 0x100 };

/** What a clause is, for show(). */
enum sb_clause_tag {
	SB_CLAUSE_RAW = 0, SB_CLAUSE_INDEX, SB_CLAUSE_CONSTANT, SB_CLAUSE_INSTRUCTION, SB_CLAUSE_COUNT, SB_CLAUSE_POSITION, SB_CLAUSE_FRAME, SB_CLAUSE_ENTRY
};

/** Code of a method while its attributes are read. */
struct sb_class_code {
	struct sb_span bytes;
	uint64_t offset;       /* in the file */
	const uint8_t *starts; /* bit by bit: does an instruction begin there? */
};

/** Clauses of one region while they are found. */
struct sb_clauses {
	const struct sb_class *class;
	struct sb_rd rd;           /* over the file up to the end of what is read */
	struct sb_vec *out;        /* struct sb_clause */
	struct sb_arena *arena;
	uint16_t part, base;       /* of the attribute that is read; of attributes there */
	bool debug;
	enum sb_severity severity;
	struct sb_class_code code; /* while its attributes are read */
	bool had_code;             /* a method has one */
	uint64_t position;         /* in the code, of the last one that was read */
	unsigned depth;            /* of attributes in each other */
	bool bad;                  /* the part that is read makes no sense */
	bool no_memory;
};

/** A clause from @from to where reading has come. Part, severity and place are filled in; target 0: none. */
void sb_clause_add(struct sb_clauses *in, uint64_t from, struct sb_clause clause);
/** @width bytes, up to 8, that say what they say. */
uint64_t sb_clause_raw(struct sb_clauses *in, unsigned width);
/** A number that leads to a constant. */
void sb_clause_index(struct sb_clauses *in);
/** How many entries follow, in @width bytes. */
uint64_t sb_clause_count(struct sb_clauses *in, unsigned width);
/** A length or count of @width bytes that follows from what stands behind it. */
uint64_t sb_clause_derived(struct sb_clauses *in, unsigned width);
/** Two bytes that count from the start of the code; with @relative from the last position. */
void sb_clause_position(struct sb_clauses *in, bool relative);
/** Offset in the file of the instruction at @at of the code, or of the end of the code; 0 when none begins there. */
uint64_t sb_clause_target(const struct sb_clauses *in, uint64_t at);

/** Content of a Code attribute (4.7.3). */
void sb_clauses_of_code(struct sb_clauses *in);
/** Entries of a StackMapTable (4.7.4). */
void sb_clauses_of_frames(struct sb_clauses *in);
/** annotation and element_value (4.7.16), and what a type annotation is about (4.7.20). */
void sb_clauses_of_annotation(struct sb_clauses *in, unsigned depth);
void sb_clauses_of_element(struct sb_clauses *in, unsigned depth);
void sb_clauses_of_type_target(struct sb_clauses *in);
/** A number of attributes, and the attributes (4.7). @inside: they belong to one entry of an attribute, and to its part. */
void sb_clauses_of_attributes(struct sb_clauses *in, bool inside);
void sb_clauses_of_attribute(struct sb_clauses *in, bool inside);
/** "LineNumberTable"; NULL when the part is no known attribute. */
const char *sb_class_part_name(unsigned part);

/** All clauses of @region. Errors: NOMEM. */
SB_MUST_USE int sb_class_clauses(struct sb_view *view, const struct sb_region *region, struct sb_vec *out, struct sb_err *err);
/** struct sb_gist of each region. Errors: NOMEM. */
SB_MUST_USE int sb_class_gists(struct sb_view *view, struct sb_vec *out, struct sb_err *err);
/** As acted_on of verifier/formats/format.h. */
bool sb_class_acted_on(struct sb_view *view, const struct sb_place *place);
const char *sb_class_show(struct sb_view *view, const struct sb_place *place, struct sb_arena *arena);

#endif
