//! Names inside a photo's directory.

pub const PHOTO: &str = "photo.age";
pub const BODY: &str = "body.json";
pub const REVIEW: &str = "review.age";
pub const PREVIEW: &str = "preview.age";
pub const MANIFEST: &str = "manifest.jws";
pub const ADOPTION: &str = "adoption.jws";
pub const VOID_BODY: &str = "void.json";
pub const VOID: &str = "void.jws";
pub const STORED: &str = "stored.jws";
pub const FILED: &str = "filed.jws";
pub const REFUSED: &str = "refused.jws";
