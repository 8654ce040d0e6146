// Prints how much script each page of the shop loads, as it is sent (Brotli), and fails above the budget. A page loads the
// entry, its own chunk, the texts in the visitor's language, and everything that these import. Chunks that are imported on
// demand, such as the form for a review, are not counted. Run it after the build and its compression.
import { existsSync, readFileSync, statSync } from 'node:fs';

const BUDGET = 120_000;
const LANGUAGES = ['en', 'de', 'fr'];

const root = new URL('../', import.meta.url);
const manifest = readJson('dist/.vite/manifest.json');
const pages = readJson('src/routes.json');

function readJson(path) {
  return JSON.parse(readFileSync(new URL(path, root), 'utf8'));
}

/** Returns the files of these modules and of everything that they import statically. */
function filesOf(modules) {
  const seen = new Set();
  const visit = (module) => {
    if (seen.has(module)) return;
    if (!manifest[module]) throw new Error(`The build has no chunk for ${module}`);
    seen.add(module);
    for (const imported of manifest[module].imports ?? []) visit(imported);
  };
  for (const module of modules) visit(module);
  return [...seen].map((module) => manifest[module].file);
}

/** Returns the size as it is sent. The smallest files have no compressed form. */
function sentSize(file) {
  const path = new URL(`dist/${file}`, root);
  const compressed = new URL(`dist/${file}.br`, root);
  return statSync(existsSync(compressed) ? compressed : path).size;
}

function scriptSize(modules) {
  return filesOf(modules).reduce((sum, file) => sum + sentSize(file), 0);
}

function pageSize({ page, purchase_texts: needsPurchaseTexts }, language) {
  const texts = [`src/messages/${language}/index.ts`];
  if (needsPurchaseTexts) texts.push(`src/messages/${language}/purchase.ts`);
  return scriptSize(['index.html', `src/pages/${page}.tsx`, ...texts]);
}

const rows = new Map();
for (const route of [...pages, { page: 'NotFoundPage' }]) {
  if (!rows.has(route.page)) rows.set(route.page, LANGUAGES.map((language) => pageSize(route, language)));
}

console.log(['Script in bytes'.padEnd(20), ...LANGUAGES.map((language) => language.padStart(8))].join(''));
for (const [page, sizes] of rows) console.log([page.padEnd(20), ...sizes.map((size) => String(size).padStart(8))].join(''));

const tooLarge = [...rows].filter(([, sizes]) => Math.max(...sizes) > BUDGET).map(([page]) => page);
if (tooLarge.length > 0) {
  console.error(`Above the budget of ${BUDGET} bytes: ${tooLarge.join(', ')}`);
  process.exitCode = 1;
}
