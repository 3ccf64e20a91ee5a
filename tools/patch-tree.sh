#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# patch-tree.sh TREE: put our files into a kernel tree, with the hunks that Kconfig and Makefiles need.
#
# Running it again brings the tree up to date: only what differs is written, so that a build redoes only what it must, and files
# that we no longer have are removed.
set -euo pipefail
. "$(dirname "$0")/common.sh"

[ $# -eq 1 ] || die "usage: patch-tree.sh TREE"
tree=$(cd "$1" && pwd -P) || exit
[ -f "$tree/net/netfilter/nf_tables_api.c" ] || die "$tree is not a kernel tree"

list=$tree/.nft_mapt-files
begin='# nft_mapt: begin'
end='# nft_mapt: end'

# replace FILE: standard input becomes the file's content, unless it already is. By rename: the file may be a hard link.
replace()
{
	local file=$1
	mkdir -p "${file%/*}"
	cat >"$file.nft_mapt-new"
	if cmp -s "$file" "$file.nft_mapt-new"; then
		rm "$file.nft_mapt-new"
	else
		mv "$file.nft_mapt-new" "$file"
	fi
}

put()
{
	[ -f "$1" ] || return 0
	replace "$tree/$2" <"$1"
	[ ! -x "$1" ] || chmod +x "$tree/$2"
	echo "$2" >>"$list.new"
}

# hunk FILE ANCHOR: standard input goes, between marks, before the last line that begins with ANCHOR; at the end when ANCHOR is empty.
hunk()
{
	local file=$tree/$1 text
	text=$(cat)
	awk -v begin="$begin" -v end="$end" -v anchor="$2" -v text="$text" '
		$0 == begin { skip = 1 }
		!skip { line[++n] = $0; if (anchor != "" && index($0, anchor) == 1) at = n }
		$0 == end { skip = 0 }
		END {
			for (i = 1; i <= n; i++) {
				if (i == at)
					printf "%s\n%s\n%s\n", begin, text, end
				print line[i]
			}
			if (!at)
				printf "%s\n%s\n%s\n", begin, text, end
		}' "$file" | replace "$file"
}

cd "$top"
: >"$list.new"

while read -r file; do
	put "$file" "$file"
done < <(find net include -type f \( -name '*.[ch]' -o -path '*/tests/Makefile' \) | sort)
while read -r file; do
	put "$file" "tools/testing/selftests/net/netfilter/${file#selftests/}"
done < <(find selftests -type f | sort)

# Their heads are of files of their own.
sed '1,/^$/d' Kconfig | hunk net/netfilter/Kconfig 'endif # NF_TABLES'
# shellcheck disable=SC2094 # one is ours, the other the tree's
sed '1,/^$/d' net/netfilter/Makefile | hunk net/netfilter/Makefile ''
# At the end: TEST_FILES is set behind the line that includes lib.mk.
kselftests=tools/testing/selftests/net/netfilter
for file in selftests/*; do
	name=${file##*/}
	case $name in
	*_lib.sh | *.py | *.json) echo "TEST_FILES += $name" ;;
	*.sh) echo "TEST_PROGS += $name" ;;
	*) die "what is $file to a kernel tree?" ;;
	esac
done | hunk "$kselftests/Makefile" ''
# What the tree's own tests ask for already is not asked for again.
sed "/^$begin$/,/^$end$/d" "$tree/$kselftests/config" |
	awk -F= 'NR == FNR { there[$1] = 1; next } !($1 in there)' - docs/upstream/selftests.config |
	hunk "$kselftests/config" ''

if [ -f "$list" ]; then
	sort "$list.new" | comm -13 - <(sort "$list") | while read -r file; do
		rm -f "$tree/$file"
	done
fi
mv "$list.new" "$list"
