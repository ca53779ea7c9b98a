/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel module with an appended signature: the module, a PKCS#7 message, struct module_signature, a magic line.
 * Source: Linux include/linux/module_signature.h and kernel/module_signature.c, which demands exactly this shape.
 */
#include "verifier/formats/elf/elf.h"

#include <string.h>

static const char magic[] = "~Module signature appended~\n";

enum { MAGIC = sizeof magic - 1, RECORD = 12, ID_PKCS7 = 2, DER_SEQUENCE = 0x30 };

/* One DER sequence that fills @message to its last byte: X.690, 8.1.3. */
static bool is_one_sequence(struct sb_span message)
{
	struct sb_rd rd = sb_rd_of(message, true);
	uint64_t tag = sb_rd_uint(&rd, 1), length = sb_rd_uint(&rd, 1);

	if (length > 0x84 || length == 0x80)
		return false;
	if (length > 0x80)
		length = sb_rd_uint(&rd, (unsigned)(length - 0x80));
	return !rd.bad && tag == DER_SEQUENCE && length == message.n - rd.at;
}

static bool reaches(const struct sb_elf *elf, uint64_t offset, uint64_t size)
{
	uint64_t end;
	return size && (!sb_add(offset, size, &end) || end > elf->signature);
}

bool sb_elf_signature_is_apart(const struct sb_elf *elf)
{
	if (reaches(elf, elf->shoff, elf->section_count * elf->shentsize) || reaches(elf, elf->phoff, elf->segment_count * elf->phentsize))
		return false;
	for (size_t i = 1; i < elf->section_count; i++)
		if (elf->sections[i].type != SB_SHT_NOBITS && reaches(elf, elf->sections[i].offset, elf->sections[i].size))
			return false;
	return true;
}

uint64_t sb_elf_signature(struct sb_span file)
{
	static const uint8_t fixed[8] = {0, 0, ID_PKCS7};
	struct sb_span end, message;

	if (file.n < MAGIC + RECORD || memcmp(file.p + file.n - MAGIC, magic, MAGIC) != 0)
		return file.n;
	end = sb_span_of(file.p + file.n - MAGIC - RECORD, RECORD);
	struct sb_rd rd = sb_rd_of(end, true);
	if (memcmp(end.p, fixed, sizeof fixed) != 0)
		return file.n;
	sb_rd_seek(&rd, sizeof fixed);
	uint64_t length = sb_rd_uint(&rd, 4), room = file.n - MAGIC - RECORD;
	if (rd.bad || length > room || !sb_span_cut(file, room - length, length, &message) || !is_one_sequence(message))
		return file.n;
	return room - length;
}
