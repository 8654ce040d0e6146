//! Every schema migrates from every version that a shop may still have.

use testkit::migrations;

macro_rules! embedded {
    ($($name:ident: $store:ty),+ $(,)?) => {
        mod embedded {
            $(#[tokio::test]
            async fn $name() {
                super::migrations::sqlite(stringify!($name), <$store>::MIGRATIONS).await;
            })+
        }
    };
}

macro_rules! in_mysql {
    ($($name:ident: $store:ty),+ $(,)?) => {
        mod in_mysql {
            $(#[tokio::test]
            #[ignore = "needs the servers of make services"]
            async fn $name() {
                super::migrations::mysql(stringify!($name), <$store>::MIGRATIONS).await;
            })+
        }
    };
}

embedded! {
    user: user::SqliteStore,
    products: catalogue::store::SqliteProducts,
    stock: catalogue::store::SqliteStock,
    cart: cart::store::SqliteCarts,
    payment: payment::store::SqlitePayments,
    sandbox: sandbox::Sandbox,
    shipping: shipping::store::sqlite::SqliteStore,
    ratings: ratings::store::sqlite::SqliteStore,
    dispatch: dispatch::store::SqliteOrders,
    broker: events::broker::EmbeddedBroker,
}

in_mysql! {
    payment: payment::store::MysqlPayments,
    dispatch: dispatch::store::MysqlOrders,
    shipping: shipping::store::mysql::MysqlStore,
    ratings: ratings::store::mysql::MysqlStore,
}
