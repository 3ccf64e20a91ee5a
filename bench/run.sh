#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh [quick]: measure what a packet costs, in user-mode Linux of the newest kernel; print a table, write build/bench/bench.json and
# docs/performance.svg. quick: fewer samples, no large table, and docs/ is left alone.
set -euo pipefail
. "$(dirname "$0")/../tools/kbuild.sh"
cd "$top"

boots=3 triples=${TRIPLES:-50} chart=docs/performance.svg
if [ "${1:-}" = quick ]; then
	boots=1 triples=10 chart=build/bench/performance.svg
fi

results=$top/build/bench
rm -rf "$results"
mkdir -p "$results/module"

# The injector is a module: what it was built against is the very kernel that loads it.
build_module()
{
	cp bench/Kbuild bench/mapbench.c "$results/module/"
	kmake modules_prepare && kmake KBUILD_MODPOST_WARN=1 M="$results/module" modules
}

tools/deps.sh uml test
linux=$(tools/build-uml.sh newest plain)
kbuild_init newest plain
step "building the injector" with_lock "tree-$id" quietly "$results/module.log" build_module
step "building nft-mapt" quietly "$results/nft-mapt.log" make -C userspace/nft-mapt B="$top/build/nft-mapt" all
export NFT_MAPT=$top/build/nft-mapt/nft-mapt

for ((boot = 1; boot <= boots; boot++)); do
	step "boot $boot of $boots" tools/uml-run.sh "$linux" -t 600 -m 1536M -w "$results" -l "$results/kernel-$boot.log" -- \
		bash -c "insmod $results/module/mapbench.ko && exec python3 -B bench/bench.py \$0 \$@" \
		"$results/boot-$boot.json" "$triples" "$@"
done
python3 -B bench/report.py "$results/bench.json" "$chart" "$results"/boot-*.json
