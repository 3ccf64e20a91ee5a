// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: the module of what does not depend on nf_tables
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>

#include "nf_mapt_core.h"
#include "nf_mapt_flow.h"
#include "nf_mapt_napt.h"
#include "nf_mapt_route.h"

/* What network namespaces have, in the order that it comes up. */
static const struct {
	int	(*init)(void);
	void	(*fini)(void);
} parts[] = {
	{ nf_mapt_route_cache_init, nf_mapt_route_cache_fini },
	{ nf_mapt_port_init, nf_mapt_port_fini },
	{ nf_mapt_uplink_init, nf_mapt_uplink_fini },
	{ nf_mapt_mapping_init, nf_mapt_mapping_fini },
	{ nf_mapt_napt_hook_init, nf_mapt_napt_hook_fini },
	{ nf_mapt_stat_init, nf_mapt_stat_fini },
	{ nf_mapt_flow_init, nf_mapt_flow_fini },
	{ nf_mapt_late_init, nf_mapt_late_fini },
};

static void parts_fini(unsigned int num)
{
	while (num--)
		parts[num].fini();
}

static int __init nf_mapt_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		err = parts[i].init();
		if (err) {
			parts_fini(i);
			return err;
		}
	}

	return 0;
}

static void __exit nf_mapt_exit(void)
{
	parts_fini(ARRAY_SIZE(parts));
}

module_init(nf_mapt_init);
module_exit(nf_mapt_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("MAP-T (RFC 7599) translation core");
