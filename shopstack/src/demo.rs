//! The demo data: invented products, reviews and accounts, made for this project.

use catalogue::Catalogue;
use chassis::auth::Role;
use chassis::client::ServiceClient;
use chassis::{Problem, SystemContext};
use contracts::catalogue::{
    Benefit, CategoryDraft, CategoryTranslations, ImageDraft, OptionValue, Oversell, PageDraft, PageText, ProductDraft,
    ProductOption, ProductStatus, ProductTranslations, PromotionDraft, TaxRate, VariantDraft,
};
use contracts::ratings::{ReviewSeed, Score};
use contracts::{Language, MultilineText, ProductId, Rate, SingleLineText, Sku};
use jiff::SignedDuration;
use rust_embed::Embed;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use user::Accounts;

#[derive(Embed)]
#[folder = "demo"]
struct Files;

/// The accounts of a demo shop: email address, password, name and roles.
pub const LOGINS: &[(&str, &str, &str, &[Role])] = &[
    ("customer@example.com", "meadow-lantern-27", "Casey Customer", &[Role::Customer]),
    ("warehouse@example.com", "parcel-thicket-62", "Wendy Warehouse", &[Role::Customer, Role::Warehouse]),
    ("support@example.com", "harbour-pencil-38", "Sam Support", &[Role::Customer, Role::Support]),
    ("merchant@example.com", "orchard-kettle-49", "Morgan Merchant", &[Role::Customer, Role::Merchant]),
    ("admin@example.com", "granite-feather-51", "Alex Admin", &[Role::Customer, Role::Admin]),
];

/// The shop that is filled with the demo data.
pub struct SeedTarget {
    pub accounts: Accounts,
    pub catalogue: Catalogue,
    /// A client of ratings that calls it as the program itself, which alone may seed reviews.
    pub ratings: ServiceClient,
}

#[derive(Deserialize)]
struct Category {
    handle: String,
    name: SingleLineText<120>,
    description: MultilineText<2000>,
    translations: CategoryTranslations,
}

#[derive(Deserialize)]
struct Page {
    handle: String,
    texts: BTreeMap<Language, PageText>,
}

#[derive(Deserialize)]
struct Product {
    handle: String,
    title: SingleLineText<255>,
    description_html: MultilineText<65535>,
    vendor: MultilineText<255>,
    category: SingleLineText<120>,
    tags: Vec<SingleLineText<255>>,
    tax_class: SingleLineText<60>,
    options: Vec<ProductOption>,
    variants: Vec<Variant>,
    images: Vec<DemoImage>,
}

#[derive(Deserialize)]
struct Variant {
    sku: Sku,
    option_values: Vec<OptionValue>,
    price: i64,
    compare_at_price: Option<i64>,
    weight_grams: u32,
    stock: u32,
    oversell: Oversell,
    barcode: Option<SingleLineText<64>>,
    /// The index of its image in those of the product.
    #[serde(default)]
    image: Option<u32>,
}

#[derive(Deserialize)]
struct DemoImage {
    file: String,
    alt: MultilineText<500>,
}

#[derive(Deserialize)]
struct Review {
    product: String,
    author: SingleLineText<60>,
    score: u8,
    title: SingleLineText<120>,
    body: MultilineText<5000>,
}

fn read<T: serde::de::DeserializeOwned>(name: &str) -> Result<T, Problem> {
    let file = Files::get(name).ok_or_else(|| Problem::internal(format!("{name} is missing from the demo")))?;
    serde_json::from_slice(&file.data).map_err(|error| Problem::internal(format!("{name}: {error}")))
}

/// Fills a shop with the demo data. Existing accounts and products are kept, so that an interrupted run can be repeated.
///
/// # Errors
/// [`Problem`] if a store is unavailable.
pub async fn fill(shop: &SeedTarget, system: &SystemContext) -> Result<(), Problem> {
    for (email, password, name, roles) in LOGINS {
        create_login(shop, email, password, name, roles).await?;
    }
    let products: Vec<Product> = read("products.json")?;
    tracing::info!(products = products.len(), "filling the shop with demo data");
    for category in read::<Vec<Category>>("categories.json")? {
        let draft = CategoryDraft {
            name: category.name,
            description: category.description,
            translations: category.translations,
        };
        shop.catalogue.write_category(&category.handle, &draft).await?;
    }
    write_pages(shop).await?;
    shop.catalogue.write_tax_rates(&tax_rates()?).await?;
    for (code, draft) in promotions(shop)? {
        shop.catalogue.products.write_promotion(code, &draft).await?;
    }
    let mut translations: HashMap<String, ProductTranslations> = read("product-translations.json")?;
    let mut ids = HashMap::new();
    for product in products {
        let handle = product.handle.clone();
        // An existing product is not written again, which would undo changes made since.
        let id = match shop.catalogue.products.by_handle(&handle).await? {
            Some(known) => known.id,
            None => write_product(shop, product, translations.remove(&handle).unwrap_or_default()).await?,
        };
        ids.insert(handle, id);
    }
    seed_reviews(shop, system, &ids).await
}

/// Creates the pages that the shop does not have yet.
async fn write_pages(shop: &SeedTarget) -> Result<(), Problem> {
    let known = shop.catalogue.pages().await?;
    for Page { handle, texts } in read::<Vec<Page>>("pages.json")? {
        if known.iter().all(|page| page.handle != handle) {
            shop.catalogue.write_page(&handle, PageDraft { texts, version: None }).await?;
        }
    }
    Ok(())
}

async fn create_login(
    shop: &SeedTarget,
    email: &str,
    password: &str,
    name: &str,
    roles: &[Role],
) -> Result<(), Problem> {
    let email = email.parse().map_err(Problem::internal)?;
    let name = name.parse().map_err(Problem::internal)?;
    match shop.accounts.create_account(&email, password, &name, roles).await {
        Ok(_) => Ok(()),
        // Created by an interrupted run; its password is the same.
        Err(problem) if problem.is(contracts::user::EMAIL_TAKEN) => Ok(()),
        Err(problem) => Err(problem),
    }
}

async fn write_product(
    shop: &SeedTarget,
    product: Product,
    translations: ProductTranslations,
) -> Result<ProductId, Problem> {
    let mut images = Vec::new();
    for image in product.images {
        let file = Files::get(&format!("images/{}", image.file));
        let file = file.ok_or_else(|| Problem::internal(format!("{} is missing from the demo", image.file)))?;
        // Uploads must not be SVG, which can contain scripts. These files are part of the program.
        let url = shop.catalogue.images.put_svg(file.data.into_owned()).await?;
        images.push(ImageDraft { url: url.parse().map_err(Problem::internal)?, alt: image.alt });
    }
    let variant = |variant: Variant| VariantDraft {
        sku: variant.sku,
        option_values: variant.option_values,
        price: variant.price,
        compare_at_price: variant.compare_at_price,
        weight_grams: variant.weight_grams,
        oversell: variant.oversell,
        barcode: variant.barcode,
        image: variant.image,
        cost: None,
        requires_shipping: true,
        unit_measure: None,
        stock: Some(variant.stock),
    };
    let draft = ProductDraft {
        title: product.title,
        description_html: product.description_html,
        vendor: product.vendor,
        category: Some(product.category),
        tags: product.tags,
        status: ProductStatus::Active,
        tax_class: product.tax_class,
        options: product.options,
        variants: product.variants.into_iter().map(variant).collect(),
        images,
        seo_title: None,
        seo_description: MultilineText::default(),
        standard_category: None,
        google_category: None,
        withdrawal_exception: None,
        safety: None,
        metafields: BTreeMap::new(),
        translations,
        version: None,
    };
    Ok(shop.catalogue.write_product(&product.handle, draft, "demo").await?.id)
}

/// The tax rates of some countries as of 2026, for demonstration only.
fn tax_rates() -> Result<Vec<TaxRate>, Problem> {
    // Rates are in millionths, so that 190_000 means 19 %.
    let table: &[(&str, u32, u32, u32)] = &[
        ("DE", 190_000, 70_000, 70_000),
        ("AT", 200_000, 100_000, 100_000),
        ("FR", 200_000, 55_000, 55_000),
        ("ES", 210_000, 100_000, 40_000),
        ("IT", 220_000, 100_000, 40_000),
        ("NL", 210_000, 90_000, 90_000),
        ("GB", 200_000, 0, 0),
        ("IE", 230_000, 0, 0),
        ("CH", 81_000, 26_000, 26_000),
        ("SE", 250_000, 60_000, 60_000),
        ("JP", 100_000, 80_000, 100_000),
        ("AU", 100_000, 0, 100_000),
    ];
    let mut rates = Vec::new();
    for (country, standard, reduced, book_rate) in table {
        for (class, millionths) in [("standard", *standard), ("reduced", *reduced), ("books", *book_rate)] {
            rates.push(TaxRate {
                country: country.parse().map_err(Problem::internal)?,
                class: class.parse().map_err(Problem::internal)?,
                rate: Rate::from_millionths(millionths).unwrap_or(Rate::ZERO),
            });
        }
    }
    Ok(rates)
}

fn promotions(shop: &SeedTarget) -> Result<Vec<(&'static str, PromotionDraft)>, Problem> {
    // Demo shops sell in US dollars, so that 500 minor units are the 5.00 of the description.
    let currency = shop.catalogue.index.currency();
    let draft = |benefit: Benefit, description: &str, least: Option<i64>, limit: Option<u32>| {
        Ok::<_, Problem>(PromotionDraft {
            benefit,
            description: description.parse().map_err(Problem::internal)?,
            min_subtotal: least.map(|amount| currency.minor(amount)),
            starts_at: None,
            ends_at: None,
            usage_limit: limit,
            active: true,
        })
    };
    let tenth = Rate::from_millionths(100_000).unwrap_or(Rate::ZERO);
    Ok(vec![
        ("WELCOME10", draft(Benefit::Percent { rate: tenth }, "10% off everything", None, None)?),
        (
            "FIVER",
            draft(Benefit::Fixed { amount: currency.minor(500) }, "5.00 off orders from 30.00", Some(3000), None)?,
        ),
        ("FREESHIP", draft(Benefit::FreeShipping, "Free shipping", None, None)?),
        ("FIRST100", draft(Benefit::Percent { rate: tenth }, "10% off for the first hundred", None, Some(100))?),
    ])
}

async fn seed_reviews(
    shop: &SeedTarget,
    system: &SystemContext,
    ids: &HashMap<String, ProductId>,
) -> Result<(), Problem> {
    let now = system.now();
    let reviews: Vec<Review> = read("reviews.json")?;
    let seeds: Vec<ReviewSeed> = reviews
        .into_iter()
        .enumerate()
        .filter_map(|(place, review)| {
            // Spread over the last months, one every ten hours, so that sorting by date shows something.
            let age = SignedDuration::from_hours(10 * i64::try_from(place).ok()?);
            Some(ReviewSeed {
                product_id: *ids.get(&review.product)?,
                author: review.author,
                score: Score::new(review.score)?,
                title: review.title,
                body: review.body,
                // Some reviews stay unverified, so that the storefront shows both kinds.
                verified: !place.is_multiple_of(4),
                created_at: now.checked_sub(age).ok(),
            })
        })
        .collect();
    shop.ratings.post::<()>("/internal/reviews/seed", &seeds).await?;
    Ok(())
}
