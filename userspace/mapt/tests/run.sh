#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh host|fuzz|kernel: tests of mapt, one line each: ok NAME or not ok NAME. Exit status 0 if none failed.
#
# host needs no kernel; fuzz gives some thousand inputs to each reader (make fuzz: a million); kernel needs root, network namespaces, nft-mapt ($NFT_MAPT) and the mapt expression.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export MAPT=${MAPT:-${BUILD:-$here/../build}/mapt} NFT_MAPT=${NFT_MAPT:-$here/../../nft-mapt/build/nft-mapt}
export DOCS=$here/../../../docs/examples LC_ALL=C PYTHONDONTWRITEBYTECODE=1
failed=0

case ${1:-host} in
host)
	for test in "$here"/*.py; do
		case ${test##*/} in
		lib.py | kernel_*.py) continue ;;
		esac
		python3 "$test" || failed=1
	done
	;;
fuzz)
	fuzz=${BUILD:-$here/../build}/fuzz
	# what was read when it ended is left there
	cd "$(mktemp -d)" || exit 1
	for kind in s46 hex jool joolson uci nat46 rules list json stats; do
		if output=$("$fuzz" "$kind" "${INPUTS:-4000}" "${SEED:-1}" 2>&1); then
			echo "ok fuzz-$kind"
		else
			echo "not ok fuzz-$kind"
			{ tail -n 30 <<<"$output"; od -c fuzz-input | head -n 40; } | sed 's/^/# /'
			failed=1
		fi
	done
	rm -rf "$PWD"
	;;
kernel)
	bash "$here/kernel.sh" || failed=1
	python3 "$here/kernel_who.py" "${RULES:-128}" "${SEED:-7599}" || failed=1
	;;
*)
	echo "usage: run.sh host|fuzz|kernel" >&2
	exit 2
	;;
esac
exit $failed
