import { expect, it } from 'vitest';
import { colourOf } from './colours';

it('knows colours by their names in three languages', () => {
  expect(colourOf('Colour', 'Moss')).toBe(colourOf('Farbe', 'Moos'));
  expect(colourOf('Couleur', 'Noir')).toBe(colourOf('color', 'black'));
  expect(colourOf('Finish', 'Matt black')).toBe(colourOf('Colour', 'Black'));
  expect(colourOf('Colour', 'Deep blue')).not.toBe(colourOf('Colour', 'Blue'));
});

it('has none for other options and for names that it does not know', () => {
  expect(colourOf('Size', 'Black')).toBeNull();
  expect(colourOf('Colour', 'Lantern')).toBeNull();
  expect(colourOf('Colour', 'constructor')).toBeNull();
});
