//! The reference model: carts as plain lists of lines, changed by one command after another.

mod view;

pub use view::ExpectedView;

use super::scenario::{Code, QUOTED_FOR, Scenario};
use std::collections::BTreeMap;

/// The number of guests: the first owners. All others have accounts.
pub const GUESTS: usize = 2;
/// The number of owners.
pub const OWNERS: usize = 4;

const MAX_LINES: usize = 100;
const MAX_QUANTITY: u32 = 9_999;

/// A request to the cart service, or an event for it. Owners, SKUs, codes, quotes and orders are numbered.
#[derive(Debug, Clone, Copy)]
pub enum Command {
    Add {
        owner: usize,
        sku: usize,
        quantity: u32,
    },
    Set {
        owner: usize,
        sku: usize,
        quantity: u32,
    },
    Remove {
        owner: usize,
        sku: usize,
    },
    ApplyCode {
        owner: usize,
        code: usize,
    },
    RemoveCode {
        owner: usize,
    },
    ChooseShipping {
        owner: usize,
        quote: usize,
        option: &'static str,
    },
    /// A guest logs in, which merges their cart; may be repeated.
    LogIn {
        guest: usize,
        account: usize,
    },
    /// The event of an order is delivered; may be repeated.
    ReceiveOrder {
        order: usize,
    },
}

/// The result of a command: an error is the problem's slug.
pub type Outcome = Result<(), &'static str>;

#[derive(Debug, Clone, Copy, PartialEq)]
struct Line {
    sku: usize,
    quantity: u32,
    /// The price when the line was added.
    seen: i64,
}

#[derive(Debug, Clone, PartialEq)]
struct Cart {
    /// Carts are numbered in the order of their creation.
    number: usize,
    version: i64,
    lines: Vec<Line>,
    code: Option<usize>,
    /// The quote, and true for express.
    shipping: Option<(usize, bool)>,
    /// The guest carts merged last, with the units that each added.
    merged: Vec<(usize, BTreeMap<usize, u32>)>,
}

impl Cart {
    fn quantity(&self, sku: usize) -> u32 {
        self.lines.iter().filter(|line| line.sku == sku).map(|line| line.quantity).sum()
    }

    fn units(&self) -> BTreeMap<usize, u32> {
        self.lines.iter().map(|line| (line.sku, line.quantity)).collect()
    }

    fn take(&mut self, units: &BTreeMap<usize, u32>) {
        for line in &mut self.lines {
            line.quantity = line.quantity.saturating_sub(units.get(&line.sku).copied().unwrap_or(0));
        }
        self.lines.retain(|line| line.quantity > 0);
    }

    fn put(&mut self, new: Line) -> Outcome {
        if let Some(line) = self.lines.iter_mut().find(|line| line.sku == new.sku) {
            *line = new;
        } else if self.lines.len() == MAX_LINES {
            return Err("cart-full");
        } else {
            self.lines.push(new);
        }
        Ok(())
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Quote {
    cart: usize,
    units: BTreeMap<usize, u32>,
    place: usize,
    weight_grams: u64,
    until: i64,
}

/// An order: the units of each SKU bought from a cart.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    pub cart: usize,
    pub version: i64,
    pub units: BTreeMap<usize, u32>,
}

/// The state of the reference model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Model {
    pub scenario: Scenario,
    pub orders: Vec<Order>,
    carts: BTreeMap<usize, Cart>,
    quotes: Vec<Quote>,
    last_number: usize,
}

impl Model {
    /// Executes a command on the reference cart.
    pub fn execute(&mut self, command: Command) -> Outcome {
        match command {
            Command::Add { owner, sku, quantity } => {
                let has = self.carts.get(&owner).map_or(0, |cart| cart.quantity(sku));
                self.put(owner, sku, has + quantity)
            }
            Command::Set { quantity, .. } if quantity > MAX_QUANTITY => Err("invalid-input"),
            Command::Set { owner, sku, quantity: 0 } | Command::Remove { owner, sku } => {
                self.change(owner, |cart| cart.lines.retain(|line| line.sku != sku))
            }
            Command::Set { owner, sku, quantity } => self.put(owner, sku, quantity),
            Command::ApplyCode { owner, code } => {
                let known = self.scenario.codes[code].ok_or("unknown-code")?;
                if !self.is_usable(&known, self.subtotal(owner)) {
                    return Err("code-not-applicable");
                }
                self.change(owner, |cart| cart.code = Some(code))
            }
            Command::RemoveCode { owner } => self.change(owner, |cart| cart.code = None),
            Command::ChooseShipping { owner, quote, option } => self.choose_shipping(owner, quote, option),
            Command::LogIn { guest, account } => self.log_in(guest, account),
            Command::ReceiveOrder { order } => {
                self.receive_order(order);
                Ok(())
            }
        }
    }

    fn change(&mut self, owner: usize, change: impl FnOnce(&mut Cart)) -> Outcome {
        self.try_change(owner, |cart| {
            change(cart);
            Ok(())
        })
    }

    fn try_change(&mut self, owner: usize, change: impl FnOnce(&mut Cart) -> Outcome) -> Outcome {
        let mut cart = self.carts.get(&owner).cloned().unwrap_or_else(|| self.new_cart());
        change(&mut cart)?;
        cart.version += 1;
        self.last_number = self.last_number.max(cart.number);
        self.carts.insert(owner, cart);
        Ok(())
    }

    fn new_cart(&self) -> Cart {
        Cart {
            number: self.last_number + 1,
            version: 0,
            lines: Vec::new(),
            code: None,
            shipping: None,
            merged: Vec::new(),
        }
    }

    fn put(&mut self, owner: usize, sku: usize, quantity: u32) -> Outcome {
        let product = self.scenario.products[sku];
        if !product.for_sale {
            return Err("unknown-sku");
        }
        if product.stock.is_some_and(|stock| stock < quantity) {
            return Err("out-of-stock");
        }
        if quantity > MAX_QUANTITY {
            return Err("invalid-input");
        }
        self.try_change(owner, |cart| cart.put(Line { sku, quantity, seen: product.price }))
    }

    fn choose_shipping(&mut self, owner: usize, quote: usize, option: &str) -> Outcome {
        let Some(quoted) = self.quotes.get(quote).cloned() else { return Err("unknown-quote") };
        if !["standard", "express"].contains(&option) {
            return Err("invalid-input");
        }
        let now = self.scenario.now;
        self.try_change(owner, |cart| {
            let holds = holds(&quoted, cart, now);
            cart.shipping = Some((quote, option == "express"));
            if holds { Ok(()) } else { Err("quote-stale") }
        })
    }

    fn log_in(&mut self, guest: usize, account: usize) -> Outcome {
        let Some(theirs) = self.carts.remove(&guest) else { return Ok(()) };
        let products = self.scenario.products.clone();
        self.change(account, |cart| {
            let mut added = BTreeMap::new();
            for line in theirs.lines {
                let (product, has) = (products[line.sku], cart.quantity(line.sku));
                let most = if product.for_sale { product.stock.unwrap_or(MAX_QUANTITY) } else { 0 };
                let quantity = (has + line.quantity).min(MAX_QUANTITY).min(most.max(has));
                if quantity > 0 {
                    // Lines that exceed the cart's size are dropped.
                    let _ = cart.put(Line { quantity, ..line });
                }
                added.insert(line.sku, cart.quantity(line.sku) - has);
            }
            cart.code = cart.code.or(theirs.code);
            cart.merged.push((theirs.number, added));
            cart.merged.drain(..cart.merged.len().saturating_sub(16));
        })
    }

    fn receive_order(&mut self, order: usize) {
        let order = self.orders[order].clone();
        // After a purchase the cart has another number, so a repeated event finds no cart.
        if let Some(owner) = self.find_owner(|cart| cart.number == order.cart) {
            let mut cart = self.carts.remove(&owner).unwrap();
            cart.take(&order.units);
            for (_, added) in &mut cart.merged {
                added.iter_mut().for_each(|(sku, count)| {
                    *count =
                        (*count).min(cart.lines.iter().filter(|line| line.sku == *sku).map(|line| line.quantity).sum());
                });
            }
            if !cart.lines.is_empty() {
                self.last_number += 1;
                let number = self.last_number;
                self.carts.insert(owner, Cart { number, version: 1, code: None, shipping: None, ..cart });
            }
        } else if let Some(owner) = self.find_owner(|cart| cart.merged.iter().any(|(number, _)| *number == order.cart))
        {
            let mut cart = self.carts.remove(&owner).unwrap();
            let place = cart.merged.iter().position(|(number, _)| *number == order.cart).unwrap();
            let (_, added) = cart.merged.remove(place);
            let of_theirs = |(sku, count): (&usize, &u32)| (*sku, *count.min(added.get(sku).unwrap_or(&0)));
            cart.take(&order.units.iter().map(of_theirs).collect());
            if !cart.lines.is_empty() {
                cart.version += 1;
                self.carts.insert(owner, cart);
            }
        }
    }

    fn find_owner(&self, matches: impl Fn(&Cart) -> bool) -> Option<usize> {
        (0..OWNERS).find(|owner| self.carts.get(owner).is_some_and(&matches))
    }

    /// Requests a quote for the owner's cart.
    pub fn quote(&mut self, owner: usize, place: usize) -> Outcome {
        let cart = self.carts.get(&owner).filter(|cart| !cart.lines.is_empty()).ok_or("cart-empty")?;
        let sold = cart.lines.iter().filter(|line| self.scenario.products[line.sku].for_sale);
        let weight_grams =
            sold.map(|line| u64::from(self.scenario.products[line.sku].weight_grams) * u64::from(line.quantity)).sum();
        let until = self.scenario.now + QUOTED_FOR;
        self.quotes.push(Quote { cart: cart.number, units: cart.units(), place, weight_grams, until });
        Ok(())
    }

    /// Orders what is for sale in the owner's cart; the event is delivered by a later command.
    pub fn order(&mut self, owner: usize) {
        let Some(cart) = self.carts.get(&owner) else { return };
        let mut units = cart.units();
        units.retain(|sku, _| self.scenario.products[*sku].for_sale);
        if !units.is_empty() {
            self.orders.push(Order { cart: cart.number, version: cart.version, units });
        }
    }

    fn sold(&self, cart: &Cart) -> Vec<Line> {
        cart.lines.iter().filter(|line| self.scenario.products[line.sku].for_sale).copied().collect()
    }

    fn line_total(&self, line: &Line) -> i64 {
        self.scenario.products[line.sku].price * i64::from(line.quantity)
    }

    fn subtotal(&self, owner: usize) -> i64 {
        self.carts.get(&owner).map_or(0, |cart| self.sold(cart).iter().map(|line| self.line_total(line)).sum())
    }

    fn is_usable(&self, code: &Code, subtotal: i64) -> bool {
        let now = self.scenario.now;
        code.active
            && code.from.is_none_or(|from| from <= now)
            && code.until.is_none_or(|until| now < until)
            && code.usage_limit.is_none_or(|usage_limit| code.used < usage_limit)
            && code.minimum.is_none_or(|minimum| minimum <= subtotal)
    }
}

fn holds(quote: &Quote, cart: &Cart, now: i64) -> bool {
    quote.cart == cart.number && quote.units == cart.units() && now < quote.until
}
