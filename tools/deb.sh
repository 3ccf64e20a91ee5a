#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# deb.sh [SUITE]: Debian packages of the checkout, looked at by lintian. Prints the directory that they are in: build/deb.
#
# With a SUITE (bookworm, trixie ...) they are built in a clean system of that release, which is made first, from this machine's mirror,
# and they are in build/deb-SUITE. Wants root.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/sid.sh"

suite=${1:-}
out=$top/build/deb${suite:+-$suite}

# What git has or would have: what is built here stays out.
copy_sources()
{
	rm -rf "$out"
	mkdir -p "$out/nft-mapt"
	(cd "$top" && git ls-files -z --cached --others --exclude-standard | tar c --null -T - --ignore-failed-read 2>/dev/null) |
		tar x -C "$out/nft-mapt"
}

one_version()
{
	local version changelog
	version=$(make -s -C "$top" version)
	changelog=$(sed -n '1s/.*(\(.*\)).*/\1/p' "$top/debian/changelog")
	[ "$version" = "$changelog" ] || die "dkms.conf has version $version, debian/changelog $changelog"
}

# Run where the packages are built, in the directory of their sources.
recipe='dpkg-buildpackage -us -uc && lintian --fail-on error,warning --allow-root --info --pedantic ../*.changes'

clean_system()
{
	local uri dir
	"$top/tools/deps.sh" chroot
	uri=$(mirror)
	[ -n "$uri" ] || uri=$(mirror_unfetched)
	[ -n "$uri" ] || die "no Debian mirror among this machine's apt sources"
	mkdir -p "$cache/chroot"
	dir=$(scratch_dir chroot)
	mmdebstrap --variant=buildd --include="$(sed -n '/^Build-Depends:/,/^[A-Z]/s/^ \([^ ,(]*\).*/\1/p' "$top/debian/control" |
		sed 's/debhelper-compat/debhelper/; s/dh-sequence-dkms/dh-dkms/' | paste -sd,),lintian" \
		"$suite" "$dir/$suite.tar" "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main" || return
	mv "$dir/$suite.tar" "$cache/chroot/$suite.tar"
	rm -rf "$dir"
}

build_clean()
{
	local root=$out/root rc=0
	[ -s "$cache/chroot/$suite.tar" ] || step "a clean system: $suite" quietly "$cache/tmp/chroot-$suite.log" clean_system || return
	mkdir "$root"
	tar x -C "$root" -f "$cache/chroot/$suite.tar"
	mkdir -p "$root/build"
	mv "$out/nft-mapt" "$root/build/"
	# No network, no processes of others.
	# shellcheck disable=SC2016 # for the shell that runs it
	unshare --mount --net --pid --fork sh -c 'mount -t proc proc "$1/proc" && exec chroot "$1" sh -c "cd /build/nft-mapt && $2"' sh "$root" "$recipe" ||
		rc=$?
	find "$root/build" -maxdepth 1 -type f -exec mv -t "$out" {} +
	rm -rf "$root"
	return "$rc"
}

build_here()
{
	cd "$out/nft-mapt" && sh -c "$recipe"
}

one_version
copy_sources
if [ -n "$suite" ]; then
	step "packages for $suite" quietly "$out/log" with_lock "chroot-$suite" build_clean
else
	"$top/tools/deps.sh" deb
	step "packages" quietly "$out/log" build_here
fi
echo "$out"
