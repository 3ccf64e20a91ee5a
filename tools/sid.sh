# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Packages of Debian's sid, through package lists of our own, since the machine's sources are not ours to change. Sourced, never run.
#
# sid_update brings the lists up to date, once a day; apt-get and apt-cache read them with $sid_options. Whoever uses them holds the
# lock "source-newest".

sid=$cache/apt-sid
sid_options=(
	-o "Dir::Etc::SourceList=$sid/sources.list" -o Dir::Etc::SourceParts=-
	-o "Dir::State::Lists=$sid/lists" -o "Dir::Cache=$sid/cache" -o "Dir::State::Status=/var/lib/dpkg/status"
	-o APT::Sandbox::User=root -o Acquire::Languages=none -o APT::Get::List-Cleanup=1
	-o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false
)

# The mirror of this machine: where it gets Debian's own "main" from (not the security archive, which has no sid).
# shellcheck disable=SC2016 # the format is for apt
mirror()
{
	apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(COMPONENT) $(LABEL)' 'Identifier: Packages' 2>/dev/null |
		awk '$2 == "Debian" && $3 == "main" && $4 == "Debian" { print $1; exit }'
}

# Before the first "apt-get update" a source has no origin yet: read the URIs that carry Debian's release names.
# shellcheck disable=SC2016 # the format is for apt
mirror_unfetched()
{
	local name
	name=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Identifier: Packages' 2>/dev/null |
		awk -v name="$name" '$2 == name && $3 == "main" { print $1; exit }'
}

sid_update()
{
	local uri key=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -n "$(find "$sid/updated" -mmin -1440 2>/dev/null)" ] && return
	uri=$(mirror)
	[ -n "$uri" ] || uri=$(mirror_unfetched)
	[ -n "$uri" ] || { say "no Debian mirror among this machine's apt sources"; return 1; }
	mkdir -p "$sid/lists/partial" "$sid/cache/archives/partial"
	echo "deb [signed-by=$key] $uri sid main" >"$sid/sources.list"
	step "looking up the newest packages in sid" \
		quietly "$sid/update.log" apt-get -q "${sid_options[@]}" --error-on=any update || return
	touch "$sid/updated"
}
