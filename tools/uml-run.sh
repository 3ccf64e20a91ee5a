#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# uml-run.sh KERNEL [OPTION]... -- COMMAND [ARGUMENT]...: run a command in a user-mode Linux guest.
#
# The guest's files are the host's, read-only; /tmp, /run, /var/tmp and /dev/shm are its own. The command runs in the caller's working
# directory, with the caller's environment; what it prints goes to standard output, and its exit status is ours. Standard input is empty.
# When the kernel's log has a bug, a warning or a leak to tell of, the log's part is shown and the exit status is 99. 124: timed out.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/guest.sh"

[ $# -gt 0 ] || usage
kernel=$1
shift
guest_options "$@"
while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done
[ $# -gt 1 ] || usage
shift
[ -x "$kernel" ] || die "$kernel is not a program"
[ "$instructions" -eq 0 ] || die "a user-mode kernel cannot count instructions"
kernel=$(realpath "$kernel")

guest_state "$@"

# UML maps the guest's memory from a file here.
shm=/dev/shm
[ "$(df -k --output=avail "$shm" 2>/dev/null | tail -n 1)" -gt 1500000 ] 2>/dev/null || shm=/tmp

# shellcheck disable=SC2054 # the commas are the words' own
boot=(
	"mem=$memory" "uml_dir=$state/" umid=guest root=none rootfstype=hostfs ro "init=$state/init" "nft_mapt_state=$state"
	con=null con0=null,fd:1 ssl=null loglevel=8 panic=-1 oops=panic printk.devkmsg=on random.trust_cpu=1
	seccomp=auto "ncpus=$cpus" dummy.numdummies=0 ifb.numifbs=0 kunit.enable=0 "${words[@]}"
)

export TMPDIR=$shm
guest_run ${preload:+env "LD_PRELOAD=$preload"} "$kernel" "${boot[@]}"
guest_verdict "$@"
