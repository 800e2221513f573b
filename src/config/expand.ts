import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ConfigFault } from './config.ts';
import { pathText, type FaultPath } from './explain.ts';
import { NOT_BUILT } from './schema.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** The file's content with every `${…}` replaced, and what must not appear in a message about it. */
export interface Expanded {
  readonly value: unknown;
  readonly faults: readonly ConfigFault[];
  /** By path: what was put in there, and the reference that it came from. */
  readonly inserted: ReadonlyMap<string, readonly { readonly text: string; readonly reference: string }[]>;
  /** The files that were read, by absolute path. */
  readonly files: readonly string[];
}

const REFERENCE = /\$\{([^}]*)\}/g;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Replaces `${NAME}` by the environment variable of that name and `${file:PATH}` by the content of a file (its
 * path relative to `folder`, blanks at its ends dropped), in every string value. Done after YAML was read, so
 * that a secret cannot change the structure of the file.
 */
export async function expandReferences(tree: unknown, env: Env, folder: string): Promise<Expanded> {
  const faults: ConfigFault[] = [];
  const inserted = new Map<string, { text: string; reference: string }[]>();
  const files = new Set<string>();

  const expandText = async (text: string, path: FaultPath): Promise<string> => {
    let expanded = '';
    let from = 0;
    for (const match of text.matchAll(REFERENCE)) {
      const [reference, inner = ''] = match;
      const file = fileIn(inner, folder);
      if (file !== undefined) files.add(file);
      const found = await lookUp(inner, env, folder);
      if (found.ok) inserted.set(pathText(path), [...(inserted.get(pathText(path)) ?? []), { text: found.value, reference }]);
      else faults.push({ path: pathText(path), message: found.error });
      expanded += text.slice(from, match.index) + (found.ok ? found.value : reference);
      from = match.index + reference.length;
    }
    return expanded + text.slice(from);
  };

  const walk = async (value: unknown, path: FaultPath): Promise<unknown> => {
    if (typeof value === 'string') return expandText(value, path);
    if (Array.isArray(value)) {
      const items: unknown[] = [];
      for (const [index, item] of value.entries()) items.push(await walk(item, [...path, index]));
      return items;
    }
    if (typeof value !== 'object' || value === null) return value;
    const entries: [string, unknown][] = [];
    // What is not built yet is refused as a whole: its references are nobody's concern.
    for (const [key, item] of Object.entries(value))
      entries.push([key, NOT_BUILT.includes(key) ? item : await walk(item, [...path, key])]);
    return Object.fromEntries(entries);
  };

  // Before the rest is given back: walking is what fills it.
  const value = await walk(tree, []);
  return { value, faults, inserted, files: [...files] };
}

type Found = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly error: string };

/** The path in `file:PATH`; undefined for anything else. */
function fileIn(inner: string, folder: string): string | undefined {
  return inner.startsWith('file:') ? resolve(folder, inner.slice('file:'.length).trim()) : undefined;
}

async function lookUp(inner: string, env: Env, folder: string): Promise<Found> {
  const path = fileIn(inner, folder);
  if (path !== undefined) {
    try {
      return { ok: true, value: (await readFile(path, 'utf8')).trim() };
    } catch (error) {
      return { ok: false, error: `\${${inner}} cannot be read (${codeOf(error)}: ${path}); create the file or correct its path` };
    }
  }
  if (!VARIABLE.test(inner)) {
    return {
      ok: false,
      error: `\${${inner}} is neither the name of an environment variable, such as \${CM_URL}, nor \${file:PATH}`,
    };
  }
  const value = env[inner];
  if (value === undefined || value === '') {
    return { ok: false, error: `the environment variable ${inner} is not set; export it before the start, such as ${inner}=…` };
  }
  return { ok: true, value };
}

export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

/** Puts the references back: whatever came from the environment or a file stays out of messages. */
export function redact(fault: ConfigFault, inserted: Expanded['inserted']): ConfigFault {
  let { message } = fault;
  for (const { text, reference } of inserted.get(fault.path) ?? []) {
    // A few letters turn up in any sentence; then nothing of the sentence is kept.
    if (text.length < 4) return { path: fault.path, message: `the value of ${reference} cannot stand here` };
    // Messages quote values as JSON and cut long ones: the beginning of a secret is a secret, too.
    const quoted = JSON.stringify(text).slice(1, -1);
    for (const form of [quoted, text, quoted.slice(0, 80), quoted.slice(0, 40)]) message = message.replaceAll(form, reference);
  }
  return { path: fault.path, message };
}
