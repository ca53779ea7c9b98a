/* SPDX-License-Identifier: Apache-2.0 */
/* Tags that mean something to a comparison; the names are those of rpmtag.h without their prefix. */
#include "verifier/formats/rpm/rpm.h"

#define KIND(tag_, name_, kind_) {.tag = (tag_), .name = (name_), .kind = SB_FIELD_##kind_}
#define FILES(tag_, name_, kind_) {.tag = (tag_), .name = (name_), .kind = SB_FIELD_##kind_, .of_files = true}
#define SIGNED(tag_, name_) {.tag = (tag_), .name = (name_), .signature = true}
#define DERIVED(tag_, name_, algorithm_, over_) \
	{.tag = (tag_), .name = (name_), .kind = SB_FIELD_DERIVED, .algorithm = SB_DERIVE_##algorithm_, .over = SB_RPM_OVER_##over_}

static const struct sb_rpm_tag signature_tags[] = {
	KIND(62, "HEADERSIGNATURES", VALUE),
	SIGNED(267, "DSAHEADER"),
	SIGNED(268, "RSAHEADER"),
	DERIVED(269, "SHA1HEADER", SHA1, HEADER),
	DERIVED(270, "LONGSIGSIZE", LENGTH, REST),
	DERIVED(271, "LONGARCHIVESIZE", LENGTH, UNPACKED),
	DERIVED(273, "SHA256HEADER", SHA256, HEADER),
	SIGNED(274, "FILESIGNATURES"),
	KIND(275, "FILESIGNATURELENGTH", VALUE),
	SIGNED(276, "VERITYSIGNATURES"),
	KIND(277, "VERITYSIGNATUREALGO", VALUE),
	SIGNED(278, "OPENPGP"),
	DERIVED(1000, "SIGSIZE", LENGTH, REST),
	SIGNED(1002, "SIGPGP"),
	DERIVED(1004, "SIGMD5", MD5, REST),
	SIGNED(1005, "SIGGPG"),
	SIGNED(1006, "SIGPGP5"),
	DERIVED(1007, "PAYLOADSIZE", LENGTH, UNPACKED),
	KIND(1008, "RESERVEDSPACE", PADDING),
	KIND(1009, "BADSHA1_1", VALUE),
};

static const struct sb_rpm_tag main_tags[] = {
	KIND(63, "HEADERIMMUTABLE", VALUE),
	KIND(100, "HEADERI18NTABLE", VALUE),
	KIND(1000, "NAME", VALUE),
	KIND(1001, "VERSION", VALUE),
	KIND(1002, "RELEASE", VALUE),
	KIND(1003, "EPOCH", VALUE),
	KIND(1004, "SUMMARY", VALUE),
	KIND(1005, "DESCRIPTION", VALUE),
	KIND(1006, "BUILDTIME", TIME),
	KIND(1007, "BUILDHOST", VALUE),
	KIND(1009, "SIZE", VALUE),
	KIND(1010, "DISTRIBUTION", VALUE),
	KIND(1011, "VENDOR", VALUE),
	KIND(1014, "LICENSE", VALUE),
	KIND(1015, "PACKAGER", VALUE),
	KIND(1016, "GROUP", VALUE),
	KIND(1020, "URL", VALUE),
	KIND(1021, "OS", VALUE),
	KIND(1022, "ARCH", VALUE),
	KIND(1023, "PREIN", VALUE),
	KIND(1024, "POSTIN", VALUE),
	KIND(1025, "PREUN", VALUE),
	KIND(1026, "POSTUN", VALUE),
	{.tag = 1028, .name = "FILESIZES", .kind = SB_FIELD_DERIVED, .of_files = true, .algorithm = SB_DERIVE_LENGTH, .over = SB_RPM_OVER_FILE},
	FILES(1030, "FILEMODES", MODE),
	FILES(1033, "FILERDEVS", DEVICE),
	FILES(1034, "FILEMTIMES", TIME),
	{.tag = 1035, .name = "FILEDIGESTS", .kind = SB_FIELD_DERIVED, .of_files = true, .algorithm = SB_DERIVE_MD5, .over = SB_RPM_OVER_FILE},
	FILES(1036, "FILELINKTOS", LINK),
	FILES(1037, "FILEFLAGS", FLAGS),
	FILES(1039, "FILEUSERNAME", OWNER),
	FILES(1040, "FILEGROUPNAME", OWNER),
	KIND(1044, "SOURCERPM", VALUE),
	FILES(1045, "FILEVERIFYFLAGS", FLAGS),
	KIND(1047, "PROVIDENAME", VALUE),
	KIND(1048, "REQUIREFLAGS", VALUE),
	KIND(1049, "REQUIRENAME", VALUE),
	KIND(1050, "REQUIREVERSION", VALUE),
	KIND(1064, "RPMVERSION", VALUE),
	KIND(1080, "CHANGELOGTIME", VALUE),
	KIND(1081, "CHANGELOGNAME", VALUE),
	KIND(1082, "CHANGELOGTEXT", VALUE),
	KIND(1085, "PREINPROG", VALUE),
	KIND(1086, "POSTINPROG", VALUE),
	KIND(1087, "PREUNPROG", VALUE),
	KIND(1088, "POSTUNPROG", VALUE),
	KIND(1094, "COOKIE", VALUE),
	FILES(1095, "FILEDEVICES", INODE),
	FILES(1096, "FILEINODES", INODE),
	FILES(1097, "FILELANGS", VALUE),
	KIND(1112, "PROVIDEFLAGS", VALUE),
	KIND(1113, "PROVIDEVERSION", VALUE),
	KIND(1116, "DIRINDEXES", VALUE),
	KIND(1117, "BASENAMES", NAME),
	KIND(1118, "DIRNAMES", NAME),
	KIND(1122, "OPTFLAGS", VALUE),
	KIND(1124, "PAYLOADFORMAT", VALUE),
	KIND(1125, "PAYLOADCOMPRESSOR", ENCODING),
	KIND(1126, "PAYLOADFLAGS", ENCODING),
	KIND(1132, "PLATFORM", VALUE),
	FILES(5008, "LONGFILESIZES", VALUE),
	KIND(5009, "LONGSIZE", VALUE),
	FILES(5010, "FILECAPS", MODE),
	KIND(5011, "FILEDIGESTALGO", VALUE),
	KIND(5062, "ENCODING", VALUE),
	DERIVED(5092, "PAYLOADDIGEST", SHA256, PAYLOAD),
	KIND(5093, "PAYLOADDIGESTALGO", VALUE),
	DERIVED(5097, "PAYLOADDIGESTALT", SHA256, UNPACKED),
};

const struct sb_rpm_tag *sb_rpm_tag(unsigned header, uint32_t tag)
{
	const struct sb_rpm_tag *rows = header == SB_RPM_MAIN ? main_tags : signature_tags;
	size_t low = 0, high = header == SB_RPM_MAIN ? sizeof main_tags / sizeof *main_tags : sizeof signature_tags / sizeof *signature_tags;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (rows[mid].tag == tag)
			return &rows[mid];
		if (rows[mid].tag < tag)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}
