import type { Environment } from '../domain/policy.ts';
import type { ConfigFault } from './config.ts';
import { explain, pathText, type FaultPath } from './explain.ts';
import { type ApprovalFile, ConfigFile, type ClusterFile } from './schema.ts';

/** What of the file is sound, and which parts are not. */
export interface CheckedShape {
  readonly environment: Environment | undefined;
  readonly approval: ApprovalFile | undefined;
  readonly clusters: readonly ClusterFile[];
  readonly faults: readonly ConfigFault[];
  readonly badPaths: ReadonlySet<string>;
}

/** Each round takes out at least one part; the bottom of any file is reached long before. */
const ROUNDS_MAX = 50;

/**
 * Checks the shape and goes on with what is sound: parts at fault are taken out and the rest is read again, so
 * that people see all their faults in one go. What is said of `silent` paths was said before.
 */
export function checkShape(value: unknown, silent: ReadonlySet<string>): CheckedShape {
  const badPaths = new Set(silent);
  const faults: ConfigFault[] = [];
  let rest = value;
  for (let round = 0; round < ROUNDS_MAX && typeof rest === 'object' && rest !== null; round += 1) {
    const parsed = ConfigFile.safeParse(rest);
    if (parsed.success) {
      const { environment, approval, clusters } = parsed.data;
      return { environment, approval, clusters, faults, badPaths };
    }
    for (const issue of parsed.error.issues) {
      const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
      if (round === 0) faults.push(...explain(issue).filter((fault) => !silent.has(fault.path)));
      for (const at of issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path]) {
        // What was taken out before and is still at fault cannot be missing either: then its parent goes, and so on.
        const cut = round === 0 ? at : notYetCut(at, badPaths);
        badPaths.add(pathText(cut));
        rest = without(rest, cut);
      }
    }
  }
  return { environment: undefined, approval: undefined, clusters: [], faults, badPaths };
}

function notYetCut(path: FaultPath, badPaths: ReadonlySet<string>): FaultPath {
  return path.length > 0 && badPaths.has(pathText(path)) ? notYetCut(path.slice(0, -1), badPaths) : path;
}

/** A copy without the part at this path. In a list an empty entry stays, so that the others keep their index. */
function without(value: unknown, path: FaultPath): unknown {
  const [head, ...tail] = path;
  if (head === undefined) return undefined;
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => (index === head ? (tail.length === 0 ? {} : without(item, tail)) : item));
  }
  if (typeof value !== 'object' || value === null) return value;
  const { [head]: part, ...others } = value as Record<string, unknown>;
  return tail.length === 0 ? others : { ...others, [head]: without(part, tail) };
}

/** Whether this path, or something that it is part of, is at fault. */
export function isBad(badPaths: ReadonlySet<string>, path: string): boolean {
  return [...badPaths].some((bad) => path === bad || path.startsWith(`${bad}.`) || path.startsWith(`${bad}[`));
}
