//! The session ratchet: tells two bodies under one identity from one body with bad luck.
//!
//! Each answer to a device carries a fresh token, and the next request shows it. Tokens are counted; that they are
//! genuine was checked before they come here. What a device may show:
//!
//! - the newest token that reached it: the ratchet moves on;
//! - the one before it, again: an answer was lost, and it gets *another* child;
//! - two children of one parent: two bodies, for a body keeps one answer only;
//! - an older token: a branch opens. A restored backup goes on alone there; a copy does not;
//! - none, or one that is not known, after tokens were given: a branch opens as well;
//! - a token that is newer than all: the platform itself was set back, and goes on from there.
//!
//! Two branches that are both returned to are two bodies. One return alone may be a request that was held up on its way.
//! Invariant: the state is bounded, whatever is shown.

/// Tokens that are remembered as unanswered, and as passed over, in a branch.
pub const CHILDREN_MAX: usize = 16;
/// Branches that are remembered.
pub const BRANCHES_MAX: usize = 8;
/// So many returns within [`RETURNS_WITHIN`] tokens are two bodies, whichever branches they went to.
const RETURNS_MAX: usize = 4;
const RETURNS_WITHIN: u64 = 1024;

/// What a device showed, already authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// None, or none that this epoch knows.
    Nothing,
    /// A genuine token of this epoch, by its counter: 1 or more.
    Token(u64),
}

/// What is to be thought of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As one body does.
    Fits,
    /// An older state came back: a restored backup, or a copy.
    RolledBack,
    /// Nothing that is known was shown by a device that was given tokens.
    CannotConfirm,
    /// Two bodies live under this identity.
    TwoBodies(Proof),
}

/// What showed two bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Two children of one parent were shown.
    Siblings,
    /// Two branches went on side by side.
    Branches,
    /// A branch was left and returned to again and again.
    Returns,
}

impl Proof {
    /// Its word in findings.
    pub fn name(self) -> &'static str {
        match self {
            Proof::Siblings => "siblings",
            Proof::Branches => "branches",
            Proof::Returns => "returns",
        }
    }
}

/// One line of tokens, as one body would show them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Branch {
    /// The newest token that was shown here; 0 while none was.
    pub parent: u64,
    /// Newest token when the branch was last returned to from another; 0 if never.
    pub returned: u64,
    /// How often it was shown.
    pub shown: u32,
    /// Tokens that were given in answer to the parent, oldest first.
    pub children: Vec<u64>,
    /// Tokens whose sibling was shown instead of them, oldest first.
    pub passed: Vec<u64>,
}

impl Branch {
    /// The newest token that was given here.
    fn newest(&self) -> u64 {
        self.children.last().copied().unwrap_or(self.parent)
    }

    fn advance(&mut self, to: u64) {
        let siblings = std::mem::take(&mut self.children);
        self.passed.extend(siblings.into_iter().filter(|token| *token != to));
        keep_newest(&mut self.passed, CHILDREN_MAX);
        self.parent = to;
    }

    fn give(&mut self, token: u64) {
        self.children.push(token);
        keep_newest(&mut self.children, CHILDREN_MAX);
        self.shown = self.shown.saturating_add(1);
    }
}

fn keep_newest<T>(all: &mut Vec<T>, most: usize) {
    let excess = all.len().saturating_sub(most);
    all.drain(..excess);
}

/// The tokens of one device in one epoch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ratchet {
    /// Counter of the newest token; 0 before the first.
    pub issued: u64,
    /// Branches; the one that was shown last stands last.
    pub branches: Vec<Branch>,
    /// Newest token at the last few returns, oldest first.
    pub returns: Vec<u64>,
}

/// Where a token stands.
enum Place {
    Parent(usize),
    Child(usize),
    Passed,
    /// Newer than all that are known to be given.
    Ahead,
    /// Older than what is remembered.
    Older,
    /// Nothing was shown, and no branch waits for its first token.
    Nowhere,
}

impl Ratchet {
    fn place(&self, shown: Shown) -> Place {
        let by = |test: &dyn Fn(&Branch) -> bool| self.branches.iter().rposition(test);
        match shown {
            Shown::Nothing => by(&|b| b.parent == 0).map_or(Place::Nowhere, Place::Parent),
            Shown::Token(token) if token > self.issued => Place::Ahead,
            Shown::Token(token) => {
                let parent = by(&|b| b.parent == token).map(Place::Parent);
                let child = || by(&|b| b.children.contains(&token)).map(Place::Child);
                let passed = || by(&|b| b.passed.contains(&token)).map(|_| Place::Passed);
                parent.or_else(child).or_else(passed).unwrap_or(Place::Older)
            }
        }
    }

    /// Takes what was shown. The token to give in answer has the counter [`Ratchet::issued`]; two bodies get none.
    pub fn show(mut self, shown: Shown) -> (Ratchet, Verdict) {
        let first = self.branches.is_empty();
        let verdict = match self.place(shown) {
            Place::Parent(index) => self.go_on(index, None),
            Place::Child(index) => self.go_on(index, Some(shown)),
            Place::Passed => Verdict::TwoBodies(Proof::Siblings),
            Place::Ahead => self.catch_up(shown),
            Place::Older => self.open(shown, Verdict::RolledBack),
            Place::Nowhere if first => self.open(shown, Verdict::Fits),
            Place::Nowhere => self.open(shown, Verdict::CannotConfirm),
        };
        if !matches!(verdict, Verdict::TwoBodies(_))
            && let Some(active) = self.branches.last_mut()
        {
            self.issued += 1;
            active.give(self.issued);
        }
        (self, verdict)
    }

    /// The branch `index` goes on; where another was shown last, that is a return.
    fn go_on(&mut self, index: usize, advance: Option<Shown>) -> Verdict {
        let active = index + 1 == self.branches.len();
        let mut branch = self.branches.remove(index);
        let since = branch.newest();
        if let Some(Shown::Token(token)) = advance {
            branch.advance(token);
        }
        let mut verdict = Verdict::Fits;
        if !active {
            if self.branches.iter().any(|other| other.returned > since) {
                verdict = Verdict::TwoBodies(Proof::Branches);
            }
            branch.returned = self.issued + 1;
            self.returns.push(branch.returned);
            keep_newest(&mut self.returns, RETURNS_MAX);
            let begin = self.returns.first().copied().unwrap_or_default();
            if self.returns.len() == RETURNS_MAX && begin + RETURNS_WITHIN > branch.returned {
                verdict = Verdict::TwoBodies(Proof::Returns);
            }
        }
        self.branches.push(branch);
        verdict
    }

    /// A token that a restored platform does not remember: the body that shows it goes on where it is.
    fn catch_up(&mut self, shown: Shown) -> Verdict {
        let Shown::Token(token) = shown else { return Verdict::Fits };
        self.issued = token;
        let mut branch = self.branches.pop().unwrap_or_default();
        branch.advance(token);
        self.branches.push(branch);
        Verdict::Fits
    }

    /// Opens a branch. Past the limit the one that was shown least goes: a body that lived long is not pushed out.
    fn open(&mut self, shown: Shown, verdict: Verdict) -> Verdict {
        if self.branches.len() >= BRANCHES_MAX {
            let last = self.branches.len() - 1;
            let least = self.branches.iter().take(last).enumerate().min_by_key(|(_, branch)| branch.shown);
            let least = least.map_or(0, |(index, _)| index);
            self.branches.remove(least);
        }
        let parent = match shown {
            Shown::Nothing => 0,
            Shown::Token(token) => token,
        };
        self.branches.push(Branch { parent, ..Branch::default() });
        verdict
    }
}

#[cfg(test)]
#[path = "ratchet_tests.rs"]
mod tests;
