# SPDX-License-Identifier: GPL-2.0
#
# $(B)/libmapt.a, for the programs that are made of it: prefixes, mapping rules, the statement and its forms. Their Makefile has set CC, CFLAGS,
# CPPFLAGS, WARN and B, and has a rule that makes $(B).

# this file's directory, and the checkout's
LIBMAPT		:= $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
SRCTREE		:= $(LIBMAPT)/../..

LIBMAPT_HDRS	:= $(wildcard $(LIBMAPT)/*.h $(LIBMAPT)/kernel/*/*.h) \
		   $(SRCTREE)/include/net/netfilter/nf_mapt_rule.h \
		   $(SRCTREE)/include/uapi/linux/netfilter/nf_tables_mapt.h
LIBMAPT_OBJS	:= $(patsubst %,$(B)/libmapt/%.o,buf check json netlink option prefix \
		   print rule s46 softwire stmt nf_mapt_rule)

LIBMAPT_CPPFLAGS := -I$(LIBMAPT) -idirafter $(SRCTREE)/include/uapi
# for what includes arith.h
ARITH_CPPFLAGS	:= -I$(LIBMAPT)/kernel -I$(SRCTREE)/include
# It also goes into shared objects.
LIBMAPT_CFLAGS	:= -fPIC -fvisibility=hidden
LIBMAPT_CC	= $(CC) $(LIBMAPT_CPPFLAGS) $(CPPFLAGS) $(CFLAGS) $(WARN) $(LIBMAPT_CFLAGS)

$(B)/libmapt.a: $(LIBMAPT_OBJS)
	rm -f $@
	$(AR) rcs $@ $^

$(B)/libmapt/%.o: $(LIBMAPT)/%.c $(LIBMAPT_HDRS) | $(B)/libmapt
	$(LIBMAPT_CC) -c -o $@ $<

$(B)/libmapt/rule.o $(B)/libmapt/softwire.o: $(B)/libmapt/%.o: $(LIBMAPT)/%.c $(LIBMAPT_HDRS) | $(B)/libmapt
	$(LIBMAPT_CC) $(ARITH_CPPFLAGS) -c -o $@ $<

$(B)/libmapt/nf_mapt_rule.o: $(SRCTREE)/net/netfilter/nf_mapt_rule.c $(LIBMAPT_HDRS) | $(B)/libmapt
	$(LIBMAPT_CC) $(ARITH_CPPFLAGS) -c -o $@ $<

$(B)/libmapt: | $(B)
	mkdir -p $@
