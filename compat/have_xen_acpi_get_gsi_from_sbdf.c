// SPDX-License-Identifier: GPL-2.0-only
// SPDX-FileCopyrightText: 2026 the xen-privcmd authors
// Since 6.12 the kernel can tell the GSI of a PCI device that pciback holds. The function
// exists only with ACPI for Xen (x86); elsewhere its header does not compile. Without it
// PCIDEV_GET_GSI is EOPNOTSUPP. This question goes when 6.1 is no longer supported.
#ifdef CONFIG_XEN_ACPI
#include <xen/acpi.h>
#endif

#ifndef COMPAT_CONTROL
#ifndef CONFIG_XEN_ACPI
#error "not on this architecture"
#endif

int compat_xen_acpi_get_gsi_from_sbdf(void);
int compat_xen_acpi_get_gsi_from_sbdf(void)
{
	return xen_acpi_get_gsi_from_sbdf(0);
}
#endif
