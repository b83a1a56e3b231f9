/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What the guest of guest.c runs, at GUEST_CODE. Without a stack, page tables or
 * interrupts. An element of the list is an address (0 ends it), a width, and a
 * value; 4, 4 and 8 bytes. For a hypercall they are its number, CALL, its first
 * argument in the low half of the value and the second in the high half.
 */
#include "eventfd/guest_layout.h"

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
	cmp	w3, #CALL
	b.eq	call
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
call:	mov	x7, x1
	mov	w16, w2
	mov	w0, w4
	lsr	x1, x4, #32
	hvc	#0xea1
	ldr	x4, result
	str	x0, [x4]
	mov	x1, x7
	ldr	x5, count
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
result:	.quad	GUEST_RESULT
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
	cmpl	$CALL, 4(%esi)
	je	call
	cmpl	$STRING, 4(%esi)
	je	string
	cmpl	$4, 4(%esi)
	je	four
	cmpl	$2, 4(%esi)
	je	two
	mov	%al, (%ebx)
	jmp	done
read:	mov	(%ebx), %eax
	jmp	done
call:	mov	$GUEST_STACK, %esp
	mov	$0x40000000, %ecx
	mov	$GUEST_HYPERCALLS, %eax
	xor	%edx, %edx
	wrmsr
	mov	%ebx, %eax
	shl	$5, %eax
	add	$GUEST_HYPERCALLS, %eax
	mov	8(%esi), %ebx
	mov	12(%esi), %ecx
	call	*%eax
	mov	%eax, GUEST_RESULT
	jmp	done
string:	mov	%esi, %edx
	mov	%ebx, %edi
	mov	%eax, %esi
	mov	$2, %ecx
	rep movsl
	mov	%edx, %esi
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
