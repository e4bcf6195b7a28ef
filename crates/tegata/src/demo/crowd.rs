//! Many devices at a time: a few threads, one bar.

use super::report::Broken;
use indicatif::{ProgressBar, ProgressStyle};

/// Threads: they mostly wait for an answer.
const THREADS: usize = 8;

/// Does `act` with every item, a few at a time. Whatever one does not hold, the others go on; the first reason is told.
pub fn all<T: Send>(
    what: &'static str,
    items: &mut [T],
    act: impl Fn(&mut T) -> Result<(), Broken> + Sync,
) -> Result<(), Broken> {
    let bar = ProgressBar::new(items.len() as u64);
    bar.set_style(ProgressStyle::with_template("     {prefix:12} {bar:32} {pos}/{len}  {per_sec}")?);
    bar.set_prefix(what);
    let part = items.len().div_ceil(THREADS).max(1);
    let (act, bar) = (&act, &bar);
    let one = |item: &mut T| {
        let done = act(item);
        bar.inc(1);
        done.err()
    };
    // every item gets its turn before the first reason is taken
    let work = |part: &mut [T]| part.iter_mut().map(one).fold(None, |first: Option<Broken>, next| first.or(next));
    let work = &work;
    let broken = std::thread::scope(|scope| {
        let threads: Vec<_> = items.chunks_mut(part).map(|part| scope.spawn(move || work(part))).collect();
        let ended = threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Some("a thread ended".into())));
        ended.fold(None, |first, next| first.or(next))
    });
    bar.finish_and_clear();
    broken.map_or(Ok(()), Err)
}
