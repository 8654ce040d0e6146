/** The widths in pixels that the server makes of an image, WIDTHS of services/catalogue/src/images.rs. */
export const WIDTHS = [320, 640, 1280] as const;

/** How wide an image is shown, as the browser has to know before the layout. */
export const SIZES = {
  thumbnail: '6rem',
  card: '(max-width: 48rem) 50vw, 19rem',
  main: '(max-width: 60rem) 100vw, 40rem',
} as const;

export type ImageSize = keyof typeof SIZES;

/** Returns the smaller sizes of an image; undefined for one that has none: vector graphics, animations and other servers' images. */
export function smallerSizes(url: string): string | undefined {
  if (!/^\/media\/[0-9a-f]+\.(?:jpg|png|webp)$/.test(url)) return undefined;
  return WIDTHS.map((width) => `${url}?width=${width} ${width}w`).join(', ');
}
