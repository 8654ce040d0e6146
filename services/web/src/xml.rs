//! Writing of XML documents to memory.

use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use std::io;

/// Writes XML to memory.
pub type Xml = Writer<Vec<u8>>;

/// Writes an element that has text alone.
pub fn element(xml: &mut Xml, name: &str, text: &str) -> io::Result<()> {
    xml.write_event(Event::Start(BytesStart::new(name)))?;
    xml.write_event(Event::Text(BytesText::new(text)))?;
    xml.write_event(Event::End(BytesEnd::new(name)))
}

/// Returns what `write` has written to memory, which cannot fail.
pub fn written(write: impl FnOnce(&mut Xml) -> io::Result<()>) -> String {
    let mut xml = Writer::new(Vec::new());
    match write(&mut xml) {
        Ok(()) => String::from_utf8(xml.into_inner()).unwrap_or_default(),
        Err(_) => String::new(),
    }
}
