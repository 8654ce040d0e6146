// Writes dist/rendering.json: the texts, icons, number forms and files that the server renders the first view of each page with.
// Examples of first views go to test-results/first-views.json; the server's tests compare what it renders with them.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

const root = new URL('../', import.meta.url);

function readJson(path) {
  return JSON.parse(readFileSync(new URL(path, root), 'utf8'));
}

function writeJson(path, value) {
  writeFileSync(new URL(path, root), JSON.stringify(value));
}

const manifest = readJson('dist/.vite/manifest.json');

/** Lists a module with everything that it imports statically. */
function modulesOf(name, seen = new Set()) {
  if (!manifest[name]) throw new Error(`The build has no chunk for ${name}`);
  if (!seen.has(name)) {
    seen.add(name);
    for (const imported of manifest[name].imports ?? []) modulesOf(imported, seen);
  }
  return seen;
}

/** Returns the files that a module needs besides those that the HTML of every page names. */
function filesOf(...names) {
  const known = modulesOf('index.html');
  const own = [...new Set(names.flatMap((name) => [...modulesOf(name)]))].filter((name) => !known.has(name)).map((name) => manifest[name]);
  const knownStyles = [...known].flatMap((name) => manifest[name].css ?? []);
  const styles = [...new Set(own.flatMap(({ css }) => css ?? []))].filter((file) => !knownStyles.includes(file));
  return { styles, scripts: own.map(({ file }) => file) };
}

function pageFiles() {
  const routes = [...readJson('src/routes.json'), { path: '*', page: 'NotFoundPage' }];
  return Object.fromEntries(routes.map(({ path, page }) => [path, filesOf(`src/pages/${page}.tsx`)]));
}

function languageFiles(language) {
  return { texts: filesOf(`src/messages/${language}/index.ts`).scripts, purchase: filesOf(`src/messages/${language}/purchase.ts`).scripts };
}

/** Returns the fonts of the characters that almost every page has. The browser finds them late: in a style sheet, once a text needs them. */
function fontFiles() {
  const files = Object.values(manifest).flatMap(({ assets }) => assets ?? []);
  return [...new Set(files)].filter((file) => /-latin-wght-normal-[^.]+\.woff2$/.test(file));
}

function classNames() {
  const files = readdirSync(new URL('src/', root), { recursive: true }).filter((path) => path.endsWith('.module.css') && !path.startsWith('admin'));
  return files.flatMap((file) => {
    const component = file.replace(/^.*\/|\.module\.css$/g, '');
    const names = readFileSync(new URL(`src/${file}`, root), 'utf8').matchAll(/\.([a-zA-Z][\w-]*)/g);
    return [...new Set([...names].map(([, name]) => `${component}_${name}`))];
  });
}

// The theme is a cookie, which the components read from the document.
globalThis.document = { cookie: '' };
const vite = await createServer({
  root: fileURLToPath(root), server: { middlewareMode: true, hmr: false, ws: false }, appType: 'custom', logLevel: 'error', optimizeDeps: { noDiscovery: true },
});
try {
  const { createRendering } = await vite.ssrLoadModule('/src/first-view/rendering.tsx');
  const { renderFirstView } = await vite.ssrLoadModule('/src/first-view/render.tsx');
  const { EXAMPLES } = await vite.ssrLoadModule('/src/first-view/examples.ts');
  const rendering = await createRendering();
  for (const [language, own] of Object.entries(rendering.languages)) own.files = languageFiles(language);
  writeJson('dist/rendering.json', { ...rendering, pages: pageFiles(), fonts: fontFiles(), classes: classNames() });

  const examples = [];
  for (const visit of EXAMPLES) examples.push({ ...visit, html: await renderFirstView(visit) });
  mkdirSync(new URL('test-results/', root), { recursive: true });
  writeJson('test-results/first-views.json', examples);
  console.log(`exported the rendering of first views, and ${examples.length} examples`);
} finally {
  await vite.close();
}
