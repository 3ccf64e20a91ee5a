# CE connections in a flowtable. The series for nft has not got this option: nft-missing.
case: ce-flow
nft-missing: yes
in: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96 flow @f
json: {"mapt": {"op": "ce", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "flow": "@f"}}
bytes: 0800010000000001400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000140006000064ff9b000000000000000000000000050007006000000006000e0066000000

case: ce-flow-options
nft-missing: yes
in: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 flow @fast_1 dmr 64:ff9b::/96 silent tos 0x20
text: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96 tos 0x20 silent flow @fast_1
json: {"mapt": {"op": "ce", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}, "end-user": {"prefix": {"addr": "2001:db8:ce:11b::", "len": 64}}, "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "tos": 32, "silent": true, "flow": "@fast_1"}}
bytes: 08000100000000010800020000000008400003801400010020010db800ce00000000000000000000050002003300000008000300c00002000500040018000000050005000d00000005000600000000001400040020010db800ce011b00000000000000000500050040000000140006000064ff9b000000000000000000000000050007006000000005000900200000000b000e00666173745f310000

case: flow-not-in-br
nft-missing: yes
in: mapt br fmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 dmr 64:ff9b::/96 flow @f
at:                                                                      ^^^^
error: 'flow' has no place in mapt br: mapt br fmr RULES dmr PREFIX6 [OPTION ...]

case: flow-without-at
nft-missing: yes
in: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96 flow f
at:                                                                                                                       ^
error: unexpected 'f', expected a flowtable as @NAME

case: flow-without-name
nft-missing: yes
in: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96 flow @
at:                                                                                                                        ^
error: unexpected end of statement, expected a flowtable as @NAME

case: flow-name
nft-missing: yes
in: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96 flow @1f
at:                                                                                                                       ^^^
error: '@1f' is not the name of a flowtable

case: json-flow
nft-missing: yes
json-in: {"mapt": {"op": "ce", "bmr": {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13}, "end-user": {"prefix": {"addr": "2001:db8:ce:20::", "len": 64}}, "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "flow": "f"}}
path: flow
error: expected the name of a flowtable, as "@f"
