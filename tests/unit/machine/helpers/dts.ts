import { DeviceTreeNode, cells } from '../../../../src/machine/device-tree/node.js';

/** Reads the subset of device tree source that dtc prints from a blob. */
export function parseDts(text: string): DeviceTreeNode {
  const tokens: string[] = text.match(/"(?:[^"\\]|\\.)*"|<[^>]*>|\[[^\]]*\]|[{};=,]|[^\s{};="<[]+(?=[\s;{=])/g) ?? [];
  let at = tokens.indexOf('/');
  const root = new DeviceTreeNode('');
  const body = (node: DeviceTreeNode): void => {
    if (tokens[at++] !== '{') throw new Error(`{ expected before ${tokens[at]}`);
    while (tokens[at] !== '}') {
      const name = tokens[at++];
      if (tokens[at] === '{') {
        body(node.add(name));
      } else if (tokens[at] === ';') {
        node.set(name, new Uint8Array(0));
        at++;
      } else {
        const parts: number[] = [];
        while (tokens[at++] !== ';') {
          if (tokens[at] !== ';') parts.push(...value(tokens[at]));
        }
        node.set(name, Uint8Array.from(parts));
      }
    }
    at += 2;
  };
  at++;
  body(root);
  return root;
}

function value(token: string): Uint8Array {
  if (token.startsWith('<')) return cells(...token.slice(1, -1).trim().split(/\s+/).map(Number));
  if (token.startsWith('[')) {
    return Uint8Array.from(token.slice(1, -1).trim().split(/\s+/), (byte) => parseInt(byte, 16));
  }
  if (!token.startsWith('"')) return new Uint8Array(0);
  const text = token.slice(1, -1).replace(/\\([0-7]{1,3})|\\(.)/g, (_all, octal, char) =>
    octal === undefined ? char : String.fromCharCode(parseInt(octal, 8)));
  return new TextEncoder().encode(`${text}\0`);
}

/** A tree as text, properties sorted, nodes in order: for comparing and for readable differences. */
export function describeTree(node: DeviceTreeNode, path = '/'): string[] {
  const lines = [path];
  for (const name of [...node.properties.keys()].sort()) {
    const bytes = node.properties.get(name) as Uint8Array;
    lines.push(`${path} ${name} = ${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`);
  }
  for (const child of node.children) lines.push(...describeTree(child, `${path === '/' ? '' : path}/${child.name}`));
  return lines;
}
