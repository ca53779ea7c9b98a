/* SPDX-License-Identifier: Apache-2.0 */
/* Trees of file systems: one order, links, and what is refused. */
#include "samples.h"
#include "verifier/formats/tree/tree.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(tree, .fini = no_leaks);

/** What a walker would have found: names by parent. */
struct found {
	const char *name;
	uint32_t parent;
	bool folder;
	uint64_t id;
};

static int collect(const struct found *found, size_t count, struct sb_tree_nodes *nodes, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < count; i++)
		rc = sb_tree_node_add(nodes, &(struct sb_tree_node){.name = sb_span_text(found[i].name), .parent = found[i].parent, .folder = found[i].folder, .id = found[i].id}, err);
	return rc;
}

static int list(void *ctx, uint32_t node, struct sb_member *member, struct sb_err *err)
{
	(void)node;
	(void)err;
	sb_buf_printf(ctx, "%.*s", (int)member->name.n, (const char *)member->name.p);
	if (member->type == SB_MEMBER_HARDLINK)
		sb_buf_printf(ctx, "=%.*s", (int)member->link.n, (const char *)member->link.p);
	sb_buf_text(ctx, " ");
	return 0;
}

Test(tree, names_come_in_one_order_and_further_names_are_links)
{
	static const struct found found[] = {{"", 0, true, 1}, {"b", 0, true, 2}, {"a", 0, false, 3}, {"z", 1, false, 3}, {"a.b", 0, false, 4}, {"c", 1, false, 5}, {"b-", 0, false, 5}};
	struct sb_tree_nodes nodes = {0};
	SB_BUF struct sb_buf text = {0};
	struct sb_err err = {0};

	cr_assert_eq(collect(found, sizeof found / sizeof *found, &nodes, &err), 0, "%s", err.msg);
	cr_assert_eq(sb_tree_nodes_emit(&nodes, list, &text, &err), 0, "%s", err.msg);
	cr_expect_str_eq(text.data, ". a a.b b b/c b/z=a b-=b/c ");
	sb_tree_nodes_release(&nodes);
}

Test(tree, loops_and_names_that_cannot_be_are_refused)
{
	static const struct found bad[][3] = {
		{{"", 0, true, 1}, {"a", 0, true, 2}, {"b", 1, true, 1}}, {{"", 0, true, 1}, {"a", 0, true, 2}, {"b", 1, true, 2}}, {{"", 0, true, 1}, {"a", 0, false, 2}, {"a/b", 0, false, 3}},
		{{"", 0, true, 1}, {"a", 0, false, 2}, {"..", 0, false, 3}}, {{"", 0, true, 1}, {"a", 0, false, 2}, {"", 0, false, 3}},
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct sb_tree_nodes nodes = {0};
		struct sb_err err = {0};
		cr_expect_eq(collect(bad[i], 3, &nodes, &err), SB_FORMAT, "%zu", i);
		sb_tree_nodes_release(&nodes);
	}
}

Test(tree, a_folder_has_one_name)
{
	static const struct found found[] = {{"", 0, true, 1}, {"a", 0, true, 2}, {"b", 0, true, 2}};
	struct sb_tree_nodes nodes = {0};
	SB_BUF struct sb_buf text = {0};
	struct sb_err err = {0};

	cr_assert_eq(collect(found, 3, &nodes, &err), 0);
	cr_expect_eq(sb_tree_nodes_emit(&nodes, list, &text, &err), SB_FORMAT);
	sb_tree_nodes_release(&nodes);
}

Test(tree, depth_is_limited)
{
	struct sb_tree_nodes nodes = {0};
	struct sb_err err = {0};
	int rc = sb_tree_node_add(&nodes, &(struct sb_tree_node){.folder = true}, &err);
	uint32_t i = 0;

	for (; !rc && i < 10000; i++)
		rc = sb_tree_node_add(&nodes, &(struct sb_tree_node){.name = sb_span_text("a"), .parent = i, .folder = true, .id = i + 1}, &err);
	cr_expect_eq(rc, SB_LIMIT);
	cr_expect_lt(i, 300);
	sb_tree_nodes_release(&nodes);
}

static int write_one(struct sb_sink *sink, struct sb_err *err)
{
	const struct sb_member file = {.name = sb_span_text("f"), .type = SB_MEMBER_FILE, .has_mode = true, .mode = 04755, .mtime = 7, .size = 5};
	SB_BUF struct sb_buf values = {0};
	struct sb_tree tree;
	int rc = sb_tree_begin(&tree, sink, err);

	sb_tree_value(&values, SB_TREE_XATTR, sb_span_text("user.a"), sb_span_text("b"));
	if (!rc)
		rc = sb_tree_entry(&tree, &file, NULL, &values, err);
	if (!rc)
		rc = sb_tree_content(&tree, sb_span_text("hello"), err);
	if (!rc)
		rc = sb_tree_part(&tree, "slack", sb_span_text("hidden"), err);
	return rc ? rc : sb_tree_end(&tree, err);
}

Test(tree, what_is_written_is_read)
{
	SB_BLOB struct sb_blob blob = {.fd = -1};
	struct sb_sink sink;
	struct sb_err err = {0};

	cr_assert_eq(sb_sink_open(&sink, 0, UINT64_MAX, NULL, &err), 0);
	cr_assert_eq(write_one(&sink, &err), 0, "%s", err.msg);
	cr_assert_eq(sb_sink_finish(&sink, &blob, &err), 0);
	sb_sink_release(&sink);
	struct opened opened = open_as("tree", blob.bytes, "tree");
	cr_assert_eq(opened.rc, 0, "%s", opened.err.msg);
	cr_assert_eq(opened.view.members.count, 2);
	cr_expect_eq(sb_view_member(&opened.view, 0)->mode, 04755);
	cr_expect(content_is(&opened, 0, "hello"));
	cr_expect_eq(sb_view_member(&opened.view, 1)->type, SB_MEMBER_PART);
	cr_expect(content_is(&opened, 1, "hidden"));
	cr_expect(region_of(&opened, "user.a", 1));
	close_view(&opened);
}

Test(tree, content_is_as_long_as_was_said)
{
	const struct sb_member file = {.name = sb_span_text("f"), .type = SB_MEMBER_FILE, .size = 3};
	struct sb_sink sink;
	struct sb_tree tree;
	struct sb_err err = {0};

	cr_assert_eq(sb_sink_open(&sink, 0, UINT64_MAX, NULL, &err), 0);
	cr_assert_eq(sb_tree_begin(&tree, &sink, &err), 0);
	cr_assert_eq(sb_tree_entry(&tree, &file, NULL, NULL, &err), 0);
	cr_expect_eq(sb_tree_content(&tree, sb_span_text("four"), &err), SB_INTERNAL);
	cr_expect_eq(sb_tree_end(&tree, &err), SB_INTERNAL);
	sb_sink_release(&sink);
}

static int note(void *ctx, uint64_t from, uint64_t to, struct sb_err *err)
{
	(void)err;
	sb_buf_printf(ctx, "%llu-%llu ", (unsigned long long)from, (unsigned long long)to);
	return 0;
}

Test(tree, owners_do_not_overlap_and_gaps_are_told)
{
	struct sb_extents extents = {0};
	SB_BUF struct sb_buf text = {0};
	struct sb_err err = {0};

	cr_assert_eq(sb_extents_add(&extents, 100, (struct sb_extent_of){.offset = 50, .length = 10, .shared = true}, &err), 0);
	cr_assert_eq(sb_extents_add(&extents, 100, (struct sb_extent_of){.offset = 0, .length = 20}, &err), 0);
	cr_assert_eq(sb_extents_add(&extents, 100, (struct sb_extent_of){.offset = 50, .length = 10, .shared = true}, &err), 0);
	cr_expect_eq(sb_extents_add(&extents, 100, (struct sb_extent_of){.offset = 95, .length = 6}, &err), SB_FORMAT);
	cr_expect_eq(sb_extents_add(&extents, 100, (struct sb_extent_of){.offset = UINT64_MAX, .length = 6}, &err), SB_FORMAT);
	cr_assert_eq(sb_extents_settle(&extents, 100, note, &text, &err), 0);
	cr_expect_str_eq(text.data, "20-50 60-100 ");
	cr_expect_eq(sb_extents_end(&extents), 60);
	cr_assert_eq(sb_extents_add(&extents, 100, (struct sb_extent_of){.offset = 55, .length = 10, .shared = true}, &err), 0);
	cr_expect_eq(sb_extents_settle(&extents, 100, note, &text, &err), SB_FORMAT);
	sb_extents_release(&extents);
}
