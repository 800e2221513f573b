/** An operator at Temporal's Web UI, in a real browser: sees pages, fills forms, sends signals. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';

/** Without these, Chromium looks up its vendor's hosts at every start. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface StartForm {
  readonly workflowId: string;
  readonly taskQueue: string;
  readonly workflowType: string;
  readonly input: string;
}

export class Operator {
  readonly page: Page;
  readonly #browser: Browser;
  readonly #base: string;
  readonly #screenshots: string | undefined;

  private constructor(browser: Browser, page: Page, base: string) {
    this.#browser = browser;
    this.page = page;
    this.#base = base;
    this.#screenshots = process.env['UI_SCREENSHOTS'];
  }

  static async at(uiUrl: string, namespace: string): Promise<Operator> {
    const executablePath = process.env['CHROMIUM_PATH'];
    if (executablePath === undefined) throw new Error('CHROMIUM_PATH names no browser; run these tests by: npm run test:ui');
    const browser = await chromium.launch({ executablePath, args: FLAGS });
    const page = await browser.newPage({ viewport: { width: 1400, height: 1100 } });
    page.setDefaultTimeout(20_000);
    return new Operator(browser, page, `${uiUrl}/namespaces/${namespace}`);
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }

  /** With UI_SCREENSHOTS, keeps what the operator sees in that folder. */
  async look(name: string): Promise<void> {
    if (this.#screenshots === undefined) return;
    await mkdir(this.#screenshots, { recursive: true });
    await this.page.screenshot({ path: join(this.#screenshots, `${name}.png`), fullPage: true });
  }

  async open(path: string): Promise<void> {
    await this.page.goto(`${this.#base}${path}`, { waitUntil: 'domcontentloaded' });
  }

  /** The form "Start Workflow", filled by hand. Returns once the UI says that it was started. */
  async startWorkflow({ workflowId, taskQueue, workflowType, input }: StartForm): Promise<void> {
    const { page } = this;
    await this.open('/workflows/start-workflow');
    if (workflowId !== '') await page.getByRole('textbox', { name: 'Workflow ID' }).fill(workflowId);
    else await page.getByRole('button', { name: /Generate|Random/i }).click();
    await page.getByRole('textbox', { name: 'Task Queue' }).fill(taskQueue);
    await page.getByRole('textbox', { name: 'Workflow Type' }).fill(workflowType);
    await this.#type(page.getByRole('textbox', { name: 'Data' }), input);
    await this.look(`start-${workflowType}`);
    await page.getByTestId('start-workflow-button').click();
    await page
      .getByText(/Workflow .*started|successfully/i)
      .first()
      .waitFor();
  }

  /** The tab where current details are shown. It is asked for once, so it is opened anew for each look. */
  async userMetadata(workflowId: string, runId: string): Promise<string> {
    await this.open(`/workflows/${encodeURIComponent(workflowId)}/${runId}/user-metadata`);
    const details = this.page.locator('iframe[title="output"]').last().contentFrame().locator('body');
    await details.locator('li').first().waitFor();
    return details.innerText();
  }

  /** The vote as it stands there to be copied. */
  async copyVote(): Promise<string> {
    const code = this.page.locator('iframe[title="output"]').last().contentFrame().locator('pre, code').last();
    return (await code.innerText()).trim();
  }

  /** Through the dialog: More Actions, Send a Signal, the name from the list, the JSON as Data. */
  async sendSignal(
    name: string,
    data: string,
    { encoding = 'json/plain' }: { readonly encoding?: 'json/plain' | 'json/protobuf' } = {},
  ): Promise<void> {
    const { page } = this;
    await page.getByRole('button', { name: 'More Actions' }).click();
    await page.getByRole('menuitem', { name: 'Send a Signal' }).click();
    const dialog = page.getByRole('dialog', { name: 'Send a Signal' }).last();
    await dialog.getByTestId('signal-select-button').click();
    await this.look(`signals-${name}`);
    await page
      .getByRole('option', { name: new RegExp(`^${name}\\b`) })
      .first()
      .click();
    if (encoding === 'json/protobuf') await dialog.getByText('json/protobuf', { exact: true }).click();
    await this.#type(dialog.getByRole('textbox', { name: 'Data' }), data);
    await this.look(`signal-${name}-filled`);
    await dialog.getByTestId('confirm-modal-button').click();
    await dialog.waitFor({ state: 'hidden' });
  }

  /** The editor reformats what it was given when it is left, and moves the buttons: so it is left first. */
  async #type(editor: Locator, text: string): Promise<void> {
    await editor.click();
    await this.page.keyboard.insertText(text);
    await editor.blur();
    await this.page.waitForTimeout(500);
  }
}
