/** A deployment removes the chunks and styles that the open page refers to. A reload gets their new names. */
export function isOutdated(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // Browsers word a failed import differently. The second text is Vite's, for the styles of a chunk.
  return (error instanceof TypeError && /import|module/i.test(error.message)) || error.message.startsWith('Unable to preload CSS');
}
