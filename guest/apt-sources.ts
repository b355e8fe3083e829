/** The Debian mirror and keyring named in a machine's own apt sources (sources.list(5), both formats). */

/** One archive that apt is told of. */
export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** The Signed-By value: a keyring's path, fingerprints, or an embedded key block (then with line breaks). */
  readonly signedBy?: string;
}

/** A paragraph of `Field: value` lines (deb822(5)); continuation lines stay in the value, separated by '\n'. */
export type ControlParagraph = ReadonlyMap<string, string>;

/** Reads deb822 text; field names are lower-cased, lines starting with '#' are comments. */
export function parseControl(text: string): ControlParagraph[] {
  const paragraphs: ControlParagraph[] = [];
  let fields = new Map<string, string>();
  let last = '';
  const close = () => {
    if (fields.size > 0) paragraphs.push(fields);
    fields = new Map();
    last = '';
  };
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue;
    if (line.trim() === '') {
      close();
    } else if (/^[ \t]/.test(line)) {
      if (last) fields.set(last, `${fields.get(last) ?? ''}\n${line.trim()}`);
    } else {
      const colon = line.indexOf(':');
      if (colon <= 0) continue;
      last = line.slice(0, colon).trim().toLowerCase();
      fields.set(last, line.slice(colon + 1).trim());
    }
  }
  close();
  return paragraphs;
}

function words(value: string | undefined): string[] {
  return (value ?? '').split(/\s+/).filter((word) => word !== '');
}

/** Sources of a deb822-style `.sources` file that are enabled and hold binary packages. */
export function parseDeb822Sources(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const paragraph of parseControl(text)) {
    if (!words(paragraph.get('types')).includes('deb')) continue;
    if (/^(no|false|off|0|without|disable)$/i.test(paragraph.get('enabled') ?? '')) continue;
    const signedBy = paragraph.get('signed-by');
    for (const uri of words(paragraph.get('uris'))) {
      sources.push({
        uri,
        suites: words(paragraph.get('suites')),
        components: words(paragraph.get('components')),
        ...(signedBy ? { signedBy } : {}),
      });
    }
  }
  return sources;
}

/** Sources of a one-line-style `.list` file: `deb [option=value ...] uri suite component...`. */
export function parseOneLineSources(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const raw of text.split('\n')) {
    const line = raw.replace(/#.*$/, '').trim();
    const match = /^deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*(.*)$/.exec(line);
    if (!match) continue;
    const [, options = '', uri = '', suite = '', components = ''] = match;
    const signedBy = words(options)
      .map((option) => /^signed-by=(.+)$/i.exec(option)?.[1])
      .find((value) => value !== undefined);
    sources.push({ uri, suites: [suite], components: words(components), ...(signedBy ? { signedBy } : {}) });
  }
  return sources;
}

/**
 * A URI whose last path part is `debian` (or a dated snapshot of it, or a mirror list of that name as cloud images have
 * it): the main Debian archive, not its security one.
 */
function isDebianArchive(uri: string): boolean {
  const path = uri.replace(/^[a-z+]+:(\/\/[^/]*)?/i, '').replace(/\/+$/, '');
  return /(^|\/)debian(\/\d{8}T\d{6}Z|\.list)?$/.test(path);
}

/**
 * The source to fetch `suite` from: one that names the suite if there is one, else any Debian archive, since a mirror
 * carries all suites.
 */
export function chooseMirror(sources: readonly AptSource[], suite: string): AptSource | undefined {
  const archives = sources.filter((source) => isDebianArchive(source.uri));
  return archives.find((source) => source.suites.includes(suite)) ?? archives[0];
}
