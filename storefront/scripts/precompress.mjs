// Writes .br and .gz next to every file of the build that gains from it, so that the server
// never has to compress a static file.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const root = new URL('../dist/', import.meta.url).pathname;
const compressible = new Set(['.js', '.css', '.svg', '.json', '.txt', '.webmanifest', '.map']);

function* filesUnder(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesUnder(path);
    else yield path;
  }
}

let count = 0;
let before = 0;
let after = 0;
for (const path of filesUnder(root)) {
  // HTML is not compressed: the server fills it in for every page. No browser asks for Vite's manifest or the rendering.
  if (!compressible.has(extname(path)) || path.endsWith('manifest.json') || path.endsWith('rendering.json')) continue;
  const bytes = readFileSync(path);
  const br = brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  // The smallest files gain nothing.
  if (br.length >= bytes.length) continue;
  writeFileSync(`${path}.br`, br);
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }));
  count += 1;
  before += bytes.length;
  after += br.length;
}
console.log(`precompressed ${count} files: ${before} bytes, ${after} with brotli`);
