import { expect, it } from 'vitest';
import { contactLink } from './contact';

it('links email addresses and web addresses', () => {
  expect(contactLink(' safety@nordlicht.example ')).toBe('mailto:safety@nordlicht.example');
  expect(contactLink('https://nordlicht.example/safety?a=1')).toBe('https://nordlicht.example/safety?a=1');
  expect(contactLink('HTTP://nordlicht.example')).toBe('http://nordlicht.example/');
});

it('links nothing else', () => {
  const others = [
    '', 'nordlicht.example', '+49 40 123456', 'javascript:alert(1)', 'data:text/html,x', '//nordlicht.example', 'https://', 'ftp://nordlicht.example',
    'a@b.example?bcc=c@d.example', 'mail us: a@b.example', 'https://a.example\njavascript:alert(1)', 'javascript:alert(1)//@a.example',
  ];
  for (const text of others) expect(contactLink(text), text).toBeNull();
});
