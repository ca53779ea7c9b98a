/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/kernel_events.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { HANDLE_TMPFS = 1, HANDLE_WORDS = 3 }; /* FILEID_INO32_GEN as mm/shmem.c fills it: generation, inode, its upper half */

/* ---- watching ---- */

static uint64_t fsid_of(const void *fsid)
{
	uint64_t number;

	memcpy(&number, fsid, sizeof(number));
	return number;
}

static bool watch(struct sb_kernel_events *events, const char *top)
{
	struct statfs system;
	struct stat st;

	if (statfs(top, &system) != 0 || stat(top, &st) != 0 ||
	    fanotify_mark(events->fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_ACCESS | FAN_MODIFY | FAN_OPEN_EXEC, AT_FDCWD, top) != 0)
		return false;
	events->tops[events->top_count].fsid = fsid_of(&system.f_fsid);
	events->tops[events->top_count++].device = st.st_dev;
	return true;
}

void sb_kernel_events_begin(const char *const *tops, size_t count, struct sb_kernel_events *out)
{
	const unsigned flags = FAN_CLASS_NOTIF | FAN_REPORT_FID | FAN_CLOEXEC | FAN_NONBLOCK;

	out->fd = fanotify_init(flags | FAN_UNLIMITED_QUEUE, O_RDONLY);
	if (out->fd < 0)
		out->fd = fanotify_init(flags, O_RDONLY);
	for (size_t i = 0; out->fd >= 0 && i < count; i++)
		if (!watch(out, tops[i])) {
			int why = errno;

			sb_close_fd(&out->fd);
			errno = why;
		}
}

/* ---- what the record says ---- */

bool sb_kernel_event_explained(const struct sb_recorder *recorder, const struct sb_kernel_event *event)
{
	size_t count;
	const struct sb_recorded_file *files = sb_recorder_seen(recorder, &count);
	unsigned known = 0;

	for (uint32_t at = sb_recorder_find(recorder, event->key); at != SB_TRACE_NONE; at = files[at].older) {
		if (files[at].read)
			known |= SB_TRACE_READ;
		if (files[at].origin == SB_TRACE_BUILT || files[at].origin == SB_TRACE_CHANNEL)
			known |= SB_TRACE_WRITE;
	}
	return !(event->uses & ~known);
}

static const char *name_of(const struct sb_recorder *recorder, struct sb_file_key key)
{
	size_t count;
	uint32_t at = sb_recorder_find(recorder, key);
	const struct sb_recorded_file *files = sb_recorder_seen(recorder, &count);
	const char *path = at == SB_TRACE_NONE ? "" : sb_recorder_text(recorder, files[at].path);

	return *path ? path : "a file that nobody was seen to open";
}

/* ---- taking ---- */

static bool device_of(const struct sb_kernel_events *events, uint64_t fsid, uint64_t *device)
{
	for (size_t i = 0; i < events->top_count; i++)
		if (events->tops[i].fsid == fsid) {
			*device = events->tops[i].device;
			return true;
		}
	return false;
}

static bool read_event(const struct sb_kernel_events *events, const struct fanotify_event_metadata *head, struct sb_kernel_event *out)
{
	const struct fanotify_event_info_fid *info = (const void *)((const char *)head + head->metadata_len);
	const struct file_handle *handle = (const void *)info->handle;
	uint32_t words[HANDLE_WORDS];
	size_t least = sizeof(*info) + sizeof(*handle) + sizeof(words);

	if (head->event_len < head->metadata_len + least || info->hdr.info_type != FAN_EVENT_INFO_TYPE_FID || handle->handle_bytes != sizeof(words) ||
	    handle->handle_type != HANDLE_TMPFS || !device_of(events, fsid_of(&info->fsid), &out->key.device))
		return false;
	memcpy(words, handle->f_handle, sizeof(words));
	out->key.inode = (uint64_t)words[2] << 32 | words[1];
	out->uses = (head->mask & (FAN_ACCESS | FAN_OPEN_EXEC) ? SB_TRACE_READ : 0) | (head->mask & FAN_MODIFY ? SB_TRACE_WRITE : 0);
	return true;
}

static void take_one(struct sb_kernel_events *events, const struct sb_recorder *recorder, const struct fanotify_event_metadata *head, pid_t self)
{
	struct sb_kernel_event event;

	if (head->mask & FAN_Q_OVERFLOW || head->vers != FANOTIFY_METADATA_VERSION) {
		events->lost = true;
		return;
	}
	if (head->pid == self)
		return;
	if (!read_event(events, head, &event)) {
		events->lost = true;
		return;
	}
	if (sb_kernel_event_explained(recorder, &event))
		return;
	if (events->late_count == SB_EVENTS_LATE)
		events->lost = true;
	else
		events->late[events->late_count++] = event;
}

void sb_kernel_events_take(struct sb_kernel_events *events, const struct sb_recorder *recorder)
{
	_Alignas(struct fanotify_event_metadata) char room[8192];
	pid_t self = getpid();
	ssize_t n;

	while (events->fd >= 0 && (n = read(events->fd, room, sizeof(room))) > 0)
		for (struct fanotify_event_metadata *head = (void *)room; FAN_EVENT_OK(head, n); head = FAN_EVENT_NEXT(head, n))
			take_one(events, recorder, head, self);
	if (events->fd >= 0 && errno != EAGAIN)
		events->lost = true;
}

void sb_kernel_events_end(struct sb_kernel_events *events, struct sb_recorder *recorder)
{
	if (events->fd < 0)
		return;
	sb_kernel_events_take(events, recorder);
	for (size_t i = 0; i < events->late_count; i++) {
		const struct sb_kernel_event *event = &events->late[i];
		const struct sb_kernel_event read = {.key = event->key, .uses = event->uses & SB_TRACE_READ};

		if (!sb_kernel_event_explained(recorder, event))
			sb_recorder_doubt(recorder, sb_kernel_event_explained(recorder, &read) ? "written-unseen" : "read-unseen", name_of(recorder, event->key), true);
	}
	if (events->lost)
		sb_recorder_doubt(recorder, "witness-incomplete", "the kernel's notices of files that were read and written", false);
	else
		sb_recorder_witnessed(recorder);
	sb_close_fd(&events->fd);
}
