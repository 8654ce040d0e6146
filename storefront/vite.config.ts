import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// `SHOPSTACK_URL` points the dev server at another backend.
const backend = process.env.SHOPSTACK_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2022',
    assetsDir: 'assets',
    // The Content-Security-Policy allows data: for images only, so fonts must stay files.
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        // One chunk for the libraries: it compresses better, and browsers keep it from release to release.
        advancedChunks: { groups: [{ name: 'vendor', test: /node_modules[\\/](?:react|react-dom|react-router|scheduler|@tanstack)[\\/]/ }] },
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
});
