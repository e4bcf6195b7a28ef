//! What the server counts itself: `/metrics`.

use crate::Failure;
use crate::client::{Plain, get};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Values by name and labels.
pub struct Exposition(HashMap<String, f64>);

impl Exposition {
    /// Reads them.
    pub async fn read(http: SocketAddr) -> Result<Self, Failure> {
        let mut connection = Plain::connect(http).await?;
        let answer = connection.ask(&get("/metrics", "*/*")).await?;
        Ok(Self::parse(std::str::from_utf8(answer.body)?))
    }

    fn parse(text: &str) -> Self {
        let pairs = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
            let (name, value) = line.split_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        });
        Exposition(pairs.collect())
    }

    /// A value; 0 when there is none of this name.
    pub fn value(&self, name: &str) -> u64 {
        self.0.get(name).map_or(0, |value| *value as u64)
    }

    /// A sum of seconds, in microseconds; 0 when there is none of this name.
    pub fn micros(&self, name: &str) -> u64 {
        self.0.get(name).map_or(0, |seconds| (seconds * 1e6) as u64)
    }
}

/// Leaves of the device log.
const SIZE: &str = "tegata_ledger_leaves{log=\"devices\"}";

/// How large the device log is.
pub async fn log_size(http: SocketAddr) -> Result<u64, Failure> {
    Ok(Exposition::read(http).await?.value(SIZE))
}

/// Waits until the device log holds `size` leaves: then the server has nothing left to do.
pub async fn settled(http: SocketAddr, size: u64) -> Result<(), Failure> {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let held = log_size(http).await?;
        if held >= size {
            return Ok(());
        }
        if Instant::now() > end {
            return Err(format!("the log holds {held} leaves after a minute, not {size}").into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn values_by_name() {
        let text = "# TYPE a counter\na_total 12\nb{route=\"x\"} 3\n# EOF\n";
        let read = super::Exposition::parse(text);
        assert_eq!((read.value("a_total"), read.value("c")), (12, 0));
    }
}
