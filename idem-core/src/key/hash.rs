//! SHA-256 (FIPS 180-4) that goes on from a prepared state.

use sha2::block_api::compress256;

/// The block of SHA-256, in bytes.
pub(super) const BLOCK: usize = 64;
/// Where the length of the message stands in its last block.
const LENGTH: usize = 56;
/// The state before the first block: FIPS 180-4, section 5.3.3.
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// A hash after whole blocks: all that a key's hash has to copy, where that of a whole hasher would cost as much as
/// half a block.
#[derive(Clone, Copy)]
pub(super) struct Prefix {
    state: [u32; 8],
    /// In bytes.
    length: u64,
}

/// A hash in the making.
pub(super) struct Hasher {
    prefix: Prefix,
    /// Zeros from where it is not filled.
    block: [u8; BLOCK],
    /// How much of the block is filled; never all of it.
    filled: usize,
}

impl Prefix {
    pub(super) const EMPTY: Self = Self {
        state: INITIAL,
        length: 0,
    };
}

impl Hasher {
    #[inline]
    pub(super) fn new(prefix: &Prefix) -> Self {
        Self {
            prefix: *prefix,
            block: [0; BLOCK],
            filled: 0,
        }
    }

    /// How many bytes were hashed.
    #[inline]
    pub(super) fn length(&self) -> u64 {
        self.prefix.length + self.filled as u64
    }

    #[inline]
    pub(super) fn push(&mut self, byte: u8) {
        self.block[self.filled % BLOCK] = byte;
        self.filled += 1;
        if self.filled == BLOCK {
            self.compress();
            self.block = [0; BLOCK];
            self.filled = 0;
        }
    }

    #[inline]
    pub(super) fn update(&mut self, bytes: &[u8]) {
        let free = &mut self.block[self.filled..];
        if bytes.len() >= free.len() {
            return self.fill(bytes);
        }
        free[..bytes.len()].copy_from_slice(bytes);
        self.filled += bytes.len();
    }

    /// Hashes bytes that fill the block.
    #[inline(never)]
    fn fill(&mut self, bytes: &[u8]) {
        let free = &mut self.block[self.filled..];
        let (head, rest) = bytes.split_at(free.len());
        free.copy_from_slice(head);
        self.compress();
        let (blocks, rest) = rest.as_chunks();
        compress256(&mut self.prefix.state, blocks);
        self.prefix.length += (blocks.len() * BLOCK) as u64;
        self.block = [0; BLOCK];
        self.block[..rest.len()].copy_from_slice(rest);
        self.filled = rest.len();
    }

    /// Fills the block that was begun with zeros.
    pub(super) fn pad(mut self) -> Prefix {
        if self.filled > 0 {
            self.compress();
        }
        self.prefix
    }

    /// Ends the message; what was hashed is of no use after that.
    #[inline]
    pub(super) fn finish(&mut self) -> [u8; 32] {
        let bits = self.length() * 8;
        self.block[self.filled] = 0x80;
        if self.filled >= LENGTH {
            self.compress();
            self.block = [0; BLOCK];
        }
        self.block[LENGTH..].copy_from_slice(&bits.to_be_bytes());
        self.compress();
        let mut digest = [0; 32];
        let (words, _) = digest.as_chunks_mut();
        for (word, state) in words.iter_mut().zip(self.prefix.state) {
            *word = state.to_be_bytes();
        }
        digest
    }

    fn compress(&mut self) {
        compress256(&mut self.prefix.state, std::slice::from_ref(&self.block));
        self.prefix.length += BLOCK as u64;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_hash_of_the_standard(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..6)) {
            let mut hasher = Hasher::new(&Prefix::EMPTY);
            let mut standard = Sha256::new();
            for part in &parts {
                hasher.update(part);
                standard.update(part);
            }
            prop_assert_eq!(hasher.length(), parts.concat().len() as u64);
            prop_assert_eq!(&hasher.finish()[..], &standard.finalize()[..]);
        }

        #[test]
        fn a_prefix_is_padded_to_whole_blocks(head in prop::collection::vec(any::<u8>(), 0..200), tail in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut hasher = Hasher::new(&Prefix::EMPTY);
            hasher.update(&head);
            let mut hasher = Hasher::new(&hasher.pad());
            hasher.update(&tail);
            let mut padded = head;
            padded.resize(padded.len().next_multiple_of(BLOCK), 0);
            prop_assert_eq!(&hasher.finish()[..], &Sha256::digest([padded, tail].concat())[..]);
        }
    }
}
