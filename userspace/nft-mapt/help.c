// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "nft.h"

static const char options[] =
"Options (general):\n"
"  -h, --help                      Show this help\n"
"  -v, --version                   Show version information\n"
"  -V                              Show extended version information\n"
"\n"
"Options (ruleset input handling):\n"
"  -f, --file <filename>           Read input from <filename>\n"
"  -D, --define <name=value>       Define variable, e.g. --define foo=1.2.3.4\n"
"  -i, --interactive               Read input from interactive CLI\n"
"  -I, --includepath <directory>   Add <directory> to the paths searched for include files. Default is: " SYSCONFDIR "\n"
"  -c, --check                     Check commands validity without actually applying the changes.\n"
"  -o, --optimize                  Optimize ruleset\n"
"\n"
"Options (ruleset list formatting):\n"
"  -a, --handle                    Output rule handle.\n"
"  -s, --stateless                 Omit stateful information of ruleset.\n"
"  -t, --terse                     Omit contents of sets.\n"
"  -S, --service                   Translate ports to service names as described in /etc/services.\n"
"  -N, --reversedns                Translate IP addresses to names.\n"
"  -u, --guid                      Print UID/GID as defined in /etc/passwd and /etc/group.\n"
"  -n, --numeric                   Print fully numerical output.\n"
"  -y, --numeric-priority          Print chain priority numerically.\n"
"  -p, --numeric-protocol          Print layer 4 protocols numerically.\n"
"  -T, --numeric-time              Print time values numerically.\n"
"\n"
"Options (command output formatting):\n"
"  -e, --echo                      Echo what has been added, inserted or replaced.\n"
"  -j, --json                      Format output in JSON\n"
"  -d, --debug <level [,level...]> Specify debugging level (scanner, parser, eval, netlink, mnl, proto-ctx, segtree, all)\n";

static const char statement[] =
"The mapt statement, MAP-T (RFC 7599):\n"
"  mapt napt bmr RULE end-user PREFIX6 [random] [persistent]\n"
"  mapt napt to ADDRESS4 psid VALUE/LENGTH [psid-offset N] [random] [persistent]\n"
"  mapt ce   bmr RULE end-user PREFIX6 dmr PREFIX6 [fmr RULES] [OPTION ...]\n"
"  mapt br   fmr RULES dmr PREFIX6 [OPTION ...]\n"
"\n"
"  RULE   := PREFIX6 PREFIX4 ea-len N [psid-offset N] [psid VALUE/LENGTH]\n"
"  RULES  := RULE | { RULE, RULE, ... }\n"
"  OPTION := tos copy|VALUE | tclass copy|VALUE | udp-zero-checksum compute|drop\n"
"          | lowest-ipv6-mtu N | icmp-source ADDRESS4 | silent\n";

void help(const char *name)
{
	printf("Usage: %s [ options ] [ cmds... ]\n\n%s\n%s", name, options,
	       statement);
}
