/** Physical address spaces (Arm ARM, D8.1.1 with FEAT_RME). Values index TLB tags, RAM backing and device routing. */
export const PhysicalAddressSpace = { NonSecure: 0, Secure: 1, Realm: 2, Root: 3 } as const;
export type PhysicalAddressSpace = (typeof PhysicalAddressSpace)[keyof typeof PhysicalAddressSpace];

declare const brand: unique symbol;
/** A guest virtual address, 0..2^64-1. */
export type GuestVirtual = bigint & { readonly [brand]: 'GuestVirtual' };
/** A guest physical address, 0..2^52-1, exact in a double. */
export type GuestPhysical = number & { readonly [brand]: 'GuestPhysical' };
/** A byte offset in the shared WebAssembly.Memory, 0..2^32-1. */
export type WasmOffset = number & { readonly [brand]: 'WasmOffset' };
