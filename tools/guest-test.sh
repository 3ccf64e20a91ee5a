#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# guest-test.sh KERNEL: whether a guest ends when its command does, whatever that leaves behind, and tells what went wrong.
set -euo pipefail
. "$(dirname "$0")/common.sh"

[ $# -eq 1 ] || die "usage: guest-test.sh KERNEL"
kernel=$1
ret=0
# Not a matter of leaks.
options=(-t 60 -m 512M -a kmemleak=off)

# guest NAME STATUS OUTPUT-PATTERN SCRIPT: within 20 s, with this exit status; standard error counts as output.
guest()
{
	local name=$1 want=$2 pattern=$3 start got out try
	# A user-mode 6.12 dies of a signal that interrupts a fork, which has nothing to do with us.
	for try in 1 2 3; do
		start=$SECONDS got=0
		out=$("$top/tools/uml-run.sh" "$kernel" "${options[@]}" -- bash -c "$4" 2>&1) || got=$?
		if [ "$got" -ne 99 ] || ! grep -q copy_process <<<"$out"; then
			break
		fi
		echo "# $name: interrupted in a fork, try $try"
	done
	if [ "$got" -ne "$want" ]; then
		echo "not ok $name exit status $got, not $want: $(tail -n 3 <<<"$out" | tr '\n' ' ')"
	elif ! grep -q "$pattern" <<<"$out"; then
		echo "not ok $name without '$pattern': $(tail -n 3 <<<"$out" | tr '\n' ' ')"
	elif [ $((SECONDS - start)) -gt 20 ]; then
		echo "not ok $name took $((SECONDS - start)) s"
	else
		echo "ok $name"
		return
	fi
	ret=1
}

guest status_and_output 7 '^told$' 'echo told; exit 7'
guest server_left_behind 0 '^done$' '(trap "" TERM HUP; exec sleep 1000) & setsid sleep 1000 >/dev/null 2>&1 & ip netns add n; ip netns exec n sleep 1000 & echo done'
guest that_starts_others 0 '^done$' 'loop() { (sleep 0.1; loop) & sleep 1; }; loop & sleep 1; echo done'
guest kernel_complains 99 'WARNING: of the test' 'echo "WARNING: of the test" >/dev/kmsg'
options+=(-t 8)
guest that_hangs 124 'timed out after 8 s' 'sleep 1000'
exit $ret
