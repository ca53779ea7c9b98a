/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include "verifier/sandbox/vdso.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <string.h>
#include <sys/mman.h>

TestSuite(vdso, .fini = no_leaks);

enum { ALL = (1 << SB_STUBS) - 1, EPOCH = 1600000000 };

static const struct sb_clock_rule frozen = {.mode = SB_CLOCK_FROZEN, .epoch = EPOCH, .add = EPOCH};

/** An image of a text that can be searched without a kernel: two functions, one of them too short for its stub. */
struct image {
	Elf64_Ehdr head;
	Elf64_Phdr segments[2];
	Elf64_Dyn dynamic[4];
	Elf64_Sym symbols[3];
	char names[64];
	uint32_t hash[2];
	uint8_t code[512];
};

static void add_symbol(struct image *image, size_t at, const char *name, size_t offset, size_t size)
{
	size_t end = 1;

	while (image->names[end])
		end += strlen(image->names + end) + 1;
	memcpy(image->names + end, name, strlen(name) + 1);
	image->symbols[at] = (Elf64_Sym){.st_name = (Elf64_Word)end, .st_value = offsetof(struct image, code) + offset, .st_size = size};
}

static struct image image_of(void)
{
	struct image image = {
		.head = {.e_ident = ELFMAG "\2\1\1", .e_phoff = offsetof(struct image, segments), .e_phnum = 2},
		.segments = {{.p_type = PT_LOAD, .p_memsz = sizeof(struct image)},
		             {.p_type = PT_DYNAMIC, .p_vaddr = offsetof(struct image, dynamic), .p_memsz = sizeof(image.dynamic)}},
		.dynamic = {{.d_tag = DT_SYMTAB, .d_un.d_val = offsetof(struct image, symbols)},
		            {.d_tag = DT_STRTAB, .d_un.d_val = offsetof(struct image, names)},
		            {.d_tag = DT_HASH, .d_un.d_val = offsetof(struct image, hash)}},
		.hash = {1, 3},
	};
	add_symbol(&image, 1, "__vdso_time", 8, 10);
	add_symbol(&image, 2, "__vdso_clock_gettime", 32, 400);
	return image;
}

Test(vdso, functions_are_found_by_name)
{
	struct image image = image_of();
	struct sb_vdso vdso;

	cr_assert(sb_vdso_read(sb_span_of(&image, sizeof(image)), &vdso));
	cr_assert_eq(vdso.functions[SB_STUB_TIME].at, offsetof(struct image, code) + 8);
	cr_assert_eq(vdso.functions[SB_STUB_TIME].size, 10);
	cr_assert_eq(vdso.functions[SB_STUB_CLOCK_GETTIME].size, 400);
	cr_assert_eq(vdso.functions[SB_STUB_GETRANDOM].size, 0);
}

Test(vdso, without_a_hash_table_the_names_end_the_symbols)
{
	struct image image = image_of();
	struct sb_vdso vdso;

	image.dynamic[2].d_tag = DT_GNU_HASH;
	cr_assert(sb_vdso_read(sb_span_of(&image, sizeof(image)), &vdso));
	cr_assert_eq(vdso.functions[SB_STUB_CLOCK_GETTIME].size, 400);
}

Test(vdso, what_is_no_image_is_refused)
{
	const struct image good = image_of();
	struct image bad[5] = {good, good, good, good, good};
	struct sb_vdso vdso;

	bad[0].head.e_ident[EI_CLASS] = ELFCLASS32;
	bad[1].dynamic[0].d_tag = DT_NULL;
	bad[2].hash[1] = 0;
	bad[3].hash[1] = UINT32_MAX;
	bad[4].symbols[1].st_value = bad[4].symbols[2].st_value = UINT64_MAX - 3;
	for (size_t i = 0; i < 5; i++)
		cr_expect_not(sb_vdso_read(sb_span_of(&bad[i], sizeof(bad[i])), &vdso), "image %zu", i);
}

Test(vdso, a_cut_image_never_reads_beyond_its_end)
{
	const struct image image = image_of();
	struct sb_vdso vdso;
	unsigned found = 0;

	for (size_t n = 0; n <= sizeof(image); n++) {
		uint8_t *cut = malloc(n + 1); /* the sanitizer watches its end */

		cr_assert_not_null(cut);
		memcpy(cut, &image, n);
		found += sb_vdso_read(sb_span_of(cut, n), &vdso);
		free(cut);
	}
	cr_assert(found > 0 && found < sizeof(image));
}

Test(vdso, a_short_function_jumps_to_its_stub)
{
	struct image image = image_of();
	struct sb_span span = sb_span_of(&image, sizeof(image));
	struct sb_vdso_patch patch;
	struct sb_vdso vdso;
	int32_t distance;

	cr_assert(sb_vdso_read(span, &vdso));
	cr_assert(sb_vdso_patch_make(span, &vdso, ALL, &frozen, &patch));
	struct sb_code host = sb_stub_code(SB_STUB_CLOCK_GETTIME, &frozen), other = sb_stub_code(SB_STUB_TIME, &frozen);
	cr_assert_eq(patch.at, vdso.functions[SB_STUB_TIME].at);
	cr_assert_eq(patch.bytes[0], 0xe9);
	memcpy(&distance, patch.bytes + 1, sizeof(distance));
	size_t lands = (size_t)(SB_STUB_JUMP + distance);
	cr_assert_eq(lands, 24 + host.n, "behind the code of the function that has room");
	cr_assert(memcmp(patch.bytes + 24, host.bytes, host.n) == 0);
	cr_assert(memcmp(patch.bytes + lands, other.bytes, other.n) == 0);
	cr_assert_eq(patch.n, lands + other.n, "what follows the last change is left out");
}

Test(vdso, no_room_is_no_patch)
{
	struct image image = image_of();
	struct sb_span span = sb_span_of(&image, sizeof(image));
	struct sb_vdso_patch patch;
	struct sb_vdso vdso;

	cr_assert(sb_vdso_read(span, &vdso));
	cr_assert_not(sb_vdso_patch_make(span, &vdso, 1 << SB_STUB_GETRANDOM, &frozen, &patch), "there is no such function");
	cr_assert_not(sb_vdso_patch_make(span, &vdso, 0, &frozen, &patch), "nothing is wanted");
	vdso.functions[SB_STUB_CLOCK_GETTIME].size = 40;
	cr_assert_not(sb_vdso_patch_make(span, &vdso, ALL, &frozen, &patch));
	vdso.functions[SB_STUB_CLOCK_GETTIME].size = 5000;
	cr_assert_not(sb_vdso_patch_make(span, &vdso, ALL, &frozen, &patch), "beyond the image");
}

Test(vdso, our_own_can_be_patched_and_then_says_the_epoch)
{
	struct sb_span image = sb_vdso_own();
	static struct sb_vdso_patch patch;
	struct sb_vdso vdso;
	struct timespec at;
	union {
		uint8_t *code;
		int (*clock_gettime)(clockid_t, struct timespec *);
	} copy = {.code = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)};

	cr_assert_gt(image.n, 0);
	cr_assert_lt(image.n, 1 << 20);
	cr_assert(sb_vdso_read(image, &vdso));
	cr_assert_gt(vdso.functions[SB_STUB_CLOCK_GETTIME].size, 0);
	cr_assert(sb_vdso_patch_make(image, &vdso, ALL, &frozen, &patch));
	memcpy(copy.code, image.p, image.n);
	memcpy(copy.code + patch.at, patch.bytes, patch.n);
	cr_assert_eq(mprotect(copy.code, 1 << 20, PROT_READ | PROT_EXEC), 0);
	copy.code += vdso.functions[SB_STUB_CLOCK_GETTIME].at;
	cr_assert_eq(copy.clock_gettime(CLOCK_REALTIME, &at), 0);
	cr_assert_eq(at.tv_sec, EPOCH);
}

Test(vdso, the_try_changes_nothing)
{
	struct timespec before, after;
	int number;

	clock_gettime(CLOCK_REALTIME, &before);
	number = sb_vdso_try_write();
	clock_gettime(CLOCK_REALTIME, &after);
	cr_assert_geq(number, 0);
	cr_assert_geq(after.tv_sec, before.tv_sec);
}
