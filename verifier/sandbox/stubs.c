/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/stubs.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

static void put(struct sb_code *code, const char *bytes, size_t n)
{
	if (code->n + n <= sizeof(code->bytes))
		memcpy(code->bytes + code->n, bytes, n);
	code->n += n;
}

/* A literal's own zero bytes are code. */
#define PUT(code, literal) put(code, literal, sizeof(literal) - 1)

static void put_number(struct sb_code *code, uint64_t number, unsigned width)
{
	for (unsigned i = 0; i < width; i++) {
		char byte = (char)(number >> (8 * i));
		put(code, &byte, 1);
	}
}

enum branch { IF_EQUAL = 0x74, IF_NOT_EQUAL = 0x75 };

/** A short branch forward; returns where its distance stands. */
static size_t branch(struct sb_code *code, enum branch condition)
{
	put_number(code, condition, 1);
	put_number(code, 0, 1);
	return code->n - 1;
}

/** The branch leads to here. */
static void land(struct sb_code *code, size_t distance)
{
	if (distance < sizeof(code->bytes))
		code->bytes[distance] = (uint8_t)(code->n - distance - 1);
}

static void put_call(struct sb_code *code, uint32_t number)
{
	PUT(code, "\xb8"); /* mov eax, number */
	put_number(code, number, 4);
	PUT(code, "\x0f\x05"); /* syscall */
}

/** CLOCK_MONOTONIC into [rsi]. */
static void put_monotonic(struct sb_code *code)
{
	PUT(code, "\xbf\x01\0\0\0"); /* mov edi, CLOCK_MONOTONIC */
	put_call(code, SYS_clock_gettime);
}

static void put_load(struct sb_code *code, int64_t value)
{
	PUT(code, "\x48\xb9"); /* mov rcx, value */
	put_number(code, (uint64_t)value, 8);
}

/** The time of day into [rsi], a timespec, which is all that the kernel left undone when it failed. */
static void put_time_of_day(struct sb_code *code, const struct sb_clock_rule *rule)
{
	if (rule->mode == SB_CLOCK_FROZEN) {
		put_load(code, rule->epoch);
		PUT(code, "\x48\x89\x0e"             /* mov [rsi], rcx */
		          "\x48\xc7\x46\x08\0\0\0\0" /* mov qword [rsi+8], 0 */
		          "\x31\xc0");               /* xor eax, eax */
		return;
	}
	put_monotonic(code);
	PUT(code, "\x85\xc0"); /* test eax, eax */
	size_t failed = branch(code, IF_NOT_EQUAL);
	put_load(code, rule->add);
	PUT(code, "\x48\x01\x0e"); /* add [rsi], rcx */
	land(code, failed);
}

/** int clock_gettime(clockid_t edi, struct timespec *rsi) */
static void put_clock_gettime(struct sb_code *code, const struct sb_clock_rule *rule)
{
	static const char ours[] = {CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_REALTIME_ALARM, CLOCK_TAI};
	size_t hits[sizeof(ours)];

	for (size_t i = 0; i < sizeof(ours); i++) {
		PUT(code, "\x83\xff"); /* cmp edi, clock */
		put(code, &ours[i], 1);
		hits[i] = branch(code, IF_EQUAL);
	}
	put_call(code, SYS_clock_gettime);
	PUT(code, "\xc3"); /* ret */
	for (size_t i = 0; i < sizeof(ours); i++)
		land(code, hits[i]);
	put_time_of_day(code, rule);
	PUT(code, "\xc3");
}

/** int gettimeofday(struct timeval *rdi, struct timezone *rsi) */
static void put_gettimeofday(struct sb_code *code, const struct sb_clock_rule *rule)
{
	PUT(code, "\x48\x85\xf6"); /* test rsi, rsi */
	size_t no_zone = branch(code, IF_EQUAL);
	PUT(code, "\x48\xc7\x06\0\0\0\0"); /* mov qword [rsi], 0 */
	land(code, no_zone);
	PUT(code, "\x48\x89\xfe"   /* mov rsi, rdi */
	          "\x31\xc0"       /* xor eax, eax */
	          "\x48\x85\xf6"); /* test rsi, rsi */
	size_t no_time = branch(code, IF_EQUAL);
	put_time_of_day(code, rule);
	PUT(code, "\x85\xc0"); /* test eax, eax */
	size_t failed = branch(code, IF_NOT_EQUAL);
	PUT(code, "\x48\x8b\x46\x08" /* mov rax, [rsi+8]: ns */
	          "\x31\xd2"         /* xor edx, edx */
	          "\xb9\xe8\x03\0\0" /* mov ecx, 1000 */
	          "\x48\xf7\xf1"     /* div rcx */
	          "\x48\x89\x46\x08" /* mov [rsi+8], rax: us */
	          "\x31\xc0");       /* xor eax, eax */
	land(code, no_time);
	land(code, failed);
	PUT(code, "\xc3");
}

/** time_t time(time_t *rdi) */
static void put_time(struct sb_code *code, const struct sb_clock_rule *rule)
{
	PUT(code, "\x49\x89\xf8"       /* mov r8, rdi */
	          "\x48\x83\xec\x18"   /* sub rsp, 24 */
	          "\x48\x89\xe6");     /* mov rsi, rsp */
	put_time_of_day(code, rule);
	PUT(code, "\x48\x8b\x04\x24"   /* mov rax, [rsp] */
	          "\x48\x83\xc4\x18"   /* add rsp, 24 */
	          "\x4d\x85\xc0");     /* test r8, r8 */
	size_t nowhere = branch(code, IF_EQUAL);
	PUT(code, "\x49\x89\x00"); /* mov [r8], rax */
	land(code, nowhere);
	PUT(code, "\xc3");
}

/** int getcpu(unsigned *rdi, unsigned *rsi, void *) */
static void put_getcpu(struct sb_code *code)
{
	PUT(code, "\x31\xc0\x48\x85\xff"); /* xor eax, eax; test rdi, rdi */
	size_t no_cpu = branch(code, IF_EQUAL);
	PUT(code, "\x89\x07"); /* mov [rdi], eax */
	land(code, no_cpu);
	PUT(code, "\x48\x85\xf6"); /* test rsi, rsi */
	size_t no_node = branch(code, IF_EQUAL);
	PUT(code, "\x89\x06"); /* mov [rsi], eax */
	land(code, no_node);
	PUT(code, "\xc3");
}

/**
 * ssize_t getrandom(void *rdi, size_t rsi, unsigned edx, void *rcx, size_t r8). A size of ~0 asks how to keep a state in user
 * space: there is no such thing any more.
 */
static void put_getrandom(struct sb_code *code)
{
	PUT(code, "\x49\x83\xf8\xff"); /* cmp r8, -1 */
	size_t question = branch(code, IF_EQUAL);
	put_call(code, SYS_getrandom);
	PUT(code, "\xc3");
	land(code, question);
	PUT(code, "\x48\xc7\xc0"); /* mov rax, -ENOSYS */
	put_number(code, (uint32_t)-ENOSYS, 4);
	PUT(code, "\xc3");
}

struct sb_code sb_stub_code(enum sb_stub stub, const struct sb_clock_rule *rule)
{
	struct sb_code code = {.n = 0};

	switch (stub) {
	case SB_STUB_CLOCK_GETTIME:
		put_clock_gettime(&code, rule);
		break;
	case SB_STUB_GETTIMEOFDAY:
		put_gettimeofday(&code, rule);
		break;
	case SB_STUB_TIME:
		put_time(&code, rule);
		break;
	case SB_STUB_GETCPU:
		put_getcpu(&code);
		break;
	case SB_STUB_GETRANDOM:
		put_getrandom(&code);
		break;
	case SB_STUBS:
		break;
	}
	return code;
}

struct sb_code sb_stub_jump(uint64_t from, uint64_t to)
{
	struct sb_code code = {.n = 0};

	PUT(&code, "\xe9"); /* jmp near */
	put_number(&code, to - from - SB_STUB_JUMP, 4);
	return code;
}
