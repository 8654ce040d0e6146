// Finds what is wrong with the layout of a page, in the page itself.
// The function is sent there as text, so it holds everything that it calls.
// oxlint-disable unicorn/consistent-function-scoping

/**
 * Lists what makes the page scroll sideways, text that is cut off, texts that overlap, and short words that are broken. Tables
 * may scroll within themselves: their columns cannot be stacked.
 */
export function layoutProblems() {
  const found = new Set();
  const { scrollingElement: root } = document;
  const width = root.clientWidth;
  const name = (element) => `<${element.localName} class="${element.className?.baseVal ?? element.className}">`;
  const shortened = (text) => text.trim().replaceAll(/\s+/g, ' ').slice(0, 40);

  const ancestors = (element) => {
    const list = [];
    for (let at = element; at && at !== document.documentElement; at = at.parentElement) list.push(at);
    return list;
  };
  const scrollsItself = (element) => ancestors(element).some((at) => ['auto', 'scroll'].includes(getComputedStyle(at).overflowX));
  const endsInWord = (sibling) => sibling?.nodeType === Node.TEXT_NODE && /\S$/.test(sibling.data);
  const startsInWord = (sibling) => sibling?.nodeType === Node.TEXT_NODE && /^\S/.test(sibling.data);
  const isForScreenReaders = (element) => ancestors(element).some((at) => getComputedStyle(at).clipPath !== 'none');
  /** Stays on the screen, above the rest, such as the header. */
  const staysOnScreen = (element) => ancestors(element).some((at) => ['fixed', 'sticky'].includes(getComputedStyle(at).position));

  if (root.scrollWidth > width) {
    const wide = [...document.body.querySelectorAll('*')]
      .map((element) => ({ element, box: element.getBoundingClientRect() }))
      .filter(({ element, box }) => box.width > 0 && box.right > width + 0.5 && !scrollsItself(element.parentElement));
    const furthest = Math.max(...wide.map(({ box }) => box.right));
    // What holds the widest elements is as wide as they are.
    const cause = wide.filter(({ box }) => box.right > furthest - 1).at(-1)?.element;
    found.add(`the page scrolls sideways by ${root.scrollWidth - width}: ${cause ? `${name(cause)} ${shortened(cause.textContent)}` : 'no element'}`);
  }

  /** The lines of every text, with what is left of them within boxes that hide the rest. */
  const lines = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || parent.closest('script, style, noscript, svg, option, [aria-hidden="true"]') || !parent.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || isForScreenReaders(parent)) continue;
    const hiding = ancestors(parent).filter((at) => /hidden|clip/.test(getComputedStyle(at).overflow));
    const range = document.createRange();
    for (const { 0: word, index } of node.data.matchAll(/(?<![^\s„"(])[\p{L}\p{N}]{2,12}(?![^\s.,:;!?“")])/gu)) {
      const isPart = (index === 0 && endsInWord(node.previousSibling)) || (index + word.length === node.length && startsInWord(node.nextSibling));
      if (isPart) continue;
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      const tops = [...range.getClientRects()].filter((box) => box.width > 0).map((box) => box.top);
      if (Math.max(...tops) - Math.min(...tops) > 5) found.add(`the short word "${word}" is broken in ${name(parent)}: ${shortened(node.data)}`);
    }
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width < 2 || box.height < 2) continue;
      for (const at of hiding) {
        const edge = at.getBoundingClientRect();
        const cut = Math.max(box.right - edge.right, edge.left - box.left, (box.bottom - edge.bottom) - box.height / 4, (edge.top - box.top) - box.height / 4);
        if (cut > 1) found.add(`cut off by ${Math.ceil(cut)} in ${name(at)}: ${shortened(node.data)}`);
      }
      if (staysOnScreen(parent)) continue;
      // The box of a line is higher than its letters.
      lines.push({ parent, text: shortened(node.data), left: box.left + 1, right: box.right - 1, top: box.top + box.height / 4, bottom: box.bottom - box.height / 4 });
    }
  }

  lines.sort((a, b) => a.top - b.top);
  lines.forEach((a, index) => {
    for (const b of lines.slice(index + 1)) {
      if (b.top >= a.bottom) break;
      const apart = a.right <= b.left || b.right <= a.left || a.parent === b.parent || (scrollsItself(a.parent) !== scrollsItself(b.parent));
      if (!apart) found.add(`"${a.text}" overlaps "${b.text}" in ${name(b.parent)}`);
    }
  });
  return [...found];
}
