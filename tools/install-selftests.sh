#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# install-selftests.sh VERSION|newest DIRECTORY: install a kernel tree's own tests of netfilter with ours among them, as a kernel developer
# does. DIRECTORY/run_kselftest.sh runs them.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/kbuild.sh"

[ $# -eq 2 ] || die "usage: install-selftests.sh VERSION|newest DIRECTORY"
mkdir -p "$2"
dir=$(realpath "$2")

# Tests in C that this machine's headers are too old for are left out, which is not our matter.
install_selftests()
{
	kbuild_tree
	rm -rf "$dir"
	quietly "$dir.log" make -C "$tree/tools/testing/selftests" TARGETS=net/netfilter O="$out" INSTALL_PATH="$dir" install
}

"$top/tools/deps.sh" selftests
kbuild_init "$1" selftests
mkdir -p "$out"
with_lock "tree-$id" install_selftests
[ -x "$dir/run_kselftest.sh" ] || die "no tests were installed, see $dir.log"
