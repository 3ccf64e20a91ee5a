#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kernel-source.sh VERSION|newest: print the path of an unpacked, unchanged kernel tree.
#
# VERSION (6.12) comes from this machine's own apt; newest is the highest linux-source-X.Y in Debian's sid, which is looked up once
# a day.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/sid.sh"

[ $# -eq 1 ] || die "usage: kernel-source.sh VERSION|newest"
want=$1

# Parts of a tree that no build of ours reads; their Kconfig and Makefiles stay. Half of the unpacking time.
unread=(
	'*/Documentation/[a-mo-z]*.rst' '*/Documentation/[a-mo-z]*.yaml' '*/Documentation/*.txt'
	'*/arch/ar*/boot/dts/*' '*/arch/[c-ln-z]*/boot/dts/*' '*/arch/mi[a-o]*/boot/dts/*'
	'*/drivers/gpu/*.[chS]' '*/drivers/media/*.[ch]' '*/drivers/staging/*.[ch]' '*/drivers/scsi/*.[ch]'
	'*/drivers/infiniband/*.[ch]' '*/drivers/net/ethernet/*.[ch]' '*/drivers/net/wireless/*.[ch]' '*/sound/*.[ch]'
	'*/tools/perf/*' '*/tools/testing/selftests/bpf/*'
)

newest_package()
{
	apt-cache "${sid_options[@]}" pkgnames linux-source- 2>/dev/null | grep -xE 'linux-source-[0-9]+\.[0-9]+' |
		sort -t- -k3V | tail -n 1
}

unpack()
{
	local deb=$1 name=$2 dir=$3
	dpkg-deb --fsys-tarfile "$deb" | tar xO "./usr/src/$name.tar.xz" | xz -dc -T0 |
		tar x -C "$dir" --strip-components=1 --no-same-owner "${unread[@]/#/--exclude=}"
	[ -f "$dir/Makefile" ] && [ -d "$dir/net/netfilter" ]
}

# get PACKAGE VERSION [APT OPTIONS]
get()
{
	local name=$1 version=$2 dir
	shift 2
	[ -d "$cache/src/${name}_$version" ] && return
	dir=$(scratch_dir src)
	if ! step "downloading $name $version" quietly "$dir.log" apt_fetch "$dir" "$name=$version" "$@"; then
		rm -rf "$dir" "$dir.log"
		return 1
	fi
	mkdir "$dir/tree"
	step "unpacking $name" unpack "$dir"/*.deb "$name" "$dir/tree" || die "cannot unpack $name"
	publish "$dir/tree" "src/${name}_$version"
	rm -rf "$dir" "$dir.log"
}

# The last tree of this kind that was unpacked, for when the mirror cannot be reached.
cached_tree()
{
	local pattern=$1
	find "$cache/src" -mindepth 1 -maxdepth 1 -type d -name "$pattern" 2>/dev/null | sort -V | tail -n 1
}

# Which package is newest, as NAME VERSION.
newest_version()
{
	local name version
	if [ ! -s "$sid/newest" ] || [ "$sid/newest" -ot "$sid/updated" ]; then
		name=$(newest_package)
		[ -n "$name" ] || return
		version=$(apt_candidate "$name" "${sid_options[@]}")
		[ -n "$version" ] || return
		echo "$name $version" >"$sid/newest"
	fi
	cat "$sid/newest"
}

newest()
{
	local name version tree
	for _ in 1 2; do
		sid_update || break
		read -r name version < <(newest_version) || break
		if get "$name" "$version" "${sid_options[@]}"; then
			echo "$cache/src/${name}_$version"
			return
		fi
		# The mirror has moved on since the lists were read.
		rm -f "$sid/updated"
	done
	tree=$(cat "$cache/src/.newest" 2>/dev/null || true)
	[ -d "${tree:-/nonexistent}" ] || die "sid cannot be reached, and no kernel of it is cached"
	say "sid cannot be reached: using the cached ${tree##*/}"
	echo "$tree"
}

stock()
{
	local name=linux-source-$1 version tree
	version=$(apt_memo "candidate-$name" apt_candidate "$name") || true
	if [ -z "$version" ]; then
		tree=$(cached_tree "${name}_*")
		if [ -n "$tree" ]; then
			say "apt has no lists: using the cached ${tree##*/}"
			echo "$tree"
			return
		fi
		apt_update
		version=$(apt_candidate "$name")
		[ -n "$version" ] || die "this machine's apt has no $name"
	fi
	if ! get "$name" "$version"; then
		apt_update
		version=$(apt_candidate "$name")
		get "$name" "$version" || die "cannot download $name $version"
	fi
	echo "$cache/src/${name}_$version"
}

main()
{
	local tree
	if [ "$want" = newest ]; then
		tree=$(newest)
		mkdir -p "$cache/src"
		echo "$tree" >"$cache/src/.newest"
	else
		tree=$(stock "$want")
	fi
	echo "$tree"
}

with_lock "source-$want" main
