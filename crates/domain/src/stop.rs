//! The stop rule of campaigns: a sequential test over the devices that answered, silence counted as failure.
//!
//! Why here: it decides how many devices a bad release can hurt, so it stands alone, without states and stores.
//! Invariant: its judgement depends on counts only; whoever has the counts can check it.

/// A share in hundredths of a percent: 25 is 0.25 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u32);

impl Share {
    /// Everything.
    pub const ALL: Share = Share(10_000);

    /// From percent with at most two decimals: 0.01 to 100.
    pub fn percent(percent: f64) -> Option<Self> {
        let hundredths = (percent * 100.0).round();
        let exact = (percent * 100.0 - hundredths).abs() < 1e-6;
        (exact && (1.0..=10_000.0).contains(&hundredths)).then_some(Share(hundredths as u32))
    }

    /// From hundredths of a percent, held to 100 %.
    pub fn hundredths(hundredths: u32) -> Self {
        Share(hundredths.min(Self::ALL.0))
    }

    /// Hundredths of a percent.
    pub fn get(self) -> u32 {
        self.0
    }

    /// As percent.
    pub fn as_percent(self) -> f64 {
        f64::from(self.0) / 100.0
    }

    /// So much of `whole`, rounded up.
    pub fn of(self, whole: u32) -> u32 {
        (u64::from(whole) * u64::from(self.0)).div_ceil(u64::from(Self::ALL.0)) as u32
    }
}

/// What is known of the devices that a campaign reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Those that run the release, failed, or fell silent past their deadline.
    pub answered: u32,
    /// Those of them that failed or fell silent.
    pub failed: u32,
    /// Those that have begun and still have time.
    pub out: u32,
}

/// When a campaign stops by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopRule {
    /// The largest share of failures that is borne.
    pub limit: Share,
    /// Below so many answers only [`ALWAYS`] failures count.
    pub least: u32,
}

/// So many failures are judged, however few devices have answered: a small canary is not without protection.
pub const ALWAYS: u32 = 3;

/// 95 % confidence, two-sided.
const Z: f64 = 1.96;

/// Lower end of the Wilson interval (E. B. Wilson 1927) for the share behind `failed` of `answered`.
pub fn lower_bound(failed: u32, answered: u32) -> f64 {
    if answered == 0 {
        return 0.0;
    }
    let (n, p) = (f64::from(answered), f64::from(failed) / f64::from(answered));
    let square = Z * Z;
    let spread = Z * (p * (1.0 - p) / n + square / (4.0 * n * n)).sqrt();
    ((p + square / (2.0 * n) - spread) / (1.0 + square / n)).max(0.0)
}

impl StopRule {
    /// Whether the counts show, with 95 % confidence, that more than the limit fails; then why, for people.
    pub fn fires(&self, tally: Tally) -> Option<String> {
        let Tally { answered, failed, .. } = tally;
        let bound = lower_bound(failed, answered);
        let enough = answered >= self.least || failed >= ALWAYS;
        (enough && bound > self.limit.as_percent() / 100.0).then(|| {
            format!(
                "{failed} of {answered} devices failed or fell silent: at least {:.2} % with 95 % confidence, more than \
                 the limit of {} %",
                bound * 100.0,
                self.limit.as_percent()
            )
        })
    }

    /// Whether it would still be quiet if every device that is out failed: only then more devices are put at risk.
    pub fn quiet_at_worst(&self, tally: Tally) -> bool {
        let worst = Tally { answered: tally.answered + tally.out, failed: tally.failed + tally.out, out: 0 };
        self.fires(worst).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RULE: StopRule = StopRule { limit: Share(200), least: 20 };

    fn tally(answered: u32, failed: u32, out: u32) -> Tally {
        Tally { answered, failed, out }
    }

    #[test]
    fn bounds_as_in_the_tables() {
        // R: binom.confint(x, n, methods = "wilson")$lower
        for (failed, answered, expected) in [(1, 10, 0.01788), (5, 50, 0.04348), (10, 100, 0.05523), (0, 100, 0.0)] {
            let bound = lower_bound(failed, answered);
            assert!((bound - expected).abs() < 1e-4, "{failed}/{answered}: {bound}");
        }
    }

    #[test]
    fn few_answers_do_not_stop_and_many_failures_do() {
        assert_eq!(RULE.fires(tally(5, 1, 0)), None, "one of five says nothing yet");
        assert!(RULE.fires(tally(5, 3, 0)).is_some());
        assert!(RULE.fires(tally(20, 2, 0)).is_some());
        assert_eq!(RULE.fires(tally(1000, 20, 0)), None, "2 % is borne");
        let why = RULE.fires(tally(1000, 40, 0)).unwrap();
        assert!(why.starts_with("40 of 1000 devices failed or fell silent: at least 2.9"), "{why}");
    }

    #[test]
    fn those_that_are_out_hold_the_next_group() {
        assert!(RULE.quiet_at_worst(tally(48, 0, 2)));
        assert!(!RULE.quiet_at_worst(tally(45, 0, 5)));
    }

    #[test]
    fn shares() {
        assert_eq!(Share::percent(0.25), Some(Share(25)));
        assert_eq!(Share::percent(100.0), Some(Share::ALL));
        for wrong in [0.0, -1.0, 100.01, 0.001, f64::NAN, f64::INFINITY] {
            assert_eq!(Share::percent(wrong), None, "{wrong}");
        }
        assert_eq!((Share(25).of(20_000), Share(25).of(1), Share(25).of(0), Share::ALL.of(7)), (50, 1, 0, 7));
    }

    proptest! {
        #[test]
        fn the_bound_lies_below_the_share_and_grows_with_failures(answered in 1u32..100_000, failed in 0u32..100_000) {
            let failed = failed % (answered + 1);
            let bound = lower_bound(failed, answered);
            prop_assert!((0.0..=f64::from(failed) / f64::from(answered) + 1e-9).contains(&bound));
            if failed < answered {
                prop_assert!(lower_bound(failed + 1, answered) >= bound);
            }
        }
    }
}
