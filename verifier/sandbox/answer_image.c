/* SPDX-License-Identifier: Apache-2.0 */
/* A new image: its vDSO is patched and its first random bytes are chosen; and the further ones that it asks for. */
#include "verifier/sandbox/answers.h"
#include "verifier/sandbox/loader.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum { MOST_AUXILIARY = 64, MOST_ARGUMENTS = 1 << 20, AT_RANDOM_BYTES = 16 };
#define MOST_RANDOM (UINT64_C(1) << 20) /* bytes an answer; who asks for more gets a part, as the manual allows */

struct image {
	uint64_t vdso, random, loader; /* addresses, 0: none */
};

static bool read_image(const struct sb_target *target, struct image *out)
{
	Elf64_auxv_t rows[MOST_AUXILIARY];
	SB_CLOSING int fd = sb_target_open(target, "auxv");
	ssize_t n = fd < 0 ? -1 : read(fd, rows, sizeof(rows));

	*out = (struct image){0};
	for (size_t i = 0; n > 0 && i < (size_t)n / sizeof(rows[0]) && rows[i].a_type != AT_NULL; i++) {
		if (rows[i].a_type == AT_SYSINFO_EHDR)
			out->vdso = rows[i].a_un.a_val;
		else if (rows[i].a_type == AT_RANDOM)
			out->random = rows[i].a_un.a_val;
		else if (rows[i].a_type == AT_BASE)
			out->loader = rows[i].a_un.a_val;
	}
	return n > 0;
}

/** The kernel's word on what runs, and the argument list as it was given. */
static bool kind_of(const struct sb_answering *answering, const struct sb_target *target, struct sb_random_kind *out)
{
	char executable[PATH_MAX], link[32], piece[2048];
	SB_CLOSING int fd = sb_target_open(target, "cmdline");
	struct sb_hash hash;
	ssize_t n;

	snprintf(link, sizeof(link), "%d/exe", (int)target->pid);
	n = readlinkat(target->proc, link, executable, sizeof(executable) - 1);
	if (fd < 0 || n < 0 || !sb_target_waits(target))
		return false;
	executable[n] = 0;
	sb_random_kind_begin(&hash, answering->plan->spec->control.seed, executable);
	for (size_t left = MOST_ARGUMENTS; left > 0 && (n = read(fd, piece, left < sizeof(piece) ? left : sizeof(piece))) > 0; left -= (size_t)n)
		sb_hash_update(&hash, sb_span_of(piece, (size_t)n));
	*out = sb_random_kind_end(&hash);
	return true;
}

static struct sb_random *begin_stream(struct sb_answering *answering, const struct sb_target *target)
{
	struct sb_random_kind kind;

	return kind_of(answering, target, &kind) ? sb_streams_begin(answering->streams, target->pid, &kind) : NULL;
}

/** A program that sets its thread pointer again has our patch already: @old says so. */
static enum sb_reach patch(const struct sb_answering *answering, const struct sb_target *target, uint64_t vdso, bool *old)
{
	const struct sb_vdso_patch *patch = &answering->patch;
	uint8_t there[SB_STUB_JUMP];
	enum sb_reach reach = sb_target_read(target, vdso + patch->at, there, sizeof(there));

	*old = reach == SB_REACH_OK && memcmp(there, patch->bytes, sizeof(there)) == 0;
	if (reach != SB_REACH_OK || *old)
		return reach;
	return sb_target_patch(target, vdso + patch->at, patch->bytes, patch->n);
}

static enum sb_reach choose_random(struct sb_answering *answering, const struct sb_target *target, uint64_t address)
{
	struct sb_random *random = begin_stream(answering, target);
	uint8_t bytes[AT_RANDOM_BYTES];

	if (!random)
		return SB_REACH_DENIED;
	sb_random_take(random, bytes, sizeof(bytes));
	return address ? sb_target_write(target, address, bytes, sizeof(bytes)) : SB_REACH_OK;
}

/** arch_prctl(ARCH_SET_FS, …): whatever comes of it, the call goes on. */
struct sb_answer sb_answer_new_image(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	struct sb_control_counts *counts = &answering->plan->board->controls;
	struct image image;
	bool old = false;
	enum sb_reach reach = read_image(target, &image) ? SB_REACH_OK : SB_REACH_DENIED;

	(void)question;
	struct sb_kin *kin = answering->tracing ? sb_tracing_who(answering->tracing, target) : NULL;
	if (kin && reach == SB_REACH_OK)
		sb_loader_note(answering->tracing, kin, image.loader);
	if (reach == SB_REACH_OK && answering->patch.n && image.vdso)
		reach = patch(answering, target, image.vdso, &old);
	if (old)
		return sb_answer_kernel();
	if (reach == SB_REACH_OK && answering->streams)
		reach = choose_random(answering, target, image.random);
	if (reach != SB_REACH_GONE && sb_target_waits(target)) {
		counts->images++;
		counts->unpatched += reach != SB_REACH_OK;
	}
	return sb_answer_kernel();
}

/** getrandom(address, count, flags) */
struct sb_answer sb_answer_getrandom(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	struct sb_random *random = sb_streams_find(answering->streams, target->pid);
	uint64_t wanted = question->arguments[1] < MOST_RANDOM ? question->arguments[1] : MOST_RANDOM;
	enum sb_reach reach = SB_REACH_OK;
	uint8_t bytes[4096];

	if (question->arguments[2] & UINT32_MAX & ~(uint64_t)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return sb_answer_kernel(); /* which refuses it */
	if (!random)
		random = begin_stream(answering, target);
	if (!random)
		return sb_answer_after(answering, SB_REACH_DENIED, 0);
	for (uint64_t at = 0; at < wanted && reach == SB_REACH_OK; at += sizeof(bytes)) {
		size_t n = wanted - at < sizeof(bytes) ? wanted - at : sizeof(bytes);

		sb_random_take(random, bytes, n);
		reach = sb_target_write(target, question->arguments[0] + at, bytes, n);
	}
	return sb_answer_after(answering, reach, (int64_t)wanted);
}
