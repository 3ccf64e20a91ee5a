# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# What uml-run.sh and qemu-run.sh share: options, what a guest is told, and what its kernel said. Sourced, never run.
#
# A guest is told what to do in a directory of the host, $state:
#   job        the command, with the caller's environment       out   what the command printed
#   visible    host directories to show where a tmpfs hides them  log   the kernel's log
#   writable   host directories that the command may write in    rc    its exit status

usage()
{
	sed -n '4,/^[^#]/{ s/^# \{0,1\}//; t print; b; :print p }' "$0" >&2
	cat >&2 <<'EOF'

  -t SECONDS   give up after (default 300)
  -w DIR       the command may write in DIR (may be repeated)
  -l FILE      keep the kernel's log here
  -m SIZE      memory (default 768M)
  -a WORDS     more words for the kernel's command line
  -c CPUS      CPUs, where the kernel has SMP (default 2)
  -n           the command makes the kernel complain on purpose: don't look at its log
  -p LIBRARY   user-mode Linux only: preload it into the kernel's process
  -i           virtual machines only: emulate one whose clock goes on by a nanosecond with each instruction
EOF
	exit 2
}

# shellcheck disable=SC2034 # for the scripts that source this
limit=300 log='' memory=768M words=() cpus=2 judge=1 writable=() instructions=0 preload=''

# shellcheck disable=SC2034 # likewise
guest_options()
{
	local option
	while getopts t:w:l:m:a:c:p:ni option; do
		case $option in
		t) limit=$OPTARG ;;
		w) writable+=("$(realpath "$OPTARG")") ;;
		l) log=$OPTARG ;;
		m) memory=$OPTARG ;;
		a) read -r -a words <<<"$OPTARG" ;;
		c) cpus=$OPTARG ;;
		n) judge=0 ;;
		p) preload=$OPTARG ;;
		i) instructions=1 ;;
		*) usage ;;
		esac
	done
}

guest=''
# shellcheck disable=SC2317 # a trap
guest_cleanup()
{
	[ -z "$guest" ] || kill -KILL -- "-$guest" 2>/dev/null || true
	rm -rf "$state"
}

# guest_state COMMAND...: $state, filled.
guest_state()
{
	local name
	state=$(mktemp -d /tmp/nft_mapt-guest.XXXXXX)
	trap guest_cleanup EXIT
	trap 'exit 130' INT TERM HUP
	: >"$state/out"
	: >"$state/log"
	printf '%s\n' "${writable[@]}" | sed '/^$/d' >"$state/writable"
	printf '%s\n' "$top" "$cache" "$PWD" >"$state/visible"
	cp "$top/tools/uml/init.sh" "$state/init"
	{
		for name in $(compgen -e); do
			case $name in
			TMPDIR | HOME | PWD | OLDPWD | SHLVL | PATH | DEBIAN_FRONTEND) ;;
			*) printf 'export %s=%q\n' "$name" "${!name}" ;;
			esac
		done
		echo "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp"
		printf 'cd %q || exit 126\n' "$PWD"
		printf '%q ' "$@"
		echo
	} >"$state/job"
}

# guest_run COMMAND...: start the machine in a session of its own, so that nothing of it outlives a timeout; pass on what the
# command prints. What the machine itself prints is the kernel's log. $died is how it ended.
guest_run()
{
	local reader
	# UML cannot wait for a regular file, so its console is a pipe.
	mkfifo "$state/console"
	cat <"$state/console" >"$state/log" &
	reader=$!
	setsid timeout -k 3 "$limit" "$@" </dev/null >"$state/console" 2>&1 &
	guest=$!
	tail -n +1 -s 0.2 -f "$state/out" --pid="$guest" 2>/dev/null || true
	died=0
	wait "$guest" 2>/dev/null || died=$?
	kill -KILL -- "-$guest" 2>/dev/null || true
	wait "$reader"
	guest=''
}

# What a kernel says when something is wrong with it.
complaints='\bBUG\b|WARNING:|Oops|general protection|KASAN|UBSAN|INFO: task|INFO: possible|possible recursive|'
complaints+='suspicious RCU|inconsistent lock state|scheduling while atomic|sleeping function|Kernel panic|Segfault with|'
complaints+='refcount_t|ref_tracker|unregister_netdevice: waiting|leaked reference|hung_task|rcu: INFO|list_(add|del) corruption|'
complaints+='unreferenced object|new suspected memory leaks|Call Trace:|BUG kmalloc|stack-protector|soft lockup|slab.*Objects remaining'

# User-mode Linux with two CPUs frees memory on the second one before RCU knows of it, which RCU says at each boot. That warning, and no other in
# its place, is the architecture's own and goes; so does what the tracker of references says where a test lets an allocation of its own fail.
without_bringup()
{
	awk '
		/ref_tracker: memory allocation failure/ { next }
		/smp: Bringing up secondary CPUs/ { inside = 1; block = ""; warnings = 0; known = 0 }
		!inside { print; next }
		{ block = block $0 "\n" }
		/WARNING:|BUG|KASAN|UBSAN|Oops/ { warnings++ }
		/WARNING: suspicious RCU usage|Callback enqueued on offline CPU|os_start_secondary\+/ { known++ }
		/smp: Brought up/ {
			if (warnings != 1 || known < 3)
				printf "%s", block
			inside = 0
			block = ""
		}
		END { printf "%s", block }' "$state/log" >"$state/judged"
}

complain()
{
	local first
	first=$(grep -nE "$complaints" "$state/judged" | head -n 1 | cut -d: -f1)
	[ -n "$first" ] || return
	say "--- the kernel's log:"
	tail -n "+$((first > 3 ? first - 3 : 1))" "$state/judged" | head -n 80 >&2
}

# guest_verdict COMMAND...: the exit status, after a look at the kernel's log.
guest_verdict()
{
	local rc
	[ -z "$log" ] || cp "$state/log" "$log"
	without_bringup
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
	if [ "$judge" -eq 1 ] && grep -qE "$complaints" "$state/judged"; then
		complain
		rc=99
	fi
	exit "$rc"
}
