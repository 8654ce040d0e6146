import type { PurchaseTexts } from '../catalogue';
import { account } from './account';
import { checkout } from './checkout';
import { orders } from './orders';
import { payment, paymentPages } from './payment';

const texts: PurchaseTexts = { account, checkout, orders, payment, paymentPages };

export default texts;
