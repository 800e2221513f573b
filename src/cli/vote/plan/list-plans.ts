import { plainLine } from '../../../cluster-manager/wire.ts';
import { sayAssurance } from '../../../domain/approval/view.ts';
import type { Screen } from '../../screen/screen.ts';
import { wrap } from '../../screen/wrap.ts';
import type { checkPlan, PlanChecked } from './check-plan.ts';
import type { OpenRun } from './open-plans.ts';
import { planForPrograms } from './plan-for-programs.ts';
import { sayAction, sayClocks, sayVotes } from './show-plan.ts';

/** One run that asks people, or is about to. */
export interface ListedPlan extends OpenRun {
  readonly url: string | null;
  /** Null where no worker answered. */
  readonly checked: PlanChecked | null;
}

export function listedPlan(open: OpenRun, url: string | null, check: typeof checkPlan): ListedPlan {
  return { ...open, url, checked: open.view === null ? null : check(open.view, open.run, null) };
}

/** Fields are only ever added. */
export function listedPlanForPrograms({ run, view, silentBecause, url, checked }: ListedPlan, nowMs: number): object {
  const plan = view !== null && checked?.kind === 'holds' ? planForPrograms(view, checked.open, nowMs) : { planId: null };
  const trouble = checked?.kind === 'does not hold' ? checked.faults.join('; ') : silentBecause;
  return {
    ...run,
    url,
    cluster: view?.cluster ?? null,
    store: view?.store ?? null,
    phase: view?.phase ?? null,
    ...plan,
    trouble,
  };
}

/** `asked`: who may approve, by this machine's configuration; null where there is none. */
export function showListed(
  listed: ListedPlan,
  asked: readonly string[] | null,
  { columns, paint }: Pick<Screen, 'columns' | 'paint'>,
  nowMs: number,
): string[] {
  const { run, view, silentBecause, url, checked } = listed;
  const line = (label: string, text: string): string[] => wrap(label, text, columns);
  const link = url === null ? [] : line('Web UI:', url);
  if (view === null || checked === null) {
    return [run.workflowId, ...line('Trouble:', `cannot be shown: ${silentBecause ?? ''} (storekeeper worker)`), ...link, ''];
  }
  switch (checked.kind) {
    case 'does not hold':
      return [
        run.workflowId,
        ...line('Trouble:', paint('red', `DO NOT VOTE on what is shown here: ${plainLine(checked.faults.join('; '), 400)}`)),
        ...link,
        '',
      ];
    case 'none yet':
    case 'another plan':
      return [run.workflowId, ...line('Now:', `no plan yet: ${plainLine(view.phase)}`), ...link, ''];
    case 'holds': {
      const { plan, tally, needed } = checked.open;
      const mayVote =
        asked === null ? '' : `; asked: ${asked.length === 0 ? 'nobody' : asked.map((name) => plainLine(name)).join(', ')}`;
      return [
        paint('bold', plan.planId),
        ...line('Action:', sayAction(plan)),
        ...line('Store:', `${plan.store} of ${plan.cluster}`),
        ...line('Because:', plainLine(view.reason, 300)),
        ...line('Now:', plainLine(view.phase)),
        ...line('Votes:', `${sayVotes(tally, needed)} (${plan.approval.assurance.map(sayAssurance).join(' or ')})${mayVote}`),
        ...line('Clocks:', sayClocks(view, plan, nowMs)),
        ...link,
        '',
      ];
    }
  }
}
