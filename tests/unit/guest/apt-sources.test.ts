import { describe, expect, it } from 'vitest';
import { chooseMirror, parseControl, parseDeb822Sources, parseOneLineSources } from '../../../guest/apt-sources.js';

describe('deb822 sources', () => {
  it('are read with comments, several values and a signature', () => {
    const sources = parseDeb822Sources(
      [
        'Types: deb deb-src',
        '# a comment within',
        'URIs: http://one.example/debian/ http://two.example/debian',
        'Suites: trixie',
        ' trixie-updates',
        'Components: main contrib',
        'Signed-By: /usr/share/keyrings/x.gpg',
        '',
        'Types: deb-src',
        'URIs: http://source.example/debian',
        'Suites: trixie',
        '',
        'types: deb',
        'uris: http://three.example/debian-security',
        'suites: trixie-security',
        'Enabled: yes',
      ].join('\n'),
    );
    expect(sources.map((source) => source.uri)).toEqual([
      'http://one.example/debian/',
      'http://two.example/debian',
      'http://three.example/debian-security',
    ]);
    expect(sources[0]).toEqual({
      uri: 'http://one.example/debian/',
      suites: ['trixie', 'trixie-updates'],
      components: ['main', 'contrib'],
      signedBy: '/usr/share/keyrings/x.gpg',
    });
    expect(sources[2]!.signedBy).toBeUndefined();
  });

  it('that are disabled are left out', () => {
    expect(parseDeb822Sources('Types: deb\nEnabled: no\nURIs: http://x.example/debian\nSuites: sid\n')).toEqual([]);
  });

  it('keep an embedded key', () => {
    const [source] = parseDeb822Sources(
      'Types: deb\nURIs: http://x.example/debian\nSuites: sid\nSigned-By:\n -----BEGIN-----\n .\n abc\n',
    );
    expect(source!.signedBy).toBe('\n-----BEGIN-----\n.\nabc');
  });
});

describe('one-line sources', () => {
  it('are read with and without options', () => {
    const sources = parseOneLineSources(
      [
        '# deb http://off.example/debian sid main',
        'deb http://one.example/debian bookworm main contrib # why',
        'deb [arch=amd64 signed-by=/k.gpg] http://two.example/debian/ trixie main',
        'deb-src http://one.example/debian bookworm main',
        'nonsense',
      ].join('\n'),
    );
    expect(sources).toEqual([
      { uri: 'http://one.example/debian', suites: ['bookworm'], components: ['main', 'contrib'] },
      { uri: 'http://two.example/debian/', suites: ['trixie'], components: ['main'], signedBy: '/k.gpg' },
    ]);
  });
});

describe('the mirror', () => {
  const at = (uri: string, ...suites: string[]) => ({ uri, suites, components: ['main'] });

  it('is the one that names the suite, else any Debian archive', () => {
    const sources = [
      at('http://packages.example/apt', 'stable'),
      at('http://security.example/debian-security', 'trixie-security'),
      at('http://first.example/debian', 'bookworm'),
      at('http://second.example/pub/debian/', 'sid'),
    ];
    expect(chooseMirror(sources, 'sid')?.uri).toBe('http://second.example/pub/debian/');
    expect(chooseMirror(sources, 'trixie')?.uri).toBe('http://first.example/debian');
  });

  it('may be a snapshot or a mirror list', () => {
    const snapshot = 'http://snapshot.example/archive/debian/20250520T000000Z';
    expect(chooseMirror([at(snapshot)], 'sid')?.uri).toBe(snapshot);
    const list = 'mirror+file:///etc/apt/mirrors/debian.list';
    expect(chooseMirror([at(list)], 'sid')?.uri).toBe(list);
  });

  it('is nothing on a machine of another distribution', () => {
    expect(chooseMirror([at('http://archive.example/ubuntu', 'noble')], 'trixie')).toBeUndefined();
  });
});

describe('control paragraphs', () => {
  it('are separated by empty lines', () => {
    const paragraphs = parseControl('Package: a\nDepends: b,\n c\n\n\nPackage: d\n');
    expect(paragraphs.map((paragraph) => Object.fromEntries(paragraph))).toEqual([
      { package: 'a', depends: 'b,\nc' },
      { package: 'd' },
    ]);
  });
});
