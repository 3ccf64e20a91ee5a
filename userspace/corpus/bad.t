case: bad-no-op
in: mapt
at:     ^
error: unexpected end of statement, expected napt, ce or br

case: bad-op
in: mapt foo bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0
at:      ^^^
error: unexpected 'foo', expected napt, ce or br

case: bad-op-number
in: mapt 1
at:      ^
error: unexpected '1', expected napt, ce or br

case: bad-op-missing
in: mapt fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96
at:      ^^^
error: unexpected 'fmr', expected napt, ce or br

case: bad-napt-empty
in: mapt napt
at: ^^^^^^^^^
error: 'bmr' or 'to' is missing: mapt napt {bmr RULE end-user PREFIX6 | to ADDRESS4 psid VALUE/LENGTH [psid-offset N]} [OPTION ...]

case: bad-napt-no-bmr
in: mapt napt end-user 2001:db8:ce:11b::/64
at: ^^^^^^^^^
error: 'bmr' is missing: mapt napt bmr RULE end-user PREFIX6 [OPTION ...]

case: bad-napt-no-end-user
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0
at: ^^^^^^^^^
error: 'end-user' is missing: mapt napt bmr RULE end-user PREFIX6 [OPTION ...]

case: bad-napt-dmr
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96
at:                                                                                                   ^^^
error: 'dmr' has no place in mapt napt: mapt napt bmr RULE end-user PREFIX6 [OPTION ...]

case: bad-napt-fmr
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 fmr 2001:db8::/32 192.0.2.0/24 ea-len 16
at:                                                                                                   ^^^
error: 'fmr' has no place in mapt napt: mapt napt bmr RULE end-user PREFIX6 [OPTION ...]

case: bad-napt-tos
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 tos 1
at:                                                                                                   ^^^
error: 'tos' has no place in mapt napt: mapt napt bmr RULE end-user PREFIX6 [OPTION ...]

case: bad-napt-silent
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 silent
at:                                                                                                   ^^^^^^
error: 'silent' has no place in mapt napt: mapt napt bmr RULE end-user PREFIX6 [OPTION ...]

case: bad-ce-no-bmr
in: mapt ce end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96
at: ^^^^^^^
error: 'bmr' is missing: mapt ce bmr RULE end-user PREFIX6 dmr PREFIX6 [fmr RULES] [OPTION ...]

case: bad-ce-no-end-user
in: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 dmr 64:ff9b::/96
at: ^^^^^^^
error: 'end-user' is missing: mapt ce bmr RULE end-user PREFIX6 dmr PREFIX6 [fmr RULES] [OPTION ...]

case: bad-ce-no-dmr
in: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64
at: ^^^^^^^
error: 'dmr' is missing: mapt ce bmr RULE end-user PREFIX6 dmr PREFIX6 [fmr RULES] [OPTION ...]

case: bad-ce-random
in: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96 random
at:                                                                                                                  ^^^^^^
error: 'random' has no place in mapt ce: mapt ce bmr RULE end-user PREFIX6 dmr PREFIX6 [fmr RULES] [OPTION ...]

case: bad-ce-persistent
in: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96 persistent
at:                                                                                                                  ^^^^^^^^^^
error: 'persistent' has no place in mapt ce: mapt ce bmr RULE end-user PREFIX6 dmr PREFIX6 [fmr RULES] [OPTION ...]

case: bad-br-no-fmr
in: mapt br dmr 64:ff9b::/96
at: ^^^^^^^
error: 'fmr' is missing: mapt br fmr RULES dmr PREFIX6 [OPTION ...]

case: bad-br-no-dmr
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16
at: ^^^^^^^
error: 'dmr' is missing: mapt br fmr RULES dmr PREFIX6 [OPTION ...]

case: bad-br-bmr
in: mapt br bmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96
at:         ^^^
error: 'bmr' has no place in mapt br: mapt br fmr RULES dmr PREFIX6 [OPTION ...]

case: bad-br-end-user
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96 end-user 2001:db8:ce:11b::/64
at:                                                                   ^^^^^^^^
error: 'end-user' has no place in mapt br: mapt br fmr RULES dmr PREFIX6 [OPTION ...]

case: bad-br-random
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96 random
at:                                                                   ^^^^^^
error: 'random' has no place in mapt br: mapt br fmr RULES dmr PREFIX6 [OPTION ...]

case: bad-twice-bmr
in: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96
at:                                                                   ^^^
error: 'bmr' is given twice

case: bad-twice-dmr
in: mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96 dmr 64:ff9b::/96
at:                                                                                                                  ^^^
error: 'dmr' is given twice

case: bad-twice-fmr
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96 fmr 2001:db8::/32 192.0.2.0/24 ea-len 16
at:                                                                   ^^^
error: 'fmr' is given twice

case: bad-twice-silent
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96 silent silent
at:                                                                          ^^^^^^
error: 'silent' is given twice

case: bad-twice-ea-len
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 ea-len 16 dmr 64:ff9b::/96
at:                                                  ^^^^^^
error: 'ea-len' is given twice

case: bad-twice-psid-offset
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 psid-offset 4 psid-offset 4 dmr 64:ff9b::/96
at:                                                                ^^^^^^^^^^^
error: 'psid-offset' is given twice

case: bad-twice-psid
in: mapt br fmr 2001:db8::/64 192.0.2.1/32 ea-len 0 psid 1/8 psid 1/8 dmr 64:ff9b::/96
at:                                                          ^^^^
error: 'psid' is given twice

case: bad-unknown-word
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96 foo 3
at:                                                                   ^^^
error: unexpected 'foo', expected tos, tclass, udp-zero-checksum, lowest-ipv6-mtu, icmp-source, silent, comment or the end of the rule

case: bad-unknown-word-in-rule
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-bits 16 dmr 64:ff9b::/96
at:                                        ^^^^^^^
error: unexpected 'ea-bits', expected ea-len

case: bad-statement-after
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96 counter accept
at:                                                                   ^^^^^^^
nft-at: ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ ^^^^^^^
error: 'counter' after mapt br has no effect: mapt is the last statement of a rule
nft: Statement after terminal statement has no effect

case: bad-no-ea-len
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 dmr 64:ff9b::/96
at:                                        ^^^
error: unexpected 'dmr', expected ea-len

case: bad-no-ipv4
in: mapt br fmr 2001:db8::/32 ea-len 16 dmr 64:ff9b::/96
at:                           ^^^^^^
error: 'ea-len' is not an IPv4 prefix, expected the rule's IPv4 prefix as ADDRESS/LENGTH
nft: syntax error, unexpected ea-len

case: bad-ipv4-first
in: mapt br fmr 192.0.2.0/24 2001:db8::/32 ea-len 16 dmr 64:ff9b::/96
at:             ^^^^^^^^^^^^
error: '192.0.2.0/24' is not an IPv6 prefix, expected the rule's IPv6 prefix as ADDRESS/LENGTH

case: bad-ipv6
in: mapt br fmr 2001:db8:::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96
at:             ^^^^^^^^^^^^^^
nft-at:                       ^
error: '2001:db8:::/32' is not an IPv6 prefix, expected the rule's IPv6 prefix as ADDRESS/LENGTH
nft: syntax error, unexpected colon

case: bad-ipv6-length
in: mapt br fmr 2001:db8::/129 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96
at:             ^^^^^^^^^^^^^^
error: '2001:db8::/129' is not an IPv6 prefix, expected the rule's IPv6 prefix as ADDRESS/LENGTH

case: bad-ipv6-no-length
in: mapt br fmr 2001:db8::/ 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96
at:             ^^^^^^^^^^^
nft-at:                         ^^^^^^^^^
error: '2001:db8::/' is not an IPv6 prefix, expected the rule's IPv6 prefix as ADDRESS/LENGTH
nft: syntax error, unexpected string

case: bad-ipv4
in: mapt br fmr 2001:db8::/32 192.0.2.256/24 ea-len 16 dmr 64:ff9b::/96
at:                           ^^^^^^^^^^^^^^
error: '192.0.2.256/24' is not an IPv4 prefix, expected the rule's IPv4 prefix as ADDRESS/LENGTH

case: bad-ipv4-length
in: mapt br fmr 2001:db8::/32 192.0.2.0/33 ea-len 16 dmr 64:ff9b::/96
at:                           ^^^^^^^^^^^^
error: '192.0.2.0/33' is not an IPv4 prefix, expected the rule's IPv4 prefix as ADDRESS/LENGTH

case: bad-ea-len-word
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len many dmr 64:ff9b::/96
at:                                               ^^^^
error: 'many' is not a number, expected the number of EA bits

case: bad-ea-len-octal
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 016 dmr 64:ff9b::/96
at:                                               ^^^
error: '016' is not a number, expected the number of EA bits
nft-text: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 14 dmr 64:ff9b::/96

case: bad-ea-len-negative
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len -1 dmr 64:ff9b::/96
at:                                               ^^
nft-at:                                               ^
error: '-1' is not a number, expected the number of EA bits
nft: syntax error, unexpected -

case: bad-ea-len-huge
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 4294967312 dmr 64:ff9b::/96
at:                                               ^^^^^^^^^^
error: '4294967312' is not a number, expected the number of EA bits

case: bad-end-in-rule
in: mapt br fmr 2001:db8::/32
at:                          ^
error: unexpected end of statement, expected the rule's IPv4 prefix

case: bad-end-after-fmr
in: mapt br fmr
at:            ^
error: unexpected end of statement, expected the rule's IPv6 prefix

case: bad-empty-list
in: mapt br fmr { } dmr 64:ff9b::/96
at:             ^
error: empty list, expected a mapping rule

case: bad-list-no-comma
in: mapt br fmr { 2001:db8::/32 192.0.2.0/24 ea-len 16 2001:db8::/32 192.0.2.0/24 ea-len 16 } dmr 64:ff9b::/96
at:                                                    ^^^^^^^^^^^^^
nft-at:                                                    ^^^^^^^^^^
error: unexpected '2001:db8::/32', expected ',' or '}'

case: bad-list-two-commas
in: mapt br fmr { 2001:db8::/32 192.0.2.0/24 ea-len 16,, 2001:db8::/32 192.0.2.0/24 ea-len 16 } dmr 64:ff9b::/96
at:                                                    ^
error: unexpected ',', expected the rule's IPv6 prefix

case: bad-list-open
in: mapt br fmr { 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96
at:                                                    ^^^
error: unexpected 'dmr', expected ',' or '}'

case: bad-two-rules-without-braces
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16, 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96
at:                                                 ^
error: unexpected ',', expected dmr, tos, tclass, udp-zero-checksum, lowest-ipv6-mtu, icmp-source, silent, comment or the end of the rule

case: bad-ea-len-49
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 49 dmr 64:ff9b::/96
at:                                               ^^
error: ea-len 49 is over 48

case: bad-psid-offset-16
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 psid-offset 16 dmr 64:ff9b::/96
at:                                                              ^^
error: psid-offset 16 is over 15

case: bad-psid-over-16-bits
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 25 psid-offset 0 dmr 64:ff9b::/96
at:                                               ^^
error: PSID length 17 (ea-len 25 - (32 - 24)) is over 16: ea-len can be 24 at most with an IPv4 prefix of this length

case: bad-offset-and-psid
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 19 psid-offset 6 dmr 64:ff9b::/96
at:                                                              ^
error: psid-offset 6 (the default) + PSID length 11 is over 16: psid-offset can be 5 at most

case: bad-offset-and-psid-default
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 20 dmr 64:ff9b::/96
at:                                               ^^
error: psid-offset 6 (the default) + PSID length 12 is over 16: psid-offset can be 4 at most

case: bad-offset-and-provisioned-psid
in: mapt br fmr 2001:db8::/64 192.0.2.1/32 ea-len 0 psid-offset 10 psid 1/8 dmr 64:ff9b::/96
at:                                                             ^^
error: psid-offset 10 + PSID length 8 is over 16: psid-offset can be 8 at most

case: bad-ipv6-and-ea-over-128
in: mapt br fmr 2001:db8::/113 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96
at:                                                ^^
error: rule IPv6 prefix length 113 + ea-len 16 is over 128

case: bad-psid-length-0
in: mapt br fmr 2001:db8::/64 192.0.2.1/32 ea-len 0 psid 0/0 dmr 64:ff9b::/96
at:                                                      ^^^
error: PSID length 0 is not 1 to 16

case: bad-psid-length-17
in: mapt br fmr 2001:db8::/64 192.0.2.1/32 ea-len 0 psid 0/17 dmr 64:ff9b::/96
at:                                                      ^^^^
error: PSID length 17 is not 1 to 16

case: bad-psid-value
in: mapt br fmr 2001:db8::/64 192.0.2.1/32 ea-len 0 psid 256/8 dmr 64:ff9b::/96
at:                                                      ^^^^^
error: psid 256 does not fit in 8 bits: 255 at most

case: bad-psid-no-length
in: mapt br fmr 2001:db8::/64 192.0.2.1/32 ea-len 0 psid 5 dmr 64:ff9b::/96
at:                                                      ^
error: '5' is not a PSID, expected a PSID as VALUE/LENGTH

case: bad-psid-with-ea
in: mapt br fmr 2001:db8::/64 192.0.2.1/32 ea-len 8 psid 5/8 dmr 64:ff9b::/96
at:                                                      ^^^
error: psid is for rules without EA bits: ea-len must be 0, not 8 (RFC 7598 4.5)

case: bad-psid-with-prefix
in: mapt br fmr 2001:db8::/64 192.0.2.0/24 ea-len 0 psid 5/8 dmr 64:ff9b::/96
at:                           ^^^^^^^^^^^^
error: psid is for one shared address: IPv4 prefix length must be 32, not 24 (RFC 7598 4.5)

case: bad-host-bits-covered
in: mapt br fmr 2001:db8::/97 192.0.0.0/16 ea-len 8 dmr 64:ff9b::/96
at:             ^^^^^^^^^^^^^
error: rule IPv6 prefix length 97 + ea-len 8 covers host bits of the IPv4 address in the interface identifier: the prefix length can be 96 at most

case: bad-end-user-short
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce::/60
at:                                                                              ^^^^^^^^^^^^^^^^
error: end-user prefix length 60 is less than 64 (rule IPv6 prefix length 51 + ea-len 13): it cannot hold all EA bits

case: bad-end-user-elsewhere
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:cf:11b::/64
at:                                                                              ^^^^^^^^^^^^^^^^^^^^
error: end-user prefix is not in the rule IPv6 prefix 2001:db8:ce::/51

case: bad-end-user-subnet
in: mapt napt bmr 2001:db8::/32 192.0.2.0/24 ea-len 16 end-user 2001:db8:1234:ff::/64
at:                                                             ^^^^^^^^^^^^^^^^^^^^^
error: end-user prefix has bits after bit 48 that the CE's MAP address has not (RFC 7597 5.2): 2001:db8:1234::/64 is right

case: bad-end-user-iid
in: mapt napt bmr 2001:db8::/40 192.0.2.0/24 ea-len 16 end-user 2001:db8:12:3400:0:c000:212:35/128
at:                                                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
error: end-user prefix has bits after bit 56 that the CE's MAP address has not (RFC 7597 5.2): 2001:db8:12:3400:0:c000:212:34/128 is right

case: bad-end-user-covers-host
in: mapt napt bmr 2001:db8::/40 192.0.0.0/16 ea-len 8 end-user 2001:db8:12::c000:1200:0/112
at:                                                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
error: end-user prefix length 112 covers host bits of the CE's IPv4 prefix in the interface identifier: the length can be 104 at most

case: bad-end-user-ipv4
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 192.0.2.1
at:                                                                              ^^^^^^^^^
error: '192.0.2.1' is not an IPv6 prefix, expected the end-user IPv6 prefix as ADDRESS/LENGTH

case: bad-dmr-length
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/95
at:                                                      ^^^^^^^^^^^^
error: DMR prefix length 95 is not 32, 40, 48, 56, 64 or 96 (RFC 6052 2.2)

case: bad-dmr-128
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::1
at:                                                      ^^^^^^^^^^
error: '64:ff9b::1' has no prefix length and is taken as /128: DMR prefix length 128 is not 32, 40, 48, 56, 64 or 96 (RFC 6052 2.2)
nft: DMR prefix length 128 is not 32, 40, 48, 56, 64 or 96 (RFC 6052 2.2)

case: bad-dmr-bits-64-71
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 2001:db8:1:2:ab00::/96
at:                                                      ^^^^^^^^^^^^^^^^^^^^^^
error: bits 64 to 71 of the DMR prefix must be zero (RFC 6052 2.2): 2001:db8:1:2::/96 is right

case: bad-dmr-ipv4
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 192.0.2.0/24
at:                                                      ^^^^^^^^^^^^
error: '192.0.2.0/24' is not an IPv6 prefix, expected the DMR prefix as ADDRESS/LENGTH

case: bad-fmr-33
in: mapt br fmr { 2001:db8:1::/48 192.0.1.0/24 ea-len 16, 2001:db8:2::/48 192.0.2.0/24 ea-len 16, 2001:db8:3::/48 192.0.3.0/24 ea-len 16, 2001:db8:4::/48 192.0.4.0/24 ea-len 16, 2001:db8:5::/48 192.0.5.0/24 ea-len 16, 2001:db8:6::/48 192.0.6.0/24 ea-len 16, 2001:db8:7::/48 192.0.7.0/24 ea-len 16, 2001:db8:8::/48 192.0.8.0/24 ea-len 16, 2001:db8:9::/48 192.0.9.0/24 ea-len 16, 2001:db8:a::/48 192.0.10.0/24 ea-len 16, 2001:db8:b::/48 192.0.11.0/24 ea-len 16, 2001:db8:c::/48 192.0.12.0/24 ea-len 16, 2001:db8:d::/48 192.0.13.0/24 ea-len 16, 2001:db8:e::/48 192.0.14.0/24 ea-len 16, 2001:db8:f::/48 192.0.15.0/24 ea-len 16, 2001:db8:10::/48 192.0.16.0/24 ea-len 16, 2001:db8:11::/48 192.0.17.0/24 ea-len 16, 2001:db8:12::/48 192.0.18.0/24 ea-len 16, 2001:db8:13::/48 192.0.19.0/24 ea-len 16, 2001:db8:14::/48 192.0.20.0/24 ea-len 16, 2001:db8:15::/48 192.0.21.0/24 ea-len 16, 2001:db8:16::/48 192.0.22.0/24 ea-len 16, 2001:db8:17::/48 192.0.23.0/24 ea-len 16, 2001:db8:18::/48 192.0.24.0/24 ea-len 16, 2001:db8:19::/48 192.0.25.0/24 ea-len 16, 2001:db8:1a::/48 192.0.26.0/24 ea-len 16, 2001:db8:1b::/48 192.0.27.0/24 ea-len 16, 2001:db8:1c::/48 192.0.28.0/24 ea-len 16, 2001:db8:1d::/48 192.0.29.0/24 ea-len 16, 2001:db8:1e::/48 192.0.30.0/24 ea-len 16, 2001:db8:1f::/48 192.0.31.0/24 ea-len 16, 2001:db8:20::/48 192.0.32.0/24 ea-len 16, 2001:db8:21::/48 192.0.33.0/24 ea-len 16 } dmr 64:ff9b::/96
at:                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       ^^^^^^^^^^^^^^^^
error: more than 32 forwarding mapping rules in one statement: give each a chain of its own and send packets there by an interval verdict map, one for ip daddr and one for ip6 saddr (EXAMPLES in nft-mapt(8))
nft: more than 32 forwarding mapping rules in one statement: give each a chain of its own and send packets there by an interval verdict map, one for ip daddr and one for ip6 saddr (MAPT STATEMENT in nft(8))

case: bad-fmr-same-ipv6
in: mapt br fmr { 2001:db8::/32 192.0.2.0/24 ea-len 16, 2001:db8::/32 198.51.100.0/24 ea-len 16 } dmr 64:ff9b::/96
at:                                                     ^^^^^^^^^^^^^
error: forwarding mapping rules 1 and 2 have the same IPv6 prefix

case: bad-fmr-same-ipv4
in: mapt br fmr { 2001:db8::/32 192.0.2.0/24 ea-len 16, 2001:db9::/32 192.0.2.0/24 ea-len 16 } dmr 64:ff9b::/96
at:                                                                   ^^^^^^^^^^^^
error: forwarding mapping rules 1 and 2 have the same IPv4 prefix

case: bad-fmr-same-ipv4-other-k
in: mapt br fmr { 2001:db8::/32 192.0.2.0/24 ea-len 16, 2001:db9::/32 192.0.2.0/24 ea-len 15 } dmr 64:ff9b::/96
at:                                                                   ^^^^^^^^^^^^
error: forwarding mapping rules 1 and 2 share an IPv4 prefix and must have the same PSID length: 8 and 7

case: bad-fmr-same-ipv4-other-a
in: mapt br fmr { 2001:db8::/32 192.0.2.0/24 ea-len 16, 2001:db9::/32 192.0.2.0/24 ea-len 16 psid-offset 4 } dmr 64:ff9b::/96
at:                                                                   ^^^^^^^^^^^^
error: forwarding mapping rules 1 and 2 share an IPv4 prefix and must have the same psid-offset: 6 and 4

case: bad-fmr-same-psid
in: mapt br fmr { 2001:db8:1::/64 192.0.2.1/32 ea-len 0 psid 1/8, 2001:db8:2::/64 192.0.2.1/32 ea-len 0 psid 1/8 } dmr 64:ff9b::/96
at:                                                                               ^^^^^^^^^^^^
error: forwarding mapping rules 1 and 2 have the same IPv4 prefix and PSID

case: bad-fmr-psid-and-ea
in: mapt br fmr { 2001:db8:1::/64 192.0.2.1/32 ea-len 0 psid 1/8, 2001:db8:2::/64 192.0.2.1/32 ea-len 8 } dmr 64:ff9b::/96
at:                                                                               ^^^^^^^^^^^^
error: forwarding mapping rules 1 and 2 have the same IPv4 prefix

case: bad-tos-256
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96 tos 256
at:                                                                       ^^^
error: tos is over 255

case: bad-tos-word
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96 tos ef
at:                                                                       ^^
error: 'ef' is not a number, expected copy or 0 to 255

case: bad-tclass-256
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96 tclass 0x100
at:                                                                          ^^^^^
error: tclass is over 255

case: bad-tclass-huge
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96 tclass 4294967295
at:                                                                          ^^^^^^^^^^
error: tclass is over 255

case: bad-udp-zero
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96 udp-zero-checksum keep
at:                                                                                     ^^^^
error: unexpected 'keep', expected compute or drop

case: bad-mtu-1279
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96 lowest-ipv6-mtu 1279
at:                                                                                   ^^^^
error: lowest-ipv6-mtu 1279 is not 1280 to 65535

case: bad-mtu-65536
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96 lowest-ipv6-mtu 65536
at:                                                                                   ^^^^^
error: lowest-ipv6-mtu 65536 is not 1280 to 65535

case: bad-mtu-word
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96 lowest-ipv6-mtu auto
at:                                                                                   ^^^^
error: 'auto' is not a number, expected 1280 to 65535

case: bad-icmp-source
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96 icmp-source 192.0.0
at:                                                                               ^^^^^^^
nft-at:                                                                                  ^^^^
error: '192.0.0' is not an IPv4 address
nft: syntax error, unexpected string

case: bad-icmp-source-ipv6
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96 icmp-source 2001:db8::1
at:                                                                               ^^^^^^^^^^^
error: '2001:db8::1' is not an IPv4 address

case: bad-icmp-source-multicast
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96 icmp-source 224.0.0.1
at:                                                                               ^^^^^^^^^
error: icmp-source must be a unicast address

case: bad-icmp-source-any
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96 icmp-source 0.0.0.0
at:                                                                               ^^^^^^^
error: icmp-source must be a unicast address

case: bad-variable
in: mapt br fmr $nothing dmr 64:ff9b::/96
at:             ^^^^^^^^
nft-at:              ^^^^^^^
error: unknown identifier 'nothing'

case: bad-third-line
in: mapt br fmr {
in: 	2001:db8::/32 192.0.2.0/24 ea-len 16,
in: 	2001:db9::/32 198.51.100.0/24 ea-len 50,
at: 	                                     ^^
in: } dmr 64:ff9b::/96
error: ea-len 50 is over 48

case: bad-last-line
in: mapt br fmr {
in: 	2001:db8::/32 192.0.2.0/24 ea-len 16
in: } dmr 64:ff9b::/96 silence
at:                    ^^^^^^^
error: unexpected 'silence', expected tos, tclass, udp-zero-checksum, lowest-ipv6-mtu, icmp-source, silent, comment or the end of the rule

case: bad-tabs
in: mapt br	fmr 2001:db8::/32 192.0.2.0/24 ea-len 16	dmr 64:ff9b::/95
at:        	                                        	    ^^^^^^^^^^^^
error: DMR prefix length 95 is not 32, 40, 48, 56, 64 or 96 (RFC 6052 2.2)

case: bad-to-nothing
in: mapt napt to
at:             ^
error: unexpected end of statement, expected an IPv4 address

case: bad-to-no-psid
in: mapt napt to 192.0.2.8
at:                       ^
error: unexpected end of statement, expected psid

case: bad-to-no-psid-random
in: mapt napt to 192.0.2.8 random
at:                        ^^^^^^
error: unexpected 'random', expected psid

case: bad-to-no-psid-offset-only
in: mapt napt to 192.0.2.8 psid-offset 4
at:                                     ^
error: unexpected end of statement, expected psid

case: bad-to-prefix
in: mapt napt to 192.0.2.8/32 psid 27/8
at:              ^^^^^^^^^^^^
error: '192.0.2.8/32' is not an IPv4 address

case: bad-to-address6
in: mapt napt to 2001:db8::1 psid 27/8
at:              ^^^^^^^^^^^
error: '2001:db8::1' is not an IPv4 address

case: bad-to-name
in: mapt napt to ce psid 27/8
at:              ^^
error: 'ce' is not an IPv4 address
nft: syntax error, unexpected ce

case: bad-to-unspecified
in: mapt napt to 0.0.0.0 psid 27/8
at:              ^^^^^^^
error: the address is "this network" (0.0.0.0/8), which no customer has: a unicast address is right

case: bad-to-multicast
in: mapt napt to 224.0.0.1 psid 27/8
at:              ^^^^^^^^^
error: the address is multicast or reserved (224.0.0.0/3), which no customer has: a unicast address is right

case: bad-to-as-bmr-loopback
in: mapt napt bmr ::/0 127.0.0.1/32 ea-len 0 psid 27/8 end-user ::/0
at:                    ^^^^^^^^^^^^
error: the address is loopback (127.0.0.0/8), which no customer has: a unicast address is right

case: bad-to-psid-no-value
in: mapt napt to 192.0.2.8 psid
at:                            ^
error: unexpected end of statement, expected a PSID as VALUE/LENGTH

case: bad-to-psid-no-length
in: mapt napt to 192.0.2.8 psid 27
at:                             ^^
error: '27' is not a PSID, expected a PSID as VALUE/LENGTH

case: bad-to-psid-too-large
in: mapt napt to 192.0.2.8 psid 256/8
at:                             ^^^^^
error: psid 256 does not fit in 8 bits: 255 at most

case: bad-to-psid-len-0
in: mapt napt to 192.0.2.8 psid 0/0
at:                             ^^^
error: PSID length 0 is not 1 to 16

case: bad-to-psid-len-17
in: mapt napt to 192.0.2.8 psid 1/17
at:                             ^^^^
error: PSID length 17 is not 1 to 16

case: bad-to-psid-twice
in: mapt napt to 192.0.2.8 psid 27/8 psid 27/8
at:                                  ^^^^
error: 'psid' is given twice

case: bad-to-psid-offset-twice
in: mapt napt to 192.0.2.8 psid-offset 4 psid 27/8 psid-offset 4
at:                                                ^^^^^^^^^^^
error: 'psid-offset' is given twice

case: bad-to-psid-offset-16
in: mapt napt to 192.0.2.8 psid 27/8 psid-offset 16
at:                                              ^^
error: psid-offset 16 is over 15

case: bad-to-psid-offset-word
in: mapt napt to 192.0.2.8 psid 27/8 psid-offset six
at:                                              ^^^
error: 'six' is not a number, expected the PSID offset

case: bad-to-psid-offset-too-large
in: mapt napt to 192.0.2.8 psid 27/8 psid-offset 9
at:                                              ^
error: psid-offset 9 + PSID length 8 is over 16: psid-offset can be 8 at most

case: bad-to-default-psid-offset-too-large
in: mapt napt to 192.0.2.8 psid 27/11
at:                             ^^^^^
error: psid-offset 6 (the default) + PSID length 11 is over 16: psid-offset can be 5 at most

case: bad-to-ea-len
in: mapt napt to 192.0.2.8 psid 27/8 ea-len 0
at:                                  ^^^^^^
error: unexpected 'ea-len', expected random, persistent, mapping, filtering, reserve, comment or the end of the rule

case: bad-to-twice
in: mapt napt to 192.0.2.8 psid 27/8 to 192.0.2.9 psid 27/8
at:                                  ^^
error: 'to' is given twice

case: bad-to-and-bmr
in: mapt napt to 192.0.2.8 psid 27/8 bmr 2001:db8::/40 192.0.2.0/24 ea-len 16
at:                                  ^^^
error: 'bmr' has no place beside 'to': mapt napt {bmr RULE end-user PREFIX6 | to ADDRESS4 psid VALUE/LENGTH [psid-offset N]} [OPTION ...]

case: bad-to-and-end-user
in: mapt napt to 192.0.2.8 psid 27/8 end-user 2001:db8:12:3400::/56
at:                                  ^^^^^^^^
error: 'end-user' has no place beside 'to': mapt napt {bmr RULE end-user PREFIX6 | to ADDRESS4 psid VALUE/LENGTH [psid-offset N]} [OPTION ...]

case: bad-bmr-and-to
in: mapt napt bmr 2001:db8::/40 192.0.2.0/24 ea-len 16 to 192.0.2.8 psid 27/8
at:                                                    ^^
error: 'to' has no place beside 'bmr': mapt napt {bmr RULE end-user PREFIX6 | to ADDRESS4 psid VALUE/LENGTH [psid-offset N]} [OPTION ...]

case: bad-end-user-and-to
in: mapt napt end-user 2001:db8:12:3400::/56 to 192.0.2.8 psid 27/8
at:                                          ^^
error: 'to' has no place beside 'end-user': mapt napt {bmr RULE end-user PREFIX6 | to ADDRESS4 psid VALUE/LENGTH [psid-offset N]} [OPTION ...]

case: bad-to-dmr
in: mapt napt to 192.0.2.8 psid 27/8 dmr 64:ff9b::/96
at:                                  ^^^
error: 'dmr' has no place in mapt napt: mapt napt to ADDRESS4 psid VALUE/LENGTH [psid-offset N] [OPTION ...]

case: bad-to-port-range
in: mapt napt to 192.0.2.8:55296-57343
at:              ^^^^^^^^^^^^^^^^^^^^^
nft-at:                       ^
error: '192.0.2.8:55296-57343' is not an IPv4 address
nft: syntax error, unexpected colon

case: bad-ce-to
in: mapt ce to 192.0.2.8 psid 27/8
at:         ^^
error: 'to' has no place in mapt ce: mapt ce bmr RULE end-user PREFIX6 dmr PREFIX6 [fmr RULES] [OPTION ...]

case: bad-br-to
in: mapt br to 192.0.2.8 psid 27/8
at:         ^^
error: 'to' has no place in mapt br: mapt br fmr RULES dmr PREFIX6 [OPTION ...]

case: bad-op-after-counter
in: counter mapt brr fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96
at:              ^^^
error: unexpected 'brr', expected napt, ce or br

case: bad-op-after-string
in: iifname "wan" mapt be fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96
at:                    ^^
error: unexpected 'be', expected napt, ce or br

case: bad-op-after-value
in: iifname wan mapt bridge fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96
at:                  ^^^^^^
error: unexpected 'bridge', expected napt, ce or br

case: bad-op-after-address
in: ip saddr 192.0.2.1 mapt nap fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96
at:                         ^^^
error: unexpected 'nap', expected napt, ce or br

case: bad-op-after-set
in: iifname { "a", "b" } mapt c fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96
at:                           ^
error: unexpected 'c', expected napt, ce or br

case: bad-op-after-comparison
in: iifname != wan mapt brr
at:                     ^^^
error: unexpected 'brr', expected napt, ce or br

case: bad-op-after-list
in: ct state new,established mapt brr
at:                               ^^^
error: unexpected 'brr', expected napt, ce or br

case: bad-op-after-variable
in: iifname $wan mapt brr
at:                   ^^^
error: unexpected 'brr', expected napt, ce or br

case: bad-mapt-alone-after-counter
in: counter mapt
at:             ^
error: unexpected end of statement, expected napt, ce or br

case: bad-mapt-alone-after-string
in: iifname "wan" mapt
at:                   ^
error: unexpected end of statement, expected napt, ce or br

case: bad-in-vmap
in: ip daddr vmap { 192.0.2.0/24 : mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96 }
at:                                ^^^^
error: mapt is a statement of a rule, and no element of a set or map: let the element lead to a chain that has it, as in { 192.0.2.0/24 : goto CHAIN }
nft: unexpected mapt

case: bad-in-set
in: ip daddr { 192.0.2.1, mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96 }
at:                       ^^^^
error: mapt is a statement of a rule, and no element of a set or map: let the element lead to a chain that has it, as in { 192.0.2.0/24 : goto CHAIN }
nft: unexpected mapt

case: bad-drop-after
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96 drop
at:                                                                   ^^^^
nft-at: ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ ^^^^
error: 'drop' after mapt br has no effect: mapt is the last statement of a rule
nft: Statement after terminal statement has no effect

case: bad-log-after
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 log
at:                                                                                                   ^^^
nft-at: ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ ^^^
error: 'log' after mapt napt has no effect: mapt is the last statement of a rule
nft: Statement after terminal statement has no effect

case: bad-two
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96 mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96
at:                                                                   ^^^^
nft-at: ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
error: 'mapt' after mapt br has no effect: mapt is the last statement of a rule
nft: Statement after terminal statement has no effect

case: bad-napt-and-ce
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96
at:                                                                                                   ^^^^
nft-at: ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
error: 'mapt' after mapt napt has no effect: mapt is the last statement of a rule
nft: Statement after terminal statement has no effect

case: bad-dmr-no-length
in: mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::
at:                                                      ^^^^^^^^^
error: '64:ff9b::' has no prefix length and is taken as /128: DMR prefix length 128 is not 32, 40, 48, 56, 64 or 96 (RFC 6052 2.2)
nft: DMR prefix length 128 is not 32, 40, 48, 56, 64 or 96 (RFC 6052 2.2)

case: bad-fmr-ipv6-no-length
in: mapt br fmr 2001:db8:: 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96
at:             ^^^^^^^^^^
nft-at:                                            ^^
error: '2001:db8::' has no prefix length and is taken as /128: rule IPv6 prefix length 128 + ea-len 16 is over 128
nft: rule IPv6 prefix length 128 + ea-len 16 is over 128

case: bad-fmr-ipv4-no-length
in: mapt br fmr 2001:db8::/32 192.0.2.0 ea-len 16 dmr 64:ff9b::/96
at:                           ^^^^^^^^^
nft-at:                                            ^^
error: '192.0.2.0' has no prefix length and is taken as /32: psid-offset 6 (the default) + PSID length 16 is over 16: psid-offset can be 0 at most
nft: psid-offset 6 (the default) + PSID length 16 is over 16: psid-offset can be 0 at most

case: bad-bmr-no-length
in: mapt napt bmr 2001:db8:ce::/51 192.0.2.0 ea-len 13 psid-offset 0 end-user 2001:db8:ce::/63
at:                                ^^^^^^^^^
nft-at:                                                                           ^^^^^^^^^^^^^^^^
error: '192.0.2.0' has no prefix length and is taken as /32: end-user prefix length 63 is less than 64 (rule IPv6 prefix length 51 + ea-len 13): it cannot hold all EA bits
nft: end-user prefix length 63 is less than 64 (rule IPv6 prefix length 51 + ea-len 13): it cannot hold all EA bits

case: bad-rule-this-network
in: mapt br fmr 2001:db8:ce::/51 0.0.0.0/8 ea-len 13 psid-offset 0 dmr 64:ff9b::/96
at:                              ^^^^^^^^^
error: rule IPv4 prefix is "this network" (0.0.0.0/8), which no customer has: a unicast prefix is right

case: bad-rule-loopback
in: mapt br fmr 2001:db8:ce::/51 127.0.0.0/24 ea-len 13 psid-offset 0 dmr 64:ff9b::/96
at:                              ^^^^^^^^^^^^
error: rule IPv4 prefix is loopback (127.0.0.0/8), which no customer has: a unicast prefix is right

case: bad-rule-link-local4
in: mapt br fmr 2001:db8:ce::/51 169.254.7.0/24 ea-len 13 psid-offset 0 dmr 64:ff9b::/96
at:                              ^^^^^^^^^^^^^^
error: rule IPv4 prefix is link-local (169.254.0.0/16), which no customer has: a unicast prefix is right

case: bad-rule-multicast4
in: mapt br fmr 2001:db8:ce::/51 224.0.0.0/24 ea-len 13 psid-offset 0 dmr 64:ff9b::/96
at:                              ^^^^^^^^^^^^
error: rule IPv4 prefix is multicast or reserved (224.0.0.0/3), which no customer has: a unicast prefix is right

case: bad-rule-reserved4
in: mapt br fmr 2001:db8:ce::/51 240.0.0.0/24 ea-len 13 psid-offset 0 dmr 64:ff9b::/96
at:                              ^^^^^^^^^^^^
error: rule IPv4 prefix is multicast or reserved (224.0.0.0/3), which no customer has: a unicast prefix is right

case: bad-rule-multicast6
in: mapt br fmr ff0e::/51 192.0.2.0/24 ea-len 13 psid-offset 0 dmr 64:ff9b::/96
at:             ^^^^^^^^^
error: rule IPv6 prefix is multicast (ff00::/8), which no customer has: a global unicast prefix is right

case: bad-rule-link-local6
in: mapt br fmr fe80::/51 192.0.2.0/24 ea-len 13 psid-offset 0 dmr 64:ff9b::/96
at:             ^^^^^^^^^
error: rule IPv6 prefix is link-local (fe80::/10), which no customer has: a global unicast prefix is right

case: bad-dmr-multicast
in: mapt br fmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 dmr ff0e::/96
at:                                                                       ^^^^^^^^^
error: DMR prefix is multicast (ff00::/8), which no packet can be routed to: a unicast prefix of the provider is right

case: bad-dmr-link-local
in: mapt br fmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 dmr fe80::/64
at:                                                                       ^^^^^^^^^
error: DMR prefix is link-local (fe80::/10), which no packet can be routed to: a unicast prefix of the provider is right
