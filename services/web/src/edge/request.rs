//! Checks the request line and the headers before routing, with the limits of nginx.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, Uri, Version, header};
use chassis::{Problem, ProblemKind, problem};
use std::borrow::Cow;

/// The limit of the request line and of each header with its line ending, in bytes. nginx reads each into one such buffer.
const MAX_LINE: usize = 8 << 10;
/// The limit of all headers together, in bytes; nginx has four such buffers.
const MAX_HEADERS: usize = 4 * MAX_LINE;
/// The limit of a body, in bytes: the largest one is an image of ten megabytes.
pub(super) const MAX_BODY: usize = 11 << 20;

const URI_TOO_LONG: ProblemKind = ProblemKind::new(StatusCode::URI_TOO_LONG, "uri-too-long", "URI too long");
const HEADERS_TOO_LARGE: ProblemKind =
    ProblemKind::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers-too-large", "Headers too large");

pub(super) fn too_large() -> Problem {
    problem::TOO_LARGE.detail("The request body is too large.")
}

pub(super) fn method_not_allowed() -> Problem {
    problem::METHOD.detail("This method is not allowed here.")
}

fn malformed() -> Problem {
    problem::MALFORMED.detail("The URL or a header is malformed.")
}

/// Returns the normalised path of a valid request.
pub(super) fn check(request: &Request) -> Result<Cow<'_, [u8]>, Problem> {
    let (method, uri, headers) = (request.method(), request.uri(), request.headers());
    // TRACE reflects headers, among them session cookies, and CONNECT asks for a tunnel.
    if matches!(*method, Method::TRACE | Method::CONNECT) {
        return Err(method_not_allowed());
    }
    let target = uri.path_and_query().map_or("", |target| target.as_str());
    if method.as_str().len() + target.len() + "  HTTP/1.1\r\n".len() > MAX_LINE {
        return Err(URI_TOO_LONG.detail("The URL is too long."));
    }
    let lines = || headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    if lines().any(|line| line > MAX_LINE) || lines().sum::<usize>() > MAX_HEADERS {
        return Err(HEADERS_TOO_LARGE.detail("The request headers are too large."));
    }
    // hyper accepts any token as a method and nginx does not, so `get` must not mean a method of its own here.
    if !is_upper_case(method) || !has_valid_host(request.version(), headers) {
        return Err(malformed());
    }
    let path = normalised(uri).ok_or_else(malformed)?;
    // A body without a length is limited while it is read.
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.and_then(|length| length.parse().ok()).is_some_and(|length: usize| length > MAX_BODY) {
        return Err(too_large());
    }
    Ok(path)
}

fn is_upper_case(method: &Method) -> bool {
    method.as_str().bytes().all(|character| character.is_ascii_uppercase() || matches!(character, b'-' | b'_'))
}

/// HTTP/1.1 requires exactly one `Host` header.
fn has_valid_host(version: Version, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => version != Version::HTTP_11,
        (Some(host), None) => {
            let host = host.as_bytes();
            let invalid = |byte: &u8| *byte <= b' ' || matches!(*byte, b'/' | 0x7f);
            !host.is_empty() && !host.iter().any(invalid) && !host.windows(2).any(|pair| pair == b"..")
        }
        (Some(_), Some(_)) => false,
    }
}

/// Decodes the path and resolves `.` and `..`. Returns `None` for a malformed path and for one that leads above the root.
/// The result only decides about access: the upstream gets the path as sent, so that `%2F` stays within its segment.
fn normalised(uri: &Uri) -> Option<Cow<'_, [u8]>> {
    let raw = uri.path().as_bytes();
    if raw.first() != Some(&b'/') {
        return None;
    }
    if !raw.contains(&b'%') && !raw.windows(2).any(|pair| pair == b"/.") {
        return Some(Cow::Borrowed(raw));
    }
    let plain = percent_decoded(raw)?;
    let mut segments: Vec<&[u8]> = Vec::new();
    let mut parts = plain[1..].split(|byte| *byte == b'/').peekable();
    while let Some(part) = parts.next() {
        match part {
            b"." => {}
            b".." => drop(segments.pop()?),
            name => segments.push(name),
        }
        // RFC 3986: a trailing dot segment leaves a trailing slash.
        if parts.peek().is_none() && matches!(part, b"." | b"..") {
            segments.push(b"");
        }
    }
    Some(Cow::Owned([b"/".as_slice(), &segments.join(&b'/')].concat()))
}

fn percent_decoded(raw: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut plain = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter();
    while let Some(byte) = bytes.next() {
        if *byte != b'%' {
            plain.push(*byte);
            continue;
        }
        let value = digit(bytes.next())? * 16 + digit(bytes.next())?;
        // NUL ends a path in C libraries, so nginx rejects it as well.
        plain.push(u8::try_from(value).ok().filter(|value| *value != 0)?);
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(raw: &str) -> Option<String> {
        let uri: Uri = raw.parse().expect("a URI");
        normalised(&uri).map(|path| String::from_utf8_lossy(&path).into_owned())
    }

    #[test]
    fn a_path_is_decoded_and_its_dots_are_resolved() {
        assert_eq!(path("/api/v1/cart").as_deref(), Some("/api/v1/cart"));
        assert_eq!(path("/%69nternal//x").as_deref(), Some("/internal//x"));
        assert_eq!(path("/a/./b/%2e%2E/c").as_deref(), Some("/a/c"));
        assert_eq!(path("/a%2F..%2Fb").as_deref(), Some("/b"));
        assert_eq!(path("/a/..").as_deref(), Some("/"));
    }

    #[test]
    fn a_path_above_the_root_or_with_a_bad_encoding_is_rejected() {
        for invalid in ["/..", "/a/../../b", "/a%2F..%2F..%2Fb", "/%", "/%4", "/%zz", "/%00"] {
            assert_eq!(path(invalid), None, "{invalid}");
        }
    }
}
