case: ce
in: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96
json: {"mapt": {"op": "ce", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}}}
bytes: 0800010000000001400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000140006000064ff9b0000000000000000000000000500070060000000

case: ce-any-order
in: mapt ce dmr 64:ff9b::/96 end-user 2001:db8:ce:11b::/64 bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0
text: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96
json: {"mapt": {"op": "ce", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}}}
bytes: 0800010000000001400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000140006000064ff9b0000000000000000000000000500070060000000

case: ce-fmr
in: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96 fmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0
json: {"mapt": {"op": "ce", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}]}}
bytes: 0800010000000001400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000140006000064ff9b000000000000000000000000050007006000000044000880400001801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d0000000500060000000000

case: ce-fmr-before-dmr
in: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 fmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 dmr 64:ff9b::/96
text: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96 fmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0
json: {"mapt": {"op": "ce", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}]}}
bytes: 0800010000000001400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000140006000064ff9b000000000000000000000000050007006000000044000880400001801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d0000000500060000000000

case: ce-fmrs
in: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96 fmr { 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0, 2001:db8:cf::/51 198.51.100.0/24 ea-len 13 psid-offset 0 }
json: {"mapt": {"op": "ce", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, {"ipv6": {"prefix": {"addr": "2001:db8:cf::", "len": 51}}, "ipv4": {"prefix": {"addr": "198.51.100.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}]}}
bytes: 0800010000000001400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000140006000064ff9b000000000000000000000000050007006000000084000880400001801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d0000000500060000000000400001801400010020010db800cf00000000000000000000050002003300000008000300c63364000500040018000000050005000d0000000500060000000000

case: ce-all-options
in: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96 tos 0x20 tclass 0x40 udp-zero-checksum drop lowest-ipv6-mtu 1400 icmp-source 192.0.0.8 silent
json: {"mapt": {"op": "ce", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "tos": 32, "tclass": 64, "udp-zero-checksum": "drop", "lowest-ipv6-mtu": 1400, "icmp-source": "192.0.0.8", "silent": true}}
bytes: 0800010000000001080002000000000c400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000140006000064ff9b0000000000000000000000000500070060000000050009002000000005000a004000000008000b000000057808000c00c0000008

case: ce-all-options-reversed
in: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96 silent icmp-source 192.0.0.8 lowest-ipv6-mtu 1400 udp-zero-checksum drop tclass 0x40 tos 0x20
text: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96 tos 0x20 tclass 0x40 udp-zero-checksum drop lowest-ipv6-mtu 1400 icmp-source 192.0.0.8 silent
json: {"mapt": {"op": "ce", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "tos": 32, "tclass": 64, "udp-zero-checksum": "drop", "lowest-ipv6-mtu": 1400, "icmp-source": "192.0.0.8", "silent": true}}
bytes: 0800010000000001080002000000000c400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000140006000064ff9b0000000000000000000000000500070060000000050009002000000005000a004000000008000b000000057808000c00c0000008

case: ce-options-first
in: mapt ce silent tos 1 bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96
text: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96 tos 0x01 silent
json: {"mapt": {"op": "ce", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "tos": 1, "silent": true}}
bytes: 08000100000000010800020000000008400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000140006000064ff9b00000000000000000000000005000700600000000500090001000000

case: ce-defaults-given
in: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96 tos copy tclass copy udp-zero-checksum compute lowest-ipv6-mtu 1280
text: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96
json: {"mapt": {"op": "ce", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}}}
bytes: 0800010000000001400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000140006000064ff9b0000000000000000000000000500070060000000

case: ce-psid
in: mapt ce bmr 2001:db8:1:2::/64 192.0.2.1/32 ea-len 0 psid-offset 4 psid 0x14/0x8 end-user 2001:db8:1:2::/64 dmr 64:ff9b::/96
text: mapt ce bmr 2001:db8:1:2::/64 192.0.2.1/32 ea-len 0 psid-offset 4 psid 20/8 end-user 2001:db8:1:2::/64 dmr 64:ff9b::/96
json: {"mapt": {"op": "ce", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:1:2::", "len": 64}}, "ipv4": {"prefix": {"addr": "192.0.2.1", "len": 32}}, "ea-len": 0, "psid-offset": 4, "psid": {"value": 20, "len": 8}}, "end-user": {"prefix": {"addr": "2001:db8:1:2::", "len": 64}}, "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}}}
bytes: 0800010000000001500003801400010020010db8000100020000000000000000050002004000000008000300c0000201050004002000000005000500000000000500060004000000050007000800000006000800001400001400040020010db80001000200000000000000000500050040000000140006000064ff9b0000000000000000000000000500070060000000

case: ce-psid-before-offset
in: mapt ce bmr 2001:db8:1:2::/64 192.0.2.1/32 psid 20/8 psid-offset 4 ea-len 0 end-user 2001:db8:1:2::/64 dmr 64:ff9b::/96
text: mapt ce bmr 2001:db8:1:2::/64 192.0.2.1/32 ea-len 0 psid-offset 4 psid 20/8 end-user 2001:db8:1:2::/64 dmr 64:ff9b::/96
json: {"mapt": {"op": "ce", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:1:2::", "len": 64}}, "ipv4": {"prefix": {"addr": "192.0.2.1", "len": 32}}, "ea-len": 0, "psid-offset": 4, "psid": {"value": 20, "len": 8}}, "end-user": {"prefix": {"addr": "2001:db8:1:2::", "len": 64}}, "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}}}
bytes: 0800010000000001500003801400010020010db8000100020000000000000000050002004000000008000300c0000201050004002000000005000500000000000500060004000000050007000800000006000800001400001400040020010db80001000200000000000000000500050040000000140006000064ff9b0000000000000000000000000500070060000000

case: ce-rule-prefix-past-64
in: mapt ce bmr 2001:db8:1:2:3::/80 192.0.2.0/24 ea-len 16 end-user 2001:db8:1:2:3:1234::/96 dmr 64:ff9b::/96
json: {"mapt": {"op": "ce", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:1:2:3::", "len": 80}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}, "end-user": {"prefix": {"addr": "2001:db8:1:2:3:1234::", "len": 96}}, "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}}}
bytes: 0800010000000001400003801400010020010db8000100020003000000000000050002005000000008000300c00002000500040018000000050005001000000005000600060000001400040020010db80001000200031234000000000500050060000000140006000064ff9b0000000000000000000000000500070060000000

case: ce-whole-internet
in: mapt ce bmr ::/0 0.0.0.0/0 ea-len 48 psid-offset 0 end-user c000:201:1234::/48 dmr 64:ff9b::/96 fmr 2001:db8::/32 192.0.2.0/24 ea-len 8
json: {"mapt": {"op": "ce", "bmr": {"ipv6": {"prefix": {"addr": "::", "len": 0}}, "ipv4": {"prefix": {"addr": "0.0.0.0", "len": 0}}, "ea-len": 48, "psid-offset": 0}, "end-user": {"prefix": {"addr": "c000:201:1234::", "len": 48}}, "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 8}]}}
bytes: 08000100000000014000038014000100000000000000000000000000000000000500020000000000080003000000000005000400000000000500050030000000050006000000000014000400c00002011234000000000000000000000500050030000000140006000064ff9b000000000000000000000000050007006000000044000880400001801400010020010db8000000000000000000000000050002002000000008000300c0000200050004001800000005000500080000000500060006000000
