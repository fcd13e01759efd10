//! Chooses claims, and the order in which the places of a claim are tried, by a seed.

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use crate::claims::Claim;

/// `count` of the claims, in the order in which they were given; all, if there are not more. The places
/// of each are in the order in which they are tried, which depends on the seed and the claim's name only.
pub(crate) fn choose(claims: Vec<Claim>, count: usize, seed: u64) -> Vec<Claim> {
    let mut indices: Vec<usize> = (0..claims.len()).collect();
    indices.shuffle(&mut StdRng::seed_from_u64(seed));
    indices.truncate(count);
    indices.sort_unstable();
    let mut claims: Vec<_> = claims.into_iter().map(Some).collect();
    let mut chosen: Vec<Claim> = indices.into_iter().filter_map(|i| claims[i].take()).collect();
    for claim in &mut chosen {
        claim.places.shuffle(&mut StdRng::seed_from_u64(seed ^ number_of(&claim.test)));
    }
    chosen
}

/// A number that only depends on a name, on every machine (FNV-1a).
fn number_of(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
