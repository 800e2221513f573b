/** What an operator does in Temporal's Web UI, with its own words for what they click. */
import { join } from 'node:path';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { WORKFLOW_QUEUE } from '../../src/domain/names.ts';
import { until } from '../processes/world/until.ts';

export interface Start {
  readonly type: string;
  /** Without one the operator takes the random id that the form offers. */
  readonly workflowId?: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface Signal {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly encoding?: 'json/plain' | 'json/protobuf';
}

export interface Surroundings {
  readonly uiUrl: string;
  readonly namespace: string;
  /** A folder. */
  readonly screenshots: string;
}

const WITHIN_MS = 30_000;
const CLICKS_MAX = 3;
/** Long enough for the answer to R to be drawn. */
const REFRESH_MS = 400;

export class Operator {
  readonly name: string;
  /** Changes when a link is followed that opens a tab of its own. */
  page: Page;
  readonly strangeRequests: string[] = [];
  readonly #around: Surroundings;

  constructor(name: string, page: Page, around: Surroundings) {
    this.name = name;
    this.page = page;
    this.#around = around;
    page.context().on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (/^(http|ws)/.test(protocol) && origin !== around.uiUrl) this.strangeRequests.push(request.url());
    });
  }

  /** Fills in the form and follows the message to the page of the new run. Returns its workflow id. */
  async startWorkflow({ type, workflowId, input }: Start): Promise<string> {
    const { page } = this;
    await page.goto(`${this.#around.uiUrl}/namespaces/${this.#around.namespace}/workflows/start-workflow`);
    const id = page.getByLabel('Workflow ID');
    if (workflowId === undefined) await page.getByRole('button', { name: 'Random UUID' }).click();
    else await id.fill(workflowId);
    await page.getByLabel('Task Queue').fill(WORKFLOW_QUEUE);
    await page.getByLabel('Workflow Type').fill(type);
    await this.#write(page.getByRole('textbox', { name: 'Data' }), input);
    const started = await id.inputValue();
    await this.screenshot(`form of ${type}`);
    await page.getByTestId('start-workflow-button').click();
    await page.getByRole('link', { name: 'Workflow started successfully' }).click();
    await this.#heading(started);
    return started;
  }

  /** The newest run of this workflow, as a link in a notice opens it. */
  async open(workflowId: string): Promise<void> {
    const { uiUrl, namespace } = this.#around;
    await this.page.goto(`${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`);
    await this.#heading(workflowId);
  }

  async openTab(name: 'Timeline' | 'Event History' | 'User Metadata'): Promise<void> {
    await this.page.getByRole('tab', { name: new RegExp(`^${name}`) }).click();
  }

  /** The tab of User Metadata, fresh, once it shows what is looked for. The page does not refresh it by itself. */
  async detailsThatShow(looked: string | RegExp): Promise<string> {
    await this.openTab('User Metadata');
    const shows = (text: string): boolean => (typeof looked === 'string' ? text.includes(looked) : looked.test(text));
    let text = await this.#details();
    try {
      await until(`current details to show ${String(looked)}`, async () => {
        if (shows(text)) return true;
        await this.page.keyboard.press('r');
        await this.page.waitForTimeout(REFRESH_MS);
        text = await this.#details();
        return shows(text);
      });
    } catch (error) {
      throw new Error(`${(error as Error).message}; they show:\n${text}`, { cause: error });
    }
    return text;
  }

  /** The block to copy, exactly as it is rendered. */
  voteShown(): Promise<string> {
    return this.#frame().locator('pre code').innerText({ timeout: WITHIN_MS });
  }

  async copyVote(): Promise<Record<string, unknown>> {
    return JSON.parse(await this.voteShown()) as Record<string, unknown>;
  }

  /** Whether it is on the screen in its whole width. What only scrolling sideways would show is overlooked. */
  async isInSight(what: Locator): Promise<boolean> {
    const box = await what.boundingBox({ timeout: WITHIN_MS });
    const width = this.page.viewportSize()?.width ?? 0;
    return box !== null && box.x >= 0 && box.x + box.width <= width;
  }

  /** Follows the link in current details, which opens a tab of its own. */
  async followLink(text: string): Promise<void> {
    const [tab] = await Promise.all([
      this.page.waitForEvent('popup', { timeout: WITHIN_MS }),
      this.#frame().getByRole('link', { name: text }).click({ timeout: WITHIN_MS }),
    ]);
    this.page = tab;
    await this.#heading(text);
  }

  /** Input or result as the page of the run shows it. */
  async shown(pane: 'Input' | 'Result', looked: string): Promise<string> {
    await this.openTab('Timeline');
    const box = this.page.getByTestId('input-and-result').getByRole('textbox', { name: pane });
    await box.filter({ hasText: looked }).waitFor({ timeout: WITHIN_MS });
    return box.innerText();
  }

  async status(): Promise<string> {
    return this.page.getByTestId('execution-status').first().innerText({ timeout: WITHIN_MS });
  }

  /** Each signal of the list with its description, as the dialog shows it. */
  async signalsOffered(): Promise<string[]> {
    const dialog = await this.#openSignals();
    const texts = await dialog.getByRole('option').allInnerTexts();
    await this.screenshot('signals');
    await this.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden', timeout: WITHIN_MS });
    return texts;
  }

  async sendSignal({ name, data, encoding = 'json/plain' }: Signal): Promise<void> {
    const dialog = await this.#openSignals();
    await dialog.getByRole('option', { name: new RegExp(`^${name}\\b`) }).click();
    await this.#write(dialog.getByRole('textbox', { name: 'Data' }), data);
    await dialog.getByText(encoding, { exact: true }).click();
    await this.screenshot(`signal ${name} in ${encoding}`);
    await this.#submit(dialog);
  }

  /**
   * The dialog closes when the signal was taken. While the encoding's fields come and go the button moves, and a click
   * on where it was is lost: an operator who sees the dialog stay open clicks again.
   */
  async #submit(dialog: Locator): Promise<void> {
    for (let clicks = 1; ; clicks += 1) {
      await dialog.getByTestId('confirm-modal-button').click();
      try {
        return await dialog.waitFor({ state: 'hidden', timeout: WITHIN_MS / CLICKS_MAX });
      } catch (error) {
        if (clicks >= CLICKS_MAX) throw error;
      }
    }
  }

  /** The file is named after who saw what. */
  async screenshot(what: string): Promise<void> {
    const name = `${this.name} ${what}`.replaceAll(/[^\w-]+/g, '-');
    await this.page.screenshot({ path: join(this.#around.screenshots, `${name}.png`) });
  }

  async #openSignals(): Promise<Locator> {
    await this.page.getByRole('button', { name: 'More Actions' }).click();
    await this.page.getByRole('menuitem', { name: 'Send a Signal' }).click();
    const dialog = this.page.getByRole('dialog', { name: 'Send a Signal' });
    await dialog.getByTestId('signal-select-button').click();
    // The first is there at once, for names that no list has; the others come with the worker's answer.
    await dialog.getByRole('option').nth(1).waitFor({ timeout: WITHIN_MS });
    return dialog;
  }

  /** The dialog keeps what was typed the last time, so all of it is replaced. Blurred, the editor lays it out anew. */
  async #write(editor: Locator, data: Readonly<Record<string, unknown>>): Promise<void> {
    await editor.click();
    await this.page.keyboard.press('ControlOrMeta+A');
    await this.page.keyboard.insertText(JSON.stringify(data));
    await editor.blur();
  }

  async #heading(workflowId: string): Promise<void> {
    await this.page.getByRole('heading', { name: workflowId }).waitFor({ timeout: WITHIN_MS });
  }

  /** Current details are the last frame of the page: a summary, where there is one, has a frame before it. */
  #frame(): FrameLocator {
    return this.page.locator('iframe[title="output"]').last().contentFrame();
  }

  /** Empty while the page, or its frame, is being drawn. */
  async #details(): Promise<string> {
    return this.#frame()
      .locator('body')
      .innerText({ timeout: 5_000 })
      .catch(() => '');
  }
}
