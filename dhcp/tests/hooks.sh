#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What the hooks of DHCPv6 clients tell the handler, for each event that matters. The handler is a stand-in that prints what it is told. Prints ok or not ok.
here=$(cd "$(dirname "$0")/.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/bin"
# shellcheck disable=SC2016 # for the stand-ins
printf '#!/bin/sh\necho "$@"\n' >"$tmp/bin/s46"
# what is on the link
printf '#!/bin/sh\necho "2001:db8:6:1::/64 proto kernel metric 256"\necho "fe80::/64 proto kernel metric 256"\n' >"$tmp/bin/ip"
chmod +x "$tmp/bin/s46" "$tmp/bin/ip"
ret=0

# tells NAME WANTED HOOK VARIABLE=VALUE...
tells()
{
	local name=$1 want=$2 hook=$3 got
	shift 3
	got=$(env -i PATH="$tmp/bin:$PATH" S46="$tmp/bin/s46" interface=wan "$@" sh -c ". '$here/$hook'" 2>&1)
	if [ "$got" = "$want" ]; then
		echo "ok $name"
	else
		echo "not ok $name: want '$want', got '$got'"
		ret=1
	fi
}

pd=(new_dhcp6_ia_pd1_prefix1=2001:db8:ce:11b:: new_dhcp6_ia_pd1_prefix1_length=64 new_dhcp6_ia_pd1_prefix1_vltime=3600)
old=(new_dhcp6_ia_pd1_prefix2=2001:db8:ce:774:: new_dhcp6_ia_pd1_prefix2_length=64 new_dhcp6_ia_pd1_prefix2_vltime=0)
mapt=(new_dhcp6_s46_mapt=0059 new_dhcp6_s46_mape=005a)
for reason in BOUND6 RENEW6 REBIND6 REBOOT6; do
	tells "dhcpcd_$reason" "up wan --prefix 2001:db8:ce:11b::/64 map-t 0059 map-e 005a" 90-nft-mapt reason=$reason "${pd[@]}" "${mapt[@]}"
done
tells dhcpcd_prefix_over "up wan --prefix 2001:db8:ce:11b::/64 map-t 0059 map-e 005a" 90-nft-mapt reason=RENEW6 "${pd[@]}" "${old[@]}" "${mapt[@]}"
tells dhcpcd_priority "up wan --prefix 2001:db8:ce:11b::/64 --priority 005e lw4o6 005c" 90-nft-mapt reason=BOUND6 "${pd[@]}" \
	new_dhcp6_s46_lw=005c new_dhcp6_s46_priority=005e
tells dhcpcd_on_link "up wan --on-link --prefix 2001:db8:6:1::/64 map-t 0059 map-e 005a" 90-nft-mapt reason=INFORM6 "${mapt[@]}"
tells dhcpcd_option_gone "down wan" 90-nft-mapt reason=RENEW6 "${pd[@]}"
for reason in EXPIRE6 RELEASE6 STOP6 DEPARTED STOPPED; do
	tells "dhcpcd_$reason" "down wan" 90-nft-mapt reason=$reason
done
for reason in PREINIT CARRIER NOCARRIER ROUTERADVERT BOUND; do
	tells "dhcpcd_$reason" "" 90-nft-mapt reason=$reason "${pd[@]}" "${mapt[@]}"
done

mapt=(new_dhcp6_s46_cont_mapt=0:59 new_dhcp6_s46_cont_mape=0:5a)
for reason in BOUND6 RENEW6 REBIND6; do
	tells "dhclient_$reason" "up wan --prefix 2001:db8:ce:11b::/64 map-t 0:59 map-e 0:5a" dhclient-nft-mapt reason=$reason \
		new_ip6_prefix=2001:db8:ce:11b::/64 "${mapt[@]}"
done
tells dhclient_address "" dhclient-nft-mapt reason=BOUND6 new_ip6_address=2001:db8:6:1::100 "${mapt[@]}"
tells dhclient_option_gone "down wan" dhclient-nft-mapt reason=RENEW6 new_ip6_prefix=2001:db8:ce:11b::/64
for reason in EXPIRE6 RELEASE6 STOP6; do
	tells "dhclient_$reason" "down wan" dhclient-nft-mapt reason=$reason old_ip6_prefix=2001:db8:ce:11b::/64
done
exit $ret
