/* SPDX-License-Identifier: Apache-2.0 */
/* An image of squashfs, read by libsquashfs: every block of every file is decoded once, ends of files out of the blocks that it keeps. */
#include "tests/bench/floor.h"

#include <sqfs/compressor.h>
#include <sqfs/data_reader.h>
#include <sqfs/dir_reader.h>
#include <sqfs/id_table.h>
#include <sqfs/inode.h>
#include <sqfs/io.h>
#include <sqfs/super.h>
#include <stdlib.h>

struct image {
	sqfs_file_t *file;
	sqfs_super_t super;
	sqfs_compressor_t *compressor;
	sqfs_id_table_t *ids;
	sqfs_dir_reader_t *folders;
	sqfs_data_reader_t *data;
};

static void open_image(struct image *image, const char *path)
{
	sqfs_compressor_config_t config;

	if (!(image->file = sqfs_open_file(path, SQFS_FILE_OPEN_READ_ONLY)) || sqfs_super_read(&image->super, image->file))
		give_up(path, "no superblock");
	if (sqfs_compressor_config_init(&config, image->super.compression_id, image->super.block_size, SQFS_COMP_FLAG_UNCOMPRESS) ||
	    sqfs_compressor_create(&config, &image->compressor))
		give_up(path, "no such compressor");
	if (!(image->ids = sqfs_id_table_create(0)) || sqfs_id_table_read(image->ids, image->file, &image->super, image->compressor))
		give_up(path, "no table of owners");
	if (!(image->folders = sqfs_dir_reader_create(&image->super, image->compressor, image->file, 0)) ||
	    !(image->data = sqfs_data_reader_create(image->file, image->super.block_size, image->compressor, 0)) || sqfs_data_reader_load_fragment_table(image->data, &image->super))
		give_up(path, "no folders or data");
}

static void close_image(struct image *image)
{
	sqfs_destroy(image->data);
	sqfs_destroy(image->folders);
	sqfs_destroy(image->ids);
	sqfs_destroy(image->compressor);
	sqfs_destroy(image->file);
}

static void hash_content(struct work *work, struct image *image, const sqfs_inode_generic_t *inode)
{
	crypto_generichash_state blake;
	unsigned char digest[32];
	size_t blocks = sqfs_inode_get_file_block_count(inode);

	crypto_generichash_init(&blake, NULL, 0, sizeof digest);
	for (size_t i = 0; i <= blocks; i++) { /* the last one is the end of the file, out of a shared block */
		sqfs_u8 *data = NULL;
		size_t size = 0;
		if (i < blocks ? sqfs_data_reader_get_block(image->data, inode, i, &size, &data) : sqfs_data_reader_get_fragment(image->data, inode, &size, &data))
			give_up("squashfs", "a block cannot be decoded");
		crypto_generichash_update(&blake, data, size);
		work->bytes += size;
		free(data);
	}
	crypto_generichash_final(&blake, digest, sizeof digest);
	work->members++;
}

static void walk_nodes(struct work *work, struct image *image, const sqfs_tree_node_t *node)
{
	for (; node; node = node->next) {
		if (node->inode->base.type == SQFS_INODE_FILE || node->inode->base.type == SQFS_INODE_EXT_FILE)
			hash_content(work, image, node->inode);
		walk_nodes(work, image, node->children);
	}
}

void floor_squashfs(struct work *work, const char *path)
{
	struct image image;
	sqfs_tree_node_t *root = NULL;

	open_image(&image, path);
	if (sqfs_dir_reader_get_full_hierarchy(image.folders, image.ids, NULL, 0, &root))
		give_up(path, "no tree");
	walk_nodes(work, &image, root);
	sqfs_dir_tree_destroy(root);
	close_image(&image);
}
