export const product = {
  loading: 'Loading the product',
  breadcrumb: 'Breadcrumb',
  addToCart: 'Add to cart',
  added: (title: string) => `${title} was added to your cart.`,
  viewCart: 'View cart',
  related: 'You may also like',

  images: 'Product images',
  image: (number: number, count: number) => `Image ${number} of ${count}`,
  imageWithText: (number: number, count: number, text: string) => `Image ${number} of ${count}: ${text}`,
  imageCount: (number: number, count: number) => `${number} of ${count}`,
  enlarge: (title: string) => `Enlarge image of ${title}`,
  previousImage: 'Previous image',
  nextImage: 'Next image',

  choice: { available: '', 'sold-out': ', sold out', missing: ', not available with your other choices' },
  availability: {
    in_stock: 'In stock',
    low: 'Only a few left',
    backorder: "On backorder: sent as soon as it's back in stock",
    out_of_stock: 'Sold out',
  },
  onlyLeft: (count: number) => `Only ${count} left`,

  taxIncluded: 'Incl. tax, plus delivery',
  taxAdded: 'Plus tax and delivery',
  taxIncludedOnly: 'Incl. tax',
  taxAddedOnly: 'Plus tax',

  details: 'Product details',
  weight: 'Weight',
  sku: 'SKU',
  barcode: 'Barcode',
  tags: 'Tags',
  delivery: 'Delivery',
  deliveryCountries: (count: number) => `We deliver to ${count} countries.`,
  deliveryCountry: (country: string) => `We deliver to ${country}.`,
  deliveryPrice: 'The price depends on weight and address. You see it at checkout, before you order.',
  returns: 'Returns',
  returnsText: 'You can request a return on the page of your order once it has been delivered. We refund you after the items have arrived.',

  /** The information that Regulation (EU) 2023/988, article 19, wants in every offer. */
  safety: 'Product safety',
  manufacturer: 'Manufacturer',
  responsiblePerson: 'Responsible person in the EU',
  warnings: 'Warnings',
  /** The exceptions from the right of withdrawal, in the words of Directive 2011/83/EU, article 16. */
  withdrawalExceptions: {
    made_to_order: 'No right of withdrawal: made to your specifications or clearly personalised.',
    perishable: 'No right of withdrawal: liable to deteriorate or expire rapidly.',
    periodical: 'No right of withdrawal: newspaper, periodical or magazine.',
    sealed_hygiene: 'Right of withdrawal only while the seal is unbroken: sealed for health protection or hygiene reasons.',
    sealed_recording: 'Right of withdrawal only while the seal is unbroken: sealed audio or video recording or software.',
  },
};
