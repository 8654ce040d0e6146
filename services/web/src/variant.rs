//! Variants as search engines and shopping channels know them.

use contracts::catalogue::{ProductView, VariantView};

/// A property of variants that schema.org and Google's product data have a name for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VariantProperty {
    Color,
    Size,
    Material,
    Pattern,
}

/// The names of options in lower case, in the languages that shops are most often in.
const NAMES: [(VariantProperty, &[&str]); 4] = [
    (
        VariantProperty::Color,
        &[
            "color",
            "colour",
            "farbe",
            "couleur",
            "colore",
            "kleur",
            "cor",
            "kolor",
            "renk",
            "цвет",
            "色",
            "カラー",
            "颜色",
            "สี",
        ],
    ),
    (
        VariantProperty::Size,
        &[
            "size",
            "größe",
            "taille",
            "talla",
            "taglia",
            "maat",
            "tamanho",
            "rozmiar",
            "beden",
            "размер",
            "サイズ",
            "尺码",
            "ขนาด",
        ],
    ),
    (
        VariantProperty::Material,
        &[
            "material",
            "matériau",
            "matière",
            "materiale",
            "materiaal",
            "materiał",
            "malzeme",
            "материал",
            "素材",
            "材质",
            "วัสดุ",
        ],
    ),
    (
        VariantProperty::Pattern,
        &[
            "pattern",
            "muster",
            "motif",
            "estampado",
            "fantasia",
            "patroon",
            "wzór",
            "desen",
            "узор",
            "柄",
            "图案",
            "ลาย",
        ],
    ),
];

impl VariantProperty {
    /// Returns the property that an option is, by the name that the merchant gave it.
    pub fn of_option(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        NAMES.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(property, _)| *property)
    }

    /// Returns the name of the property in schema.org and in Google's product data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Color => "color",
            Self::Size => "size",
            Self::Material => "material",
            Self::Pattern => "pattern",
        }
    }
}

/// Returns the URL of the product's page on which the variant is chosen.
pub fn url(base_url: &str, product: &ProductView, variant: &VariantView) -> String {
    let page = format!("{base_url}/products/{}", chassis::client::segment(&product.handle));
    match product.variants.len() {
        1 => page,
        _ => format!("{page}?variant={}", chassis::client::segment(variant.sku.as_str())),
    }
}

/// Returns the title of the product with the option values of the variant.
pub fn title(product: &ProductView, variant: &VariantView) -> String {
    match variant.option_values.as_slice() {
        [] => product.title.clone(),
        values => format!("{} - {}", product.title, values.join(" / ")),
    }
}
