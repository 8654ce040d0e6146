const EMAIL = /^[\p{L}\p{N}._+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+$/u;
const WEB_ADDRESS = /^https?:\/\/\S+$/i;

/**
 * Returns the link of an electronic address that a merchant has entered, or null for what is neither an email address nor
 * a web address: no other scheme, such as `javascript:`, may become a link.
 */
export function contactLink(contact: string): string | null {
  const text = contact.trim();
  if (EMAIL.test(text)) return `mailto:${text}`;
  return WEB_ADDRESS.test(text) && URL.canParse(text) ? new URL(text).href : null;
}
