# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Completion of mapt(8) for bash.

_mapt_words()
{
	case $1 in
	show) echo "--json --ports --example --dmr --device --ruleset --chain --help end-user ea-len psid-offset psid mapt" ;;
	who) echo "--ruleset --json --help" ;;
	stats) echo "--all --netns --watch --count --zero --brief --json --prometheus --output --help" ;;
	check) echo "--ce --br --to --quiet --json --help" ;;
	plan) echo "--sharing --ports --customers --psid-offset --json --br --from --routes --routes6 --dmr --table --help" ;;
	import) echo "--from --kind --end-user --instance --device --tunnel --table --rule --help" ;;
	s46) echo "map-t map-e lw4o6 none --prefix --device --tunnel --lan --table --mtu --mss --napt --priority --json --shell --help" ;;
	esac
}

_mapt()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} choice=''

	COMPREPLY=()
	case $before in
	--from)
		[ "${COMP_WORDS[1]}" != import ] || choice="jool uci nat46 s46"
		[ -n "$choice" ] || choice=$(compgen -f -- "$word")
		;;
	--ruleset | --output | --br)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	--device | --tunnel | --lan | --routes)
		choice=$(ip -o link show 2>/dev/null | sed -n 's/^[0-9]*: \([^:@]*\).*/\1/p')
		;;
	--netns) choice=$(ip netns list 2>/dev/null | sed 's/ .*//') ;;
	--kind) choice="map-t map-e lw4o6" ;;
	--chain) choice="ip ip6 inet" ;;
	--prefix | --dmr | --end-user | --to | --table | --mtu | --napt | --priority | --count | --sharing | --ports | --customers | --psid-offset | --instance) return ;;
	*)
		if [ "$COMP_CWORD" -eq 1 ]; then
			choice="show who check stats plan import s46 --help --version"
		else
			choice=$(_mapt_words "${COMP_WORDS[1]}")
			case ${COMP_WORDS[1]}/$word in
			plan/[!-]* | import/[!-]*) choice="$choice $(compgen -f -- "$word")" ;;
			esac
		fi
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$choice" -- "$word")
}

complete -o filenames -o nosort -F _mapt mapt 2>/dev/null || complete -o filenames -F _mapt mapt
