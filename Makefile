# SPDX-License-Identifier: GPL-2.0-only
#
# make             nft-mapt, mapt, and the modules for this machine's kernel
# make install     all of them, with the man pages; make uninstall removes them
# make deb         Debian packages, in build/deb
# make demo        the tutorial's network, in a guest: nothing of this machine is touched
# make check       every test (T=PATTERN: only those whose name contains it)
# make kunit, make lint, make selftests: parts of it
# make bench       what a packet costs (QUICK=1: roughly, in a minute)
#
# For packages: install-modules, install-dkms, install-nft-mapt and install-mapt are the parts of install; DESTDIR is where they go, and nothing is
# run there. MODROOT is what stands before /lib/modules.

KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build
PREFIX ?= /usr/local
DESTDIR ?=
# /usr where /lib is a link into it
MODROOT ?= $(if $(shell readlink /lib),/usr)

# The one place that has it: DKMS wants it there.
VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"$$/\1/p' $(CURDIR)/dkms.conf)
oldest := 6.12

# The release that KDIR builds for, which may be another than the running one.
release = $(or $(shell cat $(KDIR)/include/config/kernel.release 2>/dev/null),$(KVER))
updates = $(DESTDIR)$(MODROOT)/lib/modules/$(release)/updates
dkms = $(DESTDIR)/usr/src/nft_mapt-$(VERSION)

# Debian's headers make BTF with pahole, which comes with them when they are installed. A module works without.
btf = $(if $(shell command -v pahole),,CONFIG_DEBUG_INFO_BTF_MODULES=)

all: modules nft-mapt mapt

modules:
	@test -e $(KDIR)/Makefile || { \
		echo "No kernel headers in $(KDIR): install linux-headers-$(KVER), or give KDIR=..." >&2; exit 1; }
	@printf '%s\n' $(oldest) '$(release)' | sort -V -C || { \
		echo "nft_mapt wants Linux $(oldest) or newer, and $(KDIR) is of $(release)" >&2; exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR) $(btf) modules

nft-mapt mapt:
	$(MAKE) -C userspace/$@ VERSION=$(VERSION)

install: install-modules install-nft-mapt install-mapt

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

install-nft-mapt install-mapt: install-%: %
	$(MAKE) -C userspace/$* install VERSION=$(VERSION) PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)

# DKMS has its modules in updates/dkms, and they are its own to remove.
uninstall:
	rm -f $(updates)/net/netfilter/nf_mapt.ko* $(updates)/net/netfilter/nft_mapt.ko*
	$(if $(DESTDIR),,-depmod $(release))
	$(MAKE) -C userspace/nft-mapt uninstall PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)
	$(MAKE) -C userspace/mapt uninstall PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)

deb:
	@tools/deb.sh

demo:
	@tools/demo.sh

check:
	@tools/check.sh $(T)

kunit lint selftests:
	@tools/check.sh $@

bench:
	@bench/run.sh $(if $(QUICK),quick)

clean: clean-modules
	$(MAKE) -C userspace/nft-mapt clean
	$(MAKE) -C userspace/mapt clean
	rm -rf build

clean-modules:
	find net -name '*.o' -delete -o -name '*.ko' -delete -o -name '*.mod' -delete -o -name '*.mod.c' -delete -o \
		-name '.*.cmd' -delete -o -name '*.o.d' -delete -o -name modules.order -delete
	rm -rf modules.order Module.symvers .Module.symvers.cmd .modules.order.cmd .module-common.o .tmp_versions

.PHONY: all modules nft-mapt mapt install install-modules install-dkms install-nft-mapt install-mapt uninstall deb demo check bench kunit lint \
	selftests clean clean-modules
