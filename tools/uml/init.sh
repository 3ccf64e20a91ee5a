#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The first process of a guest; tools/uml-run.sh says in $nft_mapt_state what to run.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
# shellcheck disable=SC2154 # from the kernel's command line
state=$nft_mapt_state

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t debugfs debugfs /sys/kernel/debug
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts /dev/pts
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
[ -e /dev/stdin ] || ln -s /proc/self/fd/0 /dev/stdin
[ -e /dev/stdout ] || ln -s /proc/self/fd/1 /dev/stdout
[ -e /dev/stderr ] || ln -s /proc/self/fd/2 /dev/stderr

# from_host DIR [OPTIONS]: the host's directory at its own place, also when a tmpfs now hides it.
from_host()
{
	mkdir -p "$1" 2>/dev/null
	mount -t hostfs ${2:+-o "$2"} -o "$1" none "$1" || echo "init: cannot mount $1 of the host"
}

own=(/tmp /run /var/tmp /dev/shm)
for dir in "${own[@]}"; do
	mount -t tmpfs -o mode=1777 tmpfs "$dir"
done
mkdir -p /run/netns /run/lock

from_host "$state"
while read -r dir; do
	for over in "${own[@]}"; do
		case $dir/ in
		"$over"/*) [ -d "$dir" ] || from_host "$dir" ro ;;
		esac
	done
done <"$state/visible"
if [ -f "$state/writable" ]; then
	while read -r dir; do
		from_host "$dir"
	done <"$state/writable"
fi

ip link set lo up

# By way of a pipe: a script that opens /dev/stdout would cut a file off.
mkfifo /run/output
cat </run/output >>"$state/out" &
bash "$state/job" </dev/null >/run/output 2>&1
rc=$?

# Whatever the command left running has had its time.
for pid in /proc/[0-9]*; do
	pid=${pid#/proc/}
	[ "$pid" -eq 1 ] || [ "$pid" -eq "$!" ] || [ ! -s "/proc/$pid/cmdline" ] || kill -KILL "$pid" 2>/dev/null
done
wait "$!"

# An object counts as a leak once it is a few seconds old and two scans have found nothing that points to it.
leaks=/sys/kernel/debug/kmemleak
if [ -w "$leaks" ] && [ ! -e "$state/no-leaks" ]; then
	echo scan >"$leaks"
	sleep 6
	echo scan >"$leaks"
	cat "$leaks" >/dev/kmsg
fi

echo "$rc" >"$state/rc"
sync
echo o >/proc/sysrq-trigger
sleep 10
