//! (placeholder until A's file is here)
pub(crate) struct Asset {
    pub(crate) content_type: &'static str,
    pub(crate) etag: &'static str,
    pub(crate) immutable: bool,
}
impl Asset {
    pub(crate) fn encoded(&self, _: &str) -> (&'static [u8], Option<&'static str>) {
        (b"", None)
    }
}
pub(crate) fn find(_: &str) -> Option<&'static Asset> {
    None
}
