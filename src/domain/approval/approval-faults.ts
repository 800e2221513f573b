/** What cannot stand in the `approval` part of a configuration, all of it at once. */
import { say, type Environment, type PolicyFault } from '../policy.ts';
import type { ApprovalPolicy } from './approval-policy.ts';
import { PUBLIC_KEY_PATTERN, type ApprovalRules, type Approver, type Principal } from './electorate.ts';
import { APPROVER_LENGTH_MAX } from './vote.ts';

/** Each key of a person is tried for each of their votes; so a flood of forged votes costs a bounded time. */
const KEYS_MAX = 5;
/**
 * ASCII that names are made of, and Chinese characters proper. Anything else has a twin that looks the same: Cyrillic
 * and Greek letters, fullwidth forms, radicals, dotless i, invisible characters.
 */
const NAME = /^[A-Za-z0-9\p{Unified_Ideograph}](?:[A-Za-z0-9 ._@+'\p{Unified_Ideograph}-]*[A-Za-z0-9\p{Unified_Ideograph}])?$/u;

/**
 * Every fault of the rules; an empty list means that they hold together. No approvers at all is no fault: then
 * nothing can be approved, and a plan says so before anybody votes.
 */
export function approvalFaults(rules: ApprovalPolicy, environment: Environment): PolicyFault[] {
  const faults: PolicyFault[] = [];
  const demand = (holds: boolean, path: string, message: string): void => {
    if (!holds) faults.push({ path: `approval.${path}`, message });
  };
  const { assurance, quorum, restartQuorum, approvers, approveWithinMs, executeWithinMs } = rules;

  demand(assurance.length > 0, 'assurance', 'is empty; name how votes are proven, such as [attested, signed]');
  demand(new Set(assurance).size === assurance.length, 'assurance', 'names a level twice');
  demand(
    environment === 'development' || !assurance.includes('declared'),
    'assurance',
    'declared names prove nothing and are for environment: development only; use attested or signed',
  );
  demand(Number.isInteger(quorum) && quorum >= 1, 'quorum', `${quorum} is not a number of people; the least is 1`);
  demand(
    Number.isInteger(restartQuorum) && restartQuorum >= 1,
    'restartQuorum',
    `${restartQuorum} is not a number of people; the least is 1`,
  );
  demand(approveWithinMs > 0, 'approveWithin', `${say(approveWithinMs)} leaves no time to vote; write such as 4h`);
  demand(executeWithinMs > 0, 'executeWithin', `${say(executeWithinMs)} leaves no time to act; write such as 15m`);
  demand(
    executeWithinMs <= approveWithinMs,
    'executeWithin',
    `${say(executeWithinMs)} is longer than approveWithin (${say(approveWithinMs)}): a decision would outlive the evidence people looked at`,
  );
  approvers.forEach((approver, index) => demandApprover(approver, `approvers[${index}]`, rules, demand));
  demandDistinct(approvers, demand);
  const able = approvers.filter((approver) => hasProof(approver, rules)).length;
  demand(
    approvers.length === 0 || able >= quorum,
    'quorum',
    `${quorum} approvals can never be had from ${able} people; name more approvers, or lower it`,
  );
  demand(
    approvers.length === 0 || able >= restartQuorum,
    'restartQuorum',
    `${restartQuorum} approvals can never be had from ${able} people; name more approvers, or lower it`,
  );
  return faults;
}

type Demand = (holds: boolean, path: string, message: string) => void;

function demandApprover(approver: Approver, path: string, rules: ApprovalRules, demand: Demand): void {
  const { name, principals = [], keys = [] } = approver;
  demand(
    name.length <= APPROVER_LENGTH_MAX && NAME.test(name) && !name.includes('  '),
    `${path}.name`,
    `${quote(name)} may look like another name; use ASCII letters, digits and single . _ @ + ' - or blanks between them, or Chinese characters, such as alice or 张伟`,
  );
  principals.forEach((principal, index) => {
    demand(
      isPlain(principal.type) && isPlain(principal.name),
      `${path}.principals[${index}]`,
      'needs a type and a name exactly as the server stamps them, such as {type: jwt, name: alice}',
    );
  });
  keys.forEach((key, index) => {
    demand(
      PUBLIC_KEY_PATTERN.test(key),
      `${path}.keys[${index}]`,
      'is not a public key: ed25519: and 32 bytes as base64, as `storekeeper keys new` prints it',
    );
  });
  demand(keys.length <= KEYS_MAX, `${path}.keys`, `has ${keys.length} keys; at most ${KEYS_MAX} for one person`);
  demand(
    hasProof(approver, rules),
    path,
    `${quote(name)} has nothing that counts under assurance: [${rules.assurance.join(', ')}]; give principals for attested, keys for signed`,
  );
}

function hasProof({ principals = [], keys = [] }: Approver, { assurance }: ApprovalRules): boolean {
  return (
    (assurance.includes('attested') && principals.length > 0) ||
    (assurance.includes('signed') && keys.length > 0) ||
    assurance.includes('declared')
  );
}

/** One person, one entry: whoever stood in two would count twice. */
function demandDistinct(approvers: readonly Approver[], demand: Demand): void {
  const owners = new Map<string, number>();
  const claim = (what: string, index: number, path: string, message: (first: string) => string): void => {
    const owner = owners.get(what);
    if (owner === undefined) owners.set(what, index);
    else demand(owner === index, path, message(quote(approvers[owner]?.name ?? '')));
  };
  approvers.forEach(({ name, principals = [], keys = [] }, index) => {
    const path = `approvers[${index}]`;
    if (owners.has(`name ${skeleton(name)}`)) {
      const first = quote(approvers[owners.get(`name ${skeleton(name)}`) ?? 0]?.name ?? '');
      demand(false, `${path}.name`, `${quote(name)} looks like ${first} of another approver; give one entry to each person`);
    } else owners.set(`name ${skeleton(name)}`, index);
    for (const principal of principals) {
      claim(
        `principal ${keyOf(principal)}`,
        index,
        `${path}.principals`,
        (first) => `share ${quote(principal.name)} with ${first}; one person counts once`,
      );
    }
    for (const key of keys) {
      claim(`key ${key}`, index, `${path}.keys`, (first) => `share a key with ${first}; one person counts once`);
    }
  });
}

function keyOf({ type, name }: Principal): string {
  return JSON.stringify([type, name]);
}

/** What is left of a name once everything that can be overlooked is gone. */
function skeleton(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[1i|]/g, 'l')
    .replaceAll('0', 'o')
    .replaceAll('一', '-')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
    .replace(/[ ._@+'-]/g, '');
}

function isPlain(text: string): boolean {
  return text !== '' && text === text.trim() && text.length <= 200 && !/[\p{Cc}\p{Cf}\p{Surrogate}]/u.test(text);
}

/** Cut, and with every character that has a twin or cannot be seen written as its code. */
function quote(text: string): string {
  const cut = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return JSON.stringify(cut).replace(
    /[^\x20-\x7e…\p{Unified_Ideograph}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
