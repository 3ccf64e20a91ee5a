# SPDX-License-Identifier: GPL-2.0-only
#
# make             nft-mapt, and the modules for this machine's kernel
# make install     both, with the man page; make uninstall removes them
# make demo        the tutorial's network, in a guest: nothing of this machine is touched
# make check       every test (T=PATTERN: only those whose name contains it)
# make kunit, make lint, make selftests: parts of it
# make bench       what a packet costs (QUICK=1: roughly, in a minute)

KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build
PREFIX ?= /usr/local
DESTDIR ?=

# The release that KDIR builds for, which may be another than the running one.
release = $(or $(shell cat $(KDIR)/include/config/kernel.release 2>/dev/null),$(KVER))
updates = $(DESTDIR)/lib/modules/$(release)/updates

# Debian's headers make BTF with pahole, which comes with them when they are installed. A module works without.
btf = $(if $(shell command -v pahole),,CONFIG_DEBUG_INFO_BTF_MODULES=)

all: modules nft-mapt

modules:
	@test -e $(KDIR)/Makefile || { \
		echo "No kernel headers in $(KDIR): install linux-headers-$(KVER), or give KDIR=..." >&2; exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR) $(btf) modules

nft-mapt:
	$(MAKE) -C userspace/nft-mapt

install: install-modules install-nft-mapt

install-modules: modules
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_PATH=$(DESTDIR) INSTALL_MOD_DIR=updates modules_install
	depmod $(if $(DESTDIR),-b $(DESTDIR)) $(release)

install-nft-mapt: nft-mapt
	$(MAKE) -C userspace/nft-mapt install PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)

uninstall:
	find $(updates) -name 'nf_mapt.ko*' -delete -o -name 'nft_mapt.ko*' -delete 2>/dev/null || true
	-depmod $(if $(DESTDIR),-b $(DESTDIR)) $(release)
	$(MAKE) -C userspace/nft-mapt uninstall PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)

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
	rm -rf build

clean-modules:
	find net -name '*.o' -delete -o -name '*.ko' -delete -o -name '*.mod' -delete -o -name '*.mod.c' -delete -o \
		-name '.*.cmd' -delete -o -name '*.o.d' -delete -o -name modules.order -delete
	rm -rf modules.order Module.symvers .Module.symvers.cmd .modules.order.cmd .module-common.o .tmp_versions

.PHONY: all modules nft-mapt install install-modules install-nft-mapt uninstall demo check bench kunit lint selftests \
	clean clean-modules
