#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A real Debian package: rebuilt, compared with what Debian ships, judged, signed and checked; then with one byte changed.
set -euo pipefail
sb=${SB_PROGRAM:?call this through ./run demo}
work=${XDG_CACHE_HOME:-$HOME/.cache}/samebuild-demo
source_package=net-tools
mkdir -p "$work/apt/lists/partial" "$work/apt/archives/partial" "$work/apt/parts" "$work/honest"
cd "$work"

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
show() { printf '\033[2m$ samebuild %s\033[0m\n' "$*"; }

# An apt configuration of our own: the system's lists and sources stay as they are.
cat >apt/sources.list <<-LIST
	deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main
	deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm-updates main
	deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian-security bookworm-security main
	deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main
	deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm-updates main
	deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian-security bookworm-security main
LIST
apt_options=(-q -o "Dir::Etc::sourcelist=$work/apt/sources.list" -o "Dir::Etc::sourceparts=$work/apt/parts"
	-o "Dir::State::lists=$work/apt/lists" -o "Dir::Cache=$work/apt" -o "APT::Sandbox::User=$(id -un)")

say "1. The drop: Debian's source of $source_package, and the package that Debian ships"
if ! compgen -G "honest/*.dsc" >/dev/null; then
	apt-get "${apt_options[@]}" update >/dev/null
	(cd honest && apt-get "${apt_options[@]}" source --download-only --only-source "$source_package" >/dev/null &&
		apt-get "${apt_options[@]}" download "$source_package" >/dev/null)
fi
ls -l honest/*.dsc honest/*.tar.* honest/*.deb
dsc=$(echo honest/*.dsc)
deb=$(echo honest/*.deb)

say "2. The toolchain: a pinned root with the build dependencies (once, about two minutes)"
if [ ! -f honest/root.tar.zst ]; then
	show "toolchain debian --build-deps $dsc -O toolchain"
	"$sb" toolchain debian --suite bookworm --mirror apt/sources.list --build-deps "$dsc" -O toolchain
	mv toolchain/root.tar.zst toolchain/root.lock.json honest/
fi

say "3. The manifest, written by looking at the drop"
rm -f honest/drop.yaml
show "init $dsc --shipped $deb --toolchain honest/root.tar.zst"
"$sb" init "$dsc" --shipped "$deb" --toolchain honest/root.tar.zst

say "4. A key"
if [ ! -f lab.key ]; then
	show "key new lab.key"
	"$sb" key new lab.key --passphrase-fd 3 3<<<"demo passphrase"
fi

say "5. Rebuild it, compare it, judge it, sign it"
show "verify honest/drop.yaml --sign lab.key"
"$sb" verify honest/drop.yaml --sign lab.key --attestation honest.intoto.jsonl --verifier https://lab.example --passphrase-fd 3 3<<<"demo passphrase"

say "6. Anybody who has the public key can check that, offline"
show "attest verify honest.intoto.jsonl --key lab.key.pub --artifact $deb"
"$sb" attest verify honest.intoto.jsonl --key lab.key.pub --artifact "$deb" --level identical -v

say "7. The same delivery with one byte of one program changed"
rm -rf tampered tree
mkdir -p tampered
cp honest/*.dsc honest/*.tar.* tampered/
dpkg-deb -R "$deb" tree
program=$(find tree -type f -name ifconfig | head -n 1)
offset=$((16#$(objdump -h "$program" | awk '$2 == ".text" {print $6}') + 4096))
byte=$(od -An -tu1 -j "$offset" -N 1 "$program" | tr -d ' ')
printf '%b' "\\x$(printf '%02x' $((byte ^ 1)))" | dd of="$program" bs=1 seek="$offset" conv=notrunc status=none
# Packed again with the dates of the original, so that the byte is all that differs.
SOURCE_DATE_EPOCH=$(sed -n 's/^ *epoch: *//p' honest/drop.yaml) fakeroot dpkg-deb -b --root-owner-group tree "tampered/$(basename "$deb")" >/dev/null
rm -rf tree
echo "byte $offset of ${program#tree/}: $byte is now $((byte ^ 1)); the package's own checksums were left as they were"
"$sb" init -q tampered/*.dsc --shipped "tampered/$(basename "$deb")" --toolchain tampered/root.tar.zst >/dev/null
show "verify tampered/drop.yaml"
status=0
"$sb" verify tampered/drop.yaml || status=$?
echo "exit code $status"
[ "$status" = 1 ] || { echo "the tampered package should have been different (exit code 1)" >&2; exit 1; }

say "Done: the honest package is identical and signed, the tampered one is different, and the function is named."
echo "Everything lies in $work; run ./run demo again at any time."
