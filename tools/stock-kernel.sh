#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# stock-kernel.sh headers|image: print where Debian's 6.12 lies, unpacked from this machine's own apt and not installed.
#
# headers: a directory for KDIR. image: the root of linux-image-*: boot/vmlinuz-*, lib/modules/*. NFT_MAPT_STOCK=rt: of the kernel with
# PREEMPT_RT.
set -euo pipefail
. "$(dirname "$0")/common.sh"

what=${1:-}
arch=${NFT_MAPT_STOCK:+$NFT_MAPT_STOCK-}$(dpkg --print-architecture)

# The package that a meta-package stands for, as NAME=VERSION.
resolve()
{
	local meta=$1 name
	name=$(apt-cache show --no-all-versions "$meta" 2>/dev/null |
		sed -n 's/^Depends: *\([^ ,]*\).*/\1/p' | head -n 1)
	[ -n "$name" ] && echo "$name=$(apt_candidate "$name")"
}

get()
{
	local meta=$1 name package dir deb packages=() root
	name=$(apt_memo "resolve-$meta" resolve "$meta") || { apt_update; name=$(resolve "$meta"); } ||
		die "this machine's apt has no $meta"
	root=$cache/stock/${name/=/_}
	if [ -d "$root" ]; then
		where "$root" "$name"
		return
	fi
	packages=("$name")
	if [ "$what" = headers ]; then
		mapfile -t packages < <(apt-cache show "$name" | sed -n 's/^Depends: *//p' | tr ',' '\n' |
			sed -n 's/^ *\(linux-headers-[^ ]*-common[-a-z]*\|linux-kbuild-[^ ]*\).*/\1/p' | sort -u)
		packages+=("$name")
	fi
	dir=$(scratch_dir stock)
	mkdir "$dir/root"
	for package in "${packages[@]}"; do
		step "downloading ${package%%=*}" quietly "$dir.log" apt_fetch "$dir" "$package" || {
			apt_update
			step "downloading ${package%%=*}" quietly "$dir.log" apt_fetch "$dir" "$package"
		} || exit
	done
	for deb in "$dir"/*.deb; do
		step "unpacking ${deb##*/}" unpack "$deb" "$dir/root" || exit
	done
	# The one absolute path: the common part.
	if [ "$what" = headers ]; then
		sed -i "s|/usr/src/|$root/usr/src/|" "$dir/root/usr/src/${name%%=*}/Makefile"
	fi
	publish "$dir/root" "stock/${name/=/_}"
	rm -rf "$dir" "$dir.log"
	where "$root" "$name"
}

where()
{
	case $what in
	headers) echo "$1/usr/src/${2%%=*}" ;;
	image) echo "$1" ;;
	esac
}

unpack()
{
	if [ "$what" = image ]; then
		# Drivers of hardware that no virtual machine has make most of the package.
		dpkg-deb --fsys-tarfile "$1" | tar x -C "$2" --exclude='*/drivers/gpu' --exclude='*/drivers/media' \
			--exclude='*/sound' --exclude='*/drivers/net/wireless' --exclude='*/drivers/net/ethernet' \
			--exclude='*/drivers/scsi' --exclude='*/drivers/infiniband' --exclude='*/drivers/staging'
	else
		dpkg-deb -x "$1" "$2"
	fi
}

case $what in
headers)
	with_lock stock get "linux-headers-6.12-$arch"
	;;
image)
	with_lock stock get "linux-image-6.12-$arch"
	;;
*)
	die "usage: stock-kernel.sh headers|image"
	;;
esac
