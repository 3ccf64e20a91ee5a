#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Cases of run.sh that load rules; each runs in a network namespace of its own. 0: passed, 4: skipped, else failed.
# shellcheck disable=SC2016,SC2317 # variables are for others; cases are called by name

dir=$(mktemp -d) || exit 1
build=$(dirname "$(realpath "$M")")
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
mkdir fake
fake=()
[ -z "$FAKE" ] || fake=(FAKE_MAPT="$dir/fake" LD_PRELOAD="$FAKE")

NAPT='mapt napt bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64'
CE='mapt ce bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64 dmr 64:ff9b::/96'
BR='mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96'
BR2='mapt br fmr { 2001:db8::/32 192.0.2.0/24 ea-len 16, 2001:db9::/32 198.51.100.0/24 ea-len 16 } dmr 64:ff9b::/96'

# nft-mapt, with a kernel that knows mapt
m()
{
	# shellcheck disable=SC2086 # several words
	env "${fake[@]}" $WRAP "$M" "$@"
}

# a program with the library in front of libnftables, and a kernel that knows mapt
preloaded()
{
	env "${fake[@]}" LD_PRELOAD="$build/libnft-mapt.so${FAKE:+:$FAKE}" "$@"
}

skip()
{
	echo "$*"
	exit 4
}

needs_kernel()
{
	[ -z "$FAKE" ] || skip "the kernel has no mapt expression"
}

fail()
{
	echo "$*"
	exit 1
}

# same WHAT-IS EXPECTED
same()
{
	diff -u <(echo "$2") <(echo "$1") || fail "differs"
}

has()
{
	[[ $1 == *"$2"* ]] || fail "expected: $2
in: $1"
}

hasnt()
{
	[[ $1 != *"$2"* ]] || fail "unexpected: $2
in: $1"
}

chain()
{
	{ m add table inet t && m add chain inet t c; } || fail "no chain"
}

# The example of a CE and of a BR, in base chains of the right kind.
rulesets()
{
	cat >ce.nft <<EOF
table inet mapt {
	chain translate {
		$CE
	}

	chain napt {
		type nat hook postrouting priority srcnat; policy accept;
		oifname "wan" meta nfproto ipv4 $NAPT
	}

	chain up {
		type filter hook postrouting priority 110; policy accept;
		oifname "wan" meta nfproto ipv4 jump translate
	}

	chain down {
		type filter hook prerouting priority raw; policy accept;
		iifname "wan" meta nfproto ipv6 jump translate
	}
}
EOF
	cat >br.nft <<EOF
table inet mapt {
	chain relay {
		type filter hook prerouting priority raw; policy accept;
		$BR2
	}

	chain errors {
		type filter hook output priority raw; policy accept;
		meta l4proto { 1, 58 } $BR2
	}
}
EOF
}

test_load_and_list()
{
	local set
	rulesets
	for set in ce br; do
		{ m flush ruleset && m -f $set.nft; } || fail "$set does not load"
		m list ruleset >listed.nft
		diff -u $set.nft <(sed 's/icmp, ipv6-icmp/1, 58/; s/priority srcnat + 10;/priority 110;/' listed.nft) || fail "$set is listed otherwise"
	done
}

test_listing_loads_to_the_same()
{
	rulesets
	m -f ce.nft || fail "does not load"
	m list ruleset >a && m -j list ruleset >a.json
	m flush ruleset && m -f a && m list ruleset >b
	cmp a b || fail "text differs"
	m flush ruleset && m -j -f a.json && m list ruleset >c
	cmp a c || fail "JSON differs"
}

# What is sent to the kernel, not only what it makes of it.
test_same_bytes()
{
	[ -n "$FAKE" ] || skip "needs fake-mapt.so"
	rulesets
	FAKE_MAPT_LOG=$dir/a m -f br.nft && m list ruleset >listed
	m flush ruleset
	FAKE_MAPT_LOG=$dir/b m -f listed
	# sequence numbers start with the time
	cmp <(tr -d '\0' <a | strings) <(tr -d '\0' <b | strings) || fail "batches differ"
	[ "$(stat -c %s a)" = "$(stat -c %s b)" ] || fail "lengths differ"
}

test_list_forms()
{
	chain && m add rule inet t c counter "$BR" comment '"x"'
	has "$(m list chain inet t c)" "$BR comment \"x\""
	has "$(m list table inet t)" "$BR comment \"x\""
	has "$(m -a list ruleset)" "$BR comment \"x\" # handle "
	has "$(m -s list ruleset)" "counter $BR comment"
	has "$(m -nn list ruleset)" "$BR comment"
	has "$(m -j list ruleset)" '{"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6"'
	hasnt "$(m -j list ruleset)" '"log"'
}

test_sources()
{
	echo "add table inet t; add chain inet t c; add rule inet t c $BR" >f
	m -f f || fail "-f FILE"
	m -f - <f || fail "-f -"
	m -f /dev/stdin <f || fail "-f /dev/stdin"
	m -f <(cat f) || fail "-f FIFO"
	m "$(cat f)" || fail "one argument"
	# shellcheck disable=SC2086 # several arguments
	m add rule inet t c $BR || fail "many arguments"
	[ "$(m list ruleset | grep -c "$BR")" = 6 ] || fail "not all rules are there: $(m list ruleset)"
}

test_transaction()
{
	local before
	chain && m add rule inet t c "$BR"
	before=$(m list ruleset)
	m -f - <<-EOF 2>err && fail "a wrong statement was loaded"
	add rule inet t c $CE
	add rule inet t c mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 49 dmr 64:ff9b::/96
	EOF
	same "$(m list ruleset)" "$before"
	m -f - <<-EOF 2>err && fail "a wrong line was loaded"
	add rule inet t c $CE
	add rule inet t nochain counter
	EOF
	same "$(m list ruleset)" "$before"
	m -f - <<-EOF 2>err && fail "a syntax error was loaded"
	add rule inet t c $CE
	add rule inet t c foo bar
	EOF
	same "$(m list ruleset)" "$before"
}

test_check()
{
	chain
	m -c add rule inet t c "$BR" || fail "-c refuses a good rule"
	hasnt "$(m list ruleset)" mapt
	m -c add rule inet t c "${BR/ea-len 16/ea-len 60}" 2>/dev/null && fail "-c accepts a bad rule"
	echo "add rule inet t c $BR" >f
	m -c -f f || fail "-c -f"
	hasnt "$(m list ruleset)" mapt
}

test_change()
{
	local handle
	chain
	m add rule inet t c counter
	handle=$(m -a list ruleset | sed -n 's/.*counter.*# handle //p')
	m insert rule inet t c "$BR" || fail "insert"
	m add rule inet t c position "$handle" "$CE" || fail "add at a position"
	m add rule inet t c index 0 "$BR2" || fail "add at an index"
	same "$(m -s list chain inet t c | sed 's/^\t*//')" "table inet t {
chain c {
$BR
$BR2
counter
$CE
}
}"
	m replace rule inet t c handle "$handle" "$BR" silent || fail "replace"
	has "$(m list ruleset)" "$BR silent"
	handle=$(m -a list ruleset | sed -n "s/.*${BR2//\//\\/} # handle //p")
	m delete rule inet t c handle "$handle" || fail "delete"
	hasnt "$(m list ruleset)" "$BR2"
	m flush chain inet t c || fail "flush"
	hasnt "$(m list ruleset)" mapt
}

test_names()
{
	m -f - <<-EOF || fail "does not load"
	add table inet mapt
	add chain inet mapt mapt
	add chain inet mapt br
	add chain inet mapt ce { type filter hook prerouting priority raw; }
	add set inet mapt napt { type ipv4_addr; }
	add set inet mapt bmr { type ipv4_addr; elements = { 192.0.2.1 } }
	add map inet mapt fmr { type ipv4_addr : verdict; elements = { 192.0.2.1 : jump mapt, 192.0.2.2 : goto br } }
	add counter inet mapt dmr
	add rule inet mapt mapt $BR
	add rule inet mapt br mapt br fmr { 2001:db8::/32 192.0.2.0/24 ea-len 16 } dmr 64:ff9b::/96
	add rule inet mapt ce iifname mapt jump mapt
	add rule inet mapt ce ip saddr @napt counter name dmr goto br
	add rule inet mapt ce ip saddr @bmr oifname br ip daddr vmap @fmr
	inet mapt ce $CE
	table inet ce {
		chain mapt {
			jump br
			iifname mapt mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96
		}
		chain br {
		}
	}
	EOF
	[ "$(m list ruleset | grep -c "$BR")" = 3 ] || fail "$(m list ruleset)"
	has "$(m list ruleset)" "$CE"
	m delete rule inet mapt br handle "$(m -a list chain inet mapt br | sed -n 's/.*dmr.*# handle //p')" || fail "delete"
	{ m flush chain inet mapt mapt && m list chain inet mapt br >/dev/null; } || fail "list, flush"
}

test_strings()
{
	chain
	m -f - <<-EOF || fail "does not load"
	# mapt br fmr nonsense
	add rule inet t c counter comment "mapt br fmr nonsense"
	add rule inet t c log prefix "mapt br" comment "mapt ce"; # mapt ce
	add rule inet t c log prefix "mapt:0"
	add rule inet t c log prefix "mapt:0123456789abcdef:0" $BR comment "$BR"
	add rule inet t c iifname "mapt br" accept
	EOF
	same "$(m -s list chain inet t c | sed 's/^\t*//')" "table inet t {
chain c {
counter comment \"mapt br fmr nonsense\"
log prefix \"mapt br\" comment \"mapt ce\"
log prefix \"mapt:0\"
log prefix \"mapt:0123456789abcdef:0\" $BR comment \"$BR\"
iifname \"mapt br\" accept
}
}"
}

test_lines()
{
	m -f - <<-EOF || fail "does not load"
	table inet t { chain c { $BR; }; }
	table inet t { chain d { mapt br fmr {
	2001:db8::/32 192.0.2.0/24 ea-len 16, # one
	
	2001:db9::/32 198.51.100.0/24 ea-len 16,
	} dmr 64:ff9b::/96 comment "after"; counter
	}
	chain e { mapt br \\
		fmr 2001:db8::/32 192.0.2.0/24 \\
		ea-len 16 dmr 64:ff9b::/96
		jump {
			counter; $CE
		}
	}
	}
	EOF
	[ "$(m list ruleset | grep -c "^		$BR\$")" = 2 ] || fail "$(m list ruleset)"
	has "$(m list ruleset)" "$BR2 comment \"after\""
	has "$(m list ruleset)" "$CE"
}

test_define()
{
	cat >f <<-EOF
	define v6 = 2001:db8::/32
	define v4 = 192.0.2.0/24
	define ea = 16
	define address = 192.0.2.0
	define dmr = 64:ff9b::/96
	define rule = 2001:db8::/32 192.0.2.0/24 ea-len 16
	define rules = {
		\$rule, # one
		2001:db9::/32 198.51.100.0/24 ea-len 16
	}
	define wan = "wan"
	table inet t {
		define local = \$dmr
		chain c {
			iifname \$wan mapt br fmr \$v6 \$v4 ea-len \$ea dmr \$local
			mapt br fmr \$v6 \$address/24 ea-len \$ea dmr \$dmr comment "\$v6"
			mapt br fmr \$rule dmr \$dmr
			mapt br fmr \$rules dmr \$dmr
			mapt br fmr { \$rules } dmr \$dmr
			mapt br fmr { \$rule, 2001:db9::/32 198.51.100.0/24 ea-len 16 } dmr \$dmr
		}
	}
	redefine ea = 15
	add rule inet t c mapt br fmr \$v6 \$v4 ea-len \$ea dmr \$dmr
	EOF
	m -f f || fail "does not load"
	[ "$(m list ruleset | grep -c "$BR")" = 3 ] || fail "$(m list ruleset)"
	[ "$(m list ruleset | grep -cF "$BR2")" = 3 ] || fail "$(m list ruleset)"
	has "$(m list ruleset)" "ea-len 15"
	m flush ruleset
	echo "table inet t { chain c { mapt br fmr \$r dmr \$d; }; }" >f
	m -D d=64:ff9b::/96 -D 'r=2001:db8::/32 192.0.2.0/24 ea-len 16' -f f || fail "-D"
	has "$(m list ruleset)" "$BR"
	m -D d=64:ff9b::/96 -f f 2>err && fail "an unknown variable"
	same "$(cat err)" "f:1:38-39: Error: unknown identifier 'r'
table inet t { chain c { mapt br fmr \$r dmr \$d; }; }
                                     ^^"
}

# Variables that libnftables needs stay, those that it has no use for go: 1.0.6 aborts when one of these refers to another.
test_define_use()
{
	m -f - <<-EOF || fail "does not load"
	define a = 64:ff9b::/96
	define b = \$a
	define c = hello
	define d = 16
	define e = \$d
	table inet t {
		chain c {
			log prefix "\$c world" ip6 daddr \$b counter
			mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len \$e dmr \$b comment "\$e"
		}
	}
	undefine e
	define e = 15
	add rule inet t c mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len \$e dmr \$b
	EOF
	has "$(m list ruleset)" "ip6 daddr 64:ff9b::/96 counter"
	has "$(m list ruleset)" "$BR"
	has "$(m list ruleset)" "ea-len 15"
}

test_define_scope()
{
	m -f - <<-EOF 2>err && fail "a variable was known outside its block"
	table inet t {
		define d = 64:ff9b::/96
	}
	add rule inet t c mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr \$d
	EOF
	has "$(cat err)" "/dev/stdin:4:72-73: Error: unknown identifier 'd'"
	m -f - <<-EOF 2>err && fail "a symbol was defined twice"
	define r = 2001:db8::/32 192.0.2.0/24 ea-len 16
	define r = 2001:db8::/32 192.0.2.0/24 ea-len 16
	EOF
	has "$(cat err)" "/dev/stdin:2:8-8: Error: redefinition of symbol 'r'"
}

test_include()
{
	mkdir -p inc/dir
	echo "define rule = 2001:db8::/32 192.0.2.0/24 ea-len 16" >inc/a.nft
	echo "mapt br fmr \$rule dmr 64:ff9b::/96" >inc/rule.nft
	echo "chain d { include \"rule.nft\"; }" >inc/dir/1.nft
	echo "chain e { $CE; }" >inc/dir/2.nft
	cat >f <<-EOF
	include "./inc/a.nft"
	table inet t {
		chain c {
			include "rule.nft"
			include "$dir/inc/rule.nft"
		}
		include "dir/*.nft"
	}
	EOF
	m -I inc -f f || fail "does not load"
	[ "$(m list ruleset | grep -c "$BR")" = 3 ] || fail "$(m list ruleset)"
	has "$(m list ruleset)" "$CE"
}

test_include_errors()
{
	echo "table inet t {}" >b.nft
	echo "add rule inet t c ${BR/16/49}" >>b.nft
	printf '\n\tinclude "./b.nft"\n' >a.nft
	m -f a.nft 2>err && fail "loaded"
	same "$(cat err)" "In file included from a.nft:2:2-19:
./b.nft:2:65-66: Error: ea-len 49 is over 48
add rule inet t c ${BR/16/49}
                                                                ^^"
	echo "table inet t { chain c { $BR; jump nowhere; }; }" >b.nft
	m -f a.nft 2>err && fail "loaded"
	has "$(cat err)" "In file included from a.nft:2:2-19:
./b.nft:1:"
	has "$(cat err)" "table inet t { chain c { $BR; jump nowhere; }; }
"
	echo 'include "./nothing"' >a.nft
	m -f a.nft 2>err && fail "loaded"
	has "$(cat err)" "a.nft:1:1-20: Error: File not found: ./nothing"
}

test_errors_of_libnftables()
{
	cat >f <<-EOF
	table inet t {
		chain c {
			$CE
			ip saddr 1.2.3.4 foo bar
			iifname x $BR comment foo bar
			mapt br fmr {
				2001:db8::/32 192.0.2.0/24 ea-len 16
			} dmr 64:ff9b::/96 comment a b
		}
	}
	EOF
	m -f f 2>err && fail "loaded"
	has "$(cat err)" "f:4:18-20: Error: No symbol type information
ip saddr 1.2.3.4 foo bar
                 ^^^"
	has "$(cat err)" "iifname x $BR comment foo bar
          ${BR//?/ }             ^^^"
	has "$(cat err)" "} dmr 64:ff9b::/96 comment a b
                             ^"
	hasnt "$(cat err)" "log prefix"
}

# A statement shorter than its carrier: what follows moves.
test_errors_after_short_statement()
{
	cat >f <<-EOF
	define r = 2001:db8::/32 192.0.2.0/24 ea-len 16
	define d = 64:ff9b::/96
	table inet t {
		chain c {
			mapt br fmr \$r dmr \$d comment foo bar
		}
	}
	EOF
	m -f f 2>err && fail "loaded"
	has "$(cat err)" "f:5:35-37: Error: syntax error, unexpected string"
	has "$(cat err)" "
mapt br fmr \$r dmr \$d comment foo bar
                                  ^^^"
	hasnt "$(cat err)" "log prefix"
}

test_errors_in_commands()
{
	m add rule inet t c "${BR/16/49}" 2>err && fail "loaded"
	same "$(cat err)" "Error: ea-len 49 is over 48
add rule inet t c ${BR/16/49}
                                                                ^^"
	m add rule inet t c "$BR" 2>err && fail "loaded"
	has "$(cat err)" "
add rule inet t c $BR
              ^"
	chain
	m add rule inet t c "$BR" comment foo bar 2>err && fail "loaded"
	has "$(cat err)" "
add rule inet t c $BR comment foo bar
                  ${BR//?/ }             ^^^"
	m list ruleset -a 2>err && fail "options after the command"
	has "$(cat err)" "options must be specified before commands"
}

test_several_errors()
{
	cat >f <<-EOF
	add rule inet t c ${BR/16/49}
	add rule inet t c $BR
	add rule inet t c mapt foo
	add rule inet t c mapt br fmr \$x dmr 64:ff9b::/95
	EOF
	m -f f 2>err && fail "loaded"
	same "$(grep Error err)" "f:1:65-66: Error: ea-len 49 is over 48
f:3:24-26: Error: unexpected 'foo', expected napt, ce or br
f:4:31-32: Error: unknown identifier 'x'"
}

# The place of an expression after mapt, or the second of two, is in the message as libnftables knows it.
test_errors_of_the_kernel()
{
	cat >f <<-EOF
	table inet t {
		chain c {
			$BR comment "x"
		}
		chain d {
			jump c
			jump nowhere
		}
	}
	EOF
	m -f f 2>err && fail "loaded"
	has "$(cat err)" "f:7:6-12: Error: Could not process rule: No such file or directory
jump nowhere
     ^^^^^^^"
	m -f - <<-EOF 2>err && fail "loaded"
	table inet t {
		chain c {
			iifname "x" $BR
			iifname "x" $CE
		}
	}
	add rule inet t nowhere $BR
	EOF
	has "$(cat err)" "/dev/stdin:7:17-23: Error: Could not process rule: No such file or directory
add rule inet t nowhere $BR
                ^^^^^^^"
	hasnt "$(cat err)" "nft_mapt"
}

test_no_module()
{
	[ -n "$FAKE" ] || skip "the kernel has the mapt expression"
	printf 'table inet t {\n\tchain c {\n\t\tcounter %s\n\t}\n}\n' "$BR" >f
	"$M" -f f 2>err && fail "loaded"
	same "$(cat err)" "f:3:11-$((10 + ${#BR})): Error: Could not process rule: No such file or directory; the kernel has no mapt expression: the module nft_mapt is missing (modprobe nft_mapt; make install, where it is not installed)
		counter $BR
		        ${BR//?/^}"
}

test_wrong_chains()
{
	needs_kernel
	m -f - <<-EOF 2>err && fail "loaded"
	table inet t {
		chain c {
			type filter hook input priority 0;
			$BR
		}
	}
	EOF
	has "$(cat err)" "Operation not supported; mapt br belongs in chains of type filter"
	m -f - <<-EOF 2>err && fail "loaded"
	table ip t {
		chain c {
			type filter hook postrouting priority 0;
			$NAPT
		}
	}
	EOF
	has "$(cat err)" "Operation not supported; mapt napt belongs in chains of type nat, hook postrouting"
}

# An address and a PSID in place of a BMR.
test_napt_to()
{
	local to='mapt napt to 192.0.2.8 psid 27/8 psid-offset 4 random'
	m -f - <<-EOF || fail "does not load"
	define share = 192.0.2.8 psid 27/8
	define address = 192.0.2.8
	define psid = 27
	table inet t {
		chain c {
			type nat hook postrouting priority srcnat;
			oifname "wan" $to comment "one"
			mapt napt random to \$share psid-offset 4
			mapt napt to \$address psid \$psid/8 psid-offset 4 random
			mapt napt bmr ::/0 192.0.2.8/32 ea-len 0 psid 27/8 psid-offset 4 end-user ::/0 random
		}
	}
	EOF
	[ "$(m list ruleset | grep -c "^		$to\$")" = 3 ] || fail "$(m list ruleset)"
	has "$(m list ruleset)" "oifname \"wan\" $to comment \"one\""
	m list ruleset >a && m -j list ruleset >a.json
	has "$(cat a.json)" '{"mapt": {"op": "napt", "to": {"addr": "192.0.2.8", "psid": {"value": 27, "len": 8}, "psid-offset": 4}, "random": true}}'
	m flush ruleset && m -f a && m list ruleset >b
	cmp a b || fail "text differs"
	m flush ruleset && m -j -f a.json && m list ruleset >b
	cmp a b || fail "JSON differs"
	has "$(m -e add rule inet t c "$to")" "add rule inet t c $to"
	m flush chain inet t c
	watch "$to"
	has "$(cat out)" "add rule inet t c $to"
	watch "$to" -j
	has "$(cat out)" '"expr": [{"mapt": {"op": "napt", "to": {"addr": "192.0.2.8"'
	m add rule inet t c mapt napt to 192.0.2.8 psid 27/11 2>err && fail "loaded"
	has "$(cat err)" "psid-offset can be 5 at most"
	echo '{"nftables": [{"add": {"rule": {"family": "inet", "table": "t", "chain": "c", "expr": [{"mapt": {"op": "napt", "to": {"addr": "192.0.2.8"}}}]}}}]}' >f
	m -j -f f 2>err && fail "loaded"
	same "$(cat err)" "f: Error: nftables[0].add.rule.expr[0].mapt.to.psid: missing"
}

# The kernel's own check: nowhere but behind nat postrouting and prerouting.
test_napt_to_wrong_chains()
{
	local chain
	needs_kernel
	for chain in "type nat hook input priority 100" "type nat hook output priority -100" \
		"type filter hook postrouting priority srcnat" "type filter hook forward priority filter" "type route hook output priority -150"; do
		m "add table ip t; add chain ip t c { $chain; }" || fail "no chain: $chain"
		m add rule ip t c mapt napt to 192.0.2.8 psid 27/8 2>err && fail "loaded: $chain"
		has "$(cat err)" "Operation not supported; mapt napt belongs in chains of type nat, hook postrouting"
		m add rule ip t c "$NAPT" 2>err && fail "loaded: $chain"
		has "$(cat err)" "Operation not supported; mapt napt belongs in chains of type nat, hook postrouting"
		m delete table ip t
	done
	m "add table ip6 t; add chain ip6 t c { type nat hook postrouting priority srcnat; }" || fail "no chain in ip6"
	m add rule ip6 t c mapt napt to 192.0.2.8 psid 27/8 2>err && fail "loaded in ip6"
	has "$(cat err)" "family ip or inet"
}

test_echo()
{
	chain
	has "$(m -e add rule inet t c "$BR")" "add rule inet t c $BR"
	has "$(m -e -a add rule inet t c "$BR")" "add rule inet t c $BR # handle "
	has "$(m -e -j add rule inet t c "$BR")" '{"mapt": {"op": "br"'
	echo "{\"nftables\": [{\"add\": {\"rule\": {\"family\": \"inet\", \"table\": \"t\", \"chain\": \"c\", \"expr\": [{\"mapt\": {\"op\": \"br\", \"dmr\": {\"prefix\": {\"addr\": \"64:ff9b::\", \"len\": 96}}, \"fmr\": [{\"ipv6\": {\"prefix\": {\"addr\": \"2001:db8::\", \"len\": 32}}, \"ipv4\": {\"prefix\": {\"addr\": \"192.0.2.0\", \"len\": 24}}, \"ea-len\": 16}]}}]}}}]}" >f
	has "$(m -e -j -f f)" '{"mapt": {"op": "br"'
	hasnt "$(m -e -j -f f)" '"log"'
}

test_json_errors()
{
	echo '{"nftables": [{"add": {"rule": {"family": "inet", "table": "t", "chain": "c", "expr": [{"counter": null}, {"mapt": {"op": "br"}}]}}}]}' >f
	m -j -f f 2>err && fail "loaded"
	same "$(cat err)" "f: Error: nftables[0].add.rule.expr[1].mapt.dmr: missing: mapt br needs it"
	m -j -f - <f 2>err && fail "loaded"
	has "$(cat err)" "/dev/stdin: Error: nftables[0].add.rule.expr[1].mapt.dmr: "
	m -j "$(cat f)" 2>err && fail "loaded"
	has "$(cat err)" "Error: nftables[0].add.rule.expr[1].mapt.dmr: "
	echo '{"nftables": [' >f
	m -j -f f 2>err && fail "loaded"
	hasnt "$(cat err)" carrier
}

without_handles()
{
	sed 's/, "handle": [0-9]*//g' "$1"
}

test_json_by_command()
{
	chain
	m add rule inet t c "$BR2" && m -j list ruleset >a
	{ m flush ruleset && m -j "$(cat a)"; } || fail "does not load"
	has "$(m list ruleset)" "$BR2"
	m -j list ruleset >b
	diff <(without_handles a) <(without_handles b) || fail "differs"
	m flush ruleset && m -j -f - <a && has "$(m list ruleset)" "$BR2"
	# nft reads text too when told -j
	echo "add rule inet t c $CE" >f
	m -j -f f && has "$(m list ruleset)" "$CE"
}

test_json_strings()
{
	chain
	m add rule inet t c log prefix '"mapt:0"' comment '"mapt"' && m -j list ruleset >a
	has "$(cat a)" '{"log": {"prefix": "mapt:0"}}'
	m flush ruleset && m -j -f a && m -j list ruleset >b
	diff <(without_handles a) <(without_handles b) || fail "differs"
}

# watch RULE [OPTION...]: what monitor says of a rule that comes and goes
watch()
{
	local i rule=$1
	shift
	env "${fake[@]}" "$M" "$@" monitor >out &
	pid=$!
	sleep 0.5
	m add rule inet t c "$rule"
	m delete rule inet t c handle "$(m -a list ruleset | sed -n 's/.*mapt .*# handle //p')"
	for i in 1 2 3 4 5 6 7 8 9 10; do
		[ "$(grep -c delete out)" -gt 0 ] && break
		sleep 0.2
	done
	kill $pid
	wait $pid 2>/dev/null
}

test_monitor()
{
	chain
	watch "$BR"
	has "$(cat out)" "add rule inet t c $BR"
	has "$(cat out)" "delete rule inet t c handle"
	watch "$BR" -j
	has "$(cat out)" '{"add": {"rule": {"family": "inet"'
	has "$(cat out)" '"expr": [{"mapt": {"op": "br"'
}

test_interactive()
{
	chain
	m -i >out 2>&1 <<-EOF
	define d = 64:ff9b::/96
	add rule inet t c mapt br \\
	fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr \$d
	add rule inet t c mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 49 dmr \$d
	list ruleset
	quit
	add rule inet t c $CE
	EOF
	has "$(cat out)" "		$BR"
	has "$(cat out)" "Error: ea-len 49 is over 48"
	has "$(m list ruleset)" "$BR"
	hasnt "$(m list ruleset)" "$CE"
}

test_optimize()
{
	m -o -c list tables 2>/dev/null || true
	cat >f <<-EOF
	table inet t {
		chain c {
			ip saddr 192.0.2.1 counter accept
			ip saddr 192.0.2.2 counter accept
			$BR
		}
	}
	EOF
	m -o -f f >out 2>&1 || skip "this libnftables does not optimize"
	has "$(m list ruleset)" "$BR"
	has "$(m list ruleset)" "ip saddr { 192.0.2.1, 192.0.2.2 } counter"
	hasnt "$(cat out)" "log prefix"
}

test_debug()
{
	chain
	has "$(m --debug=netlink add rule inet t c "$BR")" "[ $BR ]"
	m -d foo list ruleset 2>err && fail "a bad level"
	has "$(cat err)" "invalid debug parameter"
}

test_help_and_version()
{
	has "$(m -h)" "--includepath"
	same "$(m -v)" "$(nft -v)"
	same "$(m -V)" "$(nft -V)"
	m 2>err && fail "no command"
	has "$(cat err)" "no command specified"
	m -D a=b list ruleset 2>err && fail "-D without -f"
	has "$(cat err)" "can only be used with -f"
}

test_many_rules()
{
	local i
	{
		echo "table inet t {"
		for i in $(seq 2000); do
			printf 'chain c%u { counter mapt br fmr 2001:db8:%x::/48 198.18.%u.%u/32 ea-len 0 dmr 64:ff9b::/96; }\n' \
				"$i" "$i" $((i / 256)) $((i % 256))
		done
		echo "}"
	} >f
	m -f f || fail "does not load"
	[ "$(m list ruleset | grep -c 'mapt br fmr 2001:db8:.*/48 198.18.*/32 ea-len 0 dmr 64:ff9b::/96$')" = 2000 ] || fail "rules are missing"
	{ m list ruleset >a && m flush ruleset && m -f a && m list ruleset | cmp a -; } || fail "differs"
}

test_many_fmrs()
{
	local i list
	list=$(for i in $(seq 32); do printf ', 2001:db8:%x::/48 192.0.%u.0/24 ea-len 16' "$i" "$i"; done)
	chain
	m add rule inet t c "mapt br fmr { ${list#, } } dmr 64:ff9b::/96" || fail "32 are refused"
	has "$(m list ruleset)" "mapt br fmr { ${list#, } } dmr 64:ff9b::/96"
	has "$(m -e add rule inet t c "mapt br fmr { ${list#, } } dmr 64:ff9b::/96")" "${list#, } }"
}

# The way to more, by a verdict map.
test_regions()
{
	m -f - <<-EOF || fail "does not load"
	table inet mapt {
		map fmr4 {
			type ipv4_addr : verdict; flags interval
			elements = { 192.0.2.0/24 : goto region1, 198.51.100.0/24 : goto region2 }
		}
		map fmr6 {
			type ipv6_addr : verdict; flags interval
			elements = { 2001:db8:ce::/51 : goto region1, 2001:db8:cf::/51 : goto region2 }
		}
		chain region1 { counter mapt br fmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 dmr 64:ff9b::/96; }
		chain region2 { counter mapt br fmr 2001:db8:cf::/51 198.51.100.0/24 ea-len 13 psid-offset 0 dmr 64:ff9b::/96; }
		chain relay { type filter hook prerouting priority raw; ip daddr vmap @fmr4; ip6 saddr vmap @fmr6; }
	}
	EOF
	{ m list ruleset >a && m flush ruleset && m -f a && m list ruleset | cmp a -; } || fail "differs"
}

test_valgrind()
{
	command -v valgrind >/dev/null || skip "no valgrind"
	rulesets
	# libnftables leaves the padding of attributes as it was
	WRAP="valgrind -q --undef-value-errors=no --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=9"
	m -f ce.nft || fail "load"
	m list ruleset >/dev/null || fail "list"
	m -j list ruleset >a || fail "list JSON"
	{ m flush ruleset && m -j -f a; } || fail "load JSON"
	m add rule inet t c "${BR/16/49}" 2>err
	[ $? = 1 ] || fail "error: $(cat err)"
}

# A second key, or a statement after it: as text has it.
test_json_places()
{
	local br='{"mapt": {"op": "br", "dmr": {"prefix": {"addr": "64:ff9b::", "len": 96}}, "fmr": [{"ipv6": {"prefix": {"addr": "2001:db8::", "len": 32}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 16}]}}'
	local rule='{"nftables": [{"add": {"rule": {"family": "inet", "table": "t", "chain": "c", "expr": [%s]}}}]}'
	chain
	# shellcheck disable=SC2059 # a format
	printf "$rule" "{\"counter\": null}, $br" >f
	m -j -f f || fail "does not load"
	# shellcheck disable=SC2059
	printf "$rule" "$br, {\"counter\": null}" >f
	m -j -f f 2>err && fail "loaded with a statement after it"
	same "$(cat err)" "f: Error: nftables[0].add.rule.expr[0]: has to be the last statement of its rule: what comes after it has no effect"
	# shellcheck disable=SC2059
	printf "$rule" "${br%\}}, \"counter\": null}" >f
	m -j -f f 2>err && fail "loaded with a second key"
	same "$(cat err)" "f: Error: nftables[0].add.rule.expr[0]: expected one key, mapt"
	[ "$(m list ruleset | grep -c mapt)" = 1 ] || fail "$(m list ruleset)"
}

test_define_unknown()
{
	echo "table inet t { chain c { mapt br fmr \$r dmr \$d; }; }" >f
	m -D 'r=$x 192.0.2.0/24 ea-len 16' -D d=64:ff9b::/96 -f f 2>err && fail "loaded"
	has "$(cat err)" "Error: unknown identifier 'x'
define r=\$x 192.0.2.0/24 ea-len 16
         ^^"
	m -D 'r=2001:db8::/32 192.0.2.0/24 ea-len 16' -D 'd=$y' -f f 2>err && fail "loaded"
	has "$(cat err)" "Error: unknown identifier 'y'
define d=\$y
         ^^"
	m -f - 2>err <<-EOT && fail "loaded"
	define rule = \$z 192.0.2.0/24 ea-len 16
	define rules = { \$rule }
	table inet t { chain c { mapt br fmr \$rules dmr 64:ff9b::/96; }; }
	EOT
	same "$(cat err)" "/dev/stdin:1:15-16: Error: unknown identifier 'z'
define rule = \$z 192.0.2.0/24 ea-len 16
              ^^"
}

# What was included is read again in the next command.
test_interactive_include()
{
	local rule='2001:db8::/32 192.0.2.0/24 ea-len'
	chain
	echo "define r = $rule 49" >inc
	{
		echo "include \"./inc\"; add rule inet t c mapt br fmr \$r dmr 64:ff9b::/96"
		sleep 0.5
		echo "define r = $rule 16" >inc
		echo "include \"./inc\"; add rule inet t c mapt br fmr \$r dmr 64:ff9b::/96"
		echo "add rule inet t c counter mapt br fmr \$r dmr 64:ff9b::/96"
		echo "undefine r"
		echo "add rule inet t c mapt br fmr \$r dmr 64:ff9b::/96"
	} | m -i >out 2>&1
	[ "$(grep -c "ea-len 49 is over 48" out)" = 1 ] || fail "$(cat out)"
	[ "$(m list ruleset | grep -c "$BR")" = 2 ] || fail "$(cat out; m list ruleset)"
	has "$(cat out)" "unknown identifier 'r'"
}

# The kernel's answer to another's statement, in a chain of the wrong kind, says nothing of mapt.
test_hints_are_for_mapt()
{
	needs_kernel
	m -f - <<-EOT 2>err && fail "loaded"
	table ip t {
		chain c {
			type filter hook prerouting priority raw;
			$BR
		}
		chain d {
			type filter hook prerouting priority 0;
			masquerade
		}
	}
	EOT
	has "$(cat err)" "Could not process rule: "
	hasnt "$(cat err)" "mapt br belongs"
	m -f - <<-EOT 2>err && fail "loaded"
	table ip t {
		chain translate {
			$BR
		}
		chain d {
			type filter hook input priority 0;
			jump translate
		}
	}
	EOT
	has "$(cat err)" "Operation not supported; if a chain that this leads to has it, mapt br belongs in chains of type filter"
	m add table ip t
	m 'add chain ip t d { type filter hook input priority 0; }'
	m add rule ip t d counter "$BR" 2>err && fail "loaded"
	has "$(cat err)" "Operation not supported; mapt br belongs in chains of type filter"
	echo "{\"nftables\": [{\"add\": {\"rule\": {\"family\": \"ip\", \"table\": \"t\", \"chain\": \"d\", \"expr\": [{\"mapt\": {\"op\": \"br\", \"dmr\": {\"prefix\": {\"addr\": \"64:ff9b::\", \"len\": 96}}, \"fmr\": [{\"ipv6\": {\"prefix\": {\"addr\": \"2001:db8::\", \"len\": 32}}, \"ipv4\": {\"prefix\": {\"addr\": \"192.0.2.0\", \"len\": 24}}, \"ea-len\": 16}]}}]}}}]}" >f
	m -j -f f 2>err && fail "loaded"
	has "$(cat err)" "Operation not supported; mapt br belongs in chains of type filter"
}

# What libnftables itself leaves out of a command is not for us to complain about.
test_create_chain()
{
	m add table inet t
	m "create chain inet t c { $BR; }" 2>err || fail "$(cat err)"
	same "$(cat err)" ""
	nft "create chain inet t d { counter; }"
	[ "$(m list chain inet t c | grep -c mapt)" = "$(nft list chain inet t d | grep -c counter)" ] || fail "$(m list table inet t)"
}

# Thousands of rules without the module: one message, soon.
test_no_module_many_rules()
{
	local i start=$SECONDS
	[ -n "$FAKE" ] || skip "the kernel has the mapt expression"
	{
		echo "table inet t {"
		for i in $(seq 10000); do
			echo "chain c$i { counter mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96; }"
		done
		echo "}"
	} >f
	"$M" -f f 2>err && fail "loaded"
	[ "$(grep -c Error err)" = 1 ] || fail "$(head -c 2000 err)"
	has "$(cat err)" "; 9999 more rules need it"
	[ $((SECONDS - start)) -lt 30 ] || fail "took $((SECONDS - start)) s"
}

# A program that opens libnftables itself.
test_python()
{
	/usr/bin/python3 -c 'import nftables' 2>/dev/null || skip "no python3-nftables"
	chain
	cat >py <<-EOT
	import json, nftables
	nft = nftables.Nftables()
	def cmd(text):
	    code, output, error = nft.cmd(text)
	    assert code == 0, error
	    return output
	cmd("add rule inet t c counter $BR")
	assert "$BR" in cmd("list ruleset")
	nft.set_json_output(True)
	listed = json.loads(cmd("list ruleset"))
	rule = next(o["rule"] for o in listed["nftables"] if "rule" in o)
	assert rule["expr"][1]["mapt"]["op"] == "br", rule
	code, output, error = nft.json_cmd({"nftables": [{"add": {"rule": {k: rule[k] for k in ("family", "table", "chain", "expr")}}}]})
	assert code == 0, error
	nft.set_json_output(False)
	assert cmd("list ruleset").count("$BR") == 2
	code, output, error = nft.cmd("add rule inet t c ${BR/16/49}")
	assert code and "ea-len 49 is over 48" in error, error
	EOT
	preloaded /usr/bin/python3 py || fail "differs"
}

test_threads()
{
	chain && m add rule inet t c "$BR"
	preloaded "$build/threads" 4 20 || fail "differs"
}

# A library that only the program itself can find.
test_runpath()
{
	"$build/runpath" || fail "not built as it has to be"
	preloaded "$build/runpath" || fail "not found behind the library"
}

# Without a mapt statement, what is sent is what would be without the library, and so is what is printed.
test_untouched()
{
	local lib i=0
	cat >f <<-EOT
	define ports = { 22, 80 }
	include "./inc"
	table ip filter {
		set s { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.0.2.1 } }
		map m { type inet_service : verdict; elements = { 22 : accept, 80 : jump other } }
		chain other { log prefix "x" level warn; counter drop comment "mapt"; }
		chain input {
			type filter hook input priority 0; policy accept;
			ip saddr @s tcp dport \$ports ct state new counter accept
			tcp dport vmap @m
			iifname "mapt" meta mark set 1
		}
	}
	EOT
	printf 'table ip t { chain c { ip saddr 1.1.1.1 accept; ip saddr 1.1.1.2 accept; }; }' >o
	echo 'table inet included { chain c { ip6 saddr 2001:db8::/32 reject; }; }' >inc
	for lib in "" "$build/libnft-mapt.so:"; do
		i=$((i + 1))
		: >"sent$i"
		unshare -n "$BASH" -c '
			export RECORD=$1 LD_PRELOAD=$2
			nft -f f; nft -e add rule ip filter input counter; nft -a list ruleset; nft -j list ruleset
			nft insert rule ip filter input tcp dport 1; nft -f - <f; nft bad; nft flush ruleset; nft -c -f f
			# the set that -o makes has bytes in it that are new each time
			RECORD=/dev/null nft -c -o -f o
		' _ "sent$i" "$lib$build/record.so" >"printed$i" 2>&1
	done
	[ -s sent1 ] || fail "nothing was recorded"
	cmp sent1 sent2 || fail "something else is sent"
	sed -i 's/process [0-9]*/process/' printed1 printed2
	diff printed1 printed2 || fail "something else is printed"
}

# A statement can't be in front of what a program has in itself.
test_static()
{
	mkdir bin
	echo 'int main(void) { return 0; }' | ${CC:-cc} -static -o bin/nft -x c - 2>/dev/null || skip "no compiler for static programs"
	PATH=$dir/bin:$PATH "$M" list ruleset 2>err && fail "ran"
	has "$(cat err)" "bin/nft is linked statically"
}

test_native()
{
	mkdir bin
	printf '#!/bin/sh\necho "$LD_PRELOAD" "$@"\n' >bin/nft
	chmod +x bin/nft
	same "$(PATH=$dir/bin:$PATH NFT_MAPT_MODE=native "$M" -a list ruleset)" " -a list ruleset"
	has "$(PATH=$dir/bin:$PATH NFT_MAPT_MODE=auto "$M" -a list ruleset)" "/libnft-mapt.so -a list ruleset"
	has "$(PATH=$dir/bin:$PATH LD_PRELOAD=libc.so.6 "$M" -a list ruleset)" "/libnft-mapt.so:libc.so.6 -a list ruleset"
	# a libnftables that does not know mapt is found out
	chain
	NFT_MAPT_MODE=auto m add rule inet t c "$BR" || fail "auto"
	has "$(NFT_MAPT_MODE=auto m list ruleset)" "$BR"
	NFT_MAPT_MODE=native m add rule inet t c "$BR" 2>err && fail "native"
	has "$(cat err)" "syntax error"
}

"$1"
