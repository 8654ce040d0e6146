import { useDebounced } from '../../components/debounced';
import type { Language } from '../../messages/language';
import styles from './Content.module.css';

/** As on the page of the shop, roughly. Fonts of the shop are not loaded in the frame. */
const STYLE = `
  :root { color-scheme: light dark; }
  body { margin: 1rem; max-width: 42rem; font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
  h1, h2 { font-size: 1.4rem; line-height: 1.2; } h3 { font-size: 1.15rem; } h4, h5, h6 { font-size: 1rem; }
  table { width: 100%; border-collapse: collapse; } th, td { padding: .4rem .75rem .4rem 0; border-bottom: 1px solid; text-align: start; }
`;

/** Links would open inside of the frame: with this target, the sandbox refuses them. */
function previewDocument(html: string, language: Language): string {
  return `<!doctype html><html lang="${language}"><head><title>Preview</title><base target="_blank"><style>${STYLE}</style></head><body>${html}</body></html>`;
}

/** Shows HTML that was not cleaned yet. The sandbox runs no scripts and keeps it apart from the admin. */
export function HtmlPreview({ html, language }: { html: string; language: Language }) {
  const settled = useDebounced(html, 400);
  return (
    <div className={styles.preview}>
      <p aria-hidden="true">Preview</p>
      <iframe title="Preview" sandbox="" srcDoc={previewDocument(settled, language)} />
    </div>
  );
}
