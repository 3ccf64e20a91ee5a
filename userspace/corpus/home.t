# Of the NAPT's choice of ports and of what comes in. The series for nft has not got these options: nft-missing.

case: napt-mapping-all
nft-missing: yes
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 mapping all
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "mapping": "all"}}
bytes: 08000100000000000800020000000010400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000

case: napt-mapping-default
nft-missing: yes
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 mapping udp
text: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}}}
bytes: 0800010000000000400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000

case: napt-filtering-any
nft-missing: yes
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 filtering endpoint-independent
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "filtering": "endpoint-independent"}}
bytes: 08000100000000000800020000000020400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000

case: napt-filtering-default
nft-missing: yes
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 filtering address-dependent
text: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}}}
bytes: 0800010000000000400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000

case: napt-reserve
nft-missing: yes
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 reserve 55300-55310
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "reserve": {"range": [55300, 55310]}}}
bytes: 0800010000000000400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b0000000000000000050005004000000008000d00d804d80e

case: napt-reserve-one
nft-missing: yes
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 reserve 55300
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "reserve": 55300}}
bytes: 0800010000000000400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b0000000000000000050005004000000008000d00d804d804

case: napt-reserve-one-as-range
nft-missing: yes
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 reserve 55300-55300
text: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 reserve 55300
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "reserve": 55300}}
bytes: 0800010000000000400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b0000000000000000050005004000000008000d00d804d804

case: napt-options-any-order
nft-missing: yes
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 reserve 0-1023 filtering endpoint-independent mapping all persistent
text: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 persistent mapping all filtering endpoint-independent reserve 0-1023
json: {"mapt": {"op": "napt", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "persistent": true, "mapping": "all", "filtering": "endpoint-independent", "reserve": {"range": [0, 1023]}}}
bytes: 08000100000000000800020000000032400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b0000000000000000050005004000000008000d00000003ff

case: bad-napt-mapping
nft-missing: yes
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 mapping tcp
at:                                                                                                           ^^^
error: unexpected 'tcp', expected udp or all

case: bad-napt-filtering
nft-missing: yes
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 filtering none
at:                                                                                                             ^^^^
error: unexpected 'none', expected address-dependent or endpoint-independent

case: bad-napt-reserve-word
nft-missing: yes
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 reserve ssh
at:                                                                                                           ^^^
error: 'ssh' is no port, expected a port or FIRST-LAST, 0 to 65535

case: bad-napt-reserve-large
nft-missing: yes
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 reserve 1-65536
at:                                                                                                           ^^^^^^^
error: '1-65536' is no port, expected a port or FIRST-LAST, 0 to 65535

case: bad-napt-reserve-order
nft-missing: yes
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 reserve 20-10
at:                                                                                                           ^^^^^
error: reserve 20-10: the first port is above the last

case: bad-napt-reserve-zero
nft-missing: yes
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 reserve 0
at:                                                                                                           ^
error: reserve 0: nobody is given port 0

case: ce-dev
nft-missing: yes
in: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96 dev "map0"
json: {"mapt": {"op": "ce", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "dev": "map0"}}
bytes: 0800010000000001400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000140006000064ff9b000000000000000000000000050007006000000009000f006d61703000000000

case: ce-dev-bare
nft-missing: yes
in: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96 dev map0
text: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96 dev "map0"
json: {"mapt": {"op": "ce", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "dev": "map0"}}
bytes: 0800010000000001400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000140006000064ff9b000000000000000000000000050007006000000009000f006d61703000000000

case: ce-dev-longest
nft-missing: yes
in: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96 dev "fifteen-letters"
json: {"mapt": {"op": "ce", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "dev": "fifteen-letters"}}
bytes: 0800010000000001400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000140006000064ff9b000000000000000000000000050007006000000014000f006669667465656e2d6c65747465727300

case: bad-ce-dev-long
nft-missing: yes
in: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96 dev sixteen-letters-
at:                                                                                                                      ^^^^^^^^^^^^^^^^
error: 'sixteen-letters-' cannot be the name of a device
