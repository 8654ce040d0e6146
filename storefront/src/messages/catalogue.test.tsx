import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { loadMessages, loadPurchaseTexts } from './catalogue';
import { LANGUAGES } from './language';

/** Stand for the values of a text's placeholders: digits, which are valid as a number, a text and a node. */
const SAMPLES = ['7001', '7002', '7003'];
const DETAILS = { amount: '7004', reason: '7005', trackingNumber: '7006', items: '7007', subject: 'order' };

/** Texts that are empty on purpose. */
const EMPTY = new Set(['shell.titles./', 'product.choice.available']);

function rendered(value: unknown): string {
  if (typeof value === 'string') return value;
  const markup = renderToStaticMarkup(<>{value as string}</>);
  return markup.replaceAll('&#x27;', "'").replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}

/** Lists the texts of a catalogue by their paths, with samples for the values of their placeholders. */
function textsOf(node: unknown, path = '', into = new Map<string, string>()): Map<string, string> {
  if (typeof node === 'string') into.set(path, node);
  else if (typeof node === 'function') {
    const isTimeline = path.startsWith('orders.timeline.');
    into.set(path, rendered(isTimeline ? node(DETAILS) : node(...SAMPLES.slice(0, Math.max(node.length, 1)))));
    // The form for one of something, which a number of things does not show.
    if (!isTimeline && node.length > 0) into.set(`${path} (1)`, rendered(node(...SAMPLES.map(() => '1'))));
  } else if (node !== null && typeof node === 'object') {
    for (const [key, child] of Object.entries(node)) textsOf(child, path ? `${path}.${key}` : key, into);
  }
  return into;
}

const catalogues = await Promise.all(LANGUAGES.map(async (language) => [language, { ...(await loadMessages(language)), ...(await loadPurchaseTexts(language)) }] as const));
const english = textsOf(catalogues[0]?.[1]);

function placeholders(text: string): string[] {
  return [...new Set(text.match(/700\d/g))].toSorted();
}

/** Texts of which a language does not need every value that another one does. */
const FREE_PLACEHOLDERS = new Set(['common.days', 'problems.field', 'shell.cartUnits', 'checkout.done']);

describe.each(catalogues)('the catalogue %s', (language, messages) => {
  const texts = textsOf(messages);

  it('has a text at every key', () => {
    expect(messages.language).toBe(language);
    for (const [path, text] of texts) {
      if (EMPTY.has(path)) continue;
      expect(text.trim(), path).not.toBe('');
      expect(text, path).not.toMatch(/undefined|null|NaN|\[object/);
    }
  });

  it('uses the same placeholders as English', () => {
    for (const [path, text] of english) {
      if (path.endsWith('(1)') || FREE_PLACEHOLDERS.has(path) || !texts.has(path)) continue;
      expect(placeholders(texts.get(path) ?? ''), path).toEqual(placeholders(text));
    }
  });

  it('has the typography of its language', () => {
    for (const [path, text] of texts) {
      expect(text, path).not.toMatch(/\.\.\.| {2}/);
      if (language === 'fr') expect(text, path).not.toMatch(/[^\u00a0\u202f\d]:(?!\/)(?=\s|$)|[^\u202f][!?;](?=\s|$)|« | »/);
      if (language === 'de') expect(text, path).not.toMatch(/\b(du|dein|deine|dich|dir)\b/i);
    }
  });
});
