/** README.md says what the tables say; `npx vitest run tests/unit/cli/readme.test.ts -u` brings it up to date. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ExitStatus } from '../../../src/cli/exit-status.js';
import { optionsMarkdown, replaceSection } from '../../../src/cli/options/markdown.js';
import { bootOptions, explainOptions, fetchOptions } from '../../../src/cli/options/tables.js';

const PATH = fileURLToPath(new URL('../../../README.md', import.meta.url));

describe('README.md', () => {
  it('has the option tables as they are', async () => {
    let readme = readFileSync(PATH, 'utf8');
    readme = replaceSection(readme, 'options of boot', optionsMarkdown(bootOptions));
    readme = replaceSection(readme, 'options of fetch', optionsMarkdown(fetchOptions));
    readme = replaceSection(readme, 'options of explain', optionsMarkdown(explainOptions));
    await expect(readme).toMatchFileSnapshot(PATH);
  });

  it('has every exit status', () => {
    const readme = readFileSync(PATH, 'utf8');
    const listed = [...readme.matchAll(/^\| (\d+) \| /gm)].map((match) => Number(match[1]));
    expect(listed).toEqual(expect.arrayContaining(Object.values(ExitStatus)));
  });

  it('cannot lose a section unnoticed', () => {
    expect(() => replaceSection('nothing', 'options of boot', '')).toThrow(RangeError);
  });
});
