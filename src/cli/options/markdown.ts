/** README.md's option tables, made from the option tables. */
import { optionUsage, orderedOptions } from './command.js';
import type { OptionTable } from './spec.js';

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** A Markdown table of one command's options. */
export function optionsMarkdown(table: OptionTable): string {
  const rows = orderedOptions(table).map(([name, spec]) => {
    const defaultText = spec.kind !== 'switch' && spec.defaultText !== undefined ? `\`${spec.defaultText}\`` : '';
    const many = spec.kind === 'list' ? ' (may be repeated)' : '';
    return `| \`${cell(optionUsage(name, spec))}\` | ${cell(spec.description)}${many} | ${cell(defaultText)} |`;
  });
  return ['| Option | Meaning | Default |', '| --- | --- | --- |', ...rows].join('\n');
}

/** Replaces what stands between `<!-- NAME -->` and `<!-- /NAME -->` on lines of their own. */
export function replaceSection(document: string, name: string, content: string): string {
  const opening = `<!-- ${name} -->\n`;
  const closing = `\n<!-- /${name} -->`;
  const start = document.indexOf(opening);
  const end = document.indexOf(closing, start);
  if (start < 0 || end < 0) throw new RangeError(`no section ${name} in the document`);
  return document.slice(0, start + opening.length) + content + document.slice(end);
}
