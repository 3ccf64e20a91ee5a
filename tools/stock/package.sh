#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Debian's package of the commands on Debian's own kernel, under a systemd of its own (in a pid namespace, as in a container): installed, booted
# beside nftables.service, reloaded, with a ruleset that is refused, without the module, upgraded, purged. Runs in a machine of its own
# (tools/qemu-run.sh), after tools/deb.sh.
# shellcheck disable=SC2317 # functions are called by way of check
ret=0

check()
{
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then
		echo "ok $name"
	else
		echo "not ok $name"
		printf '%s\n' "$out" | tail -n 20 | sed 's/^/# /'
		ret=1
	fi
}

not()
{
	! "$@"
}

deb=$(echo build/deb/nft-mapt_*_*.deb)
[ -e "$deb" ] || { echo "not ok package # tools/deb.sh has made none"; exit 1; }
# What the host has of us, and "make install" here, is not what is looked at.
rm -f /usr/local/sbin/nft-mapt /usr/local/sbin/mapt
rm -rf /usr/local/share/nft-mapt /usr/local/lib/nft-mapt /usr/local/lib/libnft-mapt.so /usr/local/lib/systemd/system/nft-mapt.service
# Speed: nothing here has to survive.
cat >/etc/dpkg/dpkg.cfg.d/test <<-'END'
	force-unsafe-io
	no-triggers
	path-exclude=/usr/share/man/*
	path-exclude=/usr/share/doc/*
END

# The machine's own packages, without the lists of their files, which take dpkg most of a minute to read here.
packages=/var/lib/dpkg.test
mkdir -p "$packages"/info "$packages"/updates
cp /var/lib/dpkg/status "$packages"/
install_deb()
{
	dpkg --admindir="$packages" "$@" 2> >(grep -v 'files list file for package' >&2)
}

leftovers()
{
	find /etc /var/lib/systemd /var/cache /run -xdev -name '*mapt*' ! -path '/run/systemd/*'
	# shellcheck disable=SC2016 # for the shell that runs it
	xargs -d '\n' sh -c 'for file; do [ ! -f "$file" ] || echo "$file"; done' sh <"$packages/had"
}

check install install_deb -i "$deb"
dpkg --admindir="$packages" -L nft-mapt 2>/dev/null >"$packages/had"
check enabled test -L /etc/systemd/system/sysinit.target.wants/nft-mapt.service
[ "$ret" -eq 0 ] || exit 1

# --- boot ----------------------------------------------------------------------------------------------------------------------------

mount -t cgroup2 cgroup2 /sys/fs/cgroup
cat >/etc/systemd/system/boot.target <<-'END'
	[Unit]
	Requires=systemd-journald.service
	Wants=nftables.service nft-mapt.service
	After=nftables.service nft-mapt.service
END
for unit in systemd-udevd systemd-udev-trigger systemd-random-seed systemd-sysusers systemd-tmpfiles-setup systemd-tmpfiles-setup-dev \
	systemd-journal-flush systemd-update-utmp; do
	ln -sf /dev/null "/etc/systemd/system/$unit.service"
done
cp docs/examples/ce.nft /etc/nft-mapt/
# Of the second that comes no table is in the first.
cat >/etc/nft-mapt/more.nft <<-'END'
	table inet mapt {
		chain relay {
			type filter hook prerouting priority raw;
			iifname "core" mapt br fmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 dmr 64:ff9b::/96
		}
	}
END
rm -f /etc/machine-id
systemd-machine-id-setup >/dev/null 2>&1
env container=test unshare --fork --pid --mount --mount-proc --cgroup /lib/systemd/systemd --unit=boot.target \
	--log-target=journal --show-status=no </dev/null >/dev/null 2>&1 &
systemd=$!

# ctl ARGUMENT...: systemctl, where that systemd is
inside()
{
	local pid
	read -r pid <"/proc/$systemd/task/$systemd/children"
	nsenter -t "$pid" --mount --pid --cgroup "$@"
}

ctl()
{
	inside timeout 60 systemctl --no-pager "$@"
}

for _ in $(seq 60); do
	ctl is-active -q boot.target 2>/dev/null && break
	sleep 1
done

# has FAMILY...: these tables "mapt", and no others. What follows another service may do so a little later.
has()
{
	local _
	for _ in $(seq 20); do
		has_now "$@" && return
		sleep 0.5
	done
	return 1
}

has_now()
{
	local tables
	tables=$(nft-mapt list tables | sed -n 's/^table \(.*\) mapt$/\1/p' | sort | tr '\n' ' ')
	[ "$tables" = "$*${*:+ }" ] && return
	echo "tables: $tables"
	return 1
}

journal()
{
	inside journalctl --no-pager -o cat -u nft-mapt.service
}

check active ctl is-active nft-mapt.service
check "nftables is active, too" ctl is-active nftables.service
check loaded has inet ip ip6
check "beside nftables' own" nft list table inet filter

check "reload of nftables" ctl reload nftables.service
check "loaded after it" has inet ip ip6
check "restart of nftables" ctl restart nftables.service
check "loaded after that" has inet ip ip6

# A lease's ruleset comes again as well.
inside mkdir -p /run/nft-mapt
inside sh -c 'mapt s46 map-t 00590017010d18c00002003320010db800ce00005d000400000000005b000d600064ff9b0000000000000000 \
	--prefix 2001:db8:ce:11b::/64 --table s46_wan >/run/nft-mapt/wan.nft'
lease()
{
	local _
	for _ in $(seq 20); do
		nft-mapt list table ip s46_wan >/dev/null 2>&1 && return
		sleep 0.5
	done
	return 1
}
check "reload with a lease" ctl reload nftables.service
check "the lease's ruleset is loaded" lease
inside rm -r /run/nft-mapt
nft-mapt 'delete table ip s46_wan; delete table ip6 s46_wan'

# --- what is refused -----------------------------------------------------------------------------------------------------------------

listed()
{
	nft-mapt -a list ruleset
}

loaded=$(listed)
sed -i 's/ea-len 13/ea-len 33/' /etc/nft-mapt/more.nft
check "a wrong ruleset is refused" not ctl reload nft-mapt.service
check "and changes nothing" test "$(listed)" = "$loaded"
says()
{
	local log
	log=$(journal)
	[[ $log == *"$1"* ]] || { echo "$log"; return 1; }
}
check "the journal says which" says /etc/nft-mapt/more.nft:4:
check "still active" ctl is-active nft-mapt.service
rm /etc/nft-mapt/more.nft
check "without it" ctl reload nft-mapt.service
check "its table is gone" has ip ip6

# --- upgrade, stop, no module --------------------------------------------------------------------------------------------------------

new_version()
{
	dpkg-deb -R "$deb" /tmp/new && sed -i 's/^Version: .*/Version: 9/' /tmp/new/DEBIAN/control && dpkg-deb -Znone -b /tmp/new /tmp/new.deb &&
		inside dpkg --admindir="$packages" -i /tmp/new.deb
}
# /tmp is the same inside.
loaded=$(listed)
check upgrade new_version
check "leaves alone what is loaded" test "$(listed)" = "$loaded"
check "active after it" ctl is-active nft-mapt.service

check stop ctl stop nft-mapt.service
check "nothing is left" has
check "of others all is" nft list table inet filter

dir=/lib/modules/$(uname -r)/updates
without_module()
{
	rmmod nft_mapt nf_mapt nf_siit && mv "$dir" "$dir.away"
}
# A rule's memory is freed after a grace period.
sleep 1
check "without the module" without_module
check "it does not start" not ctl start nft-mapt.service
check "and says why" says nft_mapt
mv "$dir.away" "$dir"
check "with it it does" ctl start nft-mapt.service
check "loaded with it" has ip ip6

rm /etc/nft-mapt/ce.nft
check purge inside dpkg --admindir="$packages" -P nft-mapt
check "takes the tables along" has
kill -KILL "$(tr -d ' ' <"/proc/$systemd/task/$systemd/children")"
wait "$systemd" 2>/dev/null
rm -rf /etc/systemd/system/{boot.target,systemd-*.service} /etc/dpkg/dpkg.cfg.d/test /etc/machine-id
nothing_left()
{
	local left
	left=$(leftovers)
	[ -z "$left" ] && return
	echo "$left"
	return 1
}
check "had files" test "$(wc -l <"$packages/had")" -gt 5
check "leaves nothing" nothing_left
exit "$ret"
