import { expect, test } from 'vitest';
import { connectClusterManager } from '../../src/cluster-manager/cluster-manager.ts';
import { parseCmUrl } from '../../src/cluster-manager/cm-url.ts';
import { readDrcProperties } from '../../src/cluster-manager/drc-properties.ts';

test.each([
  ['plain', 'cm.url=http://10.0.0.5:8088\n'],
  ['blanks around', '  cm.url \t=  http://10.0.0.5:8088  \n'],
  ['CRLF among others', '# drc\r\na=b\r\ncm.url=http://10.0.0.5:8088\r\nc=d\r\n'],
  ['a colon as separator', 'cm.url: http://10.0.0.5:8088'],
  ['a blank as separator', 'cm.url http://10.0.0.5:8088'],
  ["Java's escapes", String.raw`cm.url=http\://10.0.0.5\:8088`],
  ['a slash at the end', 'cm.url=http://10.0.0.5:8088/'],
  ['comments with other addresses', '#cm.url=http://1.1.1.1:1\n ! cm.url=http://2.2.2.2:2\ncm.url=http://10.0.0.5:8088'],
  ['keys that only look alike', 'xcm.url=http://1.1.1.1:1\ncm.url.old=http://2.2.2.2:2\ncmXurl=x\ncm.url=http://10.0.0.5:8088'],
  ['the same line twice', 'cm.url=http://10.0.0.5:8088\ncm.url = http://10.0.0.5:8088'],
  ['a byte order mark', '\uFEFFcm.url=http://10.0.0.5:8088'],
])('the address is found in drc.properties: %s', (_, text) => {
  expect(readDrcProperties(text)).toEqual({ ok: true, value: 'http://10.0.0.5:8088' });
});

test.each([
  ['an empty file', '', /no line "cm\.url=…"/],
  ['only a comment', '#cm.url=http://10.0.0.5:8088', /no line/],
  ['no value', 'cm.url=', /address is empty/],
  ['no scheme', 'cm.url=10.0.0.5:8088', /does not begin with http/],
  ['two that differ', 'cm.url=http://10.0.0.5:8088\ncm.url=http://10.0.0.6:8088', /2 lines .* differ/],
])('drc.properties with %s is refused with a sentence', (_, text, error) => {
  const parsed = readDrcProperties(text);
  expect(parsed.ok).toBe(false);
  expect(!parsed.ok && parsed.error).toMatch(error);
});

test.each([
  ['http://10.0.0.5:8088', 'http://10.0.0.5:8088'],
  [' https://cm.example.com/ ', 'https://cm.example.com'],
  ['http://10.0.0.5:8088/cm/v1//', 'http://10.0.0.5:8088/cm/v1'],
  ['HTTP://CM:8088', 'http://cm:8088'],
  ['http://[fd00::5]:8088/', 'http://[fd00::5]:8088'],
])('the address %s is taken as %s', (text, value) => {
  expect(parseCmUrl(text)).toEqual({ ok: true, value });
});

test.each([
  ['', /empty/],
  ['   ', /empty/],
  ['10.0.0.5:8088', /begin with http/],
  ['localhost:8088', /begin with http/],
  ['ftp://10.0.0.5', /begin with http/],
  ['http://', /not an address/],
  ['http://10.0.0.5:99999', /not an address/],
  ['http://10.0.0.5:0', /port 0/],
  ['http://10.0.0.5:8088/?a=b', /'\?' or '#'/],
  ['http://10.0.0.5:8088/#x', /'\?' or '#'/],
  ['http://10.0.0.5:8088, http://10.0.0.6:8088', /blank/],
  ['http://10.0.0.5:8088\nx', /blank/],
  [null, /not null/],
  [8088, /not number/],
])('the address %j is refused, with an example', (text, error) => {
  const parsed = parseCmUrl(text);
  expect(parsed.ok).toBe(false);
  expect(!parsed.ok && parsed.error).toMatch(error);
  expect(!parsed.ok && parsed.error).toContain('http://10.0.0.5:8088');
});

test('an address with credentials is refused, and the complaint does not repeat them', () => {
  for (const text of [
    'http://root:s3cret@10.0.0.5:8088',
    'http://s3cret@10.0.0.5',
    'root:s3cret@10.0.0.5:8088',
    'http://root:s3/cret@h',
  ]) {
    for (const parsed of [parseCmUrl(text), readDrcProperties(`cm.url=${text}`)]) {
      expect(parsed.ok).toBe(false);
      expect(!parsed.ok && parsed.error).toMatch(/user and password do not belong/);
      expect(JSON.stringify(parsed)).not.toContain('cret');
    }
    expect(() => connectClusterManager({ baseUrl: text })).toThrow(/user and password do not belong/);
  }
});

test('time limits and connections that cannot stand are refused by name', () => {
  const baseUrl = 'http://10.0.0.5:8088';
  expect(() => connectClusterManager({ baseUrl, readTimeoutMs: 0 })).toThrow(/readTimeoutMs is 0/);
  expect(() => connectClusterManager({ baseUrl, commandTimeoutMs: 1.5 })).toThrow(/commandTimeoutMs is 1\.5/);
  expect(() => connectClusterManager({ baseUrl, commandTimeoutMs: 3e9 })).toThrow(/commandTimeoutMs/);
  expect(() => connectClusterManager({ baseUrl, connections: Number.NaN })).toThrow(/connections is NaN/);
});
