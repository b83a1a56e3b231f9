// SPDX-License-Identifier: GPL-2.0-only
// SPDX-FileCopyrightText: 2026 the xen-privcmd authors
// 6.12 can tell the GSI of a PCI device that pciback holds. Declared wherever
// there is a dom0, there only with ACPI for Xen, which is x86; elsewhere the
// header does not compile. Without it PCIDEV_GET_GSI is EOPNOTSUPP. Goes when
// 6.1 does.
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
