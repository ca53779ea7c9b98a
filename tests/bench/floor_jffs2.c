/* SPDX-License-Identifier: Apache-2.0 */
/* An image of JFFS2: each node of data is decoded once and hashed where it lies. Source: Linux 6.1, include/uapi/linux/jffs2.h. */
#include "tests/bench/floor.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { MAGIC = 0x1985, DATA = 0xe002, HEAD = 12, NODE = 68, CSIZE = 48, DSIZE = 52, COMPRESSOR = 56, PLAIN = 0, ZEROS = 1, ZLIB = 6, MOST = 64 << 10 };

static uint32_t number(const unsigned char *at, unsigned width)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < width; i++)
		value |= (uint32_t)at[i] << 8 * i;
	return value;
}

static void hash_node(struct work *work, crypto_generichash_state *blake, const unsigned char *node)
{
	uLongf size = number(node + DSIZE, 4);
	const unsigned char *data = node + NODE;

	if (size > MOST)
		give_up("jffs2", "a node of that size");
	if (node[COMPRESSOR] == ZLIB && uncompress(work->piece, &size, data, number(node + CSIZE, 4)) != Z_OK)
		give_up("jffs2", "a node that cannot be decoded");
	if (node[COMPRESSOR] != ZLIB && node[COMPRESSOR] != PLAIN && node[COMPRESSOR] != ZEROS)
		give_up("jffs2", "another compressor");
	crypto_generichash_update(blake, node[COMPRESSOR] == ZLIB ? work->piece : data, node[COMPRESSOR] == ZEROS ? 0 : size);
	work->members++;
	work->bytes += size;
}

void floor_jffs2(struct work *work, const char *path)
{
	crypto_generichash_state blake;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat about;

	if (fd < 0 || fstat(fd, &about) < 0)
		give_up(path, "cannot be opened");
	size_t n = (size_t)about.st_size;
	const unsigned char *image = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
	if (image == MAP_FAILED)
		give_up(path, "cannot be mapped");
	crypto_generichash_init(&blake, NULL, 0, 32);
	for (size_t at = 0; at + NODE <= n;) {
		uint32_t length = number(image + at + 4, 4);
		bool node = number(image + at, 2) == MAGIC && length >= HEAD && length <= n - at;
		if (node && number(image + at + 2, 2) == DATA && length >= NODE)
			hash_node(work, &blake, image + at);
		at += node ? (length + 3) / 4 * 4 : 4;
	}
	munmap((void *)(uintptr_t)image, n);
	close(fd);
}
