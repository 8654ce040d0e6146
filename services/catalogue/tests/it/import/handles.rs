//! Handles that are missing, cannot be used, or are given to two products.

use super::{TestShop, assert_no_issues, case, errors, warnings};

fn skus(product: &catalogue::product::Product) -> Vec<&str> {
    product.skus().map(contracts::Sku::as_str).collect()
}

#[tokio::test]
async fn rows_with_titles_and_no_handles_are_products_of_their_own() {
    let shop = TestShop::new().await;
    let file = case("same-title-no-handle.csv");
    let summary = shop.import(&file).await;
    assert_eq!((summary.counts.created, errors(&summary)), (2, Vec::new()));
    assert_eq!(warnings(&summary), [(3, "the product gets the handle poster-2")]);
    assert_eq!(skus(&shop.product("poster-2").await), ["PO-2"]);
    assert_eq!(shop.import(&file).await.counts.unchanged, 2, "a repeated import chooses the same handles");
}

#[tokio::test]
async fn equal_titles_apart_and_given_handles_do_not_mix() {
    let shop = TestShop::new().await;
    let csv = "Title,URL handle,SKU,Variant Price\nFlyer,,FL-1,5\nBetween,,BE,5\nFlyer,,FL-3,5\nOther,flyer-2,FL-2,5\n";
    let summary = shop.import(csv).await;
    assert_eq!((summary.counts.created, errors(&summary)), (4, Vec::new()));
    assert_eq!(skus(&shop.product("flyer").await), ["FL-1"]);
    assert_eq!(skus(&shop.product("flyer-2").await), ["FL-2"], "a handle of the file is not given to another row");
    assert_eq!(skus(&shop.product("flyer-3").await), ["FL-3"]);
}

#[tokio::test]
async fn rows_that_repeat_the_title_of_a_product_with_options_belong_to_it() {
    let shop = TestShop::new().await;
    let csv = "Title,Option1 Name,Option1 Value,SKU,Variant Price\nTee,Size,S,T-S,5\nTee,Size,M,T-M,5\n";
    assert_no_issues(&shop.import(csv).await);
    assert_eq!(skus(&shop.product("tee").await), ["T-S", "T-M"]);
}

#[tokio::test]
async fn a_handle_in_the_first_row_alone_is_enough_for_rows_that_repeat_the_title() {
    let shop = TestShop::new().await;
    let csv = "Handle,Title,Option1 Name,Option1 Value,SKU,Price\ntee,Tee,Size,S,T-S,5\n,Tee,,M,T-M,5\n,,,L,T-L,5\n";
    assert_no_issues(&shop.import(csv).await);
    assert_eq!(skus(&shop.product("tee").await), ["T-S", "T-M", "T-L"]);
}

#[tokio::test]
async fn a_title_does_not_take_the_place_of_another_product() {
    let shop = TestShop::new().await;
    shop.import("Handle,Title,SKU,Variant Price\nposter,Poster,PO-1,5.00\n").await;
    let summary = shop.import(case("no-handle-takes-the-place.csv")).await;
    let [(2, "Title", reason)] = errors(&summary)[..] else { panic!("{:?}", summary.issues) };
    assert!(reason.contains("another product has the handle poster"), "{reason}");
    let poster = shop.product("poster").await;
    assert_eq!((skus(&poster), poster.variants[0].price), (vec!["PO-1"], 500));
    // The same product by its SKU is updated.
    assert_no_issues(&shop.import("Title,SKU,Variant Price\nPoster,PO-1,6.00\n").await);
    assert_eq!(shop.product("poster").await.variants[0].price, 600);
}

#[tokio::test]
async fn a_sku_in_rows_further_down_does_not_replace_the_one_above() {
    let shop = TestShop::new().await;
    let csv = "Handle,Title,SKU,Variant Price\nflyer,Flyer,FL-1,5\nbetween,Between,BE,5\nflyer,Flyer,FL-3,5\n";
    let summary = shop.import(csv).await;
    assert!(
        errors(&summary).iter().any(|(line, _, reason)| *line == 4 && reason.contains("FL-1")),
        "{:?}",
        summary.issues
    );
    assert_eq!(skus(&shop.product("flyer").await), ["FL-1"]);
}

#[tokio::test]
async fn unusual_handles_and_categories_stay_apart() {
    let shop = TestShop::new().await;
    let summary = shop.import(case("categories-and-handles.csv")).await;
    assert_eq!(errors(&summary), [(10, "Handle", "\"★★★\" has no letters or digits to derive a handle from")]);
    assert_eq!(summary.counts.created, 14);
    for (handle, category) in [("c-lang", "c"), ("cpp-lang", "c-2"), ("csharp-lang", "c-3")] {
        assert_eq!(shop.product(handle).await.category.as_deref(), Some(category), "{handle}");
    }
    assert_eq!(skus(&shop.product("lan-se-shou-tao-2").await), ["CH-3"]);
    assert_eq!(skus(&shop.product("schone-tasse-2").await), ["CH-8"]);
    assert_eq!(skus(&shop.product("suggest-2").await), ["CH-15"], "the word stands for something else in paths");
    assert_eq!(skus(&shop.product("a-b").await), ["CH-12"]);
    let again = shop.import(case("categories-and-handles.csv")).await;
    assert_eq!((again.counts.unchanged, again.counts.updated), (14, 0));
}

#[tokio::test]
async fn categories_whose_names_fold_alike_in_other_scripts_stay_apart() {
    let shop = TestShop::new().await;
    let csv = "Handle,Title,Type,Price\na,A,手套,1\nb,B,首套,1\nc,C,Café,1\nd,D,Cafe,1\ne,E,café,1\n";
    shop.import(csv).await;
    let mut categories = Vec::new();
    for handle in ["a", "b", "c", "d", "e"] {
        categories.push(shop.product(handle).await.category.unwrap());
    }
    assert_ne!(categories[0], categories[1]);
    assert_ne!(categories[2], categories[3]);
    assert_eq!(categories[2], categories[4], "names are the same in upper and lower case");
}

#[test]
fn handles_follow_the_sounds_and_leave_marks_out() {
    let handle = catalogue::product::handle_from_title;
    assert_eq!(handle("Български чай"), "balgarski-chai");
    assert_eq!(handle("Объектив"), "obektiv");
    assert_eq!(handle("Nike™ Air®"), "nike-air");
    assert_eq!(handle("Колонки JBL"), "kolonki-jbl");
}
