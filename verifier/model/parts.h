/* SPDX-License-Identifier: Apache-2.0 */
/* The nouns of one file: regions that tile it, members found in it, typed fields of a region. */
#ifndef VERIFIER_MODEL_PARTS_H
#define VERIFIER_MODEL_PARTS_H

#include "base/base.h"

/** What a region is, for pairing, severity and the report. */
enum sb_region_kind {
	SB_REGION_UNKNOWN = 0,
	SB_REGION_HEADER,   /* fixed or tagged fields; describe() types them */
	SB_REGION_TABLE,    /* rows of one shape: program headers, central directory */
	SB_REGION_CONTENT,  /* bytes of a member, as they are */
	SB_REGION_ENCODED,  /* bytes of a member, compressed or otherwise encoded */
	SB_REGION_SECTION,  /* a section of an executable */
	SB_REGION_CHECK,    /* a checksum or digest that stands alone */
	SB_REGION_SIGNATURE,/* a detachable typed signature container */
	SB_REGION_PADDING,  /* fill that the format documents */
	SB_REGION_GAP,      /* bytes that nothing refers to */
	SB_REGION_OVERLAY,  /* bytes after the end that the format declares */
	SB_REGION_LAYOUT,   /* structure of a file system that its walker has followed and checked: it says where things lie, and nothing else */
};

/** One owner of bytes. All regions of a file are emitted in ascending order, do not overlap and cover it (checked by sb_view_check). */
struct sb_region {
	uint64_t offset, length;
	enum sb_region_kind kind;
	bool loaded;        /* mapped at run time, or read by a loader */
	uint32_t member;    /* 1 + index of the member it belongs to; 0: none */
	uint32_t tag;       /* the format's own: a section index, a header variant; passed back to describe() */
	uint32_t align;     /* of PADDING: it ends at a multiple of this and is shorter; 0: as the format as a whole demands */
	const char *name;   /* for pairing by (kind, name, ordinal) and for the way in: ".text", "header"; raw bytes, never NULL */
};

enum sb_codec {
	SB_CODEC_NONE = 0,  /* the content is the bytes themselves */
	SB_CODEC_DEFLATE,   /* raw deflate, RFC 1951, by zlib */
	SB_CODEC_GZIP, SB_CODEC_XZ, SB_CODEC_LZMA, SB_CODEC_BZIP2, SB_CODEC_ZSTD, SB_CODEC_LZ4, SB_CODEC_LZIP, /* whole files, by libarchive's filters */
	SB_CODEC_ZLIB,      /* RFC 1950, by zlib */
	SB_CODEC_LZO,       /* one block of LZO1X, by liblzo2; as of all single blocks its decoded size must be declared */
	SB_CODEC_LZ4_BLOCK, /* one block, by liblz4 */
	SB_CODEC_RTIME,     /* one node of JFFS2 */
	SB_CODEC_MICROLZMA, /* one block without header, by liblzma */
	SB_CODEC_HOLE,      /* nothing in the file: zeros */
	SB_CODEC_ERASED,    /* nothing in the file: erased flash, bytes of 255 */
	SB_CODEC_IHEX, SB_CODEC_SREC, /* lines of digits whose data follows each other in memory */
	SB_CODEC_SLICES,    /* of a member: its content is what its slices give, one after the other */
	SB_CODEC_SQUASHFS,  /* whole file systems, as the tree that they hold: verifier/formats/tree */
	SB_CODEC_EXT,
	SB_CODEC_LAST = SB_CODEC_EXT,
};

/** A part of a member's content that lies, and may be encoded, by itself. */
struct sb_slice {
	enum sb_codec codec;     /* not SLICES */
	uint64_t offset, length; /* encoded bytes in the file; of a hole 0 */
	uint64_t whole;          /* what they decode to, exactly; of NONE the length */
	uint64_t skip, size;     /* which of that is the member's */
};

enum sb_member_type {
	SB_MEMBER_UNKNOWN = 0,
	SB_MEMBER_FILE, SB_MEMBER_DIR, SB_MEMBER_SYMLINK, SB_MEMBER_HARDLINK,
	SB_MEMBER_CHAR, SB_MEMBER_BLOCK, SB_MEMBER_FIFO, SB_MEMBER_SOCKET,
	SB_MEMBER_PART,     /* nothing with a file type of its own: the payload of a .gz */
};

/** A thing inside: what ingest unpacks and compare goes into. Names are data: hostile, raw, never used as paths unchecked. */
struct sb_member {
	struct sb_span name;         /* NUL-terminated beyond n; may hold any byte */
	enum sb_member_type type;
	bool has_mode;               /* mode, uid, gid, mtime mean something */
	uint32_t mode;               /* 07777 */
	uint64_t uid, gid;
	int64_t mtime;
	uint32_t mtime_ns;
	struct sb_span link;         /* SYMLINK, HARDLINK: target as recorded */
	uint64_t rdev_major, rdev_minor;
	enum sb_codec codec;
	uint64_t offset, length;     /* encoded bytes in the file; length 0: no content; with slices the range that holds them all */
	uint64_t size;               /* decoded size as declared; UINT64_MAX: not declared */
	const struct sb_slice *slices; /* of SLICES, in the order of the content */
	uint32_t slice_count;
	struct sb_span xattrs;       /* extended attributes in a form that depends on nothing but them; p NULL: none */
	const char *refusal;         /* why a drop must not be unpacked because of it (static text: "encrypted", "sparse"), or NULL */
	const char *refusal_id;      /* row of docs/errors.md that goes with it, or NULL */
	bool signature;              /* nothing but a signature of what lies beside it: META-INF/X.RSA, _gpgorigin */
	uint32_t stem;               /* bytes of the name that say what it is, while the rest says how it is packed; 0: all of them */
	const char *packing;         /* the compression that the container says its content is in: name of a format, or "none"; NULL: it does not say */
};

/** Encoded bytes of the content, each slice by itself. */
static inline uint64_t sb_member_packed(const struct sb_member *member)
{
	uint64_t sum = 0;

	if (member->codec != SB_CODEC_SLICES)
		return member->length;
	for (uint32_t i = 0; i < member->slice_count; i++)
		if (!sb_add(sum, member->slices[i].length, &sum))
			return UINT64_MAX;
	return sum;
}

/** What a field means: decides which explainers may look at it. */
enum sb_field_kind {
	SB_FIELD_VALUE = 0, /* content: no explainer may own it by kind alone */
	SB_FIELD_NAME, SB_FIELD_MODE, SB_FIELD_OWNER, SB_FIELD_LINK, SB_FIELD_DEVICE, SB_FIELD_SIZE, SB_FIELD_FLAGS,
	SB_FIELD_MAGIC,
	SB_FIELD_TIME,      /* "when made" in the encoding named by `encoding` */
	SB_FIELD_DERIVED,   /* a function of other bytes: see struct sb_derivation */
	SB_FIELD_IDENTIFIER,/* opaque, fixed size: build-id, UUID, CRC of an absent file */
	SB_FIELD_OFFSET,    /* file offset or index into this file */
	SB_FIELD_ADDRESS,   /* run-time address: pointers, symbol values, addends */
	SB_FIELD_PADDING,   /* documented fill */
	SB_FIELD_ENCODING,  /* a parameter of compression: level, OS byte of gzip */
	SB_FIELD_INODE,     /* inode and device numbers of cpio */
};

enum sb_encoding {
	SB_ENC_RAW = 0, SB_ENC_LE, SB_ENC_BE, SB_ENC_OCTAL, SB_ENC_DECIMAL, SB_ENC_HEX_TEXT, SB_ENC_DOS_TIME, SB_ENC_TEXT,
	SB_ENC_PDP, /* 16-bit words, each little endian, the more significant one first */
	SB_ENC_PNG_TIME, /* year in two bytes, big endian; month, day, hour, minute, second in one each: UTC */
	SB_ENC_PO_TIME,  /* "2024-05-31 12:00+0200" */
	SB_ENC_ISO_DATE, /* years from 1900, month, day, hour, minute, second, quarters of an hour from UTC, in one byte each */
	SB_ENC_ISO_STAMP, /* "2024053112000000" and a byte with quarters of an hour from UTC */
	SB_ENC_DOS_FINE, /* hundredths of a second up to 199, then as DOS_TIME: FAT */
	SB_ENC_DOS_DAY,  /* the upper half of DOS_TIME */
	SB_ENC_PDF_TIME, /* "20240531120000", alone or with "Z", "+02'00" or "+02'00'" */
};

enum sb_derive_algorithm {
	SB_DERIVE_NONE = 0,
	SB_DERIVE_CRC32,       /* zlib's, over `over` */
	SB_DERIVE_TAR_SUM,     /* unsigned sum of the header with the field as blanks */
	SB_DERIVE_LENGTH,      /* length of `over` in bytes, modulo 2^(8·width) */
	SB_DERIVE_BYTE_SUM,    /* sum of bytes, modulo 2^32; the field itself counts as zeros */
	SB_DERIVE_XZ_CHECK,    /* verified by the decoder, which fails when it is wrong */
	SB_DERIVE_MD5, SB_DERIVE_SHA1, SB_DERIVE_SHA256, SB_DERIVE_SHA384, SB_DERIVE_SHA512, /* digest; raw, or digits in HEX_TEXT */
	SB_DERIVE_PE_SUM,      /* of the 16-bit words of `over`, in which the field itself counts as zeros, and its length; 0: none is stated */
	SB_DERIVE_CRC32_ZEROED, /* zlib's, over `over`, in which the field itself counts as zeros */
	SB_DERIVE_CRC32_BARE,   /* as CRC32, without the complement at the end */
	SB_DERIVE_CRC32_PLAIN,  /* so too, and without the one at the start */
	SB_DERIVE_CRC32C_ZEROED, /* Castagnoli's, without the complement at the end; the field itself counts as zeros */
	SB_DERIVE_WORD_SUM,     /* makes the sum of all big endian words of 32 bits in `over` zero */
	SB_DERIVE_CRC32C,       /* Castagnoli's, over `over`, without the complement at the end */
	SB_DERIVE_CRC32_MSB,    /* bzip2's: the most significant bit of each byte first */
	SB_DERIVE_LE_SUM,       /* sum of all whole little endian words of 32 bits */
	SB_DERIVE_LE_SUM_INVERTED, /* so too, and its complement */
	SB_DERIVE_EGON_SUM,     /* as LE_SUM, the stamp of Allwinner in place of the field itself */
	SB_DERIVE_CHK_SUM,      /* Netgear's sum of sums, the field itself as zeros */
	SB_DERIVE_TPLINK_MD5, SB_DERIVE_TPLINK_BOOT_MD5, /* MD5 of `over`, a constant of TP-Link in place of the field itself; without and with a boot loader */
	SB_DERIVE_POSITION,    /* where the region lies that begins at over_offset, counted from base */
};

/** A stretch of a file. */
struct sb_range {
	uint64_t offset, length;
};

/** What a derived field is computed from. */
struct sb_derivation {
	enum sb_derive_algorithm algorithm;
	uint64_t over_offset, over_length; /* bytes of this file, unless `decoded` */
	uint32_t decoded;                  /* 1 + index of the member whose decoded bytes it covers; 0: the range above */
	bool unpacked;                     /* with decoded: what all compressions inside that member leave */
	struct sb_span inside;             /* with unpacked: the content of the file of that name in the archive there; p NULL: the archive itself */
	uint64_t base;                     /* of POSITION */
	const struct sb_range *pieces;    /* instead of `over`: stretches of this file in a row; in the arena */
	uint32_t piece_count;              /* 0: no pieces */
};

struct sb_field {
	uint64_t offset, length; /* in the file; inside the region described */
	enum sb_field_kind kind;
	enum sb_encoding encoding;
	const char *name;        /* "mtime", "e_entry", "sym main.st_value"; raw */
	struct sb_derivation derived; /* of SB_FIELD_DERIVED */
};

#endif
