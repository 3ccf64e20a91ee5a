/* SPDX-License-Identifier: GPL-2.0 */
/* An echo request and what comes back. */
#ifndef MAPT_PING_H
#define MAPT_PING_H

#include <stdint.h>

enum ping_result {
	PING_ANSWER,
	PING_SILENCE,
	PING_ERROR,	/* an ICMP error; see type and code */
	PING_TOO_BIG,	/* more than the path takes; see mtu */
	PING_REFUSED,	/* could not be sent; errno says why */
};

struct ping {
	double		ms;
	unsigned int	type;
	unsigned int	code;
	unsigned int	mtu;
	uint32_t	from;
};

enum ping_result ping4(uint32_t addr, unsigned int size, unsigned int seq,
		       struct ping *ping);

#endif /* MAPT_PING_H */
