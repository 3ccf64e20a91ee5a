/* SPDX-License-Identifier: GPL-2.0 */
/*
 * MAP-T: connections in flowtables
 */
#ifndef _NF_MAPT_FLOW_H
#define _NF_MAPT_FLOW_H

#include "nf_mapt_core.h"

/* nf_mapt_flow.c */
#if IS_ENABLED(CONFIG_NF_FLOW_TABLE)
bool nf_mapt_flow_wanted(const struct nf_mapt_pkt *pkt);
void nf_mapt_flow_learn(const struct nf_mapt_pkt *pkt,
			const struct nf_siit_addrs6 *to, unsigned long refdst);
int nf_mapt_flow_init(void);
void nf_mapt_flow_fini(void);
#else
static inline bool nf_mapt_flow_wanted(const struct nf_mapt_pkt *pkt)
{
	return false;
}

static inline void nf_mapt_flow_learn(const struct nf_mapt_pkt *pkt,
				      const struct nf_siit_addrs6 *to,
				      unsigned long refdst)
{
}

static inline int nf_mapt_flow_init(void)
{
	return 0;
}

static inline void nf_mapt_flow_fini(void)
{
}
#endif

#endif /* _NF_MAPT_FLOW_H */
