import ts from 'typescript';
import { expect, it } from 'vitest';

const sources = import.meta.glob<string>(['../**/*.tsx', '!../**/*.test.tsx', '!../messages/**', '!../admin/**'], { query: '?raw', import: 'default', eager: true });

/** Attributes that people read or hear. */
const SPOKEN = new Set(['alt', 'aria-description', 'aria-label', 'aria-roledescription', 'aria-valuetext', 'hint', 'label', 'listLabel', 'placeholder', 'title', 'busyText', 'text']);

/** Strings of letters that are the same in all languages. */
const NEUTRAL = new Set(['Deutsch', 'English', 'Français']);

function isWords(text: string): boolean {
  return /\p{L}/u.test(text) && !NEUTRAL.has(text.trim());
}

/** Lists the literal strings that an expression may evaluate to. */
function literals(node: ts.Node): ts.Node[] {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return isWords(node.text) ? [node] : [];
  if (ts.isTemplateExpression(node)) {
    return [node.head, ...node.templateSpans.map((span) => span.literal)].some((part) => isWords(part.text)) ? [node] : [];
  }
  if (ts.isConditionalExpression(node)) return [...literals(node.whenTrue), ...literals(node.whenFalse)];
  if (ts.isParenthesizedExpression(node) || ts.isJsxExpression(node)) return node.expression ? literals(node.expression) : [];
  if (ts.isBinaryExpression(node)) return [...literals(node.left), ...literals(node.right)].filter(() => node.operatorToken.kind !== ts.SyntaxKind.EqualsEqualsEqualsToken);
  return [];
}

/** Lists the texts of a component that are not in the catalogues. */
function untranslated(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const found: string[] = [];
  const report = (node: ts.Node) => found.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${node.getText().trim()}`);
  const visit = (node: ts.Node) => {
    if (ts.isJsxText(node) && isWords(node.text)) report(node);
    if (ts.isJsxExpression(node) && !ts.isJsxAttribute(node.parent)) literals(node).forEach(report);
    if (ts.isJsxAttribute(node) && SPOKEN.has(node.name.getText()) && node.initializer) literals(node.initializer).forEach(report);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

it('finds texts in components', () => {
  expect(untranslated('x.tsx', 'const x = <p title="Hello">{open ? "a" : t.b} <b>c</b> 1 ×</p>;')).toHaveLength(3);
  expect(untranslated('x.tsx', 'const x = <p className="page" data-kind={open ? "a" : "b"}>{kind === "a" && t.c}</p>;')).toEqual([]);
});

it('has every text of the components in the catalogues', () => {
  expect(Object.keys(sources).length).toBeGreaterThan(60);
  expect(Object.entries(sources).flatMap(([path, text]) => untranslated(path, text))).toEqual([]);
});
