/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions (chapter 6): their names, and how long each is. */
#include "verifier/formats/class/class.h"

enum { WIDE = 0xc4, INCREMENT = 0x84 };

/* 6.5, by opcode. */
static const char *const names[] = {
	"nop", "aconst_null", "iconst_m1", "iconst_0", "iconst_1", "iconst_2", "iconst_3", "iconst_4", "iconst_5", "lconst_0", "lconst_1", "fconst_0",
	"fconst_1", "fconst_2", "dconst_0", "dconst_1", "bipush", "sipush", "ldc", "ldc_w", "ldc2_w", "iload", "lload", "fload", "dload", "aload",
	"iload_0", "iload_1", "iload_2", "iload_3", "lload_0", "lload_1", "lload_2", "lload_3", "fload_0", "fload_1", "fload_2", "fload_3", "dload_0",
	"dload_1", "dload_2", "dload_3", "aload_0", "aload_1", "aload_2", "aload_3", "iaload", "laload", "faload", "daload", "aaload", "baload", "caload",
	"saload", "istore", "lstore", "fstore", "dstore", "astore", "istore_0", "istore_1", "istore_2", "istore_3", "lstore_0", "lstore_1", "lstore_2",
	"lstore_3", "fstore_0", "fstore_1", "fstore_2", "fstore_3", "dstore_0", "dstore_1", "dstore_2", "dstore_3", "astore_0", "astore_1", "astore_2",
	"astore_3", "iastore", "lastore", "fastore", "dastore", "aastore", "bastore", "castore", "sastore", "pop", "pop2", "dup", "dup_x1", "dup_x2",
	"dup2", "dup2_x1", "dup2_x2", "swap", "iadd", "ladd", "fadd", "dadd", "isub", "lsub", "fsub", "dsub", "imul", "lmul", "fmul", "dmul", "idiv",
	"ldiv", "fdiv", "ddiv", "irem", "lrem", "frem", "drem", "ineg", "lneg", "fneg", "dneg", "ishl", "lshl", "ishr", "lshr", "iushr", "lushr", "iand",
	"land", "ior", "lor", "ixor", "lxor", "iinc", "i2l", "i2f", "i2d", "l2i", "l2f", "l2d", "f2i", "f2l", "f2d", "d2i", "d2l", "d2f", "i2b", "i2c",
	"i2s", "lcmp", "fcmpl", "fcmpg", "dcmpl", "dcmpg", "ifeq", "ifne", "iflt", "ifge", "ifgt", "ifle", "if_icmpeq", "if_icmpne", "if_icmplt",
	"if_icmpge", "if_icmpgt", "if_icmple", "if_acmpeq", "if_acmpne", "goto", "jsr", "ret", "tableswitch", "lookupswitch", "ireturn", "lreturn",
	"freturn", "dreturn", "areturn", "return", "getstatic", "putstatic", "getfield", "putfield", "invokevirtual", "invokespecial", "invokestatic",
	"invokeinterface", "invokedynamic", "new", "newarray", "anewarray", "arraylength", "athrow", "checkcast", "instanceof", "monitorenter",
	"monitorexit", "wide", "multianewarray", "ifnull", "ifnonnull", "goto_w", "jsr_w",
};
enum { OPCODES = sizeof names / sizeof *names };
_Static_assert(OPCODES == 0xca, "every opcode up to jsr_w");

/* Those with operands; any other has none. */
static const uint8_t operands[OPCODES] = {
	[0x10] = SB_OPERANDS_BYTE, [0x11] = SB_OPERANDS_SHORT, [0x12] = SB_OPERANDS_SMALL_CONSTANT, [0x13] = SB_OPERANDS_CONSTANT,
	[0x14] = SB_OPERANDS_CONSTANT, [0x15] = SB_OPERANDS_LOCAL, [0x16] = SB_OPERANDS_LOCAL, [0x17] = SB_OPERANDS_LOCAL, [0x18] = SB_OPERANDS_LOCAL,
	[0x19] = SB_OPERANDS_LOCAL, [0x36] = SB_OPERANDS_LOCAL, [0x37] = SB_OPERANDS_LOCAL, [0x38] = SB_OPERANDS_LOCAL, [0x39] = SB_OPERANDS_LOCAL,
	[0x3a] = SB_OPERANDS_LOCAL, [0x84] = SB_OPERANDS_INCREMENT, [0x99] = SB_OPERANDS_BRANCH, [0x9a] = SB_OPERANDS_BRANCH, [0x9b] = SB_OPERANDS_BRANCH,
	[0x9c] = SB_OPERANDS_BRANCH, [0x9d] = SB_OPERANDS_BRANCH, [0x9e] = SB_OPERANDS_BRANCH, [0x9f] = SB_OPERANDS_BRANCH, [0xa0] = SB_OPERANDS_BRANCH,
	[0xa1] = SB_OPERANDS_BRANCH, [0xa2] = SB_OPERANDS_BRANCH, [0xa3] = SB_OPERANDS_BRANCH, [0xa4] = SB_OPERANDS_BRANCH, [0xa5] = SB_OPERANDS_BRANCH,
	[0xa6] = SB_OPERANDS_BRANCH, [0xa7] = SB_OPERANDS_BRANCH, [0xa8] = SB_OPERANDS_BRANCH, [0xa9] = SB_OPERANDS_LOCAL, [0xaa] = SB_OPERANDS_TABLE,
	[0xab] = SB_OPERANDS_LOOKUP, [0xb2] = SB_OPERANDS_CONSTANT, [0xb3] = SB_OPERANDS_CONSTANT, [0xb4] = SB_OPERANDS_CONSTANT,
	[0xb5] = SB_OPERANDS_CONSTANT, [0xb6] = SB_OPERANDS_CONSTANT, [0xb7] = SB_OPERANDS_CONSTANT, [0xb8] = SB_OPERANDS_CONSTANT,
	[0xb9] = SB_OPERANDS_INTERFACE, [0xba] = SB_OPERANDS_DYNAMIC, [0xbb] = SB_OPERANDS_CONSTANT, [0xbc] = SB_OPERANDS_TYPE,
	[0xbd] = SB_OPERANDS_CONSTANT, [0xc0] = SB_OPERANDS_CONSTANT, [0xc1] = SB_OPERANDS_CONSTANT, [0xc4] = SB_OPERANDS_WIDE, [0xc5] = SB_OPERANDS_ARRAY,
	[0xc6] = SB_OPERANDS_BRANCH, [0xc7] = SB_OPERANDS_BRANCH, [0xc8] = SB_OPERANDS_WIDE_BRANCH, [0xc9] = SB_OPERANDS_WIDE_BRANCH,
};

const char *sb_opcode_name(unsigned opcode)
{
	return opcode < OPCODES ? names[opcode] : NULL;
}

static enum sb_operands operands_of(unsigned opcode)
{
	return opcode < OPCODES ? (enum sb_operands)operands[opcode] : SB_OPERANDS_NONE;
}

/* Bytes of a tableswitch or lookupswitch; 0 when its rows are out of order or too many to be there. */
static uint64_t switch_length(struct sb_span code, uint64_t at, bool table)
{
	struct sb_rd rd = sb_rd_of(code, true);
	uint64_t head = 1 + sb_switch_fill(at) + (table ? 12 : 8);

	sb_rd_seek(&rd, at + 1 + sb_switch_fill(at) + 4);
	int64_t first = (int32_t)(uint32_t)sb_rd_uint(&rd, 4), last = table ? (int32_t)(uint32_t)sb_rd_uint(&rd, 4) : 0;
	int64_t rows = table ? last - first + 1 : first;
	if (rd.bad || rows < 0 || (table && rows == 0) || (uint64_t)rows > code.n / 4)
		return 0;
	return head + (table ? 4 : 8) * (uint64_t)rows;
}

/* 6.5.wide: a load, a store, ret, or iinc. */
static uint64_t wide_length(struct sb_span code, uint64_t at)
{
	unsigned opcode = at + 1 < code.n ? code.p[at + 1] : WIDE;

	if (opcode == INCREMENT)
		return 6;
	return operands_of(opcode) == SB_OPERANDS_LOCAL ? 4 : 0;
}

static uint64_t length_of(struct sb_span code, const struct sb_instruction *in)
{
	static const uint8_t lengths[] = {
		[SB_OPERANDS_NONE] = 1, [SB_OPERANDS_BYTE] = 2, [SB_OPERANDS_SHORT] = 3, [SB_OPERANDS_LOCAL] = 2, [SB_OPERANDS_INCREMENT] = 3,
		[SB_OPERANDS_TYPE] = 2, [SB_OPERANDS_SMALL_CONSTANT] = 2, [SB_OPERANDS_CONSTANT] = 3, [SB_OPERANDS_INTERFACE] = 5, [SB_OPERANDS_DYNAMIC] = 5,
		[SB_OPERANDS_ARRAY] = 4, [SB_OPERANDS_BRANCH] = 3, [SB_OPERANDS_WIDE_BRANCH] = 5,
	};
	if (in->operands == SB_OPERANDS_WIDE)
		return wide_length(code, in->at);
	if (in->operands == SB_OPERANDS_TABLE || in->operands == SB_OPERANDS_LOOKUP)
		return switch_length(code, in->at, in->operands == SB_OPERANDS_TABLE);
	return lengths[in->operands];
}

bool sb_instruction_read(struct sb_span code, uint64_t at, struct sb_instruction *out)
{
	struct sb_span held;

	*out = (struct sb_instruction){.at = at};
	if (at >= code.n || code.p[at] >= OPCODES)
		return false;
	out->opcode = code.p[at];
	out->operands = operands_of(out->opcode);
	out->name = names[out->opcode];
	out->length = length_of(code, out);
	return out->length && sb_span_cut(code, at, out->length, &held);
}
