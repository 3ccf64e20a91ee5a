# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the scripts in tools/ share: the cache, progress lines, locks, apt. Sourced, never run.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cache=${NFT_MAPT_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/nft_mapt}

export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
unset MAKEFLAGS MFLAGS MAKELEVEL KCONFIG_CONFIG ARCH O M

mkdir -p "$cache/tmp" "$cache/lock" "$cache/stamp"

# Our files in the kernel's tree, as compilers name them, an extended regular expression.
# shellcheck disable=SC2034 # of those who source this
our_files='(nft?_mapt[a-z0-9_]*|nf_siit[a-z0-9_]*|nf_tables_mapt)\.[ch]'

# Progress goes to stderr: stdout is for the path or the result that a caller asked for.
say()
{
	printf '%s\n' "$*" >&2
}

die()
{
	say "${0##*/}: $*"
	exit 1
}

# Functions that run a command begin their variables with _: bash shows a function's locals to what it calls.

# check NAME COMMAND...: a line with the result; what the command prints is why not. Sets $failed.
failed=0
check()
{
	local _name=$1 _output
	shift
	if _output=$("$@" 2>&1); then
		echo "ok $_name"
		return 0
	fi
	echo "not ok $_name"
	printf '%s\n' "$_output" | tail -n 40 | sed 's/^/# /'
	# shellcheck disable=SC2034 # of those who source this
	failed=1
	return 1
}

# quietly LOG COMMAND...: run, output in LOG; on failure show the log's end.
quietly()
{
	local _log=$1
	shift
	if "$@" >"$_log" 2>&1 </dev/null; then
		return 0
	fi
	say "--- failed: $*"
	grep -nE -A 4 '([Ee]rror|ERROR):' "$_log" | head -n 30 >&2 || true
	say "--- its end:"
	tail -n 10 "$_log" >&2
	say "--- the whole log: $_log"
	return 1
}

# step TEXT COMMAND...: one progress line when it starts, one when it ends, with the time taken.
step()
{
	local _text=$1 _start=$SECONDS _rc=0
	shift
	say "[ .... ] $_text"
	"$@" || _rc=$?
	if [ "$_rc" -eq 0 ]; then
		say "[ done ] $_text ($((SECONDS - _start)) s)"
	else
		say "[failed] $_text ($((SECONDS - _start)) s)"
	fi
	return "$_rc"
}

# with_lock NAME COMMAND...: hold a lock of the cache; waits for others who have it.
with_lock()
{
	local _lock=$1
	shift
	(
		if ! flock -n 9; then
			say "waiting for another run's '$_lock' ..."
			flock 9
		fi
		"$@" 9>&-
	) 9>"$cache/lock/$_lock"
}

# A directory for work in progress. It is moved to its final name when complete, so that an interrupted step leaves nothing
# that looks done; what was left behind by a kill goes after a day.
scratch_dir()
{
	find "$cache/tmp" -mindepth 1 -maxdepth 1 -mmin +1440 -exec rm -rf {} + 2>/dev/null || true
	mktemp -d "$cache/tmp/$1.XXXXXX"
}

# publish DIRECTORY NAME: a finished directory gets its name in the cache.
publish()
{
	mkdir -p "$(dirname "$cache/$2")"
	rm -rf "${cache:?}/$2"
	mv -T "$1" "$cache/$2"
}

# The hash of what stands in the files and directories given (relative to the checkout): names and contents.
hash_of()
{
	(cd "$top" && { find "$@" -type f -print0 2>/dev/null || true; } | sort -z | xargs -0 -r sha256sum) | sha256sum | cut -c1-16
}

hash_text()
{
	sha256sum | cut -c1-16
}

# What goes into a kernel tree.
kernel_files()
{
	printf '%s\n' Kconfig net include
}

# --- apt -----------------------------------------------------------------------------------------------------------

# apt of this machine: nothing but its own sources.
apt_update()
{
	step "apt-get update (this machine's own sources)" quietly "$cache/tmp/apt-update.log" apt-get -q update
}

# The candidate version of a package, empty when apt does not know it.
apt_candidate()
{
	apt-cache "${@:2}" policy "$1" 2>/dev/null | awk '$1 == "Candidate:" && $2 != "(none)" { print $2; exit }'
}

# apt_memo NAME COMMAND...: what COMMAND prints, remembered until apt's lists change. (A question to apt takes a second or two.)
apt_memo()
{
	local _memo _answer
	_memo=$cache/memo/$1-$(stat -c '%n %Y %s' /var/lib/apt/lists/*_Packages* 2>/dev/null | hash_text)
	shift
	if [ ! -s "$_memo" ]; then
		_answer=$("$@") && [ -n "$_answer" ] || return
		mkdir -p "$cache/memo"
		echo "$_answer" >"$_memo.$$"
		mv "$_memo.$$" "$_memo"
	fi
	cat "$_memo"
}

# apt_fetch DIRECTORY PACKAGE=VERSION [APT OPTIONS]: download one .deb.
apt_fetch()
{
	local dir=$1 what=$2
	shift 2
	(cd "$dir" && apt-get -q "$@" -o APT::Sandbox::User=root download "$what")
}
