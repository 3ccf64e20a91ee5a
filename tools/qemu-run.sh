#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# qemu-run.sh [OPTION]... -- COMMAND [ARGUMENT]...: run a command on Debian's stock 6.12 kernel in a virtual machine, with our modules
# and nft-mapt installed there by "make install".
#
# KVM is used where it really works, else emulation. The machine's files are the host's, under an overlay: the command may change
# anything and nothing stays. It runs in the caller's working directory, with the caller's environment; what it prints goes to standard
# output, and its exit status is ours. 99: the kernel's log tells of a bug, and the log's part is shown. 124: timed out.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/guest.sh"

[ $# -gt 0 ] || usage
guest_options "$@"
while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done
[ $# -gt 1 ] || usage
shift

"$top/tools/deps.sh" qemu
image=$("$top/tools/stock-kernel.sh" image)
installed=$("$top/tools/install-stock.sh")
release=$(basename "$image"/lib/modules/*)

# The first stage: mount what the second stage lives on.
make_initramfs()
{
	local dir=$1 module
	mkdir -p "$dir"/{bin,dev,proc,sys,host,installed,up,new,modules}
	cp /bin/busybox "$dir/bin/busybox"
	modprobe -d "$installed" -S "$release" --show-depends -a virtio_pci 9pnet_virtio 9p overlay |
		awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r module; do
		case $module in
		*.xz) xz -dc "$module" ;;
		*) cat "$module" ;;
		esac >"$dir/modules/$(basename "${module%.xz}")"
		basename "${module%.xz}" >>"$dir/modules/order"
	done
	cat >"$dir/init" <<-'EOF'
		#!/bin/busybox sh
		/bin/busybox --install -s /bin
		export PATH=/bin
		mount -t proc proc /proc
		[ -z "$nft_mapt_probe" ] || { echo "nft_mapt: alive" >/dev/kmsg; poweroff -f; }
		while read -r module; do insmod /modules/$module; done </modules/order
		mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144,cache=loose root /host
		mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144,cache=loose installed /installed
		mount -t tmpfs tmpfs /up
		mkdir /up/upper /up/work
		mount -t overlay -o lowerdir=/installed:/host,upperdir=/up/upper,workdir=/up/work root /new
		mkdir -p /new/.host /new/proc /new/sys /new/dev /new/tmp /new/run
		mount -o move /host /new/.host
		mount -o move /proc /new/proc
		exec switch_root /new /.host$nft_mapt_state/init
	EOF
	chmod +x "$dir/init"
	(cd "$dir" && find . | cpio -o -H newc --quiet) >"$dir.cpio"
}

guest_state "$@"
make_initramfs "$state/initramfs"

share()
{
	printf '%s\n' -fsdev "local,id=$2,path=$1,security_model=none,multidevs=remap$3" -device "virtio-9p-pci,fsdev=$2,mount_tag=$2"
}

mapfile -t devices < <(
	share / root ,readonly=on
	share "$installed" installed ,readonly=on
	share "$state" state ''
	tag=0
	while read -r dir; do
		share "$dir" "writable$tag" ''
		tag=$((tag + 1))
	done <"$state/writable"
)

machine=(
	-smp "$cpus" -m "${memory%M}" -nodefaults -no-user-config -display none -no-reboot -serial stdio
	-kernel "$image/boot/vmlinuz-$release" -initrd "$state/initramfs.cpio"
	-object "rng-random,filename=/dev/urandom,id=rng" -device "virtio-rng-pci,rng=rng" "${devices[@]}"
)
line="console=ttyS0 loglevel=8 panic=-1 oops=panic printk.devkmsg=on random.trust_cpu=1"
line+=" nft_mapt_state=$state ${words[*]}"

# KVM may be there and not work, in a machine that is itself virtual: that this kernel reaches its first program is the proof.
kvm_works()
{
	local answer
	[ -w /dev/kvm ] || return
	answer=$cache/memo/kvm-$(cat /proc/sys/kernel/random/boot_id)-$release
	if [ ! -e "$answer" ]; then
		mkdir -p "$cache/memo"
		if timeout -k 1 20 qemu-system-x86_64 -accel kvm -cpu host "${machine[@]}" -append "$line nft_mapt_probe=1" \
			</dev/null 2>/dev/null | grep -q 'nft_mapt: alive'; then
			echo yes >"$answer"
		else
			echo no >"$answer"
			say "KVM does not work here: the stock kernel runs under emulation"
		fi
	fi
	[ "$(cat "$answer")" = yes ]
}

[ -z "$preload" ] || die "a virtual machine has no process to preload into"
if [ "$instructions" -eq 1 ]; then
	# shellcheck disable=SC2054 # the comma is the word's own
	accel=(-accel tcg -cpu max,-erms -smp 1 -icount shift=0,sleep=off)
elif kvm_works; then
	accel=(-accel kvm -cpu host)
elif [ "${NFT_MAPT_STOCK:-}" = rt ]; then
	# Two that take turns: what PREEMPT_RT is for needs a second one.
	# shellcheck disable=SC2054 # the comma is the word's own
	accel=(-accel tcg,thread=single -cpu max)
else
	# One CPU: where two are emulated side by side, one may run into the breakpoint that the kernel puts into its own text while the
	# other changes it, and finds no reason for it: "Oops: int3".
	accel=(-accel tcg -cpu max -smp 1)
fi
guest_run qemu-system-x86_64 "${machine[@]}" "${accel[@]}" -append "$line"
guest_verdict "$@"
