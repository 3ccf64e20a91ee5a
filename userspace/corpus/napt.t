case: napt
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}}}
bytes: 0800010000000000400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000

case: napt-random
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 random
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "random": true}}
bytes: 08000100000000000800020000000001400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000

case: napt-persistent
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 persistent
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "persistent": true}}
bytes: 08000100000000000800020000000002400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000

case: napt-random-persistent
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 random persistent
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "random": true, "persistent": true}}
bytes: 08000100000000000800020000000003400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000

case: napt-flags-any-order
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 persistent random
text: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 random persistent
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "random": true, "persistent": true}}
bytes: 08000100000000000800020000000003400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000

case: napt-flags-first
in: mapt napt random bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64
text: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 random
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "random": true}}
bytes: 08000100000000000800020000000001400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000

case: napt-end-user-first
in: mapt napt end-user 2001:db8:ce:11b::/64 bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0
text: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}}}
bytes: 0800010000000000400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000

case: napt-default-psid-offset
in: mapt napt bmr 2001:db8::/40 192.0.2.0/24 ea-len 16 end-user 2001:db8:12:3400::/56
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8::", "len": 40}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}, "end-user": {"prefix": {"addr": "2001:db8:12:3400::", "len": 56}}}}
bytes: 0800010000000000400003801400010020010db8000000000000000000000000050002002800000008000300c00002000500040018000000050005001000000005000600060000001400040020010db80012340000000000000000000500050038000000

case: napt-default-psid-offset-given
in: mapt napt bmr 2001:db8::/40 192.0.2.0/24 ea-len 16 psid-offset 6 end-user 2001:db8:12:3400::/56
text: mapt napt bmr 2001:db8::/40 192.0.2.0/24 ea-len 16 end-user 2001:db8:12:3400::/56
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8::", "len": 40}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}, "end-user": {"prefix": {"addr": "2001:db8:12:3400::", "len": 56}}}}
bytes: 0800010000000000400003801400010020010db8000000000000000000000000050002002800000008000300c00002000500040018000000050005001000000005000600060000001400040020010db80012340000000000000000000500050038000000

case: napt-full-address
in: mapt napt bmr 2001:db8::/40 192.0.2.0/24 ea-len 8 end-user 2001:db8:12::/48
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8::", "len": 40}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 8}, "end-user": {"prefix": {"addr": "2001:db8:12::", "len": 48}}}}
bytes: 0800010000000000400003801400010020010db8000000000000000000000000050002002800000008000300c00002000500040018000000050005000800000005000600060000001400040020010db80012000000000000000000000500050030000000

case: napt-one-address
in: mapt napt bmr 2001:db8:1:2::/64 192.0.2.1/32 ea-len 0 end-user 2001:db8:1:2::/64
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:1:2::", "len": 64}}, "ipv4": {"prefix": {"addr": "192.0.2.1", "len": 32}}, "ea-len": 0}, "end-user": {"prefix": {"addr": "2001:db8:1:2::", "len": 64}}}}
bytes: 0800010000000000400003801400010020010db8000100020000000000000000050002004000000008000300c00002010500040020000000050005000000000005000600060000001400040020010db80001000200000000000000000500050040000000

case: napt-ipv4-prefix
in: mapt napt bmr 2001:db8::/40 192.0.0.0/16 ea-len 8 end-user 2001:db8:12::/48
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8::", "len": 40}}, "ipv4": {"prefix": {"addr": "192.0.0.0", "len": 16}}, "ea-len": 8}, "end-user": {"prefix": {"addr": "2001:db8:12::", "len": 48}}}}
bytes: 0800010000000000400003801400010020010db8000000000000000000000000050002002800000008000300c00000000500040010000000050005000800000005000600060000001400040020010db80012000000000000000000000500050030000000

case: napt-psid
in: mapt napt bmr 2001:db8:1:2::/64 192.0.2.1/32 ea-len 0 psid 20/8 end-user 2001:db8:1:2::/64
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:1:2::", "len": 64}}, "ipv4": {"prefix": {"addr": "192.0.2.1", "len": 32}}, "ea-len": 0, "psid": {"value": 20, "len": 8}}, "end-user": {"prefix": {"addr": "2001:db8:1:2::", "len": 64}}}}
bytes: 0800010000000000500003801400010020010db8000100020000000000000000050002004000000008000300c0000201050004002000000005000500000000000500060006000000050007000800000006000800001400001400040020010db80001000200000000000000000500050040000000

case: napt-end-user-shorter-than-64
in: mapt napt bmr 2001:db8::/32 192.0.2.0/24 ea-len 16 end-user 2001:db8:1234::/56
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}, "end-user": {"prefix": {"addr": "2001:db8:1234::", "len": 56}}}}
bytes: 0800010000000000400003801400010020010db8000000000000000000000000050002002000000008000300c00002000500040018000000050005001000000005000600060000001400040020010db81234000000000000000000000500050038000000

case: napt-end-user-masked
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b:1:2:3:4/64
text: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}}}
bytes: 0800010000000000400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000

case: napt-end-user-128
in: mapt napt bmr 2001:db8::/40 192.0.2.0/24 ea-len 16 end-user 2001:db8:12:3400:0:c000:212:34/128
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8::", "len": 40}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}, "end-user": {"prefix": {"addr": "2001:db8:12:3400:0:c000:212:34", "len": 128}}}}
bytes: 0800010000000000400003801400010020010db8000000000000000000000000050002002800000008000300c00002000500040018000000050005001000000005000600060000001400040020010db8001234000000c000021200340500050080000000

case: napt-end-user-112
in: mapt napt bmr 2001:db8::/40 192.0.2.0/24 ea-len 16 end-user 2001:db8:12:3400:0:c000:212:0/112
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8::", "len": 40}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}, "end-user": {"prefix": {"addr": "2001:db8:12:3400:0:c000:212:0", "len": 112}}}}
bytes: 0800010000000000400003801400010020010db8000000000000000000000000050002002800000008000300c00002000500040018000000050005001000000005000600060000001400040020010db8001234000000c000021200000500050070000000

case: napt-end-user-bare-address
in: mapt napt bmr 2001:db8::/40 192.0.2.0/24 ea-len 16 end-user 2001:db8:12:3400:0:c000:212:34
text: mapt napt bmr 2001:db8::/40 192.0.2.0/24 ea-len 16 end-user 2001:db8:12:3400:0:c000:212:34/128
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8::", "len": 40}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}, "end-user": {"prefix": {"addr": "2001:db8:12:3400:0:c000:212:34", "len": 128}}}}
bytes: 0800010000000000400003801400010020010db8000000000000000000000000050002002800000008000300c00002000500040018000000050005001000000005000600060000001400040020010db8001234000000c000021200340500050080000000
