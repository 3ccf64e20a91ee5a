case: json-fmr-object
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": {"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}}}
text: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96
json: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}]}}
bytes: 0800010000000002140006000064ff9b000000000000000000000000050007006000000044000880400001801400010020010db8000000000000000000000000050002002000000008000300c0000200050004001800000005000500100000000500060006000000

case: json-defaults-given
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16, "psid-offset": 6}], "tos": "copy", "tclass": "copy", "udp-zero-checksum": "compute", "lowest-ipv6-mtu": 1280, "silent": false}}
text: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96
json: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}]}}
bytes: 0800010000000002140006000064ff9b000000000000000000000000050007006000000044000880400001801400010020010db8000000000000000000000000050002002000000008000300c0000200050004001800000005000500100000000500060006000000

case: json-masked
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.99", "len": 24}}, "ea-len": 16}]}}
text: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96
json: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}]}}
bytes: 0800010000000002140006000064ff9b000000000000000000000000050007006000000044000880400001801400010020010db8000000000000000000000000050002002000000008000300c0000200050004001800000005000500100000000500060006000000

case: json-bare-address
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": "192.0.2.1", "ea-len": 16}]}}
path: fmr[0].psid-offset
error: psid-offset 6 (the default) + PSID length 16 is over 16: psid-offset can be 0 at most

case: json-key-order
json-in: {"mapt": {"dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}], "op": "br"}}
text: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96
json: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}]}}
bytes: 0800010000000002140006000064ff9b000000000000000000000000050007006000000044000880400001801400010020010db8000000000000000000000000050002002000000008000300c0000200050004001800000005000500100000000500060006000000

case: json-all-options
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}], "tos": 1, "tclass": 2, "udp-zero-checksum": "drop", "lowest-ipv6-mtu": 1400, "icmp-source": "192.0.0.8", "silent": true}}
text: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96 tos 0x01 tclass 0x02 udp-zero-checksum drop lowest-ipv6-mtu 1400 icmp-source 192.0.0.8 silent
bytes: 0800010000000002080002000000000c140006000064ff9b000000000000000000000000050007006000000044000880400001801400010020010db8000000000000000000000000050002002000000008000300c0000200050004001800000005000500100000000500060006000000050009000100000005000a000200000008000b000000057808000c00c0000008

case: json-napt-flags
json-in: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "random": true, "persistent": true}}
text: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 random persistent
bytes: 08000100000000000800020000000003400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000

case: json-psid
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.1", "len": 32}}, "ea-len": 0, "psid": {"value": 5, "len": 8}}]}}
text: mapt br fmr 2001:db8::/32 192.0.2.1/32 ea-len 0 psid 5/8 dmr 64:ff9b::/96
bytes: 0800010000000002140006000064ff9b000000000000000000000000050007006000000054000880500001801400010020010db8000000000000000000000000050002002000000008000300c000020105000400200000000500050000000000050006000600000005000700080000000600080000050000

case: json-bad-type
json-in: {"mapt": [1]}
path: 
error: expected an object

case: json-bad-string
json-in: {"mapt": "br"}
path: 
error: expected an object

case: json-bad-no-op
json-in: {"mapt": {"dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}]}}
path: op
error: expected "napt", "ce" or "br"

case: json-bad-op
json-in: {"mapt": {"op": "foo", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}]}}
path: op
error: expected "napt", "ce" or "br"

case: json-bad-key
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}], "foo": 1}}
path: foo
error: unknown key

case: json-bad-rule-key
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db9::", "len": 32}}, "ipv4": {"prefix": {"addr": "198.51.100.0", "len": 24}}, "ea-len": 16, "foo": 1}]}}
path: fmr[1].foo
error: unknown key

case: json-bad-missing-dmr
json-in: {"mapt": {"op": "br", "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}]}}
path: dmr
error: missing: mapt br needs it

case: json-bad-missing-fmr
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}}}
path: fmr
error: missing: mapt br needs it

case: json-bad-not-allowed
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}], "bmr": {"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}}}
path: bmr
error: has no place in mapt br

case: json-bad-random
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}], "random": true}}
path: random
error: has no place in mapt br

case: json-bad-missing-ea-len
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db9::", "len": 32}}, "ipv4": {"prefix": {"addr": "198.51.100.0", "len": 24}}}]}}
path: fmr[1].ea-len
error: missing

case: json-bad-missing-ipv4
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ea-len": 16}]}}
path: fmr[0].ipv4
error: missing

case: json-bad-ea-len
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db9::", "len": 32}}, "ipv4": {"prefix": {"addr": "198.51.100.0", "len": 24}}, "ea-len": 49}]}}
path: fmr[1].ea-len
error: ea-len 49 is over 48

case: json-bad-ea-len-string
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db9::", "len": 32}}, "ipv4": {"prefix": {"addr": "198.51.100.0", "len": 24}}, "ea-len": "16"}]}}
path: fmr[1].ea-len
error: expected a number

case: json-bad-ea-len-negative
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db9::", "len": 32}}, "ipv4": {"prefix": {"addr": "198.51.100.0", "len": 24}}, "ea-len": -1}]}}
path: fmr[1].ea-len
error: expected a number

case: json-bad-psid-offset
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db9::", "len": 32}}, "ipv4": {"prefix": {"addr": "198.51.100.0", "len": 24}}, "ea-len": 16, "psid-offset": 16}]}}
path: fmr[1].psid-offset
error: psid-offset 16 is over 15

case: json-bad-psid
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.1", "len": 32}}, "ea-len": 0, "psid": {"value": 256, "len": 8}}]}}
path: fmr[0].psid
error: psid 256 does not fit in 8 bits: 255 at most

case: json-bad-psid-len-missing
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db9::", "len": 32}}, "ipv4": {"prefix": {"addr": "198.51.100.0", "len": 24}}, "ea-len": 16, "psid": {"value": 5}}]}}
path: fmr[1].psid.len
error: missing

case: json-bad-prefix
json-in: {"mapt": {"op": "br", "dmr": {"addr": "64:ff9b::", "len": 96}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}]}}
path: dmr.addr
error: unknown key

case: json-bad-prefix-addr
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": 96, "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}]}}
path: dmr.prefix.addr
error: expected a string

case: json-bad-prefix-len
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::"}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}]}}
path: dmr.prefix.len
error: missing

case: json-bad-prefix-text
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b:::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}]}}
path: dmr.prefix
error: '64:ff9b:::/96' is not an IPv6 prefix

case: json-bad-prefix-number
json-in: {"mapt": {"op": "br", "dmr": 96, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}]}}
path: dmr
error: expected a prefix object

case: json-bad-dmr
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 95}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}]}}
path: dmr
error: DMR prefix length 95 is not 32, 40, 48, 56, 64 or 96 (RFC 6052 2.2)

case: json-bad-fmr
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": "x"}}
path: fmr
error: expected a list of mapping rules

case: json-bad-fmr-empty
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": []}}
path: fmr
error: expected a list of mapping rules

case: json-bad-fmr-33
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8:0::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.0.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:1::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.1.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:2::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:3::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.3.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:4::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.4.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:5::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.5.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:6::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.6.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:7::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.7.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:8::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.8.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:9::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.9.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:a::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.10.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:b::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.11.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:c::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.12.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:d::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.13.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:e::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.14.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:f::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.15.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:10::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.16.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:11::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.17.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:12::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.18.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:13::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.19.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:14::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.20.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:15::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.21.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:16::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.22.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:17::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.23.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:18::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.24.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:19::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.25.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:1a::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.26.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:1b::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.27.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:1c::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.28.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:1d::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.29.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:1e::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.30.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:1f::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.31.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8:20::", "len": 48}}, "ipv4": {"prefix": {"addr": "192.0.32.0", "len": 24}}, "ea-len": 16}]}}
path: fmr
error: more than 32 forwarding mapping rules in one statement: give each a chain of its own and send packets there by an interval verdict map, one for ip daddr and one for ip6 saddr (EXAMPLES in nft-mapt(8))
nft: more than 32 forwarding mapping rules in one statement: give each a chain of its own and send packets there by an interval verdict map, one for ip daddr and one for ip6 saddr (MAPT STATEMENT in nft(8))

case: json-bad-fmr-same
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}, {"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}]}}
path: fmr[1].ipv6
error: forwarding mapping rules 1 and 2 have the same IPv6 prefix

case: json-bad-tos
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}], "tos": 256}}
path: tos
error: tos is over 255

case: json-bad-tos-word
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}], "tos": "ef"}}
path: tos
error: expected a number

case: json-bad-udp-zero
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}], "udp-zero-checksum": "keep"}}
path: udp-zero-checksum
error: expected "compute" or "drop"

case: json-bad-mtu
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}], "lowest-ipv6-mtu": 1279}}
path: lowest-ipv6-mtu
error: lowest-ipv6-mtu 1279 is not 1280 to 65535

case: json-bad-icmp-source
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}], "icmp-source": "::1"}}
path: icmp-source
error: expected an IPv4 address

case: json-bad-silent
json-in: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}], "silent": 1}}
path: silent
error: expected true or false

case: json-bad-end-user
json-in: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:cf::", "len": 64}}}}
path: end-user
error: end-user prefix is not in the rule IPv6 prefix 2001:db8:ce::/51

case: json-bad-bmr-ea-len
json-in: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 49, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}}}
path: bmr.ea-len
error: ea-len 49 is over 48

case: json-to
json-in: {"mapt": {"op": "napt", "to": {"addr": "192.0.2.8", "psid": {"value": 27, "len": 8}, "psid-offset": 4}}}
text: mapt napt to 192.0.2.8 psid 27/8 psid-offset 4
bytes: 0800010000000000500003801400010000000000000000000000000000000000050002000000000008000300c0000208050004002000000005000500000000000500060004000000050007000800000006000800001b000014000400000000000000000000000000000000000500050000000000

case: json-to-key-order
json-in: {"mapt": {"to": {"psid-offset": 6, "psid": {"len": 8, "value": 27}, "addr": "192.0.2.8"}, "op": "napt", "random": true}}
text: mapt napt to 192.0.2.8 psid 27/8 random
json: {"mapt": {"op": "napt", "to": {"addr": "192.0.2.8", "psid": {"value": 27, "len": 8}}, "random": true}}
bytes: 08000100000000000800020000000001500003801400010000000000000000000000000000000000050002000000000008000300c0000208050004002000000005000500000000000500060006000000050007000800000006000800001b000014000400000000000000000000000000000000000500050000000000

case: json-to-as-bmr
json-in: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "::", "len": 0}}, "ipv4": {"prefix": {"addr": "192.0.2.8", "len": 32}}, "ea-len": 0, "psid": {"value": 27, "len": 8}}, "end-user": {"prefix": {"addr": "::", "len": 0}}}}
text: mapt napt to 192.0.2.8 psid 27/8
json: {"mapt": {"op": "napt", "to": {"addr": "192.0.2.8", "psid": {"value": 27, "len": 8}}}}
bytes: 0800010000000000500003801400010000000000000000000000000000000000050002000000000008000300c0000208050004002000000005000500000000000500060006000000050007000800000006000800001b000014000400000000000000000000000000000000000500050000000000

case: json-bad-to-string
json-in: {"mapt": {"op": "napt", "to": "192.0.2.8"}}
path: to
error: expected an object

case: json-bad-to-key
json-in: {"mapt": {"op": "napt", "to": {"addr": "192.0.2.8", "psid": {"value": 27, "len": 8}, "ea-len": 0}}}
path: to.ea-len
error: unknown key

case: json-bad-to-no-addr
json-in: {"mapt": {"op": "napt", "to": {"psid": {"value": 27, "len": 8}}}}
path: to.addr
error: missing

case: json-bad-to-addr
json-in: {"mapt": {"op": "napt", "to": {"addr": "192.0.2.8/32", "psid": {"value": 27, "len": 8}}}}
path: to.addr
error: expected an IPv4 address

case: json-bad-to-prefix
json-in: {"mapt": {"op": "napt", "to": {"addr": {"prefix": {"addr": "192.0.2.8", "len": 32}}, "psid": {"value": 27, "len": 8}}}}
path: to.addr
error: expected an IPv4 address

case: json-bad-to-unspecified
json-in: {"mapt": {"op": "napt", "to": {"addr": "0.0.0.0", "psid": {"value": 27, "len": 8}}}}
path: to.addr
error: the address is "this network" (0.0.0.0/8), which no customer has: a unicast address is right

case: json-bad-to-no-psid
json-in: {"mapt": {"op": "napt", "to": {"addr": "192.0.2.8", "psid-offset": 4}}}
path: to.psid
error: missing

case: json-bad-to-psid
json-in: {"mapt": {"op": "napt", "to": {"addr": "192.0.2.8", "psid": {"value": 256, "len": 8}}}}
path: to.psid
error: psid 256 does not fit in 8 bits: 255 at most

case: json-bad-to-psid-len
json-in: {"mapt": {"op": "napt", "to": {"addr": "192.0.2.8", "psid": {"value": 27}}}}
path: to.psid.len
error: missing

case: json-bad-to-psid-offset
json-in: {"mapt": {"op": "napt", "to": {"addr": "192.0.2.8", "psid": {"value": 27, "len": 8}, "psid-offset": 9}}}
path: to.psid-offset
error: psid-offset 9 + PSID length 8 is over 16: psid-offset can be 8 at most

case: json-bad-to-and-bmr
json-in: {"mapt": {"op": "napt", "to": {"addr": "192.0.2.8", "psid": {"value": 27, "len": 8}}, "bmr": {"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}}}
path: bmr
error: has no place beside to

case: json-bad-to-and-end-user
json-in: {"mapt": {"op": "napt", "end-user": {"prefix": {"addr": "2001:db8::", "len": 32}}, "to": {"addr": "192.0.2.8", "psid": {"value": 27, "len": 8}}}}
path: end-user
error: has no place beside to

case: json-bad-br-to
json-in: {"mapt": {"op": "br", "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}], "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "to": {"addr": "192.0.2.8", "psid": {"value": 27, "len": 8}}}}
path: to
error: has no place in mapt br

case: json-bad-napt-empty
json-in: {"mapt": {"op": "napt"}}
path: bmr
error: missing: mapt napt needs it or to

case: json-last
json-expr: [{"counter": null}, {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}]}}]
text: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96
json: {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}]}}
bytes: 0800010000000002140006000064ff9b000000000000000000000000050007006000000044000880400001801400010020010db8000000000000000000000000050002002000000008000300c0000200050004001800000005000500100000000500060006000000

case: json-bad-first
json-expr: [{"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}]}}, {"counter": null}]
path: expr[0]
error: has to be the last statement of its rule: what comes after it has no effect
nft: Statement after terminal statement has no effect

case: json-bad-middle
json-expr: [{"counter": null}, {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}]}}, {"accept": null}]
path: expr[1]
error: has to be the last statement of its rule: what comes after it has no effect
nft: Statement after terminal statement has no effect

case: json-bad-two
json-expr: [{"mapt": {"op": "napt", "to": {"addr": "192.0.2.8", "psid": {"value": 27, "len": 8}}}}, {"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}]}}]
path: expr[0]
error: has to be the last statement of its rule: what comes after it has no effect
nft: Statement after terminal statement has no effect

case: json-bad-second-key
json-expr: [{"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}]}, "counter": null}]
path: expr[0]
error: expected one key, mapt
nft: Malformed object (too many properties)

case: json-bad-expr-op
json-expr: [{"counter": null}, {"mapt": {"op": "brr"}}]
path: expr[1].mapt.op
error: expected "napt", "ce" or "br"
