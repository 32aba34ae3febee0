//! The convolutional code that carries a number through noise: constraint length 7, rate 1/4, generators 171, 133, 165 and
//! 117 (octal), ended by six zero bits, decoded by Viterbi's algorithm from soft values.

/// Bits of a message: the number and its check.
pub(crate) const MESSAGE_BITS: usize = 64;
const MEMORY: usize = 6;
const STATES: usize = 1 << MEMORY;
const RATE: usize = 4;
const GENERATORS: [u8; RATE] = [0o171, 0o133, 0o165, 0o117];
/// Coded bits of a message.
pub(crate) const CODED_BITS: usize = (MESSAGE_BITS + MEMORY) * RATE;

/// The register holds the newest bit in front.
fn outputs(register: usize) -> [bool; RATE] {
    GENERATORS.map(|generator| (register & usize::from(generator)).count_ones() % 2 == 1)
}

/// The message from its highest bit on, then the tail.
pub(crate) fn encode(message: u64) -> Vec<bool> {
    let mut state = 0;
    let bits = (0..MESSAGE_BITS).rev().map(|at| (message >> at & 1) == 1).chain([false; MEMORY]);
    bits.flat_map(|bit| {
        let register = usize::from(bit) << MEMORY | state;
        state = register >> 1;
        outputs(register)
    })
    .collect()
}

/// The likeliest message; each of [`CODED_BITS`] values is above zero for a one, and larger the surer it is.
pub(crate) fn decode(soft: &[f32]) -> u64 {
    let mut metric = [f32::NEG_INFINITY; STATES];
    metric[0] = 0.0;
    // For each step and new state: the bit that left the register.
    let mut history = Vec::with_capacity(soft.len() / RATE);
    for values in soft.chunks_exact(RATE) {
        let mut next = [f32::NEG_INFINITY; STATES];
        let mut left = 0_u64;
        for register in 0..2 * STATES {
            let gain: f32 = outputs(register)
                .iter()
                .zip(values)
                .map(|(one, value)| if *one { *value } else { -*value })
                .sum();
            let (from, to) = (register & (STATES - 1), register >> 1);
            if metric[from] + gain > next[to] {
                next[to] = metric[from] + gain;
                left = left & !(1 << to) | (register as u64 & 1) << to;
            }
        }
        metric = next;
        history.push(left);
    }
    let mut state = 0;
    let mut bits = Vec::with_capacity(history.len());
    for left in history.iter().rev() {
        bits.push(state >> (MEMORY - 1) & 1);
        state = (state << 1 | (left >> state & 1) as usize) & (STATES - 1);
    }
    bits.iter().rev().take(MESSAGE_BITS).fold(0, |message, bit| message << 1 | *bit as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_through_noise_that_turns_a_fifth_of_its_bits() {
        for (turn, message) in [0, u64::MAX, 0x0123_4567_89ab_cdef, 1 << 63, 1].into_iter().enumerate() {
            let mut soft: Vec<f32> =
                encode(message).iter().map(|one| if *one { 1.0 } else { -1.0 }).collect();
            assert_eq!(soft.len(), CODED_BITS);
            for value in soft.iter_mut().skip(turn).step_by(5) {
                *value *= -0.9;
            }
            assert_eq!(decode(&soft), message);
        }
    }
}
