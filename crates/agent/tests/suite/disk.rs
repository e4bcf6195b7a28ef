//! A disk in memory that loses its power: at every call, in the middle of every write, with every way to lose what was
//! not made durable.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tegata_agent::disk::Disk;

/// What a loss of power takes of what was not made durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Names and contents.
    All,
    /// Nothing: all reached the disk in time.
    Nothing,
    /// Contents, while names are new: the well-known file of length 0.
    Contents,
    /// Names, while contents are there.
    Names,
    /// The second half of each content.
    Torn,
}

pub const LOSSES: [Loss; 5] = [Loss::All, Loss::Nothing, Loss::Contents, Loss::Names, Loss::Torn];

#[derive(Debug, Clone, Default)]
struct Node {
    now: Vec<u8>,
    durable: Vec<u8>,
}

#[derive(Debug, Clone, Default)]
struct State {
    nodes: Vec<Node>,
    names: BTreeMap<PathBuf, usize>,
    durable: BTreeMap<PathBuf, usize>,
    calls: usize,
    /// The call that is cut, and how many of its bytes still come.
    cut: Option<(usize, usize)>,
    dead: bool,
}

/// The disk.
#[derive(Debug, Default)]
pub struct Model(Mutex<State>);

fn gone() -> io::Error {
    io::Error::other("the power is gone")
}

fn missing() -> io::Error {
    ErrorKind::NotFound.into()
}

impl State {
    /// Counts a call that changes something. Answers the bytes that come when it is cut.
    fn call(&mut self) -> io::Result<Option<usize>> {
        if self.dead {
            return Err(gone());
        }
        self.calls += 1;
        match self.cut {
            Some((at, bytes)) if at == self.calls => {
                self.dead = true;
                Ok(Some(bytes))
            }
            _ => Ok(None),
        }
    }

    /// A call that is done or is not.
    fn whole(&mut self) -> io::Result<()> {
        if self.call()?.is_some() { Err(gone()) } else { Ok(()) }
    }

    fn node(&mut self, path: &Path) -> io::Result<&mut Node> {
        let at = *self.names.get(path).ok_or_else(missing)?;
        Ok(&mut self.nodes[at])
    }

    fn made(&mut self, path: &Path) -> &mut Node {
        let nodes = &mut self.nodes;
        let at = *self.names.entry(path.to_owned()).or_insert_with(|| {
            nodes.push(Node::default());
            nodes.len() - 1
        });
        &mut self.nodes[at]
    }
}

impl Model {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Calls so far that change something.
    pub fn calls(&self) -> usize {
        self.state().calls
    }

    /// Cuts the power at the `call`th call from now on, after `bytes` of it.
    pub fn cut(&self, call: usize, bytes: usize) {
        let mut state = self.state();
        state.cut = Some((state.calls + call, bytes));
    }

    /// Whether the power is gone.
    pub fn is_dead(&self) -> bool {
        self.state().dead
    }

    /// The power comes back.
    pub fn start(&self, loss: Loss) {
        let mut state = self.state();
        for node in &mut state.nodes {
            match loss {
                Loss::Nothing | Loss::Names => {}
                Loss::All | Loss::Contents => node.now = node.durable.clone(),
                Loss::Torn if node.now != node.durable => node.now.truncate(node.now.len() / 2),
                Loss::Torn => {}
            }
            node.durable = node.now.clone();
        }
        if matches!(loss, Loss::All | Loss::Names) {
            state.names = state.durable.clone();
        }
        state.durable = state.names.clone();
        (state.cut, state.dead) = (None, false);
    }
}

impl Disk for Model {
    fn read(&self, path: &Path, _: u64) -> io::Result<Option<Vec<u8>>> {
        let mut state = self.state();
        if state.dead {
            return Err(gone());
        }
        Ok(state.node(path).ok().map(|node| node.now.clone()))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Read>> {
        let bytes = self.read(path, u64::MAX)?.ok_or_else(missing)?;
        Ok(Box::new(io::Cursor::new(bytes)))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        let cut = state.call()?;
        let come = cut.unwrap_or(bytes.len()).min(bytes.len());
        state.made(path).now = bytes[..come].to_vec();
        if cut.is_some() { Err(gone()) } else { Ok(()) }
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        let cut = state.call()?;
        let come = cut.unwrap_or(bytes.len()).min(bytes.len());
        state.made(path).now.extend_from_slice(&bytes[..come]);
        if cut.is_some() { Err(gone()) } else { Ok(()) }
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        let mut state = self.state();
        state.whole()?;
        state.node(path)?.now.resize(length as usize, 0);
        Ok(())
    }

    fn overwrite(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.whole()?;
        state.node(path)?.now.fill(0);
        Ok(())
    }

    fn length(&self, path: &Path) -> io::Result<Option<u64>> {
        Ok(self.read(path, u64::MAX)?.map(|bytes| bytes.len() as u64))
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.whole()?;
        let node = state.node(path)?;
        node.durable = node.now.clone();
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.whole()?;
        let node = state.names.remove(from).ok_or_else(missing)?;
        state.names.insert(to.to_owned(), node);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.whole()?;
        state.names.remove(path);
        Ok(())
    }

    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.whole()?;
        state.durable = state.names.clone();
        Ok(())
    }
}
