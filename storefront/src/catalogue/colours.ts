/** The names of options that are colours, in the languages of the storefront. */
export const COLOUR_OPTIONS = new Set(['colour', 'color', 'glaze', 'finish', 'farbe', 'glasur', 'oberfläche', 'couleur', 'coloris', 'teinte', 'émail', 'finition']);

/** Colours by their names in English, German and French, as merchants write them. */
export const COLOURS: Readonly<Record<string, string>> = {
  ...named('#1c1d1f', 'black', 'schwarz', 'noir', 'ebonised', 'jet', 'ebony', 'mattschwarz', 'ébène'),
  ...named('#ffffff', 'white', 'weiß', 'weiss', 'blanc', 'snow', 'schnee', 'neige'),
  ...named('#efece4', 'chalk', 'ivory', 'cream', 'off-white', 'elfenbein', 'kreide', 'craie', 'creme', 'ivoire', 'crème', 'écru'),
  ...named('#8b8f94', 'grey', 'gray', 'grau', 'gris', 'zinc', 'zink'),
  ...named('#b9bcc0', 'silver', 'silber', 'argent', 'steel', 'stahl', 'acier', 'edelstahl'),
  ...named('#4a4e54', 'anthracite', 'charcoal', 'anthrazit', 'graphite', 'slate', 'schiefer', 'ardoise'),
  ...named('#c22f2b', 'red', 'rot', 'rouge'),
  ...named('#9c4630', 'brick', 'rust', 'ziegel', 'rost', 'brique', 'rouille'),
  ...named('#7b2436', 'burgundy', 'wine', 'bordeaux', 'weinrot'),
  ...named('#c66b45', 'terracotta', 'terrakotta', 'copper', 'kupfer', 'cuivre'),
  ...named('#e07b2a', 'orange'),
  ...named('#d98a1f', 'amber', 'bernstein', 'ambre'),
  ...named('#c58b2a', 'ochre', 'ocher', 'ocker', 'ocre', 'mustard', 'senf', 'moutarde'),
  ...named('#f0c93a', 'yellow', 'gelb', 'jaune'),
  ...named('#c9a53f', 'gold', 'golden', 'or', 'brass', 'messing', 'laiton'),
  ...named('#3f7d4a', 'green', 'grün', 'gruen', 'vert'),
  ...named('#67754b', 'moss', 'olive', 'moos', 'oliv', 'mousse', 'khaki', 'kaki'),
  ...named('#9caa8c', 'sage', 'salbei', 'sauge'),
  ...named('#2c5241', 'forest', 'pine', 'wald', 'kiefer', 'pin', 'tanne', 'sapin', 'forêt', 'bottle green'),
  ...named('#2f6db3', 'blue', 'blau', 'bleu'),
  ...named('#23395d', 'navy', 'deep blue', 'night', 'tiefblau', 'bleu profond', 'marine', 'dunkelblau', 'nacht', 'nuit', 'midnight'),
  ...named('#3e6f86', 'sea', 'petrol', 'teal', 'meer', 'mer', 'canard', 'harbour', 'hafen', 'hafenblau', 'meeresnebel'),
  ...named('#2e8f95', 'turquoise', 'türkis'),
  ...named('#8fb8d8', 'light blue', 'sky', 'hellblau', 'himmelblau', 'ciel', 'bleu ciel'),
  ...named('#6d4aa0', 'purple', 'violet', 'lila', 'violett'),
  ...named('#b79ad0', 'lavender', 'lavendel', 'lavande', 'mauve'),
  ...named('#e59aa9', 'pink', 'rosa', 'rose'),
  ...named('#6b4a33', 'brown', 'braun', 'brun', 'marron', 'walnut', 'nussbaum', 'noyer', 'chocolate'),
  ...named('#c8a27a', 'oak', 'beech', 'eiche', 'buche', 'chêne', 'hêtre', 'camel', 'tan'),
  ...named('#d9c8a9', 'beige', 'sand', 'sable', 'oat', 'oatmeal', 'hafer', 'haferflocke', 'gerste', 'avoine', 'flocon d’avoine', 'orge', 'barley', 'linen', 'leinen', 'lin', 'natur', 'naturel'),
};

function named(colour: string, ...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, colour]));
}

/** Returns the colour of an option's value, such as "Matt black", or null if the option or its colour is not known. */
export function colourOf(option: string, value: string): string | null {
  if (!COLOUR_OPTIONS.has(option.trim().toLowerCase())) return null;
  const name = value.trim().toLowerCase();
  if (Object.hasOwn(COLOURS, name)) return COLOURS[name] ?? null;
  // The last word names the colour in "Matt black", the first one in "bleu clair" and "Sea mist".
  const words = name.split(/[\s/-]+/);
  for (const word of [words.at(-1), words[0]]) {
    if (word !== undefined && Object.hasOwn(COLOURS, word)) return COLOURS[word] ?? null;
  }
  return null;
}
