/**
 * Who may vote, and how they prove who they are.
 *
 * A person is one entry under `approval.approvers`: a name, and whatever proves it (principals that the server
 * stamps, public keys). The entry is what counts once; its name is compared exactly, as NFC. So no two entries may
 * share a principal, a key, or a name that looks alike: `approvalFaults` refuses such a configuration, and
 * `personBy…` answers nobody where two entries would answer, should one get past it.
 */

/**
 * How it is known who voted. `attested`: the server stamped the signal's event with a principal. `signed`: the vote
 * carries an Ed25519 signature. `declared`: it carries a name, which proves nothing and counts in development only.
 */
export type Assurance = 'attested' | 'signed' | 'declared';

/** Whom the server authenticated: with its default JWT authorizer `{type: 'jwt', name: <sub>}`. */
export interface Principal {
  readonly type: string;
  readonly name: string;
}

export interface Approver {
  readonly name: string;
  readonly principals?: readonly Principal[];
  /** Public keys, `ed25519:` and the 32 bytes as base64. */
  readonly keys?: readonly string[];
}

export interface ApprovalRules {
  readonly assurance: readonly Assurance[];
  readonly quorum: number;
  readonly approvers: readonly Approver[];
  readonly approveWithinMs: number;
  readonly executeWithinMs: number;
}

/** A public key as it is written. Base64 in its only form, so that equal keys are equal texts. */
export const PUBLIC_KEY_PATTERN = /^ed25519:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

/** Everybody in the chain of starts: who asked for the destroy, or for the heal that proposed it. */
export interface Requesters {
  /** Whether it is proven for each of them who they are: stamped by the server, or by a signed order. */
  readonly proven: boolean;
  readonly principals: readonly Principal[];
  readonly keys: readonly string[];
  /** Names they gave or signed with. A name counts against its bearer also unproven: that can only prevent a destroy. */
  readonly names: readonly string[];
}

export function samePrincipal(a: Principal, b: Principal): boolean {
  return a.type === b.type && a.name === b.name;
}

export function personByName(rules: ApprovalRules, name: string): Approver | null {
  const wanted = name.normalize('NFC');
  return only(rules.approvers.filter((approver) => approver.name.normalize('NFC') === wanted));
}

export function personByPrincipal(rules: ApprovalRules, principal: Principal): Approver | null {
  return only(rules.approvers.filter((approver) => holds(approver, principal)));
}

export function holds(approver: Approver, principal: Principal): boolean {
  return (approver.principals ?? []).some((own) => samePrincipal(own, principal));
}

function only(approvers: readonly Approver[]): Approver | null {
  return approvers.length === 1 ? (approvers[0] ?? null) : null;
}

export function isRequester(requesters: Requesters, approver: Approver): boolean {
  const name = approver.name.normalize('NFC');
  return (
    requesters.principals.some((principal) => holds(approver, principal)) ||
    requesters.keys.some((key) => (approver.keys ?? []).includes(key)) ||
    requesters.names.some((other) => other.normalize('NFC') === name)
  );
}

/** What of the rules a plan was sealed with. The stricter of both counts. */
export interface SealedTerms {
  readonly quorum: number;
  readonly assurance: readonly Assurance[];
}

export function countedAssurance(rules: ApprovalRules, sealed: SealedTerms): Assurance[] {
  return sealed.assurance.filter((level) => rules.assurance.includes(level));
}

/**
 * How many approvals are needed: the larger quorum, and one more when it is not proven who ordered. One of the
 * approvers may then be the requester, and the rest must still be a quorum. Not so where declared names are all that
 * counts: that proves nobody, in development, and one name more would add nothing.
 */
export function neededApprovals(rules: ApprovalRules, sealed: SealedTerms, requesters: Requesters): number {
  const provable = countedAssurance(rules, sealed).some((level) => level !== 'declared');
  return Math.max(rules.quorum, sealed.quorum, 1) + (provable && !requesters.proven ? 1 : 0);
}

/** The rules at their strictest: what every one of several views of them allows. Throws on no view at all. */
export function strictestRules(views: readonly ApprovalRules[]): ApprovalRules {
  const [first, ...others] = views;
  if (first === undefined) throw new Error('no rules of approval were given');
  return others.reduce(stricterOf, first);
}

function stricterOf(a: ApprovalRules, b: ApprovalRules): ApprovalRules {
  return {
    assurance: a.assurance.filter((level) => b.assurance.includes(level)),
    quorum: Math.max(a.quorum, b.quorum),
    approvers: a.approvers.flatMap((approver) => {
      const other = personByName(b, approver.name);
      return other === null ? [] : [commonProofs(approver, other)];
    }),
    approveWithinMs: Math.min(a.approveWithinMs, b.approveWithinMs),
    executeWithinMs: Math.min(a.executeWithinMs, b.executeWithinMs),
  };
}

function commonProofs(a: Approver, b: Approver): Approver {
  return {
    name: a.name,
    principals: (a.principals ?? []).filter((principal) => holds(b, principal)),
    keys: (a.keys ?? []).filter((key) => (b.keys ?? []).includes(key)),
  };
}

/** Whether this person has any way to prove who they are that counts. `stamped`: the server stamps principals here. */
function canProve(approver: Approver, counted: readonly Assurance[], stamped: boolean): boolean {
  return counted.some((level) => {
    switch (level) {
      case 'attested':
        return stamped && (approver.principals ?? []).length > 0;
      case 'signed':
        return (approver.keys ?? []).length > 0;
      case 'declared':
        return true;
    }
  });
}

/**
 * Why no plan can be approved here, said before anybody votes in vain; null if it can. `stamped` says whether this
 * server stamps signals with principals, which only an event of this run can show.
 */
export function whyNotApprovable(
  rules: ApprovalRules,
  sealed: SealedTerms,
  requesters: Requesters,
  stamped: boolean,
): string | null {
  const counted = countedAssurance(rules, sealed);
  const voters = rules.approvers.filter((approver) => canProve(approver, counted, stamped) && !isRequester(requesters, approver));
  const needed = neededApprovals(rules, sealed, requesters);
  if (voters.length >= needed) return null;
  const unstamped =
    counted.includes('attested') && !stamped ? ' The server stamps no principals, so nothing is attested here.' : '';
  const unproven = requesters.proven ? '' : ' It is not proven who ordered, so one more is needed; a signed order avoids that.';
  return (
    `${needed} approvals are needed, and ${voters.length} of ${rules.approvers.length} approvers could give one` +
    ` (counted: ${counted.length === 0 ? 'nothing' : counted.join(', ')}; whoever ordered cannot approve).${unstamped}${unproven}` +
    ' Name more people under approval.approvers; a key made by `storekeeper keys new` works on any server.'
  );
}
