#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# dkms.sh: what DKMS makes of "make install-dkms": the modules for Debian's 6.12, nothing for an older kernel, which is no failure. In
# directories of its own: the machine's DKMS knows nothing of it. Prints ok or not ok.
# shellcheck disable=SC2317 # functions are called by way of check
set -euo pipefail
. "$(dirname "$0")/common.sh"

"$top/tools/deps.sh" build deb
headers=$("$top/tools/stock-kernel.sh" headers)
release=$(cat "$headers/include/config/kernel.release")
version=$(make -s -C "$top" version)
dir=$(scratch_dir dkms)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir"/{tree,modules,old}
ret=0

check()
{
	local name=$1
	shift
	if "$@" >"$dir/out" 2>&1; then
		echo "ok $name"
	else
		echo "not ok $name"
		tail -n 20 "$dir/out" | sed 's/^/# /'
		ret=1
	fi
}

d()
{
	dkms --dkmstree "$dir/tree" --sourcetree "$dir/usr/src" --installtree "$dir/modules" "$@"
}

built()
{
	[ "$(cd "$dir/tree/nft_mapt/$version/$release" && find . -name '*.ko*' -printf '%f\n' | sed 's/\.ko.*/.ko/' | sort | tr '\n' ' ')" = "nf_mapt.ko nf_siit.ko nft_mapt.ko " ]
}

# All that is there is needed: the rest of the checkout is not for DKMS.
small()
{
	[ -z "$(find "$dir/usr/src" -type f ! -name '*.[ch]' ! -name Makefile ! -name Kbuild ! -name dkms.conf ! -name LICENSE)" ] &&
		! find "$dir/usr/src" -path '*/tests/*' | grep .
}

check install make -C "$top" install-dkms DESTDIR="$dir"
check small small
check add d add "nft_mapt/$version"
echo CONFIG_NF_TABLES=m >"$dir/old/.config"
check older_kernel_is_no_failure d autoinstall -k 6.1.0-9-amd64 --kernelsourcedir "$dir/old"
check nothing_for_it test ! -e "$dir/tree/nft_mapt/$version/6.1.0-9-amd64"
check build d build "nft_mapt/$version" -k "$release" --kernelsourcedir "$headers"
check both_modules built
older()
{
	local out
	mkdir -p "$dir/older/include/config"
	touch "$dir/older/Makefile"
	echo 6.1.0-9-amd64 >"$dir/older/include/config/kernel.release"
	! out=$(make -C "$top" KDIR="$dir/older" modules 2>&1) && [[ $out == *"nft_mapt wants Linux 6.12 or newer, and $dir/older is of 6.1.0-9-amd64"* ]]
}
check make_names_older_kernel older
exit $ret
