// Saves a screenshot of each dashboard: node dashboard_screenshots.mjs URL CHROMIUM FOLDER PERIOD '[{"id": …, "height": …}]'
import { chromium } from "playwright-core";

const [url, executablePath, folder, period, wanted] = process.argv.slice(2);
// As root, Chromium cannot set up its sandbox.
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
for (const { id, height } of JSON.parse(wanted)) {
  const page = await browser.newPage({ viewport: { width: 1440, height } });
  // The newcomers' questions are asked once per browser.
  await page.addInitScript(() => {
    localStorage.setItem("home:welcome:show", "false");
    localStorage.setItem("home:newThemeModal:show", "false");
  });
  await page.goto(`${url}/app/dashboards#/view/${id}?_g=(time:(${period}))`, { timeout: 120_000 });
  await page.waitForSelector(".dshDashboardViewport, .react-grid-layout", { timeout: 90_000 });
  // Panels are drawn when their results have arrived; a spinner shows until then.
  await page.waitForTimeout(20_000);
  await page.waitForFunction(() => document.querySelectorAll(".euiLoadingChart, .visChart__spinner").length === 0, null, { timeout: 90_000 });
  await page.waitForTimeout(5_000);
  await page.screenshot({ path: `${folder}/${id}.png` });
  await page.close();
}
await browser.close();
