/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * What the guest of guest.c runs, at GUEST_CODE. Without a stack, page tables or
 * interrupts. An element of the list is an address (0 ends it), a width, and a
 * value; 4, 4 and 8 bytes.
 */
#include "guest_layout.h"

	.section .rodata
	.global guest_code, guest_code_end
	.balign 4

#ifdef __aarch64__
guest_code:
	ldr	x5, count
again:	ldr	x1, list
next:	ldr	w2, [x1]
	ldr	w3, [x1, #4]
	ldr	x4, [x1, #8]
	cbz	w2, park
	cmp	w3, #READ_4
	b.eq	read
	cmp	w3, #8
	b.eq	eight
	cmp	w3, #4
	b.eq	four
	cmp	w3, #2
	b.eq	two
	strb	w4, [x2]
	b	done
read:	ldr	w4, [x2]
	b	done
eight:	str	x4, [x2]
	b	done
four:	str	w4, [x2]
	b	done
two:	strh	w4, [x2]
done:	ldr	w6, [x5]
	add	w6, w6, #1
	str	w6, [x5]
	add	x1, x1, #16
	b	next
park:	ldr	x2, parking
	str	w2, [x2]
	b	again
	.balign 8
list:	.quad	GUEST_LIST
count:	.quad	GUEST_COUNT
parking:
	.quad	PARK
#else
	.code32
guest_code:
again:	mov	$GUEST_LIST, %esi
next:	mov	(%esi), %ebx
	mov	8(%esi), %eax
	test	%ebx, %ebx
	jz	park
	cmpl	$READ_4, 4(%esi)
	je	read
	cmpl	$4, 4(%esi)
	je	four
	cmpl	$2, 4(%esi)
	je	two
	mov	%al, (%ebx)
	jmp	done
read:	mov	(%ebx), %eax
	jmp	done
four:	mov	%eax, (%ebx)
	jmp	done
two:	mov	%ax, (%ebx)
done:	incl	GUEST_COUNT
	add	$16, %esi
	jmp	next
park:	mov	%eax, PARK
	jmp	again
	.code64
#endif
guest_code_end:

	.section .note.GNU-stack, "", %progbits
