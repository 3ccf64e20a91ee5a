/* SPDX-License-Identifier: GPL-2.0 */
/* Questions to the kernel's routing and interfaces, of the own namespace. */
#ifndef MAPT_ROUTE_H
#define MAPT_ROUTE_H

#include <stdbool.h>
#include <stdint.h>
#include <net/if.h>
#include <netinet/in.h>

/* Where a packet would go; @device is empty where it goes nowhere. */
struct route {
	unsigned char	type;		/* RTN_... */
	char		device[IFNAMSIZ];
	bool		gateway;
};

bool route_get4(uint32_t addr, struct route *route);
bool route_get6(const struct in6_addr *addr, struct route *route);
bool route_leads(const struct route *route);
const char *route_type(const struct route *route);
bool device_get(const char *name, unsigned int *mtu, bool *up);

#endif /* MAPT_ROUTE_H */
