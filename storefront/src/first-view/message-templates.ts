import { createElement, isValidElement, type ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { plain } from './render';

/** A text with `{0}` and so on for its values, for one and for other numbers. Texts with markup are HTML. */
interface Template {
  one: string;
  other: string;
}

export type Templates = string | Template | { [key: string]: Templates };

/** Enough for every text. A function ignores the values that it has no parameter for. */
const MAX_VALUES = 4;

/** A value that is a placeholder as text and this number where a plural is chosen. */
function placeholder(index: number, count: number): unknown {
  return { toString: () => `{${index}}`, valueOf: () => count, [Symbol.toPrimitive]: (hint: string) => (hint === 'number' ? count : `{${index}}`) };
}

const indexes = Array.from({ length: MAX_VALUES }, (_, index) => index);

function templateOf(text: (...values: unknown[]) => unknown, isOne: boolean, one: number): string {
  const result = text(...indexes.map((index) => placeholder(index, isOne ? one : 1_000)));
  if (!isValidElement(result)) return String(result);
  const html = plain(renderToStaticMarkup(text(...indexes.map((index) => createElement('x', { key: index }, index))) as ReactNode));
  return html.replaceAll(/<x>(\d)<\/x>/g, '{$1}');
}

/** Converts a catalogue of texts to one that can be written as JSON. `one` is a number that its language calls one. */
export function templatesOf(messages: unknown, one: number): Templates {
  if (typeof messages === 'string') return messages;
  if (typeof messages === 'function') {
    const text = messages as (...values: unknown[]) => unknown;
    return { one: templateOf(text, true, one), other: templateOf(text, false, one) };
  }
  return Object.fromEntries(Object.entries(messages as object).map(([key, value]) => [key, templatesOf(value, one)]));
}
