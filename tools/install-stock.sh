#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# install-stock.sh: print a directory that holds what "make install" gives a user of Debian's stock 6.12 kernel: that kernel's modules
# with ours among them, the module index, nft-mapt.
set -euo pipefail
. "$(dirname "$0")/common.sh"

"$top/tools/deps.sh" build
image=$("$top/tools/stock-kernel.sh" image)
headers=$("$top/tools/stock-kernel.sh" headers)
release=$(basename "$image"/lib/modules/*)

mapfile -t inputs < <(kernel_files)
inputs+=(Makefile Kbuild dkms.conf compat userspace)
result=install/${image##*/}-$(hash_of "${inputs[@]}")

fill()
{
	local root=$1 work=$2
	mkdir -p "$root/usr/lib/modules" "$work" && ln -s usr/lib "$root/lib" &&
		cp -al "$image/lib/modules/$release" "$root/usr/lib/modules/" || return
	# What depmod writes, it must not write through a hard link.
	find "$root/usr/lib/modules/$release" -maxdepth 1 -name 'modules.*' ! -name 'modules.builtin*' ! -name modules.order -delete
	# A copy of the sources: what the checkout has built for another kernel stays out of the way.
	(cd "$top" && cp -a Makefile Kbuild dkms.conf compat include net userspace "$work/") &&
		make -C "$work" clean-modules &&
		make -C "$work" -j"$(nproc)" KDIR="$headers" DESTDIR="$root" install-modules &&
		depmod -b "$root" "$release" || return
	if [ -f "$work/userspace/nft-mapt/Makefile" ]; then
		make -C "$work/userspace/nft-mapt" clean && make -C "$work" DESTDIR="$root" install-commands
	fi
}

install_ours()
{
	local dir
	[ -d "$cache/$result" ] && return
	mkdir -p "$cache/install"
	find "$cache/install" -mindepth 1 -maxdepth 1 -mmin +600 -exec rm -rf {} +
	dir=$(scratch_dir install)
	step "installing our modules for $release" quietly "$cache/tmp/install.log" fill "$dir/root" "$dir/source" || exit
	publish "$dir/root" "$result"
	rm -rf "$dir"
}

[ -d "$cache/$result" ] || with_lock install install_ours
echo "$cache/$result"
