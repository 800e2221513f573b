import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Inventory } from '../domain/inventory.ts';
import { parseStoreName, type StoreName } from '../domain/store.ts';

/**
 * The last good list, kept beside the configuration: a restart while OMS is down must not mean "no Stores". Only names,
 * projects and times stand in it, and why the newest listing failed.
 */
export function inventoryPath(configFile: string, cluster: string): string {
  return join(dirname(configFile), '.storekeeper', `inventory-${cluster}.json`);
}

const storeName = z.unknown().transform((value, context): StoreName => {
  const parsed = parseStoreName(value);
  if (parsed.ok) return parsed.value;
  context.issues.push({ code: 'custom', message: parsed.error, input: value });
  return z.NEVER;
});
const atMs = z.number().int().min(0).max(8.64e15);

const InventoryFile = z.object({
  version: z.literal(1),
  cluster: z.string(),
  inventory: z.object({
    stores: z.array(
      z.object({
        store: storeName,
        projects: z.array(z.string()),
        firstSeenMs: atMs,
        lastSeenMs: atMs,
        missingSinceMs: atMs.nullable(),
      }),
    ),
    beganMs: atMs.nullable(),
    asOfMs: atMs.nullable(),
    silence: z
      .object({
        sinceMs: atMs,
        because: z.enum(['unreachable', 'timed out', 'refused', 'malformed', 'nothing listed']),
        detail: z.string(),
      })
      .nullable(),
    dropped: z.array(z.object({ store: storeName, atMs })),
  }),
});

export type ReadInventory =
  | { readonly kind: 'read'; readonly inventory: Inventory }
  | { readonly kind: 'none' }
  /** It is there and cannot be used. */
  | { readonly kind: 'damaged'; readonly why: string };

/** Never throws: without it, everything is as on the first day. */
export async function readInventory(file: string, cluster: string): Promise<ReadInventory> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? { kind: 'none' } : { kind: 'damaged', why: code };
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return { kind: 'damaged', why: 'it is not JSON' };
  }
  const parsed = InventoryFile.safeParse(content);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { kind: 'damaged', why: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` };
  }
  if (parsed.data.cluster !== cluster) return { kind: 'damaged', why: `it is of another cluster, ${parsed.data.cluster}` };
  return { kind: 'read', inventory: parsed.data.inventory };
}

/** Written whole or not at all. Gives the reason if it could not be written; null if it was. */
export async function writeInventory(file: string, cluster: string, inventory: Inventory): Promise<string | null> {
  // Two processes may keep the same file.
  const draft = `${file}.${process.pid}.new`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(draft, `${JSON.stringify({ version: 1, cluster, inventory })}\n`, { flush: true });
    await rename(draft, file);
    return null;
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    return codeOf(error);
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
