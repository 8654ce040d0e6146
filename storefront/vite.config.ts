import { createHash } from 'node:crypto';
import react from '@vitejs/plugin-react';
import type { BuildEnvironmentOptions, Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { generateScopedName } from './vite-class-names.ts';

// `SHOPSTACK_URL` points the dev server at another backend.
const backend = process.env.SHOPSTACK_URL ?? 'http://127.0.0.1:8080';

/** Serves admin.html for every page of the admin, as the server does. */
function adminPages(): Plugin {
  return {
    name: 'admin-pages',
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        if (/^\/admin(?:[/?]|$)/.test(request.url ?? '')) request.url = '/admin.html';
        next();
      });
    },
  };
}

/** Fills the digest of the offline page's files into the service worker, so that browsers find a new one with each change. */
function offlineDigest(): Plugin {
  return {
    name: 'offline-digest',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const digest = createHash('sha256');
        for (const [name, file] of Object.entries(bundle).toSorted(([a], [b]) => a.localeCompare(b))) {
          if (name !== 'service-worker.js') digest.update(name).update(file.type === 'chunk' ? file.code : file.source);
        }
        const worker = bundle['service-worker.js'];
        if (worker?.type !== 'chunk') throw new Error('The build has no service worker');
        worker.code = worker.code.replace('__OFFLINE_DIGEST__', JSON.stringify(digest.digest('hex').slice(0, 16)));
      },
    },
  };
}

// The names that the service worker knows, without digests. It is a classic script, so nothing is split off.
const offlineBuild: BuildEnvironmentOptions = {
  target: 'es2022',
  emptyOutDir: false,
  copyPublicDir: false,
  modulePreload: false,
  rolldownOptions: {
    input: { offline: 'offline.html', 'service-worker': 'src/offline/service-worker.ts' },
    output: { entryFileNames: '[name].js', assetFileNames: '[name][extname]' },
  },
};

// The admin is built on its own (`--mode admin`). With a common build, the chunks that both share would contain what
// only the admin uses, and every shopper would load it.
export default defineConfig(({ mode }) => ({
  plugins: [react(), adminPages(), mode === 'offline' && offlineDigest()],
  css: { modules: { generateScopedName } },
  build: mode === 'offline' ? offlineBuild : {
    target: 'es2022',
    assetsDir: 'assets',
    // The Content-Security-Policy allows data: for images only, so fonts must stay files.
    assetsInlineLimit: 0,
    // The manifest lists the chunks of each page, for the script budget.
    manifest: mode !== 'admin',
    // The shop's files, which are built first, stay.
    ...(mode === 'admin' && { emptyOutDir: false, copyPublicDir: false }),
    rolldownOptions: {
      ...(mode === 'admin' && { input: 'admin.html' }),
      output: {
        advancedChunks: {
          groups: [
            // One chunk for the libraries: it compresses better, and browsers keep it from release to release.
            { name: 'vendor', priority: 3, test: /node_modules[\\/](?:react|react-dom|react-error-boundary|regexparam|scheduler|@tanstack)[\\/]/ },
            // The modules of most pages are one chunk, which the HTML names. Otherwise each would be a chunk of its own, and be
            // asked for only once the entry runs.
            { name: 'shared', priority: 1, test: /[\\/]src[\\/](?!messages[\\/](?:en|de|fr)[\\/])/, minShareCount: 6 },
          ],
        },
        ...(mode === 'admin' && {
          entryFileNames: 'assets/[name]-[hash].js',
          chunkFileNames: 'assets/admin-[name]-[hash].js',
          // Both builds have the same fonts, under the same names.
          assetFileNames: ({ names }) => (names.some((name) => name.endsWith('.css')) ? 'assets/admin-[name]-[hash][extname]' : 'assets/[name]-[hash][extname]'),
        }),
      },
    },
  },
  server: {
    proxy: {
      '/api': backend,
      '/media': backend,
      '/mailbox': backend,
      '/sandbox': backend,
    },
  },
  test: {
    environment: 'node',
    include: ['src/**/*.test.ts', 'src/**/*.test.tsx'],
  },
}));
