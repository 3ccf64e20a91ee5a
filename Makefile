# SPDX-License-Identifier: GPL-2.0-only
#
# make             nft-mapt, mapt, and the modules for this machine's kernel
# make install     all of them, with the man pages; make uninstall removes them
# make deb         Debian packages, in build/deb
# make demo        the tutorial's network, in a guest: nothing of this machine is touched
# make check       every test (T=PATTERN: only those whose name contains it)
# make check-arch  KUnit on a big-endian machine of 32 bits, emulated
# make check-rt    the modules on a kernel with PREEMPT_RT, emulated
# make kunit, make lint, make selftests: parts of it
# make fuzz        what a kernel should survive: TIME=SECONDS for each part, WHAT="packets netlink faults storm", see fuzz/run.sh
# make bench       what a packet costs (QUICK=1: roughly, in a minute)
#
# For packages: install-modules or install-dkms, install-commands, install-systemd, and install-dhcp are parts of it; DESTDIR is where they go, and
# nothing is run there. MODROOT is what stands before /lib/modules.

KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build
PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
LIBDIR ?= $(PREFIX)/lib
UNITDIR ?= $(PREFIX)/lib/systemd/system
DESTDIR ?=
# /usr where /lib is a link into it
MODROOT ?= $(if $(shell readlink /lib),/usr)

# The one place that has it: DKMS wants it there.
VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"$$/\1/p' $(CURDIR)/dkms.conf)
oldest := 6.12
commands := nft-mapt mapt
# of DHCPv6 clients, and where each has its own
hooks := 90-nft-mapt:/usr/lib/dhcpcd/dhcpcd-hooks dhclient-nft-mapt:/etc/dhcp/dhclient-exit-hooks.d
# that make services know the statement
dropins := nftables.service.d firewalld.service.d

# The release that KDIR builds for, which may be another than the running one.
release = $(or $(shell cat $(KDIR)/include/config/kernel.release 2>/dev/null),$(KVER))
updates = $(DESTDIR)$(MODROOT)/lib/modules/$(release)/updates
dkms = $(DESTDIR)/usr/src/nft_mapt-$(VERSION)

# Debian's headers make BTF with pahole, which comes with them when they are installed. A module works without.
btf = $(if $(shell command -v pahole),,CONFIG_DEBUG_INFO_BTF_MODULES=)

all: modules $(commands)

modules:
	@test -e $(KDIR)/Makefile || { \
		echo "No kernel headers in $(KDIR): install linux-headers-$(KVER), or give KDIR=..." >&2; exit 1; }
	@printf '%s\n' $(oldest) '$(release)' | sort -V -C || { \
		echo "nft_mapt wants Linux $(oldest) or newer, and $(KDIR) is of $(release)" >&2; exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR) $(btf) modules

$(commands):
	$(MAKE) -C userspace/$@ VERSION=$(VERSION) LIBDIR=$(LIBDIR)

install: install-modules install-commands install-systemd install-dhcp

install-modules: modules
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_PATH=$(DESTDIR)$(MODROOT) INSTALL_MOD_DIR=updates DEPMOD=true modules_install
	$(if $(DESTDIR),,depmod $(release))

# The modules' sources, for DKMS to build them for each kernel of the machine: then "dkms install nft_mapt/VERSION".
install-dkms:
	install -d $(dkms)
	cp -R Makefile Kbuild dkms.conf LICENSE compat include net $(dkms)/
	$(MAKE) -C $(dkms) clean-modules
	rm -rf $(dkms)/net/netfilter/tests
	chmod -R u=rwX,go=rX $(dkms)

install-commands: $(commands:%=install-%)

$(commands:%=install-%): install-%: %
	$(MAKE) -C userspace/$* install VERSION=$(VERSION) PREFIX=$(PREFIX) LIBDIR=$(LIBDIR) DESTDIR=$(DESTDIR)

# The files are as they are for /usr.
install-systemd:
	install -d $(DESTDIR)$(UNITDIR) $(DESTDIR)$(PREFIX)/share/nft-mapt
	for file in systemd/*.service systemd/*.nft; do \
		case $$file in *.nft) dir=$(PREFIX)/share/nft-mapt ;; *) dir=$(UNITDIR) ;; esac; \
		sed 's|/usr/sbin|$(SBINDIR)|; s|/usr/\(share\|lib\)/nft-mapt|$(PREFIX)/\1/nft-mapt|' $$file >$(DESTDIR)$$dir/$${file##*/} && \
		chmod 644 $(DESTDIR)$$dir/$${file##*/} || exit; \
	done
	for dir in $(dropins); do \
		install -d $(DESTDIR)$(UNITDIR)/$$dir && \
		sed 's|/usr/lib/|$(LIBDIR)/|' systemd/$$dir/nft-mapt.conf >$(DESTDIR)$(UNITDIR)/$$dir/nft-mapt.conf && \
		chmod 644 $(DESTDIR)$(UNITDIR)/$$dir/nft-mapt.conf || exit; \
	done

# Clients of DHCPv6 look for hooks where they look.
install-dhcp:
	install -d $(DESTDIR)/etc/nft-mapt
	install -D -t $(DESTDIR)$(PREFIX)/lib/nft-mapt dhcp/s46 bgp/br-health
	[ -e $(DESTDIR)/etc/nft-mapt/dhcp.conf ] || install -m 644 dhcp/dhcp.conf $(DESTDIR)/etc/nft-mapt/
	for file in $(hooks); do \
		install -d $(DESTDIR)$${file#*:} && \
		sed 's|/usr/lib/nft-mapt|$(PREFIX)/lib/nft-mapt|' dhcp/$${file%:*} >$(DESTDIR)$${file#*:}/$${file%:*} && \
		chmod 644 $(DESTDIR)$${file#*:}/$${file%:*} || exit; \
	done

# DKMS has its modules in updates/dkms, and they are its own to remove.
uninstall:
	rm -f $(foreach module,nf_siit nf_mapt nft_mapt,$(updates)/net/netfilter/$(module).ko*)
	$(if $(DESTDIR),,-depmod $(release))
	rm -f $(addprefix $(DESTDIR)$(UNITDIR)/,$(notdir $(wildcard systemd/*.service)))
	rm -f $(dropins:%=$(DESTDIR)$(UNITDIR)/%/nft-mapt.conf)
	rm -rf $(DESTDIR)$(PREFIX)/share/nft-mapt $(DESTDIR)$(PREFIX)/lib/nft-mapt
	for file in $(hooks); do rm -f $(DESTDIR)$${file#*:}/$${file%:*}; done
	for dir in $(commands); do $(MAKE) -C userspace/$$dir uninstall PREFIX=$(PREFIX) LIBDIR=$(LIBDIR) DESTDIR=$(DESTDIR) || exit; done

version:
	@echo $(VERSION)

deb:
	@tools/deb.sh

demo:
	@tools/demo.sh

check:
	@tools/check.sh $(T)

kunit lint selftests:
	@tools/check.sh $@

check-rt:
	@tools/check-rt.sh

check-arch:
	@tools/check-arch.sh

fuzz:
	@fuzz/run.sh $(if $(TIME),-t $(TIME)) $(WHAT)

bench:
	@bench/run.sh $(if $(QUICK),quick)

clean: clean-modules
	for dir in $(commands); do $(MAKE) -C userspace/$$dir clean || exit; done
	rm -rf build

clean-modules:
	find net -name '*.o' -delete -o -name '*.ko' -delete -o -name '*.mod' -delete -o -name '*.mod.c' -delete -o \
		-name '.*.cmd' -delete -o -name '*.o.d' -delete -o -name modules.order -delete
	rm -rf modules.order Module.symvers .Module.symvers.cmd .modules.order.cmd .module-common.o .tmp_versions

.PHONY: all modules $(commands) install install-modules install-dkms install-commands $(commands:%=install-%) install-systemd install-dhcp \
	uninstall version deb demo check check-arch check-rt fuzz bench kunit lint selftests clean clean-modules
