/** Structures in shared memory, declared once: offsets, sizes and a description for the layout hash derive from it. */

export type FieldType = 'u8' | 'u32' | 'u64' | 'v128';
/** A field is a type, or a type and an element count. */
export type FieldSpec = FieldType | readonly [FieldType, number];

const WIDTH: Record<FieldType, number> = { u8: 1, u32: 4, u64: 8, v128: 16 };

export interface Struct<K extends string> {
  readonly name: string;
  /** Bytes, a multiple of 16. */
  readonly size: number;
  /** Byte offset of each field from the structure's base. */
  readonly offset: Readonly<Record<K, number>>;
  /** Text that changes whenever the binary layout changes. */
  readonly description: string;
}

/** Lays fields out in declaration order, each at its natural alignment. */
export function defineStruct<K extends string>(name: string, fields: Record<K, FieldSpec>): Struct<K> {
  const offset = {} as Record<K, number>;
  const text: string[] = [];
  let at = 0;
  for (const key of Object.keys(fields) as K[]) {
    const spec: FieldSpec = fields[key];
    const type: FieldType = typeof spec === 'string' ? spec : spec[0];
    const count = typeof spec === 'string' ? 1 : spec[1];
    const width = WIDTH[type];
    at = Math.ceil(at / width) * width;
    offset[key] = at;
    text.push(`${key}@${at}:${type}*${count}`);
    at += width * count;
  }
  return { name, size: Math.ceil(at / 16) * 16, offset, description: `${name}{${text.join(',')}}` };
}

/** FNV-1a, 32 bits: names a layout, not a secret. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
