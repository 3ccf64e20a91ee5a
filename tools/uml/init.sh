#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The first process of a guest. tools/guest.sh says what $nft_mapt_state holds.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# shellcheck disable=SC2154 # from the kernel's command line
state=$nft_mapt_state

mountpoint -q /proc || mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t debugfs debugfs /sys/kernel/debug
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts /dev/pts
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
[ -e /dev/stdin ] || ln -s /proc/self/fd/0 /dev/stdin
[ -e /dev/stdout ] || ln -s /proc/self/fd/1 /dev/stdout
[ -e /dev/stderr ] || ln -s /proc/self/fd/2 /dev/stderr

# show DIR: the host's directory, read-only, at its own place although a tmpfs now hides it.
show()
{
	mkdir -p "$1"
	if [ -d /.host ]; then
		mount --bind "/.host$1" "$1"
	else
		mount -t hostfs -o ro -o "$1" none "$1"
	fi || echo "init: cannot show $1 of the host"
}

# share DIR TAG: the host's directory, writable, at its own place. The tag names it among a virtual machine's devices.
share()
{
	mkdir -p "$1" 2>/dev/null
	if [ -d /.host ]; then
		mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=none "$2" "$1"
	else
		mount -t hostfs -o "$1" none "$1"
	fi || echo "init: cannot share $1 of the host"
}

own=(/tmp /run /var/tmp /dev/shm)
for dir in "${own[@]}"; do
	mount -t tmpfs -o mode=1777 tmpfs "$dir"
done
mkdir -p /run/netns /run/lock

share "$state" state
while read -r dir; do
	for over in "${own[@]}"; do
		case $dir/ in
		"$over"/*) [ -d "$dir" ] || show "$dir" ;;
		esac
	done
done <"$state/visible"
tag=0
while read -r dir; do
	share "$dir" "writable$tag"
	tag=$((tag + 1))
done <"$state/writable"

ip link set lo up
# Tunnel devices that nobody asked for would slow each new namespace down.
echo 1 >/proc/sys/net/core/fb_tunnels_only_for_init_net
: >"$state/alive"

# By way of a pipe: a script that opens /dev/stdout would cut a file off.
mkfifo /run/output
cat </run/output >>"$state/out" &
writer=$!
bash "$state/job" </dev/null >/run/output 2>&1
rc=$?

# Whatever the command left running has had its time, and what that starts meanwhile. Kernel threads and zombies have no program.
for _ in {1..50}; do
	left=()
	for pid in /proc/[0-9]*; do
		pid=${pid#/proc/}
		[ "$pid" -eq 1 ] || [ "$pid" -eq "$writer" ] || [ ! -e "/proc/$pid/exe" ] || left+=("$pid")
	done
	[ "${#left[@]}" -gt 0 ] || break
	kill -KILL "${left[@]}" 2>/dev/null
	sleep 0.1
done
if [ "${#left[@]}" -gt 0 ]; then
	echo "init: cannot be killed: $(cd /proc && cat "${left[@]/%//comm}" "${left[@]/%//stack}" 2>&1)"
	rc=1
	kill -KILL "$writer"
fi >>"$state/out"
wait "$writer"

# An object counts as a leak when it is more than a few seconds old and a second scan, too, has found nothing that points to it.
leaks=/sys/kernel/debug/kmemleak
if [ -w "$leaks" ]; then
	echo scan >"$leaks"
	sleep 6
	echo scan >"$leaks"
	# A kernel's message is one write of less than 1,000 bytes.
	while IFS= read -r line; do
		echo "$line" >/dev/kmsg
	done <"$leaks"
fi

echo "$rc" >"$state/rc"
sync
# reboot(RB_POWER_OFF); Debian has perl everywhere, and no poweroff without an init system.
perl -e 'syscall(169, 0xfee1dead, 0x28121969, 0x4321fedc, 0)'
