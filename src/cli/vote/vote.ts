import type { Command } from 'commander';
import type { Verdict } from '../../domain/approval/vote.ts';
import { verb, type Call } from '../program/call.ts';
import { errorObject, UsageError } from '../program/command-error.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';
import { withTemporal, type Temporal } from '../reach/open-temporal.ts';
import { webUiUrl } from '../reach/web-ui-url.ts';
import { askText } from '../screen/ask-text.ts';
import type { Ballot } from './cast-vote.ts';
import { isSigned, readSigner, type Signer } from './person/signer.ts';
import { demandName, demandTyped, notAgreed } from './person/type-name.ts';
import { findPlan, runOfTyped, type FoundPlan } from './plan/find-plan.ts';
import { planForPrograms } from './plan/plan-for-programs.ts';
import { showPlan } from './plan/show-plan.ts';
import { demandProof, reasonOf, voteLine, type VoteOptions } from './wish.ts';

const COUNTED_WITHIN_MS = 10_000;

/** `approve` and `reject` differ in their word, and in what an approval has to accept. */
export function voteVerb(program: Command, verdict: Verdict, summary: string): Command {
  const command = verb(program, `${verdict} <planId>`, summary)
    .option('--reason <text>', 'why; asked for at a terminal')
    .option('--key <file>', 'signs the vote with this private key')
    .option('--as <name>', 'whose key it is; without --key only a name, which proves nothing')
    .option('--confirm <store>', "the Store's full name, where it is not typed")
    .option('--yes', 'do not ask; the name is needed all the same')
    .option('--dry-run', 'show the plan, and send nothing');
  return verdict === 'approve'
    ? command.option('--accept-uncovered', 'accept that consumers are cut off, where no sibling holds what is lost')
    : command;
}

export async function vote(call: Call<VoteOptions>, verdict: Verdict): Promise<ExitCode> {
  const { args, options, screen, signal } = call;
  const planId = args[0] ?? '';
  const runId = runOfTyped(planId, verdict);
  const run = voteLine(verdict, planId, options, { json: screen.json });
  const signer = await readSigner(options, voteLine(verdict, planId, options, { signed: true, json: screen.json }));
  const reason = options.dryRun === true ? '' : reasonOf(options, screen, run);
  if (options.dryRun !== true) demandName(options, screen, verdict, run);
  return withTemporal(call, async (temporal) => {
    const found = await findPlan(temporal, planId, runId);
    await show(call, temporal, found, signer);
    if (options.dryRun === true) {
      screen.answer({ dryRun: true, verdict, ...planForPrograms(found.view, found.open, Date.now()) }, ['Nothing was sent.']);
      return EXIT.fine;
    }
    demandProof(
      isSigned(signer),
      found.open.plan.approval.assurance,
      voteLine(verdict, planId, options, { store: found.open.plan.store, signed: true, json: screen.json }),
    );
    await demandTyped(options, found.open.plan.store, screen, signal, verdict);
    const acceptUncovered = verdict === 'approve' && (await accepted(call, found));
    const said = reason ?? (await askReason(call, run));
    return cast(call, temporal, found, { verdict, reason: said, acceptUncovered, signer });
  });
}

async function show(
  { env, screen }: Call<VoteOptions>,
  temporal: Temporal,
  { run, view, open }: FoundPlan,
  signer: Signer | null,
): Promise<void> {
  const { whoAsked } = await import('./plan/who-asked.ts');
  const columns = screen.canAsk ? screen.columns : null;
  for (const line of showPlan(view, open, { columns, paintSaid: screen.paintSaid }, Date.now())) screen.say(line);
  const who = await whoAsked(temporal, run);
  if (who !== null) screen.say(`Asked by:  ${who}`);
  const url = webUiUrl(env, temporal.namespace, run);
  if (url !== null) screen.say(`Web UI:    ${url}`);
  screen.say(`You:       ${sayProof(signer)}`);
}

function sayProof(signer: Signer | null): string {
  if (signer === null) return 'whoever the server attests for your account (a vote without --key carries no other proof)';
  return signer.key === null
    ? `${signer.name} by your own word, which proves nothing; the server may attest your account`
    : `${signer.name}, signed with your key`;
}

/** Whether the loss is accepted by name, where there is one. Throws where it is not: such an approval does not count. */
async function accepted({ options, screen, signal }: Call<VoteOptions>, { open: { plan } }: FoundPlan): Promise<boolean> {
  if (plan.action !== 'destroy' || plan.coverage === 'covered') return false;
  if (options.acceptUncovered === true) return true;
  if (!screen.canAsk) {
    throw new UsageError(
      {
        what: `Nothing was sent for ${plan.store}`,
        why: 'no sibling holds what would be lost, and an approval must accept that by name',
        mend: 'accept it, if that is what you mean',
        run: voteLine('approve', plan.planId, options, { store: plan.store, accept: true, json: screen.json }),
      },
      'needs-accept-uncovered',
    );
  }
  screen.say(screen.paintSaid('red', 'No sibling holds what goes with this Store: consumers that need it are cut off.'));
  const typed = await askText(screen, 'Type "uncovered" to accept that:', signal);
  if (typed !== 'uncovered') throw notAgreed(plan.store, 'you did not accept that consumers are cut off');
  return true;
}

async function askReason({ screen, signal }: Call<VoteOptions>, run: string): Promise<string> {
  return reasonOf({ reason: await askText(screen, 'Why?', signal) }, screen, run) ?? '';
}

async function cast(call: Call<VoteOptions>, temporal: Temporal, found: FoundPlan, ballot: Ballot): Promise<ExitCode> {
  const { options, screen, signal } = call;
  const { verdict } = ballot;
  const [{ sendVote, votePayload }, { awaitCount }, { refusedError, sayCounted }] = await Promise.all([
    import('./cast-vote.ts'),
    import('./await-count.ts'),
    import('./tell-vote.ts'),
  ]);
  const payload = votePayload(found, ballot, Date.now());
  await sendVote(temporal, found, verdict, payload);
  screen.say('Sent; it is counted in a moment. Ctrl-C ends the waiting, not the vote.');
  const { plan, ...open } = found.open;
  const fate = await awaitCount(temporal, found.run, payload, { timeoutMs: COUNTED_WITHIN_MS, signal });
  const data = {
    verdict,
    planId: plan.planId,
    digest: open.digest,
    action: plan.action,
    cluster: plan.cluster,
    store: plan.store,
    ...found.run,
    url: webUiUrl(call.env, temporal.namespace, found.run),
    signed: payload.signature !== undefined,
    result: fate.kind,
    vote: fate.kind === 'not counted yet' ? null : fate.vote,
    tally: fate.kind === 'not counted yet' ? null : fate.tally,
  };
  switch (fate.kind) {
    case 'counted':
      screen.answer(data, sayCounted(verdict, fate));
      return EXIT.fine;
    case 'not counted yet':
      screen.answer(data, [`sent, and not counted within ${COUNTED_WITHIN_MS / 1_000} s`]);
      screen.say('It is with the server and counts when a worker of the cluster counts it: storekeeper plans');
      return EXIT.pending;
    case 'refused': {
      const line = voteLine(verdict, plan.planId, options, {
        store: plan.store,
        signed: true,
        accept: verdict === 'approve' && isUncovered(found),
        json: screen.json,
      });
      const error = refusedError(verdict, fate, line);
      if (!screen.json) throw error;
      screen.answer({ ...data, error: errorObject(error) }, []);
      return error.exitCode;
    }
  }
}

function isUncovered({ open: { plan } }: FoundPlan): boolean {
  return plan.action === 'destroy' && plan.coverage === 'uncovered';
}
