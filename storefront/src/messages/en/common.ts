import { pluralOf } from '../plural';

export const plural = pluralOf('en');

export const common = {
  optional: '(optional)',
  checkErrors: 'Please check the following',
  tryAgain: 'Try again',
  notLoaded: "This couldn't be loaded",
  loading: 'Loading',
  edit: 'Edit',
  remove: 'Remove',
  cancel: 'Cancel',
  message: 'Message',
  dismiss: 'Dismiss message',
  newTab: '(opens in a new tab)',
  close: (title: string) => `Close: ${title}`,
  suggestions: (count: number) => plural(count, { one: `${count} suggestion`, other: `${count} suggestions` }),
  decrease: 'Decrease quantity',
  increase: 'Increase quantity',
  quantityOf: (title: string) => `Quantity of ${title}`,
  copy: 'Copy',
  copied: 'Copied',
  copiedValue: (value: string) => `Copied ${value}`,
  notCopied: "We couldn't copy it. Please select and copy it yourself.",
  items: (count: number) => plural(count, { one: `${count} item`, other: `${count} items` }),
  products: (count: number, text: string) => plural(count, { one: `${text} product`, other: `${text} products` }),
  days: (min: number, max: number) => (min === max ? plural(max, { one: `${max} day`, other: `${max} days` }) : `${min} to ${max} days`),
  quantity: (count: number) => `Quantity: ${count}`,
  free: 'Free',
  email: 'Email',
  name: 'Name',
  phone: 'Phone',
};
