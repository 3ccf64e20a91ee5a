#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# uml-run.sh KERNEL [OPTION]... -- COMMAND [ARGUMENT]...: run a command in a user-mode Linux guest.
#
# The guest's files are the host's, read-only; /tmp, /run, /var/tmp and /dev/shm are its own. The command runs in the caller's working
# directory, with the caller's environment; what it prints goes to standard output, and its exit status is ours. Standard input is empty.
# When the kernel's log has a bug, a warning or a leak to tell of, the log's part is shown and the exit status is 99. 124: timed out.
#
#   -t SECONDS   give up after (default 300)
#   -w DIR       the command may write in DIR (may be repeated)
#   -l FILE      keep the kernel's log here
#   -m SIZE      memory (default 768M)
#   -a WORDS     more words for the kernel's command line
#   -c CPUS      CPUs, where the kernel has SMP (default 2)
#   -n           the command makes the kernel complain on purpose: don't look at its log
set -euo pipefail
. "$(dirname "$0")/common.sh"

usage()
{
	sed -n 's/^# \{0,1\}//; 4,16p' "$0" >&2
	exit 2
}

[ $# -gt 0 ] || usage
kernel=$1
shift
limit=300 log='' memory=768M words='' cpus=2 judge=1 writable=()
while getopts t:w:l:m:a:c:n option; do
	case $option in
	t) limit=$OPTARG ;;
	w) writable+=("$(realpath "$OPTARG")") ;;
	l) log=$OPTARG ;;
	m) memory=$OPTARG ;;
	a) words=$OPTARG ;;
	c) cpus=$OPTARG ;;
	n) judge=0 ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || usage
[ -x "$kernel" ] || die "$kernel is not a program"
kernel=$(realpath "$kernel")

state=$(mktemp -d /tmp/nft_mapt-uml.XXXXXX)
# UML maps the guest's memory from a file here.
shm=/dev/shm
[ "$(df -k --output=avail "$shm" 2>/dev/null | tail -n 1)" -gt 1500000 ] 2>/dev/null || shm=/tmp

guest=''
# shellcheck disable=SC2317 # a trap
cleanup()
{
	[ -z "$guest" ] || kill -KILL -- "-$guest" 2>/dev/null || true
	rm -rf "$state"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

: >"$state/out"
: >"$state/log"
[ "${#writable[@]}" -eq 0 ] || printf '%s\n' "${writable[@]}" >"$state/writable"
printf '%s\n' "$PWD" "$top" "$cache" >"$state/visible"
cp "$top/tools/uml/init.sh" "$state/init"
{
	echo "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp"
	export -p | grep -vE '^declare -x (TMPDIR|HOME|PWD|OLDPWD|SHLVL|PATH|DEBIAN_FRONTEND)(=|$)' || true
	printf 'cd %q || exit 126\n' "$PWD"
	printf '%q ' "$@"
	echo
} >"$state/job"

# shellcheck disable=SC2054 # the commas are the words' own
boot=(
	"mem=$memory" "uml_dir=$state/" "umid=guest" root=none rootfstype=hostfs ro "init=$state/init" "nft_mapt_state=$state"
	con=null con0=null,fd:1 ssl=null loglevel=8 panic=-1 oops=panic printk.devkmsg=on
	random.trust_cpu=1 seccomp=auto "ncpus=$cpus" kunit.enable=0
)
read -r -a more <<<"$words"
boot+=("${more[@]}")

# The console is a pipe: UML cannot wait for a regular file.
mkfifo "$state/console"
cat <"$state/console" >"$state/log" &
reader=$!

# A session of its own, so that nothing of the guest outlives a timeout.
TMPDIR=$shm setsid timeout -k 3 "$limit" "$kernel" "${boot[@]}" </dev/null >"$state/console" 2>&1 &
guest=$!
tail -n +1 -s 0.2 -f "$state/out" --pid="$guest" 2>/dev/null || true
died=0
wait "$guest" || died=$?
kill -KILL -- "-$guest" 2>/dev/null || true
wait "$reader"
guest=''

[ -z "$log" ] || cp "$state/log" "$log"

# What a kernel says when something is wrong with it.
complaints='BUG:|BUG |WARNING:|Oops|general protection|KASAN|UBSAN|INFO: task|INFO: possible|possible recursive|'
complaints+='suspicious RCU|inconsistent lock state|scheduling while atomic|sleeping function|Kernel panic|Segfault with|'
complaints+='refcount_t|ref_tracker|unregister_netdevice: waiting|leaked reference|hung_task|rcu: INFO|list_(add|del) corruption|'
complaints+='unreferenced object|Call Trace:|BUG kmalloc|stack-protector|soft lockup|slab.*Objects remaining'

complain()
{
	local first
	first=$(grep -nE "$complaints" "$state/log" | head -n 1 | cut -d: -f1)
	[ -n "$first" ] || return
	say "--- the kernel's log:"
	tail -n "+$((first > 3 ? first - 3 : 1))" "$state/log" | head -n 80 >&2
}

if [ ! -s "$state/rc" ]; then
	if [ "$died" -eq 124 ] || [ "$died" -eq 137 ]; then
		say "--- timed out after $limit s: $*"
		complain
		exit 124
	fi
	say "--- the guest died (exit status $died): $*"
	tail -n 40 "$state/log" >&2
	exit 99
fi

rc=$(cat "$state/rc")
if [ "$judge" -eq 1 ] && grep -qE "$complaints" "$state/log"; then
	complain
	rc=99
fi
exit "$rc"
