/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/vdso.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>

enum { HEADERS = 4096, MOST_IMAGE = 1 << 20, MOST_SYMBOLS = 1024 };

static const char *const names[SB_STUBS] = {
	[SB_STUB_CLOCK_GETTIME] = "__vdso_clock_gettime",
	[SB_STUB_GETTIMEOFDAY] = "__vdso_gettimeofday",
	[SB_STUB_TIME] = "__vdso_time",
	[SB_STUB_GETCPU] = "__vdso_getcpu",
	[SB_STUB_GETRANDOM] = "__vdso_getrandom",
};

static struct sb_rd at(struct sb_span image, uint64_t offset)
{
	struct sb_rd rd = sb_rd_of(image, false);

	sb_rd_seek(&rd, offset);
	return rd;
}

static uint64_t number_at(struct sb_span image, uint64_t offset, unsigned width)
{
	struct sb_rd rd = at(image, offset);
	uint64_t number = sb_rd_uint(&rd, width);

	return rd.bad ? 0 : number;
}

static bool is_elf(struct sb_span image)
{
	return image.n >= sizeof(Elf64_Ehdr) && memcmp(image.p, ELFMAG, SELFMAG) == 0 && image.p[EI_CLASS] == ELFCLASS64 &&
	       image.p[EI_DATA] == ELFDATA2LSB;
}

/** The first program header of @type; false when there is none. */
static bool find_segment(struct sb_span image, uint32_t type, uint64_t *address, uint64_t *size)
{
	uint64_t table = number_at(image, offsetof(Elf64_Ehdr, e_phoff), 8), count = number_at(image, offsetof(Elf64_Ehdr, e_phnum), 2);

	for (uint64_t i = 0; i < count; i++) {
		uint64_t row = table + i * sizeof(Elf64_Phdr);

		if (number_at(image, row + offsetof(Elf64_Phdr, p_type), 4) != type)
			continue;
		*address = number_at(image, row + offsetof(Elf64_Phdr, p_vaddr), 8);
		*size = number_at(image, row + offsetof(Elf64_Phdr, p_memsz), 8);
		return *size > 0;
	}
	return false;
}

struct sb_span sb_vdso_own(void)
{
	union {
		unsigned long address;
		const uint8_t *bytes;
	} start = {.address = getauxval(AT_SYSINFO_EHDR)};
	const struct sb_span none = {0};
	uint64_t address, size;

	if (!start.address)
		return none;
	struct sb_span head = sb_span_of(start.bytes, HEADERS); /* at least one page is mapped */
	if (!is_elf(head) || !find_segment(head, PT_LOAD, &address, &size) || address != 0 || size > MOST_IMAGE)
		return none;
	return sb_span_of(start.bytes, size);
}

/** Where the dynamic section says that symbols and their names lie; how many of them. */
struct symbols {
	uint64_t table, names, count;
};

static bool find_symbols(struct sb_span image, struct symbols *out)
{
	uint64_t section, size, hash = 0;

	*out = (struct symbols){0};
	if (!find_segment(image, PT_DYNAMIC, &section, &size))
		return false;
	for (uint64_t row = section; row + sizeof(Elf64_Dyn) <= section + size; row += sizeof(Elf64_Dyn)) {
		uint64_t tag = number_at(image, row, 8), value = number_at(image, row + 8, 8);

		if (tag == DT_NULL)
			break;
		if (tag == DT_SYMTAB)
			out->table = value;
		else if (tag == DT_STRTAB)
			out->names = value;
		else if (tag == DT_HASH)
			hash = value;
	}
	if (hash)
		out->count = number_at(image, hash + 4, 4);
	else if (out->names > out->table) /* only a GNU hash, which does not say: the names follow the symbols */
		out->count = (out->names - out->table) / sizeof(Elf64_Sym);
	return out->table && out->names && out->count && out->count <= MOST_SYMBOLS;
}

static bool is_named(struct sb_span image, uint64_t offset, const char *name)
{
	struct sb_rd rd = at(image, offset);
	struct sb_span found = sb_rd_cstring(&rd);

	return !rd.bad && found.n == strlen(name) && memcmp(found.p, name, found.n) == 0;
}

static void note_symbol(struct sb_span image, const struct symbols *symbols, uint64_t row, struct sb_vdso *out)
{
	uint64_t name = symbols->names + number_at(image, row + offsetof(Elf64_Sym, st_name), 4);
	uint64_t start = number_at(image, row + offsetof(Elf64_Sym, st_value), 8), size = number_at(image, row + offsetof(Elf64_Sym, st_size), 8);

	if (size < SB_STUB_JUMP || start >= image.n || size > image.n - start)
		return;
	for (unsigned i = 0; i < SB_STUBS; i++)
		if (is_named(image, name, names[i])) {
			out->functions[i].at = (uint32_t)start;
			out->functions[i].size = (uint32_t)size;
		}
}

bool sb_vdso_read(struct sb_span image, struct sb_vdso *out)
{
	struct sb_vdso made = {0};
	struct symbols symbols;
	bool found = false;

	if (image.n > MOST_IMAGE || !is_elf(image) || !find_symbols(image, &symbols))
		return false;
	for (uint64_t i = 0; i < symbols.count; i++)
		note_symbol(image, &symbols, symbols.table + i * sizeof(Elf64_Sym), &made);
	for (unsigned i = 0; i < SB_STUBS; i++)
		found |= made.functions[i].size > 0;
	if (found)
		*out = made;
	return found;
}

/** A patch while it grows: the span of the image that it covers, first a copy. */
static bool overlay(struct sb_vdso_patch *patch, uint64_t offset, const struct sb_code *code)
{
	if (code->n > sizeof(code->bytes) || offset < patch->at || offset + code->n > patch->at + (uint64_t)patch->n)
		return false;
	memcpy(patch->bytes + (offset - patch->at), code->bytes, code->n);
	return true;
}

static bool is_wanted(const struct sb_vdso *vdso, unsigned wanted, unsigned stub)
{
	return (wanted >> stub & 1) && vdso->functions[stub].size;
}

/** From the first to the end of the last function that is wanted. */
static bool begin_patch(struct sb_span image, const struct sb_vdso *vdso, unsigned wanted, struct sb_vdso_patch *out)
{
	uint32_t first = UINT32_MAX, end = 0;

	for (unsigned i = 0; i < SB_STUBS; i++) {
		if (!is_wanted(vdso, wanted, i))
			continue;
		if (vdso->functions[i].at < first)
			first = vdso->functions[i].at;
		if (vdso->functions[i].at + vdso->functions[i].size > end)
			end = vdso->functions[i].at + vdso->functions[i].size;
	}
	if (end <= first || end - first > sizeof(out->bytes) || end > image.n)
		return false;
	out->at = first;
	out->n = end - first;
	memcpy(out->bytes, image.p + first, out->n);
	return true;
}

/** Leave out what follows the last change: it may lie on a page of its own, which each process would then have to copy. */
static void end_patch(struct sb_span image, struct sb_vdso_patch *patch)
{
	while (patch->n && patch->bytes[patch->n - 1] == image.p[patch->at + patch->n - 1])
		patch->n--;
}

static unsigned largest(const struct sb_vdso *vdso, unsigned wanted)
{
	unsigned best = SB_STUBS;

	for (unsigned i = 0; i < SB_STUBS; i++)
		if (is_wanted(vdso, wanted, i) && (best == SB_STUBS || vdso->functions[i].size > vdso->functions[best].size))
			best = i;
	return best;
}

bool sb_vdso_patch_make(struct sb_span image, const struct sb_vdso *vdso, unsigned wanted, const struct sb_clock_rule *rule,
                        struct sb_vdso_patch *out)
{
	unsigned host = largest(vdso, wanted);

	if (host == SB_STUBS || !begin_patch(image, vdso, wanted, out))
		return false;
	uint64_t room = vdso->functions[host].at, end = room + vdso->functions[host].size;
	for (unsigned i = 0; i < SB_STUBS; i++) {
		unsigned stub = (host + i) % SB_STUBS; /* the host's own code begins where callers enter it */

		if (!is_wanted(vdso, wanted, stub))
			continue;
		struct sb_code code = sb_stub_code((enum sb_stub)stub, rule);
		struct sb_code jump = sb_stub_jump(vdso->functions[stub].at, room);
		if (code.n > end - room || !overlay(out, room, &code) || (stub != host && !overlay(out, vdso->functions[stub].at, &jump)))
			return false;
		room += code.n;
	}
	end_patch(image, out);
	return true;
}

int sb_vdso_try_write(void)
{
	struct sb_span image = sb_vdso_own();
	SB_CLOSING int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	if (!image.n)
		return ENOENT;
	if (mem < 0)
		return errno;
	return pwrite(mem, image.p, SB_STUB_JUMP, (off_t)(uintptr_t)image.p) == SB_STUB_JUMP ? 0 : errno;
}
