/** What comes from a package archive: index paragraphs, apt's sources, dependencies, kernel modules. */
import { chooseMirror, parseControl, parseDeb822Sources, parseOneLineSources } from '../../../guest/apt-sources.js';
import { readModuleInfo } from '../../../guest/kernel-modules.js';
import { baseSuite, checkSuite, kernelParts, packageId } from '../../../guest/packages.js';
import { Input } from '../input.js';
import { check, rangeRefusable, refusable } from '../outcome.js';

function paragraphs(text: string): void {
  for (const paragraph of parseControl(text)) {
    check(paragraph.size > 0, () => 'an empty paragraph');
    for (const [name, value] of paragraph) {
      check(name !== '' && name === name.toLowerCase() && !/[\n:]/.test(name), () => `field ${JSON.stringify(name)}`);
      check(!/(^|\n)[ \t]|[ \t](\n|$)/.test(value) || !value.includes('\n'), () => `value ${JSON.stringify(value)}`);
    }
    const [name, version, sha256] = ['package', 'version', 'sha256'].map((key) => paragraph.get(key) ?? '');
    const id = refusable(() => packageId(name, version, sha256)) ?? 'none';
    check(/^[a-z0-9][\w.+~-]*$/.test(id), () => `file name ${JSON.stringify(id)}`);
    const names = kernelParts(paragraph.get('depends') ?? '');
    check(names.every((name) => /^linux-[a-z0-9+.-]+$/.test(name)), () => `parts ${names.join(' ')}`);
  }
}

function sources(text: string): void {
  const all = [...parseDeb822Sources(text), ...parseOneLineSources(text)];
  for (const source of all) {
    check(source.uri !== '' && !/\s/.test(source.uri), () => `URI ${JSON.stringify(source.uri)}`);
    check(!/\n/.test(source.suites.join()), () => `suites ${JSON.stringify(source.suites)}`);
  }
  for (const suite of ['trixie', text.slice(0, 16)]) {
    const chosen = chooseMirror(all, suite);
    check(chosen === undefined || all.includes(chosen), () => 'a mirror that no source names');
    baseSuite(suite);
    refusable(() => checkSuite(suite));
  }
}

function module(bytes: Uint8Array): void {
  const info = rangeRefusable(() => readModuleInfo(bytes));
  for (const [key, values] of info ?? []) {
    check(key !== '' && !key.includes('='), () => `key ${JSON.stringify(key)}`);
    check(values.length > 0, () => `no values of ${key}`);
  }
}

export function fuzz(data: Buffer): void {
  const input = new Input(data);
  const form = input.lastU8();
  const bytes = input.rest();
  if (form % 3 === 2) {
    module(bytes);
    return;
  }
  const text = new TextDecoder().decode(bytes);
  if (form % 3 === 0) paragraphs(text);
  else sources(text);
}
