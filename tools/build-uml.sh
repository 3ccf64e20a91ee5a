#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# build-uml.sh VERSION|newest [plain|debug|smp]: print the path of a user-mode Linux with our files built in.
#
# plain is for packets per second, debug finds bugs by itself (and has KUnit), smp is debug with two CPUs.
# The result is kept under the hash of what it was built from; the build directory of each kernel and flavour stays, so that a
# change of our files is a matter of seconds.
set -euo pipefail
. "$(dirname "$0")/common.sh"

[ $# -ge 1 ] || die "usage: build-uml.sh VERSION|newest [plain|debug|smp]"
kernel=$1
flavour=${2:-debug}

fragments()
{
	echo "$top/tools/uml/base.config"
	case $name in
	linux-source-6.12) echo "$top/tools/uml/6.12.config" ;;
	esac
	case $flavour in
	plain) echo "$top/tools/uml/plain.config" ;;
	debug) echo "$top/tools/uml/debug.config" ;;
	smp) echo "$top/tools/uml/debug.config" "$top/tools/uml/smp.config" | tr ' ' '\n' ;;
	*) die "no such flavour: $flavour (plain debug smp)" ;;
	esac
}

# Each line asked for must be what the configuration says in the end: dependencies may have silently undone it.
verify()
{
	local line symbol bad=0
	while read -r line; do
		symbol=${line%%=*}
		case $line in
		CONFIG_*=n)
			grep -q "^$symbol=" "$out/.config" || continue
			;;
		CONFIG_*)
			grep -qxF "$line" "$out/.config" && continue
			;;
		*)
			continue
			;;
		esac
		say "$name: asked for $line, got $(grep -E "^(# )?${symbol}[= ]" "$out/.config" || echo nothing)"
		bad=1
	done <"$1"
	return $bad
}

kmake()
{
	make -C "$tree" ARCH=um O="$out" -j"$(nproc)" KBUILD_BUILD_TIMESTAMP=@0 KBUILD_BUILD_USER=nft_mapt \
		KBUILD_BUILD_HOST=localhost "$@"
}

configure()
{
	local asked=$out/.asked
	mapfile -t parts < <(fragments)
	cat "${parts[@]}" >"$asked.new"
	if [ -f "$out/.config" ] && cmp -s "$asked" "$asked.new" && cmp -s "$top/Kconfig" "$out/.kconfig"; then
		return
	fi
	quietly "$out/config.log" kmake KCONFIG_ALLCONFIG="$asked.new" allnoconfig
	verify "$asked.new" || die "$name cannot be configured as asked"
	cp "$top/Kconfig" "$out/.kconfig"
	mv "$asked.new" "$asked"
}

# The tree that we build in: hard links to the unchanged one, with our files.
prepare_tree()
{
	if [ ! -d "$tree" ]; then
		local dir
		dir=$(scratch_dir tree)
		cp -al "$source/." "$dir/"
		publish "$dir" "tree/$id"
	fi
	"$top/tools/patch-tree.sh" "$tree"
}

build()
{
	local dir
	[ -x "$cache/$result/linux" ] && return
	prepare_tree
	mkdir -p "$out"
	configure
	step "building UML of ${id#linux-source-}, $flavour" quietly "$out/build.log" kmake linux || exit
	dir=$(scratch_dir uml)
	cp "$out/linux" "$out/.config" "$dir/"
	strip -g "$dir/linux"
	mkdir -p "$cache/uml"
	# The newest few are enough.
	find "$cache/uml" -mindepth 1 -maxdepth 1 -name "$id-$flavour-*" -printf '%T@ %p\n' 2>/dev/null | sort -rn |
		tail -n +6 | cut -d' ' -f2- | xargs -r rm -rf
	publish "$dir" "$result"
}

"$top/tools/deps.sh" uml
source=$("$top/tools/kernel-source.sh" "$kernel")
id=${source##*/}
name=${id%%_*}
tree=$cache/tree/$id
out=$cache/build/$id-$flavour
mapfile -t inputs < <(kernel_files)
mapfile -t parts < <(fragments)
key=$({ hash_of "${inputs[@]}"; cat "${parts[@]}"; gcc --version | head -n 1; } | hash_text)
result=uml/$id-$flavour-$key

[ -x "$cache/$result/linux" ] || with_lock "tree-$id" build
echo "$cache/$result/linux"
