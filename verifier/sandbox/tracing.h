/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recording of a build in init: who asks, which file that is, what is noted of it. Files are opened in the build's place, so that what is
 * noted is what it gets (answer_open.c); programs are looked at after the exec (tracing_process.c).
 */
#ifndef VERIFIER_SANDBOX_TRACING_H
#define VERIFIER_SANDBOX_TRACING_H

#include "verifier/sandbox/kernel_events.h"
#include "verifier/sandbox/plan.h"
#include "verifier/sandbox/recorder.h"
#include "verifier/sandbox/target.h"

#include <sys/stat.h>

enum { SB_PIDS = 1 << 22, SB_SCRATCHES = 4, SB_ARGUMENT_BYTES = 1 << 23, SB_LOADERS = 256 };

/** What an exec that was asked for would run. */
enum sb_pending {
	SB_PENDING_NOTHING = 0,
	SB_PENDING_BINARY,
	SB_PENDING_SCRIPT,
	SB_PENDING_OTHER, /* neither: the kernel refuses it, unless it knows the format */
};

/** Of an image: the dynamic loader that it names. */
struct sb_loader {
	uint32_t image, file; /* SB_TRACE_NONE: it has none */
	uint64_t begin, end;  /* its code, from where it is loaded on; equal: not known */
	bool known;           /* and the image cannot change */
};

/** A process or thread that asked before. */
struct sb_kin {
	int folder;       /* 1 + descriptor of its folder in /proc; 0: not met */
	pid_t leader;     /* of its threads */
	uint32_t process; /* of a leader: what it runs; SB_TRACE_NONE: nothing yet */
	uint32_t step;
	enum sb_pending pending;
	uint32_t pending_file;
	bool adopted;
	bool reaps;       /* it takes in the orphans below it: not all of its children are its own */
	bool crowded;     /* it had several threads when it asked for an exec */
	uint64_t loader_begin, loader_end; /* where the code of its dynamic loader lies in its memory */
};

struct sb_tracing {
	const struct sb_sandbox_plan *plan;
	struct sb_recorder *recorder; /* the plan's */
	int proc;                     /* borrowed */
	uint64_t scratches[SB_SCRATCHES], proc_device;
	struct sb_file_key log;       /* the pipe that all output goes to */
	bool listening;               /* somebody waits for connections */
	uint32_t step;
	pid_t root;                   /* first process of the step */
	bool begun;                   /* it has exec'd */
	struct sb_kernel_events events;
	struct sb_loader loaders[SB_LOADERS];
	size_t open, most;            /* folders of kin, and how many there may be */
	pid_t met[SB_PIDS];           /* numbers of kin that have a folder; the first `open` of them */
	struct sb_kin kins[SB_PIDS];
	char arguments[SB_ARGUMENT_BYTES];
};

/** Pages that cost nothing before they are touched. Once all file systems are the environment's. Errors: NOMEM, IO "sandbox-setup". */
SB_MUST_USE int sb_tracing_new(struct sb_tracing **out, const struct sb_sandbox_plan *plan, int proc, struct sb_err *err);
void sb_tracing_free(struct sb_tracing **tracing);

/** @root is the first process of this step; it has not exec'd yet. */
void sb_tracing_step(struct sb_tracing *tracing, size_t step, pid_t root);

/** The leader of the one who asks, which what it runs; NULL: it cannot be told, and that has been noted. */
struct sb_kin *sb_tracing_who(struct sb_tracing *tracing, const struct sb_target *target);

/** The process that a number means, or NULL. */
struct sb_kin *sb_tracing_of(struct sb_tracing *tracing, pid_t pid);

/** Before it becomes another program: its children that have not asked yet are what it is now. */
void sb_tracing_settle_children(struct sb_tracing *tracing, struct sb_kin *kin);

/** An exec that will be looked at when the process asks next, or dies. */
void sb_tracing_expect(struct sb_kin *kin, enum sb_pending pending, uint32_t file);

/** What is still expected becomes a process: it ended without a question. */
void sb_tracing_settle(struct sb_tracing *tracing);

struct sb_file_key sb_tracing_key(const struct stat *st);
/** A device that the build writes to. */
bool sb_tracing_is_scratch(const struct sb_tracing *tracing, uint64_t device);

/** The file behind a descriptor of ours, met if need be; SB_TRACE_NONE: no file that is recorded. */
uint32_t sb_tracing_file(struct sb_tracing *tracing, int fd, const struct stat *st);
/** Likewise by name: @folder and @link, which is a link to it as those of /proc/self/fd are. */
uint32_t sb_tracing_linked(struct sb_tracing *tracing, int folder, const char *link, const struct stat *st);

/** The node that all sockets (@name "sockets") or all shared memory together are. */
uint32_t sb_tracing_channel(struct sb_tracing *tracing, const char *name);

/** What @from has in its memory may get into that of @to: processes, either may be SB_TRACE_NONE. */
void sb_tracing_share(struct sb_tracing *tracing, uint32_t from, uint32_t to);

/** Name of a descriptor of ours, absolute; what was deleted without the kernel's remark. False: it has none. */
bool sb_tracing_path(const struct sb_tracing *tracing, int folder, const char *link, char *out, size_t size);

void sb_tracing_attempt(struct sb_tracing *tracing, const struct sb_kin *kin, enum sb_trace_attempt_kind kind, const char *text);
void sb_tracing_doubt(struct sb_tracing *tracing, const char *id, const char *text, bool integrity);

#endif
