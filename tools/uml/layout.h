/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included in front of some files of a kernel to be timed: what the linker puts behind this is
 * moved by LAYOUT_GAP bytes. See build-uml.sh.
 */
asm(".text\n\t.skip " LAYOUT_GAP ", 0x90");
