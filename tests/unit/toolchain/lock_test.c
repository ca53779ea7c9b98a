/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include "verifier/toolchain/lock.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(lock, .fini = no_leaks);

#define SHA_A "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c"
#define SHA_B "7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730"
/* Two versions of one package, as security updates give them, and one without a digest. */
#define INDEX \
	"Package: gcc\nVersion: 4:12.2.0-3\nArchitecture: amd64\nSHA256: " SHA_A "\n\n" \
	"Package: gcc\nVersion: 4:12.2.0-4\nArchitecture: amd64\nSHA256: " SHA_B "\n\n" \
	"Package: bare\nVersion: 1\nArchitecture: all\n\n" \
	"Package: adduser\nVersion: 3.134\nArchitecture: all\nDescription: more\nSHA256: " SHA_A "\n"

static int lock(const char *installed, const char *index, const char *releases, struct sb_buf *out, size_t *packages)
{
	const struct sb_digest root = {.kinds = SB_DIGEST_SHA256};
	const struct sb_lock_in in = {.installed = sb_span_text(installed), .index = sb_span_text(index), .releases = sb_span_text(releases),
	                              .tool = sb_span_text("mmdebstrap 1.3\n"), .root = &root, .suite = "bookworm", .epoch = 1};
	return sb_toolchain_lock(&in, out, packages, NULL);
}

Test(lock, takes_the_digest_of_the_installed_version)
{
	SB_BUF struct sb_buf out = {0};
	size_t packages = 0;

	cr_assert_eq(lock("adduser 3.134 all\ngcc 4:12.2.0-4 amd64\n", INDEX, SHA_B "  some_dists_bookworm_InRelease\n", &out, &packages), 0);
	cr_assert_eq(packages, 2);
	cr_assert_not_null(strstr(out.data, "\"suite\":\"bookworm\",\"tool\":\"mmdebstrap 1.3\"}"), "%s", out.data);
	cr_assert_not_null(strstr(out.data, "\"name\":\"gcc\",\"sha256\":\"" SHA_B "\",\"version\":\"4:12.2.0-4\""), "%s", out.data);
	cr_assert_not_null(strstr(out.data, "{\"name\":\"some_dists_bookworm_InRelease\",\"sha256\":\"" SHA_B "\"}"), "%s", out.data);
}

Test(lock, a_package_without_a_digest_is_a_failure)
{
	static const char *const installed[] = {"gcc 4:12.2.0-5 amd64\n", "gcc 4:12.2.0-4 arm64\n", "bare 1 all\n", "gcc 4:12.2.0-4\n", "", "\n"};
	for (size_t i = 0; i < sizeof installed / sizeof *installed; i++) {
		SB_BUF struct sb_buf out = {0};
		size_t packages = 0;
		cr_expect_eq(lock(installed[i], INDEX, "", &out, &packages), SB_FAILED, "list %zu", i);
	}
}

Test(lock, an_empty_index_is_a_failure)
{
	SB_BUF struct sb_buf out = {0};
	size_t packages = 0;
	cr_assert_eq(lock("gcc 4:12.2.0-4 amd64\n", "", "", &out, &packages), SB_FAILED);
}
