//! What a request's first line and headers have to be before anything is made of them: the same for both gateways.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, Uri, Version, header};
use chassis::{Problem, ProblemKind, problem};
use std::borrow::Cow;

/// The longest first line, and the longest header, with what ends it. nginx reads each into one such buffer.
const LONGEST_LINE: usize = 8 << 10;
/// All headers together: nginx has four such buffers.
const LARGEST_HEAD: usize = 4 * LONGEST_LINE;
/// The largest body that any service takes is a picture of ten megabytes.
pub(super) const LARGEST_BODY: usize = 11 << 20;

const ADDRESS_TOO_LONG: ProblemKind =
    ProblemKind::new(StatusCode::URI_TOO_LONG, "address-too-long", "Address too long");
const HEADERS_TOO_LARGE: ProblemKind =
    ProblemKind::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers-too-large", "Headers too large");

/// The body is larger than any service takes.
pub(super) fn too_large() -> Problem {
    problem::TOO_LARGE.detail("The body is larger than is allowed here.")
}

/// There is something at this address, but not for this method.
pub(super) fn wrong_method() -> Problem {
    problem::METHOD.detail("This address does not take this method.")
}

fn malformed() -> Problem {
    problem::MALFORMED.detail("The address or a header cannot be read.")
}

/// The path as it is meant, or why the request goes no further.
pub(super) fn read(request: &Request) -> Result<Cow<'_, [u8]>, Problem> {
    let (method, uri, headers) = (request.method(), request.uri(), request.headers());
    if matches!(*method, Method::TRACE | Method::CONNECT) {
        return Err(wrong_method());
    }
    let target = uri.path_and_query().map_or("", |target| target.as_str());
    if method.as_str().len() + target.len() + "  HTTP/1.1\r\n".len() > LONGEST_LINE {
        return Err(ADDRESS_TOO_LONG.detail("The address is longer than can be read."));
    }
    let lines = || headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    if lines().any(|line| line > LONGEST_LINE) || lines().sum::<usize>() > LARGEST_HEAD {
        return Err(HEADERS_TOO_LARGE.detail("The headers are larger than can be read."));
    }
    if !is_shouted(method) || !is_host_told(request.version(), headers) {
        return Err(malformed());
    }
    let path = meant(uri).ok_or_else(malformed)?;
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.and_then(|length| length.parse().ok()).is_some_and(|length: usize| length > LARGEST_BODY) {
        return Err(too_large());
    }
    Ok(path)
}

fn is_shouted(method: &Method) -> bool {
    method.as_str().bytes().all(|letter| letter.is_ascii_uppercase() || matches!(letter, b'-' | b'_'))
}

/// HTTP/1.1 wants exactly one host that could be one.
fn is_host_told(version: Version, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => version != Version::HTTP_11,
        (Some(host), None) => {
            let host = host.as_bytes();
            let odd = |byte: &u8| *byte <= b' ' || matches!(*byte, b'/' | 0x7f);
            !host.is_empty() && !host.iter().any(odd) && !host.windows(2).any(|pair| pair == b"..")
        }
        (Some(_), Some(_)) => false,
    }
}

/// The path without its encoding, `.` and `..` carried out; `None` when it cannot be read or leads above the root. Only
/// for deciding what is asked for: services are sent the path as it came, so that `%2F` stays within its segment.
fn meant(uri: &Uri) -> Option<Cow<'_, [u8]>> {
    let raw = uri.path().as_bytes();
    if raw.first() != Some(&b'/') {
        return None;
    }
    if !raw.contains(&b'%') && !raw.windows(2).any(|pair| pair == b"/.") {
        return Some(Cow::Borrowed(raw));
    }
    let plain = decoded(raw)?;
    let mut segments: Vec<&[u8]> = Vec::new();
    let mut parts = plain[1..].split(|byte| *byte == b'/').peekable();
    while let Some(part) = parts.next() {
        match part {
            b"." => {}
            b".." => drop(segments.pop()?),
            name => segments.push(name),
        }
        // What ends in a dot segment is a folder.
        if parts.peek().is_none() && matches!(part, b"." | b"..") {
            segments.push(b"");
        }
    }
    Some(Cow::Owned([b"/".as_slice(), &segments.join(&b'/')].concat()))
}

fn decoded(raw: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut plain = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter();
    while let Some(byte) = bytes.next() {
        if *byte != b'%' {
            plain.push(*byte);
            continue;
        }
        let value = digit(bytes.next())? * 16 + digit(bytes.next())?;
        plain.push(u8::try_from(value).ok().filter(|value| *value != 0)?);
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(raw: &str) -> Option<String> {
        let uri: Uri = raw.parse().expect("an address");
        meant(&uri).map(|path| String::from_utf8_lossy(&path).into_owned())
    }

    #[test]
    fn a_path_means_what_it_says_without_encoding_and_dots() {
        assert_eq!(path("/api/v1/cart").as_deref(), Some("/api/v1/cart"));
        assert_eq!(path("/%69nternal//x").as_deref(), Some("/internal//x"));
        assert_eq!(path("/a/./b/%2e%2E/c").as_deref(), Some("/a/c"));
        assert_eq!(path("/a%2F..%2Fb").as_deref(), Some("/b"));
        assert_eq!(path("/a/..").as_deref(), Some("/"));
    }

    #[test]
    fn what_leads_above_the_root_or_is_badly_encoded_means_nothing() {
        for odd in ["/..", "/a/../../b", "/a%2F..%2F..%2Fb", "/%", "/%4", "/%zz", "/%00"] {
            assert_eq!(path(odd), None, "{odd}");
        }
    }
}
