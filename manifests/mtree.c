/* SPDX-License-Identifier: Apache-2.0 */
/* mtree(5) as libarchive reads it: one entry a line, names escaped as vis(3) octal. */
#include "manifests/inventory.h"

#include <inttypes.h>
#include <string.h>

static void write_name(const char *name, struct sb_buf *out)
{
	sb_buf_text(out, "./");
	for (; *name; name++) {
		unsigned char c = (unsigned char)*name;
		if (c <= ' ' || c >= 0x7f || c == '\\' || c == '#' || c == '=')
			sb_buf_printf(out, "\\%03o", c);
		else
			sb_buf_add(out, &c, 1);
	}
}

static const char *type_name(enum sb_entry_type type)
{
	switch (type) {
	case SB_ENTRY_FILE:
	case SB_ENTRY_HARDLINK:
		return "file";
	case SB_ENTRY_DIR:
		return "dir";
	case SB_ENTRY_SYMLINK:
		return "link";
	case SB_ENTRY_CHAR:
		return "char";
	case SB_ENTRY_BLOCK:
		return "block";
	case SB_ENTRY_FIFO:
		return "fifo";
	case SB_ENTRY_SOCKET:
		return "socket";
	case SB_ENTRY_UNKNOWN:
		return NULL;
	}
	return NULL;
}

static void write_link(const char *target, struct sb_buf *out)
{
	sb_buf_text(out, " link=");
	for (; *target; target++) {
		unsigned char c = (unsigned char)*target;
		if (c <= ' ' || c >= 0x7f || c == '\\' || c == '#')
			sb_buf_printf(out, "\\%03o", c);
		else
			sb_buf_add(out, &c, 1);
	}
}

int sb_inventory_write_mtree(const struct sb_inventory *inventory, const uint8_t (*sha256)[SB_SHA256_BYTES], struct sb_buf *out,
                             struct sb_err *err)
{
	sb_buf_text(out, "#mtree\n. type=dir mode=0755\n");
	for (size_t i = 0; i < inventory->count; i++) {
		const struct sb_entry *entry = &inventory->entries[i];
		const struct sb_entry *content = entry->type == SB_ENTRY_HARDLINK ? sb_inventory_find(inventory, entry->link) : entry;
		const char *type = type_name(entry->type);
		if (!type || !content)
			return sb_fail(err, SB_INTERNAL, "inventory-type", "%s has no type that mtree knows", entry->path);
		write_name(entry->path, out);
		sb_buf_printf(out, " type=%s mode=%04o uid=%" PRIu64 " gid=%" PRIu64 " time=%" PRId64 ".%09u", type, entry->mode & 07777, entry->uid,
		              entry->gid, entry->mtime, entry->mtime_ns);
		if (strcmp(type, "file") == 0)
			sb_buf_printf(out, " size=%" PRIu64, content->size);
		if (strcmp(type, "file") == 0 && sha256) {
			sb_buf_text(out, " sha256digest=");
			sb_buf_hex(out, sb_span_of(sha256[content - inventory->entries], SB_SHA256_BYTES));
		}
		if (entry->type == SB_ENTRY_SYMLINK)
			write_link(entry->link, out);
		if (entry->type == SB_ENTRY_CHAR || entry->type == SB_ENTRY_BLOCK)
			sb_buf_printf(out, " device=native,%" PRIu64 ",%" PRIu64, entry->rdev_major, entry->rdev_minor);
		sb_buf_text(out, "\n");
	}
	return sb_buf_ok(out, err);
}
