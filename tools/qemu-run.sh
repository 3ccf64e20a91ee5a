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
	mkdir -p "$dir"/{bin,dev,proc,sys,host,up,new,modules}
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
		while read -r module; do insmod /modules/$module; done </modules/order
		mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144,cache=loose root /host
		mount -t tmpfs tmpfs /up
		mkdir /up/upper /up/work
		mount -t overlay -o lowerdir=/host$nft_mapt_installed:/host,upperdir=/up/upper,workdir=/up/work root /new
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
	share "$state" state ''
	tag=0
	while read -r dir; do
		share "$dir" "writable$tag" ''
		tag=$((tag + 1))
	done <"$state/writable"
)

# boot CPU-OPTIONS...
boot()
{
	guest_run qemu-system-x86_64 "$@" -smp "$cpus" -m "${memory%M}" -nodefaults -no-user-config -display none -no-reboot \
		-serial stdio -kernel "$image/boot/vmlinuz-$release" -initrd "$state/initramfs.cpio" \
		-object rng-random,filename=/dev/urandom,id=rng -device virtio-rng-pci,rng=rng "${devices[@]}" \
		-append "console=ttyS0 loglevel=8 panic=-1 oops=panic printk.devkmsg=on random.trust_cpu=1 \
nft_mapt_state=$state nft_mapt_installed=$installed ${words[*]}"
}

# KVM may be there and not work, in a machine that is itself virtual: a boot sector that says 0x10 to the debug port is the proof.
kvm_works()
{
	local rc=0
	[ -w /dev/kvm ] || return
	{
		printf '\xba\xf4\x00\xb0\x10\xee\xf4'
		head -c 503 /dev/zero
		printf '\x55\xaa'
	} >"$state/sector"
	timeout -k 1 10 qemu-system-x86_64 -accel kvm -cpu host -m 64 -nodefaults -display none -no-reboot \
		-device isa-debug-exit,iobase=0xf4,iosize=4 -drive "file=$state/sector,format=raw" \
		</dev/null >/dev/null 2>&1 || rc=$?
	[ "$rc" -eq 33 ]
}

if kvm_works; then
	boot -accel kvm -cpu host
else
	boot -accel tcg,thread=multi -cpu max
fi
guest_verdict "$@"
