/* SPDX-License-Identifier: Apache-2.0 */
/* Packed files are gone through by the same workers as everywhere: docs/architecture.md, "How foreign bytes are parsed". */
#include "verifier/trace/contents.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MOST = 8, MEMBERS_MOST = 200000 };

struct visiting {
	struct sb_contents *contents;
	struct sb_parser_side *side;
	struct sb_unpack_budget budget;
	uint64_t members;
};

static int visit_file(struct visiting *v, struct sb_source *source, const char *inside, const char *name, unsigned depth, struct sb_err *err);

static bool ends_all(int rc)
{
	return rc == SB_NOMEM || rc == SB_INTERRUPTED;
}

static int show(struct visiting *v, const char *inside, struct sb_span bytes, const struct sb_view *view, struct sb_err *err)
{
	const struct sb_content content = {.inside = inside, .bytes = bytes, .view = view};
	return v->contents->visit(v->contents->ctx, &content, err);
}

static const char *way_to(struct visiting *v, const char *inside, const struct sb_member *member)
{
	const char *name = member->name.n ? sb_escape_copy(v->contents->arena, member->name) : "content";
	if (!name)
		return NULL;
	return inside[0] ? sb_arena_printf(v->contents->arena, "%s > %s", inside, name) : name;
}

static int visit_member(struct visiting *v, struct sb_source *source, const struct sb_member *member, const char *inside, unsigned depth, struct sb_err *err)
{
	struct sb_decoding item = {.member = member, .blob.fd = -1};
	const char *way = way_to(v, inside, member);
	struct sb_span bytes;
	struct sb_source part;

	if (!way)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (member->codec == SB_CODEC_NONE) {
		if (!sb_span_cut(source->bytes, member->offset, member->length, &bytes))
			return 0;
		sb_source_cut(&part, v->side, bytes, source);
	} else {
		int rc = sb_parsing_decode(v->side, source, &item, 1, &v->budget, err);
		if (rc || item.rc) {
			v->contents->complete = false;
			return ends_all(rc) ? rc : 0;
		}
		sb_source_init(&part, v->side, NULL, item.blob.bytes, &item.blob);
	}
	const char *name = member->name.n ? sb_path_base((const char *)member->name.p) : "";
	int rc = visit_file(v, &part, way, name, depth + 1, err);
	sb_source_close(&part);
	sb_blob_release(&item.blob);
	return rc;
}

static bool has_content(const struct sb_member *member)
{
	return (member->type == SB_MEMBER_FILE || member->type == SB_MEMBER_PART || member->type == SB_MEMBER_UNKNOWN) && member->length > 0;
}

/* What packs others is shown member by member; anything else, and what holds nothing, as it is. */
static int visit_view(struct visiting *v, struct sb_source *source, const struct sb_view *view, const char *inside, unsigned depth, struct sb_err *err)
{
	size_t shown = 0;
	int rc = 0;

	for (size_t i = 0; !rc && sb_format_packs(view->format) && i < view->members.count; i++) {
		const struct sb_member *member = sb_view_member(view, i);
		if (!has_content(member))
			continue;
		if (++v->members > MEMBERS_MOST) {
			v->contents->complete = false;
			break;
		}
		shown++;
		rc = visit_member(v, source, member, inside, depth, err);
	}
	return rc || shown ? rc : show(v, inside, source->bytes, view, err);
}

static int visit_file(struct visiting *v, struct sb_source *source, const char *inside, const char *name, unsigned depth, struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	const struct sb_format *format = NULL;
	struct sb_err why = {0};
	struct sb_view view = {0};

	if (!arena)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = depth < DEPTH_MOST ? sb_parsing_probe(v->side, source, name, &format, &why) : 0;
	if (!rc && format)
		rc = sb_parsing_open(v->side, source, format, name, arena, &view, &why);
	if (!rc && format) {
		rc = visit_view(v, source, &view, inside, depth, err);
		sb_view_release(&view);
		return rc;
	}
	v->contents->complete &= depth < DEPTH_MOST && !rc;
	if (ends_all(rc)) {
		if (err)
			*err = why;
		return rc;
	}
	return show(v, inside, source->bytes, NULL, err);
}

int sb_contents_visit(struct sb_contents *contents, struct sb_span file, const char *name, struct sb_err *err)
{
	struct visiting v = {.contents = contents, .side = sb_parser_side_new(contents->parsers),
	                     .budget = {.packed = file.n, .most = SB_LIMIT_OF(UNPACKED_TOTAL)}};
	struct sb_source source;

	if (!v.side)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	contents->complete = true;
	sb_source_init(&source, v.side, NULL, file, NULL);
	int rc = visit_file(&v, &source, "", sb_path_base(name), 0, err);
	sb_source_close(&source);
	sb_parser_side_free(&v.side);
	return rc;
}
