import { setTimeout as sleep } from 'node:timers/promises';
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import type { OperatorService } from '@temporalio/client';
import proto from '@temporalio/proto';
import { SEARCH_ATTRIBUTES, type SearchAttributeName } from '../domain/names.ts';
import { subtopicOf, type StoreName } from '../domain/store.ts';
import type { HasWorkflowService } from './retention.ts';

const { IndexedValueType } = proto.temporal.api.enums.v1;

/** SQL visibility needs about two seconds before a new attribute can be used. */
const USABLE_TIMEOUT_MS = 30_000;
/** Visibility answers ten requests a second for the whole namespace: others want some, too. */
const POLL_MS = 500;

/** A connection of either kind. */
export interface HasServices extends HasWorkflowService {
  readonly operatorService: OperatorService;
}

export const searchAttributeKeys = {
  cluster: defineSearchAttributeKey('StorekeeperCluster', 'KEYWORD'),
  store: defineSearchAttributeKey('StorekeeperStore', 'KEYWORD'),
  subtopic: defineSearchAttributeKey('StorekeeperSubtopic', 'KEYWORD'),
  phase: defineSearchAttributeKey('StorekeeperPhase', 'KEYWORD'),
};

/** What the start of a heal or destroy carries, so that it is found before its first task. */
export function startAttributes(cluster: string, store: StoreName): SearchAttributePair[] {
  return [
    { key: searchAttributeKeys.cluster, value: cluster },
    { key: searchAttributeKeys.store, value: store },
    { key: searchAttributeKeys.subtopic, value: subtopicOf(store) },
    { key: searchAttributeKeys.phase, value: 'opening' },
  ];
}

/** The namespace lacks our search attributes, or has one of another type. Says which command mends it. */
export class SearchAttributesError extends Error {
  override readonly name = 'SearchAttributesError';
}

/** The command that registers what is missing, for messages and documentation. */
export function searchAttributeCommand(namespace: string, names: readonly string[]): string {
  return [
    'temporal operator search-attribute create',
    `--namespace ${namespace}`,
    ...names.map((name) => `--name ${name} --type Keyword`),
  ].join(' ');
}

/**
 * Which of our search attributes the namespace does not have. Throws SearchAttributesError when one of them is
 * there with another type: it would have to be removed or renamed by hand.
 */
export async function missingSearchAttributes(connection: HasServices, namespace: string): Promise<SearchAttributeName[]> {
  const { customAttributes } = await asking(namespace, () => connection.operatorService.listSearchAttributes({ namespace }));
  const clashes = SEARCH_ATTRIBUTES.filter((name) => {
    const type = customAttributes?.[name];
    return type !== undefined && type !== null && type !== IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;
  });
  if (clashes.length > 0) {
    const list = clashes.map((name) => `${name} is a ${typeName(customAttributes?.[name])}`).join(', ');
    throw new SearchAttributesError(
      `In namespace ${namespace} a search attribute of ours exists with another type: ${list}; it must be a Keyword. ` +
        `Remove it (temporal operator search-attribute remove --namespace ${namespace} --name ${clashes.join(' --name ')}), or use another namespace.`,
    );
  }
  return SEARCH_ATTRIBUTES.filter((name) => (customAttributes?.[name] ?? undefined) === undefined);
}

/** Throws SearchAttributesError, naming the command to run, unless the namespace has all of them. */
export async function requireSearchAttributes(connection: HasServices, namespace: string): Promise<void> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length === 0) return;
  throw new SearchAttributesError(
    `Namespace ${namespace} lacks the search attributes ${missing.join(', ')}; without them no workflow of ours can start. ` +
      `Register them: ${searchAttributeCommand(namespace, missing)}`,
  );
}

/**
 * Registers what is missing and returns once all can be used. Calling it again changes nothing. Gives the names
 * that it added. Throws SearchAttributesError on a clash of types, without the right to do it, or after 30 s.
 */
export async function registerSearchAttributes(connection: HasServices, namespace: string): Promise<SearchAttributeName[]> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length > 0) {
    const searchAttributes = Object.fromEntries(missing.map((name) => [name, IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD]));
    await asking(namespace, () => connection.operatorService.addSearchAttributes({ namespace, searchAttributes }));
  }
  await untilUsable(connection, namespace);
  return missing;
}

/** Listed is not yet usable: only a query over all of them proves that the namespace's mapping has arrived. */
async function untilUsable(connection: HasServices, namespace: string): Promise<void> {
  const query = SEARCH_ATTRIBUTES.map((name) => `${name} = "none"`).join(' AND ');
  const deadlineMs = Date.now() + USABLE_TIMEOUT_MS;
  for (;;) {
    try {
      await connection.workflowService.countWorkflowExecutions({ namespace, query });
      return;
    } catch (cause) {
      if (Date.now() > deadlineMs) {
        throw new SearchAttributesError(
          `The search attributes of namespace ${namespace} are registered, yet not usable after ${USABLE_TIMEOUT_MS / 1000} s: ${textOf(cause)}. ` +
            'Look at the log of the Temporal server, then try again.',
          { cause },
        );
      }
      await sleep(POLL_MS);
    }
  }
}

async function asking<T>(namespace: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    throw new SearchAttributesError(
      `Temporal did not let us see or set the search attributes of namespace ${namespace}: ${textOf(cause)}. ` +
        `Somebody with the rights can run: ${searchAttributeCommand(namespace, SEARCH_ATTRIBUTES)}`,
      { cause },
    );
  }
}

function typeName(type: number | null | undefined): string {
  const name = type === null || type === undefined ? undefined : IndexedValueType[type];
  return (name ?? 'UNKNOWN').replace('INDEXED_VALUE_TYPE_', '').toLowerCase();
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
