#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# deps.sh GROUP...: install the Debian packages that a purpose needs and that are missing.
# Groups: build (a kernel, modules, nft-mapt), clang, uml, selftests, qemu, lint, test, demo, perf, arch, deb, chroot, dhcp. Nothing missing: nothing is done.
set -euo pipefail
. "$(dirname "$0")/common.sh"

# The oldest clang of this Debian that the newest kernel accepts.
clang_package()
{
	local tree need=0
	tree=$(cat "$cache/src/.newest" 2>/dev/null) && need=$(SRCARCH=x86 sh "$tree/scripts/min-tool-version.sh" llvm)
	need=${need%%.*}
	{
		dpkg-query -W -f '${Package}\n' 'clang-[0-9]*'
		apt_memo clang-packages apt-cache pkgnames clang-
	} 2>/dev/null | sed -n 's/^clang-\([0-9][0-9]*\)$/\1/p' | sort -nu |
		awk -v need="$need" '$1 >= need { print "clang-" $1; exit }'
}

packages()
{
	case $1 in
	build)
		echo gcc make libc6-dev bc bison flex kmod cpio xz-utils pkg-config \
			libelf-dev libssl-dev libnftables-dev libmnl-dev libjansson-dev
		;;
	clang)
		clang_package
		;;
	uml)
		echo gcc make libc6-dev bc bison flex xz-utils libelf-dev python3-minimal
		;;
	qemu)
		echo qemu-system-x86 seabios busybox-static cpio kmod xz-utils
		;;
	selftests)
		echo gcc make libc6-dev libmnl-dev perl rsync
		;;
	lint)
		echo shellcheck sparse perl python3-minimal
		;;
	test)
		echo iproute2 netbase nftables python3-nftables musl-tools socat iputils-ping tcpdump ethtool iperf3 conntrack python3-minimal python3-scapy \
			procps psmisc tayga
		;;
	dhcp)
		echo kea-dhcp6-server dhcpcd-base isc-dhcp-client radvd bird2
		;;
	demo)
		echo gcc make libc6-dev pkg-config libnftables-dev libmnl-dev libjansson-dev \
			iproute2 netbase nftables iputils-ping tcpdump curl conntrack python3 procps
		;;
	deb)
		# systemd.pc has had a package of its own since Debian 13.
		echo debhelper dh-dkms dkms dpkg-dev fakeroot lintian pkg-config libnftables-dev libmnl-dev libjansson-dev \
			"$([ -n "$(apt_candidate systemd-dev)" ] && echo systemd-dev || echo systemd)"
		;;
	chroot)
		echo mmdebstrap
		;;
	arch)
		echo qemu-system-mips gcc-mips-linux-gnu
		;;
	perf)
		echo linux-perf
		;;
	*)
		die "no such group: $1 (build clang uml selftests qemu lint test demo perf deb chroot dhcp)"
		;;
	esac
}

missing()
{
	local pkg
	for pkg; do
		dpkg-query -W -f '${db:Status-Status}\n' "$pkg" 2>/dev/null | grep -qx installed || echo "$pkg"
	done
}

install_missing()
{
	local need log=$cache/tmp/apt-install.log
	mapfile -t need < <(missing "$@")
	[ "${#need[@]}" -eq 0 ] && return
	[ "$(id -u)" -eq 0 ] || die "not root, and these packages are missing: ${need[*]}"
	apt-cache policy "${need[0]}" 2>/dev/null | grep -q 'Candidate: [^(]' || apt_update
	step "installing ${need[*]}" quietly "$log" apt-get -q -y --no-install-recommends install "${need[@]}" && return
	# The lists may be older than the mirror's packages.
	apt_update
	step "installing ${need[*]}" quietly "$log" apt-get -q -y --no-install-recommends install "${need[@]}"
}

# deps.sh --clang: only say which clang that is.
if [ "${1:-}" = --clang ]; then
	clang_package
	exit
fi

[ $# -gt 0 ] || die "usage: deps.sh GROUP..."
all=()
for group; do
	read -r -a some <<<"$(packages "$group")"
	all+=("${some[@]}")
done
mapfile -t absent < <(missing "${all[@]}" | sort -u)
[ "${#absent[@]}" -eq 0 ] || with_lock apt install_missing "${absent[@]}"
