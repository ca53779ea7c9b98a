/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second witness of the kernel's, by fanotify(7): which files of the build's own file systems were read, written and run, whoever opened them and
 * however. It says nothing of what goes through mapped memory. Linux 6.18 lets the owner of a user namespace ask for it; where the
 * kernel refuses there is no such witness, and nothing is claimed of it.
 */
#ifndef VERIFIER_SANDBOX_KERNEL_EVENTS_H
#define VERIFIER_SANDBOX_KERNEL_EVENTS_H

#include "verifier/sandbox/recorder.h"

enum { SB_EVENT_TOPS = 4, SB_EVENTS_LATE = 4096 };

struct sb_kernel_event {
	struct sb_file_key key;
	unsigned uses; /* bits of enum sb_trace_use: READ (run, too), WRITE */
};

struct sb_kernel_events {
	int fd;     /* -1: there is no such witness */
	bool lost;  /* events that nobody has looked at */
	size_t top_count, late_count;
	struct {
		uint64_t fsid, device;
	} tops[SB_EVENT_TOPS];
	struct sb_kernel_event late[SB_EVENTS_LATE]; /* that the record did not explain when they came: a program that is begun is recorded when it asks */
};

/** Watch the tmpfs at each of @tops (at most SB_EVENT_TOPS). @out->fd is -1 with errno when the kernel refuses one. */
void sb_kernel_events_begin(const char *const *tops, size_t count, struct sb_kernel_events *out);
/** Take what has come since. Events of the calling process are no part of it. */
void sb_kernel_events_take(struct sb_kernel_events *events, const struct sb_recorder *recorder);
/** The last look: what the record does not explain is "read-unseen" or "written-unseen", what was lost "witness-incomplete". Closes. */
void sb_kernel_events_end(struct sb_kernel_events *events, struct sb_recorder *recorder);

/** Does the record have a use of this kind of any version of the file? */
bool sb_kernel_event_explained(const struct sb_recorder *recorder, const struct sb_kernel_event *event);

#endif
