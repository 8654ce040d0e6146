import { expect, it } from 'vitest';
import { smallerSizes } from './image-sizes';

it('offers smaller sizes of photographs only', () => {
  expect(smallerSizes('/media/3f2a.jpg')).toBe('/media/3f2a.jpg?width=320 320w, /media/3f2a.jpg?width=640 640w, /media/3f2a.jpg?width=1280 1280w');
  for (const url of ['/media/3f2a.svg', '/media/3f2a.gif', 'https://other.example/a.jpg']) expect(smallerSizes(url)).toBeUndefined();
});
