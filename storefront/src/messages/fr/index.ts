import type { Messages } from '../catalogue';
import { account } from './account';
import { cart } from './cart';
import { catalogue } from './catalogue';
import { checkout } from './checkout';
import { common } from './common';
import { orders } from './orders';
import { payment, paymentPages } from './payment';
import { problems } from './problems';
import { product } from './product';
import { reviews } from './reviews';
import { shell } from './shell';

const messages: Messages = {
  language: 'fr',
  account, cart, catalogue, checkout, common, orders, payment, paymentPages, problems, product, reviews, shell,
};

export default messages;
