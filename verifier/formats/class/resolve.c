/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What constants denote, whatever their numbers are. Each kind of constant leads only to kinds of a lower rank, so that one pass a rank is
 * enough and nothing can lead in circles; but for dynamic constants, which are arguments of the bootstrap methods that make others.
 */
#include "verifier/formats/class/class.h"

#include "hashing/hashing.h"

#include <string.h>

/** Dynamic constants that lead to each other are followed so far; what is deeper does not resolve. */
enum { MOST_ROUNDS = 16 };

/** What goes into a sense in front of its bytes: tags of constants are below. */
enum { DOMAIN_BOOTSTRAP = 0x100, DOMAIN_POOL, DOMAIN_UNREADABLE, DOMAIN_NUMBER };

struct bootstrap {
	uint64_t offset; /* in the file */
	struct sb_sense sense;
};

struct resolving {
	const struct sb_class *class;
	struct sb_class_senses *senses;
	struct bootstrap *bootstraps; /* by number */
	size_t bootstrap_count;
};

static bool is_known(struct sb_sense sense)
{
	return (sense.word[0] | sense.word[1]) != 0;
}

static struct sb_sense cut(struct sb_hash *hash)
{
	struct sb_digest digest;
	struct sb_sense sense;

	sb_hash_final(hash, &digest);
	memcpy(&sense, digest.blake2b, sizeof sense);
	return sense;
}

static void begin(struct sb_hash *hash, unsigned domain)
{
	sb_hash_init(hash, SB_DIGEST_BLAKE2B);
	sb_hash_update(hash, sb_span_of(&domain, sizeof domain));
}

static void add(struct sb_hash *hash, struct sb_sense sense)
{
	sb_hash_update(hash, sb_span_of(&sense, sizeof sense));
}

struct sb_sense sb_class_bytes_sense(unsigned kind, struct sb_span bytes)
{
	struct sb_hash hash;

	begin(&hash, kind);
	sb_hash_update(&hash, bytes);
	return cut(&hash);
}

struct sb_sense sb_class_unreadable(const struct sb_class *class, struct sb_span bytes)
{
	struct sb_hash hash;

	begin(&hash, DOMAIN_UNREADABLE);
	add(&hash, class->senses.pool);
	sb_hash_update(&hash, bytes);
	return cut(&hash);
}

struct sb_sense sb_class_sense(const struct sb_class *class, uint64_t index)
{
	struct sb_hash hash;

	if (index && index < class->pool_count && is_known(class->senses.constants[index]))
		return class->senses.constants[index];
	begin(&hash, DOMAIN_NUMBER);
	if (index)
		add(&hash, class->senses.pool);
	sb_hash_update(&hash, sb_span_of(&index, sizeof index));
	return cut(&hash);
}

/* What a number of the constant leads to; false when it does not lead to what it should, or that does not resolve. */
static bool follow(const struct resolving *in, uint64_t index, uint32_t allowed, struct sb_sense *out)
{
	const struct sb_class *class = in->class;

	if (index == 0 || index >= class->pool_count || !(allowed & SB_CONSTANT_BIT(class->pool[index].tag)))
		return false;
	*out = in->senses->constants[index];
	return is_known(*out);
}

/* A constant all of whose numbers resolve; of a dynamic one the bootstrap method stands in front. */
static void resolve(struct resolving *in, size_t i)
{
	const struct sb_constant_form *form = sb_constant_form(in->class->pool[i].tag);
	struct sb_rd rd = sb_rd_of(sb_class_constant(in->class, i), true);
	struct sb_sense led;
	struct sb_hash hash;

	begin(&hash, in->class->pool[i].tag);
	if (form->rank == SB_CONSTANT_RANK_DYNAMIC) {
		uint64_t number = sb_rd_uint(&rd, 2);
		if (number >= in->bootstrap_count || !is_known(in->bootstraps[number].sense))
			return;
		add(&hash, in->bootstraps[number].sense);
	} else {
		sb_hash_update(&hash, sb_rd_bytes(&rd, form->rank ? form->kind : rd.in.n));
	}
	for (unsigned k = 0; k < 2 && form->leads[k]; k++) {
		if (!follow(in, sb_rd_uint(&rd, 2), form->leads[k], &led))
			return;
		add(&hash, led);
	}
	in->senses->constants[i] = cut(&hash);
}

static struct sb_span bytes_at(const struct sb_class *class, const struct sb_region *region)
{
	return sb_span_of(class->file.p + region->offset, (size_t)region->length);
}

static bool is_bootstrap(const struct sb_region *region)
{
	return region->tag == SB_CLASS_TAG_ATTRIBUTE && strcmp(region->name, "attribute BootstrapMethods") == 0;
}

/* The one region of bootstrap methods (4.7.23): with several of them none is taken, and NULL. */
static const struct sb_region *bootstrap_region(const struct sb_view *view)
{
	const struct sb_region *found = NULL;

	for (size_t i = 0; i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		if (!is_bootstrap(region))
			continue;
		if (found)
			return NULL;
		found = region;
	}
	return found;
}

/* Where each bootstrap method stands; none when they do not fill their attribute exactly. */
static int find_bootstraps(struct resolving *in, const struct sb_region *region, struct sb_arena *arena, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(in->class->file, true);

	sb_rd_seek(&rd, region->offset + 6);
	uint64_t count = sb_rd_uint(&rd, 2), end = region->offset + region->length;
	if (!(in->bootstraps = sb_arena_array(arena, (size_t)count, sizeof *in->bootstraps)))
		return sb_no_memory(err);
	for (uint64_t i = 0; i < count && !rd.bad && rd.at < end; i++) {
		in->bootstraps[i].offset = rd.at;
		sb_rd_bytes(&rd, 2);
		sb_rd_bytes(&rd, 2 * (size_t)sb_rd_uint(&rd, 2));
		in->bootstrap_count = (size_t)i + 1;
	}
	if (rd.bad || rd.at != end || in->bootstrap_count != count)
		in->bootstrap_count = 0;
	return 0;
}

/* The handle and all arguments (loadable constants, 4.4). */
static bool resolve_bootstrap(struct resolving *in, struct bootstrap *bootstrap)
{
	struct sb_rd rd = sb_rd_of(in->class->file, true);
	struct sb_sense led;
	struct sb_hash hash;

	begin(&hash, DOMAIN_BOOTSTRAP);
	sb_rd_seek(&rd, bootstrap->offset);
	if (!follow(in, sb_rd_uint(&rd, 2), SB_CONSTANT_BIT(SB_CONSTANT_HANDLE), &led))
		return false;
	add(&hash, led);
	for (uint64_t left = sb_rd_uint(&rd, 2); left; left--) {
		if (!follow(in, sb_rd_uint(&rd, 2), UINT32_MAX, &led))
			return false;
		add(&hash, led);
	}
	bootstrap->sense = cut(&hash);
	return true;
}

/* Bootstrap methods and what they make, as long as that brings something new. */
static void resolve_dynamic(struct resolving *in)
{
	bool more = true;

	for (unsigned round = 0; more && round < MOST_ROUNDS; round++) {
		more = false;
		for (size_t i = 0; i < in->bootstrap_count; i++)
			if (!is_known(in->bootstraps[i].sense))
				more |= resolve_bootstrap(in, &in->bootstraps[i]);
		for (size_t i = 1; more && i < in->class->pool_count; i++)
			if (sb_constant_form(in->class->pool[i].tag)->rank == SB_CONSTANT_RANK_DYNAMIC && !is_known(in->senses->constants[i]))
				resolve(in, i);
	}
}

/* Everything that numbers are resolved by. */
static struct sb_sense sense_of_pool(const struct sb_view *view, const struct sb_class *class)
{
	struct sb_hash hash;

	begin(&hash, DOMAIN_POOL);
	for (size_t i = 0; i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		if (region->tag == SB_CLASS_TAG_POOL || is_bootstrap(region))
			sb_hash_update(&hash, bytes_at(class, region));
	}
	return cut(&hash);
}

int sb_class_resolve(struct sb_view *view, struct sb_err *err)
{
	struct sb_class *class = view->own;
	struct sb_class_senses senses = {0};
	struct resolving in = {.class = class, .senses = &senses};
	const struct sb_region *bootstraps = bootstrap_region(view);

	if (class->senses.constants)
		return 0;
	if (!(senses.constants = sb_arena_array(view->arena, class->pool_count + 1, sizeof *senses.constants)))
		return sb_no_memory(err);
	int rc = bootstraps ? find_bootstraps(&in, bootstraps, view->arena, err) : 0;
	if (rc)
		return rc;
	for (unsigned rank = 0; rank < SB_CONSTANT_RANK_DYNAMIC; rank++)
		for (size_t i = 1; i < class->pool_count; i++)
			if (class->pool[i].tag && sb_constant_form(class->pool[i].tag)->rank == rank)
				resolve(&in, i);
	resolve_dynamic(&in);
	senses.pool = sense_of_pool(view, class);
	class->senses = senses;
	return 0;
}
