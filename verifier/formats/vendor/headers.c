/* SPDX-License-Identifier: Apache-2.0 */
/* The headers of vendors that are known. Adding one is one row of the table at the end. */
#include "verifier/formats/vendor/header.h"

#define MARK(at_, bytes_) {.at = (at_), .length = sizeof(bytes_) - 1, .bytes = (bytes_)}
#define NUMBER(at_, width_) {.at = (at_), .width = (width_)}
#define ROWS(table) .rows = (table), .row_count = sizeof(table) / sizeof *(table)
#define CONSTANT(bytes_) {.more = (bytes_)}

/* ---- Netgear: OpenWrt, firmware-utils, src/mkchkimg.c, struct chk_header ---- */

static const struct sb_layout_row chk_rows[] = {
	{.at = 0, .length = 4, .kind = SB_FIELD_MAGIC, .name = "magic"},
	{.at = 8, .length = 1, .name = "region"},
	{.at = 9, .length = 7, .name = "reserved"},
};

#define CHK \
	{ \
		.name = "CHK header", .big_endian = true, .marks = {MARK(0, "*#$^")}, .size = NUMBER(4, 4), \
		.parts = {{"kernel", {0}, NUMBER(24, 4)}, {"root file system", {0}, NUMBER(28, 4)}}, \
		.sums = {{.name = "sum of the kernel", .at = 16, .width = 4, .algorithm = SB_DERIVE_CHK_SUM, .first = 1, .last = 1}, \
		         {.name = "sum of the root file system", .at = 20, .width = 4, .algorithm = SB_DERIVE_CHK_SUM, .first = 2, .last = 2}, \
		         {.name = "sum of the image", .at = 32, .width = 4, .algorithm = SB_DERIVE_CHK_SUM, .first = 1, .last = 2}, \
		         {.name = "sum of the header", .at = 36, .width = 4, .algorithm = SB_DERIVE_CHK_SUM, .length = NUMBER(4, 4)}}, \
		ROWS(chk_rows), \
	}

/* ---- TP-Link, version 1: OpenWrt, firmware-utils, src/mktplinkfw.c, struct fw_header ---- */

static const struct sb_layout_row tplink_rows[] = {
	{.at = 0, .length = 4, .kind = SB_FIELD_MAGIC, .encoding = SB_ENC_BE, .name = "header version"},
	{.at = 4, .length = 24, .encoding = SB_ENC_TEXT, .name = "vendor"},
	{.at = 28, .length = 36, .encoding = SB_ENC_TEXT, .name = "firmware version"},
	{.at = 64, .length = 4, .encoding = SB_ENC_BE, .name = "hardware"},
	{.at = 68, .length = 4, .encoding = SB_ENC_BE, .name = "hardware revision"},
	{.at = 72, .length = 4, .encoding = SB_ENC_BE, .name = "region"},
	{.at = 96, .length = 16, .name = "second digest"},
	{.at = 116, .length = 4, .kind = SB_FIELD_ADDRESS, .encoding = SB_ENC_BE, .name = "load address"},
	{.at = 120, .length = 4, .kind = SB_FIELD_ADDRESS, .encoding = SB_ENC_BE, .name = "entry point"},
	{.at = 124, .length = 4, .encoding = SB_ENC_BE, .name = "room for the firmware"},
	{.at = 152, .length = 6, .name = "version numbers"},
	{.at = 158, .length = 354, .name = "reserved"},
};

#define TPLINK(algorithm_, ...) \
	{ \
		.name = "TP-Link header", .big_endian = true, .marks = {MARK(0, "\1\0\0\0"), MARK(128, "\0\0\2\0"), __VA_ARGS__}, .size = CONSTANT(512), \
		.parts = {{"kernel", NUMBER(128, 4), NUMBER(132, 4)}, {"root file system", NUMBER(136, 4), NUMBER(140, 4)}, {"boot loader", NUMBER(144, 4), NUMBER(148, 4)}}, \
		.sums = {{.name = "digest", .at = 76, .width = 16, .algorithm = (algorithm_)}}, \
		ROWS(tplink_rows), \
	}

/* ---- SEAMA of D-Link: OpenWrt, firmware-utils, src/seama.{h,c}. A seal has no content of its own: what it seals follows, each with a header ---- */

static const struct sb_layout_row seama_rows[] = {
	{.at = 0, .length = 4, .kind = SB_FIELD_MAGIC, .encoding = SB_ENC_BE, .name = "magic"},
	{.at = 4, .length = 2, .encoding = SB_ENC_BE, .name = "reserved"},
	{.at = 8, .length = 4, .encoding = SB_ENC_BE, .name = "length of the image"},
};

#define SEAMA_SEAL \
	{ \
		.name = "SEAMA seal", .big_endian = true, .marks = {MARK(0, "\x5e\xa3\xa4\x17"), MARK(8, "\0\0\0\0")}, .size = {.at = 6, .width = 2, .more = 12}, \
		ROWS(seama_rows), \
	}

#define SEAMA_IMAGE \
	{ \
		.name = "SEAMA header", .big_endian = true, .marks = {MARK(0, "\x5e\xa3\xa4\x17")}, .size = {.at = 6, .width = 2, .more = 28}, \
		.parts = {{"image", {0}, NUMBER(8, 4)}}, .sums = {{.name = "digest", .at = 12, .width = 16, .algorithm = SB_DERIVE_MD5, .first = 1, .last = 1}}, \
		.rows = seama_rows, .row_count = 2, \
	}

/* ---- eGON of Allwinner: U-Boot 2023.01, include/sunxi_image.h, struct boot_file_head ---- */

static const struct sb_layout_row egon_rows[] = {
	{.at = 0, .length = 4, .name = "jump to the code"},
	{.at = 4, .length = 8, .kind = SB_FIELD_MAGIC, .name = "magic"},
	{.at = 20, .length = 4, .name = "signature of the loader"},
	{.at = 24, .length = 4, .kind = SB_FIELD_ADDRESS, .encoding = SB_ENC_LE, .name = "address of a script"},
	{.at = 28, .length = 4, .encoding = SB_ENC_LE, .name = "length of the script"},
	{.at = 32, .length = 4, .encoding = SB_ENC_LE, .name = "offset of the name of a device tree"},
};

enum { EGON_HEADER = 96 };
#define EGON \
	{ \
		.name = "eGON header", .marks = {MARK(4, "eGON.BT0")}, .size = CONSTANT(EGON_HEADER), \
		.parts = {{"image", {0}, {.at = 16, .width = 4, .more = -EGON_HEADER}}}, \
		.sums = {{.name = "sum", .at = 12, .width = 4, .algorithm = SB_DERIVE_EGON_SUM, .length = NUMBER(16, 4)}}, \
		ROWS(egon_rows), \
	}

/* ---- STM32MP: U-Boot 2023.01, tools/stm32image.c, struct stm32_header; the later header is in 2024.01, struct stm32_header_v2 ---- */

static const struct sb_layout_row stm32_rows[] = {
	{.at = 0, .length = 4, .kind = SB_FIELD_MAGIC, .name = "magic"},
	{.at = 4, .length = 64, .name = "signature"},
	{.at = 72, .length = 4, .encoding = SB_ENC_LE, .name = "header version"},
	{.at = 80, .length = 4, .kind = SB_FIELD_ADDRESS, .encoding = SB_ENC_LE, .name = "entry point"},
	{.at = 88, .length = 4, .kind = SB_FIELD_ADDRESS, .encoding = SB_ENC_LE, .name = "load address"},
	{.at = 96, .length = 4, .encoding = SB_ENC_LE, .name = "version number"},
};

#define STM32(version_, size_) \
	{ \
		.name = "STM32 header", .marks = {MARK(0, "STM2"), MARK(74, version_)}, .size = CONSTANT(size_), .parts = {{"image", {0}, NUMBER(76, 4)}}, \
		.sums = {{.name = "sum of the image", .at = 68, .width = 4, .algorithm = SB_DERIVE_BYTE_SUM, .first = 1, .last = 1}}, \
		ROWS(stm32_rows), \
	}

/* ---- SoC FPGA of Altera: U-Boot 2023.01, tools/socfpgaimage.c. Behind the vectors; lengths count from the start of the file and take the CRC along ---- */

static const struct sb_layout_row socfpga_rows[] = {
	{.at = 0, .length = 64, .name = "vectors"},
	{.at = 64, .length = 4, .kind = SB_FIELD_MAGIC, .name = "magic"},
	{.at = 68, .length = 1, .name = "version"},
	{.at = 69, .length = 1, .kind = SB_FIELD_FLAGS, .name = "flags"},
};

enum { SOCFPGA_0 = 76, SOCFPGA_1 = 84, CRC = 4 };
#define SOCFPGA(version_, size_, at_, width_, unit_, sum_at, summed) \
	{ \
		.name = "SoC FPGA header", .marks = {MARK(64, "AS01"), MARK(68, version_)}, .size = CONSTANT(size_), \
		.parts = {{"image", {0}, {.at = (at_), .width = (width_), .unit = (unit_), .more = -((size_) + CRC)}}, {NULL, {0}, CONSTANT(CRC)}}, \
		.sums = {{.name = "sum of the header", .at = (sum_at), .width = 2, .algorithm = SB_DERIVE_BYTE_SUM, .from = 64, .length = CONSTANT(summed)}, \
		         {.name = "CRC", .algorithm = SB_DERIVE_CRC32_MSB, .length = {.at = (at_), .width = (width_), .unit = (unit_), .more = -CRC}}}, \
		ROWS(socfpga_rows), \
	}

/* ---- Zynq and Zynq UltraScale+ of Xilinx: U-Boot 2023.01, tools/zynqimage.c, struct zynq_header, and zynqmpimage.h, struct zynqmp_header ---- */

static const struct sb_layout_row zynq_rows[] = {
	{.at = 0, .length = 32, .name = "vectors"},
	{.at = 32, .length = 4, .kind = SB_FIELD_MAGIC, .name = "width detection"},
	{.at = 36, .length = 4, .kind = SB_FIELD_MAGIC, .name = "magic"},
	{.at = 40, .length = 4, .encoding = SB_ENC_LE, .name = "encryption"},
};

enum { ZYNQ_HEADER = 2240 };
#define ZYNQ(name_, parts_, sum_, ...) \
	{ \
		.name = (name_), .marks = {MARK(32, "\x66\x55\x99\xaaXNLX"), __VA_ARGS__}, .size = NUMBER(48, 4), .parts = parts_, \
		.sums = {{.name = "sum", .at = 72, .width = 4, .algorithm = SB_DERIVE_LE_SUM_INVERTED, .from = 32, .length = CONSTANT(40)}, sum_}, \
		ROWS(zynq_rows), \
	}
#define LIST(...) {__VA_ARGS__}
#define IMAGE_SIZE(at_, ...) LIST(.name = "size of the image", .at = (at_), .width = 4, .algorithm = SB_DERIVE_LENGTH, __VA_ARGS__)
#define ZYNQ_MP ZYNQ("Zynq UltraScale+ header", LIST({"image", {0}, NUMBER(64, 4)}), IMAGE_SIZE(60, .first = 1, .last = 1), MARK(52, "\0\0\0\0\0\0\0\0"))
#define ZYNQ_MP_PMU \
	ZYNQ("Zynq UltraScale+ header", LIST({"PMU firmware", {0}, NUMBER(56, 4)}, {"image", {0}, NUMBER(64, 4)}), IMAGE_SIZE(60, .first = 2, .last = 2), {0})
#define ZYNQ_7000 ZYNQ("Zynq header", LIST({"image", {0}, NUMBER(64, 4)}), IMAGE_SIZE(52, .first = 1, .last = 1), MARK(56, "\0\0\0\0"))
/* mkimage counts the header as part of the image; Xilinx does not. */
#define ZYNQ_7000_MKIMAGE \
	ZYNQ("Zynq header", LIST({"image", {0}, {.at = 64, .width = 4, .more = -ZYNQ_HEADER}}), IMAGE_SIZE(52, .length = NUMBER(64, 4)), MARK(56, "\0\0\0\0"))

/* ---- Kirkwood and Armada of Marvell: U-Boot 2023.01, tools/kwbimage.h. The first byte says from where it is booted, which decides what an offset counts: bytes, or
 * sectors, which begin with 1 on SATA ---- */

static const struct sb_layout_row kwb_rows[] = {
	{.at = 0, .length = 1, .kind = SB_FIELD_MAGIC, .name = "boot device"},
	{.at = 2, .length = 2, .encoding = SB_ENC_LE, .name = "size of a NAND page"},
	{.at = 16, .length = 4, .kind = SB_FIELD_ADDRESS, .encoding = SB_ENC_LE, .name = "load address"},
	{.at = 20, .length = 4, .kind = SB_FIELD_ADDRESS, .encoding = SB_ENC_LE, .name = "entry point"},
	{.at = 25, .length = 1, .name = "size of a NAND block"},
	{.at = 30, .length = 1, .kind = SB_FIELD_FLAGS, .name = "more headers"},
};

enum { KWB_HEADER = 32, KWB_LONGEST = 1 << 20, KWB_SUM = 31, SECTOR = 512 };

/* One magic byte is little: the header's own sum of as many bytes must be right. */
static bool kwb_sum_holds(struct sb_span file, uint64_t n)
{
	uint8_t sum = 0;

	if (n < KWB_HEADER || n > KWB_LONGEST || n > file.n)
		return false;
	for (uint64_t i = 0; i < n; i++)
		sum = (uint8_t)(sum + (i == KWB_SUM ? 0 : file.p[i]));
	return sum == file.p[KWB_SUM];
}

static bool kwb_0_holds(struct sb_span file)
{
	return kwb_sum_holds(file, KWB_HEADER);
}

static bool kwb_1_holds(struct sb_span file)
{
	return kwb_sum_holds(file, (uint64_t)file.p[9] << 16 | (uint64_t)file.p[11] << 8 | file.p[10]);
}

#define KWB(device, unit_, more_, version, reserved, holds_, ...) \
	{ \
		.name = "Marvell header", .marks = {MARK(0, device), version, reserved}, .holds = (holds_), \
		.size = {.at = 12, .width = 4, .unit = (unit_), .more = (more_)}, .parts = {{"image", {0}, {.at = 4, .width = 4, .more = -4}}, {NULL, {0}, CONSTANT(4)}}, \
		.sums = {{.name = "sum of the header", .at = KWB_SUM, .width = 1, .algorithm = SB_DERIVE_BYTE_SUM, .length = __VA_ARGS__}, \
		         {.name = "sum of the image", .algorithm = SB_DERIVE_LE_SUM, .first = 1, .last = 1}}, \
		ROWS(kwb_rows), \
	}
#define KWB_0(device, unit_, more_) KWB(device, unit_, more_, MARK(8, "\0\0\0\0"), MARK(28, "\0"), kwb_0_holds, CONSTANT(KWB_HEADER))
#define KWB_1(device, unit_, more_) KWB(device, unit_, more_, MARK(8, "\1"), MARK(27, "\0\0\0"), kwb_1_holds, {.at = 10, .width = 2, .high = 9})
#define I2C "\x4d"
#define SPI "\x5a"
#define UART "\x69"
#define SATA "\x78"
#define NAND "\x8b"
#define SDIO "\xae"

static const struct sb_vendor_header headers[] = {
	CHK,
	SEAMA_SEAL, SEAMA_IMAGE,
	EGON,
	STM32("\1", 256), STM32("\2", 512),
	SOCFPGA("\0", SOCFPGA_0, 70, 2, 4, 74, 9), SOCFPGA("\1", SOCFPGA_1, 72, 4, 1, 82, 17),
	ZYNQ_MP, ZYNQ_7000, ZYNQ_7000_MKIMAGE, ZYNQ_MP_PMU,
	TPLINK(SB_DERIVE_TPLINK_MD5, MARK(148, "\0\0\0\0")), TPLINK(SB_DERIVE_TPLINK_BOOT_MD5, {0}),
	KWB_0(I2C, 1, 0), KWB_0(SPI, 1, 0), KWB_0(UART, 1, 0), KWB_0(NAND, 1, 0), KWB_0(SATA, SECTOR, -SECTOR), KWB_0(SDIO, SECTOR, 0),
	KWB_1(I2C, 1, 0), KWB_1(SPI, 1, 0), KWB_1(UART, 1, 0), KWB_1(NAND, 1, 0), KWB_1(SATA, SECTOR, -SECTOR), KWB_1(SDIO, SECTOR, 0),
};

const struct sb_vendor_header *sb_vendor_headers(size_t *count)
{
	*count = sizeof headers / sizeof *headers;
	return headers;
}
