# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Building in a kernel's tree that has our files. Sourced after common.sh, never run.
#
# kbuild_init sets: $source, the unchanged tree; $id, its name and version; $tree, hard links to it with our files; $out, the build
# directory. Whatever writes in $tree or $out holds the lock "tree-$id".

# kbuild_init VERSION|newest WHAT-FOR
kbuild_init()
{
	source=$("$top/tools/kernel-source.sh" "$1")
	id=${source##*/}
	tree=$cache/tree/$id
	out=$cache/build/$id-$2
}

kbuild_tree()
{
	local dir
	if [ ! -d "$tree" ]; then
		dir=$(scratch_dir tree)
		cp -al "$source/." "$dir/"
		publish "$dir" "tree/$id"
	fi
	"$top/tools/patch-tree.sh" "$tree"
}

kmake()
{
	# What compilers say is read, so they don't speak at the same time.
	make -C "$tree" ARCH=um O="$out" -Otarget -j"$(nproc)" KBUILD_BUILD_TIMESTAMP=@0 KBUILD_BUILD_USER=nft_mapt \
		KBUILD_BUILD_HOST=localhost "$@"
}

# The fragments of a flavour.
kbuild_fragments()
{
	local dir=$top/tools/uml version=${id#linux-source-}
	case $1 in
	demo)
		echo "$dir/demo.config"
		return
		;;
	*) echo "$dir/base.config" ;;
	esac
	[ ! -f "$dir/${version%%_*}.config" ] || echo "$dir/${version%%_*}.config"
	case $1 in
	smp) printf '%s\n' "$dir/debug.config" "$dir/fault.config" "$dir/smp.config" ;;
	fault) printf '%s\n' "$dir/debug.config" "$dir/fault.config" ;;
	plain2) printf '%s\n' "$dir/plain.config" "$dir/smp.config" ;;
	*) echo "$dir/$1.config" ;;
	esac
}

# Each line asked for must be what the configuration says in the end: dependencies may have silently undone it.
kbuild_verify()
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
		say "$id: asked for $line, got $(grep -E "^(# )?${symbol}[= ]" "$out/.config" || echo nothing)"
		bad=1
	done <"$1"
	return $bad
}

# kbuild_configure FRAGMENT-FILE [MAKE ARGUMENT...]: "make allnoconfig" with what the file asks for.
kbuild_configure()
{
	local fragment=$1
	shift
	mkdir -p "$out"
	cmp -s "$out/.asked" "$fragment" && cmp -s "$out/.kconfig" "$top/Kconfig" && return
	rm -f "$out/.asked"
	quietly "$out/config.log" kmake "$@" KCONFIG_ALLCONFIG="$fragment" allnoconfig || return
	kbuild_verify "$fragment" || die "$id cannot be configured as asked"
	cp "$top/Kconfig" "$out/.kconfig"
	cp "$fragment" "$out/.asked"
}
