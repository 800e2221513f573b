/** A site whose Web UI is served, a worker process, and a Chromium in which operators look at it. */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import type { RequestLogEntry } from '../../src/simulator/simulator.ts';
import { type ClusterPatch, ProcessWorld } from '../processes/process-world.ts';
import type { StoreName } from '../../src/domain/store.ts';
import { Operator } from './operator.ts';

const DEBIAN_PATH = '/usr/bin/chromium';
/** What a machine without a graphics card and with a small /dev/shm needs. */
const FLAGS = ['--disable-gpu', '--disable-dev-shm-usage', '--disable-quic'];

/** Typed names count, so that people who have nothing but the Web UI can vote. */
const approval = {
  assurance: ['declared'],
  quorum: 2,
  approvers: [{ name: 'alice' }, { name: 'bob' }, { name: 'carol' }],
  approveWithin: '10m',
  executeWithin: '2m',
};

export class UiWorld {
  readonly site: ProcessWorld;
  readonly #browser: Browser;
  readonly #uiUrl: string;
  /** UI_SCREENSHOTS, or a folder that goes with the world. */
  readonly #screenshots: string;
  readonly #operators: Operator[] = [];

  private constructor(site: ProcessWorld, browser: Browser, uiUrl: string, screenshots: string) {
    this.site = site;
    this.#browser = browser;
    this.#uiUrl = uiUrl;
    this.#screenshots = screenshots;
  }

  /** Every Store given is dead. Nothing sweeps: whatever happens, an operator began it. */
  static async start(stores: readonly StoreName[], patch: ClusterPatch = {}): Promise<UiWorld> {
    const site = await ProcessWorld.start({ stores, patch, approval, ui: true });
    try {
      const { uiUrl } = site.server;
      if (uiUrl === null) throw new Error('the server serves no Web UI');
      for (const store of stores) site.simulator.kill(store);
      await site.startWorker();
      await site.startGuard();
      const given = process.env['UI_SCREENSHOTS'];
      const screenshots = given === undefined || given === '' ? join(site.folder, 'screenshots') : resolve(given);
      await mkdir(screenshots, { recursive: true });
      const configured = process.env['CHROMIUM_PATH'];
      const executablePath = configured === undefined || configured === '' ? DEBIAN_PATH : configured;
      const browser = await chromium.launch({ executablePath, args: FLAGS });
      return new UiWorld(site, browser, uiUrl, screenshots);
    } catch (error) {
      await site.close();
      throw error;
    }
  }

  /** Somebody with a browser of their own: nothing that one has typed is seen by another. */
  async operator(name: string): Promise<Operator> {
    const context = await this.#browser.newContext({ viewport: { width: 1440, height: 1400 }, timezoneId: 'UTC' });
    const operator = new Operator(name, await context.newPage(), {
      uiUrl: this.#uiUrl,
      namespace: this.site.server.namespace,
      screenshots: this.#screenshots,
    });
    this.#operators.push(operator);
    return operator;
  }

  destroys(store: StoreName): RequestLogEntry[] {
    return this.site.simulator.commands().filter((entry) => entry.path === '/crawler/destroy' && entry.store === store);
  }

  /**
   * Everybody leaves, after a failed test with a picture of what they saw last. Answers which addresses outside of
   * the site the browsers asked for: the Web UI of an isolated site must not ask its vendor for anything.
   */
  async everybodyLeaves(failed: boolean): Promise<string[]> {
    const strange: string[] = [];
    for (const operator of this.#operators.splice(0)) {
      if (failed) await operator.screenshot('failed').catch(() => undefined);
      strange.push(...operator.strangeRequests);
      await operator.page.context().close();
    }
    return strange;
  }

  async close(): Promise<void> {
    try {
      await this.#browser.close();
    } finally {
      await this.site.close();
    }
  }
}
