//! Carts as simple as can be: lists of lines, changed one command after another.

mod shown;

pub use shown::Shown;

use super::world::{Code, QUOTED_FOR, World};
use std::collections::BTreeMap;

/// The first owners are guests, the others have accounts.
pub const GUESTS: usize = 2;
/// How many owners there are.
pub const OWNERS: usize = 4;

const MOST_LINES: usize = 100;
const MOST: u32 = 9_999;

/// What somebody asks of cart, or tells it. Owners, SKUs, codes, quotes and orders go by number.
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
    Enter {
        owner: usize,
        code: usize,
    },
    Withdraw {
        owner: usize,
    },
    Choose {
        owner: usize,
        quote: usize,
        option: &'static str,
    },
    /// A guest logs in, or says once more that they have.
    LogIn {
        guest: usize,
        account: usize,
    },
    /// The event of an order comes, perhaps not for the first time.
    Hear {
        order: usize,
    },
}

/// Nothing when it was done; otherwise why not, as the last part of the problem's type.
pub type Outcome = Result<(), &'static str>;

#[derive(Debug, Clone, Copy)]
struct Line {
    sku: usize,
    quantity: u32,
    /// The price when it was put in.
    seen: i64,
}

#[derive(Debug, Clone)]
struct Cart {
    /// Carts are numbered as they begin.
    number: usize,
    version: i64,
    lines: Vec<Line>,
    code: Option<usize>,
    /// The quote, and whether it is to be fast.
    shipping: Option<(usize, bool)>,
    /// The last guest carts that were taken along in it, with what of theirs is in it.
    merged: Vec<(usize, BTreeMap<usize, u32>)>,
}

impl Cart {
    fn quantity(&self, sku: usize) -> u32 {
        self.lines.iter().filter(|line| line.sku == sku).map(|line| line.quantity).sum()
    }

    fn pieces(&self) -> BTreeMap<usize, u32> {
        self.lines.iter().map(|line| (line.sku, line.quantity)).collect()
    }

    fn take(&mut self, pieces: &BTreeMap<usize, u32>) {
        for line in &mut self.lines {
            line.quantity = line.quantity.saturating_sub(pieces.get(&line.sku).copied().unwrap_or(0));
        }
        self.lines.retain(|line| line.quantity > 0);
    }

    fn put(&mut self, new: Line) -> Outcome {
        if let Some(line) = self.lines.iter_mut().find(|line| line.sku == new.sku) {
            *line = new;
        } else if self.lines.len() == MOST_LINES {
            return Err("cart-full");
        } else {
            self.lines.push(new);
        }
        Ok(())
    }
}

#[derive(Debug, Clone)]
struct Quote {
    cart: usize,
    pieces: BTreeMap<usize, u32>,
    place: usize,
    grams: u64,
    until: i64,
}

/// What was bought of which cart.
#[derive(Debug, Clone)]
pub struct Order {
    pub cart: usize,
    pub version: i64,
    pub pieces: BTreeMap<usize, u32>,
}

/// The model.
#[derive(Debug, Clone, Default)]
pub struct Model {
    pub world: World,
    pub orders: Vec<Order>,
    carts: BTreeMap<usize, Cart>,
    quotes: Vec<Quote>,
    begun: usize,
}

impl Model {
    /// Carries a command out.
    pub fn carry_out(&mut self, command: Command) -> Outcome {
        match command {
            Command::Add { owner, sku, quantity } => {
                let has = self.carts.get(&owner).map_or(0, |cart| cart.quantity(sku));
                self.put(owner, sku, has + quantity)
            }
            Command::Set { quantity, .. } if quantity > MOST => Err("invalid-input"),
            Command::Set { owner, sku, quantity: 0 } | Command::Remove { owner, sku } => {
                self.change(owner, |cart| cart.lines.retain(|line| line.sku != sku))
            }
            Command::Set { owner, sku, quantity } => self.put(owner, sku, quantity),
            Command::Enter { owner, code } => {
                let known = self.world.codes[code].ok_or("unknown-code")?;
                if !self.is_usable(&known, self.subtotal(owner)) {
                    return Err("code-not-applicable");
                }
                self.change(owner, |cart| cart.code = Some(code))
            }
            Command::Withdraw { owner } => self.change(owner, |cart| cart.code = None),
            Command::Choose { owner, quote, option } => self.choose(owner, quote, option),
            Command::LogIn { guest, account } => self.log_in(guest, account),
            Command::Hear { order } => {
                self.hear(order);
                Ok(())
            }
        }
    }

    fn change(&mut self, owner: usize, change: impl FnOnce(&mut Cart)) -> Outcome {
        self.try_to_change(owner, |cart| {
            change(cart);
            Ok(())
        })
    }

    fn try_to_change(&mut self, owner: usize, change: impl FnOnce(&mut Cart) -> Outcome) -> Outcome {
        let mut cart = self.carts.get(&owner).cloned().unwrap_or_else(|| self.new_cart());
        change(&mut cart)?;
        cart.version += 1;
        self.begun = self.begun.max(cart.number);
        self.carts.insert(owner, cart);
        Ok(())
    }

    fn new_cart(&self) -> Cart {
        Cart { number: self.begun + 1, version: 0, lines: Vec::new(), code: None, shipping: None, merged: Vec::new() }
    }

    fn put(&mut self, owner: usize, sku: usize, quantity: u32) -> Outcome {
        let good = self.world.goods[sku];
        if !good.for_sale {
            return Err("unknown-sku");
        }
        if good.left.is_some_and(|left| left < quantity) {
            return Err("out-of-stock");
        }
        if quantity > MOST {
            return Err("invalid-input");
        }
        self.try_to_change(owner, |cart| cart.put(Line { sku, quantity, seen: good.price }))
    }

    fn choose(&mut self, owner: usize, quote: usize, option: &str) -> Outcome {
        let Some(quoted) = self.quotes.get(quote).cloned() else { return Err("unknown-quote") };
        if !["standard", "express"].contains(&option) {
            return Err("invalid-input");
        }
        let now = self.world.now;
        self.try_to_change(owner, |cart| {
            let holds = holds(&quoted, cart, now);
            cart.shipping = Some((quote, option == "express"));
            if holds { Ok(()) } else { Err("quote-stale") }
        })
    }

    fn log_in(&mut self, guest: usize, account: usize) -> Outcome {
        let Some(theirs) = self.carts.remove(&guest) else { return Ok(()) };
        let goods = self.world.goods.clone();
        self.change(account, |cart| {
            let mut added = BTreeMap::new();
            for line in theirs.lines {
                let (good, has) = (goods[line.sku], cart.quantity(line.sku));
                let most = if good.for_sale { good.left.unwrap_or(MOST) } else { 0 };
                let quantity = (has + line.quantity).min(MOST).min(most.max(has));
                if quantity > 0 {
                    // What there is no room for stays behind.
                    let _ = cart.put(Line { quantity, ..line });
                }
                added.insert(line.sku, cart.quantity(line.sku) - has);
            }
            cart.code = cart.code.or(theirs.code);
            cart.merged.push((theirs.number, added));
            cart.merged.drain(..cart.merged.len().saturating_sub(16));
        })
    }

    fn hear(&mut self, order: usize) {
        let order = self.orders[order].clone();
        // A cart that was closed has another number: what comes again finds nobody.
        if let Some(owner) = self.holder(|cart| cart.number == order.cart) {
            let mut cart = self.carts.remove(&owner).unwrap();
            cart.take(&order.pieces);
            for (_, added) in &mut cart.merged {
                added.iter_mut().for_each(|(sku, count)| {
                    *count =
                        (*count).min(cart.lines.iter().filter(|line| line.sku == *sku).map(|line| line.quantity).sum());
                });
            }
            if !cart.lines.is_empty() {
                self.begun += 1;
                let number = self.begun;
                self.carts.insert(owner, Cart { number, version: 1, code: None, shipping: None, ..cart });
            }
        } else if let Some(owner) = self.holder(|cart| cart.merged.iter().any(|(number, _)| *number == order.cart)) {
            let mut cart = self.carts.remove(&owner).unwrap();
            let place = cart.merged.iter().position(|(number, _)| *number == order.cart).unwrap();
            let (_, added) = cart.merged.remove(place);
            let of_theirs = |(sku, count): (&usize, &u32)| (*sku, *count.min(added.get(sku).unwrap_or(&0)));
            cart.take(&order.pieces.iter().map(of_theirs).collect());
            if !cart.lines.is_empty() {
                cart.version += 1;
                self.carts.insert(owner, cart);
            }
        }
    }

    fn holder(&self, is_it: impl Fn(&Cart) -> bool) -> Option<usize> {
        (0..OWNERS).find(|owner| self.carts.get(owner).is_some_and(&is_it))
    }

    /// A quote for what is in the owner's cart.
    pub fn quote(&mut self, owner: usize, place: usize) -> Outcome {
        let cart = self.carts.get(&owner).filter(|cart| !cart.lines.is_empty()).ok_or("cart-empty")?;
        let sold = cart.lines.iter().filter(|line| self.world.goods[line.sku].for_sale);
        let grams = sold.map(|line| u64::from(self.world.goods[line.sku].grams) * u64::from(line.quantity)).sum();
        let until = self.world.now + QUOTED_FOR;
        self.quotes.push(Quote { cart: cart.number, pieces: cart.pieces(), place, grams, until });
        Ok(())
    }

    /// Somebody orders what is in the owner's cart and for sale; its event comes later.
    pub fn order(&mut self, owner: usize) {
        let Some(cart) = self.carts.get(&owner) else { return };
        let mut pieces = cart.pieces();
        pieces.retain(|sku, _| self.world.goods[*sku].for_sale);
        if !pieces.is_empty() {
            self.orders.push(Order { cart: cart.number, version: cart.version, pieces });
        }
    }

    fn sold(&self, cart: &Cart) -> Vec<Line> {
        cart.lines.iter().filter(|line| self.world.goods[line.sku].for_sale).copied().collect()
    }

    fn comes_to(&self, line: &Line) -> i64 {
        self.world.goods[line.sku].price * i64::from(line.quantity)
    }

    fn subtotal(&self, owner: usize) -> i64 {
        self.carts.get(&owner).map_or(0, |cart| self.sold(cart).iter().map(|line| self.comes_to(line)).sum())
    }

    fn is_usable(&self, code: &Code, subtotal: i64) -> bool {
        let now = self.world.now;
        code.active
            && code.from.is_none_or(|from| from <= now)
            && code.until.is_none_or(|until| now < until)
            && code.uses.is_none_or(|uses| code.used < uses)
            && code.least.is_none_or(|least| least <= subtotal)
    }
}

fn holds(quote: &Quote, cart: &Cart, now: i64) -> bool {
    quote.cart == cart.number && quote.pieces == cart.pieces() && now < quote.until
}
