import type { Language } from '../language';
import { cart } from './cart';
import { catalogue } from './catalogue';
import { common } from './common';
import { problems } from './problems';
import { product } from './product';
import { reviews } from './reviews';
import { shell } from './shell';

const messages = {
  language: 'en' as Language,
  cart, catalogue, common, problems, product, reviews, shell,
};

export default messages;
