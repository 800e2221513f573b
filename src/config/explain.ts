import { z } from 'zod';
import type { ConfigFault } from './config.ts';
import { ConfigFile, EXAMPLES, NOT_BUILT } from './schema.ts';

export type FaultPath = readonly (string | number)[];

/** `clusters[0].policy.verify.within` */
export function pathText(path: FaultPath): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${part}`)).join('');
}

/** A fault with the example for its place, where the message does not show one already. */
export function faultAt(path: FaultPath, message: string): ConfigFault {
  return withExample({ path: pathText(path), message });
}

export function withExample({ path, message }: ConfigFault): ConfigFault {
  const example = EXAMPLES[path.replace(/\[\d+\]/g, '')];
  return { path, message: example === undefined ? message : `${message}; for example ${example}` };
}

/** What zod found, said for operators: one fault for each unknown key, nothing about types of JavaScript. */
export function explain(issue: z.core.$ZodIssue): ConfigFault[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key));
  return [faultAt(path, sentence(issue))];
}

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return wrongType(issue);
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'too_small' && issue.origin !== 'number' && issue.origin !== 'int') return 'is empty';
  if (issue.code === 'too_small') return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`;
  return issue.message;
}

const TYPES: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'a group of settings',
  string: 'text',
};

function wrongType(issue: z.core.$ZodIssueInvalidType): string {
  return issue.message.endsWith('received undefined') ? 'is missing' : `must be ${TYPES[issue.expected] ?? issue.expected}`;
}

function unknownKey(path: FaultPath, key: string): ConfigFault {
  const at = [...path, key];
  if (NOT_BUILT.includes(key)) {
    return {
      path: pathText(at),
      message: 'is not built yet: this version would ignore it silently; remove it',
    };
  }
  const known = knownKeys(ConfigFile, path);
  const near = nearest(key, known);
  if (near !== undefined) return faultAtKnown(at, path, `is not a key of storekeeper.yaml; did you mean ${near}?`, near);
  const elsewhere = Object.keys(EXAMPLES).filter((place) => place.split('.').at(-1) === key);
  if (elsewhere.length > 0) {
    const place = elsewhere.map((found) => found.replace(/^clusters\./, 'clusters[].')).join(' or ');
    return faultAtKnown(at, elsewhere[0]?.split('.').slice(0, -1) ?? [], `does not belong here; its place is ${place}`, key);
  }
  return { path: pathText(at), message: `is not a key of storekeeper.yaml; the keys here are ${known.join(', ')}` };
}

function faultAtKnown(at: FaultPath, parent: FaultPath, message: string, key: string): ConfigFault {
  return { path: pathText(at), message: faultAt([...parent, key], message).message };
}

/** The keys that the schema has at this path. */
function knownKeys(schema: z.core.$ZodType, path: FaultPath): string[] {
  let at: z.core.$ZodType | undefined = schema;
  for (const part of path) {
    const here = unwrapped(at);
    if (here instanceof z.ZodArray) at = here.element;
    else at = here instanceof z.ZodObject ? (here.shape as Record<string, z.core.$ZodType>)[part] : undefined;
  }
  const found = unwrapped(at);
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}

function unwrapped(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  return schema instanceof z.ZodOptional ? unwrapped(schema.unwrap()) : schema;
}

/** The known key that is at most a third of its letters away; upper and lower case do not count. */
function nearest(key: string, known: readonly string[]): string | undefined {
  const scored = known.map((candidate) => ({ candidate, away: distance(key.toLowerCase(), candidate.toLowerCase()) }));
  const best = scored.toSorted((a, b) => a.away - b.away)[0];
  if (best === undefined) return undefined;
  return best.away <= Math.max(1, Math.floor(Math.max(key.length, best.candidate.length) / 3)) ? best.candidate : undefined;
}

/** Levenshtein's: how many letters to insert, drop or change. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
