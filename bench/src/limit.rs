//! The bare works: what no implementation can go below with the same libraries on the same machine.

use crate::{Failure, cpu, machine};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, UnparsedPublicKey};
use std::fs::File;
use std::io::Write;
use std::ops::AddAssign;
use std::path::Path;
use std::time::{Duration, Instant};
use tegata_wire::{pkcs10, x509};

/// CPU time of signature work.
#[derive(Debug, Clone, Copy, Default)]
pub struct Signatures {
    /// Certificates: one verify and one sign each.
    pub count: u64,
    /// In verifications.
    pub verify: Duration,
    /// In signatures.
    pub sign: Duration,
}

impl AddAssign for Signatures {
    fn add_assign(&mut self, more: Signatures) {
        self.count += more.count;
        self.verify += more.verify;
        self.sign += more.sign;
    }
}

impl Signatures {
    /// Both.
    pub fn total(&self) -> Duration {
        self.verify + self.sign
    }
}

/// What a request for a certificate has to verify.
struct Possession {
    info: Vec<u8>,
    signature: Vec<u8>,
    key: Vec<u8>,
}

/// ECDSA P-256 over the very bytes that the server verifies and signs.
pub struct Ecdsa {
    requests: Vec<Possession>,
    tbs: Vec<u8>,
    signer: EcdsaKeyPair,
    random: SystemRandom,
}

impl Ecdsa {
    /// Over these requests (PKCS#10), and over the content of this certificate.
    pub fn new<'a>(requests: impl Iterator<Item = &'a [u8]>, certificate: &[u8]) -> Result<Self, Failure> {
        let read = |der: &[u8]| -> Result<Possession, Failure> {
            let request = pkcs10::parse(der)?;
            let key = pkcs10::public_key(request.spki)?.key.to_vec();
            Ok(Possession { info: request.info.to_vec(), signature: request.signature.to_vec(), key })
        };
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random)?;
        Ok(Ecdsa {
            requests: requests.map(read).collect::<Result<_, _>>()?,
            tbs: x509::parse(certificate)?.tbs.to_vec(),
            signer: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref())?,
            random,
        })
    }

    /// For `span`, on all cores at once, since the server is measured while all cores are busy.
    pub fn run(&self, span: Duration) -> Result<Signatures, Failure> {
        let cores = machine::cores();
        let share = self.requests.len().div_ceil(cores).max(1);
        std::thread::scope(|scope| {
            let parts: Vec<_> = self.requests.chunks(share).map(|part| scope.spawn(|| self.part(part, span))).collect();
            let mut sum = Signatures::default();
            for part in parts {
                sum += part.join().map_err(|_| "a thread of the limit ended")??;
            }
            Ok(sum)
        })
    }

    fn part(&self, requests: &[Possession], span: Duration) -> Result<Signatures, Failure> {
        const TOGETHER: usize = 50;
        let mut sum = Signatures::default();
        let end = Instant::now() + span;
        for part in requests.chunks(TOGETHER).cycle() {
            let start = cpu::thread();
            for request in part {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &request.key)
                    .verify(&request.info, &request.signature)?;
            }
            let verified = cpu::thread();
            for _ in part {
                std::hint::black_box(self.signer.sign(&self.random, &self.tbs)?);
            }
            sum.sign += cpu::thread() - verified;
            sum.verify += verified - start;
            sum.count += part.len() as u64;
            if Instant::now() >= end {
                break;
            }
        }
        Ok(sum)
    }
}

/// What appending a batch of leaves costs at least.
#[derive(Debug, Clone, Copy, Default)]
pub struct Appended {
    /// Leaves.
    pub count: u64,
    /// Hashing and writing.
    pub hash: Duration,
    /// In the sync.
    pub sync: Duration,
    /// CPU time of both.
    pub cpu: Duration,
}

impl Appended {
    /// By the clock on the wall.
    pub fn wall(&self) -> Duration {
        self.hash + self.sync
    }
}

impl AddAssign for Appended {
    fn add_assign(&mut self, more: Appended) {
        self.count += more.count;
        self.hash += more.hash;
        self.sync += more.sync;
        self.cpu += more.cpu;
    }
}

/// A file that is appended to and synced.
pub struct Appender(File);

impl Appender {
    /// A new file.
    pub fn create(path: &Path) -> Result<Self, Failure> {
        Ok(Appender(File::create(path)?))
    }

    /// One sync of a few bytes.
    pub fn sync(&mut self, bytes: &[u8]) -> Result<Duration, Failure> {
        let start = Instant::now();
        self.0.write_all(bytes)?;
        self.0.sync_data()?;
        Ok(start.elapsed())
    }

    /// `count` leaves of 33 bytes: the hash of each leaf, of as many nodes above them, and one sync.
    pub fn append(&mut self, count: usize) -> Result<Appended, Failure> {
        let (start, before) = (Instant::now(), cpu::thread());
        let mut hashes = Vec::with_capacity(32 * count);
        let (mut leaf, mut node) = ([0; 34], [1; 65]);
        for i in 0..count {
            leaf[26..].copy_from_slice(&i.to_be_bytes());
            let hash = digest(&SHA256, &leaf);
            hashes.extend_from_slice(hash.as_ref());
            node[1..33].copy_from_slice(hash.as_ref());
            let above = digest(&SHA256, &node);
            node[33..].copy_from_slice(above.as_ref());
        }
        std::hint::black_box(node);
        self.0.write_all(&hashes)?;
        let hashed = Instant::now();
        self.0.sync_data()?;
        let end = Instant::now();
        Ok(Appended { count: count as u64, hash: hashed - start, sync: end - hashed, cpu: cpu::thread() - before })
    }
}
