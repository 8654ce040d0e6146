//! Access to the operations of web: everything it serves is public.

use chassis::auth::{Access, Rule};

pub const RULES: &[Rule] = &[
    Rule::get("/api/openapi.json", Access::Public),
    Rule::get("/sitemap.xml", Access::Public),
    Rule::get("/sitemaps/pages.xml", Access::Public),
    Rule::get("/sitemaps/products.xml", Access::Public),
    Rule::get("/robots.txt", Access::Public),
    Rule::get("/feeds/google.xml", Access::Public),
    Rule::get("/theme.css", Access::Public),
    Rule::get("/api/docs", Access::Public),
    Rule::get("/api/docs/", Access::Public),
    Rule::get("/api/docs/{*rest}", Access::Public),
    Rule::get("/", Access::Public),
    Rule::get("/{*path}", Access::Public),
];
