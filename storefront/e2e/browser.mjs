// The browser of the end-to-end scripts: one page that records everything that must not happen.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const ARGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

const LARGE = { width: 1280, height: 900 };
const SMALL = { width: 360, height: 740 };

/** Opens a browser. The scripts find elements by their texts, which are in `language`. */
export async function openBrowser(baseUrl, screenshotDir, language = 'en') {
  mkdirSync(screenshotDir, { recursive: true });
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS });
  const context = await browser.newContext({
    viewport: LARGE, reducedMotion: 'reduce', locale: language === 'en' ? 'en-US' : language, permissions: ['clipboard-read', 'clipboard-write'],
  });
  await context.addCookies([{ name: 'language', value: language, url: baseUrl }]);
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  const problems = [];
  const origin = new URL(baseUrl).origin;

  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith('data:') && !url.startsWith('blob:')) problems.push(`request to another site: ${url}`);
  });
  page.on('pageerror', (error) => problems.push(`uncaught error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()} ${response.request().method()} ${response.url()}`);
  });

  let shots = 0;

  /** Waits two frames, after which a change of size or colours has reached every element. */
  function settled() {
    return page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  }

  async function inspect(name) {
    shots += 1;
    await settled();
    await page.screenshot({ path: join(screenshotDir, `${String(shots).padStart(2, '0')}-${name}.png`), fullPage: true });
    await settled();
    await page.evaluate(axeSource);
    const violations = await page.evaluate(async () => {
      // Wherever a page is scrolled, the header covers a part of something, which axe takes for a target that is too small.
      const { scrollX, scrollY } = window;
      window.scrollTo({ top: 0, behavior: 'instant' });
      const result = await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
      window.scrollTo({ left: scrollX, top: scrollY, behavior: 'instant' });
      return result.violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map((node) => node.target.join(' ')).join(', ')})`);
    });
    for (const violation of violations) problems.push(`axe on ${name}: ${violation}`);
  }

  return {
    page,
    problems,
    /** Takes a screenshot of the whole page and records its accessibility violations as problems. */
    inspect,
    /** Inspects in light and dark mode, on a large and a small screen, and checks that nothing overflows. */
    async inspectAll(name) {
      for (const [size, viewport] of [['large', LARGE], ['small', SMALL]]) {
        await page.setViewportSize(viewport);
        for (const colorScheme of ['light', 'dark']) {
          await page.emulateMedia({ colorScheme });
          await inspect(`${name}-${size}-${colorScheme}`);
        }
        const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        if (tooWide > 0) problems.push(`${name} overflows by ${tooWide} pixels on a ${size} screen`);
      }
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize(LARGE);
    },
    /** Drops a problem that the test caused on purpose. */
    allow(text) {
      const index = problems.findIndex((problem) => problem.includes(text));
      if (index >= 0) problems.splice(index, 1);
    },
    async fail(name) {
      await page.screenshot({ path: join(screenshotDir, `failed-${name}.png`), fullPage: true }).catch(() => {});
    },
    close: () => browser.close(),
  };
}
