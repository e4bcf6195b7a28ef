//! Vectors and properties of erasure statements.

use super::*;
use proptest::prelude::*;

const VECTOR: &str = "tegata-erasure/v1\nnumber 7K3M-Q9TX-2HVD-R5WE\nkeys_destroyed ldevid,data\n\
                      at 2031-04-01T09:30:00Z\nnonce 3q2-7wAAAAAAAAAAAAAAAA\n";

#[test]
fn the_vector_is_read_and_written() {
    let read = Statement::parse(VECTOR).unwrap();
    assert_eq!(read.number, "7K3M-Q9TX-2HVD-R5WE");
    assert_eq!(read.keys_destroyed, ["ldevid", "data"]);
    assert_eq!((&*read.at, &*read.nonce), ("2031-04-01T09:30:00Z", "3q2-7wAAAAAAAAAAAAAAAA"));
    assert_eq!(read.to_string(), VECTOR);
}

#[test]
fn what_is_no_statement() {
    for (from, to, wrong) in [
        ("erasure/v1", "erasure/v2", "the first line"),
        ("number ", "Number ", "number"),
        ("7K3M-Q9TX", "7k3m-q9tx", "number"),
        ("number 7K3M-Q9TX-2HVD-R5WE", "number ", "number"),
        ("ldevid,data", "", "keys_destroyed"),
        ("ldevid,data", "ldevid,,data", "keys_destroyed"),
        ("ldevid,data", "ldevid, data", "keys_destroyed"),
        ("ldevid,data", "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a", "keys_destroyed"),
        ("2031-04-01T09:30:00Z", "in spring", "at"),
        ("3q2-7w", "3q2+7w", "nonce"),
        ("nonce 3q2-7wAAAAAAAAAAAAAAAA", "", "nonce"),
        ("AAAA\n", "AAAA", "the end: one line feed after the nonce"),
        ("AAAA\n", "AAAA\n\n", "the end: one line feed after the nonce"),
        ("\n", "\r\n", "the first line"),
    ] {
        assert_eq!(Statement::parse(&VECTOR.replacen(from, to, 1)), Err(Malformed(wrong)), "{from:?} → {to:?}");
    }
    assert_eq!(Statement::parse(&"x".repeat(MAX + 1)), Err(Malformed("it has at most 1024 bytes")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn statements_are_read_back(
        number in "[0-9A-Z-]{1,19}",
        keys_destroyed in proptest::collection::vec("[a-z0-9_]{1,32}", 1..=KEYS_MAX),
        at in "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z",
        nonce in "[A-Za-z0-9_-]{1,64}",
    ) {
        let statement = Statement { number, keys_destroyed, at, nonce };
        prop_assert_eq!(Statement::parse(&statement.to_string()), Ok(statement));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        let _either = Statement::parse(&text);
    }
}
