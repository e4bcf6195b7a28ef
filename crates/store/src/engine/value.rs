//! Values on their way to a statement, and out of a row. Both engines know four kinds: nothing, a number of 64 bits,
//! text, bytes. Booleans are 0 and 1, times milliseconds, ids 16 bytes.

use super::Row;
use crate::error::{Error, ErrorKind};
use tegata_domain::time::Timestamp;
use uuid::Uuid;

/// A value that a statement is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// Nothing.
    Null,
    /// A number.
    Int(i64),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
}

/// A value that stands in a row.
pub(crate) type Cell<'a> = Value<'a>;

/// What can be given to a statement.
pub(crate) trait Bind {
    /// As a value.
    fn value(&self) -> Value<'_>;
}

macro_rules! numbers {
    ($($kind:ty),*) => {$(
        impl Bind for $kind {
            fn value(&self) -> Value<'_> {
                Value::Int((*self).into())
            }
        }
        impl FromCell<'_> for $kind {
            fn from_cell(cell: Cell<'_>) -> Option<Self> {
                match cell {
                    Value::Int(number) => number.try_into().ok(),
                    _ => None,
                }
            }
        }
    )*};
}

numbers!(i64, i32, u32, u16, u8);

impl Bind for bool {
    fn value(&self) -> Value<'_> {
        Value::Int((*self).into())
    }
}

impl Bind for str {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Bind for String {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Bind for [u8] {
    fn value(&self) -> Value<'_> {
        Value::Blob(self)
    }
}

impl Bind for Vec<u8> {
    fn value(&self) -> Value<'_> {
        Value::Blob(self)
    }
}

impl<const N: usize> Bind for [u8; N] {
    fn value(&self) -> Value<'_> {
        Value::Blob(self)
    }
}

impl Bind for Value<'_> {
    fn value(&self) -> Value<'_> {
        *self
    }
}

impl<T: Bind> Bind for Option<T> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, Bind::value)
    }
}

impl<T: Bind + ?Sized> Bind for &T {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}

/// All values of a statement, in order.
pub(crate) trait Params {
    /// Hands them to `f`.
    fn with<R>(self, f: impl FnOnce(&[Value<'_>]) -> R) -> R;
}

impl<T: Bind, const N: usize> Params for [T; N] {
    fn with<R>(self, f: impl FnOnce(&[Value<'_>]) -> R) -> R {
        f(&self.each_ref().map(Bind::value))
    }
}

impl Params for &[Value<'_>] {
    fn with<R>(self, f: impl FnOnce(&[Value<'_>]) -> R) -> R {
        f(self)
    }
}

macro_rules! tuples {
    ($(($($name:ident $place:tt),+))*) => {$(
        impl<$($name: Bind),+> Params for ($($name,)+) {
            fn with<R>(self, f: impl FnOnce(&[Value<'_>]) -> R) -> R {
                f(&[$(self.$place.value()),+])
            }
        }
    )*};
}

tuples! {
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11)
}

/// Values of more kinds than a tuple should have.
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        [$($crate::engine::Bind::value(&$value)),*]
    };
}
pub(crate) use params;

/// No values.
pub(crate) const NONE: [Value<'static>; 0] = [];

/// What can be read out of a row.
pub(crate) trait FromCell<'a>: Sized {
    /// `None` where it is something else.
    fn from_cell(cell: Cell<'a>) -> Option<Self>;
}

impl FromCell<'_> for bool {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        i64::from_cell(cell).map(|number| number != 0)
    }
}

impl<'a> FromCell<'a> for &'a str {
    fn from_cell(cell: Cell<'a>) -> Option<Self> {
        match cell {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl FromCell<'_> for String {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        <&str>::from_cell(cell).map(str::to_owned)
    }
}

impl<'a> FromCell<'a> for &'a [u8] {
    fn from_cell(cell: Cell<'a>) -> Option<Self> {
        match cell {
            Value::Blob(bytes) => Some(bytes),
            _ => None,
        }
    }
}

impl FromCell<'_> for Vec<u8> {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        <&[u8]>::from_cell(cell).map(<[u8]>::to_vec)
    }
}

impl<const N: usize> FromCell<'_> for [u8; N] {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        <&[u8]>::from_cell(cell)?.try_into().ok()
    }
}

impl<'a, T: FromCell<'a>> FromCell<'a> for Option<T> {
    fn from_cell(cell: Cell<'a>) -> Option<Self> {
        match cell {
            Value::Null => Some(None),
            cell => T::from_cell(cell).map(Some),
        }
    }
}

/// A 16-byte id column.
pub(crate) fn uuid(row: &Row<'_>, column: usize) -> Result<Uuid, Error> {
    Ok(Uuid::from_bytes(row.get(column)?))
}

/// A time column.
pub(crate) fn time(row: &Row<'_>, column: usize) -> Result<Timestamp, Error> {
    Ok(Timestamp::from_millis(row.get(column)?))
}

/// A code column whose values are listed in `all`, in order.
pub(crate) fn code<T: Copy>(row: &Row<'_>, column: usize, all: &[T]) -> Result<T, Error> {
    let code: i64 = row.get(column)?;
    let known = usize::try_from(code).ok().and_then(|i| all.get(i)).copied();
    known.ok_or_else(|| Error::new(ErrorKind::Broken, format!("column {column} holds {code}, which is no code")))
}
