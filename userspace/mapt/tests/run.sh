#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh host: tests of mapt that need no kernel, one line each: ok NAME or not ok NAME. Exit status 0 if none failed.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export MAPT=${MAPT:-${BUILD:-$here/../build}/mapt} LC_ALL=C PYTHONDONTWRITEBYTECODE=1
failed=0

case ${1:-host} in
host)
	for test in "$here"/*.py; do
		case ${test##*/} in
		lib.py) continue ;;
		esac
		python3 "$test" || failed=1
	done
	;;
*)
	echo "usage: run.sh host" >&2
	exit 2
	;;
esac
exit $failed
