//! Texts of any script and size.

use super::{Subject, due_at, germany};
use crate::harness::{few_places, gazetteer};
use contracts::PlaceId;
use contracts::shipping::Zones;
use jiff::SignedDuration;
use shipping::name_normalisation;
use shipping::shipment::{AnnounceOutcome, NewShipment, TrackingCheckpoint};
use shipping::store::Store;
use shipping::zones;

async fn found(store: &dyn Store, typed: &str) -> Vec<String> {
    let places = store.search_places(germany(), &name_normalisation::keys(typed), 10).await.unwrap();
    places.into_iter().map(|place| place.name).collect()
}

pub async fn names_in_any_script_are_stored_and_found(Subject { store, .. }: Subject) {
    let lines = "\
1\tMünchen\tDE\tB\u{e4}yern \u{1F3F0}\t1\t1\t900\tMunich|Мюнхен|ミュンヘン|慕尼黑
2\tŁódź\tDE\t'Q\"uoted\\\t1\t1\t800\tLodz
3\tDer Fluß\tDE\t\t1\t1\t700\t
4\t\u{103A0}\u{103A1} Persepolis \u{1F3DB}\tDE\t\t1\t1\t600\t
5\tĐà Nẵng\tDE\t\t1\t1\t500\t
";
    store.replace_gazetteer("one", &mut gazetteer(lines).entries()).await.unwrap();
    for (typed, name) in [
        ("MÜNCHEN", "München"),
        ("muench", "München"),
        ("munch", "München"),
        ("Mu\u{308}nch", "München"),
        ("Мюнх", "München"),
        ("ミュンヘン", "München"),
        ("慕尼", "München"),
        ("lodz", "Łódź"),
        ("ŁÓ", "Łódź"),
        ("der fluss", "Der Fluß"),
        ("da nang", "Đà Nẵng"),
        ("\u{103A0}\u{103A1}", "\u{103A0}\u{103A1} Persepolis \u{1F3DB}"),
    ] {
        assert_eq!(found(&*store, typed).await, [name], "{typed}");
    }
    let place = store.place(PlaceId(1)).await.unwrap().unwrap();
    assert_eq!(place.region, "B\u{e4}yern \u{1F3F0}");
    assert_eq!(store.place(PlaceId(2)).await.unwrap().unwrap().region, "'Q\"uoted\\");
    assert!(found(&*store, "e").await.is_empty(), "no name has this prefix");
}

pub async fn a_prefix_finds_no_other_names(Subject { store, .. }: Subject) {
    let names = ["St", "St Ives", "Sta", "Stz", "Su", "S", "Sst", "Ｓｔｚｚ", "St\u{103A0}", "St 1", "Sté"];
    let lines: Vec<String> =
        names.iter().zip(1..).map(|(name, id)| format!("{id}\t{name}\tDE\t\t1\t1\t{id}\t\n")).collect();
    store.replace_gazetteer("one", &mut gazetteer(&lines.concat()).entries()).await.unwrap();
    let expected = ["St", "Sté", "St 1", "St\u{103A0}", "Ｓｔｚｚ", "Stz", "Sta", "St Ives"];
    assert_eq!(found(&*store, "st").await, expected, "exact match first, then by population");
    assert_eq!(found(&*store, "st i").await, ["St Ives"]);
    assert_eq!(found(&*store, "stz").await, ["Stz", "Ｓｔｚｚ"]);
    let alike = "7\tNeustadt\tDE\tEast\t1\t1\t5\t\n6\tNeustadt\tDE\tWest\t1\t1\t5\t\n8\tNeustadt\tDE\t\t1\t1\t6\t\n";
    store.replace_gazetteer("two", &mut gazetteer(alike).entries()).await.unwrap();
    let places = store.search_places(germany(), &["neu".into()], 10).await.unwrap();
    assert_eq!(places.iter().map(|place| place.id.0).collect::<Vec<_>>(), [8, 6, 7]);
    assert_eq!(store.largest_place(germany()).await.unwrap().unwrap().id, PlaceId(8));
}

pub async fn step_keys_are_compared_exactly(subject: Subject) {
    let order = subject.announcement().order_id;
    let steps = ["ship", "Ship", "ship ", "ship\u{e9}", "shipe\u{301}", "ship\u{e8}", "\u{1F4E6}", "\u{1F4E7}", ""];
    for step in steps {
        let announcement = NewShipment { order_id: order, step_key: step.into(), ..subject.announcement() };
        let announced = subject.store.announce(&announcement).await.unwrap();
        assert!(matches!(announced, AnnounceOutcome::Shipment(shipment) if shipment.id == announcement.id), "{step:?}");
    }
    let longest = "\u{1F4E6}".repeat(200);
    let announcement = NewShipment { order_id: order, step_key: longest, ..subject.announcement() };
    assert!(matches!(subject.store.announce(&announcement).await.unwrap(), AnnounceOutcome::Shipment(_)));
}

pub async fn documents_of_any_size_are_stored(subject: Subject) {
    let store = &subject.store;
    let large = "\u{1F600} 'x' \\ ".repeat(60_000);
    let mut quote = subject.quote(subject.system.now() + SignedDuration::from_secs(1));
    quote.quote.place.name.clone_from(&large);
    store.insert_quote(&quote).await.unwrap();
    assert_eq!(store.quote(quote.quote.quote_id, subject.system.now()).await.unwrap(), Some(quote));
    let mut table: Zones = zones::built_in();
    table.version = 0;
    table.zones = vec![zones::built_in().zones[0].clone(); 5000];
    store.set_zones(&table).await.unwrap();
    table.version = 1;
    assert_eq!(store.zones().await.unwrap(), Some(table));
    let mut announcement = subject.announcement();
    let checkpoint = announcement.booking.planned[0].clone();
    let with_text = |_| TrackingCheckpoint { text: Some(large[..2000].to_owned()), ..checkpoint.clone() };
    announcement.booking.planned = (0..500).map(with_text).collect();
    store.announce(&announcement).await.unwrap();
    assert_eq!(store.due_shipments(due_at(&announcement), 10).await.unwrap()[0].planned, announcement.booking.planned);
}

pub async fn a_malformed_gazetteer_changes_nothing(Subject { store, .. }: Subject) {
    store.replace_gazetteer("one", &mut few_places().entries()).await.unwrap();
    let countries = store.inhabited_countries().await.unwrap();
    let many: String = (1..1500).map(|id| format!("{id}\tTown {id}\tDE\t\t1\t1\t{id}\t\n")).collect();
    let broken = gazetteer(&format!("{many}nonsense\n"));
    store.replace_gazetteer("two", &mut broken.entries()).await.unwrap_err();
    assert_eq!(store.inhabited_countries().await.unwrap(), countries);
    assert_eq!(store.gazetteer_version().await.unwrap().as_deref(), Some("one"));
    assert_eq!(found(&*store, "berl").await, ["Berlin"]);
    assert!(found(&*store, "town").await.is_empty());
    store.replace_gazetteer("three", &mut gazetteer(&many).entries()).await.unwrap();
    assert_eq!(found(&*store, "town").await.len(), 10);
    assert!(found(&*store, "berl").await.is_empty());
}
