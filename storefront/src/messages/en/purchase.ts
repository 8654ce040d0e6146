import { account } from './account';
import { checkout } from './checkout';
import { orders } from './orders';
import { payment, paymentPages } from './payment';

const texts = { account, checkout, orders, payment, paymentPages };

export default texts;
