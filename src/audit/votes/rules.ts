/** The rules that votes are counted by here, and the people in them. */
import { parsePublicKey } from '../../approval/keys.ts';
import type { ApprovalRules, Approver, Assurance, Principal } from '../../domain/approval/electorate.ts';
import { fieldsOf, listOf, numberOf, textOf } from '../history/fields.ts';

const LEVELS: readonly Assurance[] = ['attested', 'signed', 'declared'];

/** Rules as a history holds them; null if they are none. */
export function rulesIn(value: unknown): ApprovalRules | null {
  const { assurance, quorum, approvers, approveWithinMs, executeWithinMs } = fieldsOf(value);
  const [count, approveMs, executeMs] = [numberOf(quorum), numberOf(approveWithinMs), numberOf(executeWithinMs)];
  if (!Array.isArray(assurance) || !Array.isArray(approvers) || count === null || approveMs === null || executeMs === null)
    return null;
  return {
    assurance: LEVELS.filter((level) => assurance.includes(level)),
    quorum: count,
    approvers: approvers.map(approverIn),
    approveWithinMs: approveMs,
    executeWithinMs: executeMs,
  };
}

function approverIn(value: unknown): Approver {
  const { name, principals, keys } = fieldsOf(value);
  return {
    name: textOf(name),
    principals: listOf(principals).map((principal) => {
      const { type, name: own } = fieldsOf(principal);
      return { type: textOf(type), name: textOf(own) };
    }),
    keys: listOf(keys).filter((key): key is string => typeof key === 'string'),
  };
}

export function equalNames(a: string, b: string): boolean {
  return a.normalize('NFC') === b.normalize('NFC');
}

export function equalPrincipals(a: Principal, b: Principal): boolean {
  return a.type === b.type && a.name === b.name;
}

/** The one entry of this name; null where none or several answer to it. */
export function named({ approvers }: ApprovalRules, name: string): Approver | null {
  const found = approvers.filter((approver) => equalNames(approver.name, name));
  return found.length === 1 ? (found[0] ?? null) : null;
}

/** The one entry that this principal stands in. */
export function authenticated({ approvers }: ApprovalRules, principal: Principal): Approver | null {
  const found = approvers.filter((approver) => holdsPrincipal(approver, principal));
  return found.length === 1 ? (found[0] ?? null) : null;
}

export function holdsPrincipal({ principals = [] }: Approver, principal: Principal): boolean {
  return principals.some((own) => equalPrincipals(own, principal));
}

/** Two entries are one person where they share a key, a principal, or a name that reads the same. */
export function isSamePerson(a: Approver, b: Approver): boolean {
  return (
    lookOf(a.name) === lookOf(b.name) ||
    (a.keys ?? []).some((key) => (b.keys ?? []).includes(key)) ||
    (a.principals ?? []).some((principal) => holdsPrincipal(b, principal))
  );
}

function lookOf(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s._-]/g, '');
}

/** The keys of this person that prove anything. */
export function soundKeys({ keys = [] }: Approver) {
  return keys.flatMap((text) => {
    const parsed = parsePublicKey(text);
    return parsed.ok ? [{ text, key: parsed.value }] : [];
  });
}
