import type { PurchaseTexts } from '../catalogue';
import { account } from './account';
import { checkout } from './checkout';
import { findOrder } from './find-order';
import { orders } from './orders';
import { payment, paymentPages } from './payment';
import { withdrawal } from './withdrawal';

const texts: PurchaseTexts = { account, checkout, findOrder, orders, payment, paymentPages, withdrawal };

export default texts;
