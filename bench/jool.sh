# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # what bench_prepare sets
. "$(dirname "${BASH_SOURCE[0]}")/../tools/kbuild.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../tools/sid.sh"

# Jool, a peer of the BR: stateless translation by a table of addresses. Debian's sid has the source of its module, and its program,
# which wants sid's libraries. Sourced by bench.sh, never run. $jool_at is where it is built, $jool_shim a module of ours that it needs on the
# newest kernel.

# The caller's, for what is built.
: "${results:?}"

jool_packages=(jool-dkms jool-tools libc6 libnl-3-200 libnl-genl-3-200)

# What sid has, remembered until its lists change.
jool_version()
{
	if [ ! -e "$sid/jool" ] || [ "$sid/jool" -ot "$sid/updated" ]; then
		apt_candidate jool-dkms "${sid_options[@]}" >"$sid/jool"
	fi
	cat "$sid/jool"
}

jool_download()
{
	local dir=$1 deb
	(cd "$dir" && apt-get -q "${sid_options[@]}" download "${jool_packages[@]/%//sid}") || return
	for deb in "$dir"/*.deb; do
		dpkg-deb -x "$deb" "$dir/root" || return
	done
}

# jool_get VERSION: the packages, unpacked over each other as they would be installed.
jool_get()
{
	local dir rc=0
	[ -d "$cache/jool/$1" ] && return
	dir=$(scratch_dir jool)
	if step "downloading Jool $1" quietly "$dir.log" jool_download "$dir"; then
		publish "$dir/root" "jool/$1"
	else
		rc=1
	fi
	rm -rf "$dir" "$dir.log"
	return "$rc"
}

# The directory of the packages; of those that are cached when sid cannot be reached.
jool_fetch()
{
	local version
	for _ in 1 2; do
		sid_update || break
		version=$(jool_version)
		[ -n "$version" ] || break
		if jool_get "$version"; then
			echo "$cache/jool/$version"
			return
		fi
		# The mirror has moved on since the lists were read.
		rm -f "$sid/updated"
	done
	find "$cache/jool" -mindepth 1 -maxdepth 1 -type d 2>/dev/null | sort -V | tail -n 1
}

# In a build directory of the cache, as the kernel's own is.
jool_build()
{
	local root=$1 at=$jool_at ko
	if [ "$(cat "$at/.from" 2>/dev/null)" != "$root" ]; then
		rm -rf "$at"
		cp -r "$root"/usr/src/jool-*/src "$at" || return
		# Its iptables target isn't used here, and this kernel has no xtables.
		printf '%s\n' "obj-m := ${jool_shim:+$jool_shim.o} common/ siit/" 'subdir-ccflags-y := -DXTABLES_DISABLED' >"$at/mod/Kbuild"
		echo "$root" >"$at/.from"
	fi
	[ -z "$jool_shim" ] || cmp -s bench/jool_shim.c "$at/mod/jool_shim.c" || cp bench/jool_shim.c "$at/mod/"
	"modules_for_$guest_kernel" "$at/mod" || return
	for ko in $jool_shim common/jool_common siit/jool_siit; do
		cp "$at/mod/$ko.ko" "$modules/" || return
	done
}

# jool_prepare, after bench_prepare or bench_prepare_stock. Exports for the guest, unless Jool cannot be had: $JOOL, the command, and $JOOL_MODULES.
jool_prepare()
{
	local root lib
	unset JOOL JOOL_MODULES
	[ -v jool_root ] || jool_root=$(with_lock source-newest jool_fetch) || true
	root=$jool_root
	if [ -z "$root" ]; then
		say "Jool cannot be had from sid: no cases of it"
		return
	fi
	if ! step "building Jool ${root##*/}" with_lock "$modules_lock" quietly "$results/jool.log" jool_build "$root"; then
		say "Jool ${root##*/} does not build here: no cases of it"
		return
	fi
	lib=$(dirname "$(find "$root/usr/lib" -name libc.so.6)")
	export JOOL="$lib/ld-linux-x86-64.so.2 --library-path $lib $root/usr/bin/jool_siit"
	JOOL_MODULES="$modules/jool_common.ko $modules/jool_siit.ko"
	[ -z "$jool_shim" ] || JOOL_MODULES="$modules/$jool_shim.ko $JOOL_MODULES"
	export JOOL_MODULES
}
