import type { Messages } from '../catalogue';
import { cart } from './cart';
import { catalogue } from './catalogue';
import { common } from './common';
import { problems } from './problems';
import { product } from './product';
import { reviews } from './reviews';
import { shell } from './shell';

const messages: Messages = {
  language: 'de',
  cart, catalogue, common, problems, product, reviews, shell,
};

export default messages;
