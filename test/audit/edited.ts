/** Recorded histories with one thing changed, as an attacker with a text editor or a fault of the product would have it. */
import { readFile } from 'node:fs/promises';
import { audit, type AuditOptions } from '../../src/audit/audit.ts';
import { readHistory } from '../../src/audit/history/read-history.ts';
import type { AuditReport, Violation } from '../../src/audit/report.ts';
import type { History } from '../../src/approval/history-signals.ts';

interface Payload {
  readonly metadata: Readonly<Record<string, string>>;
  data: string;
}
export type Attributes = Record<string, unknown> & {
  readonly activityType?: { readonly name: string };
  scheduledEventId?: string;
  readonly signalName?: string;
  input?: { readonly payloads: Payload[] };
  result?: { readonly payloads: Payload[] };
};
export interface RawEvent extends Record<string, unknown> {
  eventId: string;
  eventTime: string;
}

export type Fields = Record<string, unknown>;

/** A history in JSON, to be edited event by event. */
export class Edited {
  events: RawEvent[];

  constructor(events: RawEvent[]) {
    this.events = events;
  }

  static async of(name: string): Promise<Edited> {
    const text = await readFile(new URL(`../histories/${name}.json`, import.meta.url), 'utf8');
    return new Edited((JSON.parse(text) as { events: RawEvent[] }).events);
  }

  attributes(event: RawEvent): Attributes {
    const name = Object.keys(event).find((key) => key.endsWith('EventAttributes')) ?? '';
    return event[name] as Attributes;
  }

  event(eventId: number): RawEvent {
    const found = this.events[eventId - 1];
    if (found === undefined) throw new Error(`there is no event ${eventId}`);
    return found;
  }

  /** The event that scheduled the n-th activity of this type; counted from 1. */
  scheduled(type: string, nth = 1): number {
    const found = this.events.filter((event) => this.attributes(event).activityType?.name === type)[nth - 1];
    if (found === undefined) throw new Error(`there is no ${type} number ${nth}`);
    return Number(found.eventId);
  }

  closed(type: string, nth = 1): number {
    const id = String(this.scheduled(type, nth));
    const found = this.events.findLast((event) => this.attributes(event).scheduledEventId === id);
    return Number(found?.eventId);
  }

  signal(name: string, nth = 1): number {
    const found = this.events.filter((event) => this.attributes(event).signalName === name)[nth - 1];
    if (found === undefined) throw new Error(`there is no signal ${name} number ${nth}`);
    return Number(found.eventId);
  }

  /** Changes the JSON value that an event carries. */
  change(eventId: number, change: (value: Fields) => unknown): this {
    const attributes = this.attributes(this.event(eventId));
    const payload = (attributes.result ?? attributes.input)?.payloads[0];
    if (payload === undefined) throw new Error(`event ${eventId} carries nothing`);
    const value = JSON.parse(Buffer.from(payload.data, 'base64').toString('utf8')) as Fields;
    payload.data = Buffer.from(JSON.stringify(change(value) ?? value)).toString('base64');
    return this;
  }

  /** Makes an event one that means nothing, so that all others keep their numbers. */
  blank(...eventIds: number[]): this {
    for (const id of eventIds) {
      const { eventId, eventTime } = this.event(id);
      this.events[id - 1] = {
        eventId,
        eventTime,
        eventType: 'EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED',
        workflowPropertiesModifiedEventAttributes: {},
      };
    }
    return this;
  }

  /** Takes an activity out of the history, with its beginning and its end. */
  without(type: string, nth = 1): this {
    const id = this.scheduled(type, nth);
    const its = this.events
      .filter((event) => this.attributes(event).scheduledEventId === String(id))
      .map((event) => Number(event.eventId));
    return this.blank(id, ...its);
  }

  at(eventId: number, time: string): this {
    this.event(eventId).eventTime = time;
    return this;
  }

  /** Ends the history before this event. */
  upTo(eventId: number): this {
    this.events = this.events.slice(0, eventId - 1);
    return this;
  }

  history(): History {
    const read = readHistory(JSON.stringify({ events: this.events }));
    if (!read.ok) throw new Error(read.error);
    return read.value;
  }

  audit(options: AuditOptions = {}): AuditReport {
    return audit([this.history()], options);
  }
}

/** What was broken, as `number@event`. */
export function brokenIn(report: AuditReport): string[] {
  return violationsIn(report).map(({ invariant, eventId }) => `${invariant}@${eventId}`);
}

export function violationsIn(report: AuditReport): Violation[] {
  return report.runs.flatMap(({ violations }) => violations);
}
