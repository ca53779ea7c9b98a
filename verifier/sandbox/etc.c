/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/etc.h"
#include "verifier/sandbox/tree.h"

#include <string.h>

/* Ids 0 to 99, allocated globally: Debian Policy 9.2.2, package base-passwd. */
static const char accounts[] =
	"root:x:0:0:root:/root:/bin/sh\n"
	"daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
	"bin:x:2:2:bin:/bin:/usr/sbin/nologin\n"
	"sys:x:3:3:sys:/dev:/usr/sbin/nologin\n"
	"sync:x:4:65534:sync:/bin:/bin/sync\n"
	"games:x:5:60:games:/usr/games:/usr/sbin/nologin\n"
	"man:x:6:12:man:/var/cache/man:/usr/sbin/nologin\n"
	"lp:x:7:7:lp:/var/spool/lpd:/usr/sbin/nologin\n"
	"mail:x:8:8:mail:/var/mail:/usr/sbin/nologin\n"
	"news:x:9:9:news:/var/spool/news:/usr/sbin/nologin\n"
	"uucp:x:10:10:uucp:/var/spool/uucp:/usr/sbin/nologin\n"
	"proxy:x:13:13:proxy:/bin:/usr/sbin/nologin\n"
	"www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n"
	"backup:x:34:34:backup:/var/backups:/usr/sbin/nologin\n"
	"list:x:38:38:list:/var/list:/usr/sbin/nologin\n"
	"irc:x:39:39:irc:/run/ircd:/usr/sbin/nologin\n"
	"nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";

static const char groups[] =
	"root:x:0:\ndaemon:x:1:\nbin:x:2:\nsys:x:3:\nadm:x:4:\ntty:x:5:\ndisk:x:6:\nlp:x:7:\nmail:x:8:\nnews:x:9:\nuucp:x:10:\n"
	"man:x:12:\nproxy:x:13:\nkmem:x:15:\ndialout:x:20:\nfax:x:21:\nvoice:x:22:\ncdrom:x:24:\nfloppy:x:25:\ntape:x:26:\n"
	"sudo:x:27:\naudio:x:29:\ndip:x:30:\nwww-data:x:33:\nbackup:x:34:\noperator:x:37:\nlist:x:38:\nirc:x:39:\nsrc:x:40:\n"
	"shadow:x:42:\nutmp:x:43:\nvideo:x:44:\nsasl:x:45:\nplugdev:x:46:\nstaff:x:50:\ngames:x:60:\nusers:x:100:\nnogroup:x:65534:\n";

static struct sb_span field(struct sb_span line, unsigned index)
{
	size_t start = 0;

	for (size_t i = 0; i <= line.n; i++) {
		if (i < line.n && line.p[i] != ':')
			continue;
		if (index-- == 0)
			return sb_span_of(line.p + start, i - start);
		start = i + 1;
	}
	return (struct sb_span){0};
}

/** Lines of @table without those that claim @name or @id. */
static void table_without(struct sb_buf *out, struct sb_span table, const char *name, const char *id)
{
	while (table.n > 0) {
		const uint8_t *end = memchr(table.p, '\n', table.n);
		struct sb_span line = sb_span_of(table.p, end ? (size_t)(end - table.p) : table.n);

		if (line.n > 0 && !sb_span_equal(field(line, 0), sb_span_text(name)) &&
		    !sb_span_equal(field(line, 2), sb_span_text(id))) {
			sb_buf_add(out, line.p, line.n);
			sb_buf_add(out, "\n", 1);
		}
		table.n -= line.n + (end ? 1 : 0);
		table.p += line.n + (end ? 1 : 0);
	}
}

static int base_table(const struct sb_sandbox_plan *plan, const char *path, const char *fallback, struct sb_span *out,
                      struct sb_err *err)
{
	const struct sb_tree *root = plan->spec->root;
	const struct sb_entry *entry = root ? sb_inventory_find(root->inventory, path) : NULL;

	*out = sb_span_text(fallback);
	if (!entry || entry->type != SB_ENTRY_FILE)
		return 0;
	return sb_tree_bytes(root, entry, out, err);
}

static int copy_text(struct sb_arena *arena, struct sb_buf *buf, const char **out, struct sb_err *err)
{
	int rc = sb_buf_ok(buf, err);

	if (rc != 0)
		return rc;
	*out = sb_arena_copy(arena, sb_buf_span(buf));
	return *out ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int passwd_text(const struct sb_sandbox_plan *plan, const char **out, struct sb_err *err)
{
	SB_BUF struct sb_buf text = {0};
	struct sb_span base;
	int rc = base_table(plan, "etc/passwd", accounts, &base, err);

	if (rc != 0)
		return rc;
	table_without(&text, base, plan->user, plan->owner);
	sb_buf_printf(&text, "%s:x:%u:%u:%s:%s:/bin/sh\n", plan->user, plan->id, plan->id, plan->user, plan->home);
	return copy_text(plan->arena, &text, out, err);
}

static int group_text(const struct sb_sandbox_plan *plan, const char **out, struct sb_err *err)
{
	SB_BUF struct sb_buf text = {0};
	struct sb_span base;
	int rc = base_table(plan, "etc/group", groups, &base, err);

	if (rc != 0)
		return rc;
	table_without(&text, base, plan->user, plan->owner);
	sb_buf_printf(&text, "%s:x:%u:\n", plan->user, plan->id);
	return copy_text(plan->arena, &text, out, err);
}

int sb_etc_choose(struct sb_sandbox_plan *plan, struct sb_err *err)
{
	struct sb_arena *arena = plan->arena;
	const char *passwd = NULL, *group = NULL;
	int rc = passwd_text(plan, &passwd, err);

	if (rc == 0)
		rc = group_text(plan, &group, err);
	if (rc != 0)
		return rc;
	const struct sb_given_file files[] = {
		{.path = "etc/passwd", .text = passwd},
		{.path = "etc/group", .text = group},
		{.path = "etc/hostname", .text = sb_arena_printf(arena, "%s\n", plan->hostname)},
		{.path = "etc/hosts", .text = sb_arena_printf(arena, "127.0.0.1 localhost %s\n::1 localhost\n", plan->hostname)},
		{.path = "etc/nsswitch.conf", .text = "passwd: files\ngroup: files\nshadow: files\nhosts: files\nnetworks: files\n"
		                                      "protocols: files\nservices: files\nrpc: files\nethers: files\n"},
		{.path = "etc/resolv.conf", .text = ""},
		{.path = "etc/timezone", .text = sb_arena_printf(arena, "%s\n", plan->timezone)},
		{.path = "etc/localtime", .text = sb_arena_printf(arena, "/usr/share/zoneinfo/%s", plan->timezone), .link = true},
		{.path = "etc/mtab", .text = "../proc/self/mounts", .link = true},
	};
	size_t count = sizeof(files) / sizeof(files[0]);

	plan->etc.items = sb_arena_array(arena, count, sizeof(files[0]));
	if (!plan->etc.items)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < count; i++) {
		if (!files[i].text)
			return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
		plan->etc.items[plan->etc.count++] = files[i];
	}
	return 0;
}
