//! Names of stored images: the SHA-256 digest of the content, with an extension for the format.

use chassis::secret;

/// Builds the name of an image from its content, so that a URL always shows the same image.
pub fn image_name(bytes: &[u8], extension: &str) -> String {
    format!("{}.{extension}", secret::sha256_hex(bytes))
}

/// Returns the media type of the image with this name, or `None` if it is not the name of an image.
pub fn media_type_of(name: &str) -> Option<&'static str> {
    // The strict form also keeps path separators out of names, which the folder store uses as file names.
    let (digest, extension) = name.split_once('.')?;
    if digest.len() != 64 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some(match extension {
        "png" => "image/png",
        "jpg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "svg" => "image/svg+xml",
        _ => return None,
    })
}
