import { plainLine } from '../../cluster-manager/wire.ts';
import type { OmsStore } from '../../domain/witness.ts';
import { type InitWish, PASSWORD_VARIABLE } from './wish.ts';

export interface ChosenProject {
  readonly id: string;
  /** As people call it; empty where it was named by its id alone. */
  readonly name: string;
}

/** So many Stores are shown in the file; it is for people. */
const SHOWN_MAX = 20;
const TEXT_LENGTH_MAX = 60;

/** A first storekeeper.yaml, with comments for somebody who has not seen one before. */
export function composeConfig(
  { name, cm, oms, user }: Omit<InitWish, 'password' | 'file'>,
  projects: readonly ChosenProject[],
  stores: readonly OmsStore[],
  onDay: string,
): string {
  return `# Storekeeper looks after the Stores of OceanBase Migration Service (OMS). Written by \`storekeeper init\`; it is yours now.
# \`storekeeper config check\` finds every fault of it, \`storekeeper config show\` says how it is understood. What is not
# set here has a default.
clusters:
  - name: ${scalar(name)}
    # The Cluster Manager (CM): Stores are looked at, stopped and restarted through it.
    cm: ${scalar(cm)}
    # Which Stores there are is asked of OMS, again every 5 minutes: new ones are looked at by themselves, and one that
    # OMS lists no more for an hour is let go. OMS also knows what CM does not: that somebody stopped a Store by hand.
    discover:
      oms: ${scalar(oms)}
      user: ${scalar(user)}
      # Never in this file: set the variable before the start, or write "\${file:oms-password}" for a file beside this one.
      password: "\${${PASSWORD_VARIABLE}}"
      projects:
${projects.map(projectLine).join('\n')}
    # What was listed on ${onDay}:
${storeLines(stores).join('\n')}
    # observe: says what it would do, and does nothing. When you have watched that for a while: ask (somebody says yes to
    # each restart; they stand under approval.approvers), or act.
    mode: observe
    # How often every Store is looked at.
    every: 30s
`;
}

function projectLine({ id, name }: ChosenProject): string {
  const comment = name === '' ? '' : ` # ${plainLine(name, TEXT_LENGTH_MAX)}`;
  return `        - ${scalar(id)}${comment}`;
}

function storeLines(stores: readonly OmsStore[]): string[] {
  const more = stores.length - SHOWN_MAX;
  return [
    ...stores.slice(0, SHOWN_MAX).map(({ store, status }) => `    #   ${store}  ${plainLine(status, TEXT_LENGTH_MAX)}`),
    ...(more > 0 ? [`    #   and ${more} more; \`storekeeper discover\` lists them all`] : []),
  ];
}

/** Plain where YAML takes it as the text that it is, else in quotes. */
function scalar(text: string): string {
  return /^(?:https?:\/\/[A-Za-z0-9.:/_-]+|[A-Za-z_][A-Za-z0-9_.-]*)$/.test(text) &&
    !/^(?:true|false|null|yes|no|on|off)$/i.test(text)
    ? text
    : JSON.stringify(text);
}
