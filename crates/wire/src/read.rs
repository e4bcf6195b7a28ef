//! DER reading in one line a field, over the crate `der`: views into the received bytes, never copies, so that
//! signatures are checked over what was received.

use der::{Decode, Reader, SliceReader, asn1::AnyRef};

/// The bytes are not what the specification says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not well-formed DER: {0}")]
pub struct Malformed(pub &'static str);

/// A cursor over the elements of one constructed value.
pub struct Elements<'a>(SliceReader<'a>);

/// One element: its whole encoding, and its content.
pub type Element<'a> = (&'a [u8], &'a [u8]);

impl<'a> Elements<'a> {
    /// Over the content of a constructed value.
    pub fn new(content: &'a [u8]) -> Result<Self, Malformed> {
        SliceReader::new(content).map(Elements).map_err(|_| Malformed("too long"))
    }

    /// The tag byte of the next element, if there is one.
    pub fn peek(&self) -> Option<u8> {
        self.0.peek_byte()
    }

    /// The next element, of any tag.
    pub fn any(&mut self) -> Result<(u8, Element<'a>), Malformed> {
        let whole = self.0.tlv_bytes().map_err(|_| Malformed("element"))?;
        let any = AnyRef::from_der(whole).map_err(|_| Malformed("element"))?;
        Ok((whole[0], (whole, any.value())))
    }

    /// The next element, which must have this tag.
    pub fn next(&mut self, tag: u8) -> Result<Element<'a>, Malformed> {
        match self.any()? {
            (found, element) if found == tag => Ok(element),
            _ => Err(Malformed("unexpected tag")),
        }
    }

    /// The next element if it has this tag.
    pub fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, Malformed> {
        if self.peek() == Some(tag) { self.next(tag).map(Some) } else { Ok(None) }
    }

    /// Nothing may be left.
    pub fn end(self) -> Result<(), Malformed> {
        if self.0.is_finished() { Ok(()) } else { Err(Malformed("trailing bytes")) }
    }
}

/// The one element that `bytes` are.
pub fn one(bytes: &[u8], tag: u8) -> Result<Element<'_>, Malformed> {
    let mut elements = Elements::new(bytes)?;
    let element = elements.next(tag)?;
    elements.end()?;
    Ok(element)
}

/// The whole bytes of a BIT STRING's content.
pub fn bit_string(content: &[u8]) -> Result<&[u8], Malformed> {
    match content.split_first() {
        Some((0, bytes)) => Ok(bytes),
        _ => Err(Malformed("bit string of broken bytes")),
    }
}
