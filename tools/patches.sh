#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# patches.sh: the patch series for libnftnl and nftables, userspace/libnftnl/ and userspace/nft/. One line for each check: ok NAME,
# ok NAME # SKIP why, not ok NAME.
#
# Well-formed, complete, in the projects' white space; the header is ours, the cases of tests/py are those of the corpus. That needs
# nothing else. LIBNFTNL_TREE and NFTABLES_TREE: directories of git trees of the two that have the commit a series is for. Then the
# series must apply there, each patch must build, and what is released (make distcheck), too; nftables is built with the patched libnftnl.
# In a guest with our kernel, the patched nft then has to pass its suites' cases of the statement and the corpus.
# shellcheck disable=SC2317 # functions are called by name
set -euo pipefail
. "$(dirname "$0")/common.sh"
cd "$top"

work=$(scratch_dir patches)
trap 'rm -rf "$work"' EXIT

skip()
{
	echo "ok $1 # SKIP $2"
}

# Numbered from 0 without gaps, as their subjects say; the cover letter is written and names a base.
complete()
{
	local series=$1 project=$2 patches i subject
	mapfile -t patches < <(find "$series" -name '[0-9]*.patch' | sort)
	[ "${#patches[@]}" -ge 2 ] || { echo "no patches"; return 1; }
	for i in "${!patches[@]}"; do
		subject=$(git mailinfo /dev/null /dev/null <"${patches[i]}" | sed -n 's/^Subject: //p')
		[ -n "$subject" ] || { echo "${patches[i]}: no subject"; return 1; }
		[[ ${patches[i]##*/} == $(printf '%04d' "$i")-* ]] || { echo "${patches[i]}: expected number $i"; return 1; }
		grep -q "^Subject: \[PATCH $project $i/$((${#patches[@]} - 1))\] " "${patches[i]}" || { echo "${patches[i]}: its number"; return 1; }
		! grep -q '^Signed-off-by:' "${patches[i]}" || { echo "${patches[i]}: signing off is for who sends it"; return 1; }
	done
	! grep -q '\*\*\* ' "${patches[0]}" || { echo "the cover letter is not written"; return 1; }
	grep -qE '^base-commit: [0-9a-f]{40}$' "${patches[0]}" || { echo "the cover letter has no base"; return 1; }
}

# Hunks hold the lines that they say, and what they add is clean.
clean()
{
	local series=$1
	git apply --numstat "$series"/000[1-9]-*.patch >/dev/null || return
	! grep -nE '^\+.*[[:blank:]]$|^\+ *'$' \t' "$series"/000[1-9]-*.patch || { echo "white space"; return 1; }
}

# The header in a patch, as the kernel installs it, is ours.
header()
{
	local series=$1
	awk '/^diff / { on = 0 } on && /^\+/ { print substr($0, 2) } /^\+\+\+ b\/include\/linux\/netfilter\/nf_tables_mapt\.h$/ { on = 1 }' \
		"$series"/0001-*.patch | diff - <(sed 's/_UAPI_LINUX/_LINUX/' include/uapi/linux/netfilter/nf_tables_mapt.h)
}

# applied SERIES TREE: a copy of the tree with the series on its base, in $work.
applied()
{
	local series=$1 tree=$2 base copy=$work/${1##*/}
	base=$(sed -n 's/^base-commit: //p' "$series"/0000-*.patch)
	git -c advice.detachedHead=false clone -q "$tree" "$copy" && git -C "$copy" checkout -q "$base" &&
		git -C "$copy" -c user.name=check -c user.email=check@localhost am -q "$PWD/$series"/000[1-9]-*.patch
}

# each_builds SERIES CONFIGURE-OPTION...: commit by commit.
each_builds()
{
	local series=$1 copy=$work/${1##*/} base commit
	shift
	base=$(sed -n 's/^base-commit: //p' "$series"/0000-*.patch)
	cd "$copy" || return
	for commit in $(git rev-list --reverse "$base"..HEAD); do
		git checkout -q "$commit"
		git clean -fdxq
		if ! { ./autogen.sh && ./configure --prefix="$work/prefix" "$@" && make -j2; }; then
			git log -1 --format='does not build: %s'
			return 1
		fi
	done
	make install
}

# distcheck SERIES CONFIGURE-OPTION...
distcheck()
{
	local copy=$work/${1##*/}
	shift
	make -C "$copy" -j2 distcheck DISTCHECK_CONFIGURE_FLAGS="$*"
}

# in_guest COMMAND...: with our kernel, in the patched nftables' tree.
in_guest()
{
	local kernel
	kernel=$(tools/build-uml.sh newest debug) || return
	cd "$work/nft" || return
	LD_LIBRARY_PATH=$work/prefix/lib NFT=$work/prefix/sbin/nft NFT_MAPT=$work/nft-mapt/nft-mapt NFT_TEST_FAIL_ON_SKIP=y \
		"$top/tools/uml-run.sh" "$kernel" -t 900 -- "$@"
}

corpus_in_guest()
{
	make -s -C userspace/nft-mapt B="$work/nft-mapt" && in_guest python3 "$top/userspace/corpus/native.py"
}

for series in libnftnl nft; do
	project=$series
	check "$series-complete" complete "userspace/$series" "$project" || true
	check "$series-clean" clean "userspace/$series" || true
	check "$series-header" header "userspace/$series" || true
done
check nft-corpus python3 userspace/corpus/upstream.py check userspace/nft/000[1-9]-*.patch || true

export PKG_CONFIG_PATH=$work/prefix/lib/pkgconfig
# where Debian's asciidoc has its modules
PATH=/usr/bin:$PATH
if [ -z "${LIBNFTNL_TREE:-}" ]; then
	skip libnftnl-applies "LIBNFTNL_TREE names no tree of libnftnl"
	skip libnftnl-builds "LIBNFTNL_TREE names no tree of libnftnl"
	skip libnftnl-check "LIBNFTNL_TREE names no tree of libnftnl"
	skip libnftnl-distcheck "LIBNFTNL_TREE names no tree of libnftnl"
elif check libnftnl-applies applied userspace/libnftnl "$LIBNFTNL_TREE"; then
	if check libnftnl-builds each_builds userspace/libnftnl; then
		check libnftnl-check make -C "$work/libnftnl" check || true
		check libnftnl-distcheck distcheck userspace/libnftnl || true
	fi
fi
if [ -z "${NFTABLES_TREE:-}" ] || [ ! -e "$work/prefix/lib/pkgconfig/libnftnl.pc" ]; then
	for name in applies builds distcheck tests-py tests-shell tests-corpus; do
		skip "nft-$name" "NFTABLES_TREE and LIBNFTNL_TREE name no trees of both"
	done
elif check nft-applies applied userspace/nft "$NFTABLES_TREE"; then
	options=(--with-json --with-cli=no CC="$(tools/deps.sh --clang)")
	command -v a2x >/dev/null || options+=(--disable-man-doc)
	if check nft-builds each_builds userspace/nft "${options[@]}"; then
		check nft-distcheck distcheck userspace/nft "${options[@]}" || true
		check nft-tests-py in_guest tests/py/nft-test.py -S inet/mapt-{napt,ce,br}.t || true
		check nft-tests-shell in_guest tests/shell/run-tests.sh \
			tests/shell/testcases/{nft-f/0033mapt_0,rule_management/0013mapt_0,bogons/assert_failures} || true
		check nft-tests-corpus corpus_in_guest || true
	fi
fi
exit $failed
